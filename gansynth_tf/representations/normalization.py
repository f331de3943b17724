"""Constants that take a representation's data to the range of the networks: fitted once, or the original's."""

import numpy as np

MARGIN = 0.8
# Of the released GANSynth program, for log mel power and instantaneous frequency of NSynth at 128 x 1024.
ORIGINAL_SCALE = (0.0661371661726, 0.8)
ORIGINAL_OFFSET = (0.113718730221, 0.0)


def fitted_constants(data, channel_weights=None, margin=MARGIN):
    """Returns the constants that put the extremes of each channel at plus and minus margin times its weight.

    Args:
        data: [num, frames, bins, channels]; may be a memory map, it is read in pieces.
        channel_weights: [channels] share of the range for each channel; None is 1 for all.
        margin: Where the extremes go; under 1, so that a tanh can reach them.

    Returns:
        (scale, offset), each [channels] float64: normalised = data * scale + offset.

    Raises:
        ValueError: If there are no data, or a channel is constant.

    Source: the `simple` normaliser of the released GANSynth program.
    """
    if len(data) == 0:
        raise ValueError("Expected at least one clip to fit the normalisation to. Received: none.")
    pieces = [data[i : i + 64] for i in range(0, len(data), 64)]
    lowest = np.min([piece.min(axis=(0, 1, 2)) for piece in pieces], axis=0).astype(np.float64)
    highest = np.max([piece.max(axis=(0, 1, 2)) for piece in pieces], axis=0).astype(np.float64)
    if not np.all(highest > lowest):
        raise ValueError(
            "Expected data that vary in every channel. "
            f"Received: minima {lowest.tolist()}, maxima {highest.tolist()}. Is everything silent?"
        )
    reach = margin * np.ones(len(lowest)) * (1.0 if channel_weights is None else np.asarray(channel_weights))
    scale = 2.0 * reach / (highest - lowest)
    return scale, -lowest * scale - reach
