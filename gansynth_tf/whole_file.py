"""A file that is there completely or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


@contextlib.contextmanager
def whole_file(
    path: str | os.PathLike, *, text: bool = False, part: str | os.PathLike = ""
) -> Iterator[IO[Any]]:
    """Context with a file beside `path` to write into; it becomes `path` at the end, or goes if anything fails.

    It is forced to the disk first, so that a power cut leaves the old file or the new one, never an empty one.

    Args:
        path: The file that is to be; one that exists is replaced.
        text: Open it for UTF-8 text, line ends as written, instead of bytes.
        part: The file beside it, where its name matters; empty is `.NAME.part`.

    Raises:
        OSError: If it cannot be written; what was at `path` stays, and nothing is left behind.
    """
    path = Path(path)
    part = Path(part) if part else path.with_name(f".{path.name}.part")
    try:
        with open(part, "w", encoding="utf-8", newline="") if text else open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def force_to_disk(folder: str | os.PathLike) -> None:
    """Makes a rename in `folder` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
