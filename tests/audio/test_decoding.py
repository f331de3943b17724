"""Decoding in tf.data: both ways give the same samples."""

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from gansynth_tf.audio import decoding, files
from gansynth_tf.data.audio_folder import AudioFolder


def decoded(path, with_tensorflow_io, start_frame=0, whole_plain_wav=True, length_samples=5000):
    clips = tf.data.Dataset.from_tensors((str(path), np.int64(start_frame), whole_plain_wav)).map(
        lambda *clip: decoding.decode_stretch(
            *clip, 16000, length_samples, with_tensorflow_io=with_tensorflow_io
        )
    )
    assert clips.element_spec == tf.TensorSpec([length_samples], tf.float32)
    return next(clips.as_numpy_iterator())


@pytest.mark.parametrize("num_channels", [1, 2, 8])
@pytest.mark.parametrize("num_frames", [4000, 5000, 9000])
def test_both_ways_give_the_same_samples(tmp_path, num_channels, num_frames):
    if not decoding.tensorflow_io_decodes_wav():
        pytest.skip("TensorFlow I/O's operations do not run with this TensorFlow")
    audio = np.random.default_rng(0).uniform(-1, 1, [num_frames, num_channels])
    soundfile.write(tmp_path / "a.wav", audio, 16000, subtype="PCM_16")
    one, other = (decoded(tmp_path / "a.wav", way) for way in (True, False))
    np.testing.assert_allclose(one, other, atol=1e-4)
    mixed = np.pad(audio.mean(axis=1), (0, 5000))[:5000]
    np.testing.assert_allclose(other, mixed, atol=1e-4)


def test_other_stretches_go_through_libsndfile(tmp_path):
    audio = np.random.default_rng(0).uniform(-1, 1, 9000)
    soundfile.write(tmp_path / "a.wav", audio, 16000, subtype="PCM_16")
    stretch = decoded(tmp_path / "a.wav", None, start_frame=1000, whole_plain_wav=False)
    np.testing.assert_allclose(stretch, audio[1000:6000], atol=1e-4)


def test_the_probe_runs_an_operation_not_only_an_import(monkeypatch):
    tensorflow_io = pytest.importorskip("tensorflow_io")

    def not_loaded(*arguments, **options):
        raise NotImplementedError("unable to open file: libtensorflow_io.so")

    monkeypatch.setattr(tensorflow_io.audio, "decode_wav", not_loaded)
    assert not decoding.tensorflow_io_decodes_wav.__wrapped__()


def test_the_probe_tells_the_same_while_a_graph_is_traced():
    answers = []

    @tf.function
    def traced():
        answers.append(decoding.tensorflow_io_decodes_wav.__wrapped__())
        return tf.constant(0)

    traced()
    assert answers == [decoding.tensorflow_io_decodes_wav.__wrapped__()]


@pytest.mark.parametrize("with_tensorflow_io", [True, False])
def test_two_channels_are_kept_in_their_order(tmp_path, with_tensorflow_io):
    audio = np.random.default_rng(0).uniform(-1, 1, [6000, 2])
    soundfile.write(tmp_path / "a.wav", audio, 16000, subtype="PCM_16")

    @tf.function
    def traced():
        path = tf.constant(str(tmp_path / "a.wav"))
        start = tf.constant(0, tf.int64)
        return decoding.decode_stretch(
            path, start, tf.constant(True), 16000, 5000, 2, with_tensorflow_io=with_tensorflow_io
        )

    np.testing.assert_allclose(traced(), audio[:5000], atol=1e-4)


def test_only_16_bit_wavs_are_plain(tmp_path):
    for subtype, plain in (("PCM_16", True), ("PCM_24", False), ("FLOAT", False)):
        soundfile.write(tmp_path / "a.wav", np.zeros(100), 16000, subtype=subtype)
        assert decoding.is_plain_wav(files.read_header(tmp_path / "a.wav")) == plain


def tones(rate, num_channels, seconds=0.25):
    """Returns [frames, channels]: one tone a channel, all below 3.5 kHz, fading at both ends."""
    times = np.arange(round(rate * seconds)) / rate
    fade = np.minimum(1.0, np.minimum(times, seconds - times) / 0.02)
    return np.stack(
        [0.5 * fade * np.sin(2 * np.pi * (300 + 400 * i) * times) for i in range(num_channels)], axis=1
    )


ENCODINGS = [
    ("wav", "PCM_U8", 1e-2),
    ("wav", "PCM_16", 1e-3),
    ("wav", "PCM_24", 1e-3),
    ("wav", "PCM_32", 1e-3),
    ("wav", "FLOAT", 1e-3),
    ("wav", "DOUBLE", 1e-3),
    ("flac", "PCM_16", 1e-3),
    ("flac", "PCM_24", 1e-3),
    ("aiff", "PCM_16", 1e-3),
    ("au", "ULAW", 2e-2),
    ("au", "PCM_16", 1e-3),
    ("ogg", "VORBIS", 5e-2),
    ("mp3", "MPEG_LAYER_III", 5e-2),
]


@pytest.mark.parametrize(("ending", "subtype", "tolerance"), ENCODINGS)
@pytest.mark.parametrize("num_channels", [1, 2])
def test_every_encoding_and_rate_gives_the_same_sound(tmp_path, ending, subtype, tolerance, num_channels):
    rates = (8000, 16000, 44100, 48000) if ending == "mp3" else (8000, 22050, 44100, 96000, 192000)
    expected = tones(16000, num_channels).mean(axis=1)
    for rate in rates:
        path = tmp_path / f"{rate}.{ending}"
        soundfile.write(path, tones(rate, num_channels), rate, subtype=subtype)
        header = files.read_header(path)
        plain = decoding.is_plain_wav(header) and rate == 16000
        clip = decoded(path, None, whole_plain_wav=plain, length_samples=4000)
        np.testing.assert_allclose(clip[:3900], expected[:3900], atol=tolerance, err_msg=f"{rate} Hz")


# Of six channels Vorbis takes one for a subwoofer's and drops its tone; the file itself has no other content.
@pytest.mark.parametrize(
    ("num_channels", "ending", "subtype"),
    [(n, *kind) for n in (3, 6, 8) for kind in (("wav", "PCM_24"), ("flac", "PCM_16"))]
    + [(3, "ogg", "VORBIS")],
)
def test_up_to_eight_channels_are_mixed(tmp_path, ending, subtype, num_channels):
    soundfile.write(tmp_path / f"a.{ending}", tones(48000, num_channels), 48000, subtype=subtype)
    clip = decoded(tmp_path / f"a.{ending}", None, whole_plain_wav=False, length_samples=4000)
    np.testing.assert_allclose(clip, tones(16000, num_channels).mean(axis=1), atol=2e-2)


def test_a_folder_gives_the_same_batches_both_ways(tmp_path, monkeypatch):
    if not decoding.tensorflow_io_decodes_wav():
        pytest.skip("TensorFlow I/O's operations do not run with this TensorFlow")
    for number in range(12):
        folder = tmp_path / "ab"[number % 2]
        folder.mkdir(exist_ok=True)
        audio = np.random.default_rng(number).uniform(-1, 1, [3000 + 300 * number, 1 + number % 3])
        soundfile.write(folder / f"{number}.wav", audio, 16000, subtype="PCM_16")

    def batches():
        dataset = AudioFolder(16000, 5000, folder=str(tmp_path))
        return np.stack(list(dataset.clips("train").as_numpy_iterator()))

    calls = []
    by_tensorflow_io = decoding._wav_by_tensorflow_io

    def counted(path, length_samples):
        calls.append(path)
        return by_tensorflow_io(path, length_samples)

    monkeypatch.setattr(decoding, "_wav_by_tensorflow_io", counted)
    one = batches()
    assert len(calls) == 1  # traced once, then run for every clip
    monkeypatch.setattr(decoding, "tensorflow_io_decodes_wav", lambda: False)
    np.testing.assert_allclose(batches(), one, atol=1e-4)
    assert len(calls) == 1
