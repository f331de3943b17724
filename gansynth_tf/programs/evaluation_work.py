"""The work of one evaluation: real clips, then each checkpoint, metric by metric; then the files."""

import dataclasses
import functools
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gansynth_tf.evaluation.features import content_hash
from gansynth_tf.evaluation.remarks import remarks
from gansynth_tf.evaluation.suite.evidence import Evidence
from gansynth_tf.evaluation.suite.measuring import Job, Subject, measured_job, spread_job
from gansynth_tf.evaluation.suite.metrics_catalogue import parameters_of
from gansynth_tf.evaluation.suite.protocols import Asked
from gansynth_tf.evaluation.suite.rows import FLOOR, MODEL, SPREAD, Row, RowStore
from gansynth_tf.evaluation.suite.sweep import swept
from gansynth_tf.locks import FolderLock
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs import command_line, evaluation_files
from gansynth_tf.programs.evaluation_sets import forget
from gansynth_tf.programs.evaluation_setup import Setup, announce
from gansynth_tf.training.observers.progress import duration

IDENTITY = "identity"
HELD_OUT, TRAINING = "real, held out", "real, training"
_KINDS = (MODEL, FLOOR, SPREAD)


@dataclasses.dataclass(frozen=True)
class Plan:
    """One job: a metric on one set of clips.

    Args:
        name: Of the job, once and for all.
        asked: The metric with its parameters.
        subject: Whose clips.
    """

    name: str
    asked: Asked
    subject: Subject


class Evaluation:
    """The work of one call.

    Args:
        setup: What is measured, how, and on which clips.
        folder: Of the results.
        keep_features: Whether features of generated clips stay.
    """

    def __init__(self, setup: Setup, folder: Path, *, keep_features: bool):
        self._setup, self._source = setup, setup.source
        self.folder = folder
        self._keep_features = keep_features

    def run(self) -> int:
        """Measures what is not measured yet, writes all files, and returns the exit status.

        Raises:
            UserError: If another process evaluates into the folder, before any work; or if there is another mistake.
        """
        with FolderLock(self.folder, "is evaluating into", "--output_dir"):
            return self._run()

    def _run(self):
        setup = self._setup
        setup.prepare(self.folder / "features" / "real")
        self._store = RowStore(self.folder)
        self._check_identity()
        self._plans = self._all_plans()
        self._progress = _Progress(self._missing(self._plans))
        if self._missing(self._plans):
            setup.evaluated.read()
            self._measure_held_out()
            self._measure_splits()
            for step in self._source.steps:
                self._measure_or_leave_out(step)
        self._write()
        return command_line.DONE

    def _check_identity(self):
        """Refuses to go on with an evaluation of other clips, or by another seed."""
        identity = self._setup.identity()
        if IDENTITY not in self._store:
            self._store.put(IDENTITY, [], identity)
        self._setup.refuse_other(self._store.shown(IDENTITY), self.folder)

    def _all_plans(self) -> list[Plan]:
        """Returns all jobs: each checkpoint's, then those of real clips."""
        setup, source = self._setup, self._source
        subjects = [
            (Subject(source.name, step, MODEL), source.facts(step, setup.rows, setup.seed))
            for step in source.steps
        ]
        if len(setup.sets.held_out):
            subjects.append((Subject(HELD_OUT, None, FLOOR), {}))
        if setup.sets.splits:
            subjects.append((Subject(TRAINING, None, SPREAD), {}))
        return [
            self._plan(asked, subject, facts)
            for subject, facts in subjects
            for asked in setup.asked
            if subject.kind == MODEL or not setup.metrics[asked.metric].is_timing
        ]

    def _plan(self, asked, subject, facts):
        metric = self._setup.metrics[asked.metric]
        parts = {"version": metric.version, "parameters": parameters_of(metric)}
        parts |= {"num_samples": asked.num_samples, "num_reference": asked.num_reference}
        hashes = content_hash(parts)[:12], content_hash(facts)[:12]
        return Plan("|".join((subject.kind, _spelt(subject.step), asked.metric, *hashes)), asked, subject)

    def _missing(self, plans) -> list[Plan]:
        return [plan for plan in plans if plan.name not in self._store]

    def _of(self, kind, step=None) -> list[Plan]:
        return [plan for plan in self._plans if (plan.subject.kind, plan.subject.step) == (kind, step)]

    def _measure_held_out(self):
        missing = self._missing(self._of(FLOOR))
        if missing:
            evidence = self._setup.evaluated.held_out()
            for plan in missing:
                self._keep(plan, self._measured(plan, evidence))

    def _measure_splits(self):
        missing, setup = self._missing(self._of(SPREAD)), self._setup
        if missing:
            sets = setup.evaluated.splits(self._floor())
            for plan in missing:
                metric, independence = setup.metrics[plan.asked.metric], setup.sets.independence
                job = spread_job(metric, plan.asked, sets, independence, plan.subject, setup.setting)
                self._keep(plan, job)

    def _measure_or_leave_out(self, step):
        """Measures a checkpoint; of several, one that cannot be read any more is left out."""
        try:
            self._measure_model(step)
        except UserError as error:
            if len(self._source.steps) == 1 or isinstance(error, WorkFailed):
                raise
            announce(f"Note: {step:,} images are left out: {error}")

    def _measure_model(self, step):
        """Measures the clips of a checkpoint, or of the folder."""
        missing, setup = self._missing(self._of(MODEL, step)), self._setup
        what = self._source.name if step is None else f"{self._source.name}, {step:,} images"
        if not missing:
            announce(f"{what}: measured already.")
            return
        began = time.monotonic()
        clips = self._source.clips(step, setup.rows, setup.seed)
        folder = self.folder / "features" / ("clips" if step is None else f"images-{step:09d}")
        evidence = setup.evaluated.model(clips, what, self._floor(), folder)
        self._progress.made(missing[0].subject, time.monotonic() - began)
        for plan in missing:
            self._keep(plan, self._measured(plan, evidence))
        if not self._keep_features:
            forget(folder)
        if len(self._source.steps) > 1:
            evaluation_files.write_tables(self.folder, self._rows(), setup.facts())

    def _floor(self) -> dict[str, float]:
        """Returns {number: its value for real held-out clips}."""
        rows = self._store.rows(plan.name for plan in self._of(FLOOR))
        return {row.metric: row.value for row in rows if row.value is not None and not row.class_name}

    def _measured(self, plan: Plan, evidence: Evidence) -> Job:
        metric = self._setup.metrics[plan.asked.metric]
        return measured_job(metric, plan.asked, evidence, plan.subject, self._setup.setting)

    def _keep(self, plan: Plan, job: Job):
        """Puts what a job found on the disk, and on the screen."""
        evaluation_files.keep_drawn(self.folder, _file_name(plan.name), job.drawn)
        self._store.put(plan.name, job.rows, job.shown)
        announce(self._progress.done(plan, job.rows))

    def _clips_of(self, step) -> str:
        """Returns what stands for the clips of a checkpoint, or of the folder, in the names of jobs and sounds."""
        return self._of(MODEL, step)[0].name.rpartition("|")[2]

    def _jobs(self) -> dict[tuple[str, str, str], str]:
        """Returns {(kind, step, metric): job}, of all calls so far; the jobs of this call come first.

        Jobs on other clips under the same name are left out: a run that was trained anew, wavs that were changed.
        """
        current = {_spelt(step): self._clips_of(step) for step in self._source.steps}
        jobs = {}
        for name in [*self._store.jobs, *(plan.name for plan in self._plans)]:
            if name != IDENTITY and name in self._store:
                kind, step, key, _, clips = name.split("|")
                if kind != MODEL or current.get(step, clips) == clips:
                    jobs[kind, step, key] = name
        order = [asked.metric for asked in self._setup.asked]

        def place(parts):
            kind, step, key = parts
            return _KINDS.index(kind), int(step or 0), order.index(key) if key in order else len(order), key

        return {parts: jobs[parts] for parts in sorted(jobs, key=place)}

    def _rows(self) -> list[Row]:
        """Returns the rows of all calls so far, checkpoints first."""
        return self._store.rows(self._jobs().values())

    def _write(self):
        """Writes all files, and tells what was found."""
        setup, jobs, rows = self._setup, self._jobs(), self._rows()
        evaluation_files.write_tables(self.folder, rows, setup.facts())
        named = {"/".join(filter(None, parts)): _file_name(job) for parts, job in jobs.items()}
        evaluation_files.write_evidence(self.folder, setup.drawn(), named)
        sweep = swept(rows)
        # The best one may be of an earlier call, and its save gone.
        steps = [step for step in self._source.steps if not self._missing(self._of(MODEL, step))]
        steps = [sweep.best.step] if sweep and sweep.best.step in steps else steps or [self._source.steps[-1]]
        step = steps[-1]
        shown: dict[str, Any] = {}
        for (kind, its_step, _), job in jobs.items():
            if kind == MODEL and its_step == _spelt(step):
                shown |= self._store.shown(job)
        self._write_page(rows, step, shown, sweep)
        if sweep:
            announce(sweep.text)
        for line in [*remarks(rows), *setup.told_of_real(rows)]:
            announce(f"Note: {line}")
        announce(f"Written: {self.folder / evaluation_files.CSV_NAME}, and index.html beside it.")

    def _write_page(self, rows, step, shown, sweep):
        setup = self._setup
        warnings = [*setup.warnings, *remarks(rows), *setup.told_of_real(rows)]
        data = setup.page_data(rows, warnings, step, shown, sweep)
        played: dict[str, Any] = {}

        def play(number):
            if not played:
                played["clips"] = self._source.clips(step, setup.rows, setup.seed)
            return played["clips"].play([number])[0]

        name = "clips" if step is None else f"images-{step:09d}"
        # Other clips under the same name have other sounds.
        name = f"{name}-{self._clips_of(step)}"
        write = functools.partial(evaluation_files.write_page_files, self.folder, data)
        try:
            write(shown, self._source.sample_rate, name, play, setup.training_clip)
        except UserError as error:
            if isinstance(error, WorkFailed):
                raise
            # A run that is still trained may have removed the save that was measured.
            announce(f"Note: the page is without sounds: {error}")
            write({}, self._source.sample_rate, name, play, setup.training_clip)


class _Progress:
    """Tells what was found, how many jobs are left, and about how long they take.

    Args:
        plans: Jobs that are not done yet.
    """

    def __init__(self, plans: Sequence[Plan]):
        self._left = list(plans)
        self._total = len(self._left)
        self._job_seconds: dict[tuple[str, str], float] = {}
        self._set_seconds: dict[Subject, float] = {}

    def made(self, subject: Subject, seconds: float) -> None:
        """Takes in how long it took to make a set of clips and to take it to features."""
        self._set_seconds[subject] = seconds

    def done(self, plan: Plan, rows: Sequence[Row]) -> str:
        """Returns a line about a job that is done."""
        self._job_seconds[plan.subject.kind, plan.asked.metric] = sum(row.seconds or 0.0 for row in rows)
        self._left.remove(plan)
        shown = [row for row in rows if not row.class_name][:2]
        text = "; ".join(f"{row.metric} {_told(row)}" for row in shown)
        where = plan.subject.run if plan.subject.step is None else f"{plan.subject.step:,} images"
        line = f"[{self._total - len(self._left)} of {self._total}] {where}: {text}"
        return line + (f"; {self._time_left()} left" if self._left else "")

    def _time_left(self) -> str:
        """Returns the time that jobs like those done will take, and sets of clips like those made."""
        known = self._job_seconds
        mean = sum(known.values()) / len(known)
        alike = {metric: seconds for (_, metric), seconds in known.items()}
        keys = [(plan.subject.kind, plan.asked.metric) for plan in self._left]
        seconds = sum(known.get(key, alike.get(key[1], mean)) for key in keys)
        models = [its for subject, its in self._set_seconds.items() if subject.kind == MODEL]
        unmade = {
            plan.subject for plan in self._left if plan.subject.kind == MODEL
        } - self._set_seconds.keys()
        if unmade and not models:
            return f"at least {duration(seconds)}"
        return f"about {duration(seconds + len(unmade) * sum(models) / max(1, len(models)))}"


def _told(row: Row) -> str:
    if row.value is None:
        return f"none ({row.status})"
    if row.ci_low is None or row.ci_high is None:
        return f"{row.value:.4g}"
    return f"{row.value:.4g} ({row.ci_low:.4g} to {row.ci_high:.4g})"


def _spelt(step: int | None) -> str:
    return "" if step is None else str(step)


def _file_name(job: str) -> str:
    return re.sub(r"[^\w.-]+", "-", job)
