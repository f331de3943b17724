"""Decoding in tf.data: both ways give the same samples."""

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from gansynth_tf.audio import decoding, files


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
