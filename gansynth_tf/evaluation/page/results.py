"""The rows of an evaluation, sorted for a page: the shown checkpoint, real clips beside it, curves, classes."""

from collections.abc import Mapping, Sequence

from gansynth_tf.evaluation.page.estimates import Estimate, number
from gansynth_tf.evaluation.suite.rows import FLOOR, MODEL, SPREAD, TIMING

# Rows that agree in these are the same number, of other clips or at another checkpoint.
_SAME = ("metric", "features", "splits")

Cells = Mapping[str, object]


class Results:
    """Rows of an evaluation.

    Args:
        rows: {column: value} each, the columns those of `suite.rows.Row`, values as in its CSV or its JSON.
        step: The checkpoint that is shown; None takes the newest.
    """

    def __init__(self, rows: Sequence[Cells], step: float | None = None):
        self._rows = rows
        told = [_told(row) for row in rows if row.get("kind") != TIMING]
        self._common = set.intersection(*map(set, told)) if told else set()
        known = [number(row.get("step")) for row in self._of(MODEL)]
        self.steps = sorted({step for step in known if step == step})
        self.step = step if step is not None else (self.steps[-1] if self.steps else None)

    def shown(self) -> list[Cells]:
        """Returns the model's rows over all classes at the shown checkpoint; of real clips where there is no model."""
        chosen = [row for row in self._of(MODEL) if self._is_shown(row)]
        return chosen or list({_key(row): row for row in self._of(FLOOR)}.values())

    def remark(self, row: Cells) -> str:
        """Returns the status of a row without what all say but timings, which stands at the top of the page."""
        return "; ".join(part for part in _told(row) if part not in self._common)

    def timings(self) -> list[Cells]:
        """Returns what was timed."""
        return [row for row in self._of(TIMING) if self._is_shown(row)]

    def real(self, row: Cells) -> Cells | None:
        """Returns what real held-out clips score in the place of the model's, or None."""
        return self._match(row, FLOOR)

    def spread(self, row: Cells) -> Estimate:
        """Returns where sets of training clips of the same size lie, if that was measured."""
        found = self._match(row, SPREAD)
        return Estimate.of(found) if found else Estimate(float("nan"))

    def floor(self, row: Cells) -> Estimate:
        """Returns what real held-out clips score, with where sets of this size lie."""
        found = self.real(row)
        value = Estimate.of(found) if found else Estimate(float("nan"))
        spread = self.spread(row)
        return (
            Estimate(value.value, spread.low, spread.high)
            if value.is_known and spread.has_interval
            else value
        )

    def curves(self) -> list[tuple[Cells, list[tuple[float, Estimate]]]]:
        """Returns (row, [(checkpoint, number)]) of every metric that is known at two checkpoints or more."""
        found: dict[tuple, tuple[Cells, dict[float, Estimate]]] = {}
        for row in self._of(MODEL):
            step = number(row.get("step"))
            if step == step:
                found.setdefault(_key(row), (row, {}))[1][step] = Estimate.of(row)
        curves = [(row, sorted(points.items())) for row, points in found.values()]
        return [(row, points) for row, points in curves if sum(e.is_known for _, e in points) > 1]

    def classes(self, kind: str = MODEL) -> dict[str, dict[str, Estimate]]:
        """Returns {metric: {class: number}} of the model at the shown checkpoint, or of real clips in its place.

        Args:
            kind: MODEL or FLOOR.
        """
        found: dict[str, dict[str, Estimate]] = {}
        for row in self._rows:
            name = str(row.get("class_name") or "")
            if name and row.get("kind") == kind and self._is_shown(row):
                found.setdefault(str(row.get("metric")), {})[name] = Estimate.of(row)
        return found

    def _of(self, kind):
        return [row for row in self._rows if row.get("kind") == kind and not row.get("class_name")]

    def _is_shown(self, row):
        step = number(row.get("step"))
        return step != step or step == self.step

    def _match(self, row, kind):
        """Returns the row of a kind that is of the same number, or None."""
        return next((other for other in self._of(kind) if _key(other) == _key(row)), None)


def _told(row):
    """Returns the parts of a row's status."""
    return [part for part in str(row.get("status") or "").split("; ") if part]


def _key(row):
    return tuple(str(row.get(name) or "") for name in _SAME)
