"""`eval/score_runs.py`: one table of what the clips of several runs are worth."""

import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gansynth_tf import synthesis
from gansynth_tf.audio import files
from gansynth_tf.evaluation import score_pictures, score_table, scores
from gansynth_tf.evaluation import score_references as references
from gansynth_tf.evaluation.score_table import MUST_FAIL, REFERENCE, RUN, ScoreTable
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs import command_line, scored_runs
from gansynth_tf.programs.scored_runs import ScoredRun
from gansynth_tf.training.observers.progress import CountLine, duration

USAGE = """\
python eval/score_runs.py --run_dirs=runs/a,runs/b --classifier_dir=runs/classifiers/a --output_csv=runs/scores.csv

Draws clips of every class from the newest save of each run, none chosen and none left out, and measures
  accuracy   how often the classifier hears what was asked for
  within     how different clips of one class are, divided by the same for real held-out clips
  density    how near the clips lie to real ones, in the classifier's features
  coverage   how many of the kinds of real clips are reached
  nearest    how far the clips are from the nearest training clip: 0 is a copy
each with a 95 % interval; the last three are divided by what other real training clips have, so that 1 is as good as
real. Beside the runs stand real clips, real clips through each run's representation and back, and what must fail.
eval/README.md says more. Train the classifier first, by eval/train_classifier.py.

It writes beside the table, under its name
  X.csv               one row a run, written as soon as the run is done: what was done is not done again
  X.md, X.png         the same for people, and as bars
  X_spectrograms.png  pictures of a few clips
  X_clips/            a few clips of every class as wavs
The runs must have learnt from the same clips. The same seed gives the same table.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_score, arguments)


def program(
    *,
    run_dirs: tuple[str, ...] = (),
    classifier_dir: str = "",
    output_csv: str = "",
    num_samples: int = 1000,
    seed: int = 0,
    num_wavs: int = 2,
    references: bool = True,
    max_train_clips: int = 10000,
) -> None:
    """Stands for the program's options.

    Args:
        run_dirs: Folders of the runs, with commas.
        classifier_dir: Folder of the classifier that listens.
        output_csv: The table. One that is there is gone on with: runs whose save is in it are not scored again.
        num_samples: Clips of each run, and of each set of real clips they are compared with.
        seed: Of the clips that are made and of the real ones that are drawn.
        num_wavs: Clips of each class that are stored for listening.
        references: Score real clips, round trips and what must fail as well.
        max_train_clips: At most so many training clips among which copies are looked for.
    """


def _score(arguments: Sequence[str]) -> int:
    told = command_line.parse(arguments, program, usage=USAGE).program
    for name in ("run_dirs", "classifier_dir", "output_csv"):
        if not told[name]:
            raise UserError(f"Expected --{name}. --help tells what it is.")
    if told["num_samples"] < scores.LEAST_CLIPS or min(told["seed"], told["num_wavs"]) < 0:
        raise UserError(
            f"--num_samples takes a whole number from {scores.LEAST_CLIPS}, --seed and --num_wavs from 0. "
            f"Received: {told['num_samples']}, {told['seed']}, {told['num_wavs']}."
        )
    output = Path(told["output_csv"])
    if output.suffix != ".csv":
        raise UserError(f"--output_csv takes a file whose name ends in .csv. Received: {output}.")
    runs = scored_runs.opened(told["run_dirs"])
    try:
        classifier, facts = Classifier.load(told["classifier_dir"])
    except ValueError as error:
        raise UserError(f"--classifier_dir={told['classifier_dir']}: {error}") from error
    labels = scored_runs.check_classifier(runs, classifier, told["classifier_dir"])
    scored_runs.check_comparable(runs)
    _tell_about_classifier(facts, labels, runs[0].experiment.dataset.fingerprint())
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        return _Scoring(runs, classifier, labels, told, output).run()
    except OSError as error:
        raise WorkFailed(f"{error.filename or output}: {error.strerror or error}.") from error


class _Scoring:
    """The work of one call.

    Args:
        runs: Comparable runs.
        classifier: That hears them.
        labels: Those of the runs' labels that it knows.
        told: The program's options.
        output: The CSV.
    """

    def __init__(self, runs: Sequence[ScoredRun], classifier, labels, told, output: Path):
        self._runs, self._classifier, self._labels, self._told = runs, classifier, labels, told
        self._experiment = runs[0].experiment
        self._stem = output.with_suffix("")
        identity = {
            "num_samples": told["num_samples"],
            "seed": told["seed"],
            "classifier": classifier.weights_hash,
            "data": self._experiment.dataset.fingerprint(),
            "scores_version": score_table.SCORES_VERSION,
        }
        self._table = ScoreTable(output, labels, identity)

    def run(self) -> int:
        """Scores what is not in the table yet, writes all files, and returns the exit status."""
        experiment, told = self._experiment, self._told
        self._prepare()
        reals, held_out, training = references.real_clips(
            experiment.dataset,
            experiment.labels,
            self._classifier,
            told["num_samples"],
            seed=told["seed"],
            max_train_clips=told["max_train_clips"],
            count=_counted,
        )
        asked = references.asked_rows(experiment.labels.rows("train"), told["num_samples"], told["seed"])
        self._score_runs(asked, reals)
        if told["references"]:
            self._score_references(reals, held_out, training)
        self._write_pages()
        print(score_table.markdown(self._table.rows, self._labels), end="", flush=True)
        print(f"Written: {self._table.path}, and what else begins with {self._stem}.")
        return command_line.DONE

    def _prepare(self):
        cache_dir = self._experiment.training.cache_dir
        counted = _counted("Recordings", "files")
        self._experiment.dataset.prepare(
            cache_dir if cache_dir and Path(cache_dir).is_dir() else None, counted
        )
        counted.close()

    def _score_runs(self, asked, reals):
        """Scores the runs whose save is not in the table yet, and tells how long the others will take."""
        began, num_scored = time.monotonic(), 0
        for number, run in enumerate(self._runs, 1):
            is_new = self._score_run(run, asked, reals, f"Run {number} of {len(self._runs)}, {run.name}")
            num_scored += is_new
            left = len(self._runs) - number
            if is_new and left:
                self._write_pages()
                seconds = (time.monotonic() - began) / num_scored * left
                print(f"{left} more to score, about {duration(seconds)}.", flush=True)

    def _score_run(self, run: ScoredRun, asked, reals, what) -> bool:
        """Scores a run and returns True, unless its save is in the table already."""
        instrument = synthesis.load(run.folder)
        for note in instrument.notes:
            print(note, file=sys.stderr)
        if self._table.known(run.name, instrument.num_images):
            print(f"{what}: in the table already, at {instrument.num_images:,} images.", flush=True)
            return False
        audio = scored_runs.played(instrument, asked, self._told["seed"], _counted(what))
        facts = {
            "num_images": instrument.num_images,
            "seconds_trained": run.seconds_trained(instrument.num_images),
            **run.parameters(),
        }
        self._write_wavs(run.name, audio, asked)
        num_broken = int(np.sum(~np.isfinite(audio).all(axis=1)))
        if num_broken:
            # A number over the others would look like that of a run that works.
            said = [f"{num_broken} of {len(audio)} clips are not finite: no numbers"]
            self._table.put(run.name, RUN, said, facts)
            return True
        self._put(run.name, RUN, scores.Clips.measured(audio, asked, self._classifier), reals, facts=facts)
        return True

    def _score_references(self, reals, held_out, training):
        asked = reals.held_out.asked
        if not self._table.known(references.HELD_OUT, None):
            self._write_wavs(references.HELD_OUT, held_out, asked)
            self._put(references.HELD_OUT, REFERENCE, reals.held_out, reals)
        if not self._table.known(references.TRAINING, None):
            self._write_wavs(references.TRAINING, training, reals.others.asked)
            self._put(references.TRAINING, REFERENCE, reals.others, reals, reals.others_nearest)
        missing = {
            name: representation
            for name, representation in scored_runs.representations(self._runs).items()
            if not self._table.known(references.THROUGH + name, None)
        }
        for name, clips, audio in references.round_trips(held_out, asked, missing, self._classifier):
            self._write_wavs(name, audio, asked)
            self._put(name, REFERENCE, clips, reals)
        failures = references.planted_failures(held_out, reals, self._classifier, self._told["seed"])
        for name, clips, nearest in failures:
            if not self._table.known(name, None):
                self._put(name, MUST_FAIL, clips, reals, nearest)

    def _put(self, name, kind, clips, reals, nearest=None, facts=None):
        """Measures a set of clips, and puts it into the table and on the screen."""
        found = scores.scores(clips, reals, nearest, seed=self._told["seed"])
        self._table.put(name, kind, scores.remarks(found), found | (facts or {}))
        row = next(row for row in self._table.rows if row["name"] == name)
        shown = [f"accuracy/{label}" for label in self._labels] + list(score_table.RATIOS)
        numbers = [f"{one.replace('accuracy/', '')} {score_table.with_interval(row, one)}" for one in shown]
        print("; ".join([f"{name}: {', '.join(numbers)}", *filter(None, [row["remarks"]])]), flush=True)

    def _write_wavs(self, name, audio, asked):
        """Writes the first clips of each class, made quieter where their peak is over full scale."""
        folder = self._clips_folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        labels = self._experiment.labels.classes
        written: dict[str, int] = {}
        for clip, row in zip(audio, asked, strict=True):
            first = next(iter(labels.values()))[row[0]] if labels and row[0] >= 0 else "clip"
            number = written.get(first, 0)
            if number >= self._told["num_wavs"] or not np.isfinite(clip).all():
                continue
            written[first] = number + 1
            peak = max(1.0, float(np.max(np.abs(clip))))
            path = folder / f"{_spelt_for_files(first)}_{number}.wav"
            files.write(path, clip / peak, self._experiment.sample_rate)

    def _clips_folder(self, name) -> Path:
        return self._stem.with_name(f"{self._stem.name}_clips") / _spelt_for_files(name)

    def _write_pages(self):
        rows, stem = self._table.rows, self._stem
        stem.with_name(f"{stem.name}.md").write_text(
            score_table.markdown(rows, self._labels), encoding="utf-8"
        )
        score_pictures.save_bars(stem.with_name(f"{stem.name}.png"), rows, self._labels)
        folders = [(row["name"], self._clips_folder(row["name"])) for row in rows]
        sheet = stem.with_name(f"{stem.name}_spectrograms.png")
        score_pictures.save_sheet(sheet, folders, self._experiment.sample_rate)


def _tell_about_classifier(facts, labels, fingerprint):
    """Says how good the classifier is, and whether it was trained on the same clips."""
    accuracies = facts.get("held_out_accuracy", {})
    shown = ", ".join(f"{name} {accuracies[name]:.4f}" for name in labels if name in accuracies)
    print(f"The classifier's accuracy on held-out clips: {shown or 'not known'}.", flush=True)
    if facts.get("dataset_fingerprint") != fingerprint:
        print(
            "Note: it was trained on other clips than the runs, so that this may not hold here; the row of real "
            "held-out clips tells.",
            flush=True,
        )


def _counted(what: str, things: str = "clips") -> CountLine:
    return CountLine(what, things, _announce, sys.stdout)


def _announce(line: str) -> None:
    print(line, flush=True)


def _spelt_for_files(name: str) -> str:
    """Returns `name` as a part of a path: what files may not be called is replaced."""
    return re.sub(r"[^\w.()+-]+", "_", name)
