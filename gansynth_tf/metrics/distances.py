"""Euclidean distances that tell collapse (within a set, within a class) and memorisation (to the training set)."""

import numpy as np
from scipy.spatial.distance import cdist, pdist

from gansynth_tf.metrics.arrays import class_vector, feature_matrix, matching_matrices

BLOCK_VALUES = 4_000_000  # Distances held at once: 32 MB.


def row_blocks(num_rows: int, num_columns: int):
    """Yields slices over rows, so that a block of distances stays small."""
    rows = max(1, BLOCK_VALUES // max(1, num_columns))
    for start in range(0, num_rows, rows):
        yield slice(start, min(start + rows, num_rows))


def nearest_distances(queries, candidates) -> tuple[np.ndarray, np.ndarray]:
    """Returns each query's distance to its nearest candidate: |D|_train, for generated against training clips.

    d_i = min_j ||q_i - c_j||_2, from differences (a product form x^2 + y^2 - 2xy does not give 0 for copies).

    Args:
        queries: [num_queries, num_features, ...].
        candidates: [num_candidates, num_features, ...].

    Returns:
        Distances [num_queries] float64 and the candidates' indices [num_queries] int64.

    Raises:
        ValueError: If a set is empty or not finite, or the sizes differ.

    Source: Donahue et al., WaveGAN, ICLR 2019, section 4.2 (there on log-mel features).
    """
    queries, candidates = matching_matrices(("queries", "candidates"), queries, candidates)
    distances = np.empty(len(queries))
    indices = np.empty(len(queries), np.int64)
    for rows in row_blocks(len(queries), len(candidates)):
        block = cdist(queries[rows], candidates)
        indices[rows] = np.argmin(block, axis=1)
        distances[rows] = np.min(block, axis=1)
    return distances, indices


def nearest_other_distances(features, k: int = 1) -> np.ndarray:
    """Returns each example's distance to its k-th nearest other one: |D|_self for k = 1.

    The example itself is left out by its index, not by a distance of 0: duplicates count as neighbours at 0.

    Args:
        features: [num_examples, num_features, ...], more than `k` examples.
        k: Which neighbour, from 1.

    Returns:
        [num_examples] float64.

    Raises:
        ValueError: If there are too few examples or one is not finite.

    Source: Donahue et al., WaveGAN, ICLR 2019, section 4.2; the k-th one: Naeem et al., ICML 2020, section 2.
    """
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    features = feature_matrix("features", features, minimum=k + 1)
    distances = np.empty(len(features))
    for rows in row_blocks(len(features), len(features)):
        block = cdist(features[rows], features)
        block[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = np.inf
        distances[rows] = np.partition(block, k - 1, axis=1)[:, k - 1]
    return distances


def mean_pairwise_distance(features) -> float:
    """Returns the mean distance over all pairs: 2 / (n (n - 1)) * sum_{i<j} ||x_i - x_j||_2.

    Args:
        features: [num_examples, num_features, ...], at least two.

    Returns:
        The mean; 0 when all examples are the same.

    Raises:
        ValueError: If there are fewer than two examples or one is not finite.

    Source: the "intra-class diversity" used by conditional GANs; here without any network of its own.
    """
    return float(np.mean(pdist(feature_matrix("features", features, minimum=2))))


def within_class_distances(features, classes, num_classes: int) -> np.ndarray:
    """Returns the mean pairwise distance within each class.

    A generator that follows its labels but collapses inside a class has a small value where real clips have not.

    Args:
        features: [num_examples, num_features, ...].
        classes: [num_examples] class indices, -1 where missing (left out).
        num_classes: Number of classes.

    Returns:
        [num_classes] float64, NaN for a class with fewer than two examples (never a made-up number).

    Raises:
        ValueError: If the shapes disagree or a class is out of range.
    """
    features = feature_matrix("features", features)
    classes = class_vector("classes", classes, num_examples=len(features), num_classes=num_classes)
    means = np.full(num_classes, np.nan)
    for index in range(num_classes):
        members = features[classes == index]
        if len(members) >= 2:
            means[index] = mean_pairwise_distance(members)
    return means
