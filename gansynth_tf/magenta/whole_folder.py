"""A folder that is there completely or not at all."""

import contextlib
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
    partial = path.absolute().with_name(f".{path.absolute().name}.{os.getpid()}.part")
    try:
        try:
            partial.mkdir(parents=True)
            yield partial
            refuse_existing(path, option)
            partial.rename(path)
        except OSError as error:
            raise WorkFailed(f"--{option}={path} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
