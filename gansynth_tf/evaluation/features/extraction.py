"""One pass over clips into the arrays of all feature spaces that are wanted, kept for the next time."""

import abc
import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gansynth_tf.evaluation.features.space import Space, content_hash

# Clips that the networks see at a time, always: results must not depend on how a caller hands them over.
BATCH_SIZE = 32
MANIFEST = "manifest.json"
# Raised with every change of the files, so that those of older programs are not read.
_FORMAT = 1
_PARTIAL = ".part-"
_LOCK = "lock"


def extract(
    spaces: Sequence[Space],
    batches: Iterable[np.ndarray],
    num_clips: int,
    folder: str | Path | None = None,
    count: Callable[[int, int], None] | None = None,
    clips: Mapping[str, Any] | None = None,
) -> dict[str, np.ndarray]:
    """Returns the arrays of several feature spaces, from one pass over the clips.

    Where a folder is given, each space has a folder in it named by the hash of what its values follow from: the space's
    identity, `clips` and `num_clips`. Spaces that are there are read, not computed; if all are, `batches` is not begun:
    give a generator, and clips are neither made nor read. A folder appears when it is whole.

    Args:
        spaces: The spaces, of which no two give an array of one name.
        batches: Clips [any number, length_samples] float32, full scale 1.
        num_clips: How many clips `batches` holds in all.
        folder: Where arrays are kept, on disk while they are computed; None computes in memory.
        count: Called with clips done and their number, or None.
        clips: What the clips follow from, fit for JSON: as a checkpoint's hash, the seed and the labels, or
            `clips_hash` of recordings. Needed where a folder is given.

    Returns:
        {array's name: [num_clips, ...] float32}; those in a folder are mapped into memory, to read only.

    Raises:
        ValueError: If two arrays have one name, `clips` is missing, there are no clips, or more or fewer than told, or
            one is not finite.
        OSError: If the folder cannot be written to.
    """
    if num_clips < 1:
        raise ValueError(f"Expected at least one clip. Received: num_clips={num_clips}.")
    names = [name for space in spaces for name in space.names]
    if len(set(names)) < len(names):
        raise ValueError(f"Expected spaces with arrays of different names. Received: {', '.join(names)}.")
    if folder is None:
        places: list[_Place] = [_Memory(space) for space in spaces]
    elif clips is None:
        raise ValueError(
            "Expected `clips`, what they follow from, to keep arrays in a folder. Received: None."
        )
    else:
        places = [_Disk(space, Path(folder), dict(clips), num_clips) for space in spaces]
    missing = [place for place in places if place.arrays is None]
    with contextlib.ExitStack() as stack:
        for place in missing:
            stack.enter_context(place.begun())
        _fill(missing, batches, num_clips, count)
    found: dict[str, np.ndarray] = {}
    for place in places:
        found |= place.arrays or {}
    return found


def clips_hash(batches: Iterable[np.ndarray]) -> str:
    """Returns 32 hexadecimal digits that stand for clips [any number, length_samples] in their order.

    Raises:
        ValueError: If two batches have clips of different lengths.
    """
    digest, length_samples = hashlib.sha256(), None
    for batch in batches:
        batch = np.ascontiguousarray(batch, "<f4")
        if length_samples is None:
            length_samples = batch.shape[1]
            digest.update(str(length_samples).encode())
        if batch.ndim != 2 or batch.shape[1] != length_samples:
            raise ValueError(
                f"Expected clips of one length, [batch, {length_samples}]. Received: {batch.shape}."
            )
        digest.update(batch.tobytes())
    return digest.hexdigest()[:32]


def _fill(places, batches, num_clips, count):
    """Computes what is missing, a fixed number of clips at a time."""
    if not places:
        return
    done = 0
    for batch in _rebatched(batches):
        num = len(batch)
        if done + num > num_clips:
            raise ValueError(f"Expected {num_clips} clips. Received: more.")
        finite = np.isfinite(batch).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"Clips must be finite. Received: NaN or infinity in clip {done + int(np.argmin(finite))}."
            )
        # A last batch of fewer clips is filled up: its sums would otherwise be taken in another order.
        whole = np.pad(batch, [(0, BATCH_SIZE - num), (0, 0)])
        for place in places:
            values = place.space.of(whole)
            for name in place.space.names:
                place.put(name, values[name][:num], done, num_clips)
        done += num
        if count is not None:
            count(done, num_clips)
    if done < num_clips:
        raise ValueError(f"Expected {num_clips} clips. Received: {done}.")


def _rebatched(batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields clips BATCH_SIZE at a time, fewer only at the end."""
    waiting: list[np.ndarray] = []
    num = 0
    for batch in batches:
        waiting.append(np.asarray(batch, np.float32))
        if waiting[-1].ndim != 2:
            raise ValueError(
                f"A batch must have the shape [batch, length_samples]. Received: {waiting[-1].shape}."
            )
        num += len(waiting[-1])
        if num >= BATCH_SIZE:
            together = np.concatenate(waiting)
            whole = num - num % BATCH_SIZE
            for start in range(0, whole, BATCH_SIZE):
                yield together[start : start + BATCH_SIZE]
            waiting, num = [together[whole:]], num - whole
    if num:
        yield np.concatenate(waiting)


@dataclasses.dataclass
class _Place(abc.ABC):
    """Where the arrays of one space come to lie.

    Args:
        space: The space.
        arrays: {name: array}; None while they are not all there.
    """

    space: Space
    arrays: dict[str, np.ndarray] | None = None
    _parts: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @contextlib.contextmanager
    def begun(self):
        """Context of filling the arrays: they are there when it ends without an error."""
        yield
        self.arrays = self._parts

    def put(self, name: str, values: np.ndarray, start: int, num_clips: int) -> None:
        """Writes some clips' values; the first ones tell the shape."""
        if name not in self._parts:
            self._parts[name] = self._empty(name, (num_clips, *values.shape[1:]))
        self._parts[name][start : start + len(values)] = values

    @abc.abstractmethod
    def _empty(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Returns an array to be filled."""


class _Memory(_Place):
    """Arrays in memory."""

    def _empty(self, name, shape):
        return np.empty(shape, np.float32)


class _Disk(_Place):
    """Arrays in a folder named by the hash of what they follow from."""

    def __init__(self, space, root, clips, num_clips):
        super().__init__(space)
        facts = {"format": _FORMAT, "batch_size": BATCH_SIZE, "num_clips": num_clips, "clips": clips}
        # As JSON gives them back, to compare with what a file says.
        self._facts = json.loads(json.dumps(facts | {"space": space.identity}))
        self._root = root
        self._folder = root / content_hash(self._facts)
        self._partial: Path | None = None
        self.arrays = self._read()

    def _read(self):
        """Returns the arrays that are kept, or None if they are not all there and as they should be."""
        try:
            manifest = json.loads((self._folder / MANIFEST).read_text())
            if manifest["facts"] != self._facts or tuple(manifest["shapes"]) != self.space.names:
                return None
            arrays = {}
            for index, (name, shape) in enumerate(manifest["shapes"].items()):
                array = np.load(self._folder / _file_name(index), mmap_mode="r", allow_pickle=False)
                if array.dtype != np.float32 or list(array.shape) != shape:
                    return None
                arrays[name] = array
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            # Absent, cut short or of another program: computed again.
            return None
        return arrays

    @contextlib.contextmanager
    def begun(self):
        self._root.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(self._root)
        with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=self._root) as partial, _held(partial):
            self._partial = Path(partial) / "whole"
            self._partial.mkdir()
            yield
            shapes = {name: list(self._parts[name].shape) for name in self.space.names}
            for array in self._parts.values():
                array.flush()
            self._parts.clear()
            text = json.dumps({"facts": self._facts, "shapes": shapes}, indent=1) + "\n"
            (self._partial / MANIFEST).write_text(text)
            self._keep()
        self.arrays = self._read()

    def _keep(self):
        """Gives the whole folder its name, unless another program did so in the meantime."""
        if self._read() is None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.replace(self._partial, self._folder)

    def _empty(self, name, shape):
        path = self._partial / _file_name(self.space.names.index(name))
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        # A file with holes would end the process with SIGBUS, without a word, when the disk is full.
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
        return array


def _file_name(index: int) -> str:
    return f"{index:02d}.npy"


@contextlib.contextmanager
def _held(partial):
    """Context of the lock by which others see that a folder is still being written to; it ends with the process."""
    with open(Path(partial) / _LOCK, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _remove_abandoned(root: Path) -> None:
    """Removes what killed programs left half written."""
    for partial in root.glob(f"{_PARTIAL}*"):
        # One that has no lock yet was made this very moment.
        with contextlib.suppress(FileNotFoundError, BlockingIOError), open(partial / _LOCK) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(partial, ignore_errors=True)
