"""A comparison as a page, in the style of the evaluations' own."""

import dataclasses
from collections.abc import Sequence

from gansynth_tf.evaluation.comparison.collection import Collection, Entry, Line
from gansynth_tf.evaluation.comparison.ranking import BEST, RULE, TIED, UNRANKED, marks
from gansynth_tf.evaluation.comparison.tables import details, reason, statuses
from gansynth_tf.evaluation.page.document import Section, document
from gansynth_tf.evaluation.page.estimates import Estimate, written
from gansynth_tf.evaluation.page.markup import Child, Markup, element, joined
from gansynth_tf.evaluation.page.metric_texts import metric_title
from gansynth_tf.evaluation.page.tables import facts_table, table
from gansynth_tf.evaluation.suite.directions import NONE, WORDS, direction_of
from gansynth_tf.evaluation.suite.rows import Row

_WORDS = {BEST: "best", TIED: "= tied with the best"}
_REMARKED = "! see the warnings on its clips"


def comparison_page(found: Collection, warnings: Sequence[str], facts: Sequence[Sequence[Child]]) -> Markup:
    """Returns the page of a comparison.

    Args:
        found: What is compared.
        warnings: What one must know before one believes a number.
        facts: [(name, value)] of what was compared.
    """
    main = [line for line in found.lines if not line.class_name]
    sections = [Section("metrics", "Metrics", _table(main, found, "All clips. 95 % intervals in brackets."))]
    classes = [line for line in found.lines if line.class_name]
    if classes:
        sections.append(Section("classes", "Classes", _table(classes, found, "Clips of one class each.")))
    told = statuses(main)
    if told:
        remarks = [
            element("li", None, f"{metric_title(metric)}, {', '.join(whose)}: {status}")
            for (metric, status), whose in told.items()
        ]
        sections.append(Section("remarks", "Remarks", element("ul", None, remarks)))
    sections.append(Section("reading", "How to read this", element("p", None, RULE)))
    return document("Comparison", warnings, facts_table(facts), sections)


def _table(lines: Sequence[Line], found: Collection, caption: str) -> Markup:
    header = ["Metric", *(_heading(entry, found) for entry in found.entries), "Real clips"]
    rows = []
    for line, words in zip(lines, details(lines), strict=True):
        marked = marks(line)
        cells = [_cell(line, entry, marked.get(entry, UNRANKED), found) for entry in found.entries]
        rows.append([_title(line, words), *cells, _number(line.real) if line.real else "–"])
    return table(caption, header, rows, "columns")


def _heading(entry: Entry, found: Collection) -> Markup:
    step = None if entry.step is None else element("small", None, f"{entry.step:,} images")
    representation = found.representations[entry]
    return joined(entry.name, step, element("small", None, representation) if representation else None)


def _title(line: Line, words: str) -> Markup:
    direction = direction_of(line.metric)
    small = [line.class_name, "" if direction == NONE else WORDS[direction], words]
    return joined(metric_title(line.metric), *(element("small", None, text) for text in small if text))


def _cell(line: Line, entry: Entry, mark: str, found: Collection) -> Markup:
    read = line.cells.get(entry)
    if read is None:
        why = element("small", {"class": "status"}, reason(line, entry, found))
        return joined(element("span", {"class": "absent"}, "none"), why)
    words = element("small", None, _WORDS[mark]) if mark in _WORDS else None
    remarked = element("small", {"class": "status"}, _REMARKED) if found.is_remarked(line, entry) else None
    return joined(_number(read.row, mark == BEST), words, remarked)


def _number(row: Row, is_best: bool = False) -> Markup:
    """Returns a number and its interval; the best one of a line in bold."""
    estimate = Estimate.of(dataclasses.asdict(row))
    interval = estimate.interval()
    value = element("strong" if is_best else "span", None, written(estimate.value))
    return joined(value, element("small", {"class": "interval"}, f"({interval})") if interval else None)
