"""`mel_phase` and `mel_band_if`: the phase of what sounds in a band together, and sounds that come back by it."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.representations import MelBandIf, MelIf, MelPhase

BOTH = pytest.mark.parametrize("kind", [MelBandIf, MelPhase])


def small(kind, **changes):
    """Returns a quick representation of clips of 4,000 samples at 8 kHz."""
    sizes = {"num_frames": 64, "num_bins": 128, "num_mel_bins": 32, "overlap": 0.75}
    return kind(8000, 4000, **(sizes | changes))


def noises(num, length_samples=4000, seed=5):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, [num, length_samples]).astype(np.float32)


def tone(frequency_hz, length_samples=4000, radians=0.0):
    times = np.arange(length_samples) / 8000
    return 0.5 * np.cos(2 * np.pi * frequency_hz * times + radians)[np.newaxis].astype(np.float32)


def signal_to_noise_db(audio, restored, inner=slice(None)):
    error = np.asarray(restored)[:, inner] - audio[:, inner]
    return 10 * np.log10(np.sum(audio[:, inner] ** 2) / np.sum(error**2))


def loudest(data):
    """Returns the frame-wise loudest band of channel 0 over the whole clip."""
    return int(data[0, 20:-20, :, 0].mean(axis=0).argmax())


def test_phase_is_that_of_a_tone_in_the_middle_of_the_frame():
    representation = small(MelPhase)
    data = representation.to_data(tone(1000.0, radians=0.4)).numpy()
    grid = representation.grid
    middles = np.arange(20, 40) * grid.hop_samples + grid.fft_length / 2 - grid.pad_samples
    expected = (2 * 1000.0 * middles / 8000 + 0.4 / np.pi + 1.0) % 2.0 - 1.0
    np.testing.assert_allclose(
        (data[0, 20:40, loudest(data), 1] - expected + 1.0) % 2.0 - 1.0, 0.0, atol=1e-3
    )


def test_bands_beside_a_tone_have_its_phase():
    data = small(MelPhase, num_mel_bins=64).to_data(tone(1010.0)).numpy()
    band = loudest(data)
    differences = data[0, 20:40, band - 1 : band + 2, 1] - data[0, 20:40, band : band + 1, 1]
    np.testing.assert_allclose((differences + 1.0) % 2.0 - 1.0, 0.0, atol=0.02)


def test_frequency_is_the_advance_of_a_tone_per_frame():
    data = small(MelBandIf).to_data(tone(1003.0)).numpy()
    # 64 samples of 8,000 a second: 8.024 turns a frame, 0.024 turns are 0.048 pi.
    np.testing.assert_allclose(data[0, 20:40, loudest(data), 1], 0.048, atol=1e-3)


def test_a_band_with_two_tones_has_the_phase_of_the_louder():
    audio = tone(2000.0) + 0.1 * tone(2040.0)
    alone, both = (small(MelPhase).to_data(clip).numpy() for clip in (tone(2000.0), audio))
    differences = (both - alone)[0, 20:40, loudest(alone), 1]
    np.testing.assert_allclose((differences + 1.0) % 2.0 - 1.0, 0.0, atol=0.05)


def test_a_bin_in_two_bands_has_the_angle_of_the_louder():
    representation = small(MelPhase, num_mel_bins=16)
    data = np.zeros([2, *representation.shape], np.float32)
    data[..., 0] = -13.0
    data[:, :, 9, 0], data[:, :, 10, 0] = 5.0, -1.0
    data[1, :, 10, 1] = 1.0  # Half a turn in the quiet band.
    audio = np.asarray(representation.to_audio(data))
    assert np.std(audio[1] - audio[0]) < 0.1 * np.std(audio[0])


@pytest.mark.parametrize("band", [4, 9, 14])
def test_a_tone_is_loudest_in_the_band_that_has_its_frequency_in_the_middle(band):
    middles_mel = np.linspace(0.0, 1127 * np.log1p(4000 / 700), 18)[1:-1]
    frequency_hz = 700 * np.expm1(middles_mel[band] / 1127)
    assert loudest(small(MelPhase, num_mel_bins=16).to_data(tone(frequency_hz)).numpy()) == band


def test_the_lowest_bin_is_kept_that_the_original_takes_for_dc():
    audio = tone(31.25)
    kept, lost = (
        np.std(kind.to_audio(kind.to_data(audio))[:, 500:3500]) / np.std(audio)
        for kind in (small(MelPhase), small(MelIf, phase_iterations=0))
    )
    assert kept > 0.5 and lost < 0.3, (kept, lost)


@BOTH
@pytest.mark.parametrize("num_mel_bins, least_db", [(128, 20.0), (64, 20.0), (32, 15.0), (16, 8.0)])
def test_a_tone_comes_back_with_its_waveform_also_from_wide_bands(kind, num_mel_bins, least_db):
    representation = small(kind, num_mel_bins=num_mel_bins)
    audio = tone(700.0)
    restored = representation.to_audio(representation.to_data(audio))
    assert signal_to_noise_db(audio, restored, slice(500, 3500)) > least_db
    # The sums of angles of `mel_if` bring no waveform back.
    other = small(MelIf, num_mel_bins=32, phase_iterations=0)
    assert signal_to_noise_db(audio, other.to_audio(other.to_data(audio)), slice(500, 3500)) < 4.0


def test_both_bring_the_same_audio_back():
    audio = tone(440.0) + 0.2 * noises(1)
    restored = [np.asarray(r.to_audio(r.to_data(audio))) for r in (small(MelPhase), small(MelBandIf))]
    np.testing.assert_allclose(restored[0], restored[1], atol=1e-3)


@BOTH
@pytest.mark.parametrize("num_mel_bins, bands", [(4, 4), (32, 32), (0, 128)])
def test_shape_is_frames_then_bands_then_two_channels(kind, num_mel_bins, bands):
    representation = small(kind, num_mel_bins=num_mel_bins)
    data = representation.to_data(noises(3))
    assert representation.shape == (64, bands, 2)
    assert data.shape == (3, 64, bands, 2) and data.dtype == tf.float32
    assert representation.to_audio(data).shape == (3, 4000)


@BOTH
def test_silence_stays_silent_and_has_gradients(kind):
    representation = small(kind)
    data = representation.to_data(np.zeros([1, 4000], np.float32))
    with tf.GradientTape() as tape:
        tape.watch(data)
        audio = representation.to_audio(data)
    assert np.all(np.isfinite(tape.gradient(audio, data))) and np.abs(audio).max() < 1e-2


def test_constants_are_fitted_with_the_phases_weight_and_the_original_has_none():
    representation = small(MelPhase, phase_weight=0.5)
    data = representation.to_data(noises(4)).numpy()
    scale, offset = representation.fitted_constants(data)
    np.testing.assert_allclose((data * scale + offset).max(axis=(0, 1, 2)), [0.8, 0.4], atol=1e-6)
    assert representation.original_constants is None


@BOTH
@pytest.mark.parametrize(
    "option, value, message",
    [
        ("num_mel_bins", 48, "`num_mel_bins` must be a power of two"),
        ("num_mel_bins", 256, "between 1 and num_bins"),
        ("num_frames", 8, "cover 704 samples, but a clip has 4000. Choose num_frames=64"),
        ("phase_iterations", -1, "must not be negative. Received: -1"),
        ("phase_weight", 1.5, "phase_weight=1.5"),
    ],
)
def test_options_out_of_range_are_refused(kind, option, value, message):
    with pytest.raises(ValueError, match=message):
        small(kind, **{option: value})
