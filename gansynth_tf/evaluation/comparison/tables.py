"""A comparison as a CSV for programs and as text for people."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from gansynth_tf.evaluation.comparison.collection import Collection, Entry, Line
from gansynth_tf.evaluation.comparison.ranking import BEST, TIED, UNRANKED, marks
from gansynth_tf.evaluation.suite.directions import describes_another, direction_of
from gansynth_tf.evaluation.suite.rows import Row
from gansynth_tf.whole_file import whole_file

COLUMNS = (
    "metric",
    "class_name",
    "direction",
    "run",
    "step",
    "representation",
    "value",
    "ci_low",
    "ci_high",
    "mark",
    "real",
    "status",
    "remarks",
    "num_samples",
    "num_reference",
    "fingerprint",
    "file",
)
SIGNS = {BEST: "*", TIED: "="}
REMARKED = "!"
# Columns that tell two lines of one metric apart.
_TELLING = (
    "dataset",
    "protocol",
    "features",
    "splits",
    "num_samples",
    "num_reference",
    "seed",
    "classifier",
    "reference",
)
_WIDTH = 119
_LONGEST_NAME = 24
_NO_NUMBER = "-"


def write_csv(path: Path, found: Collection) -> None:
    """Writes a row for every number and every entry, also where there is none; the file appears when it is whole."""
    with whole_file(path, text=True) as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for line in found.lines:
            writer.writerows(_cells(line, found))


def _cells(line: Line, found: Collection):
    """Yields the row of each entry."""
    marked = marks(line)
    for entry in found.entries:
        read = line.cells.get(entry)
        cells = {
            "metric": line.metric,
            "class_name": line.class_name,
            "direction": direction_of(line.metric),
            "run": entry.name,
            "step": "" if entry.step is None else entry.step,
            "representation": found.representations[entry],
            "mark": marked.get(entry, UNRANKED),
            "real": "" if line.real is None else line.real.value,
            "status": reason(line, entry, found),
            "remarks": " ".join(found.remarks.get(entry, ())),
        }
        if read:
            texts = read.row.texts()
            cells |= {name: texts[name] for name in COLUMNS if name in texts and name not in cells}
            cells |= {"status": texts["status"], "file": read.path}
        yield {name: cells.get(name, "") for name in COLUMNS}


def reason(line: Line, entry: Entry, found: Collection) -> str:
    """Returns why an entry has no number in a line; "" if it has one."""
    if entry in line.cells:
        return ""
    return found.missing.get((line.metric, line.class_name), {}).get(entry, "not measured")


def details(lines: Sequence[Line]) -> list[str]:
    """Returns what tells each line from others of the same metric; "" for one that is alone.

    Args:
        lines: Any lines.
    """
    words = []
    for line in lines:
        others = [one for one in lines if one.cells and (one.metric, one.class_name) == _name(line)]
        if len(others) < 2 or not line.cells:
            words.append("")
            continue
        telling = [name for name in _TELLING if len({_column(one, name) for one in others}) > 1]
        told = [f"{name.replace('_', ' ')} {_column(line, name)}" for name in telling]
        words.append(", ".join(told) or f"measured as {line.fingerprint or 'nobody knows'}")
    return words


def _name(line):
    return line.metric, line.class_name


def _column(line, name):
    return getattr(next(iter(line.cells.values())).row, name)


def text_table(found: Collection) -> str:
    """Returns the numbers over all classes as text: a line a metric, a column an entry, panels where they are many."""
    lines = [line for line in found.lines if not line.class_name and not describes_another(line.metric)]
    titles = [
        f"{plain(line.metric)}{f' ({plain(words)})' if words else ''}"
        for line, words in zip(lines, details(lines), strict=True)
    ]
    first = ("metric", "", *titles)
    last = ("real", "", *(_number(line.real).partition(" ")[0] for line in lines))
    short = {entry.name: _shortened(plain(entry.name)) for entry in found.entries}
    if len(set(short.values())) < len(short):
        short = {name: plain(name) for name in short}
    columns = [_column_of(entry, short[entry.name], lines, found) for entry in found.entries]
    free = _WIDTH - _width(first) - _width(last) - 2
    panels: list[list[tuple[str, ...]]] = []
    room = 0
    for column in columns:
        if _width(column) > room:
            panels.append([])
            room = free
        panels[-1].append(column)
        room -= _width(column) + 2
    text = "\n\n".join(_panel([first, *panel, last]) for panel in panels)
    return "\n".join([text, *_reasons(lines, found)]) + "\n"


def _shortened(name: str) -> str:
    """Returns the start and the end of a name that is too long."""
    end = 2 * _LONGEST_NAME // 5
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - end - 2]}..{name[-end:]}"


def _width(column: Sequence[str]) -> int:
    return max(map(len, column))


def _column_of(entry: Entry, name: str, lines: Sequence[Line], found: Collection) -> tuple[str, ...]:
    cells = [name, "" if entry.step is None else f"@ {entry.step:,}"]
    for line in lines:
        read = line.cells.get(entry)
        sign = SIGNS.get(marks(line).get(entry, UNRANKED), "")
        sign += REMARKED if found.is_remarked(line, entry) else ""
        cells.append(" ".join(filter(None, (_number(read.row if read else None), sign))))
    return tuple(cells)


def _panel(columns: Sequence[Sequence[str]]) -> str:
    widths = [_width(column) for column in columns]
    rows = list(zip(*columns, strict=True))
    rows.insert(2, tuple("-" * width for width in widths))
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(text.rstrip() for text in texts)


def _number(row: Row | None) -> str:
    """Returns a number and its interval, three digits each, in characters that any terminal has."""
    if row is None or row.value is None:
        return _NO_NUMBER
    if row.ci_low is None or row.ci_high is None:
        return _three_digits(row.value)
    return f"{_three_digits(row.value)} ({_three_digits(row.ci_low)}..{_three_digits(row.ci_high)})"


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"


def _reasons(lines: Sequence[Line], found: Collection) -> list[str]:
    """Returns a sentence for each reason why there are no numbers."""
    whose: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        for entry in found.entries:
            if why := reason(line, entry, found):
                whose.setdefault((line.metric, why), []).append(str(entry))
    return [plain(f"No {metric} of {', '.join(its)}: {why}.") for (metric, why), its in whose.items()]


def statuses(lines: Sequence[Line]) -> Mapping[tuple[str, str], list[str]]:
    """Returns {(metric, status): entries} of numbers that there are and of which something is to be said."""
    told: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        for entry, read in line.cells.items():
            if read.row.status:
                told.setdefault((line.metric, read.row.status), []).append(str(entry))
    return told


def plain(text: str) -> str:
    """Returns a text whose characters that do not print are spelt out: names are users', and terminals obey some."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def plain_lines(lines: Sequence[str]) -> str:
    """Returns lines of text, each as `plain` has it."""
    return "\n".join(map(plain, lines))
