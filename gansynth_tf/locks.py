"""Locks on files: they belong to a process and end with it, however it ends."""

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from typing import IO

from gansynth_tf.options import UserError

_NAME = "lock"
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


def was_had(file: IO, operation: int, option: str) -> bool:
    """Returns whether a lock on an open file could be had.

    Args:
        file: The file, which holds the lock until it is closed; it is closed if there is an error.
        operation: As fcntl.flock takes it.
        option: Names another place for the file, as "--cache_dir".

    Raises:
        UserError: If the file system knows no locks.
    """
    try:
        fcntl.flock(file, operation)
    except BlockingIOError:
        return False
    except OSError as error:
        file.close()
        if error.errno not in _NO_LOCKS:
            raise
        raise UserError(
            f"The file system of {file.name} knows no locks (flock: {error.strerror}), so that two processes could "
            f"spoil each other's work. Name a folder on another disk by {option}."
        ) from error
    return True


def is_still_there(file: IO, path: str | os.PathLike) -> bool:
    """Returns whether an open file is the one that its name stands for now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


class FolderLock:
    """Context manager that keeps a second process out of a folder, which is made if need be.

    The file stays and means nothing by itself. A folder that was made for it, and holds nothing else at the end, goes
    again: whoever makes a mistake finds nothing left behind.

    Args:
        folder: The folder.
        work: What is done in it, as "is training in".
        option: Names another folder, as "--run_dir".

    Raises:
        UserError: On entry, if another process holds the lock, whose id is named; or if there can be none.
        OSError: If the folder cannot be made or written to.
    """

    def __init__(self, folder: str | os.PathLike, work: str, option: str):
        self._folder, self._work, self._option = Path(folder), work, option
        self._path = self._folder / _NAME

    def __enter__(self) -> "FolderLock":
        while True:
            self._was_there = self._folder.exists()
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                file = open(self._path, "a+", encoding="ascii")
            except FileNotFoundError:
                if self._folder.is_dir():
                    raise
                continue  # Whoever had made the folder removed it in between.
            self._refuse_second(file)
            if is_still_there(file, self._path):
                break
            file.close()
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return self

    def __exit__(self, *exception) -> None:
        with contextlib.suppress(OSError):
            if not self._was_there and os.listdir(self._folder) == [_NAME]:
                self._path.unlink()
                self._folder.rmdir()
        self._file.close()

    def _refuse_second(self, file):
        """Takes the lock, or closes the file and says who has it."""
        if was_had(file, fcntl.LOCK_EX | fcntl.LOCK_NB, self._option):
            return
        with file:
            file.seek(0)
            holder = file.read().strip() or "unknown"
        raise UserError(
            f"Another process (pid {holder}) {self._work} {self._folder}. Wait for it or stop it, or choose another "
            f"{self._option}."
        )
