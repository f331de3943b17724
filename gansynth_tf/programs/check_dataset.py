"""`scripts/check_dataset.py`, the doctor: reads a data set as training would and tells what is odd about it."""

import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from gansynth_tf.data import cache_locks
from gansynth_tf.data.examination import examination, page, tables
from gansynth_tf.data.folder_listing import shown
from gansynth_tf.experiment import Experiment, specification
from gansynth_tf.options import UserError
from gansynth_tf.programs import command_line
from gansynth_tf.training.observers.progress import CountLine

USAGE = """\
python scripts/check_dataset.py --dataset=audio_folder --audio_folder.folder=recordings [--output_dir=O]
python scripts/check_dataset.py --flagfile=flags/genre.cfg

Reads a data set exactly as training with the same options would, and tells about clips, classes, levels and pitch:
what cannot be read, is silent, cut off, short, off centre, there twice, in two splits, at another rate or pitch than
it says, and what training will do about each.

It writes into the output folder
  page.png      one picture of all of it
  clips.csv     one line a clip: all that was measured
  findings.csv  one line a finding
and ends with status 0 if training would start, 1 if it would not (the reasons are told), 2 for a mistake in the
options. It changes no recording and trains nothing.
"""
_PARTS = ("labels", "representation", "loss", "training", "strategy", "growth", "mixture")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_check, arguments)


def program(*, flagfile: str = "", output_dir: str = "") -> None:
    """Stands for the program's own options.

    Args:
        flagfile: File of options, as flags/genre.cfg; experiment.cfg in a run's folder checks that run's data.
        output_dir: Folder for the page and the tables, made if needed. Empty is runs/check_ and the name of the
            flagfile, the folder or the data set.
    """


def _check(arguments: Sequence[str]) -> int:
    line = command_line.parse(arguments, program, specification(), USAGE)
    experiment = Experiment.from_settings(line.settings, line.given)
    name = _name(line)
    output_dir = Path(line.program["output_dir"] or Path("runs", re.sub(r"[^\w.-]+", "_", f"check_{name}")))
    try:
        output_dir.mkdir(parents=True, exist_ok=True)
        with _alone_in(output_dir):
            reasons, found = _examined(experiment, line.settings.get("cache_dir") or None)
            left_out = {} if found else _left_out(experiment)
            _write(output_dir, name, found, reasons, left_out)
    except OSError as error:
        what = f"{error.filename or output_dir}: {error.strerror or error}"
        raise UserError(f"{what}. Choose an --output_dir that can be written.") from error
    if found:
        print(tables.summary(found))
    print(f"\n{_written(found)} in {shown(str(output_dir))}")
    if not reasons:
        print("Training would start.")
        return command_line.DONE
    print("Training would not start:")
    for reason in reasons:
        print(f"  {reason}")
    return command_line.FAILED


@contextlib.contextmanager
def _alone_in(output_dir: Path) -> Iterator[None]:
    """Context that one check at a time is in, so that page and tables are of one data set."""
    path = output_dir / ".lock"
    with cache_locks.alone(path) as is_alone:
        if not is_alone:
            raise UserError(f"Another check writes to {output_dir}. Choose another --output_dir.")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _examined(experiment: Experiment, cache_dir: str | None):
    """Returns (why training would not start, one line each; the Examination, or None if the data set refuses)."""
    reasons: list[str] = []
    try:
        dataset = experiment.dataset
        dataset.prepare(cache_dir, _counted("Recordings", "files"))
        num_clips = sum(len(dataset.rows(split)) for split in dataset.splits)
        if not num_clips:
            raise UserError("The data set has no clips.")
    except UserError as error:
        return [_one_line(error)], None
    refused = set()
    for part in _PARTS:
        try:
            getattr(experiment, part)
        except UserError as error:
            reasons.append(_one_line(error))
            refused.add(part)
    try:
        experiment.check()
    except UserError as error:
        reasons.append(_one_line(error))
    labels = None if "labels" in refused else experiment.labels
    lines = {"reading": _counted("Clips", "clips"), "comparing": _counted("Alike", "pairs")}
    found = examination.examine(dataset, labels, lambda what, done, total: lines[what](done, total))
    if "train" not in dataset.splits:
        reasons.append("The split train has no clips. Nothing can be learnt.")
    for finding in found.findings:
        if finding.kind in ("unreadable", "not_finite") and finding.place >= 0:
            clip = found.clips[finding.place]
            if clip.split == "train" and found.used["train"][clip.index]:
                reasons.append(f"{shown(finding.clip)}: {shown(finding.value)}")
    return list(dict.fromkeys(reasons)), found


def _left_out(experiment):
    """Returns what a data set that refuses leaves out, as far as it knows."""
    try:
        return experiment.dataset.left_out
    except UserError:
        return {}


def _write(output_dir, name, found, reasons, left_out):
    """Writes the page and the tables."""
    tables.write_findings(output_dir / "findings.csv", found, reasons, left_out)
    if found:
        tables.write_clips(output_dir / "clips.csv", found)
        page.write_page(output_dir / "page.png", found, name, reasons)


def _written(found):
    return "page.png, clips.csv and findings.csv are" if found else "findings.csv is"


def _name(line) -> str:
    """Returns what the examination is called: after the flagfile, or the data sets."""
    if line.program["flagfile"]:
        path = Path(line.program["flagfile"])
        return path.parent.name if path.name == "experiment.cfg" and path.parent.name else path.stem
    dataset = line.settings["dataset"]
    keys = dataset if isinstance(dataset, tuple) else (dataset,)
    folders = [line.settings.get(f"{key}.folder") for key in keys]
    return "_".join(
        Path(folder).resolve().name if folder else key for key, folder in zip(keys, folders, strict=True)
    )


def _counted(what: str, things: str) -> CountLine:
    """Returns what shows how far the work is, beside the results: on stderr."""
    return CountLine(what, things, lambda line: print(line, file=sys.stderr, flush=True), sys.stderr)


def _one_line(error: UserError) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
