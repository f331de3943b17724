"""`waveform`: where the samples lie, what surrounds them, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.representations import Waveform


def clips(num, length_samples, seed=3):
    return np.random.default_rng(seed).uniform(-1.0, 1.0, [num, length_samples]).astype(np.float32)


def test_a_clip_lies_in_the_middle_of_silence():
    data = Waveform(8000, 5).to_data(np.array([[0.1, 0.2, 0.3, 0.4, 0.5]], np.float32))
    assert data.shape == (1, 8, 1, 1)
    expected = np.array([0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.0], np.float32)
    np.testing.assert_array_equal(data[0, :, 0, 0], expected)


def test_the_originals_clips_get_768_samples_of_silence_on_both_sides():
    data = Waveform(16000, 64000).to_data(np.ones([1, 64000], np.float32)).numpy().ravel()
    assert data.shape == (65536,)
    assert not data[:768].any() and not data[-768:].any() and np.all(data[768:-768] == 1.0)


@pytest.mark.parametrize("sample_rate", [8000, 22050, 44100, 48000])
@pytest.mark.parametrize("seconds", [0.25, 1.3, 10.0])
def test_audio_comes_back_to_the_bit(sample_rate, seconds):
    length_samples = int(seconds * sample_rate)
    representation = Waveform(sample_rate, length_samples)
    assert length_samples <= representation.shape[0] < 2 * length_samples
    audio = clips(2, length_samples)
    data = representation.to_data(audio)
    assert data.shape == (2, *representation.shape) and data.dtype == tf.float32
    np.testing.assert_array_equal(representation.to_audio(data), audio)


@pytest.mark.parametrize("length_samples, padded", [(1, 2), (2, 2), (3, 4), (16383, 16384), (16384, 16384)])
def test_the_next_power_of_two_is_chosen(length_samples, padded):
    representation = Waveform(8000, length_samples)
    assert representation.shape == (padded, 1, 1)
    audio = clips(1, length_samples)
    np.testing.assert_array_equal(representation.to_audio(representation.to_data(audio)), audio)


def test_a_larger_size_can_be_asked_for():
    representation = Waveform(8000, 100, padded_samples=512)
    audio = clips(1, 100)
    assert representation.shape == (512, 1, 1)
    np.testing.assert_array_equal(representation.to_audio(representation.to_data(audio)), audio)


def test_its_constants_leave_data_as_they_are():
    scale, offset = Waveform(8000, 4).fitted_constants(np.full([3, 4, 1, 1], 0.01))
    assert scale.tolist() == [1.0] and offset.tolist() == [0.0]


def test_what_is_not_a_number_stays_visible():
    audio = clips(1, 100)
    audio[0, 10] = np.nan
    representation = Waveform(8000, 100)
    restored = representation.to_audio(representation.to_data(audio)).numpy()
    assert np.flatnonzero(np.isnan(restored[0])).tolist() == [10]


def test_compiled_with_an_unknown_batch_size_equals_eager():
    representation = Waveform(8000, 100)
    to_data = tf.function(representation.to_data, input_signature=[tf.TensorSpec([None, 100])])
    to_audio = tf.function(representation.to_audio, input_signature=[tf.TensorSpec([None, 128, 1, 1])])
    for num in (1, 3):
        audio = clips(num, 100)
        np.testing.assert_array_equal(to_data(audio), representation.to_data(audio))
        np.testing.assert_array_equal(to_audio(to_data(audio)), audio)


@pytest.mark.parametrize(
    "padded_samples, message",
    [
        (100, "must be a power of two.*padded_samples=100. Nearest valid: 128"),
        (64, "at least the 100 samples of a clip.*padded_samples=64. Smallest valid: 128"),
        (-4, "must be a power of two"),
    ],
)
def test_a_size_that_does_not_fit_is_refused(padded_samples, message):
    with pytest.raises(ValueError, match=message):
        Waveform(8000, 100, padded_samples=padded_samples)


@pytest.mark.parametrize("sizes, message", [((0, 100), "sample_rate=0"), ((8000, 0), "length_samples=0")])
def test_clips_without_time_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        Waveform(*sizes)
