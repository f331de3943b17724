"""Locks on folders of a cache: they belong to a process and end with it, however it ends."""

import contextlib
import errno
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from gansynth_tf import locks
from gansynth_tf.options import UserError

# Shared by everybody who reads from a folder or writes to it; whoever deletes holds it alone.
USE = "use.lock"
# Held by the one process that builds.
BUILD = "build.lock"
_POLL_SECONDS = 0.2


def in_use(folder: Path) -> IO | None:
    """Returns the open file that keeps `folder` from being deleted until it is closed; makes the folder.

    None stands for a folder that this user may only read.

    Raises:
        UserError: If the folder cannot be made, or its file system knows no locks.
    """
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = open(folder / USE, "a")
        except FileNotFoundError:
            continue  # It was deleted in between.
        except OSError as error:
            if folder.is_dir() and error.errno in (errno.EACCES, errno.EROFS):
                return None
            raise UserError(
                f"The cache's folder {folder} cannot be used: {error.strerror}. Name another --cache_dir."
            ) from error
        _lock(file, fcntl.LOCK_SH)
        if locks.is_still_there(file, folder / USE):
            return file
        file.close()


@contextlib.contextmanager
def building(folder: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Context that one process at a time is in; `wait` is called now and then while another one is.

    Raises:
        UserError: If the folder cannot be written to.
    """
    try:
        file = open(folder / BUILD, "a")
    except OSError as error:
        raise UserError(
            f"Spectra are missing in the cache's folder {folder}, and it cannot be written to: {error.strerror}. "
            "Name another --cache_dir."
        ) from error
    with file:
        while not _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
            wait()
            time.sleep(_POLL_SECONDS)
        yield


@contextlib.contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Context that holds off everybody else from the lock file `path`; False if somebody holds it.

    Raises:
        UserError: If the folder cannot be written to.
    """
    try:
        file = open(path, "a")
    except OSError as error:
        raise UserError(f"{path.parent} cannot be written to: {error.strerror}.") from error
    with file:
        yield _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _lock(file, operation):
    """Returns whether the lock could be had."""
    return locks.was_had(file, operation, "--cache_dir")
