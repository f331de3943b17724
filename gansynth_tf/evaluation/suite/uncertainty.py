"""Which interval suits which number: one place where metrics ask for one."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from gansynth_tf.evaluation.suite.directions import cut
from gansynth_tf.evaluation.suite.evidence import Evidence, Measured
from gansynth_tf.metrics.intervals import (
    Interval,
    bootstrap_interval,
    deviation_interval,
    share_interval,
    subsample_interval,
    widened_share_interval,
)

# (lower end, upper end, how it was made), as `Measured` takes them.
Ends = tuple[float | None, float | None, str]
NO_ENDS: Ends = (None, None, "")
_NUM_REPLICATES = 200
_NUM_SUBSETS = 40
# Subsets of fewer clips hold too few neighbours and classes to tell anything.
_LEAST_CLIPS = 24
# From so many clips on, subsets hold a quarter of them instead of half: pairs of clips take the square of the time.
_MANY_CLIPS = 4000


def bootstrapped(
    statistic: Callable[[np.ndarray], float], num_clips: int, evidence: Evidence, name: str
) -> Ends:
    """Returns the interval of a mean, or of what is made of means, as entropies and inception scores are.

    Args:
        statistic: Takes indices of clips.
        num_clips: How many there are.
        evidence: Says whether an interval is wanted, and seeds the draws.
        name: Of the number, for the seed.
    """
    if not evidence.with_intervals or num_clips < _LEAST_CLIPS:
        return NO_ENDS
    return ends(bootstrap_interval(statistic, [num_clips], evidence.rng(name), _NUM_REPLICATES))


def subsampled(
    statistic: Callable[..., Sequence[float]],
    values: Sequence[float],
    sizes: Sequence[int],
    evidence: Evidence,
    name: str,
) -> list[Ends]:
    """Returns intervals of several numbers that look at pairs of clips: drawn twice, a clip would be its own neighbour.

    Args:
        statistic: Takes indices of each set and returns the numbers.
        values: Of all clips.
        sizes: Clips of each set.
        evidence: As in `bootstrapped`.
        name: As in `bootstrapped`.
    """
    if not evidence.with_intervals or min(sizes) < _LEAST_CLIPS:
        return [NO_ENDS] * len(values)
    found = subsample_interval(
        statistic,
        sizes,
        evidence.rng(name),
        _NUM_SUBSETS,
        share=0.25 if max(sizes) >= _MANY_CLIPS else 0.5,
        estimate=values,
    )
    return [(float(low), float(high), found.method) for low, high in zip(found.low, found.high, strict=True)]


def widened(name: str, value: float, found: Ends, num: float) -> Ends:
    """Returns the interval of a share, not narrower than what is known of one of 0; says so if it was.

    Args:
        name: Of the number, whose range the interval is cut to before it is called narrow.
        value: The share.
        found: Its interval from subsets.
        num: As many independent clips as the share is worth.
    """
    low, high, how = found
    if low is None or high is None:
        return found
    low, high = cut(name, low, high)
    wide = widened_share_interval(low, high, value, num)
    return found if wide == (low, high) else (*wide, f"{how}, widened to Wilson")


def around(value: float, deviation: float, method: str) -> Ends:
    """Returns the normal interval of a number whose standard error is known; none if that is not finite."""
    return ends(deviation_interval(value, deviation, method)) if math.isfinite(deviation) else NO_ENDS


def ends(interval: Interval) -> Ends:
    """Returns the interval of one number as `Measured` takes it."""
    return float(interval.low), float(interval.high), interval.method


def mean_with_interval(values) -> tuple[float, float | None, float | None, str]:
    """Returns the mean of independent values [num] with its normal interval, which one value does not have."""
    values = np.asarray(values, np.float64)
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, *NO_ENDS
    return mean, *around(mean, float(np.std(values, ddof=1)) / math.sqrt(len(values)), "normal")


def share(name: str, num_right: int, num: int, features: str, class_name: str = "") -> Measured:
    """Returns a share of clips with Wilson's interval.

    Args:
        name: Of the number.
        num_right: Clips that are right.
        num: Clips.
        features: What the number is computed on.
        class_name: The class they are of; "" for all.
    """
    low, high = share_interval(int(num_right), int(num))
    value = float(num_right) / float(num)
    return Measured(
        name, value, low, high, "Wilson", class_name=class_name, features=features, num_samples=int(num)
    )
