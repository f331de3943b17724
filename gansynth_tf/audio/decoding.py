"""Decoding inside tf.data: TensorFlow I/O where its operations run and are faster, libsndfile for all else."""

import functools
import io

import numpy as np
import soundfile
import tensorflow as tf

from gansynth_tf.audio import files

_FULL_SCALE = 32768.0
_PROBE = np.array([0, 1, -1, 12345, -32768, 32767], np.int16)


@functools.cache
def tensorflow_io_decodes_wav() -> bool:
    """Returns whether TensorFlow I/O decodes a wav here; that it can be imported does not tell.

    Its compiled operations load with some versions of TensorFlow only, and fail when they are first run.
    """
    try:
        import tensorflow_io

        # The question comes up while tf.data traces a graph, in which nothing would run.
        with tf.init_scope():
            audio = tensorflow_io.audio.decode_wav(_probe_bytes(), dtype=tf.int16)
            return bool(np.array_equal(audio.numpy(), _PROBE[:, np.newaxis]))
    except (ImportError, NotImplementedError, AttributeError, tf.errors.OpError):
        return False


def is_plain_wav(header: files.Header) -> bool:
    """Returns whether a file is one that TensorFlow I/O decodes, faster than libsndfile does.

    It refuses one whose samples are not a whole number of frames, or whose recorder left their number open.
    """
    whole_bytes = 2 * header.num_channels * header.num_frames
    return header.format == "WAV" and header.subtype == "PCM_16" and header.announced_bytes == whole_bytes


def decode_stretch(
    path: tf.Tensor,
    start_frame: tf.Tensor,
    whole_plain_wav: tf.Tensor,
    sample_rate: int,
    length_samples: int,
    num_channels: int = 1,
    *,
    with_tensorflow_io: bool | None = None,
) -> tf.Tensor:
    """Returns one stretch of a file, decoded, mixed and resampled by operations of a graph.

    Args:
        path: String scalar.
        start_frame: int64 scalar, counted at the file's own rate.
        whole_plain_wav: Boolean scalar: the file is a 16-bit wav at `sample_rate`, read from its start, and short.
        sample_rate: Wanted rate, hertz.
        length_samples: Wanted samples; zeros follow where the file ends before.
        num_channels: 1 mixes all channels, 2 keeps stereo; see `files.mixed`.
        with_tensorflow_io: Whether such wavs go through TensorFlow I/O; None is where it works.

    Returns:
        [length_samples] float32, or [length_samples, 2]. Both ways give the same samples within 1e-4.
    """
    shape = [length_samples] if num_channels == 1 else [length_samples, num_channels]

    def by_libsndfile():
        audio = tf.numpy_function(
            lambda path, start: files.read_stretch(
                path, int(start), sample_rate, length_samples, num_channels
            ),
            [path, start_frame],
            tf.float32,
            stateful=False,
        )
        return tf.ensure_shape(audio, shape)

    if with_tensorflow_io is None:
        with_tensorflow_io = tensorflow_io_decodes_wav()
    # Two channels go through libsndfile: what becomes of a third one is written once, in NumPy.
    if not with_tensorflow_io or num_channels != 1:
        return by_libsndfile()
    return tf.cond(whole_plain_wav, lambda: _wav_by_tensorflow_io(path, length_samples), by_libsndfile)


def _wav_by_tensorflow_io(path, length_samples):
    """Returns the start of a 16-bit wav, mixed to one channel, float32 [length_samples]."""
    import tensorflow_io

    frames = tensorflow_io.audio.decode_wav(tf.io.read_file(path), dtype=tf.int16)[:length_samples]
    audio = tf.reduce_mean(tf.cast(frames, tf.float32) / _FULL_SCALE, axis=1)
    audio = tf.pad(audio, [[0, length_samples - tf.shape(audio)[0]]])
    return tf.ensure_shape(audio, [length_samples])


def _probe_bytes():
    """Returns a small wav."""
    file = io.BytesIO()
    soundfile.write(file, _PROBE, 8000, format="WAV", subtype="PCM_16")
    return file.getvalue()
