"""The tables of the page: facts, metrics beside real clips, published numbers, speed."""

from collections.abc import Iterable, Mapping, Sequence

from gansynth_tf.evaluation.page.estimates import Estimate, number, written
from gansynth_tf.evaluation.page.markup import Child, Markup, element, escaped, joined
from gansynth_tf.evaluation.page.metric_texts import metric_meaning, metric_title
from gansynth_tf.evaluation.page.results import Cells, Results
from gansynth_tf.evaluation.suite.directions import NONE, WORDS, direction_of

NOT_COMPARABLE = "≠"


def table(caption: str, header: Sequence[Child], rows: Iterable[Sequence[Child]], name: str = "") -> Markup:
    """Returns a table that scrolls by itself where the page is too narrow for it.

    Args:
        caption: What it holds.
        header: Of the columns.
        rows: Cells of each row; the first one is the row's header.
        name: Classes of the style sheet.
    """
    head = element("tr", None, [element("th", {"scope": "col"}, cell) for cell in header])
    body = [
        element(
            "tr", None, element("th", {"scope": "row"}, first), [element("td", None, cell) for cell in rest]
        )
        for first, *rest in rows
    ]
    content = joined(
        element("caption", None, caption), element("thead", None, head), element("tbody", None, body)
    )
    # A region that scrolls must be reached by the keyboard, and be told by its name.
    region = {"class": "scroll", "role": "region", "aria-label": caption, "tabindex": "0"}
    return element("div", region, element("table", {"class": name or None}, content))


def facts_table(facts: Iterable[Sequence[object]]) -> Markup:
    """Returns what was evaluated and how, a line a fact."""
    lines = [
        element(
            "tr", None, element("th", {"scope": "row"}, escaped(name)), element("td", None, escaped(value))
        )
        for name, value in facts
    ]
    caption = element("caption", None, "What was evaluated, and how")
    return element("table", {"class": "facts"}, caption, element("tbody", None, lines))


def metric_table(results: Results) -> Markup:
    """Returns a line a metric: the model's number, and that of real clips in its place."""
    rows = [
        (_metric_cell(row), _model_cell(row, results), _real_cell(row, results)) for row in results.shown()
    ]
    caption = "95 % intervals below the numbers. Real clips: held-out ones measured in the model's place."
    return table(caption, ("Metric", "Model", "Real clips"), rows, "wide metrics")


def published_table(published: Sequence[Mapping[str, object]], results: Results) -> Markup:
    """Returns the model and real clips above what others published, a column a metric.

    A published number with a note was measured by another protocol: it is marked, and the note stands below.
    """
    metrics = list(dict.fromkeys(str(one["metric"]) for one in published))
    names = list(dict.fromkeys(str(one["name"]) for one in published))
    notes = list(dict.fromkeys(text for one in published if (text := _note(one))))
    own = [
        (title, *(_own_cells(results, metric, of) for metric in metrics))
        for title, of in (("This model", Estimate.of), ("Real clips here", results.floor))
    ]
    others = []
    for name in names:
        cells: list[Child] = [name]
        for metric in metrics:
            found = [one for one in published if str(one["name"]) == name and str(one["metric"]) == metric]
            cells.append(_beside([_published_cell(one, notes) for one in found]) if found else "–")
        others.append(cells)
    header = ["Model", *(joined(metric_title(metric), _direction(metric)) for metric in metrics)]
    legend = f"{NOT_COMPARABLE} marks a number of another protocol: it cannot be compared, its note says why."
    content = table("Published numbers", header, [*own, *others], "columns")
    remarks = [element("li", {"id": f"note-{place}"}, note) for place, note in enumerate(notes, 1)]
    below = element("ol", {"class": "small"}, remarks) if remarks else None
    return joined(element("p", None, legend) if notes else None, content, below)


def timing_table(rows: Sequence[Cells]) -> Markup:
    """Returns what was timed."""
    lines = []
    for row in rows:
        estimate = Estimate.of(row)
        value = _value(estimate) if estimate.is_known else _absent(row)
        remark = [row.get("features"), row.get("status") if estimate.is_known else ""]
        lines.append((_title(row), value, ", ".join(str(part) for part in remark if part)))
    return table("Seconds of work for a second of sound, and the like", ("What", "Value", "How"), lines)


def number_table(
    caption: str,
    header: Sequence[str],
    numbers: Iterable[tuple[str, Estimate]],
    reals: Mapping[str, Estimate] | None = None,
) -> Markup:
    """Returns what a chart shows as numbers, folded away.

    Args:
        caption: What it holds.
        header: Of the names and of the numbers.
        numbers: (name, number) a line.
        reals: {name: number of real clips}, or None.
    """
    rows = []
    for name, estimate in numbers:
        cells = [name, written(estimate.value), estimate.interval() or "–"]
        if reals:
            cells.append(written(reals[name].value) if name in reals else "–")
        rows.append(cells)
    return folded(
        "As a table", table(caption, (*header, "95 % interval", *(["Real clips"] if reals else [])), rows)
    )


def folded(summary: Child, *children: Child, is_open: bool = False) -> Markup:
    """Returns what is shown on demand."""
    return element("details", {"open": is_open}, element("summary", None, summary), *children)


def _metric_cell(row):
    """Returns the name of a metric, and what one must know to read it."""
    counts = [number(row.get(name)) for name in ("num_samples", "num_reference")]
    sizes = " against ".join(f"{count:,.0f}" for count in counts if count > 0)
    splits = number(row.get("splits"))
    how = [
        row.get("features"),
        f"{sizes} clips" if sizes else "",
        f"{splits:.0f} splits" if splits > 1 else "",
        row.get("interval") and f"interval: {row['interval']}",
    ]
    metric = str(row.get("metric"))
    said = " · ".join(filter(None, (_better(metric), metric_meaning(metric))))
    return joined(
        _title(row),
        element("small", None, said) if said else None,
        element("small", None, " · ".join(str(part) for part in how if part)),
    )


def _model_cell(row, results):
    estimate = Estimate.of(row)
    if row.get("kind") != "model":
        return element("span", {"class": "absent"}, "no model")
    if not estimate.is_known:
        return _absent(row)
    spread = results.spread(row)
    is_within = spread.has_interval and spread.low <= estimate.value <= spread.high
    return joined(
        _value(estimate),
        element("small", None, "within the range of real sets") if is_within else None,
        _status(row, results),
    )


def _real_cell(row, results):
    found, spread = results.real(row), results.spread(row)
    cells = []
    if found:
        estimate = Estimate.of(found)
        cells.append(
            joined(_value(estimate), _status(found, results)) if estimate.is_known else _absent(found)
        )
    if spread.has_interval:
        cells.append(element("small", None, f"real sets of this size: {spread.interval()}"))
    return joined(*cells) if cells else "–"


def _own_cells(results, metric, of):
    """Returns the cell of a metric in the table of published numbers: one number for each way it was measured."""
    found = [row for row in results.shown() if str(row.get("metric")) == metric]
    cells = []
    for row in found:
        estimate = of(row)
        splits = number(row.get("splits"))
        name = f"{splits:.0f} splits" if splits > 1 else ""
        remark = ", ".join(filter(None, (estimate.interval(), name if len(found) > 1 else "")))
        cells.append(
            joined(
                element("span", {"class": "value"}, written(estimate.value)),
                element("small", {"class": "interval"}, remark) if remark else None,
            )
        )
    return _beside(cells) if cells else "–"


def _published_cell(one, notes):
    """Returns a published number, marked if it is of another protocol."""
    value = one.get("value")
    text = written(float(value)) if isinstance(value, (int, float)) else str(value)
    note = _note(one)
    if not note:
        return text
    place = notes.index(note) + 1
    link = element("a", {"href": f"#note-{place}", "aria-label": f"not comparable, note {place}"}, str(place))
    mark = element("span", {"title": "not comparable"}, NOT_COMPARABLE)
    return element("span", {"class": "foreign"}, text, "\N{NO-BREAK SPACE}", mark, element("sup", None, link))


def _note(one):
    """Returns the note of a published number with its source."""
    note, source = str(one.get("note") or ""), str(one.get("source") or "")
    return f"{note} ({source})" if note and source else note


def _beside(cells):
    """Returns the numbers of one cell of a table, below each other."""
    return joined(*[part for cell in cells for part in (element("br"), cell)][1:])


def _title(row):
    return metric_title(str(row.get("metric")))


def _direction(metric):
    return element("small", None, _better(metric)) if _better(metric) else None


def _better(metric):
    """Returns which values of a metric are better, in words; "" if that cannot be said."""
    direction = direction_of(metric)
    return "" if direction == NONE else WORDS[direction]


def _value(estimate):
    interval = estimate.interval()
    return joined(
        element("span", {"class": "value"}, written(estimate.value)),
        element("small", {"class": "interval"}, interval) if interval else None,
    )


def _absent(row):
    reason = str(row.get("status") or "no reason given")
    return joined(
        element("span", {"class": "absent"}, "not computed"), element("small", {"class": "status"}, reason)
    )


def _status(row, results):
    status = results.remark(row)
    return element("small", {"class": "status"}, status) if status else None
