"""The nearest clip of each clip at equal levels: neither loudness nor the last bits of a file make another clip."""

import math

import numpy as np

from gansynth_tf.metrics.distances import nearest_distances

# Candidates that are brought to one level at a time: 128 MB of log-mel features.
_BLOCK = 2048
# What is 60 dB below the loudest band of a clip is taken for silence.
_RANGE = math.log(1000.0)


def levelled(features, audible_from: float) -> np.ndarray:
    """Returns logarithms of magnitudes about the largest of each clip, 60 dB of them.

    A copy that was made louder has the same, and so has one that another program dithered, cut to 16 bits or faded to
    silence: logarithms of digital silence and of the last bit are 17 apart in each band. Clips that reach less than 60
    dB above `audible_from` keep their level, lest their dither be made louder.

    Args:
        features: [num_clips, num_features] natural logarithms.
        audible_from: Values below are silence, whatever they are.

    Returns:
        [num_clips, num_features] from -ln(1000) to 0.
    """
    features = np.maximum(features, np.float32(audible_from))
    largest = np.maximum(features.max(axis=1, keepdims=True), np.float32(audible_from + _RANGE))
    return np.maximum(features - largest, np.float32(-_RANGE))


def nearest_at_equal_level(queries, candidates, own, audible_from: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns each query's distance to its nearest candidate, both `levelled`.

    Args:
        queries: [num_queries, num_features].
        candidates: [num_candidates, num_features]; may lie on the disk, and is read a block at a time.
        own: As in `nearest_distances`.
        audible_from: As in `levelled`.

    Returns:
        As `nearest_distances`.
    """
    queries = levelled(queries, audible_from)
    own = np.full(len(queries), -1) if own is None else np.asarray(own)
    best, which = np.full(len(queries), np.inf), np.full(len(queries), -1, np.int64)
    for start in range(0, len(candidates), _BLOCK):
        block = levelled(candidates[start : start + _BLOCK], audible_from)
        its_own = np.where((own >= start) & (own < start + len(block)), own - start, -1)
        distances, indices = nearest_distances(queries, block, its_own)
        closer = distances < best
        best[closer], which[closer] = distances[closer], start + indices[closer]
    return best, which
