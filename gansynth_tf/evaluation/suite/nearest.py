"""The nearest training clip of each clip, among many in wide feature spaces, some of them on the disk."""

import numpy as np

_BLOCK = 1024
_CLOSEST = 4


def nearest_training(queries, candidates, own=None) -> tuple[np.ndarray, np.ndarray]:
    """Returns each query's distance to its nearest candidate, and which that is.

    ||q - c||_2, found by a matrix product and computed anew from the differences: the product alone is fast and gives
    copies a distance that is not 0. Candidates are read a block at a time and need not fit in memory as float64.

    Args:
        queries: [num_queries, num_features].
        candidates: [num_candidates, num_features].
        own: [num_queries] the candidate that each query is itself, which is passed over; -1 if it is none; None if
            none is.

    Returns:
        Distances [num_queries] float64 (infinite if there is no candidate but the query itself), indices [num_queries]
        int64.
    """
    queries = np.asarray(queries, np.float64)
    own = np.full(len(queries), -1) if own is None else np.asarray(own)
    middle = np.mean(queries, axis=0)
    centred = queries - middle
    squares = np.sum(centred**2, axis=1)
    nearest, which = np.full(len(queries), np.inf), np.full(len(queries), -1, np.int64)
    for start in range(0, len(candidates), _BLOCK):
        block = np.asarray(candidates[start : start + _BLOCK], np.float64) - middle
        distances = squares[:, None] + np.sum(block**2, axis=1) - 2.0 * (centred @ block.T)
        (members,) = np.nonzero((own >= start) & (own < start + len(block)))
        distances[members, own[members] - start] = np.inf
        num = min(_CLOSEST, len(block))
        closest = np.argpartition(distances, num - 1, axis=1)[:, :num]
        for column in range(num):
            chosen = closest[:, column]
            exact = np.sqrt(np.sum((centred - block[chosen]) ** 2, axis=1))
            exact[np.isinf(distances[np.arange(len(queries)), chosen])] = np.inf
            closer = exact < nearest
            nearest[closer], which[closer] = exact[closer], start + chosen[closer]
    return nearest, which
