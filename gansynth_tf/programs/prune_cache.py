"""`scripts/prune_cache.py`: list the folders of a cache and delete what is not wanted any longer."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gansynth_tf.data import cache_pruning
from gansynth_tf.data.cache_pruning import Section
from gansynth_tf.options import UserError
from gansynth_tf.programs import command_line

USAGE = """\
python scripts/prune_cache.py --cache_dir=runs/genre/cache [--unused_days=30] [--max_gib=20] [--dry_run]

Lists what a cache holds: spectra of clips, their size, when they were last used. Given a limit it deletes what lies
beyond, least recently used first, but nothing that somebody uses now and no file that the cache did not write.
Whatever is deleted is computed again when a training wants it.
"""
_MIB, _GIB = 2**20, 2**30


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_prune, arguments)


def program(
    *,
    cache_dir: str = "",
    unused_days: float | None = None,
    max_gib: float | None = None,
    dry_run: bool = False,
) -> None:
    """Stands for the program's options.

    Args:
        cache_dir: Folder of the cache: the folder cache in a run's folder, or the one given to train.py.
        unused_days: Delete what was not used for so many days.
        max_gib: Delete the least recently used until no more than so many GiB are left.
        dry_run: Say what would be deleted, and delete nothing.
    """


def _prune(arguments: Sequence[str]) -> int:
    told = command_line.parse(arguments, program, usage=USAGE).program
    if not told["cache_dir"]:
        raise UserError("Name the cache's folder: --cache_dir=runs/genre/cache, say.")
    for name in ("unused_days", "max_gib"):
        if told[name] is not None and told[name] < 0:
            raise UserError(f"--{name} must not be negative. Received: {told[name]:g}.")
    cache_dir = Path(told["cache_dir"])
    if not cache_dir.is_dir():
        raise UserError(f"--cache_dir={cache_dir} is no folder.")
    sections = cache_pruning.sections_of(cache_dir)
    for section in sections:
        for line in _described(section):
            print(line)
    if not sections:
        print(f"{cache_dir} holds no spectra.")
    elif len(sections) > 1:
        print(f"Together {sum(section.num_bytes for section in sections) / _MIB:,.1f} MiB.")
    if told["unused_days"] is None and told["max_gib"] is None:
        return command_line.DONE
    return _delete(sections, told)


def _delete(sections, told):
    """Deletes what is not wanted, says so, and returns the exit status."""
    max_bytes = None if told["max_gib"] is None else told["max_gib"] * _GIB
    unwanted = set(cache_pruning.unwanted(sections, time.time(), told["unused_days"], max_bytes))
    num_bytes, num_files, status = 0, 0, command_line.DONE
    for section in sections:
        chosen = [piece for piece in section.pieces if piece in unwanted]
        if not chosen:
            continue
        if not told["dry_run"] and not cache_pruning.delete(section, chosen):
            print(f"{section.path} is in use and was left alone.", file=sys.stderr)
            status = command_line.FAILED
            continue
        num_bytes += sum(piece.num_bytes for piece in chosen)
        num_files += sum(len(piece.paths) for piece in chosen)
    verb = "Would free" if told["dry_run"] else "Freed"
    print(f"{verb} {num_bytes / _MIB:,.1f} MiB in {num_files:,} files.")
    return status


def _described(section: Section):
    """Yields lines about one section."""
    days = max(0.0, time.time() - section.last_used) / 86400
    ago = f"{days:.0f} days ago" if days >= 2 else f"{24 * days:.0f} hours ago"
    size = f"{section.num_bytes / _MIB:,.1f} MiB"
    if section.loose:
        yield f"{section.path}: {len(section.pieces):,} files, {size}, {section.loose}, last used {ago}"
        return
    num_clips = sum(piece.num_clips for piece in section.pieces)
    num_broken = sum(not piece.num_clips for piece in section.pieces)
    broken = f", {num_broken} of them damaged" if num_broken else ""
    used = f", last used {ago}" if section.pieces else ""
    yield f"{section.path}: {num_clips:,} clips in {len(section.pieces):,} files{broken}, {size}{used}"
    if isinstance(section.representation, list) and len(section.representation) == 3:
        name, _, options = section.representation
        yield f"  {name}: " + ", ".join(f"{key}={value}" for key, value in options.items())


if __name__ == "__main__":
    sys.exit(main())
