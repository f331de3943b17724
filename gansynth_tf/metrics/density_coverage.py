"""Precision, recall, density and coverage of generated features against real ones."""

import numpy as np

from gansynth_tf.metrics.arrays import matching_checked
from gansynth_tf.metrics.distances import kth_other_squares
from gansynth_tf.metrics.pairs import square_blocks, squares_of_pairs


def precision_recall_density_coverage(reals, fakes, k: int = 5) -> dict[str, float]:
    """Returns how well generated examples lie on the real manifold, and how much of it they reach.

    With r(x) the distance from x to its k-th nearest neighbour in its own set (itself left out) and strict
    inequalities, N reals and M fakes:

        precision = 1/M   #{fakes  inside the ball r(real) of some real}
        recall    = 1/N   #{reals  inside the ball r(fake) of some fake}
        density   = 1/(kM) sum over fakes of #{reals whose ball holds the fake}      (may exceed 1)
        coverage  = 1/N   #{reals whose ball r(real) holds some fake}

    The four depend on N, M and k: compare only at equal sizes, and beside real against real. Density is noisy
    below about 1000 examples. Features that are constant give 0 everywhere (all balls are empty).

    Args:
        reals: [num_reals, num_features, ...], more than k.
        fakes: [num_fakes, num_features, ...], more than k.
        k: Number of neighbours that set a ball's radius.

    Returns:
        `precision`, `recall`, `density`, `coverage`.

    Raises:
        ValueError: If a set has no more than k examples or is not finite, or the sizes differ.

    Source: Naeem et al., Reliable Fidelity and Diversity Metrics, ICML 2020, equations 1 to 4;
        Kynkaanniemi et al., NeurIPS 2019 (precision and recall).
    """
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    reals, fakes = matching_checked(("reals", "fakes"), reals, fakes, minimum=k + 1)
    # Radii are compared as squares, and exactly: a clip on the rim of a ball is outside.
    real_limits, fake_limits = kth_other_squares(reals, k), kth_other_squares(fakes, k)
    balls_around_fake = np.zeros(len(fakes), np.int64)
    real_is_recalled = np.zeros(len(reals), bool)
    real_is_covered = np.zeros(len(reals), bool)
    for rows, columns, squares, slack in square_blocks(reals, fakes):
        around_reals, around_fakes = real_limits[rows, None], fake_limits[columns]
        unsure = (np.abs(squares - around_reals) <= slack) | (np.abs(squares - around_fakes) <= slack)
        near, which = np.nonzero(unsure)
        squares[near, which] = squares_of_pairs(reals, fakes, near + rows.start, which + columns.start)
        inside = squares < around_reals
        balls_around_fake[columns] += inside.sum(axis=0)
        real_is_covered[rows] |= inside.any(axis=1)
        real_is_recalled[rows] |= (squares < around_fakes).any(axis=1)
    return {
        "precision": float(np.mean(balls_around_fake > 0)),
        "recall": float(np.mean(real_is_recalled)),
        "density": float(np.sum(balls_around_fake) / (k * len(fakes))),
        "coverage": float(np.mean(real_is_covered)),
    }
