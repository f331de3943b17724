"""What NSynth tells of a note, which notes are wanted, and into which split they go, whatever form it comes in."""

import csv
import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from gansynth_tf.data.folder_listing import SPLITS, split_of
from gansynth_tf.data.labels import suggestion
from gansynth_tf.options import UserError

SAMPLE_RATE = 16000
# In the order of their numbers in NSynth's own files.
Family = Literal[
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
]
FAMILIES: tuple[str, ...] = get_args(Family)
SOURCES = ("acoustic", "electronic", "synthetic")
QUALITIES = (
    "bright",
    "dark",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
    "tempo-synced",
)
VELOCITIES = (25, 50, 75, 100, 127)
NO_YES = ("no", "yes")
QUALITY_LABELS = tuple(f"quality_{quality}" for quality in QUALITIES)
LABELS = ("pitch", "instrument_family", "instrument_source", "velocity", *QUALITY_LABELS)
# All that is told of a note: its own name and its instrument's are no labels.
FIELDS = ("note", "instrument", *LABELS)
SPLIT_TABLE = "nsynth-gansynth_splits.csv"
_MIDI = (0, 127)


@dataclasses.dataclass(frozen=True)
class NoteFilter:
    """Says which notes are wanted; a function of {field: class}.

    Args:
        sources: The wanted sources.
        families: The wanted families; all if empty.
        pitches: Lowest and highest MIDI pitch.
        velocities: Lowest and highest MIDI velocity.
        qualities: A note must have all of them.
        without_qualities: A note must have none of them.
        table: Names the only notes that are wanted, if there is one.

    Raises:
        UserError: If a name is unknown, or nothing could pass.
    """

    sources: tuple[str, ...]
    families: tuple[str, ...]
    pitches: tuple[int, int]
    velocities: tuple[int, int]
    qualities: tuple[str, ...] = ()
    without_qualities: tuple[str, ...] = ()
    table: "SplitTable | None" = None

    def __post_init__(self):
        _refuse_unknown("sources", self.sources, SOURCES)
        _refuse_unknown("families", self.families, FAMILIES)
        _refuse_unknown("qualities", self.qualities, QUALITIES)
        _refuse_unknown("without_qualities", self.without_qualities, QUALITIES)
        if not self.sources:
            raise UserError(f"--nsynth.sources takes at least one of {', '.join(SOURCES)}. Received none.")
        both = [quality for quality in self.qualities if quality in self.without_qualities]
        if both:
            raise UserError(
                f"--nsynth.qualities and --nsynth.without_qualities both name {both[0]!r}. Name it once."
            )
        _check_range("pitch", self.pitches)
        _check_range("velocity", self.velocities)
        if not any(self.velocities[0] <= velocity <= self.velocities[1] for velocity in VELOCITIES):
            raise UserError(
                f"NSynth's velocities are {', '.join(map(str, VELOCITIES))}; none lies in the range from "
                f"--nsynth.lowest_velocity={self.velocities[0]} to --nsynth.highest_velocity={self.velocities[1]}."
            )

    def __call__(self, note: Mapping[str, str]) -> str | None:
        """Returns the option by which a note is not wanted, or None."""
        pitch, velocity = int(note["pitch"]), int(note["velocity"])
        missing = [name for name in self.qualities if note[f"quality_{name}"] != "yes"]
        present = [name for name in self.without_qualities if note[f"quality_{name}"] == "yes"]
        refusals = (
            ("splits=gansynth", self.table is not None and note["note"] not in self.table),
            (f"sources={','.join(self.sources)}", note["instrument_source"] not in self.sources),
            (
                f"families={','.join(self.families)}",
                bool(self.families) and note["instrument_family"] not in self.families,
            ),
            (f"lowest_pitch={self.pitches[0]}", pitch < self.pitches[0]),
            (f"highest_pitch={self.pitches[1]}", pitch > self.pitches[1]),
            (f"lowest_velocity={self.velocities[0]}", velocity < self.velocities[0]),
            (f"highest_velocity={self.velocities[1]}", velocity > self.velocities[1]),
            (f"qualities={','.join(self.qualities)}", bool(missing)),
            (f"without_qualities={','.join(self.without_qualities)}", bool(present)),
        )
        return next((f"--nsynth.{option}" for option, refused in refusals if refused), None)

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """{label: the classes that a wanted note may have}, the same in every form of the data set."""
        families = [family for family in FAMILIES if not self.families or family in self.families]
        velocities = [v for v in VELOCITIES if self.velocities[0] <= v <= self.velocities[1]]
        return {
            "pitch": tuple(map(str, range(self.pitches[0], self.pitches[1] + 1))),
            "instrument_family": tuple(families),
            "instrument_source": tuple(source for source in SOURCES if source in self.sources),
            "velocity": tuple(map(str, velocities)),
            **dict.fromkeys(QUALITY_LABELS, NO_YES),
        }


class SplitTable:
    """The splits of the GANSynth paper: a function of {field: class} of a note that it names.

    Args:
        path: A csv with the columns id and split.

    Raises:
        UserError: If it cannot be read.
    """

    text = f"splits from {SPLIT_TABLE}"
    drawn = False

    def __init__(self, path: str | os.PathLike):
        self._split_of = dict(_read_split_table(Path(path)))
        if not self._split_of:
            raise UserError(f"{path} names no note. Expected lines as keyboard_acoustic_004-060-025,train.")

    def __contains__(self, note: str) -> bool:
        return note in self._split_of

    def __call__(self, note: Mapping[str, str]) -> str:
        return self._split_of[note["note"]]


@dataclasses.dataclass(frozen=True)
class InstrumentDivision:
    """Splits by chance that share no instrument: a function of {field: class} of a note.

    Args:
        shares: Parts of the instruments for the validation and the test split.
        seed: Of the division.
    """

    shares: tuple[float, float]
    seed: int
    text = "its one split is divided by instrument"
    drawn = True

    def __call__(self, note: Mapping[str, str]) -> str:
        return split_of(note["instrument"], self.shares, self.seed)


def _read_split_table(path):
    """Yields (note, split) of a csv with the columns id and split."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            if not {"id", "split"} <= set(lines.fieldnames or ()):
                columns = ", ".join(lines.fieldnames or ()) or "nothing"
                raise UserError(f"{path}: expected the columns id and split. Received: {columns}.")
            for line in lines:
                if line["split"] not in SPLITS:
                    raise UserError(
                        f"{path}, line {lines.line_num}: the split is one of {', '.join(SPLITS)}. "
                        f"Received: {line['split']!r}."
                    )
                yield line["id"], line["split"]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no table of comma-separated values. Get it anew.") from error


def _refuse_unknown(option, names, known):
    for name in names:
        if name not in known:
            raise UserError(
                f"--nsynth.{option}: expected names among {', '.join(known)}. Received: {name!r}."
                + suggestion(name, known)
            )


def _check_range(what, limits):
    lowest, highest = limits
    if not _MIDI[0] <= lowest <= highest <= _MIDI[1]:
        raise UserError(
            f"--nsynth.lowest_{what} and --nsynth.highest_{what} take numbers from {_MIDI[0]} to {_MIDI[1]}, the "
            f"lowest first. Received: {lowest} and {highest}."
        )
