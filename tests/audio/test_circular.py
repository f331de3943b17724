"""Spectra of clips that are circles: exact inverses, no edges, in step with plain frames inside the clip."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.audio import circular
from gansynth_tf.audio.circular import CircularGrid


def noises(num, length_samples, seed=3):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, [num, length_samples]).astype(np.float32)


def test_a_frame_is_the_windowed_transform_of_its_samples_and_the_last_reaches_around():
    grid = CircularGrid(256, 8, 32, 0.5)
    audio = noises(2, 256)
    spectra = circular.spectra_from_audio(audio, grid).numpy()
    assert spectra.shape == (2, 8, 33)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    for frame in (0, 3, 7):
        samples = np.take(audio, np.arange(32 * frame, 32 * frame + 64), axis=1, mode="wrap")
        np.testing.assert_allclose(spectra[:, frame], np.fft.rfft(window * samples), atol=1e-5)


def test_silence_lies_before_the_clip():
    grid = CircularGrid(200, 8, 32, 0.5)
    audio = noises(1, 200)
    longer = np.concatenate([np.zeros([1, 56], np.float32), audio], axis=1)
    assert grid.pad_samples == 56
    np.testing.assert_array_equal(
        circular.spectra_from_audio(audio, grid),
        circular.spectra_from_audio(longer, CircularGrid(256, 8, 32, 0.5)),
    )


def test_with_a_frame_less_a_hop_of_silence_no_frame_holds_both_ends():
    grid = CircularGrid(224, 8, 32, 0.5)
    assert grid.pad_samples == grid.num_wrapped_samples == 32
    beginning = np.zeros([1, 224], np.float32)
    beginning[0, :4] = 1.0
    assert np.abs(circular.spectra_from_audio(beginning, grid)[:, -1]).max() < 1e-6


@pytest.mark.parametrize(
    "length_samples, num_frames, num_bins, overlap",
    [
        (256, 8, 32, 0.5),
        (200, 16, 32, 0.75),
        (1, 2, 2, 0.5),
        (33, 2, 64, 0.75),
        (999, 64, 16, 0.5),
        (100, 32, 32, 0.9),
    ],
)
def test_every_sample_comes_back(length_samples, num_frames, num_bins, overlap):
    grid = CircularGrid(length_samples, num_frames, num_bins, overlap)
    audio = noises(3, length_samples) + np.float32(0.25)
    restored = circular.audio_from_spectra(circular.spectra_from_audio(audio, grid), grid)
    assert restored.shape == (3, length_samples)
    np.testing.assert_allclose(restored, audio, atol=2e-6)


def test_the_inverse_of_other_spectra_has_the_nearest():
    grid = CircularGrid(256, 8, 32, 0.5)
    rng = np.random.default_rng(4)
    wanted = (rng.standard_normal([1, 8, 33]) + 1j * rng.standard_normal([1, 8, 33])).astype(np.complex64)
    # Both ends of a real frame's spectrum are real, and count half.
    wanted[..., [0, -1]] = wanted[..., [0, -1]].real
    weights = np.where(np.arange(33) % 32, 2.0, 1.0)

    def distance(audio):
        return float(np.sum(weights * np.abs(circular.spectra_from_audio(audio, grid) - wanted) ** 2))

    nearest = circular.audio_from_spectra(wanted, grid).numpy()
    assert all(distance(nearest + 0.1 * noises(1, 256, seed)) > distance(nearest) for seed in range(5))


def test_compiled_with_an_unknown_batch_size_equals_eager():
    grid = CircularGrid(200, 16, 32, 0.75)

    @tf.function(input_signature=[tf.TensorSpec([None, 200], tf.float32)])
    def there_and_back(audio):
        return circular.audio_from_spectra(circular.spectra_from_audio(audio, grid), grid)

    np.testing.assert_allclose(there_and_back(noises(2, 200)), noises(2, 200), atol=2e-6)


def test_no_number_of_frames_is_the_least_that_covers_the_clip():
    assert CircularGrid(256, 0, 32, 0.5) == CircularGrid(256, 8, 32, 0.5)
    assert CircularGrid(257, 0, 32, 0.5).num_frames == 16


def test_hops_that_do_not_cover_the_clip_are_refused():
    with pytest.raises(ValueError, match="cover 256 samples, but a clip has 257. Choose num_frames=16"):
        CircularGrid(257, 8, 32, 0.5)
