"""`log_mel`: what the bands hold, and what sounds of them."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.audio import mel
from gansynth_tf.metrics import restoration
from gansynth_tf.representations import LogMel

SAMPLE_RATE = 16000


def small(length_samples=4096, sample_rate=SAMPLE_RATE, **changes):
    """Returns a quick representation."""
    sizes = {"num_bins": 128, "num_mel_bins": 64, "overlap": 0.5, "phase_iterations": 4}
    return LogMel(sample_rate, length_samples, **(sizes | changes))


def notes(num, length_samples, sample_rate=SAMPLE_RATE):
    """Returns decaying notes with four partials, full scale at most."""
    seconds = np.arange(length_samples) / sample_rate
    pitches_hz = 220.0 * 2 ** (np.arange(num)[:, np.newaxis] * 5 / 12)
    partials = [np.sin(2 * np.pi * k * pitches_hz * seconds) / k for k in (1, 2, 3, 4)]
    return (0.4 * sum(partials) * np.exp(-3 * seconds)).astype(np.float32)


def test_data_are_the_log_power_in_triangles_over_the_true_frequencies():
    audio = notes(2, 4096)
    padded = np.pad(audio, [[0, 0], [0, 128]])
    cut = np.stack([padded[:, 128 * i : 128 * i + 256] for i in range(32)], axis=1)
    power = np.abs(np.fft.rfft(cut * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)))) ** 2
    edges_hz = mel.hz_from_mel(np.linspace(0.0, mel.mel_from_hz(8000.0), 34))
    bins_hz = np.arange(129) * 62.5
    data = small(num_mel_bins=32).to_data(audio).numpy()
    assert data.shape == (2, 32, 32, 1)
    for band in range(16, 32):  # Lower bands are narrower than a bin and a half, and widened.
        triangle = np.interp(bins_hz, edges_hz[band : band + 3], [0.0, 1.0, 0.0])
        np.testing.assert_allclose(data[:, :, band, 0], np.log(power @ triangle + 1e-6), atol=5e-3)


@pytest.mark.parametrize("frequency_hz", [300.0, 1000.0, 5000.0])
def test_a_tone_keeps_its_pitch_and_level(frequency_hz):
    tone = 0.5 * np.sin(2 * np.pi * frequency_hz / SAMPLE_RATE * np.arange(16384))[np.newaxis]
    representation = LogMel(SAMPLE_RATE, 16384)
    restored = representation.to_audio(representation.to_data(tone.astype(np.float32))).numpy()
    assert abs(restoration.level_change_db(tone, restored)[0]) < 1.0
    spectrum = np.abs(np.fft.rfft(restored[0] * np.hanning(16384), 2**17))
    peak_hz = spectrum.argmax() * SAMPLE_RATE / 2**17
    assert abs(12 * np.log2(peak_hz / frequency_hz)) < 0.6  # semitones; a band is wider


def test_notes_come_back_with_their_spectrum_and_level():
    representation = LogMel(SAMPLE_RATE, 8000)
    audio = notes(3, 8000)
    restored = representation.to_audio(representation.to_data(audio))
    assert restoration.log_spectral_distance_db(audio, restored, SAMPLE_RATE).max() < 3.0
    assert np.abs(restoration.level_change_db(audio, restored)).max() < 0.5


def test_a_higher_tone_is_in_a_higher_band_and_a_later_one_in_a_later_frame():
    audio = np.zeros([2, 4096], np.float32)
    audio[0, 500:1000] = np.sin(2 * np.pi * 500 / SAMPLE_RATE * np.arange(500))
    audio[1, 3000:3500] = np.sin(2 * np.pi * 3000 / SAMPLE_RATE * np.arange(500))
    low, high = small(num_mel_bins=32).to_data(audio).numpy()[..., 0]
    places = [np.unravel_index(data.argmax(), data.shape) for data in (low, high)]
    frames = [place[0] * 128 for place in places]
    assert 500 - 128 < frames[0] < 1000 - 128 and 3000 - 128 < frames[1] < 3500 - 128
    centres_hz = mel.hz_from_mel(np.linspace(0.0, mel.mel_from_hz(8000.0), 34))[1:-1]
    for place, frequency_hz in zip(places, (500, 3000), strict=True):
        assert abs(int(np.abs(centres_hz - frequency_hz).argmin()) - place[1]) <= 1


def test_ten_times_the_level_adds_ln_100():
    audio = np.concatenate([0.05 * notes(1, 4096), 0.5 * notes(1, 4096)])
    data = small().to_data(audio).numpy()
    loud = data[0] > -4.0
    assert loud.any()
    np.testing.assert_allclose((data[1] - data[0])[loud], np.log(100.0), atol=1e-3)


def test_constants_put_the_extremes_at_the_margins():
    representation = small()
    data = representation.to_data(notes(4, 4096)).numpy()
    scale, offset = representation.fitted_constants(data)
    assert scale.shape == offset.shape == (1,)
    normalized = data * scale + offset
    assert normalized.min() == pytest.approx(-0.8) and normalized.max() == pytest.approx(0.8)


def test_silence_comes_back_as_silence():
    representation = small()
    data = representation.to_data(np.zeros([2, 4096], np.float32))
    np.testing.assert_allclose(data, np.log(1e-6), rtol=1e-6)
    assert np.abs(representation.to_audio(data)).max() < 1e-6


def test_what_is_not_a_number_stays_visible():
    audio = notes(2, 4096)
    audio[1, 2000] = np.nan
    data = small().to_data(audio).numpy()
    assert np.all(np.isfinite(data[0])) and np.isnan(data[1]).any()


@pytest.mark.parametrize("num_mel_bins, bands", [(32, 32), (128, 128), (0, 128)])
def test_shape_is_frames_then_bands_then_one_channel(num_mel_bins, bands):
    representation = small(num_mel_bins=num_mel_bins)
    assert representation.shape == (32, bands, 1)
    data = representation.to_data(notes(3, 4096))
    assert data.shape == (3, 32, bands, 1) and data.dtype == tf.float32


@pytest.mark.parametrize(
    "sample_rate, seconds, num_frames",
    [(8000, 0.25, 8), (22050, 1.0, 128), (44100, 4.0, 1024), (48000, 10.0, 2048)],
)
def test_any_rate_and_length_has_as_few_frames_as_hold_it(sample_rate, seconds, num_frames):
    representation = LogMel(sample_rate, round(sample_rate * seconds), phase_iterations=1)
    assert representation.shape == (num_frames, 128, 1)
    audio = notes(1, representation.length_samples, sample_rate)
    restored = representation.to_audio(representation.to_data(audio))
    assert restored.shape == audio.shape and np.all(np.isfinite(restored))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_mel_bins": 48}, "`num_mel_bins` must be a power of two"),
        ({"num_mel_bins": 256}, "between 1 and num_bins"),
        ({"num_bins": 100}, "`num_bins` must be a power of two"),
        ({"num_frames": 16}, "cover 2048 samples, but a clip has 4096. Choose num_frames=32"),
        ({"overlap": 1.0}, "overlap=1.0"),
        ({"phase_iterations": -1}, "must not be negative. Received: -1"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)


def test_runs_in_a_data_pipeline_and_compiled():
    representation = small(2048, phase_iterations=2)
    audio = notes(3, 2048)
    dataset = tf.data.Dataset.from_tensor_slices(audio).batch(2).map(representation.to_data)
    data = np.concatenate(list(dataset.as_numpy_iterator()))
    np.testing.assert_allclose(data, representation.to_data(audio), atol=1e-3)
    compiled = tf.function(
        representation.to_audio, input_signature=[tf.TensorSpec([None, *representation.shape])]
    )
    np.testing.assert_allclose(compiled(data), representation.to_audio(data), atol=1e-3)
