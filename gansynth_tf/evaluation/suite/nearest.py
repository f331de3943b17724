"""The nearest training clip of each clip, among many in wide feature spaces, some of them on the disk."""

import numpy as np

_BLOCK = 1024
_CLOSEST = 4


def nearest_training(queries, candidates, own=None) -> tuple[np.ndarray, np.ndarray]:
    """Returns each query's distance to its nearest candidate, and which that is.

    ||q - c||_2. A product of matrices in float32 finds the closest few candidates of a block, the differences of these
    in float64 tell which is nearest and how far: copies are at exactly 0, and rounding can only choose between
    candidates whose distances agree in five digits. Candidates are read a block at a time and need not fit in memory.

    Args:
        queries: [num_queries, num_features].
        candidates: [num_candidates, num_features].
        own: [num_queries] the candidate that each query is itself, which is passed over; -1 if it is none; None if
            none is.

    Returns:
        Distances [num_queries] float64 (infinite if there is no candidate but the query itself), indices [num_queries]
        int64.
    """
    queries = np.asarray(queries, np.float32)
    own = np.full(len(queries), -1) if own is None else np.asarray(own)
    # About a common origin norms, and rounding errors with them, are small.
    origin = np.mean(queries, axis=0)
    centred = queries - origin
    squares = np.sum(centred**2, axis=1)
    nearest, which = np.full(len(queries), np.inf), np.full(len(queries), -1, np.int64)
    for start in range(0, len(candidates), _BLOCK):
        block = np.asarray(candidates[start : start + _BLOCK], np.float32)
        moved = block - origin
        distances = squares[:, None] + np.sum(moved**2, axis=1) - 2.0 * (centred @ moved.T)
        (members,) = np.nonzero((own >= start) & (own < start + len(block)))
        distances[members, own[members] - start] = np.inf
        num = min(_CLOSEST, len(block))
        closest = np.argpartition(distances, num - 1, axis=1)[:, :num]
        exact = _exact(queries, block, closest)
        exact[np.isinf(np.take_along_axis(distances, closest, axis=1))] = np.inf
        best = np.argmin(exact, axis=1)
        rows = np.arange(len(queries))
        closer = exact[rows, best] < nearest
        nearest[closer] = exact[rows, best][closer]
        which[closer] = start + closest[rows, best][closer]
    return nearest, which


def _exact(queries, block, closest):
    """Returns [num_queries, num_closest] distances from differences in float64."""
    exact = np.empty(closest.shape)
    for number, (query, chosen) in enumerate(zip(queries, closest, strict=True)):
        differences = block[chosen].astype(np.float64) - query
        exact[number] = np.sqrt(np.einsum("ij,ij->i", differences, differences))
    return exact
