"""`linear_if` and `linear_phase` against the original program, and what tells them apart."""

import numpy as np
import pytest
import tensorflow as tf
from original_program import goldens

from gansynth_tf.representations import LinearIf, LinearPhase, normalization

BOTH = pytest.mark.parametrize("kind", [LinearIf, LinearPhase])
ORIGINAL = {"num_frames": 64, "num_bins": 512, "overlap": 0.75}


def small(kind, **changes):
    """Returns a quick representation of clips of 2,000 samples."""
    return kind(8000, 2000, **({"num_frames": 32, "num_bins": 64, "overlap": 0.5} | changes))


def noises(num, length_samples=2000, seed=5):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, [num, length_samples]).astype(np.float32)


def tone(frequency_hz, sample_rate=8000, length_samples=2000):
    radians = 2 * np.pi * frequency_hz * np.arange(length_samples) / sample_rate
    return 0.5 * np.sin(radians)[np.newaxis].astype(np.float32)


def assert_same_channel(channel, golden, log_magnitudes):
    """Compares phases or their advances modulo a turn, weighted by magnitude: in silence they are rounding."""
    weights = np.exp(log_magnitudes - log_magnitudes.max())
    np.testing.assert_allclose(weights * ((channel - golden + 1.0) % 2.0 - 1.0), 0.0, atol=1e-5)


def test_linear_if_data_equal_the_original():
    golden = goldens("audio_16000")
    data = LinearIf(16000, 16000, **ORIGINAL).to_data(golden["audio"]).numpy()
    # Magnitudes near the floor differ by 0.01 between the Fourier transforms of two releases.
    np.testing.assert_allclose(data[..., 0], golden["spec_if"][..., 0], atol=0.05)
    np.testing.assert_allclose(np.exp(data[..., 0]), np.exp(golden["spec_if"][..., 0]), atol=2e-5)
    assert_same_channel(data[..., 1], golden["spec_if"][..., 1], golden["spec_if"][..., 0])


def test_linear_phase_data_equal_the_original():
    golden = goldens("audio_16000")
    data = LinearPhase(16000, 16000, **ORIGINAL).to_data(golden["audio"]).numpy()
    np.testing.assert_allclose(np.exp(data[..., 0]), np.exp(golden["spec_if"][..., 0]), atol=2e-5)
    assert_same_channel(data[..., 1], golden["spec_phase_ch1"], golden["spec_if"][..., 0])
    assert np.abs(data[..., 1]).max() <= 1.0


def test_linear_if_audio_equals_the_original():
    golden = goldens("audio_16000")
    audio = LinearIf(16000, 16000, **ORIGINAL).to_audio(golden["spec_if"])
    np.testing.assert_allclose(audio, golden["wave_from_spec_if"], atol=1e-4)


def test_linear_phase_audio_equals_the_original():
    golden = goldens("audio_16000")
    spectra = np.stack([golden["spec_if"][..., 0], golden["spec_phase_ch1"]], axis=-1)
    audio = LinearPhase(16000, 16000, **ORIGINAL).to_audio(spectra)
    np.testing.assert_allclose(audio, golden["wave_from_spec_phase"], atol=1e-4)


@BOTH
def test_shape_is_frames_then_bins_then_two_channels(kind):
    representation = small(kind)
    data = representation.to_data(noises(3))
    assert representation.shape == (32, 64, 2) and data.shape == (3, 32, 64, 2) and data.dtype == tf.float32
    assert representation.to_audio(data).shape == (3, 2000)


@BOTH
def test_a_steady_sound_comes_back_but_for_the_last_hop(kind):
    audio = tone(1000.0) + 0.1 * tone(2500.0)
    representation = small(kind)
    restored = representation.to_audio(representation.to_data(audio)).numpy()
    # Its sudden beginning holds a little DC.
    inner = slice(representation.grid.fft_length, -representation.grid.hop_samples)
    np.testing.assert_allclose(restored[:, inner], audio[:, inner], atol=2e-4)


@BOTH
@pytest.mark.parametrize("overlap, num_frames, share", [(0.5, 32, 1 - np.sqrt(0.5)), (0.75, 64, 1 / 3)])
def test_about_a_third_of_a_constant_comes_back(kind, overlap, num_frames, share):
    # A Hann window puts half of a constant's amplitude into bin 1, which is kept: -cos(2 pi n / 128) / 2 times the
    # inverse window, overlapped and averaged.
    representation = small(kind, overlap=overlap, num_frames=num_frames)
    constant = np.full([1, 2000], 0.3, np.float32)
    restored = representation.to_audio(representation.to_data(constant)).numpy()
    # Whole hops away from both edges, where the mean is that of the endless constant.
    np.testing.assert_allclose(restored[:, 512:1536].mean(), 0.3 * share, rtol=0.001)


def test_frequency_of_a_steady_tone_stands_still_where_its_phase_turns():
    # 1015.625 Hz are 8.125 turns a frame of 64 samples, and an eighth of a turn is 0.25 pi; the tone lies beside bin 16
    # of 128 points, which is number 15 without DC.
    audio = tone(1015.625)
    steady = small(LinearIf).to_data(audio).numpy()[0, 6:-2, 15, 1]
    turning = small(LinearPhase).to_data(audio).numpy()[0, 6:-2, 15, 1]
    np.testing.assert_allclose(steady, 0.25, atol=1e-3)
    steps = (np.diff(turning) + 1.0) % 2.0 - 1.0
    np.testing.assert_allclose(steps, 0.25, atol=1e-3)
    assert np.ptp(turning) > 1.0


@BOTH
def test_ten_times_the_level_adds_ln_10_to_the_log_magnitude_and_leaves_phases(kind):
    quiet = noises(1)
    data = small(kind).to_data(np.concatenate([quiet, 10.0 * quiet])).numpy()[:, 4:]
    np.testing.assert_allclose(data[1, ..., 0] - data[0, ..., 0], np.log(10.0), atol=1e-3)
    np.testing.assert_allclose((data[1, ..., 1] - data[0, ..., 1] + 1.0) % 2.0 - 1.0, 0.0, atol=1e-2)


@BOTH
def test_rounds_of_griffin_lim_mend_phases_that_contradict_each_other(kind):
    audio = tone(700.0)
    data = small(kind).to_data(audio).numpy()
    data[..., 1] = np.random.default_rng(2).uniform(-1.0, 1.0, data.shape[:-1])

    def distance(phase_iterations):
        restored = small(kind, phase_iterations=phase_iterations).to_audio(data)
        again = small(kind).to_data(restored).numpy()[..., 0]
        return np.abs(np.exp(again) - np.exp(data[..., 0])).mean()

    assert distance(30) < 0.6 * distance(0)


@BOTH
def test_constants_are_the_originals_or_fitted_with_the_phases_weight(kind):
    representation = small(kind, phase_weight=0.25)
    assert representation.original_constants == (normalization.ORIGINAL_SCALE, normalization.ORIGINAL_OFFSET)
    data = representation.to_data(noises(4)).numpy()
    scale, offset = representation.fitted_constants(data)
    normalized = data * scale + offset
    np.testing.assert_allclose(normalized.min(axis=(0, 1, 2)), [-0.8, -0.2], atol=1e-6)
    np.testing.assert_allclose(normalized.max(axis=(0, 1, 2)), [0.8, 0.2], atol=1e-6)


@BOTH
@pytest.mark.parametrize(
    "option, value, message",
    [
        ("num_frames", 12, "`num_frames` must be a power of two"),
        ("num_bins", 100, "`num_bins` must be a power of two"),
        ("overlap", 1.0, "overlap=1.0"),
        ("num_frames", 8, "cover 576 samples, but a clip has 2000. Choose num_frames=32"),
        ("phase_iterations", -1, "must not be negative. Received: -1"),
        ("phase_weight", 0.0, "phase_weight=0.0"),
    ],
)
def test_options_out_of_range_are_refused(kind, option, value, message):
    with pytest.raises(ValueError, match=message):
        small(kind, **{option: value})


@BOTH
def test_without_the_nyquist_bin_the_lowest_is_dc(kind):
    level = np.full([1, 4000], 0.25, np.float32)
    sizes = {"num_frames": 32, "num_bins": 256}
    without_nyquist, without_dc = (
        kind(8000, 4000, **sizes, left_out_bin=name).to_data(level).numpy()[0, 20:28, :, 0]
        for name in ("nyquist", "dc")
    )
    # A Hann window has half of its 512 points as its sum in the bin of DC, a quarter in the next, none further up.
    lowest = np.log([0.5 * 512 * 0.25, 0.25 * 512 * 0.25])
    np.testing.assert_allclose(without_nyquist[:, :2], np.tile(lowest, [8, 1]), atol=1e-4)
    np.testing.assert_allclose(without_dc[:, 0], lowest[1], atol=1e-4)
    assert without_nyquist[:, 2:].max() < -8 and without_dc[:, 1:].max() < -8
