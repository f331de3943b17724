"""The picture of a confusion matrix: a row a class that was asked for, a column a class that was heard."""

from collections.abc import Sequence

from gansynth_tf.evaluation.page import plot
from gansynth_tf.evaluation.page.markup import Markup, element
from gansynth_tf.evaluation.page.plot import WIDTH

# As many shades: cells of a shade are one path, so that 128 classes are a small page still.
_NUM_SHADES = 8
# Up to so many classes every cell carries its number, and is pale enough for it to be read.
_MOST_NUMBERED = 12
DARKEST_NUMBERED = 0.5
_MOST_NAMED = 24
_NAME_WIDTH, _NUMBER_WIDTH = 92.0, 36.0
_TITLE = 20.0
# Room above the cells, for the upper half of the first name.
_TOP = 8


def heatmap(classes: Sequence[str], counts: Sequence[Sequence[float]], label: str) -> Markup:
    """Draws a confusion matrix, each row in shares of it.

    Args:
        classes: Names, in the order of both sides.
        counts: [asked][heard] clips.
        label: What the picture shows.
    """
    step = 1 if len(classes) <= _MOST_NAMED else -(-len(classes) // 12)
    width = _NAME_WIDTH if step == 1 else _NUMBER_WIDTH
    names = [(place, plot.fitted(classes[place], width)) for place in range(0, len(classes), step)]
    margin = _TITLE + 8 + max(plot.text_width(name) for _, name in names)
    size = (WIDTH - margin - 4) / len(classes)
    shares = [[count / max(1e-12, sum(row)) for count in row] for row in counts]
    is_numbered = len(classes) <= _MOST_NUMBERED
    marks = [
        plot.rectangle(margin, _TOP, len(classes) * size, len(classes) * size, "frame"),
        *_cells(shares, margin, size, DARKEST_NUMBERED if is_numbered else 1.0),
    ]
    if is_numbered:
        marks.extend(_numbers(counts, margin, size))
    marks.extend(_names(names, len(classes), margin, size))
    bottom = _TOP + len(classes) * size
    marks.append(plot.text(margin + (WIDTH - margin) / 2, bottom + margin - 6, "heard", "middle"))
    turned = {
        "text-anchor": "middle",
        "transform": f"translate(12 {_TOP + (bottom - _TOP) / 2:.1f}) rotate(-90)",
    }
    marks.append(element("text", turned, "asked"))
    return plot.picture(round(bottom + margin), label, marks, name="matrix")


def _cells(shares, margin, size, darkest):
    """Returns a path for each shade, of the cells that have it."""
    paths: dict[int, list[str]] = {}
    for row, line in enumerate(shares):
        for column, share in enumerate(line):
            if share > 0:
                shade = max(1, round(share * _NUM_SHADES))
                x, y = margin + column * size, _TOP + row * size
                paths.setdefault(shade, []).append(f"M{x:.1f} {y:.1f}h{size:.2f}v{size:.2f}h-{size:.2f}z")
    return [
        element(
            "path",
            {"class": "cell", "fill-opacity": darkest * shade / _NUM_SHADES, "d": "".join(paths[shade])},
        )
        for shade in sorted(paths)
    ]


def _numbers(counts, margin, size):
    """Returns the counts, written in their cells."""
    return [
        plot.text(
            margin + (column + 0.5) * size,
            _TOP + (row + 0.5) * size + 4,
            f"{count:g}",
            "middle",
        )
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        if count
    ]


def _names(names, num_classes, margin, size):
    """Returns names along both sides."""
    marks = []
    bottom = _TOP + num_classes * size
    for place, name in names:
        middle = (place + 0.5) * size
        marks.append(plot.text(margin - 5, _TOP + middle + 4, name, "end"))
        turn = f"translate({margin + middle + 4:.1f} {bottom + 6:.1f}) rotate(-90)"
        marks.append(element("text", {"text-anchor": "end", "transform": turn}, name))
    return marks
