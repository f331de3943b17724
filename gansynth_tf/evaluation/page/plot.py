"""The area of a chart: places of values, round ticks, axes; drawn as SVG that scales with the page.

A chart is about as wide as a telephone, and a wider page shows several beside each other: text in a chart that
shrank with the page would be too small to read.
"""

import html
import math
import unicodedata
from collections.abc import Sequence

from gansynth_tf.evaluation.page.estimates import written
from gansynth_tf.evaluation.page.markup import Child, Markup, element, escaped

WIDTH = 360
# A span this wide, all above zero, is drawn on a logarithmic axis.
_LOGARITHMIC_FROM = 40.0
_TICK = 4
# Of a character of 12 pixels, in a wide face; capitals and some letters are wider, those of East Asia twice as wide.
_CHARACTER = 7.4
_WIDE = frozenset("mwMW@%&—…")


class Plot:
    """The area of a chart between its axes.

    Args:
        x_range: Lowest and highest value along the page.
        y_range: Lowest and highest value up the page.
        height: Of the chart with its axes, in pixels.
        left: Width of what stands left of the area, in pixels; None leaves room for the numbers of the axis.
        bottom: Height of what stands below the area, in pixels.
        is_log: Whether the axis up the page is logarithmic.
    """

    def __init__(
        self,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        *,
        height: float = 200,
        left: float | None = None,
        bottom: float = 36,
        is_log: bool = False,
    ):
        self.height = height
        self.x_range, self.y_range, self.is_log = x_range, y_range, is_log
        self._numbers = log_ticks(*y_range) if is_log else ticks(*y_range)
        if left is None:
            left = 10 + max(text_width(written(value)) for value in self._numbers)
        self.left, self.right, self.top, self.bottom = left, WIDTH - 10.0, 8.0, height - bottom

    def x(self, value: float) -> float:
        """Returns the place of a value along the page, in pixels."""
        low, high = self.x_range
        share = (value - low) / (high - low) if high > low else 0.5
        return round(self.left + share * (self.right - self.left), 2)

    def y(self, value: float) -> float:
        """Returns the place of a value up the page, in pixels from the top."""
        low, high, value = (math.log(one) if self.is_log else one for one in (*self.y_range, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return round(self.bottom - share * (self.bottom - self.top), 2)

    def y_axis(self) -> list[Markup]:
        """Returns lines across the area at round numbers, and the numbers."""
        marks = []
        for value in self._numbers:
            place = self.y(value)
            marks.append(line(self.left, place, self.right, place, "rule"))
            marks.append(text(self.left - 6, place + 4, written(value), "end"))
        return marks

    def x_axis(self, labels: Sequence[tuple[float, str]], title: str = "") -> list[Markup]:
        """Returns the axis below the area.

        Args:
            labels: (value, text), with enough room between them.
            title: Of the axis.
        """
        marks = [line(self.left, self.bottom, self.right, self.bottom, "axis")]
        for value, label in labels:
            place = self.x(value)
            marks.append(line(place, self.bottom, place, self.bottom + _TICK, "axis"))
            # A label at a side would stick out of the chart.
            anchor = "end" if place > self.right - 12 else "middle"
            marks.append(text(place + (6 if anchor == "end" else 0), self.bottom + 16, label, anchor))
        if title:
            marks.append(text((self.left + self.right) / 2, self.height - 3, title, "middle"))
        return marks


def picture(height: float, label: str, *marks: Child, name: str = "") -> Markup:
    """Returns marks as an SVG image that is as wide as its place.

    Args:
        height: In pixels, at a width of `WIDTH`.
        label: What the picture shows, for those who do not see it.
        *marks: What is drawn.
        name: A class of the style sheet.
    """
    attributes = {
        "class": f"chart {name}".strip(),
        "viewBox": f"0 0 {WIDTH} {height:g}",
        "role": "img",
        "aria-label": label,
    }
    return element("svg", attributes, *marks)


def line(x1: float, y1: float, x2: float, y2: float, name: str) -> Markup:
    """Returns a straight line of a class of the style sheet."""
    return element("line", {"class": name, "x1": x1, "y1": y1, "x2": x2, "y2": y2})


def rectangle(x: float, y: float, width: float, height: float, name: str, title: str = "") -> Markup:
    """Returns a bar of a class of the style sheet; a pointer that rests on it is told the title."""
    sizes = {"x": x, "y": y, "width": max(0.0, width), "height": max(0.0, height)}
    attributes = {"class": name, **{key: round(value, 2) for key, value in sizes.items()}}
    return element("rect", attributes, element("title", None, title) if title else None)


def text(x: float, y: float, words: str, anchor: str = "start", name: str = "") -> Markup:
    """Returns text whose start, middle or end is at a place."""
    attributes = {"class": name or None, "x": round(x, 2), "y": round(y, 2), "text-anchor": anchor}
    return element("text", attributes, words)


def text_width(words: str) -> float:
    """Returns about how wide a text is in a chart, in pixels; rather more than less."""
    shares = {"W": 2.0, "F": 2.0, "A": 1.2}
    return _CHARACTER * sum(
        1.4 if one in _WIDE or one.isupper() else shares.get(unicodedata.east_asian_width(one), 1.0)
        for one in words
    )


def fitted(name: str, pixels: float) -> str:
    """Returns a name that is no wider than some pixels: the start and the end of one that is."""
    # Characters that a page writes as their code are that long.
    name = shown = html.unescape(escaped(name))
    longest = len(name)
    while text_width(shown) > pixels and longest > 2:
        longest -= 1
        start = (longest - 1) * 3 // 5
        shown = f"{name[:start]}…{name[start + 1 - longest :]}"
    return shown


def span(
    values: Sequence[float], *, with_zero: bool = False, may_be_log: bool = False
) -> tuple[tuple[float, float], bool]:
    """Returns the ends of an axis that holds all values with some room, and whether it is logarithmic.

    Args:
        values: What the axis must hold.
        with_zero: Whether it must hold zero.
        may_be_log: Whether it may be logarithmic, which it is where values span much.
    """
    low, high = min(values), max(values)
    if with_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if may_be_log and low > 0 and high / low > _LOGARITHMIC_FROM:
        return (low / 1.15, high * 1.15), True
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    # What is never negative does not get an axis below zero.
    return (0.0 if 0 <= low <= room else low - room, 0.0 if high == 0 > low else high + room), False


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Returns at most `most` + 1 round numbers between two."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Twelve digits: a multiple of 0.1 is written as such.
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Returns round numbers between two positive ones: powers of ten, and where these are few what lies between."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        numbers = [
            factor * 10.0**power
            for power in powers
            for factor in factors
            if low <= factor * 10.0**power <= high
        ]
        if len(numbers) >= 3:
            break
    return numbers[:: max(1, len(numbers) // 6)]
