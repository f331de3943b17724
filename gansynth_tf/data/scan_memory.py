"""What reading a recording told, remembered on disk, so that an unchanged one is not read twice."""

import contextlib
import errno
import hashlib
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Raised when a scan of the same recording tells something else.
_MEMORY_VERSION = 3
# A file that was changed so shortly before it was read may change again within the tick of the clock.
_SETTLED_SECONDS = 2.0


class ScanMemory:
    """A file of one line a recording: its name, its state (size and time, or a hash) and what was found.

    Lines are appended as recordings are read: a scan that was killed goes on where it was, and two processes may
    scan at once. A line that is not whole is skipped.

    Args:
        cache_dir: Folder of the file, made when there is something to remember; None remembers nothing.
        identity: Whatever else determines what is found: the folder, the rule of cutting.
    """

    def __init__(self, cache_dir: str | os.PathLike | None, identity: Any):
        digest = hashlib.sha256(json.dumps([_MEMORY_VERSION, identity]).encode()).hexdigest()[:20]
        self.path = None if cache_dir is None else Path(cache_dir) / f"scan-{digest}.jsonl"
        self._found = dict(self._read())
        self._file: io.FileIO | None = None

    def get(self, name: str, state: list) -> Any:
        """Returns what was found in the recording `name` in this state, or None."""
        known = self._found.get(name)
        return known[1] if known and known[0] == state else None

    def put(self, name: str, state: list, found: Any) -> None:
        """Remembers what was found."""
        self._found[name] = (state, found)
        if self._file is None and self.path is not None:
            self._file = self._opened(self.path)
        if self._file is not None:
            self._write(self._file, json.dumps([name, state, found]).encode() + b"\n")

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> "ScanMemory":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def _write(self, file: io.FileIO, line: bytes) -> None:
        """Appends to the file, as long as the disk has room: what is not remembered is read again."""
        try:
            file.write(line)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self.close()
            self.path = None

    def _opened(self, path: Path) -> io.FileIO | None:
        """Returns the file to write to, or None where nothing can be written, as in a cache that others made."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = open(path, "ab", buffering=0)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            self.path = None  # Reading every file again at the next start is slower, and as good.
            return None
        if file.tell():
            file.write(b"\n")  # In case that a killed process left half a line.
        return file

    def _read(self) -> Iterator[tuple[str, tuple[list, Any]]]:
        if self.path is None:
            return
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        with contextlib.suppress(OSError):
            os.utime(self.path)  # Tells the pruning of caches when it was last used, where it may be told.
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, list) and list(map(type, entry[:2])) == [str, list] and len(entry) == 3:
                yield entry[0], (entry[1], entry[2])


def state_of_file(path: str | os.PathLike) -> list | None:
    """Returns [size, time of change of the content, and of the file, in ns], or None if it cannot be told."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    # Copies and archives set the first time as they like, even to that of another file; nobody sets the second.
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def is_settled(state: list) -> bool:
    """Returns whether a file's last change is so long ago that the next one will show in its state."""
    return time.time_ns() - max(state[1:]) >= _SETTLED_SECONDS * 1e9
