"""The run that another one starts from, as its folder holds it."""

import dataclasses
import os
from pathlib import Path

import numpy as np

from gansynth_tf.options import UserError
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import FILE_NAME, RunRecord

_NETWORKS = ("generator", "discriminator", "ema")
_TRIES = 3


@dataclasses.dataclass(frozen=True)
class Source:
    """A run that another one starts from, as its newest good save is.

    Args:
        run_dir: Its folder, as the user named it.
        record: Its RunRecord.
        chosen: {chooser: keys} of its parts.
        settings: Its options by full name.
        named_slices: {network/path: NamedSlices} of its architecture.
        stage_shapes: (frames, bins, channels) of its stages, smallest first.
        arrays: {prefix/path: array} of its networks.
        counters: What the save counts: `num_images`, `stage`.
        notes: Lines for the user: newer saves that are damaged.
    """

    run_dir: str
    record: RunRecord
    chosen: dict
    settings: dict
    named_slices: dict
    stage_shapes: tuple
    arrays: dict
    counters: dict
    notes: tuple[str, ...] = ()

    @property
    def facts(self):
        """What a record keeps of it, a dict."""
        return {"run_dir": self.run_dir, "num_images": self.counters["num_images"]}

    @property
    def averaged_images(self):
        """Images behind its averaged generator, those of a run that it was started from itself among them."""
        return self.counters["num_images"] + self.counters.get("average_head_start", 0)


def load_source(run_dir, flagfile_name, read_experiment):
    """Returns the Source in a folder.

    Args:
        run_dir: Folder of the run; it may be at work.
        flagfile_name: Name of the flagfile that repeats it.
        read_experiment: Function that returns the Experiment of a flagfile.

    Raises:
        UserError: If the folder holds no run or no good save.
    """
    folder = Path(run_dir)
    named = f"--init_from={run_dir}"
    if not folder.is_dir():
        raise UserError(f"{named}: there is no such folder. Name the folder of a run.")
    for name in (flagfile_name, FILE_NAME):
        if not (folder / name).is_file():
            raise UserError(
                f"{named} is not the folder of a run that has started training: {name} is missing. Name one that has."
            )
    experiment = read_experiment(folder / flagfile_name)
    try:
        record = RunRecord.load(folder)
    except ValueError as error:
        raise UserError(f"{named}: {error}") from error
    _check_record(record, experiment.representation.shape, named)
    arrays, counters, notes = _newest_save(folder, named)
    class_counts = tuple(map(len, record.labels.values()))
    architecture = experiment.architecture(
        record.scale, record.offset, class_counts=class_counts, compute_dtype="float32"
    )
    return Source(
        os.fspath(run_dir),
        record,
        experiment.chosen,
        experiment.settings,
        architecture.named_slices(),
        tuple(architecture.stage_shape(stage) for stage in range(architecture.num_stages)),
        arrays,
        counters,
        notes,
    )


def _newest_save(folder, named):
    """Returns the networks' arrays, the counters and the notes of the newest good save."""
    store = CheckpointStore(folder / "checkpoints")
    for _ in range(_TRIES):
        try:
            path = store.latest()
            if path is None:
                break
            arrays, counters = store.load(path)
        except FileNotFoundError:
            continue  # The run is at work and has removed what was its newest save a moment ago.
        except (OSError, ValueError) as error:
            raise UserError(f"{named}: {path} cannot be read: {error}. Start again.") from error
        of_networks = {name: array for name, array in arrays.items() if name.partition("/")[0] in _NETWORKS}
        _check_save(of_networks, counters, f"{named}: {path}")
        if counters["stage"] < 0:
            raise UserError(
                f"{named} has not trained yet: its save holds first weights. Train it, or leave it out."
            )
        return of_networks, counters, tuple(store.notes)
    damage = f" {store.notes[0]}" if store.notes else ""
    raise UserError(
        f"{named} holds no good save yet.{damage} Training saves every few minutes and when it is stopped with Ctrl-C."
    )


def _check_record(record, shape, named):
    """Refuses a record that is not of data of `shape`, which the options of the same run ask for."""
    found, constants = tuple(record.representation_shape), np.shape(record.scale)
    if found != tuple(shape) or constants not in (found[2:], found[1:]):
        here, there, of_constants = (" x ".join(map(str, sizes)) for sizes in (shape, found, constants))
        raise UserError(
            f"{named}: its options ask for data of {here}, and its {FILE_NAME} is of data of {there} with constants "
            f"for {of_constants}. Restore what was edited or mixed up."
        )


def _check_save(arrays, counters, what):
    """Refuses a save that counts nothing, or whose weights are no numbers to start from."""
    counts = [counters.get(name) if isinstance(counters, dict) else None for name in ("stage", "num_images")]
    if not all(isinstance(count, int) for count in counts):
        raise UserError(f"{what} is no save of a run: it does not tell its stage and images.")
    for name, array in arrays.items():
        if not np.all(np.isfinite(array)):
            raise UserError(
                f"{what} holds weights that are not finite, as in {name}. Nothing can be learnt from there: name "
                "another run."
            )


def is_same_folder(source_dir, run_dir):
    """Returns whether two names are of one folder, which need not exist."""
    return Path(source_dir).resolve() == Path(run_dir).resolve()


def changed_options(there, here, prefix):
    """Returns what differs between the settings of two runs, below a part's prefix, as lines of text."""
    names = [name for name in here if name.rpartition(".")[0] == prefix and name in there]
    return [
        f"--{name} {_text(there[name])} there, {_text(here[name])} here"
        for name in names
        if there[name] != here[name]
    ]


def _text(value):
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
