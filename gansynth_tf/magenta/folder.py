"""A training folder of the original on disk: its settings, its stages, their checkpoints. Nothing in it is run."""

import json
import re
import shutil
import tempfile
import weakref
import zipfile
import zlib
from pathlib import Path

import numpy as np
import tensorflow as tf

from gansynth_tf.magenta import settings
from gansynth_tf.options import WorkFailed

ASSETS_NAME = "assets"
# What TensorFlow raises for damaged files: of the end of a file, an IndexError.
_READ_ERRORS = (tf.errors.OpError, ValueError, RuntimeError, IndexError)
_STAGE = re.compile(r"stage_(\d{1,9})")
_CHECKPOINT = re.compile(r"(.+?)(?:-(\d+))?\.index")
# In a path that it reads from, TensorFlow takes these for a pattern.
_PATTERN = re.compile(r"[*?\[\]\\]")


def read_json(folder: Path) -> dict:
    """Returns the content of experiment.json.

    Raises:
        WorkFailed: If it is missing, unreadable or no JSON object.
    """
    path = folder / settings.NAME
    if not path.is_file():
        raise WorkFailed(
            f"{folder} is no folder of the original GANSynth: {settings.NAME} is missing. Name the unpacked folder "
            f"that holds {settings.NAME} and stage_*."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkFailed(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise WorkFailed(f"{path} is broken: {_one_line(error)}. Get the folder again.") from error
    if not isinstance(content, dict):
        raise WorkFailed(f"{path} should hold an object of settings. It holds a {type(content).__name__}.")
    return content


def find_stage(folder: Path, wanted: int | None) -> tuple[int, str]:
    """Returns the number of a stage and the prefix of its checkpoint's files.

    Args:
        folder: With stage_00000, stage_00001 and so on.
        wanted: Number of the stage; None is the last one, as in the original.

    Raises:
        WorkFailed: If there is no such stage, or it has no checkpoint.
    """
    names = sorted(path.name for path in folder.glob("stage_*") if path.is_dir())
    stages = {int(match.group(1)): folder / name for name in names if (match := _STAGE.fullmatch(name))}
    if not stages:
        raise WorkFailed(f"{folder} is no folder of the original GANSynth: it holds no stage_* folder.")
    number = max(stages) if wanted is None else wanted
    if number not in stages:
        raise WorkFailed(f"{folder} has no stage {number}, but {', '.join(map(str, sorted(stages)))}.")
    prefix = _checkpoint_prefix(stages[number])
    if prefix is None:
        finished = [stage for stage, path in sorted(stages.items()) if _checkpoint_prefix(path)]
        hint = f"Choose --stage={finished[-1]}." if finished else "No other stage has one either."
        raise WorkFailed(f"{stages[number]} is unfinished: it holds no checkpoint (*.index). {hint}")
    return number, prefix


def stage_name(number: int) -> str:
    """Returns the name of a stage's folder."""
    return f"stage_{number:05d}"


def read_normalizer(folder: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the numbers of a fitted normaliser, float64 of `shape`: scale and offset of each channel in turn.

    Raises:
        WorkFailed: If they are missing, or are no such numbers.
    """
    path = folder / ASSETS_NAME / f"{name}.npz"
    if not path.is_file():
        raise WorkFailed(f"{path} is missing: {settings.NAME} says that it holds the normalisation.")
    try:
        with np.load(path, allow_pickle=False) as members:
            numbers = np.asarray(members["normalizer"], np.float64)
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise WorkFailed(f"{path} is broken: {_one_line(error)}. Get the folder again.") from error
    if numbers.shape != shape:
        raise WorkFailed(f"{path} should hold numbers of the shape {shape}. It holds {numbers.shape}.")
    return numbers


class Checkpoint:
    """The variables of one checkpoint, read one by one and checked against what is expected.

    Args:
        prefix: Path of its files without .index.

    Raises:
        WorkFailed: If its index is damaged.
    """

    def __init__(self, prefix: str):
        self._prefix = prefix
        try:
            self._reader = tf.train.load_checkpoint(self._plain(prefix))
            self._shapes = self._reader.get_variable_to_shape_map()
            self._types = self._reader.get_variable_to_dtype_map()
        except _READ_ERRORS as error:
            raise self._damaged(error) from error

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Returns the shape of a variable, or None if there is no such variable."""
        return tuple(self._shapes[name]) if name in self._shapes else None

    def check(self, expected: dict[str, tuple[tuple[int, ...], str]]) -> None:
        """Refuses a checkpoint that does not hold `expected`, {name: (shape, name of the type)}.

        Raises:
            WorkFailed: Names the first variable that is missing or other than expected.
        """
        for name, (shape, type_name) in expected.items():
            if name not in self._shapes:
                raise WorkFailed(f"{self._prefix} lacks the variable {name}, of shape {list(shape)}.")
            found_shape, found_type = tuple(self._shapes[name]), self._types[name].name
            if (found_shape, found_type) != (shape, type_name):
                raise WorkFailed(
                    f"{self._prefix}: {name} should be {type_name} of shape {list(shape)} by {settings.NAME}. "
                    f"It is {found_type} of shape {list(found_shape)}."
                )

    def read(self, name: str) -> np.ndarray:
        """Returns the value of a variable.

        Raises:
            WorkFailed: If the data are damaged, or hold something else than finite numbers.
        """
        try:
            value = np.asarray(self._reader.get_tensor(name))
        except _READ_ERRORS as error:
            raise self._damaged(error) from error
        if not np.all(np.isfinite(value)):
            raise WorkFailed(f"{self._prefix}: {name} holds numbers that are not finite.")
        return value

    def _plain(self, prefix):
        """Returns a prefix of the same files that TensorFlow takes as it is written, as long as this object lives."""
        if not _PATTERN.search(prefix):
            return prefix
        folder, path = Path(tempfile.mkdtemp()), Path(prefix).absolute()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        for file in path.parent.iterdir():
            if file.name.startswith(f"{path.name}."):
                (folder / f"checkpoint{file.name.removeprefix(path.name)}").symlink_to(file)
        return str(folder / "checkpoint")

    def _damaged(self, error):
        return WorkFailed(
            f"The checkpoint {self._prefix} cannot be read: {_one_line(error)} Get the folder again."
        )


def _checkpoint_prefix(stage_dir: Path) -> str | None:
    """Returns the prefix of a stage's newest checkpoint, or None.

    The file `checkpoint` names it, by a path on the machine that wrote it: only the name is believed, and only if the
    file is there.
    """
    steps = {}
    for path in sorted(stage_dir.glob("*.index")):
        match = _CHECKPOINT.fullmatch(path.name)
        steps[path.name.removesuffix(".index")] = int(match.group(2) or -1) if match else -1
    if not steps:
        return None
    named = _named_newest(stage_dir / "checkpoint")
    return str(stage_dir / (named if named in steps else max(steps, key=lambda name: steps[name])))


def _named_newest(path: Path) -> str | None:
    """Returns the bare name of the checkpoint that the file `checkpoint` calls the newest, or None."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r'^model_checkpoint_path:\s*"(.*)"\s*$', text, flags=re.MULTILINE)
    return re.split(r"[/\\]", match.group(1))[-1] if match else None


def _one_line(error) -> str:
    return " ".join(str(getattr(error, "message", None) or error).split())
