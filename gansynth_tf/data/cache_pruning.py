"""What lies in a cache, when it was last used, and the deleting of what is not wanted any longer.

Only files that the cache itself wrote are ever looked at: they are told by their names.
"""

import contextlib
import dataclasses
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gansynth_tf.data import cache_locks, clip_cache
from gansynth_tf.data.cache_shards import ShardFolder

# One file for each split, as versions before the shards wrote them.
_FORMER_NAME = re.compile(r"(\w+-[0-9a-f]{20}\.npy)(\.part|\.lock)?")
# What reading recordings told: small, and touched when it is used.
_SCAN_NAME = re.compile(r"(scan-[0-9a-f]{20}\.jsonl)")
_SECONDS_A_DAY = 86400.0


@dataclasses.dataclass(frozen=True)
class Piece:
    """What can be deleted by itself: a shard, or a file of a former version with its own lock.

    Args:
        paths: Its files.
        num_bytes: Size of all.
        last_used: When it was last used, seconds as of time.time().
        num_clips: Clips in it, 0 if it is damaged or of a former version.
    """

    paths: tuple[Path, ...]
    num_bytes: int
    last_used: float
    num_clips: int = 0


@dataclasses.dataclass(frozen=True)
class Section:
    """What belongs together: the shards of one representation, or loose files of one kind.

    Args:
        path: Its folder.
        representation: What the shards' folder says of itself, [name, version, options]; None for loose files.
        pieces: Its parts.
        loose: What loose files are, for people; "" for shards.
    """

    path: Path
    representation: Any
    pieces: tuple[Piece, ...]
    loose: str = ""

    @property
    def num_bytes(self) -> int:
        """Size of all pieces."""
        return sum(piece.num_bytes for piece in self.pieces)

    @property
    def last_used(self) -> float:
        """When any of it was last used, seconds as of time.time(); 0 if there is nothing."""
        return max((piece.last_used for piece in self.pieces), default=0.0)


def sections_of(cache_dir: str | os.PathLike) -> list[Section]:
    """Returns what lies in a cache, loose files last."""
    folder = Path(cache_dir)
    found = []
    for path in sorted(folder.iterdir()):
        if clip_cache.FOLDER_NAME.fullmatch(path.name) and path.is_dir():
            found.append(_section(path))
    kinds = (
        (_SCAN_NAME, "what reading recordings told"),
        (_FORMER_NAME, "of a former version, never used again"),
    )
    for pattern, words in kinds:
        pieces = _loose_pieces(folder, pattern)
        if pieces:
            found.append(Section(folder, None, pieces, words))
    return found


def unwanted(
    sections: Sequence[Section], now: float, unused_days: float | None, max_bytes: float | None
) -> list[Piece]:
    """Returns what is to be deleted, least recently used first.

    Args:
        sections: Of `sections_of`.
        now: Seconds as of time.time().
        unused_days: What was not used for so many days goes; None is no reason.
        max_bytes: Of the rest so much goes, least recently used first, that no more than this stays; None is no limit.
    """
    pieces = sorted(
        (piece for section in sections for piece in section.pieces), key=lambda one: one.last_used
    )
    num_left = sum(piece.num_bytes for piece in pieces)
    chosen = []
    for piece in pieces:
        is_old = unused_days is not None and now - piece.last_used > unused_days * _SECONDS_A_DAY
        if is_old or (max_bytes is not None and num_left > max_bytes):
            chosen.append(piece)
            num_left -= piece.num_bytes
    return chosen


def delete(section: Section, pieces: Sequence[Piece]) -> bool:
    """Deletes pieces of a section, and its folder if nothing else is in it; False if somebody uses it."""
    if section.loose:
        return all([_delete_loose(piece) for piece in pieces])
    with cache_locks.alone(section.path / cache_locks.USE) as is_alone:
        if not is_alone:
            return False
        for piece in pieces:
            for path in piece.paths:
                path.unlink(missing_ok=True)
        if not ShardFolder(section.path, ()).names():
            for name in (clip_cache.INFO_NAME, cache_locks.BUILD, cache_locks.USE):
                (section.path / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                section.path.rmdir()  # Somebody's own file may lie there.
    return True


def _section(path):
    """Returns the section of one folder of shards."""
    representation, data_shape = None, ()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        info = json.loads((path / clip_cache.INFO_NAME).read_text(encoding="utf-8"))
        representation, data_shape = info["representation"], tuple(map(int, info["shape"]))
    shards = ShardFolder(path, data_shape)
    pieces = []
    for name in shards.names():
        with contextlib.suppress(FileNotFoundError):
            pieces.append(_piece([path / name], len(shards.addresses(name) or ())))
    for part in shards.parts():
        with contextlib.suppress(FileNotFoundError):
            pieces.append(_piece([part]))
    return Section(path, representation, tuple(pieces))


def _loose_pieces(folder, pattern):
    """Returns the files of one kind, those that belong together in one piece."""
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if match and path.is_file():
            files.setdefault(match[1], []).append(path)
    return tuple(_piece(paths) for paths in files.values())


def _piece(paths, num_clips=0):
    states = [path.stat() for path in paths]
    num_bytes = sum(state.st_size for state in states)
    return Piece(tuple(paths), num_bytes, max(state.st_mtime for state in states), num_clips)


def _delete_loose(piece):
    """Deletes loose files; False if a process of the version that knew them builds them."""
    locks = [path for path in piece.paths if path.suffix == ".lock"]
    with contextlib.ExitStack() as stack:
        if not all([stack.enter_context(cache_locks.alone(path)) for path in locks]):
            return False
        for path in piece.paths:
            path.unlink(missing_ok=True)
    return True
