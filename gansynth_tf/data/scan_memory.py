"""What reading a recording told, remembered on disk, so that an unchanged one is not read twice."""

import hashlib
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Raised when a scan of the same recording tells something else.
_MEMORY_VERSION = 2
# A file that was changed so shortly before it was read may change again within the clock's tick.
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
        if self.path is None:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "ab", buffering=0)
            if self._file.tell():
                self._file.write(b"\n")  # In case that a killed process left half a line.
        self._file.write(json.dumps([name, state, found]).encode() + b"\n")

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> "ScanMemory":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def _read(self) -> Iterator[tuple[str, tuple[list, Any]]]:
        if self.path is None:
            return
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            try:
                name, state, found = json.loads(line)
            except ValueError:
                continue
            yield name, (state, found)


def state_of_file(path: str | os.PathLike) -> list | None:
    """Returns [size, time of change in ns] of a file, or None if it cannot be told or changed only just now."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    if time.time() - status.st_mtime < _SETTLED_SECONDS:
        return None
    return [status.st_size, status.st_mtime_ns]
