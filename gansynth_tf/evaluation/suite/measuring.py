"""One metric on one set of clips becomes rows, with all that is needed to read them, or with a reason for none."""

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gansynth_tf.evaluation.suite.directions import cut, is_share
from gansynth_tf.evaluation.suite.evidence import Evidence, Findings, Measured
from gansynth_tf.evaluation.suite.fingerprint import fingerprint
from gansynth_tf.evaluation.suite.metric import Metric
from gansynth_tf.evaluation.suite.metrics_catalogue import parameters_of
from gansynth_tf.evaluation.suite.protocols import Asked
from gansynth_tf.evaluation.suite.real_sets import next_set_interval
from gansynth_tf.evaluation.suite.rows import FLOOR, MODEL, SPREAD, TIMING, Row
from gansynth_tf.evaluation.suite.uncertainty import Ends, widened

_LONGEST_STATUS = 160


@dataclasses.dataclass(frozen=True)
class Setting:
    """What all rows of an evaluation share.

    Args:
        protocol: Its key.
        seed: Of all draws.
        classifier: Hash of its weights.
        reference: Hash of the reference clips.
        dataset: Name of the data set.
        split: The split of the reference.
        representation: What the model works in.
        spaces: {space: its identity}.
        status: What every row says, as that there were fewer clips than asked for.
        version: Of the package.
    """

    protocol: str
    seed: int
    classifier: str
    reference: str
    dataset: str
    split: str
    representation: str
    spaces: Mapping[str, Mapping[str, Any]]
    status: str
    version: str


@dataclasses.dataclass(frozen=True)
class Subject:
    """Whose clips a job measures.

    Args:
        run: Name of the run, the folder or the real clips.
        step: Images the generator was trained on, or None.
        kind: MODEL, FLOOR or SPREAD.
    """

    run: str
    step: int | None
    kind: str


@dataclasses.dataclass(frozen=True)
class Job:
    """What a job found.

    Args:
        rows: At least one.
        shown: See `Findings`.
        drawn: See `Findings`.
    """

    rows: list[Row]
    shown: dict[str, Any]
    drawn: dict[str, np.ndarray]


def measured_job(metric: Metric, asked: Asked, evidence: Evidence, subject: Subject, setting: Setting) -> Job:
    """Returns what a metric says of a set of clips; where there is no number there is a reason, never an error.

    Args:
        metric: As `make_metric` returns it.
        asked: How many clips it takes.
        evidence: The clips.
        subject: Whose they are.
        setting: What all rows share.
    """
    began = time.perf_counter()
    evidence = evidence.limited(asked.num_samples, asked.num_reference)
    try:
        found = metric.measure(evidence)
    except (ValueError, ArithmeticError) as error:
        # Clips that cannot be measured are a finding about the clips; an evaluation of many goes on.
        found = Findings([Measured(metric.key, status=_one_line(error) or type(error).__name__)])
    except MemoryError:
        found = Findings([Measured(metric.key, status="not enough memory")])
    seconds = time.perf_counter() - began
    rows = [
        _row(one, metric, evidence, subject, setting, seconds / len(found.measured)) for one in found.measured
    ]
    return Job(rows, found.shown, found.drawn)


def spread_job(
    metric: Metric,
    asked: Asked,
    sets: Sequence[Evidence],
    independence: float,
    subject: Subject,
    setting: Setting,
) -> Job:
    """Returns where a metric's numbers lie for several sets of real clips, and where the next one should lie.

    Args:
        metric: As `make_metric` returns it.
        asked: How many clips it takes.
        sets: Training clips in the model's place, some sets of them.
        independence: `RealSets.independence`.
        subject: Whose they are.
        setting: What all rows share.
    """
    jobs = [
        measured_job(metric, asked, dataclasses.replace(one, with_intervals=False), subject, setting)
        for one in sets
    ]
    rows = []
    for first in jobs[0].rows:
        same = [row for job in jobs for row in job.rows if row.metric == first.metric and not row.class_name]
        values = [row.value for row in same if row.value is not None]
        if first.class_name:
            continue
        seconds = sum(row.seconds or 0.0 for row in same)
        plain = dataclasses.replace(first, ci_low=None, ci_high=None, interval="", seconds=seconds)
        if len(values) < max(2, len(jobs)):
            reason = next((row.status for row in same if row.value is None), "too few sets")
            rows.append(dataclasses.replace(plain, value=None, status=reason or "too few sets"))
            continue
        mean, ends = float(np.mean(values)), next_set_interval(values, independence)
        found: Ends = *cut(first.metric, *ends), f"next of {len(values)} sets of training clips"
        if is_share(first.metric):
            # Of sets that are right to the last clip the next one need not be.
            found = widened(first.metric, mean, found, first.num_samples)
        low, high, interval = found
        rows.append(
            dataclasses.replace(
                plain, value=mean, ci_low=low, ci_high=high, interval=interval, status=setting.status
            )
        )
    return Job(rows, {}, {})


def outside(rows: Sequence[Row]) -> list[str]:
    """Returns the numbers for which real held-out clips do not lie where training clips say that real ones lie."""
    spread = {
        row.metric: (row.ci_low, row.ci_high)
        for row in rows
        if row.kind == SPREAD and row.ci_low is not None and row.ci_high is not None
    }
    found = []
    for row in rows:
        if row.kind != FLOOR or row.class_name or row.value is None or row.metric not in spread:
            continue
        low, high = spread[row.metric]
        # What is the same for all sets has an interval without width, whose ends are rounded.
        slack = 1e-9 * max(abs(low), abs(high))
        if not low - slack <= row.value <= high + slack:
            found.append(row.metric)
    return found


def _row(measured: Measured, metric, evidence, subject, setting, seconds) -> Row:
    """Returns the row of a number; one that is not finite gets none."""
    value, status = measured.value, measured.status
    if value is not None and not math.isfinite(value):
        value, status = None, status or "the result is not finite"
    low, high = measured.ci_low, measured.ci_high
    if value is None or low is None or high is None or not math.isfinite(low + high):
        low = high = None
    else:
        low, high = cut(measured.name, float(low), float(high))
    uses_classifier = "classifier" in measured.features
    kind = TIMING if metric.is_timing and subject.kind == MODEL else subject.kind
    num_samples = len(evidence.clips) if measured.num_samples is None else measured.num_samples
    row = Row(
        run=subject.run,
        step=subject.step,
        kind=kind,
        metric=measured.name,
        class_name=measured.class_name,
        value=None if value is None else float(value),
        ci_low=low,
        ci_high=high,
        interval="" if low is None else measured.interval,
        num_samples=num_samples,
        num_reference=measured.num_reference,
        splits=measured.splits,
        seed=setting.seed,
        features=measured.features,
        classifier=setting.classifier if uses_classifier else "",
        # Also of what is compared with nothing: the labels that were asked for are the reference's.
        reference="" if metric.is_timing else setting.reference,
        dataset=setting.dataset,
        split=setting.split,
        representation=setting.representation if subject.kind == MODEL else "",
        protocol=setting.protocol,
        status="; ".join(filter(None, [status, "" if metric.is_timing else setting.status])),
        version=setting.version,
        seconds=seconds,
    )
    return dataclasses.replace(row, fingerprint=_fingerprint(row, metric, setting))


def _fingerprint(row: Row, metric, setting: Setting) -> str:
    space = row.features.partition(":")[0]
    return fingerprint(
        {
            "metric": row.metric,
            "metric_version": metric.version,
            "parameters": parameters_of(metric),
            "protocol": row.protocol,
            "class_name": row.class_name,
            "num_samples": row.num_samples if not row.class_name else None,
            "num_reference": row.num_reference,
            "splits": row.splits,
            "seed": row.seed,
            "classifier": row.classifier,
            "features": row.features,
            "space": setting.spaces.get(space),
            "reference": row.reference,
        }
    )


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_STATUS else f"{text[: _LONGEST_STATUS - 1]}…"
