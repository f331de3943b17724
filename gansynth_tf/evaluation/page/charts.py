"""The charts of the page: a curve over checkpoints, bars of classes, bins."""

from collections.abc import Mapping, Sequence

from gansynth_tf.evaluation.page import plot
from gansynth_tf.evaluation.page.estimates import Estimate, shortened_count, written
from gansynth_tf.evaluation.page.markup import Markup, element
from gansynth_tf.evaluation.page.plot import WIDTH, Plot

# More classes than this are columns, most of them without a name; fewer are bars, each with its name.
MOST_BARS = 24
_ROW = 20
_NAME_WIDTH = 124.0


def curve(
    points: Sequence[tuple[float, Estimate]],
    floor: Estimate,
    best: float | None,
    label: str,
    *,
    may_be_log: bool = False,
) -> Markup:
    """Draws a metric over checkpoints with its intervals.

    Args:
        points: (images seen, number), ascending; a number that is not known interrupts the curve.
        floor: The same metric of real clips against real ones; not drawn if it is not known.
        best: The checkpoint to be marked.
        label: What the chart shows.
        may_be_log: Whether the axis may be logarithmic.
    """
    known = [(x, estimate) for x, estimate in points if estimate.is_known]
    ends = [end for _, estimate in known for end in estimate.ends] + floor.ends
    y_range, is_log = plot.span(ends, may_be_log=may_be_log)
    area = Plot((points[0][0], points[-1][0]), y_range, is_log=is_log)
    marks = [*area.y_axis(), *area.x_axis(_counted(area), "images seen by the discriminator")]
    if floor.is_known:
        if floor.has_interval:
            top, bottom = area.y(floor.high), area.y(floor.low)
            marks.append(plot.rectangle(area.left, top, area.right - area.left, bottom - top, "floor-band"))
        marks.append(plot.line(area.left, area.y(floor.value), area.right, area.y(floor.value), "floor"))
    for stretch in _stretches(points):
        marks.extend(_stretch(area, stretch))
    for x, estimate in known:
        size = 5 if x == best else 3
        attributes = {
            "class": "best" if x == best else "point",
            "cx": area.x(x),
            "cy": area.y(estimate.value),
        }
        title = f"{shortened_count(x)} images: {estimate}"
        marks.append(element("circle", {**attributes, "r": size}, element("title", None, title)))
    return plot.picture(area.height, label, marks)


def bars(values: Sequence[tuple[str, Estimate]], label: str, reals: Mapping[str, Estimate]) -> Markup:
    """Draws a bar a class with its name, its number and its interval, and a mark where real clips have it.

    Args:
        values: (class, number) each.
        label: What a screen reader says.
        reals: {class: number of real clips}; classes may be missing.
    """
    ends = _ends(values, reals)
    low, high = min([*ends, 0.0]), max([*ends, 0.0]) or 1.0
    names = [plot.fitted(name, _NAME_WIDTH) for name, _ in values]
    left = 10 + max(map(plot.text_width, names))
    right = 8 + max(plot.text_width(written(estimate.value)) for _, estimate in values)
    area = Plot((low, high), (0, 1), left=left)
    area.right = WIDTH - right
    marks = []
    for place, (name, estimate) in enumerate(values):
        middle = place * _ROW + _ROW / 2
        whole = element("title", None, name)
        attributes = {"x": left - 6, "y": middle + 4, "text-anchor": "end"}
        marks.append(element("text", attributes, whole, names[place]))
        if estimate.is_known:
            start, end = sorted((area.x(0.0), area.x(estimate.value)))
            marks.append(plot.rectangle(start, middle - 6, end - start, 12, "bar", f"{name}: {estimate}"))
        if estimate.has_interval:
            marks.append(plot.line(area.x(estimate.low), middle, area.x(estimate.high), middle, "whisker"))
        if name in reals and reals[name].is_known:
            x = area.x(reals[name].value)
            marks.append(plot.line(x, middle - 8, x, middle + 8, "real"))
        marks.append(plot.text(WIDTH - 2, middle + 4, written(estimate.value), "end"))
    height = len(values) * _ROW + 4
    marks.append(plot.line(area.x(0.0), 0, area.x(0.0), height, "axis"))
    return plot.picture(height, label, marks)


def columns(values: Sequence[tuple[str, Estimate]], label: str, reals: Mapping[str, Estimate]) -> Markup:
    """Draws a column a class with its interval; every so many classes have their name below. Else as `bars`."""
    y_range, _ = plot.span(_ends(values, reals), with_zero=True)
    area = Plot((-0.5, len(values) - 0.5), y_range)
    step = -(-len(values) // 8)
    names = [(place, plot.fitted(values[place][0], 36)) for place in range(0, len(values), step)]
    marks = [*area.y_axis(), *area.x_axis(names, "class")]
    width = 0.8 * (area.x(1) - area.x(0))
    for place, (name, estimate) in enumerate(values):
        if not estimate.is_known:
            continue
        top, bottom = sorted((area.y(estimate.value), area.y(0.0)))
        marks.append(
            plot.rectangle(area.x(place) - width / 2, top, width, bottom - top, "bar", f"{name}: {estimate}")
        )
        if estimate.has_interval:
            marks.append(
                plot.line(
                    area.x(place), area.y(estimate.low), area.x(place), area.y(estimate.high), "whisker"
                )
            )
        if name in reals and reals[name].is_known:
            y, half = area.y(reals[name].value), width / 2 + 1
            marks.append(plot.line(area.x(place) - half, y, area.x(place) + half, y, "real"))
    return plot.picture(area.height, label, marks)


def _ends(values, reals):
    """Returns all numbers that a chart of classes must have room for."""
    known = [estimate for _, estimate in values] + [reals[name] for name, _ in values if name in reals]
    return [end for estimate in known for end in estimate.ends] or [0.0, 1.0]


def bins(train: Sequence[float], model: Sequence[float], different: Sequence[bool], label: str) -> Markup:
    """Draws the shares of two sets in the same bins; those of bins that differ are marked by colour and triangle.

    Args:
        train: Shares of the training set, in the order of the page.
        model: Shares of the generated set.
        different: Whether a bin differs.
        label: What the chart shows.
    """
    (low, high), _ = plot.span([*train, *model], with_zero=True)
    area = Plot((-0.5, len(train) - 0.5), (low, 1.08 * high), bottom=24)
    marks = [*area.y_axis(), *area.x_axis([], "bins, largest in training first")]
    width = area.x(1) - area.x(0)
    for place, (expected, found, differs) in enumerate(zip(train, model, different, strict=True)):
        title = f"bin {place + 1}: training {100 * expected:.2g} %, generated {100 * found:.2g} %"
        middle = area.x(place)
        top = area.y(found)
        marks.append(
            plot.rectangle(
                middle - 0.4 * width,
                top,
                0.8 * width,
                area.bottom - top,
                "differs" if differs else "bar",
                title,
            )
        )
        expected_y = area.y(expected)
        marks.append(
            plot.line(middle - 0.5 * width, expected_y, middle + 0.5 * width, expected_y, "expected")
        )
        if differs:
            peak = min(top, expected_y) - 9
            marks.append(element("path", {"class": "flag", "d": f"M{middle - 3} {peak}h6l-3 6z"}))
    return plot.picture(area.height, label, marks)


def _counted(area):
    """Returns the labels of an axis of images."""
    return [(value, shortened_count(value)) for value in plot.ticks(*area.x_range, most=4)]


def _stretches(points):
    """Returns the runs of known numbers."""
    stretches: list[list] = [[]]
    for x, estimate in points:
        if estimate.is_known:
            stretches[-1].append((x, estimate))
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _stretch(area, points):
    """Returns the marks of numbers that follow each other: a band of their intervals, and a line."""
    marks = []
    banded = [(x, estimate) for x, estimate in points if estimate.has_interval]
    if len(banded) == len(points) > 1:
        outline = [(x, estimate.high) for x, estimate in banded]
        outline += [(x, estimate.low) for x, estimate in reversed(banded)]
        places = " ".join(f"{area.x(x)},{area.y(value)}" for x, value in outline)
        marks.append(element("polygon", {"class": "band", "points": places}))
    else:
        for x, estimate in banded:
            marks.append(
                plot.line(area.x(x), area.y(estimate.low), area.x(x), area.y(estimate.high), "whisker")
            )
    places = " ".join(f"{area.x(x)},{area.y(estimate.value)}" for x, estimate in points)
    marks.append(element("polyline", {"class": "curve", "points": places}))
    return marks
