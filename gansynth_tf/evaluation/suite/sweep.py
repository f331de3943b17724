"""What rows of several checkpoints say: which is best, how surely, and whether training still helps."""

import dataclasses
import math
from collections.abc import Sequence

from gansynth_tf.evaluation.suite.rows import FLOOR, MODEL, Row
from gansynth_tf.evaluation.suite.telling import badness_of

# The first of these that an evaluation has is what checkpoints are ranked by.
DECIDING = (
    "frechet_distance",
    "kernel_distance",
    "split_inception_score",
    "inception_score",
    "distance_train",
)


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What the checkpoints of a run say.

    Args:
        metric: The number they are ranked by.
        best: Row of the best checkpoint.
        level: Steps of checkpoints that cannot be told apart from the best: intervals overlap, or one has none.
        still_helps: Whether the newest checkpoint is the best, and better than the one in the middle of training by
            more than their intervals; None if there are too few checkpoints, or no intervals.
        text: All that, in sentences.
    """

    metric: str
    best: Row
    level: tuple[int, ...]
    still_helps: bool | None
    text: str


def swept(rows: Sequence[Row]) -> Sweep | None:
    """Returns what rows of one run say; None if fewer than two checkpoints have a number to rank them by.

    Args:
        rows: Of all kinds.
    """
    by_metric = {name: _of_metric(rows, name) for name in dict.fromkeys(row.metric for row in rows)}
    for wanted in DECIDING:
        for name, found in by_metric.items():
            if name.partition("/")[0] == wanted and len(found) > 1:
                real = _real(rows, name)
                # Without real held-out clips nothing is known of what is best as these have it.
                if not math.isnan(badness_of(found[0], real).value):
                    return _swept(name, found, real)
    return None


def _of_metric(rows, name):
    """Returns a metric's rows of checkpoints that have a value, in the order of training."""
    found = [
        row
        for row in rows
        if row.kind == MODEL and row.metric == name and not row.class_name and row.step is not None
    ]
    return sorted((row for row in found if row.value is not None), key=lambda row: row.step)


def _real(rows, name):
    found = [row for row in rows if row.kind == FLOOR and row.metric == name and not row.class_name]
    return next((row for row in found if row.value is not None), None)


def _swept(name, found, real):
    bad = {row.step: badness_of(row, real) for row in found}
    best, newest = min(found, key=lambda row: bad[row.step].value), found[-1]
    level = tuple(
        row.step for row in found if row is not best and not bad[row.step].told_from(bad[best.step])
    )
    halfway = min(found[:-1], key=lambda row: abs(row.step - newest.step / 2))
    still_helps = None
    if len(found) > 2 and None not in (newest.ci_low, halfway.ci_low):
        first, last = bad[halfway.step], bad[newest.step]
        still_helps = best is newest and last.told_from(first)
    lines = [
        f"The best of {len(found)} checkpoints by {name} is that of {best.step:,} images: {_told(best)}."
    ]
    if level:
        lines.append(f"Not to be told apart from it: {', '.join(f'{step:,}' for step in level)} images.")
    if still_helps is None:
        lines.append(
            "Whether more training would help cannot be said: it takes three checkpoints and intervals."
        )
    elif still_helps:
        lines.append(
            f"Training still helps: {_told(newest)} after {newest.step:,} images, {_told(halfway)} after "
            f"{halfway.step:,}."
        )
    elif best is not newest:
        lines.append(
            f"Training no longer helps: nothing better came in the {newest.step - best.step:,} images since, "
            f"{_told(newest)} after {newest.step:,}."
        )
    else:
        lines.append(
            f"Training no longer helps by more than chance: {_told(newest)} after {newest.step:,} images, "
            f"{_told(halfway)} after {halfway.step:,}."
        )
    return Sweep(name, best, level, still_helps, " ".join(lines))


def _told(row: Row) -> str:
    if row.ci_low is None:
        return f"{row.value:.4g}"
    return f"{row.value:.4g} ({row.ci_low:.4g} to {row.ci_high:.4g})"
