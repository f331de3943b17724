"""The mel matrices of GANSynth, in NumPy: triangles linear in hertz, with a least width, and their inverse."""

import numpy as np

MEL_BREAK_HZ = 700.0
MEL_HIGH_Q = 1127.0


def mel_from_hz(frequencies_hz):
    """Returns mel(f) = 1127 ln(1 + f / 700) of `frequencies_hz`, any shape."""
    return MEL_HIGH_Q * np.log1p(np.asarray(frequencies_hz) / MEL_BREAK_HZ)


def hz_from_mel(mels):
    """Returns the frequencies in hertz of `mels`, any shape: the inverse of `mel_from_hz`."""
    return MEL_BREAK_HZ * np.expm1(np.asarray(mels) / MEL_HIGH_Q)


def _band_edges_mel(num_bins, num_mel_bins, sample_rate):
    """Returns [num_mel_bins + 2] edges in mel, widened where a band would be narrower than 1.5 bins.

    Band i reaches from edge i over its centre, edge i + 1, to edge i + 2. Widening band i moves edges i and i + 2 and
    with them the centre of the next band and the lower edge of the one after: the original works in place, and later
    bands see what earlier ones moved. The goldens depend on that order.
    """
    nyquist_hz = sample_rate / 2
    edges = np.linspace(mel_from_hz(0.0), mel_from_hz(nyquist_hz), num_mel_bins + 2)
    least_width_hz = 1.5 * nyquist_hz / num_bins
    for i in range(num_mel_bins):
        if hz_from_mel(edges[i + 2]) - hz_from_mel(edges[i]) < least_width_hz:
            half_width = 0.5 * least_width_hz / (hz_from_mel(edges[i + 1]) + MEL_BREAK_HZ)
            half_width_mel = MEL_HIGH_Q * np.arcsinh(half_width)
            edges[i] = edges[i + 1] - half_width_mel
            edges[i + 2] = edges[i + 1] + half_width_mel
    return edges


def mel_matrix(num_bins, num_mel_bins, sample_rate):
    """Returns the matrix that takes linear bins to mel bins, without area normalisation.

    Args:
        num_bins: Linear frequency bins. Row 0 is taken for DC and stays zero although spectra without DC hold the
            first bin above it there: the original is off by one bin, and so are we, for parity.
        num_mel_bins: Mel bins, at most `num_bins`.
        sample_rate: In hertz.

    Returns:
        [num_bins, num_mel_bins] float64.

    Raises:
        ValueError: If there are more mel bins than linear bins.

    Source: the released GANSynth program, re-derived; compared with its own matrices in the tests.
    """
    if not 0 < num_mel_bins <= num_bins:
        raise ValueError(
            f"`num_mel_bins` must lie between 1 and num_bins. "
            f"Received: num_mel_bins={num_mel_bins}, num_bins={num_bins}."
        )
    edges_hz = hz_from_mel(_band_edges_mel(num_bins, num_mel_bins, sample_rate))
    lower, centre, upper = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    bins_hz = np.linspace(0.0, sample_rate / 2, num_bins)[1:, np.newaxis]
    rising = (bins_hz - lower) / (centre - lower)
    falling = (upper - bins_hz) / (upper - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.concatenate([np.zeros([1, num_mel_bins]), triangles])


def linear_matrix(matrix):
    """Returns the approximate inverse of a mel matrix: its transpose, with each linear bin weighted.

    Args:
        matrix: [num_bins, num_mel_bins] of `mel_matrix`.

    Returns:
        [num_mel_bins, num_bins] float64: M^T diag(1 / colsum(M M^T)); sums of at most 1e-8 are left as they are.
    """
    sums = matrix @ matrix.sum(axis=0)
    weights = np.where(np.abs(sums) > 1e-8, 1.0 / np.where(sums == 0, 1.0, sums), sums)
    return matrix.T * weights
