"""The mel scale and its matrices against the original program and closed forms."""

import numpy as np
import pytest
from original_program import goldens

from gansynth_tf.audio import mel


def dense(name):
    """Returns a golden matrix of 1024 x 1024 that is stored as index and value."""
    golden = goldens("mel_matrices")
    matrix = np.zeros([1024, 1024])
    matrix[tuple(golden[f"{name}_index"])] = golden[f"{name}_value"]
    return matrix


def test_the_matrices_of_the_paper_equal_the_original():
    matrix = mel.mel_matrix(1024, 1024, 16000)
    np.testing.assert_allclose(matrix, dense("l2mel_1024"), atol=1e-10)
    np.testing.assert_allclose(mel.linear_matrix(matrix), dense("mel2l_1024"), atol=1e-10)


def test_the_smaller_matrices_equal_the_original():
    golden = goldens("mel_matrices")
    matrix = mel.mel_matrix(512, 512, 16000)
    np.testing.assert_allclose(matrix, golden["l2mel_512"], atol=1e-6)
    np.testing.assert_allclose(mel.linear_matrix(matrix), golden["mel2l_512"], atol=1e-6)


def test_empty_rows_and_columns_are_the_originals():
    golden = goldens("mel_matrices")
    matrix = mel.mel_matrix(1024, 1024, 16000)
    assert np.flatnonzero(~matrix.any(axis=1)).tolist() == golden["l2mel_1024_zero_rows"].tolist()
    assert np.flatnonzero(~matrix.any(axis=0)).tolist() == golden["l2mel_1024_zero_cols"].tolist()


def test_the_mel_scale_equals_the_original_and_comes_back():
    golden = goldens("spectral_ops")
    np.testing.assert_allclose(mel.mel_from_hz(golden["hz"]), golden["mel_of_hz"], rtol=1e-12)
    np.testing.assert_allclose(
        mel.hz_from_mel(mel.mel_from_hz([0.0, 30.0, 8000.0])), [0.0, 30.0, 8000.0], atol=1e-9
    )


def test_a_thousand_hertz_are_a_thousand_mel():
    np.testing.assert_allclose(mel.mel_from_hz(1000.0), 1000.0, rtol=1e-4)


@pytest.mark.parametrize(
    "num_bins, num_mel_bins, sample_rate", [(256, 32, 16000), (512, 128, 44100), (64, 64, 8000)]
)
def test_triangles_peak_in_rising_order_and_lie_between_zero_and_one(num_bins, num_mel_bins, sample_rate):
    matrix = mel.mel_matrix(num_bins, num_mel_bins, sample_rate)
    assert matrix.shape == (num_bins, num_mel_bins)
    assert matrix.min() == 0.0 and matrix.max() <= 1.0
    peaks = matrix.argmax(axis=0)[matrix.any(axis=0)]
    assert np.all(np.diff(peaks) >= 0)


def test_wide_bands_are_triangles_between_their_neighbours_centres():
    num_bins, num_mel_bins, nyquist_hz = 4096, 8, 8000.0
    matrix = mel.mel_matrix(num_bins, num_mel_bins, 2 * nyquist_hz)
    edges_hz = mel.hz_from_mel(np.linspace(0.0, mel.mel_from_hz(nyquist_hz), num_mel_bins + 2))
    bins_hz = np.linspace(0.0, nyquist_hz, num_bins)
    for band in range(num_mel_bins):
        expected = np.interp(bins_hz, edges_hz[band : band + 3], [0.0, 1.0, 0.0])
        np.testing.assert_allclose(matrix[1:, band], expected[1:], atol=1e-9)


@pytest.mark.parametrize("num_bins, num_mel_bins", [(256, 256), (256, 32)])
def test_the_inverse_restores_sums_of_bands(num_bins, num_mel_bins):
    matrix = mel.mel_matrix(num_bins, num_mel_bins, 16000)
    # A flat spectrum is the eigenvector that the weights are made for.
    flat = np.ones(num_bins) @ matrix @ mel.linear_matrix(matrix)
    covered = matrix.any(axis=1)
    np.testing.assert_allclose((matrix @ mel.linear_matrix(matrix)).sum(axis=0)[covered], 1.0, rtol=1e-9)
    np.testing.assert_allclose(flat[covered], 1.0, rtol=1e-9)
    np.testing.assert_array_equal(flat[~covered], 0.0)


@pytest.mark.parametrize("num_mel_bins", [0, -1, 129])
def test_more_bands_than_bins_are_refused(num_mel_bins):
    with pytest.raises(ValueError, match=f"num_bins. Received: num_mel_bins={num_mel_bins}, num_bins=128"):
        mel.mel_matrix(128, num_mel_bins, 16000)
