"""The sections of the page, each of a part of its data; a part that is missing has no section."""

from collections.abc import Callable, Mapping

from gansynth_tf.evaluation.page import charts
from gansynth_tf.evaluation.page.document import Section
from gansynth_tf.evaluation.page.estimates import Estimate, number, shortened_count, written
from gansynth_tf.evaluation.page.heatmap import heatmap
from gansynth_tf.evaluation.page.listening import Clips
from gansynth_tf.evaluation.page.markup import element, joined
from gansynth_tf.evaluation.page.metric_texts import metric_title
from gansynth_tf.evaluation.page.results import Results
from gansynth_tf.evaluation.page.tables import (
    folded,
    metric_table,
    number_table,
    published_table,
    table,
    timing_table,
)
from gansynth_tf.evaluation.suite.directions import LOWER, NONE, WORDS, badness, direction_of
from gansynth_tf.evaluation.suite.rows import FLOOR

_MOST_CONFUSED = 10

Part = Callable[[Mapping, Results, Clips], Section | None]


def metrics(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """The model's numbers beside those of real clips."""
    if not results.shown():
        return None
    step = "" if results.step is None else f" after {results.step:,.0f} images"
    return Section("metrics", f"Numbers{step}", metric_table(results))


def published(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """The model's numbers beside those that others published."""
    rows = data.get("published")
    return Section("published", "Beside published numbers", published_table(rows, results)) if rows else None


def curves(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """A chart a metric over the checkpoints."""
    cards = [_curve_card(row, points, results) for row, points in results.curves()]
    if not cards:
        return None
    keys = joined(
        _key("curve", "the model and its 95 % interval", "band"),
        _key("floor", "real clips, and where sets of this size lie", "floor-band"),
    )
    return Section("curves", "Over checkpoints", joined(keys, element("div", {"class": "grid"}, cards)))


def confusions(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """What was heard for what was asked, a picture a label."""
    cards = [_confusion_card(label, **one) for label, one in (data.get("confusions") or {}).items()]
    return (
        Section("confusions", "Asked and heard", element("div", {"class": "grid"}, cards)) if cards else None
    )


def per_class(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """A chart of bars a metric, a bar a class."""
    found = results.classes()
    for metric, classes in (data.get("per_class") or {}).items():
        known = found.setdefault(metric, {})
        for name, value in classes.items():
            known.setdefault(name, Estimate(number(value)))
    reals = {metric: _by_label(classes) for metric, classes in results.classes(FLOOR).items()}
    cards = [
        _class_card(metric, label, values, dict(reals.get(metric, {}).get(label, ())))
        for metric, classes in found.items()
        for label, values in _by_label(classes).items()
    ]
    if not cards:
        return None
    keys = joined(_key("bar", "the model"), _key("real", "real clips")) if reals else None
    return Section("classes", "By class", joined(keys, element("div", {"class": "grid"}, cards)))


def bins(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """How full the bins of the training clips are with generated ones."""
    one = data.get("bins")
    if not one or not one["train"]:
        return None
    train, model = (
        [count / max(1e-12, sum(one[name])) for count in one[name]] for name in ("train", "model")
    )
    order = sorted(range(len(train)), key=lambda place: -train[place])
    different = [bool(one["different"][place]) for place in order]
    summary = f"{sum(different)} of {len(train)} bins differ"
    label = f"Shares of clips in each bin: {summary}."
    chart = charts.bins(
        [train[place] for place in order], [model[place] for place in order], different, label
    )
    keys = joined(
        _key("bar", "generated"), _key("differs", "generated, differs"), _key("expected", "training")
    )
    names = [
        (f"{place + 1}{' (differs)' if differs else ''}", *shares)
        for place, (differs, shares) in enumerate(
            zip(different, ((train[i], model[i]) for i in order), strict=True)
        )
    ]
    rows = [(name, *(f"{100 * share:.2f} %" for share in shares)) for name, *shares in names]
    numbers = folded("As a table", table("Shares of clips", ("Bin", "Training", "Generated"), rows))
    card = element("div", {"class": "card"}, element("h3", None, summary), chart, keys, numbers)
    about = "Training clips, grouped by likeness: a generator that leaves kinds of sound out leaves their bins empty."
    return Section("bins", "Bins", joined(element("p", None, about), element("div", {"class": "grid"}, card)))


def neighbours(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """Generated clips beside the training clips they are nearest to."""
    pairs = data.get("neighbours")
    if not pairs:
        return None
    about = "The nearest pair first: a generated clip that is a copy sounds like its neighbour."
    body = joined(element("p", None, about), clips.pairs(pairs))
    return Section("neighbours", "Nearest training clips", body)


def examples(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """The best and the worst clips of each class."""
    found = data.get("examples")
    return Section("examples", "Best and worst of each class", clips.examples(found)) if found else None


def timings(data: Mapping, results: Results, clips: Clips) -> Section | None:
    """What was timed."""
    rows = results.timings()
    return Section("timings", "Speed", timing_table(rows)) if rows else None


SECTIONS: tuple[Part, ...] = (
    metrics,
    published,
    curves,
    examples,
    neighbours,
    per_class,
    confusions,
    bins,
    timings,
)


def _curve_card(row, points, results):
    metric = str(row.get("metric"))
    floor = results.floor(row)
    best = _best(metric, points, floor)
    words = WORDS[direction_of(metric)] if direction_of(metric) != NONE else ""
    said = (
        f"best {points[best][1]} after {shortened_count(points[best][0])} images" if best is not None else ""
    )
    spread = results.spread(row)
    real = f"real clips {written(floor.value)}" if spread.has_interval else f"real clips {floor}"
    real += f", sets of this size {spread.interval()}" if spread.has_interval else ""
    real = real if floor.is_known else ""
    summary = " · ".join(filter(None, (words, said, real)))
    label = f"{metric_title(metric)} over {len(points)} checkpoints. {summary}."
    numbers = [(f"{step:,.0f}", estimate) for step, estimate in points]
    return element(
        "div",
        {"class": "card"},
        element("h3", None, metric_title(metric)),
        element("p", {"class": "small"}, " · ".join(filter(None, (summary, str(row.get("features") or ""))))),
        charts.curve(
            points,
            floor,
            points[best][0] if best is not None else None,
            label,
            may_be_log=direction_of(metric) == LOWER,
        ),
        number_table(metric_title(metric), ("Images", "Value"), numbers),
    )


def _best(metric, points, floor):
    """Returns the place of the best checkpoint; None where none can be said to be the best."""
    direction = direction_of(metric)
    ranked = [
        (badness(e.value, direction, floor.value), place) for place, (_, e) in enumerate(points) if e.is_known
    ]
    ranked = [(bad, place) for bad, place in ranked if bad == bad]
    return min(ranked)[1] if ranked else None


def _by_label(classes):
    """Returns {label: [(class, number)]} of classes named as genre=jazz; those without a label are of ""."""
    found: dict[str, list[tuple[str, Estimate]]] = {}
    for name, estimate in classes.items():
        label, mark, own = name.partition("=")
        found.setdefault(label if mark else "", []).append((own if mark else name, estimate))
    return found


def _class_card(metric, label, values, reals):
    title = metric_title(metric)
    # An accuracy names its label already.
    title = f"{title}, {label}" if label and not metric.endswith(f"/{label}") else title
    known = [(name, estimate) for name, estimate in values if estimate.is_known]
    label = f"{title}, {len(values)} classes."
    if known:
        lowest, highest = (end(known, key=lambda one: one[1].value) for end in (min, max))
        label += f" Lowest {lowest[0]}, {written(lowest[1].value)}; highest {highest[0]}, {written(highest[1].value)}."
    draw = charts.bars if len(values) <= charts.MOST_BARS else charts.columns
    numbers = number_table(title, ("Class", "Value"), values, reals)
    return element("div", {"class": "card"}, element("h3", None, title), draw(values, label, reals), numbers)


def _confusion_card(label, classes, counts):
    total = sum(map(sum, counts))
    right = sum(counts[place][place] for place in range(len(classes)))
    summary = f"{100 * right / total:.1f} % of {total:,.0f} clips heard as asked" if total else "no clips"
    wrong = [
        (counts[row][column], row, column)
        for row in range(len(classes))
        for column in range(len(classes))
        if row != column and counts[row][column]
    ]
    wrong.sort(key=lambda one: (-one[0], one[1:]))
    rows = [
        (classes[row], classes[column], f"{count:,.0f} of {sum(counts[row]):,.0f}")
        for count, row, column in wrong[:_MOST_CONFUSED]
    ]
    confused = table(f"Most often confused, {label}", ("Asked", "Heard", "Clips"), rows) if rows else None
    return element(
        "div",
        {"class": "card"},
        element("h3", None, label),
        element("p", {"class": "small"}, summary),
        heatmap(classes, counts, f"Confusion matrix of {label}, {len(classes)} classes: {summary}."),
        folded("Most often confused", confused) if confused else None,
    )


def _key(name, words, behind=""):
    """Returns what a mark of the charts means."""
    line = name in ("curve", "floor", "expected", "real")
    shape = "line" if line else "rect"
    sizes = {"x1": 0, "y1": 6, "x2": 24, "y2": 6} if line else {"width": 12, "height": 12, "x": 6}
    back = element("rect", {"class": behind, "width": 24, "height": 12}) if behind else None
    mark = element(shape, {"class": name, **sizes})
    picture = {
        "class": "chart",
        "style": "width:24px;margin:0",
        "viewBox": "0 0 24 12",
        "aria-hidden": "true",
    }
    return element("span", {"class": "key"}, element("svg", picture, back, mark), words)
