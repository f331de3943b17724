"""Whether a generator answers other latents with other clips."""

import numpy as np

from gansynth_tf.metrics.arrays import matching_matrices


def mode_seeking_ratio(first, second, first_latents, second_latents) -> float:
    """Returns how far clips move with their latents: mean |x1 - x2| / mean |z1 - z2|, both means over all values.

    A ratio of means, not a mean of ratios. Its unit is that of the clips: compare within one representation, and pairs
    of the same labels. 0 says that latents are ignored.

    Args:
        first: [num_pairs, ...] clips, spectrograms or features.
        second: [num_pairs, ...] made with the same labels and other latents.
        first_latents: [num_pairs, num_dimensions] that `first` was made from.
        second_latents: [num_pairs, num_dimensions] that `second` was made from.

    Returns:
        The ratio, from 0.

    Raises:
        ValueError: If shapes disagree, a value is not finite, or all latents are the same.

    Source: Mao et al., Mode seeking generative adversarial networks, CVPR 2019, equation 2, with L1 distances.
    """
    first, second = matching_matrices(("first", "second"), first, second)
    latents = matching_matrices(("first_latents", "second_latents"), first_latents, second_latents)
    if len({len(first), len(second), len(latents[0]), len(latents[1])}) > 1:
        raise ValueError(
            "Expected as many clips as latents, in pairs. Received: "
            f"{len(first)}, {len(second)}, {len(latents[0])}, {len(latents[1])}."
        )
    step = np.mean(np.abs(latents[0] - latents[1]))
    if step == 0.0:
        raise ValueError("Expected latents that differ. Received the same ones twice: draw the second anew.")
    return float(np.mean(np.abs(first - second)) / step)
