"""`train.py` and `gansynth-train`: train a model, or go on with a run."""

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gansynth_tf import flagfiles, options
from gansynth_tf.experiment import FLAGFILE_NAME, Experiment, specification
from gansynth_tf.locks import FolderLock
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs import command_line, forecast
from gansynth_tf.programs.observers import make_observers
from gansynth_tf.training import loop, session, transfer
from gansynth_tf.training.observers.progress import CountLine
from gansynth_tf.training.source import is_same_folder

USAGE = """\
python train.py --flagfile=flags/genre.cfg [--run_dir=R] [--dry_run] [--name=value ...]

Trains a model, or goes on with the run in --run_dir from its last save. Ctrl-C saves first.
What is given on the command line wins over the flagfile.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_train, arguments)


def program(*, flagfile: str = "", run_dir: str = "", dry_run: bool = False) -> None:
    """Stands for the program's own options.

    Args:
        flagfile: File of options, as flags/genre.cfg; experiment.cfg in a run's folder goes on with that run.
        run_dir: Folder of the run. Empty is runs/ and the flagfile's name; without a flagfile, runs/genre.
        dry_run: Build everything, print shapes, parameters, memory and a forecast of the time, and end. Where a
            dataset knows its classes from its options, its recordings need not be there.
    """


def _train(arguments: Sequence[str]) -> int:
    line = command_line.parse(arguments, program, specification(), USAGE)
    experiment = Experiment.from_settings(line.settings, line.given)
    run_dir = run_directory(line.program["flagfile"], line.program["run_dir"])
    _check_directory(run_dir)
    saved = _saved_settings(run_dir)
    if saved is not None:
        _compare(saved, experiment, run_dir)
    experiment = _with_source(experiment, saved, run_dir)
    experiment.planning = line.program["dry_run"]
    experiment.check()
    cache_dir = _cache_dir(experiment, run_dir)
    try:
        if line.program["dry_run"]:
            return _dry_run(experiment, run_dir, cache_dir)
        return _locked_run(experiment, run_dir, cache_dir)
    except loop.TrainingDiverged as error:
        raise WorkFailed(str(error)) from error
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        saved_too = " The last save is good." if saved is not None else ""
        raise WorkFailed(f"{error.strerror or error}{where}.{saved_too}") from error


def _dry_run(experiment: Experiment, run_dir: Path, cache_dir: Path) -> int:
    # Nothing is written but what reading the recordings told, and that only where there is a cache already.
    _read_recordings(experiment, cache_dir if cache_dir.is_dir() else None)
    if experiment.missing:
        texts = [experiment.dataset.report()]
    else:
        session.known_record(experiment, run_dir, _announce)
        texts = [experiment.dataset.report(), experiment.labels.report()]
    for text in (*texts, forecast.report(experiment)):
        _announce(text)
    for line in _what_is_taken_over(experiment, run_dir):
        _announce(line)
    return command_line.DONE


def _what_is_taken_over(experiment: Experiment, run_dir: Path) -> list[str]:
    """Returns what a new run would take over from its source, as lines of text; none without a source."""
    if not experiment.training.init_from or session.has_save(run_dir):
        return []
    source, channels = experiment.source(), experiment.representation.shape[-1]
    architecture = experiment.architecture((1.0,) * channels, (0.0,) * channels)
    fresh = transfer.first_arrays(architecture)
    taken = transfer.TakenOver(source, fresh, architecture.named_slices(), experiment.labels.classes)
    return taken.lines() + transfer.growth_lines(source, architecture, experiment.growth)


def run_directory(flagfile: str, run_dir: str) -> Path:
    """Returns the folder of the run: as given, or after the flagfile."""
    if run_dir:
        return Path(run_dir)
    if not flagfile:
        return Path("runs", "genre")
    if Path(flagfile).name == FLAGFILE_NAME:
        return Path(flagfile).parent
    return Path("runs", Path(flagfile).stem)


def _locked_run(experiment: Experiment, run_dir: Path, cache_dir: Path) -> int:
    with FolderLock(run_dir, "is training in", "--run_dir"):
        # Recordings and classes first: a mistake there leaves no run behind.
        _read_recordings(experiment, cache_dir)
        # Again, now that no other process can write there.
        saved = _saved_settings(run_dir)
        if saved is None:
            _announce(f"New run in {run_dir}.")
        else:
            _log_changes(_compare(saved, experiment, run_dir), run_dir)
        if saved != experiment.settings:
            experiment.save(run_dir)
        outcome = session.train(
            experiment, run_dir, functools.partial(make_observers, experiment), announce=_announce
        )
    if outcome == loop.INTERRUPTED:
        _announce(
            f"Interrupted; what was done is kept. To go on: python train.py --flagfile={run_dir / FLAGFILE_NAME}"
        )
        return command_line.INTERRUPTED
    return command_line.DONE


def _cache_dir(experiment: Experiment, run_dir: Path) -> Path:
    """Returns the folder of the cache, after looking whether it can be one."""
    given = experiment.training.cache_dir
    nearest = next(path for path in (Path(given), *Path(given).absolute().parents) if path.exists())
    if given and not nearest.is_dir():
        raise UserError(f"--cache_dir={given}: {nearest} is a file. Name a folder.")
    if given and not Path(given).exists() and not os.access(nearest, os.W_OK):
        raise UserError(
            f"--cache_dir={given} cannot be made: {nearest} cannot be written to. Name another folder."
        )
    return Path(given or run_dir / "cache")


def _read_recordings(experiment: Experiment, cache_dir: Path | None) -> None:
    """Reads the dataset's recordings, shows how far that is, and refuses labels that they cannot teach."""
    progress = CountLine("Recordings", "files", _announce, sys.stdout)
    try:
        experiment.dataset.prepare(cache_dir, progress)
    finally:
        progress.close()
    experiment.check_labels()


def _announce(line: str) -> None:
    # Into a file or a pipe, too, at once: a run is watched there.
    print(line, flush=True)


def _check_directory(run_dir: Path) -> None:
    """Refuses a folder that holds something else than a run, so that nothing foreign is overwritten."""
    if run_dir.exists() and not run_dir.is_dir():
        raise UserError(f"--run_dir={run_dir} is a file. Name a folder.")
    if (run_dir / FLAGFILE_NAME).exists() or not run_dir.exists():
        return
    foreign = sorted(entry.name for entry in run_dir.iterdir() if entry.name not in ("lock", "cache"))
    if foreign:
        raise UserError(
            f"--run_dir={run_dir} holds no run ({FLAGFILE_NAME} is missing), but {foreign[0]!r}. Name a new folder."
        )


def _saved_settings(run_dir: Path) -> options.Settings | None:
    """Returns the settings that the run was started with, or None for a new run."""
    path = run_dir / FLAGFILE_NAME
    if not path.exists():
        return None
    return Experiment.from_flagfile(path).settings


def _compare(saved: options.Settings, experiment: Experiment, run_dir: Path) -> options.Changes:
    """Returns the changed options of how to run, and refuses all others."""
    spec = specification()
    identity, how_to_run = options.differences(saved, experiment.settings, spec)
    if identity:
        raise UserError(
            f"{run_dir} holds another run; nothing was changed. These options differ:\n"
            f"{flagfiles.table(identity, spec)}\n"
            f"To go on with it: --flagfile={run_dir / FLAGFILE_NAME}. To start a new run: another --run_dir."
        )
    return how_to_run


def _with_source(experiment: Experiment, saved: options.Settings | None, run_dir: Path) -> Experiment:
    """Returns the experiment with the source that counts, after looking whether a new run can start from it.

    A run that has a save goes on from it, and remembers the source that it began with; one that was killed before it
    begins again, from the source that it is given or remembers.
    """
    given, remembered = experiment.training.init_from, (saved or {}).get("init_from", "")
    if not given and not remembered:
        return experiment
    goes_on = saved is not None and session.has_save(run_dir)
    if given and is_same_folder(given, run_dir) and not (goes_on and given == remembered):
        raise UserError(
            f"--init_from={given} is the run itself. Choose another --run_dir for a new run, or leave out --init_from "
            "to go on."
        )
    if goes_on and given not in ("", remembered):
        _announce(f"--init_from={given} is ignored: the run goes on with its own weights.")
    chosen = remembered if goes_on else given or remembered
    if chosen != given:
        experiment = experiment.starting_from(chosen)
    if not goes_on:
        _check_source(experiment)
    return experiment


def _check_source(experiment: Experiment) -> None:
    """Refuses a source that a new run cannot start from; its labels do not matter yet."""
    channels = experiment.representation.shape[-1]
    plain = experiment.architecture((1.0,) * channels, (0.0,) * channels, class_counts=())
    transfer.refuse_misfit(experiment.source(), plain, experiment.chosen, experiment.settings)


def _log_changes(how_to_run: options.Changes, run_dir: Path) -> None:
    _announce(f"Going on with the run in {run_dir}.")
    if how_to_run:
        _announce(f"Changed since the last start:\n{flagfiles.table(how_to_run, specification())}")


if __name__ == "__main__":
    sys.exit(main())
