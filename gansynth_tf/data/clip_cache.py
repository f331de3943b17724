"""What the networks see of every clip, computed once and kept under the clip's address.

The address is a hash of all that determines the data: the clip's own key (content of its file, cut, gain, rate), the
representation with its options, and the version of this cache. A recording more, another filter or another split of
the same recordings therefore computes what is new and nothing else.
"""

import errno
import functools
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from gansynth_tf.data import cache_locks, cache_workers
from gansynth_tf.data.cache_building import Work
from gansynth_tf.data.cache_shards import ADDRESS_BYTES, ShardFolder
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.whole_file import whole_file

Progress = Callable[[int, int], None]

INFO_NAME = "info.json"
FOLDER_NAME = re.compile(r"spectra-[0-9]+(x[0-9]+)*-[0-9a-f]{16}")
# Raised when the layout or the meaning of a shard changes.
_CACHE_VERSION = 2
_SECONDS_BETWEEN_LOOKS = 1.0
# Many systems allow a process 1,024 files.
_MOST_OPEN_SHARDS = 256
_MIB = 2**20


class CachedClips:
    """The data of clips as an array that is read from shards when it is indexed.

    An index is a whole number, a slice or an array of whole numbers (or of bools) over the clips; what comes back is a
    new float32 array in memory.

    Args:
        shards: Each [clips, *data_shape] float32, usually memory maps.
        places: [num, 2] int: the shard of each clip, and its row there.
        data_shape: Shape of one clip's data.
        lock: Kept as long as this object, so that nobody deletes the shards.
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self,
        shards: Sequence[np.ndarray],
        places: np.ndarray,
        data_shape: Sequence[int],
        lock: IO | None = None,
    ):
        self.shape = (len(places), *data_shape)
        self._shards = shards
        self._places = np.asarray(places, np.int64).reshape(-1, 2)
        self._lock = lock

    @property
    def ndim(self) -> int:
        """Number of axes, the clips' included."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index) -> np.ndarray:
        places = self._places[index]
        if isinstance(index, tuple) or places.ndim > 2:
            raise TypeError(f"Expected an index over the clips, of at most one axis. Received: {index!r}.")
        if places.ndim == 1:
            shard, row = places
            return self._shards[shard][row].copy()
        data = np.empty([len(places), *self.shape[1:]], np.float32)
        for i, (shard, row) in enumerate(places.tolist()):
            data[i] = self._shards[shard][row]
        return data

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self[:], dtype)


def cached_clips(
    dataset,
    split: str,
    representation,
    cache_dir: str | os.PathLike,
    representation_fingerprint: str,
    num_workers: int = 0,
    announce: Callable[[str], None] | None = None,
    progress: Progress | None = None,
    indices: Sequence[int] | np.ndarray | None = None,
) -> CachedClips:
    """Returns what the networks see of the clips of a split; what no earlier call computed is computed now.

    Everything computed is kept, however the call ends. Of two processes that want the same clips one computes them and
    the other waits. Data do not depend on the number of processes, nor on which clips were computed together.

    Args:
        dataset: Has `clips(split, indices)`, `clip_keys(split)` and `sources(split)`, and can be pickled.
        split: Name of the split.
        representation: Has `to_data`, which takes audio [batch, length_samples] to [batch, *shape], and `shape`;
            can be pickled.
        cache_dir: Folder of the cache, made if it is missing; many datasets and representations may share it.
        representation_fingerprint: What determines the representation: its name and options.
        num_workers: Processes that compute; 0 for as many as the work and the machine are good for, 1 for this one.
        announce: Takes lines for people: how much is to be done, where, and how large it becomes.
        progress: Called as progress(clips done, clips in all) now and then; an exception that it raises ends the work.
        indices: Numbers of the wanted clips, increasing; None is all of the split.

    Returns:
        The data of the wanted clips, in their order.

    Raises:
        UserError: If there are no clips, the disk has too little room (before any work) or gets full, a clip becomes
            data that are not finite, or a process is ended from outside.
        ValueError: If the dataset does not give the clips that it names, or `num_workers` is negative.
    """
    announce, progress = announce or (lambda line: None), progress or (lambda done, total: None)
    indices, addresses = _wanted(dataset, split, representation, representation_fingerprint, indices)
    shards = ShardFolder(_folder(cache_dir, representation, representation_fingerprint), representation.shape)
    use = cache_locks.in_use(shards.path)
    places = shards.places(addresses)
    if len(places) < len(set(addresses)):
        look = _Look(shards, addresses, announce, progress)
        with cache_locks.building(shards.path, look):
            work = Work(dataset, split, representation, shards.path)
            _describe(shards, representation_fingerprint)
            _build(work, shards, indices, addresses, num_workers, announce, progress)
        places = shards.places(addresses)
        if len(places) < len(set(addresses)):
            raise WorkFailed(
                f"The spectra in {shards.path} do not read back as written. Is the disk in order?"
            )
    return _opened(shards, addresses, places, use)


def address(clip_key: str, representation_fingerprint: str, data_shape: Sequence[int]) -> bytes:
    """Returns the address of a clip's data, a hash of all that determines them."""
    identity = [_CACHE_VERSION, representation_fingerprint, list(data_shape), clip_key]
    return hashlib.sha256(json.dumps(identity).encode()).digest()[:ADDRESS_BYTES]


def _folder(cache_dir, representation, representation_fingerprint):
    """Returns the folder of the shards of one representation."""
    identity = [_CACHE_VERSION, representation_fingerprint, list(representation.shape)]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return Path(cache_dir) / f"spectra-{'x'.join(map(str, representation.shape))}-{digest}"


def _wanted(dataset, split, representation, representation_fingerprint, indices):
    """Returns the numbers of the wanted clips and their addresses."""
    keys = dataset.clip_keys(split)
    indices = np.arange(len(keys)) if indices is None else np.asarray(indices, np.int64)
    if not len(indices):
        raise UserError(f"The split {split!r} of the dataset has no clips. Nothing can be learnt from it.")
    if (np.diff(indices) <= 0).any() or indices[0] < 0 or indices[-1] >= len(keys):
        raise ValueError(
            f"Expected increasing numbers of clips below {len(keys)}. Received: {indices.tolist()[:20]}."
        )
    shape = representation.shape
    return indices, [address(keys[i], representation_fingerprint, shape) for i in indices]


def _build(work, shards, indices, addresses, num_workers, announce, progress):
    """Computes what is missing, in this process or in several."""
    found = shards.places(addresses)
    missing: dict[bytes, int] = {}
    for clip, number in zip(addresses, indices, strict=True):
        if clip not in found:
            missing.setdefault(clip, number)
    if not missing:
        return
    for leftover in shards.parts() + shards.damaged():
        leftover.unlink(missing_ok=True)
    _refuse_full_disk(shards, len(missing))
    num_all = len(set(addresses))
    num_workers = cache_workers.num_workers(num_workers, len(missing))
    size = len(missing) * shards.clip_bytes() / _MIB
    with_workers = f", with {num_workers} processes" if num_workers > 1 else ""
    announce(
        f"Spectra: {len(missing):,} of {num_all:,} clips to make, {size:,.0f} MiB in {shards.path}{with_workers}."
    )
    num_done = num_all - len(missing)

    def count(num_more):
        nonlocal num_done
        num_done += num_more
        progress(num_done, num_all)

    count(0)
    cache_workers.build(work, np.array(list(missing.values())), list(missing), num_workers, count)


def _refuse_full_disk(shards, num_missing):
    """Raises if the disk cannot hold what is missing."""
    missing_bytes = num_missing * shards.clip_bytes()
    free_bytes = shutil.disk_usage(shards.path).free
    if missing_bytes > free_bytes:
        raise UserError(
            f"The spectra of {num_missing:,} clips need {missing_bytes / _MIB:,.1f} MiB in {shards.path}, but only "
            f"{free_bytes / _MIB:,.1f} MiB are free. Make room, use fewer clips, or name a --cache_dir on another disk."
        )


def _describe(shards, representation_fingerprint):
    """Writes what the folder holds, for people and for the pruning."""
    try:
        representation = json.loads(representation_fingerprint)
    except ValueError:
        representation = representation_fingerprint
    info = {
        "kind": "spectra of clips, made by gansynth_tf",
        "version": _CACHE_VERSION,
        "representation": representation,
        "shape": shards.data_shape,
    }
    with whole_file(shards.path / INFO_NAME, text=True) as file:
        file.write(json.dumps(info, indent=2) + "\n")


def _opened(shards, addresses, places, use):
    """Returns the clips at `places`, and stamps their shards as used now."""
    names = sorted({name for name, _ in places.values()})
    numbers = {name: number for number, name in enumerate(names)}
    _stamp(shards.path / name for name in names)
    rows = [(numbers[name], row) for name, row in map(places.__getitem__, addresses)]
    return CachedClips(_OpenedOnDemand(shards, names), np.array(rows), shards.data_shape, use)


class _OpenedOnDemand:
    """The shards of some names, of which few are open at a time: each takes one of the process's file descriptors.

    Args:
        shards: ShardFolder.
        names: Of the shards.
    """

    def __init__(self, shards, names):
        self._names = names
        self._opened = functools.lru_cache(maxsize=_MOST_OPEN_SHARDS)(shards.opened)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, number) -> np.ndarray:
        return self._opened(self._names[number])


def _stamp(paths: Iterable[Path]) -> None:
    """Sets the time of change of shards to now: it tells the pruning when they were last used."""
    for path in paths:
        try:
            os.utime(path)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            return  # A folder that is only read from: its owner's uses count.


class _Look:
    """Shows how far another process is that builds; called again and again while this one waits."""

    def __init__(self, shards, addresses, announce, progress):
        self._shards = shards
        self._addresses = addresses
        self._announce = announce
        self._progress = progress
        self._looked = 0.0
        self._done = 0

    def __call__(self):
        now = time.monotonic()
        if not self._looked:
            self._announce(f"Another process makes spectra in {self._shards.path}; waiting for it.")
        if now - self._looked > _SECONDS_BETWEEN_LOOKS:
            self._looked = now
            self._done = len(self._shards.places(self._addresses))
        self._progress(self._done, len(set(self._addresses)))
