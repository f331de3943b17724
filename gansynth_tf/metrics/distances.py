"""Euclidean distances that tell collapse (within a set, within a class) and memorisation (to the training set)."""

import numpy as np

from gansynth_tf.metrics.arrays import checked_matrix, class_vector, matching_checked
from gansynth_tf.metrics.pairs import square_blocks, squares_of_pairs

BLOCK_VALUES = 4_000_000  # Distances held at once: 32 MB.
# A squared distance so many times its possible error is right to six digits.
_PRECISE = 1e6
# More candidates than this for a query that products cannot tell apart, in a block: the clips are all but the same.
_MANY_NEAR = 16


def row_blocks(num_rows: int, num_columns: int):
    """Yields slices over rows, so that a block of distances stays small."""
    rows = max(1, BLOCK_VALUES // max(1, num_columns))
    for start in range(0, num_rows, rows):
        yield slice(start, min(start + rows, num_rows))


def nearest_distances(queries, candidates, own=None) -> tuple[np.ndarray, np.ndarray]:
    """Returns each query's distance to its nearest candidate: |D|_train, for generated against training clips.

    d_i = min_j ||q_i - c_j||_2. Candidates are found by matrix products and measured by differences (a product form x^2
    + y^2 - 2xy does not give 0 for copies). Sets may be larger than memory, as arrays mapped from files.

    Args:
        queries: [num_queries, num_features, ...].
        candidates: [num_candidates, num_features, ...].
        own: [num_queries] index of the candidate that a query is itself, which is passed over; -1 if it is none of
            them. None if no query is.

    Returns:
        Distances [num_queries] float64 and the candidates' indices [num_queries] int64, of equally near ones the first.
        Infinity and -1 where there is no candidate but the query itself.

    Raises:
        ValueError: If a set is empty or not finite, the sizes differ, or `own` is no index.

    Source: Donahue et al., WaveGAN, ICLR 2019, section 4.2 (there on log-mel features).
    """
    queries, candidates = matching_checked(("queries", "candidates"), queries, candidates)
    if own is None:
        own = np.full(len(queries), -1)
    own = class_vector("own", own, num_examples=len(queries), num_classes=len(candidates))
    is_single = queries.dtype == candidates.dtype == np.float32
    squares, indices = _nearest(queries, candidates, own, np.float32 if is_single else np.float64)
    return np.sqrt(squares), indices


def _nearest(queries, candidates, own, dtype):
    """Returns squares and indices of `nearest_distances`, found by products in the precision `dtype`."""
    best, indices = np.full(len(queries), np.inf), np.full(len(queries), -1, np.int64)
    for rows, columns, squares, slack in square_blocks(queries, candidates, dtype):
        some, others = queries[rows], candidates[columns]
        own_others = np.where(
            (own[rows] >= columns.start) & (own[rows] < columns.stop), own[rows] - columns.start, -1
        )
        (members,) = np.nonzero(own_others >= 0)
        squares[members, own_others[members]] = np.inf
        limits = squares.min(axis=1, keepdims=True) + 2.0 * slack
        near, which = np.nonzero((squares <= limits) & np.isfinite(squares))
        most = _MANY_NEAR * len(some)
        if len(near) > most:
            near, which = _without_copies(others, near, which)
        if len(near) > most and dtype == np.float32:
            exact, firsts = _nearest(some, others, own_others, np.float64)
        else:
            exact, firsts = _nearest_of_pairs(some, others, near, which)
        closer = exact < best[rows]
        best[rows][closer] = exact[closer]
        indices[rows][closer] = columns.start + firsts[closer]
    return best, indices


def _without_copies(candidates, near, which):
    """Returns pairs without those whose candidate is a copy of an earlier one of the same query."""
    seen = {}
    first = np.arange(len(candidates))
    for number in np.unique(which):
        first[number] = seen.setdefault(candidates[number].tobytes(), number)
    _, kept = np.unique(near * len(candidates) + first[which], return_index=True)
    return near[kept], which[kept]


def _nearest_of_pairs(queries, candidates, near, which):
    """Returns the least square of each query [num_queries] and whose it is, of pairs; infinity and -1 without one."""
    best, indices = np.full(len(queries), np.inf), np.full(len(queries), -1, np.int64)
    exact = squares_of_pairs(queries, candidates, near, which)
    order = np.lexsort((which, exact, near))
    places, firsts = np.unique(near[order], return_index=True)
    best[places] = exact[order[firsts]]
    indices[places] = which[order[firsts]]
    return best, indices


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
    return np.sqrt(kth_other_squares(features, k))


def kth_other_squares(features, k: int) -> np.ndarray:
    """Returns the squares of `nearest_other_distances`, as `squares_of_pairs` gives them."""
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    features = checked_matrix("features", features, minimum=k + 1)
    best = np.full([len(features), k], np.inf)
    for rows, columns, squares, slack in square_blocks(features, features):
        own = np.arange(max(rows.start, columns.start), min(rows.stop, columns.stop))
        squares[own - rows.start, own - columns.start] = np.inf
        nearest = np.partition(squares, min(k, squares.shape[1]) - 1, axis=1)[:, : min(k, squares.shape[1])]
        limits = nearest.max(axis=1, keepdims=True) + 2.0 * slack
        near, which = np.nonzero((squares <= limits) & np.isfinite(squares))
        near, which = near + rows.start, which + columns.start
        _keep_smallest(best, near, squares_of_pairs(features, features, near, which))
    return best[:, -1]


def _keep_smallest(best, rows, squares):
    """Puts into each row of `best` [num_rows, k], increasing, the smallest of itself and of what is new for it."""
    order = np.lexsort((squares, rows))
    rows, squares = rows[order], squares[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = rank < best.shape[1]
    new = np.full_like(best, np.inf)
    new[rows[kept], rank[kept]] = squares[kept]
    best[:] = np.sort(np.concatenate([best, new], axis=1), axis=1)[:, : best.shape[1]]


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
    features = checked_matrix("features", features, minimum=2)
    total = 0.0
    for rows, columns, squares, slack in square_blocks(features, features):
        near, which = np.nonzero(squares <= _PRECISE * slack)
        squares[near, which] = squares_of_pairs(features, features, near + rows.start, which + columns.start)
        total += np.sum(np.sqrt(squares))
    return float(total / (len(features) * (len(features) - 1)))


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
    features = checked_matrix("features", features)
    classes = class_vector("classes", classes, num_examples=len(features), num_classes=num_classes)
    means = np.full(num_classes, np.nan)
    for index in range(num_classes):
        members = features[classes == index]
        if len(members) >= 2:
            means[index] = mean_pairwise_distance(members)
    return means
