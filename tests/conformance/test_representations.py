"""The exam of every representation in the catalogue."""

import inspect
import pickle

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.representations import REPRESENTATIONS

SAMPLE_RATE, LENGTH_SAMPLES = 8000, 2000
# Options that make each one small; a new one is listed here if its defaults do not fit clips of 2,000 samples.
SMALL = {
    "complex": {"num_frames": 16, "num_bins": 128},
    "linear_if": {"num_frames": 16, "num_bins": 128},
    "linear_phase": {"num_frames": 16, "num_bins": 128},
    "mel_band_if": {"num_frames": 16, "num_bins": 128, "num_mel_bins": 64},
    "mel_if": {"num_frames": 16, "num_bins": 128, "num_mel_bins": 64, "phase_iterations": 4},
    "mel_phase": {"num_frames": 16, "num_bins": 128, "num_mel_bins": 64},
}


@pytest.fixture(params=sorted(REPRESENTATIONS))
def representation(request):
    return REPRESENTATIONS[request.param](SAMPLE_RATE, LENGTH_SAMPLES, **SMALL.get(request.param, {}))


def clips(num):
    return np.random.default_rng(0).uniform(-0.5, 0.5, [num, LENGTH_SAMPLES]).astype(np.float32)


def test_it_can_be_sent_to_other_processes_and_names_the_version_of_its_data(representation):
    again = pickle.loads(pickle.dumps(representation))
    assert again.to_data(clips(2)).numpy().tobytes() == representation.to_data(clips(2)).numpy().tobytes()
    assert isinstance(representation.data_version, int)


@pytest.mark.parametrize("num", [1, 3])
def test_data_have_the_stated_shape_and_are_finite(representation, num):
    data = representation.to_data(clips(num))
    assert data.shape == (num, *representation.shape) and len(representation.shape) == 3
    assert data.dtype == tf.float32 and np.all(np.isfinite(data))


def test_audio_has_the_clips_length_and_is_finite(representation):
    audio = representation.to_audio(representation.to_data(clips(2)))
    assert audio.shape == (2, LENGTH_SAMPLES)
    assert audio.dtype == tf.float32 and np.all(np.isfinite(audio))


def test_a_sound_comes_back_with_its_spectrum(representation):
    seconds = np.arange(LENGTH_SAMPLES) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * f * seconds) for f in (300.0, 900.0, 2000.0))[np.newaxis] * 0.2
    data = representation.to_data(tones.astype(np.float32))
    inner = slice(LENGTH_SAMPLES // 4, -LENGTH_SAMPLES // 4)
    restored = representation.to_audio(data).numpy()[0, inner]
    # Energies in bands of 250 Hz: a representation may smear a tone, but not move it.
    spectra = [np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2 for x in (tones[0, inner], restored)]
    wanted, found = (spectrum[:480].reshape(-1, 32).sum(axis=1) for spectrum in spectra)
    assert np.sum(wanted * found) / np.linalg.norm(wanted) / np.linalg.norm(found) > 0.8
    assert 0.25 < np.sum(found) / np.sum(wanted) < 4.0


def test_gradients_through_the_inverse_are_finite(representation):
    data = representation.to_data(clips(1))
    with tf.GradientTape() as tape:
        tape.watch(data)
        energy = tf.reduce_sum(tf.square(representation.to_audio(data)))
    gradient = tape.gradient(energy, data)
    assert gradient.shape == data.shape and np.all(np.isfinite(gradient))


def test_sides_can_be_halved_and_channels_are_named(representation):
    assert all(size & (size - 1) == 0 for size in representation.shape[:2])
    assert len(representation.channel_names) == representation.shape[2]


def test_silence_is_finite(representation):
    data = representation.to_data(np.zeros([1, LENGTH_SAMPLES], np.float32))
    assert np.all(np.isfinite(data)) and np.all(np.isfinite(representation.to_audio(data)))


@pytest.mark.parametrize("name", sorted(REPRESENTATIONS))
def test_options_are_keywords_with_a_default(name):
    parameters = inspect.signature(REPRESENTATIONS[name].__init__).parameters.values()
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY:
            assert parameter.default is not parameter.empty and parameter.annotation is not parameter.empty
    assert REPRESENTATIONS[name].how_to_run <= {parameter.name for parameter in parameters}
