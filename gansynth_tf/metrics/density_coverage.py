"""Precision, recall, density and coverage of generated features against real ones."""

import numpy as np
from scipy.spatial.distance import cdist

from gansynth_tf.metrics.arrays import matching_matrices
from gansynth_tf.metrics.distances import nearest_other_distances, row_blocks


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
    reals, fakes = matching_matrices(("reals", "fakes"), reals, fakes, minimum=k + 1)
    real_radii = nearest_other_distances(reals, k)
    fake_radii = nearest_other_distances(fakes, k)
    balls_around_fake = np.zeros(len(fakes), np.int64)
    real_is_recalled = np.zeros(len(reals), bool)
    nearest_fake = np.empty(len(reals))
    for rows in row_blocks(len(reals), len(fakes)):
        distances = cdist(reals[rows], fakes)
        balls_around_fake += np.sum(distances < real_radii[rows, None], axis=0)
        real_is_recalled[rows] = np.any(distances < fake_radii[None, :], axis=1)
        nearest_fake[rows] = np.min(distances, axis=1)
    return {
        "precision": float(np.mean(balls_around_fake > 0)),
        "recall": float(np.mean(real_is_recalled)),
        "density": float(np.sum(balls_around_fake) / (k * len(fakes))),
        "coverage": float(np.mean(nearest_fake < real_radii)),
    }
