"""Numbers of the page: a value with its interval, and how it is written."""

import dataclasses
import math
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number with its interval; NaN where there is none.

    Args:
        value: The number.
        low: Lower end of its interval.
        high: Upper end of its interval.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    @classmethod
    def of(cls, row: Mapping[str, object]) -> "Estimate":
        """Returns the number of a row of results."""
        return cls(*(number(row.get(name)) for name in ("value", "ci_low", "ci_high")))

    @property
    def is_known(self) -> bool:
        """Whether there is a number."""
        return math.isfinite(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether the number has an interval."""
        return self.is_known and math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def ends(self) -> list[float]:
        """The finite ones of its numbers."""
        return [end for end in (self.value, self.low, self.high) if math.isfinite(end)]

    def interval(self) -> str:
        """Returns the interval in words, empty where there is none."""
        return f"{written(self.low)} to {written(self.high)}" if self.has_interval else ""

    def __str__(self) -> str:
        return f"{written(self.value)} ({self.interval()})" if self.has_interval else written(self.value)


def number(value: object) -> float:
    """Returns a number of a row, NaN for one that is empty or that is not a number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else math.nan
    try:
        parsed = float(str(value))
    except ValueError:
        return math.nan
    return parsed if math.isfinite(parsed) else math.nan


def written(value: float) -> str:
    """Returns a number in about four digits."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-3:
        text = f"{value:.3g}"
    elif size >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}")


def shortened_count(count: float) -> str:
    """Returns a count as an axis names it: 800, 12k, 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= size:
            return f"{count / size:.3g}{letter}"
    return f"{count:.3g}"
