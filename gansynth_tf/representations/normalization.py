"""Constants that take a representation's data to the range of the networks: fitted once, or the original's.

Constants are (scale, offset), and normalised = data * scale + offset. Each is [channels], or [bins, channels] where
every bin has its own.
"""

import math

import numpy as np

MARGIN = 0.8
# Of the released GANSynth program, for log mel power and instantaneous frequency of NSynth at 128 x 1024.
ORIGINAL_SCALE = (0.0661371661726, 0.8)
ORIGINAL_OFFSET = (0.113718730221, 0.0)
# A bin that varies less than this share of the channel's other bins is given this share: its data would else be
# divided by nothing, and their rounding errors magnified. Of a log magnitude it is a fraction of a decibel.
LEAST_VARIATION = 0.01
# Numbers that are read at once; the data may be larger than memory.
_PIECE_SIZE = 2**22


def fitted_constants(data, channel_weights=None, margin=MARGIN):
    """Returns the constants that put the extremes of each channel at plus and minus margin times its weight.

    Args:
        data: [num, frames, bins, channels]; may be a memory map, it is read in pieces.
        channel_weights: [channels] share of the range for each channel; None is 1 for all.
        margin: Where the extremes go; under 1, so that a tanh can reach them.

    Returns:
        (scale, offset), each [channels] float64.

    Raises:
        ValueError: If there are no data, or a channel is constant or not finite.

    Source: the `simple` normaliser of the released GANSynth program.
    """
    lowest, highest = _extremes(data, (0, 1, 2))
    _check_variation(highest - lowest, lowest, highest)
    return _constants_of_extremes(lowest, highest, channel_weights, margin)


def fitted_bin_constants(data, channel_weights=None, margin=MARGIN):
    """Returns the constants that put the extremes of each bin at plus and minus margin times the channel's weight.

    A constant bin gets the middle of the range. The original divides by zero there.

    Args:
        data: [num, frames, bins, channels]; may be a memory map, it is read in pieces.
        channel_weights: [channels] share of the range for each channel; None is 1 for all.
        margin: Where the extremes go; under 1, so that a tanh can reach them.

    Returns:
        (scale, offset), each [bins, channels] float64.

    Raises:
        ValueError: If there are no data, or a channel is constant or not finite.

    Source: the `freq` normaliser of the released GANSynth program.
    """
    lowest, highest = _extremes(data, (0, 1))
    widths = highest - lowest
    _check_variation(widths.max(axis=0), lowest.min(axis=0), highest.max(axis=0))
    missing = np.maximum(0.0, LEAST_VARIATION * widths.max(axis=0) - widths)
    return _constants_of_extremes(lowest - 0.5 * missing, highest + 0.5 * missing, channel_weights, margin)


def standard_bin_constants(data, num_deviations=3.0):
    """Returns the constants that take the mean of each bin to 0, and so many standard deviations to 1.

    What lies further out is beyond the networks' range: a discriminator cuts it off, a tanh does not reach it.

    Args:
        data: [num, frames, bins, channels]; may be a memory map, it is read in pieces.
        num_deviations: Standard deviations (population, over all frames of all clips) that become 1.

    Returns:
        (scale, offset), each [bins, channels] float64.

    Raises:
        ValueError: If there are no data, or a channel is constant or not finite.

    Source: SpecGAN of Donahue et al., Adversarial Audio Synthesis, ICLR 2019, which divides by zero where a bin is
    constant.
    """
    means, deviations = bin_moments(data)
    _check_variation(deviations.max(axis=0), means.min(axis=0), means.max(axis=0))
    typical = np.sqrt(np.mean(np.square(deviations), axis=0))
    reach = num_deviations * np.maximum(deviations, LEAST_VARIATION * typical)
    return 1.0 / reach, -means / reach


def bin_moments(data):
    """Returns mean and population standard deviation of each bin, over all frames of all clips.

    Args:
        data: [num, frames, bins, channels]; may be a memory map, it is read in pieces.

    Returns:
        (means, deviations), each [bins, channels] float64.

    Raises:
        ValueError: If there are no data.

    Source: Chan et al., Updating formulae and a pairwise algorithm for computing sample variances, 1979.
    """
    count, means, squares = 0, np.zeros(data.shape[2:]), np.zeros(data.shape[2:])
    for piece in _pieces(data):
        added = piece.shape[0] * piece.shape[1]
        piece_means = piece.mean(axis=(0, 1), dtype=np.float64)
        steps = piece_means - means
        squares += np.sum(np.square(piece - piece_means), axis=(0, 1))
        squares += np.square(steps) * (count * added / (count + added))
        means += steps * (added / (count + added))
        count += added
    return means, np.sqrt(squares / count)


def _pieces(data):
    """Yields `data` [num, ...] in arrays that memory holds, or refuses if there are none."""
    if len(data) == 0:
        raise ValueError("Expected at least one clip to fit the normalisation to. Received: none.")
    num_clips = max(1, _PIECE_SIZE // math.prod(data.shape[1:]))
    for start in range(0, len(data), num_clips):
        yield np.asarray(data[start : start + num_clips])


def _extremes(data, axes):
    """Returns the least and the greatest values of `data` over `axes`, float64."""
    pairs = [(piece.min(axis=axes), piece.max(axis=axes)) for piece in _pieces(data)]
    lowest, highest = zip(*pairs, strict=True)
    return np.min(lowest, axis=0).astype(np.float64), np.max(highest, axis=0).astype(np.float64)


def _check_variation(variation, lowest, highest):
    """Refuses channels whose `variation` [channels] is none beside its least and greatest value, or not a number."""
    # The mean of equal numbers may miss them by a rounding.
    rounding = 1e-12 * np.maximum(np.abs(lowest), np.abs(highest))
    if not np.all((variation > rounding) & np.isfinite(variation)):
        raise ValueError(
            "Expected data that vary in every channel. "
            f"Received: minima {lowest.tolist()}, maxima {highest.tolist()}. Is everything silent?"
        )


def _constants_of_extremes(lowest, highest, channel_weights, margin):
    """Returns the constants that take `lowest` and `highest`, [channels] or [bins, channels], to the margins."""
    weights = 1.0 if channel_weights is None else np.asarray(channel_weights)
    reach = margin * np.ones_like(lowest) * weights
    scale = 2.0 * reach / (highest - lowest)
    return scale, -lowest * scale - reach
