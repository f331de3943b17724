"""`complex`: raw spectra whose inverse is exact, and where each number of them comes from."""

import numpy as np
import pytest

from gansynth_tf.representations import ComplexSpectra


def small(**changes):
    """Returns a quick representation of clips of 1,000 samples."""
    return ComplexSpectra(8000, 1000, **({"num_frames": 32, "num_bins": 32, "overlap": 0.5} | changes))


def noises(num, length_samples=1000, seed=5):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, [num, length_samples]).astype(np.float32)


def test_data_are_the_real_and_imaginary_parts_of_a_windowed_transform():
    audio = noises(2, 1024)
    data = ComplexSpectra(8000, 1024, num_frames=32, num_bins=32, overlap=0.5).to_data(audio).numpy()
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    spectra = np.fft.rfft(window * audio[:, 96 : 96 + 64])
    np.testing.assert_allclose(data[:, 3, :, 0], spectra.real[:, :32], atol=1e-5)
    np.testing.assert_allclose(data[:, 3, 1:, 1], spectra.imag[:, 1:32], atol=1e-5)
    # DC has no imaginary part; the Nyquist frequency, which has none either, lies in its place.
    np.testing.assert_allclose(data[:, 3, 0, 1], spectra.real[:, 32], atol=1e-5)


@pytest.mark.parametrize("magnitude_power", [1.0, 0.3])
@pytest.mark.parametrize("overlap, num_frames", [(0.5, 32), (0.75, 64)])
def test_noise_with_dc_comes_back_to_the_last_sample(overlap, num_frames, magnitude_power):
    representation = small(overlap=overlap, num_frames=num_frames, magnitude_power=magnitude_power)
    audio = noises(3) + np.float32(0.3)
    np.testing.assert_allclose(representation.to_audio(representation.to_data(audio)), audio, atol=1e-5)


def test_a_power_raises_magnitudes_and_keeps_directions():
    raw, raised = (small(magnitude_power=power).to_data(noises(1)).numpy() for power in (1.0, 0.5))
    lengths = np.linalg.norm(raw, axis=-1, keepdims=True)
    np.testing.assert_allclose(raised, raw / np.sqrt(lengths), rtol=1e-3, atol=1e-4)


def test_twice_the_level_is_twice_the_data():
    data = small().to_data(np.concatenate([noises(1), 2 * noises(1)]))
    np.testing.assert_allclose(data[1], 2 * data[0], rtol=1e-5)


def test_a_reversed_clip_has_its_frames_in_reverse():
    representation = ComplexSpectra(8000, 1024, num_frames=32, num_bins=32, overlap=0.5)
    magnitudes = np.linalg.norm(representation.to_data(noises(1, 1024)), axis=-1)[0, :, 1:]
    reverse = np.linalg.norm(representation.to_data(noises(1, 1024)[:, ::-1].copy()), axis=-1)[0, :, 1:]
    # Frame 0 of the one is frame 30 of the other: frames begin at hops, and a circle has no end to count from.
    np.testing.assert_allclose(reverse[:30], magnitudes[30:0:-1], atol=0.5)


def test_constants_give_both_channels_one_scale_and_leave_silence_at_zero():
    data = small().to_data(noises(4)).numpy()
    scale, offset = small().fitted_constants(data)
    np.testing.assert_allclose(np.abs(data * scale).max(), 0.8, rtol=1e-6)
    assert scale[0] == scale[1] and scale.dtype == offset.dtype == np.float64
    np.testing.assert_array_equal(offset, [0.0, 0.0])
    assert small().original_constants is None


@pytest.mark.parametrize("num", [0, 2])
def test_constants_of_silence_are_refused(num):
    with pytest.raises(ValueError, match=f"Received: {num} clips, the largest magnitude 0.0"):
        small().fitted_constants(np.zeros([num, *small().shape], np.float32))


@pytest.mark.parametrize(
    "option, value, message",
    [
        ("num_frames", 12, "`num_frames` must be a power of two"),
        ("num_bins", 100, "`num_bins` must be a power of two"),
        ("overlap", 0.4, "overlap=0.4"),
        ("num_frames", 16, "cover 512 samples, but a clip has 1000. Choose num_frames=32"),
        ("magnitude_power", 0.0, "`magnitude_power` must lie in"),
    ],
)
def test_options_out_of_range_are_refused(option, value, message):
    with pytest.raises(ValueError, match=message):
        small(**{option: value})
