"""All numbers of several evaluations, sorted by what they are: a line a metric, an entry a checkpoint of a run."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from gansynth_tf.evaluation.comparison.reading import Evaluation, ReadRow
from gansynth_tf.evaluation.remarks import remarks
from gansynth_tf.evaluation.suite.rows import FLOOR, MODEL, TIMING, Row
from gansynth_tf.options import UserError


@dataclasses.dataclass(frozen=True)
class Entry:
    """What is compared: a run at one checkpoint.

    Args:
        name: Of the run.
        step: Images it was trained on; None where there is no training.
    """

    name: str
    step: int | None

    def __str__(self) -> str:
        return self.name if self.step is None else f"{self.name} @ {self.step:,}"


@dataclasses.dataclass
class Line:
    """One number, of all entries that have it: rows of one metric and class that were measured alike.

    Args:
        metric: Name of the number.
        class_name: The class it is of; "" for all.
        kind: MODEL or TIMING.
        fingerprint: That all its rows share; "" if it is not known how they were measured.
        dataset: What they were compared with, or what their labels were drawn from.
        cells: {entry: row}.
        real: The row of real held-out clips in the model's place, or None.
    """

    metric: str
    class_name: str
    kind: str
    fingerprint: str
    dataset: str = ""
    cells: dict[Entry, ReadRow] = dataclasses.field(default_factory=dict)
    real: Row | None = None

    @property
    def is_main(self) -> bool:
        """Whether it is a model's number over all classes: what a comparison is refused for."""
        return self.kind == MODEL and not self.class_name


@dataclasses.dataclass
class Collection:
    """What is compared.

    Args:
        entries: In the order of the files.
        lines: In the order in which the files have them.
        missing: {(metric, class): {entry: why there is no number}}.
        notes: What was odd.
        representations: {entry: what the model works in}.
        remarks: {entry: what no number of its clips should be believed without}, of those that have such.
    """

    entries: list[Entry]
    lines: list[Line]
    missing: dict[tuple[str, str], dict[Entry, str]]
    notes: list[str]
    representations: dict[Entry, str]
    remarks: dict[Entry, list[str]] = dataclasses.field(default_factory=dict)

    def is_remarked(self, line: Line, entry: Entry) -> bool:
        """Returns whether a remark is made of the clips that a number is of; of how long they took it says nothing."""
        return line.kind == MODEL and entry in line.cells and entry in self.remarks


def collect(
    evaluations: Sequence[Evaluation],
    names: Sequence[str] = (),
    metrics: Sequence[str] = (),
    newest_only: bool = False,
) -> Collection:
    """Returns the numbers of several evaluations.

    A row that stands in two places is taken once. Of a number that failed in one place, the other is taken.

    Args:
        evaluations: In their order.
        names: One for each evaluation, in the place of the name of its run, or before it if it has several; () for the
            runs' own.
        metrics: Metrics to take, or the part of their names before the slash; () for all.
        newest_only: Take the newest checkpoint of each run only.

    Raises:
        UserError: If two rows of one entry give different numbers, a metric is unknown, or no model's rows are left.
    """
    named = list(_named_rows(evaluations, names))
    _check_metrics(metrics, named)
    rows = [(entry, read) for entry, read in named if _is_wanted(read.row.metric, metrics)]
    if newest_only:
        newest: dict[str, int] = {}
        for entry, _ in rows:
            newest[entry.name] = max(newest.get(entry.name, -1), -1 if entry.step is None else entry.step)
        rows = [one for one in rows if one[0].step in (None, newest[one[0].name])]
    found = Collection([], [], {}, [note for one in evaluations for note in one.notes], {})
    _sort_in(found, [one for one in rows if one[1].row.kind in (MODEL, TIMING)])
    if not found.entries:
        raise UserError("The files hold no numbers of a model: there is nothing to compare.")
    _add_real(found, [read.row for _, read in rows if read.row.kind == FLOOR])
    _add_remarks(found, named)
    return found


def _named_rows(evaluations, names):
    """Yields (entry, row)."""
    for place, evaluation in enumerate(evaluations):
        runs = {read.row.run for read in evaluation.rows if read.row.kind == MODEL}
        for read in evaluation.rows:
            name = read.row.run
            if names:
                name = names[place] if len(runs) < 2 else f"{names[place]}/{name}"
            yield Entry(name, read.row.step), read


def _check_metrics(wanted, rows):
    known = dict.fromkeys(read.row.metric for _, read in rows)
    for name in wanted:
        if not any(_is_wanted(metric, (name,)) for metric in known):
            raise UserError(f"--metrics={name}: no file has it. They have {', '.join(known)}.")


def _is_wanted(metric, wanted):
    return not wanted or any(metric == name or metric.startswith(f"{name}/") for name in wanted)


def _sort_in(found: Collection, rows: Iterable[tuple[Entry, ReadRow]]) -> None:
    """Sorts a model's rows and timings into lines."""
    lines: dict[tuple, Line] = {}
    num_twice = 0
    for entry, read in rows:
        row = read.row
        if entry not in found.representations:
            found.entries.append(entry)
            found.representations[entry] = row.representation
        if row.value is None:
            found.missing.setdefault((row.metric, row.class_name), {})[entry] = row.status
            continue
        key = (
            row.metric,
            row.class_name,
            row.kind,
            row.fingerprint,
            row.dataset if row.kind == MODEL else "",
        )
        line = lines.setdefault(key, Line(*key))
        other = line.cells.setdefault(entry, read)
        if other is not read:
            _check_same(entry, other, read)
            num_twice += 1
    for line in lines.values():
        for entry in line.cells:
            found.missing.get((line.metric, line.class_name), {}).pop(entry, None)
    known = {(line.metric, line.class_name) for line in lines.values()}
    empty = [Line(*key, MODEL, "") for key, whose in found.missing.items() if whose and key not in known]
    found.lines = [*lines.values(), *empty]
    if num_twice:
        found.notes.append(f"{num_twice} rows stand there twice with the same numbers: each is taken once.")


def _check_same(entry, first: ReadRow, second: ReadRow) -> None:
    one, other = first.row, second.row
    # Time passes differently at every start.
    if one.kind == TIMING or (one.value, one.ci_low, one.ci_high) == (
        other.value,
        other.ci_low,
        other.ci_high,
    ):
        return
    raise UserError(
        f"{entry} has two numbers of {one.metric}{f' ({one.class_name})' if one.class_name else ''}, measured alike: "
        f"{one.value:.6g} in {first.path}, line {first.line}, and {other.value:.6g} in {second.path}, line "
        f"{second.line}. If these are two runs, name them by --names=FIRST,SECOND; otherwise leave one file out."
    )


def _add_real(found: Collection, floors: Sequence[Row]) -> None:
    """Gives every line what real held-out clips score, if the files agree on it."""
    for line in found.lines:
        own = [row for row in floors if (row.metric, row.class_name) == (line.metric, line.class_name)]
        alike = [row for row in own if line.fingerprint and row.fingerprint == line.fingerprint]
        alike = [row for row in alike or _of_same_columns(line, own) if row.value is not None]
        if len({row.value for row in alike}) == 1:
            line.real = alike[0]
        elif alike and line.is_main:
            found.notes.append(
                f"{line.metric}: the files disagree on real held-out clips "
                f"({', '.join(sorted({f'{row.value:.6g}' for row in alike}))}), so none are shown."
            )


def _add_remarks(found: Collection, rows: Sequence[tuple[Entry, ReadRow]]) -> None:
    """Gives every entry what is remarked of its clips by any metric, also by those that are not compared."""
    its_rows: dict[Entry, list[Row]] = {entry: [] for entry in found.entries}
    for entry, read in rows:
        if entry in its_rows:
            its_rows[entry].append(dataclasses.replace(read.row, run=entry.name))
    found.remarks = {entry: told for entry, its in its_rows.items() if (told := remarks(its))}


def _of_same_columns(line: Line, floors: Sequence[Row]) -> list[Row]:
    """Returns rows of real clips that were measured on the same features and as many clips as a line's."""
    rows = [read.row for read in line.cells.values()]
    alike = {(row.features, row.splits, row.num_samples, row.reference) for row in rows}
    return [row for row in floors if (row.features, row.splits, row.num_samples, row.reference) in alike]


def facts_of(read: ReadRow, evaluations: Mapping[str, Evaluation]) -> dict[str, object]:
    """Returns the facts of a row's fingerprint, as far as the row and the JSON beside its file hold them.

    Args:
        read: The row.
        evaluations: {path: evaluation}.
    """
    row = read.row
    columns = {
        "protocol": row.protocol,
        "num_samples": row.num_samples,
        "num_reference": row.num_reference,
        "splits": row.splits,
        "seed": row.seed,
        "classifier": row.classifier,
        "features": row.features,
        "reference": row.reference,
        "dataset": row.dataset,
        "split": row.split,
    }
    spaces = evaluations[read.path].spaces
    space = row.features.partition(":")[0]
    return columns | ({"space": spaces[space]} if space in spaces else {})
