"""Which of two numbers is better, and whether they can be told apart: one rule for sweeps and comparisons."""

import dataclasses
import math

from gansynth_tf.evaluation.suite.directions import HIGHER, NEAR_REAL, badness, direction_of
from gansynth_tf.evaluation.suite.rows import Row


@dataclasses.dataclass(frozen=True)
class Badness:
    """How bad a number is, and how bad it might be.

    Args:
        value: The least is the best; NaN where that cannot be said.
        low: Lower end of its interval, which holds the value.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def told_from(self, other: "Badness") -> bool:
        """Returns whether intervals have no point in common; what has no interval can be told from nothing."""
        return self.low > other.high or other.low > self.high


def badness_of(row: Row, real: Row | None = None) -> Badness:
    """Returns how bad the number of a row is.

    Args:
        row: The row.
        real: The row of real held-out clips in the model's place, which some metrics need.
    """
    direction = direction_of(row.metric)
    value, low, high = _bounds(row)
    real_value = real_low = real_high = math.nan
    if real is not None and real.value is not None:
        real_value, real_low, real_high = _bounds(real)
    bad = badness(value, direction, real_value)
    if direction == HIGHER:
        return Badness(bad, -high, -low)
    if direction != NEAR_REAL:
        return Badness(bad, low, high)
    low, high = low - real_high, high - real_low
    return Badness(bad, 0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))


def _bounds(row: Row) -> tuple[float, float, float]:
    """Returns a number and its interval, stretched to hold the number; without one nothing is known of the number."""
    value = math.nan if row.value is None else row.value
    if row.ci_low is None or row.ci_high is None:
        return value, -math.inf, math.inf
    return value, min(value, row.ci_low), max(value, row.ci_high)
