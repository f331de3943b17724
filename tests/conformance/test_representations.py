"""The exam of every representation in the catalogue."""

import inspect
import math
import pickle
import re

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.data.grooves import Grooves
from gansynth_tf.data.notes import Notes
from gansynth_tf.metrics import restoration
from gansynth_tf.representations import REPRESENTATIONS

SAMPLE_RATE, LENGTH_SAMPLES = 8000, 2000
# Options that make each one small; a new one is listed here if its defaults do not fit clips of 2,000 samples.
SMALL = {
    "complex": {"num_frames": 16, "num_bins": 128},
    "linear_if": {"num_frames": 16, "num_bins": 128},
    "linear_phase": {"num_frames": 16, "num_bins": 128},
    "log_magnitude": {"num_bins": 64, "phase_iterations": 4},
    "log_mel": {"num_bins": 128, "num_mel_bins": 64, "overlap": 0.5, "phase_iterations": 4},
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


@pytest.fixture(scope="module")
def sounds():
    """Clips of the embedded sets, of the default sample rate and length."""
    sets = [Notes(16000, 32000), Grooves(16000, 32000)]
    return np.stack([one.clip("test", index) for one in sets for index in (0, 500, 1000)]).astype(np.float32)


@pytest.mark.parametrize("name", sorted(REPRESENTATIONS))
def test_clips_come_back_within_the_stated_bounds(name, sounds):
    representation = REPRESENTATIONS[name](16000, 32000)
    restored = representation.to_audio(representation.to_data(sounds))
    assert restoration.signal_to_noise_db(sounds, restored).min() >= representation.least_snr_db
    distances = restoration.log_spectral_distance_db(sounds, restored, 16000)
    assert distances.max() <= representation.most_distance_db
    # No bound is so loose that it says nothing: at most twice what is worst.
    assert representation.least_snr_db == -math.inf or representation.least_snr_db > 0
    assert representation.most_distance_db <= max(0.01, 2 * distances.max())


@pytest.mark.parametrize("sample_rate, seconds", [(8000, 10.0), (22050, 1.5), (44100, 4.0), (48000, 0.25)])
@pytest.mark.parametrize("name", sorted(REPRESENTATIONS))
def test_any_rate_and_length_works_with_the_number_of_frames_that_the_refusal_names(
    name, sample_rate, seconds
):
    length_samples = round(sample_rate * seconds)
    options = SMALL.get(name, {})
    try:
        representation = REPRESENTATIONS[name](sample_rate, length_samples, **options)
    except ValueError as refusal:
        (num_frames,) = re.findall(r"Choose num_frames=(\d+).*; 0 chooses it", str(refusal))
        representation = REPRESENTATIONS[name](sample_rate, length_samples, **options | {"num_frames": 0})
        assert representation.shape[0] == int(num_frames)
    frequency_hz = sample_rate / 16
    tone = 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(length_samples) / sample_rate)
    data = representation.to_data(tone[np.newaxis].astype(np.float32))
    assert data.shape == (1, *representation.shape)
    restored = np.asarray(representation.to_audio(data))
    assert restored.shape == (1, length_samples)
    spectrum = np.abs(np.fft.rfft(restored[0] * np.hanning(length_samples)))
    peak_hz = spectrum.argmax() * sample_rate / length_samples
    # A mel band of these few is up to a sixth of its frequency wide.
    assert abs(math.log2(peak_hz / frequency_hz)) < 1 / 6
    assert abs(restoration.level_change_db(tone[np.newaxis], restored)[0]) < 3.0


@pytest.mark.parametrize("length_samples", [1, 2, 37, 255])
def test_clips_shorter_than_a_frame_work(length_samples):
    for name, part in REPRESENTATIONS.items():
        representation = part(SAMPLE_RATE, length_samples, **SMALL.get(name, {}))
        audio = clips(2)[:, :length_samples]
        restored = representation.to_audio(representation.to_data(audio))
        assert restored.shape == (2, length_samples) and np.all(np.isfinite(restored)), name


def test_an_empty_clip_is_refused():
    for part in REPRESENTATIONS.values():
        with pytest.raises(ValueError, match="length_samples=0"):
            part(SAMPLE_RATE, 0)


def test_no_sample_rate_is_a_default():
    for part in REPRESENTATIONS.values():
        parameters = inspect.signature(part).parameters
        assert list(parameters)[:2] == ["sample_rate", "length_samples"]
        assert parameters["sample_rate"].default is parameters["sample_rate"].empty
        with pytest.raises(ValueError, match="sample_rate=-1"):
            part(-1, LENGTH_SAMPLES)


def test_fitted_constants_take_data_into_the_range_of_a_tanh(representation):
    data = np.asarray(representation.to_data(clips(4)))
    scale, offset = (np.asarray(constants) for constants in representation.fitted_constants(data))
    assert scale.shape == offset.shape and scale.dtype == offset.dtype == np.float64
    assert scale.shape in (data.shape[-1:], data.shape[-2:]) and np.all(scale > 0)
    normalized = data * scale + offset
    # Constants of means and deviations leave out what is rare.
    assert np.mean(np.abs(normalized) <= np.asarray(representation.channel_weights)) > 0.98


def test_original_constants_are_of_every_channel_or_none(representation):
    if representation.original_constants is not None:
        shapes = [np.shape(constants) for constants in representation.original_constants]
        assert shapes == [(representation.shape[-1],)] * 2
    assert len(representation.channel_weights) == representation.shape[-1]


@pytest.mark.parametrize("num", [1, 3])
def test_data_have_the_stated_shape_and_are_finite(representation, num):
    data = representation.to_data(clips(num))
    assert data.shape == (num, *representation.shape) and len(representation.shape) == 3
    assert data.dtype == tf.float32 and np.all(np.isfinite(data))


def test_audio_has_the_clips_length_and_is_finite(representation):
    audio = representation.to_audio(representation.to_data(clips(2)))
    assert audio.shape == (2, LENGTH_SAMPLES)
    assert audio.dtype == tf.float32 and np.all(np.isfinite(audio))


def test_clips_of_a_batch_do_not_mix(representation):
    data = np.asarray(representation.to_data(clips(3)))
    alone = np.asarray(representation.to_data(clips(3)[1:2]))
    np.testing.assert_allclose(data[1:2, ..., 0], alone[..., 0], atol=1e-3)
    several = np.asarray(representation.to_audio(data[[1, 0, 2]]))
    # Rounding moves single phases where they are searched for.
    difference = np.abs(several[:1] - np.asarray(representation.to_audio(data[1:2])))
    assert np.percentile(difference, 99) < 1e-2


def test_a_later_sound_is_in_later_frames(representation):
    audio = np.zeros([2, LENGTH_SAMPLES], np.float32)
    audio[0, 400:600] = audio[1, 1400:1600] = clips(1)[0, :200]
    restored = np.asarray(representation.to_audio(representation.to_data(audio)))
    middles = [np.average(np.arange(LENGTH_SAMPLES), weights=clip**2) for clip in restored]
    assert abs(middles[0] - 500) < 150 and abs(middles[1] - 1500) < 150


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


@pytest.mark.parametrize("level", [0.0, 0.5, 1e-30])
def test_silence_and_dc_are_finite(representation, level):
    data = representation.to_data(np.full([1, LENGTH_SAMPLES], level, np.float32))
    assert np.all(np.isfinite(data)) and np.all(np.isfinite(representation.to_audio(data)))


@pytest.mark.parametrize("name", sorted(REPRESENTATIONS))
def test_options_are_keywords_with_a_default(name):
    parameters = inspect.signature(REPRESENTATIONS[name].__init__).parameters.values()
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY:
            assert parameter.default is not parameter.empty and parameter.annotation is not parameter.empty
    assert REPRESENTATIONS[name].how_to_run <= {parameter.name for parameter in parameters}
