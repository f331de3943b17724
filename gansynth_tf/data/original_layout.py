"""Finds public data sets on disk, in the layout in which their authors publish them."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from gansynth_tf.audio.files import FORMATS
from gansynth_tf.options import UserError


def root_of(
    folder: str,
    flag: str,
    below: Sequence[str],
    is_root: Callable[[Path], bool],
    expected: str,
) -> Path:
    """Returns the folder that holds a data set: the one that was named, or one that its archive has inside it.

    Args:
        folder: What the user named.
        flag: The option that names it, for the error.
        below: Paths inside `folder` where an archive may have put the set; they may hold patterns as `set-*`.
        is_root: Tells whether a folder looks like the set.
        expected: What the set looks like, for the error.

    Raises:
        UserError: If none of them looks like it.
    """
    named = Path(folder)
    if not named.is_dir():
        what = "is a file" if named.exists() else "does not exist"
        raise UserError(f"--{flag}: the folder {folder!r} {what}. Expected {expected}.")
    try:
        os.listdir(named)
        candidates = [named, *(path for pattern in below for path in sorted(named.glob(pattern)))]
        for path in candidates:
            if path.is_dir() and is_root(path):
                return path
    except OSError as error:
        raise UserError(
            f"--{flag}: the folder {error.filename!r} cannot be read: {error.strerror}."
        ) from error
    raise UserError(f"--{flag}: the folder {folder!r} does not hold it. Expected {expected}.")


def sub_folders(folder: Path) -> list[str]:
    """Returns the names of the visible folders in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def audio_files(folder: Path) -> list[str]:
    """Returns the names of the visible files in a folder that are audio by their names, sorted."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() in FORMATS and not path.name.startswith(".") and path.is_file()
    )


def read_list(path: Path) -> list[str]:
    """Returns the lines of a list of files, without empty ones.

    Raises:
        UserError: If it cannot be read as text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason}).") from error
    return [line.strip() for line in lines if line.strip()]
