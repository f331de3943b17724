"""Which of two values of a metric is better, and which values it can have."""

import math

HIGHER, LOWER, NEAR_REAL, NONE = "higher", "lower", "near_real", "none"
WORDS = {
    HIGHER: "higher is better",
    LOWER: "lower is better",
    NEAR_REAL: "best as real held-out clips have it",
    NONE: "no better or worse",
}
# By the first part of a row's metric: "accuracy/pitch" is an accuracy. Diversity and distances to clips are best where
# real held-out clips have them: a generator of noise is the most diverse one and the farthest from any copy, and a
# density above that of real clips means that the generator keeps to the crowd.
DIRECTIONS = {
    "inception_score": HIGHER,
    "split_inception_score": HIGHER,
    "label_entropy": LOWER,
    "marginal_entropy": HIGHER,
    "accuracy": HIGHER,
    "frechet_distance": LOWER,
    "frechet_infinity": LOWER,
    "kernel_distance": LOWER,
    "different_bins": LOWER,
    "jensen_shannon": LOWER,
    "precision": HIGHER,
    "recall": HIGHER,
    "density": NEAR_REAL,
    "coverage": HIGHER,
    "distance_self": NEAR_REAL,
    "distance_train": NEAR_REAL,
    "within_class_distance": NEAR_REAL,
    "multi_scale_ssim": NEAR_REAL,
    "mode_seeking_ratio": HIGHER,
    "real_time_factor": LOWER,
}
# What a metric can be, likewise; intervals are cut to it. A kernel distance without bias may be negative, and so may
# what a line says of infinitely many clips.
_ANY, _POSITIVE, _SHARE = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0)
RANGES = dict.fromkeys(DIRECTIONS, _POSITIVE) | {
    "inception_score": (1.0, math.inf),
    "split_inception_score": (1.0, math.inf),
    "accuracy": _SHARE,
    "frechet_infinity": _ANY,
    "kernel_distance": _ANY,
    "jensen_shannon": (0.0, math.log(2.0)),
    "precision": _SHARE,
    "recall": _SHARE,
    "coverage": _SHARE,
    "multi_scale_ssim": _SHARE,
}
# Shares of clips.
_SHARES = frozenset({"accuracy", "precision", "recall", "coverage"})
# Details that only describe another number.
_DESCRIBING = frozenset({"deviation_over_splits"})


def direction_of(metric: str) -> str:
    """Returns HIGHER, LOWER, NEAR_REAL, or NONE for a number that is not to be ranked.

    Args:
        metric: Of a row: a catalogue key, and after a slash a label or a detail.
    """
    return NONE if describes_another(metric) else DIRECTIONS.get(metric.partition("/")[0], NONE)


def range_of(metric: str) -> tuple[float, float]:
    """Returns the least and the most that a number can be; infinite where nothing is known.

    Args:
        metric: As in `direction_of`.
    """
    return _POSITIVE if describes_another(metric) else RANGES.get(metric.partition("/")[0], _ANY)


def is_share(metric: str) -> bool:
    """Returns whether a number is a share of clips; argument as in `direction_of`."""
    return metric.partition("/")[0] in _SHARES


def cut(metric: str, low: float, high: float) -> tuple[float, float]:
    """Returns an interval without what the metric cannot be."""
    least, most = range_of(metric)
    return min(max(least, low), most), min(max(least, high), most)


def describes_another(metric: str) -> bool:
    """Returns whether a number only describes another one: a deviation over splits is no score."""
    return bool(_DESCRIBING.intersection(metric.split("/")[1:]))


def badness(value: float, direction: str, real: float = math.nan) -> float:
    """Returns how bad a value is: the least is best; NaN where that cannot be said.

    Args:
        value: Of a metric.
        direction: From `direction_of`.
        real: The value of real held-out clips, which NEAR_REAL needs.
    """
    if direction == HIGHER:
        return -value
    if direction == LOWER:
        return value
    return abs(value - real) if direction == NEAR_REAL else math.nan
