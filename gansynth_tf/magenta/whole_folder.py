"""A folder that is there completely or not at all."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from gansynth_tf.options import WorkFailed


def refuse_existing(path: Path, option: str) -> None:
    """Raises WorkFailed if there is something at `path`, which `option` named."""
    if os.path.lexists(path):
        raise WorkFailed(f"--{option}={path} exists already; nothing was changed. Name a new folder.")


@contextlib.contextmanager
def new_folder(path: Path, option: str) -> Iterator[Path]:
    """Context with a folder beside `path` to write into; it becomes `path` at the end, or goes if anything fails.

    Args:
        path: The folder that is to be; must not exist.
        option: What named it.

    Raises:
        WorkFailed: If it exists, or the disk refuses.
    """
    refuse_existing(path, option)
    whole = path.absolute()
    partial = whole.with_name(f".{whole.name}.{os.getpid()}.part")
    try:
        try:
            _remove_what_kills_left(whole)
            partial.mkdir(parents=True)
            with _held(partial):
                yield partial
                refuse_existing(path, option)
                partial.rename(path)
        except OSError as error:
            raise WorkFailed(f"--{option}={path} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _remove_what_kills_left(whole: Path) -> None:
    """Removes the half folders beside `whole` that no process holds: a killed one cannot do so itself."""
    if not whole.parent.is_dir():
        return
    start, end = f".{whole.name}.", ".part"
    for left in whole.parent.iterdir():
        number = left.name.removeprefix(start).removesuffix(end)
        if left.name == f"{start}{number}{end}" and number.isdigit() and left.is_dir():
            with _held(left) as is_nobodys:
                if is_nobodys:
                    shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Context that knows whether it locked `folder`; a lock ends with its process, however that ends.

    False where another process holds it, and on file systems without locks: nothing is taken for left behind there.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = True
        except OSError:
            held = False
        yield held
    finally:
        os.close(descriptor)
