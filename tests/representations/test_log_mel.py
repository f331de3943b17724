"""`log_mel`: what the bands hold, and what sounds of them."""

import numpy as np
import pytest
import tensorflow as tf
from phaseless import SAMPLE_RATE, notes, small_log_mel

from gansynth_tf.audio import mel
from gansynth_tf.metrics import restoration
from gansynth_tf.representations import LogMel


def test_data_are_the_log_power_in_triangles_over_the_true_frequencies():
    audio = notes(2, 4096)
    padded = np.pad(audio, [[0, 0], [0, 128]])
    cut = np.stack([padded[:, 128 * i : 128 * i + 256] for i in range(32)], axis=1)
    power = np.abs(np.fft.rfft(cut * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)))) ** 2
    edges_hz = mel.hz_from_mel(np.linspace(0.0, mel.mel_from_hz(8000.0), 34))
    bins_hz = np.arange(129) * 62.5
    data = small_log_mel(SAMPLE_RATE, 4096, num_mel_bins=32).to_data(audio).numpy()
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


def test_a_higher_tone_is_in_a_higher_band_and_a_later_one_in_a_later_frame():
    audio = np.zeros([2, 4096], np.float32)
    audio[0, 500:1000] = np.sin(2 * np.pi * 500 / SAMPLE_RATE * np.arange(500))
    audio[1, 3000:3500] = np.sin(2 * np.pi * 3000 / SAMPLE_RATE * np.arange(500))
    low, high = small_log_mel(SAMPLE_RATE, 4096, num_mel_bins=32).to_data(audio).numpy()[..., 0]
    places = [np.unravel_index(data.argmax(), data.shape) for data in (low, high)]
    frames = [place[0] * 128 for place in places]
    assert 500 - 128 < frames[0] < 1000 - 128 and 3000 - 128 < frames[1] < 3500 - 128
    centres_hz = mel.hz_from_mel(np.linspace(0.0, mel.mel_from_hz(8000.0), 34))[1:-1]
    for place, frequency_hz in zip(places, (500, 3000), strict=True):
        assert abs(int(np.abs(centres_hz - frequency_hz).argmin()) - place[1]) <= 1


def test_constants_put_the_extremes_at_the_margins():
    representation = small_log_mel(SAMPLE_RATE, 4096)
    data = representation.to_data(notes(4, 4096)).numpy()
    scale, offset = representation.fitted_constants(data)
    assert scale.shape == offset.shape == (1,)
    normalized = data * scale + offset
    assert normalized.min() == pytest.approx(-0.8) and normalized.max() == pytest.approx(0.8)


@pytest.mark.parametrize("num_mel_bins, bands", [(32, 32), (128, 128), (0, 128)])
def test_shape_is_frames_then_bands_then_one_channel(num_mel_bins, bands):
    representation = small_log_mel(SAMPLE_RATE, 4096, num_mel_bins=num_mel_bins)
    assert representation.shape == (32, bands, 1)
    data = representation.to_data(notes(3, 4096))
    assert data.shape == (3, 32, bands, 1) and data.dtype == tf.float32


@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_mel_bins": 48}, "`num_mel_bins` must be a power of two"),
        ({"num_mel_bins": 256}, "between 1 and num_bins"),
    ],
)
def test_numbers_of_bands_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        small_log_mel(SAMPLE_RATE, 4096, **options)
