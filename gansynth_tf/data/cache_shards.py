"""Shards: files of clips' data under the clips' addresses, each whole or absent.

A shard is a .npy file of float32 [clips, *data_shape] with a tail behind the numbers: the address of each clip and a
checksum of header and addresses. np.load reads it as it is.
"""

import errno
import hashlib
import io
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from gansynth_tf.options import WorkFailed
from gansynth_tf.whole_file import force_to_disk, whole_file

ADDRESS_BYTES = 16
SHARD_NAME = re.compile(r"shard-[0-9a-f]{24}\.npy")
PART_NAME = re.compile(r"shard-[0-9a-f]{24}\.npy\.[0-9]+\.part")
_CHECKSUM_BYTES = 16
_MOST_HEADER_BYTES = 256
# A kill loses what is not in a shard yet: at most so much work, so many clips and so many bytes of memory.
_SECONDS_A_SHARD = 5.0
_CLIPS_A_SHARD = 256
_BYTES_A_SHARD = 2**26


class ShardFolder:
    """The shards of one folder, all of one data shape.

    Args:
        path: The folder; need not exist.
        data_shape: Shape of one clip's data: (frames, bins, channels).
    """

    def __init__(self, path: str | os.PathLike, data_shape: Sequence[int]):
        self.path = Path(path)
        self.data_shape = tuple(data_shape)
        # {name of a shard: the addresses of its clips}; the name tells the content, so that none is read twice.
        self._known: dict[str, list[bytes]] = {}

    def names(self) -> list[str]:
        """Returns the names of all shards, damaged ones too."""
        return sorted(name for name in _listed(self.path) if SHARD_NAME.fullmatch(name))

    def addresses(self, name: str) -> list[bytes] | None:
        """Returns the addresses of a shard's clips, or None if it is damaged or gone."""
        if name not in self._known:
            addresses = _read_addresses(self.path / name, self.data_shape)
            if addresses is None:
                return None
            self._known[name] = addresses
        return self._known[name]

    def places(self, addresses: Iterable[bytes]) -> dict[bytes, tuple[str, int]]:
        """Returns where the clips of some addresses lie, {address: (name of the shard, row in it)}.

        An address that no whole shard holds is missing. The folder is read anew at each call.
        """
        wanted = set(addresses)
        found = {}
        for name in self.names():
            for row, address in enumerate(self.addresses(name) or ()):
                if address in wanted:
                    found[address] = (name, row)
        return found

    def damaged(self) -> list[Path]:
        """Returns the shards that are not whole."""
        return [self.path / name for name in self.names() if self.addresses(name) is None]

    def parts(self) -> list[Path]:
        """Returns the files of shards that are being written, or were when a process was killed."""
        return [self.path / name for name in _listed(self.path) if PART_NAME.fullmatch(name)]

    def opened(self, name: str) -> np.ndarray:
        """Returns the data of a shard, float32 [clips, *data_shape], read from the disk when they are looked at."""
        with open(self.path / name, "rb") as file:
            num_clips = _num_clips(file, self.data_shape)
            data = np.memmap(file, np.float32, "r", file.tell(), (num_clips, *self.data_shape))
        # A plain array: a memory map's own indexing is five times as slow.
        return data.view(np.ndarray)

    def write(self, addresses: Sequence[bytes], data: np.ndarray) -> Path:
        """Writes a shard and forces it to the disk; it appears under its name when it is whole.

        Args:
            addresses: One a clip.
            data: [clips, *data_shape] float32.

        Raises:
            OSError: If it cannot be written; nothing is left behind.
        """
        path = self.path / f"shard-{hashlib.sha256(b''.join(addresses)).hexdigest()[:24]}.npy"
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        header, tail = _header(data.shape), b"".join(addresses)
        with whole_file(path, part=part) as file:
            file.write(header)
            file.write(np.ascontiguousarray(data, "<f4").data)
            file.write(tail + _checksum(header + tail))
        force_to_disk(self.path)
        return path

    def clip_bytes(self) -> int:
        """Returns what a clip takes on the disk."""
        return 4 * math.prod(self.data_shape) + ADDRESS_BYTES


class ShardWriter:
    """Gathers clips and writes a shard of them now and then.

    Args:
        folder: ShardFolder that exists.
        clock: Function that returns seconds.
    """

    def __init__(self, folder: ShardFolder, clock: Callable[[], float] = time.monotonic):
        self._folder = folder
        self._clock = clock
        self._addresses: list[bytes] = []
        self._data: list[np.ndarray] = []
        self._num_bytes = 0
        self._last_written = clock()

    def add(self, addresses: Sequence[bytes], data: np.ndarray) -> None:
        """Takes the data of some clips, [clips, *data_shape] float32."""
        self._addresses += addresses
        self._data.append(data)
        self._num_bytes += data.nbytes
        if (
            len(self._addresses) >= _CLIPS_A_SHARD
            or self._num_bytes >= _BYTES_A_SHARD
            or self._clock() - self._last_written >= _SECONDS_A_SHARD
        ):
            self.flush()

    def flush(self) -> None:
        """Writes what was gathered.

        Raises:
            WorkFailed: If the disk is full.
        """
        addresses, data = self._addresses, self._data
        self._addresses, self._data, self._num_bytes = [], [], 0
        try:
            if addresses:
                self._folder.write(addresses, np.concatenate(data))
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise WorkFailed(
                f"The disk got full while the spectra were written to {self._folder.path}. What is done is kept: "
                "make room and start again."
            ) from error
        self._last_written = self._clock()


def _read_addresses(path, data_shape):
    """Returns the addresses in a shard's tail, or None if the shard is not as it was written."""
    try:
        with open(path, "rb") as file:
            num_clips = _num_clips(file, data_shape)
            shape, tail_bytes = (num_clips, *data_shape), ADDRESS_BYTES * num_clips
            end = file.tell() + 4 * math.prod(shape)
            if not num_clips or os.fstat(file.fileno()).st_size != end + tail_bytes + _CHECKSUM_BYTES:
                return None
            file.seek(end)
            tail, checksum = file.read(tail_bytes), file.read(_CHECKSUM_BYTES)
    except FileNotFoundError:
        return None
    if checksum != _checksum(_header(shape) + tail):
        return None
    return [tail[start : start + ADDRESS_BYTES] for start in range(0, tail_bytes, ADDRESS_BYTES)]


def _num_clips(file, data_shape):
    """Returns how many clips a shard's header names, 0 if it is none; leaves the file after the header."""
    # NumPy's own reader stumbles over a damaged header in many ways; here it is compared with what was written.
    number = re.search(rb"'shape': \((\d{1,9}),", file.read(_MOST_HEADER_BYTES))
    num_clips = int(number[1]) if number else 0
    header = _header((num_clips, *data_shape))
    file.seek(0)
    return num_clips if file.read(len(header)) == header else 0


def _header(shape):
    """Returns the first bytes of a .npy file of float32."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.getvalue()


def _checksum(content):
    return hashlib.sha256(content).digest()[:_CHECKSUM_BYTES]


def _listed(folder):
    """Returns the names in a folder, none if it does not exist."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
