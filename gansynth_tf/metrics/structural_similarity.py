"""Multi-scale structural similarity (MS-SSIM) of spectrograms, at sizes that images seldom have."""

import numpy as np
from scipy.ndimage import correlate1d

_WINDOW = 11
_WINDOW_DEVIATION = 1.5
_LUMINANCE, _CONTRAST = 0.01, 0.03
# Of the finest scale first, fitted to what people see (Wang et al., table 1).
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def scale_weights(height: int, width: int) -> np.ndarray:
    """Returns the weights of the scales that fit a size, the finest first; their number is that of scales.

    Each scale halves the picture, and the window of 11 must fit into the last one. Pictures of 176 x 176 and more have
    the literature's five scales; 128 x 1024 has four, 64 x 256 three, 128 x 16 one. Fewer than five weights are scaled
    so that they still sum to 1; similarities of other numbers of scales cannot be compared.

    Args:
        height: Values along one side.
        width: Values along the other.

    Returns:
        [num_scales] float64 that sum to 1 (five: as published, to 1.0001).

    Raises:
        ValueError: If a side is shorter than the window.
    """
    if min(height, width) < _WINDOW:
        raise ValueError(
            f"Expected pictures of at least {_WINDOW} x {_WINDOW}, the size of the window. "
            f"Received: {height} x {width}."
        )
    num_scales = 1
    while num_scales < len(_WEIGHTS) and -(-min(height, width) // 2**num_scales) >= _WINDOW:
        num_scales += 1
    weights = np.array(_WEIGHTS[:num_scales])
    return weights if num_scales == len(_WEIGHTS) else weights / weights.sum()


def multi_scale_ssim(first, second, data_range: float) -> np.ndarray:
    """Returns the multi-scale structural similarity of each pair of pictures, on as many scales as fit their size.

    prod_s cs_s^w_s over all scales but the last, times (l cs)^w of the last: cs compares contrast and structure, l
    luminance, within Gaussian windows of 11 x 11 that lie inside the picture; each scale is half as large, by means of
    2 x 2. Between random clips of one class it tells diversity: the lower, the more diverse; state it beside that of
    real clips. A negative cs, of inverted pictures, counts as 0.

    Args:
        first: [num_pairs, height, width] or [num_pairs, height, width, channels], such as log magnitudes.
        second: As `first`.
        data_range: Largest value that could be less the smallest: 255 for bytes, 2 for values in -1 ... 1.

    Returns:
        [num_pairs] float64, at most 1; of several channels the mean.

    Raises:
        ValueError: If shapes differ or are too small, a value is not finite, or the range is not above 0.

    Source: Wang, Simoncelli and Bovik, Multi-scale structural similarity for image quality assessment, 2003; weights
        for fewer scales are ours: see `scale_weights`.
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.ndim not in (3, 4):
        raise ValueError(
            "Expected `first` and `second` of one shape [num_pairs, height, width(, channels)]. "
            f"Received: {first.shape} and {second.shape}."
        )
    if not 0.0 < data_range < np.inf:
        raise ValueError(f"`data_range` must be above 0. Received: {data_range}.")
    weights = scale_weights(*first.shape[1:3])
    values = np.empty(len(first))
    for number, (one, other) in enumerate(zip(first, second, strict=True)):
        one, other = one.astype(np.float64), other.astype(np.float64)
        if not (np.isfinite(one).all() and np.isfinite(other).all()):
            raise ValueError(f"`first` and `second` must be finite. Pair {number} is not.")
        values[number] = np.mean(_similarity(one, other, weights, data_range))
    return values


def _similarity(first, second, weights, data_range):
    """Returns the similarity of two pictures [height, width(, channels)], of each channel."""
    similarity = 1.0
    for number, weight in enumerate(weights):
        if number:
            first, second = _halved(first), _halved(second)
        luminance, structure = _luminance_and_structure(first, second, data_range)
        last = number == len(weights) - 1
        factor = np.mean(luminance * structure if last else structure, axis=(0, 1))
        similarity = similarity * np.maximum(factor, 0.0) ** weight
    return similarity


def _luminance_and_structure(first, second, data_range):
    """Returns the two maps, of windows that lie wholly inside the picture."""
    small, smaller = (_CONTRAST * data_range) ** 2, (_LUMINANCE * data_range) ** 2
    # About a common middle, so that variances do not cancel where values have an offset.
    middle = 0.5 * (first.mean() + second.mean())
    first, second = first - middle, second - middle
    means = _smoothed(first), _smoothed(second)
    products = means[0] * means[1]
    squares = means[0] ** 2 + means[1] ** 2
    structure = (2.0 * (_smoothed(first * second) - products) + small) / (
        _smoothed(first**2 + second**2) - squares + small
    )
    levels = means[0] + middle, means[1] + middle
    luminance = (2.0 * levels[0] * levels[1] + smaller) / (levels[0] ** 2 + levels[1] ** 2 + smaller)
    return luminance, structure


def _smoothed(picture):
    """Returns Gaussian means over windows that lie inside the picture: each side is 10 values shorter."""
    places = np.arange(_WINDOW) - _WINDOW // 2
    window = np.exp(-0.5 * (places / _WINDOW_DEVIATION) ** 2)
    window /= window.sum()
    for axis in (0, 1):
        picture = correlate1d(picture, window, axis=axis)
    margin = _WINDOW // 2
    return picture[margin:-margin, margin:-margin]


def _halved(picture):
    """Returns means of 2 x 2 values; a last odd row or column is repeated."""
    odd = [(0, side % 2) for side in picture.shape[:2]] + [(0, 0)] * (picture.ndim - 2)
    picture = np.pad(picture, odd, mode="symmetric")
    return 0.25 * (picture[::2, ::2] + picture[1::2, ::2] + picture[::2, 1::2] + picture[1::2, 1::2])
