"""`eval/evaluate.py` and `gansynth-evaluate`: every metric of a protocol, to CSV, JSON and a page."""

import dataclasses
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gansynth_tf.evaluation.suite.metrics_catalogue import METRICS, check_keys
from gansynth_tf.evaluation.suite.protocols import PROTOCOLS
from gansynth_tf.experiment import Experiment, specification
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs import command_line
from gansynth_tf.programs.evaluated_clips import NEWEST, RunSource
from gansynth_tf.programs.evaluated_folder import FolderSource
from gansynth_tf.programs.evaluation_setup import Setup
from gansynth_tf.programs.evaluation_work import Evaluation


def _lines(texts: Mapping[str, str]) -> str:
    """Returns a table of two columns, as --help shows it."""
    indent = " " * 12
    return "\n".join(
        textwrap.fill(text, 110, initial_indent=f"  {key:<10}", subsequent_indent=indent)
        for key, text in texts.items()
    )


USAGE = f"""\
python eval/evaluate.py --run_dir=runs/a --classifier_dir=runs/classifiers/a
python eval/evaluate.py --run_dir=runs/a --classifier_dir=runs/classifiers/a --checkpoints=all
python eval/evaluate.py --audio_dir=clips --flagfile=runs/a/experiment.cfg --classifier_dir=runs/classifiers/a

Measures generated clips against real ones: of a run's newest save, of all its saves (a sweep, which names the best and
says whether training still helps), or of a folder of wavs with labels.csv, as generate.py writes one. Train the
classifier first, by eval/train_classifier.py; without one, what needs it stays empty.

Protocols (--protocol):
{_lines({key: protocol.description for key, protocol in PROTOCOLS.items()})}
Metrics (--metrics=a,b; without it, the protocol's own):
{textwrap.fill(", ".join(METRICS), 110, initial_indent="  ", subsequent_indent="  ")}

Each number stands beside the same number of real held-out clips (the floor: kind "floor") and of several sets of
training clips (kind "spread", whose interval is where real clips lie), of as many clips: all sets have the size of the
smallest, which the column status tells. A number that cannot be had is empty, and status says why.

It writes into the folder
  index.html       the page: numbers beside published ones, curves, sounds and pictures, offline; media/ belongs to it
  evaluation.csv   one row a number; evaluation.json holds the same
  rows.jsonl       the same as they were found: Ctrl-C or a kill loses one metric at most, the next start goes on
  evidence.npz     labels that were asked for, seeds, permutations, subsets, centres
  features/        features of real clips, some 75 kB a clip, for the next start
The same seed gives the same table, but for the column seconds and the rows of kind "timing". eval/README.md says what
may be compared; eval/compare.py compares.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_evaluate, arguments)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The program's own options, and what others ask of an evaluation.

    Args:
        flagfile: With --audio_dir, the file of options that says which data set the clips are compared with, as
            experiment.cfg in a run's folder.
        run_dir: Folder of the run.
        checkpoints: Which saves: newest, all, or numbers of images with commas. Training keeps few of them unless it
            is told --keep_images=N.
        audio_dir: Folder of wavs with labels.csv, instead of a run.
        classifier_dir: Folder of the classifier that listens.
        protocol: What is measured on how many clips.
        metrics: Keys of metrics, instead of all of the protocol's.
        num_samples: Clips of each set, instead of the protocol's number; 0 keeps that.
        seed: Of the clips that are made, of the real ones that are drawn, and of all that metrics draw.
        output_dir: Folder of the results. Empty is evaluation in the folder of the run or of the wavs; a protocol
            other than the default has its name added.
        floor: Measure real clips as well. Without them, sets may be larger than the test split.
        num_splits: Sets of training clips that tell how much the numbers of real clips vary; 0 for none.
        max_train_clips: At most so many training clips among which copies are looked for; 0 for all.
        keep_features: Keep the features of generated clips too, some 100 kB a clip, so that another metric needs not
            make the clips again.
    """

    flagfile: str = ""
    run_dir: str = ""
    checkpoints: tuple[str, ...] = (NEWEST,)
    audio_dir: str = ""
    classifier_dir: str = ""
    protocol: str = "default"
    metrics: tuple[str, ...] = ()
    num_samples: int = 0
    seed: int = 0
    output_dir: str = ""
    floor: bool = True
    num_splits: int = 5
    max_train_clips: int = 10000
    keep_features: bool = False


def _evaluate(arguments: Sequence[str]) -> int:
    line = command_line.parse(arguments, Options, specification(), USAGE)
    told, experiment = Options(**line.program), None
    # The seed of an evaluation has the name of an experiment's, which says nothing of data.
    given = line.given - {"seed"}
    if told.audio_dir:
        if told.run_dir:
            raise UserError("--run_dir and --audio_dir exclude each other: give one of them.")
        if not told.flagfile and not given:
            raise UserError(
                "--audio_dir needs the data set that the clips are compared with: --flagfile=FILE, as "
                "runs/a/experiment.cfg, or --dataset and its options."
            )
        experiment = Experiment.from_settings(line.settings, given)
    elif told.flagfile or given:
        raise UserError("A run knows its own data: --flagfile and options of data belong to --audio_dir.")
    return run(told, experiment)


def run(told: Options, experiment: Experiment | None = None) -> int:
    """Evaluates, writes all files, and returns the exit status.

    Args:
        told: What is asked for. Its flagfile is not read here: `experiment` stands for it.
        experiment: With `audio_dir`, what the clips are compared with. With `run_dir`, the run's own where it is open
            already, as during training; None opens it.

    Raises:
        UserError: If an option is wrong, before any work.
        WorkFailed: If work that had begun cannot be finished.
    """
    _check(told)
    if told.run_dir:
        source: RunSource | FolderSource = RunSource(told.run_dir, told.checkpoints, experiment)
    else:
        if experiment is None:
            raise UserError("--audio_dir needs the data set that the clips are compared with.")
        source = FolderSource(told.audio_dir, experiment)
    classifier, facts = opened_classifier(told.classifier_dir, source.sample_rate, source.length_samples)
    setup = Setup(
        source,
        classifier,
        facts,
        PROTOCOLS[told.protocol],
        told.metrics,
        num_samples=told.num_samples,
        seed=told.seed,
        floor=told.floor,
        num_splits=told.num_splits,
        max_train_clips=told.max_train_clips,
    )
    work = Evaluation(setup, _output_dir(told), keep_features=told.keep_features)
    try:
        return work.run()
    except OSError as error:
        raise WorkFailed(f"{error.filename or work.folder}: {error.strerror or error}.") from error


def _check(told: Options) -> None:
    """Raises UserError if an option cannot be what it is."""
    if bool(told.run_dir) == bool(told.audio_dir):
        raise UserError("Expected --run_dir or --audio_dir: what is to be evaluated. --help tells more.")
    check_choices(told.protocol, told.metrics)
    numbers = told.num_samples, told.seed, told.max_train_clips, told.num_splits
    if min(numbers) < 0 or told.num_splits == 1:
        raise UserError(
            "--num_samples, --seed and --max_train_clips take whole numbers from 0, --num_splits 0 or at least 2. "
            f"Received: {', '.join(map(str, numbers))}."
        )


def _output_dir(told: Options) -> Path:
    """Returns the folder of the results."""
    name = "evaluation" if told.protocol == "default" else f"evaluation_{told.protocol}"
    return Path(told.output_dir) if told.output_dir else Path(told.run_dir or told.audio_dir) / name


def check_choices(protocol: str, metrics: Sequence[str] = ()) -> None:
    """Raises UserError if there is no such protocol or metric."""
    if protocol not in PROTOCOLS:
        raise UserError(f"--protocol takes one of {', '.join(PROTOCOLS)}. Received: {protocol!r}.")
    check_keys(metrics)


def opened_classifier(
    classifier_dir: str, sample_rate: int, length_samples: int
) -> tuple[Classifier | None, dict[str, Any]]:
    """Returns a classifier and the facts beside it; (None, {}) if none is named.

    Raises:
        UserError: If there is none, or it hears clips of another rate or length.
    """
    if not classifier_dir:
        return None, {}
    try:
        classifier, facts = Classifier.load(classifier_dir)
    except ValueError as error:
        raise UserError(f"--classifier_dir={classifier_dir}: {error}") from error
    if (classifier.length_samples, classifier.sample_rate) != (length_samples, sample_rate):
        raise UserError(
            f"--classifier_dir={classifier_dir}: expected a classifier of {length_samples} samples at {sample_rate} "
            f"Hz, as the clips are. Received: {classifier.length_samples} samples at {classifier.sample_rate} Hz. "
            "Train one by eval/train_classifier.py with the same data."
        )
    return classifier, facts


if __name__ == "__main__":
    sys.exit(main())
