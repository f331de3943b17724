"""Spectra against the original program, NumPy, SciPy-like closed forms and librosa."""

import librosa
import numpy as np
import pytest
import tensorflow as tf
from original_program import goldens

from gansynth_tf.audio import spectral

GRID = spectral.FrameGrid(length_samples=16000, num_frames=64, num_bins=512, overlap=0.75)


def noise(*shape, scale=1.0):
    return (np.random.default_rng(3).normal(size=shape) * scale).astype(np.float32)


def test_sizes_of_the_original_grid():
    assert (GRID.fft_length, GRID.hop_samples) == (1024, 256)
    assert (GRID.padded_length_samples, GRID.pad_samples) == (17152, 1152)


def test_sizes_of_the_paper():
    grid = spectral.FrameGrid(64000, 128, 1024, 0.75)
    assert (grid.fft_length, grid.hop_samples, grid.pad_samples) == (2048, 512, 3072)


@pytest.mark.parametrize(
    "name, size, nearest", [("num_bins", 1000, 1024), ("num_frames", 48, 64), ("num_bins", 1, 2)]
)
def test_a_size_that_cannot_be_halved_is_refused_with_the_nearest(name, size, nearest):
    sizes = {"num_frames": 64, "num_bins": 512} | {name: size}
    with pytest.raises(ValueError, match=f"power of two.*Received: {name}={size}. Nearest valid: {nearest}"):
        spectral.FrameGrid(100, **sizes)


def test_a_clip_longer_than_its_frames_is_refused_with_the_number_that_covers_it():
    with pytest.raises(ValueError, match="cover 17152 samples, but a clip has 17153. Choose num_frames=128"):
        spectral.FrameGrid(17153, 64, 512, 0.75)
    assert spectral.FrameGrid(17152, 64, 512, 0.75).pad_samples == 0


@pytest.mark.parametrize("overlap", [0.4, 1.0, -1.0])
def test_an_overlap_out_of_range_is_refused(overlap):
    with pytest.raises(ValueError, match=r"\[0.5, 1\). Received: overlap="):
        spectral.FrameGrid(16000, 64, 512, overlap)


def test_frames_that_do_not_advance_are_refused():
    with pytest.raises(ValueError, match="4 samples that overlap by 0.9 do not advance by a whole sample"):
        spectral.FrameGrid(4, 64, 2, 0.9)


def test_a_bin_that_cannot_be_left_out_is_refused():
    with pytest.raises(ValueError, match='must be "dc" or "nyquist". Received: left_out_bin=\'top\''):
        spectral.FrameGrid(16000, 64, 512, 0.75, "top")


@pytest.mark.parametrize("left_out_bin, lost", [("dc", 0), ("nyquist", 32)])
def test_the_bin_that_is_left_out_is_the_lowest_or_the_highest_there_and_back(left_out_bin, lost):
    grid = spectral.FrameGrid(64 + 3 * 16, 4, 32, 0.75, left_out_bin)
    audio = noise(1, grid.length_samples)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    complete = np.fft.rfft(np.stack([audio[0, 16 * i : 16 * i + 64] for i in range(4)]) * window)
    spectra = spectral.spectra_from_audio(audio, grid)
    np.testing.assert_allclose(spectra[0], np.delete(complete, lost, axis=1), atol=1e-4)
    complete[:, lost] = 0.0
    frames = np.fft.irfft(complete) * window / 1.5  # The sum of four squared windows.
    added = sum(np.pad(frame, [16 * i, 48 - 16 * i]) for i, frame in enumerate(frames))
    restored = spectral.audio_from_spectra(spectra, grid).numpy()[0]
    # In the middle, where four frames overlap.
    np.testing.assert_allclose(restored[48:64], added[48:64], atol=1e-5)
    assert np.abs(restored[48:64] - audio[0, 48:64]).max() > 1e-3


def test_an_empty_clip_is_refused():
    with pytest.raises(ValueError, match="must have samples. Received: length_samples=0"):
        spectral.FrameGrid(0, 64, 512)


@pytest.mark.parametrize(
    "length_samples, frames_needed", [(1, 2), (1024, 2), (1281, 3), (1536, 3), (17153, 65)]
)
def test_frames_needed_just_cover_the_clip(length_samples, frames_needed):
    assert spectral.FrameGrid(length_samples, 128, 512, 0.75).frames_needed == frames_needed


def test_no_number_of_frames_is_the_least_power_of_two_that_covers_the_clip():
    for length_samples in (1, 1024, 1281, 17152, 17153):
        grid = spectral.FrameGrid(length_samples, 0, 512, 0.75)
        assert grid == spectral.FrameGrid(length_samples, grid.num_frames, 512, 0.75)
        assert grid.num_frames == 2 or grid.num_frames / 2 < grid.frames_needed <= grid.num_frames


def test_spectra_equal_the_original():
    golden = goldens("audio_16000")
    spectra = spectral.spectra_from_audio(golden["audio"], GRID).numpy()
    np.testing.assert_allclose(spectra, golden["stft"][..., 0], atol=1e-4)


def test_spectra_equal_librosa_with_the_silence_before_the_clip():
    audio = noise(2, 16000)
    padded = np.pad(audio, [[0, 0], [GRID.pad_samples, 0]])
    expected = librosa.stft(padded, n_fft=1024, hop_length=256, window="hann", center=False)
    np.testing.assert_allclose(
        spectral.spectra_from_audio(audio, GRID), expected[:, 1:].transpose(0, 2, 1), atol=1e-4
    )


def test_a_tone_on_a_bin_has_its_closed_form():
    grid = spectral.FrameGrid(64 + 3 * 16, 4, 32, 0.75)
    audio = np.cos(2 * np.pi * 8 * np.arange(112) / 64)[np.newaxis].astype(np.float32)
    spectra = spectral.spectra_from_audio(audio, grid).numpy()[0]
    # The sum of a periodic Hann window is half its length, and half of a cosine is the positive frequency.
    np.testing.assert_allclose(np.abs(spectra[:, 7]), 16.0, rtol=1e-5)
    np.testing.assert_allclose(np.abs(spectra[:, [6, 8]]), 8.0, rtol=1e-5)
    np.testing.assert_allclose(np.delete(np.abs(spectra), [6, 7, 8], axis=1), 0.0, atol=1e-4)


def test_the_constant_part_of_a_clip_is_dropped():
    constant = np.ones([1, 17152], np.float32)
    grid = spectral.FrameGrid(17152, 64, 512, 0.75)
    spectra = spectral.spectra_from_audio(constant, grid).numpy()
    assert np.abs(spectra[:, :, 1:]).max() < 1e-3  # The window leaks into the first bin only.


@pytest.mark.parametrize("overlap", [0.5, 0.75, 0.875])
def test_audio_without_a_constant_part_comes_back(overlap):
    grid = spectral.FrameGrid(4200, 64, 256, overlap)
    # Fading in and out, a tone has no constant part in any frame.
    fade = np.sin(np.pi * np.arange(4200) / 4200) ** 2
    audio = np.stack([fade * librosa.tone(f, sr=16000, length=4200) for f in (440.0, 3000.0)]).astype(
        np.float32
    )
    restored = spectral.audio_from_spectra(spectral.spectra_from_audio(audio, grid), grid).numpy()
    assert restored.shape == audio.shape
    covered = slice(0, -grid.fft_length)  # There is no silence after a clip: its last frame has no follower.
    np.testing.assert_allclose(restored[:, covered], audio[:, covered], atol=1e-4)


def test_audio_from_spectra_equals_the_original():
    golden = goldens("audio_16000")
    audio = spectral.audio_from_spectra(golden["stft"][..., 0], GRID)
    np.testing.assert_allclose(audio, golden["wave_from_stft"], atol=1e-5)


def test_log_magnitude_and_frequency_equal_the_original():
    golden = goldens("audio_16000")
    spectra = golden["stft"][..., 0]
    weights = np.abs(spectra) / np.abs(spectra).max()
    phases = spectral.phase(spectra)
    np.testing.assert_allclose(spectral.log_magnitude(spectra), golden["spec_if"][..., 0], atol=1e-5)
    np.testing.assert_allclose(phases / np.pi, golden["spec_phase_ch1"], atol=1e-6)
    turns = spectral.instantaneous_frequency(phases) - golden["spec_if"][..., 1]
    np.testing.assert_allclose(weights * ((turns + 1.0) % 2.0 - 1.0), 0.0, atol=1e-5)


def test_audio_from_log_magnitude_and_frequency_equals_the_original():
    golden = goldens("audio_16000")
    spec = golden["spec_if"]
    phases = spectral.phase_from_instantaneous_frequency(spec[..., 1])
    audio = spectral.audio_from_spectra(spectral.spectra_from_polar(np.exp(spec[..., 0]), phases), GRID)
    np.testing.assert_allclose(audio, golden["wave_from_spec_if"], atol=1e-4)
    spectra = spectral.spectra_from_polar(np.exp(spec[..., 0]), np.pi * golden["spec_phase_ch1"])
    np.testing.assert_allclose(
        spectral.audio_from_spectra(spectra, GRID), golden["wave_from_spec_phase"], atol=1e-4
    )


def test_log_magnitude_of_silence_is_the_floor():
    np.testing.assert_allclose(
        spectral.log_magnitude(tf.zeros([1, 2, 3], tf.complex64)), np.log(1e-6), rtol=1e-6
    )


def test_phase_is_the_angle_in_every_quadrant():
    spectra = np.array([[[1, 1j, -1, -1j, 1 + 1j, -1 - 1j]]], np.complex64)
    np.testing.assert_allclose(spectral.phase(spectra), np.angle(spectra), rtol=1e-6)


@pytest.mark.parametrize("shape", [(3, 12, 4), (1, 2, 1), (2, 37, 5)])
def test_unwrap_equals_numpy_along_frames(shape):
    phases = noise(*shape, scale=7.0)
    np.testing.assert_allclose(spectral.unwrap(phases), np.unwrap(phases, axis=1), atol=1e-4)


def test_unwrap_and_frequency_equal_the_original():
    golden = goldens("spectral_ops")
    np.testing.assert_allclose(spectral.unwrap(golden["big"]), golden["unwrap_axis1"], atol=1e-5)
    np.testing.assert_allclose(
        spectral.instantaneous_frequency(golden["phase"]), golden["ifreq_axis_m2"], atol=1e-6
    )


@pytest.mark.parametrize("step", [np.pi, -np.pi, 3 * np.pi, -3 * np.pi])
def test_a_step_of_half_a_turn_keeps_its_sign_as_in_numpy(step):
    # The very number whose wrapped step is -pi, in double precision, so that the tie is a tie.
    phases = np.array([0.0, step, 2 * step]).reshape(1, 3, 1)
    unwrapped = spectral.unwrap(tf.constant(phases)).numpy()
    np.testing.assert_allclose(unwrapped, np.unwrap(phases, axis=1), atol=1e-12)
    np.testing.assert_allclose(np.diff(unwrapped, axis=1), np.sign(step) * np.pi, atol=1e-12)


def test_frequency_of_a_steady_tone_is_its_advance_per_frame():
    advance = np.array([0.3, -0.9, 0.99])
    phases = 1.0 + np.pi * advance * np.arange(20)[:, np.newaxis]
    wrapped = np.angle(np.exp(1j * phases))[np.newaxis].astype(np.float32)
    frequencies = spectral.instantaneous_frequency(wrapped).numpy()
    np.testing.assert_allclose(frequencies[0, 0], 1.0 / np.pi, rtol=1e-5)
    np.testing.assert_allclose(frequencies[0, 1:], np.tile(advance, [19, 1]), atol=1e-5)


def test_frequency_is_within_half_a_turn_after_the_first_frame():
    frequencies = spectral.instantaneous_frequency(noise(2, 50, 7, scale=40.0)).numpy()
    assert np.abs(frequencies[:, 1:]).max() <= 1.0 + 1e-5


def test_a_running_sum_restores_the_unwrapped_phase():
    phases = noise(2, 16, 5, scale=4.0)
    restored = spectral.phase_from_instantaneous_frequency(spectral.instantaneous_frequency(phases))
    np.testing.assert_allclose(restored, np.unwrap(phases, axis=1), atol=1e-4)


def test_frequency_of_one_frame_is_refused():
    with pytest.raises(ValueError, match=r"at least two frames. Received shape: \(2, 1, 5\)"):
        spectral.instantaneous_frequency(tf.zeros([2, 1, 5]))


def test_polar_and_back():
    spectra = noise(2, 3, 4) + 1j * noise(2, 3, 4)[::-1]
    restored = spectral.spectra_from_polar(np.abs(spectra), spectral.phase(spectra))
    np.testing.assert_allclose(restored, spectra, atol=1e-6)
