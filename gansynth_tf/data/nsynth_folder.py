"""NSynth as its authors publish it in single files: examples.json beside a folder of wavs."""

import collections
import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from gansynth_tf.data.example_set import unwanted_lines
from gansynth_tf.data.folder_listing import Listing, Recording
from gansynth_tf.data.nsynth_notes import (
    FIELDS,
    LABELS,
    NO_YES,
    QUALITIES,
    InstrumentDivision,
    NoteFilter,
    SplitTable,
)
from gansynth_tf.options import UserError

NOTES_NAME = "examples.json"
AUDIO_NAME = "audio"


@dataclasses.dataclass
class NoteListing(Listing):
    """The notes that are wanted of one or several folders.

    Args:
        unwanted: {option: number of notes that it leaves out}.
    """

    unwanted: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """Lines for people about notes and files that are not used."""
        lines = unwanted_lines(self.unwanted)
        if self.num_unlisted:
            lines.append(f"{self.num_unlisted} wav files are not used: {NOTES_NAME} does not name them.")
        return lines


def list_notes(
    folder: Path,
    parts: Mapping[str, Path],
    note_filter: NoteFilter,
    division: SplitTable | InstrumentDivision | None = None,
) -> NoteListing:
    """Returns the wanted notes of NSynth's folders.

    Args:
        folder: Holds all of them; names are relative to it.
        parts: {split: folder with examples.json and audio}.
        note_filter: Says which notes are wanted.
        division: Gives the split of a note, instead of the split of its part.

    Raises:
        UserError: If an examples.json cannot be read, or no note is wanted.
    """
    recordings: list[Recording] = []
    unusable: dict[str, str] = {}
    unwanted: collections.Counter[str] = collections.Counter()
    num_unlisted = num_notes = 0
    for split, part in parts.items():
        notes = read_notes(part / NOTES_NAME)
        wavs = _wavs(part / AUDIO_NAME)
        num_notes += len(notes)
        num_unlisted += len(wavs - notes.keys())
        prefix = (part / AUDIO_NAME).relative_to(folder).as_posix()
        for name, fields in notes.items():
            note = dict(zip(FIELDS, (name, *fields), strict=True))
            option = note_filter(note)
            path = f"{prefix}/{name}.wav"
            if option is not None:
                unwanted[option] += 1
            elif name not in wavs:
                unusable[path] = f"does not exist, but {NOTES_NAME} names it"
            else:
                classes = tuple(note[label] for label in LABELS)
                own = division(note) if division else split
                recordings.append(Recording(path, str(folder / path), classes, own))
    recordings.sort(key=lambda recording: recording.name)
    source = division.text if division else "its own splits"
    drawn = division is not None and division.drawn
    if not recordings:
        missing = [f"{len(unusable)} have no file in {AUDIO_NAME}/."] if unusable else []
        raise UserError(
            f"None of the {num_notes} notes in {str(folder)!r} can be used. "
            + " ".join([*unwanted_lines(unwanted), *missing])
        )
    return NoteListing(LABELS, recordings, source, unusable, 0, num_unlisted, drawn, unwanted)


def read_notes(path: Path) -> dict[str, tuple[str, ...]]:
    """Returns {note: its fields but the name} of an examples.json.

    Raises:
        UserError: If it cannot be read, or holds something else.
    """
    try:
        with open(path, encoding="utf-8") as file:
            # Every note is made small while the next ones are read: those of the training split take 200 MB of text.
            notes = json.load(file, object_hook=_fields)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"{path} is no whole JSON file ({error}). Unpack it anew.") from error
    if isinstance(notes, _Broken) or not isinstance(notes, dict) or not notes:
        raise UserError(f"{path}: expected NSynth's notes by name. Received something else.")
    for name, fields in notes.items():
        if not isinstance(fields, tuple):
            what = fields.why if isinstance(fields, _Broken) else "is no note"
            raise UserError(f"{path}: {name!r} {what}. Expected the fields of NSynth's notes.")
    return notes


@dataclasses.dataclass(frozen=True)
class _Broken:
    """Stands for a note that cannot be read.

    Args:
        why: What is wrong.
    """

    why: str


def _fields(entry):
    """Returns the fields of a note of examples.json but its name, or what is no note as it is."""
    if "pitch" not in entry and "velocity" not in entry:
        return entry
    try:
        qualities = entry["qualities"]
        if len(qualities) != len(QUALITIES):
            return _Broken(f"has {len(qualities)} qualities, not {len(QUALITIES)}")
        fields = (
            sys.intern(entry["instrument_str"]),
            sys.intern(str(int(entry["pitch"]))),
            sys.intern(entry["instrument_family_str"]),
            sys.intern(entry["instrument_source_str"]),
            sys.intern(str(int(entry["velocity"]))),
            *(NO_YES[bool(quality)] for quality in qualities),
        )
    except KeyError as error:
        return _Broken(f"has no field {error}")
    except (TypeError, ValueError) as error:
        return _Broken(f"has a wrong value ({error})")
    return fields


def _wavs(folder):
    """Returns the names of the wavs in a folder, without their endings."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError as error:
        raise UserError(
            f"{str(folder)!r} cannot be read: {error.strerror}. Unpack the archive anew."
        ) from error
    return {name[:-4] for name in names if name.endswith(".wav") and not name.startswith(".")}
