"""The embedded data set of single notes: eleven families of instruments, synthesised when they are read."""

import functools
import hashlib
import json

import numpy as np

from gansynth_tf.data.notes_synthesis import playing
from gansynth_tf.data.notes_synthesis.instruments import (
    FAMILIES,
    INSTRUMENT_NUMBERS,
    SOURCES,
    instrument_of,
    source_of,
)
from gansynth_tf.data.notes_synthesis.studio import Studio
from gansynth_tf.data.notes_synthesis.turns import turns
from gansynth_tf.data.nsynth_notes import Family
from gansynth_tf.data.sources import Source
from gansynth_tf.data.synthesised_set import SynthesisedSet
from gansynth_tf.options import UserError

# Raised with every change of the sounds, so that cached spectra of older ones are not taken for these.
NOTES_VERSION = 3
LOWEST_PITCH, HIGHEST_PITCH = 24, 84
# Below, the highest pitch would have no second partial.
LOWEST_SAMPLE_RATE = 5000


class Notes(SynthesisedSet):
    """Single notes as those of NSynth: labels `pitch`, `instrument_family`, `instrument_source`, `velocity`.

    A clip is a function of the seed, the split, its index and the choice of families and pitches: it does not depend
    on how many there are. Families take turns; within a family pitches, velocities and instruments are dealt from
    shuffled decks of their own, so that each is balanced and none tells another. The splits share no instrument.

    Args:
        sample_rate: Hertz, 5000 or more.
        length_samples: Length of a clip.
        num_channels: 1; the notes are mono.
        download: There is nothing to download.
        num_clips: Number of training clips. A family has each of its pitches once in every 671 clips of the whole set.
        num_test_clips: Number of test clips, and of validation clips.
        seed: Draws other clips of the same instruments.
        families: The families to play; none named is all eleven.
        lowest_pitch: Lowest MIDI pitch, 24 or more.
        highest_pitch: Highest MIDI pitch, 84 or less.
        note_seconds: How long the key is held; the rest is the release. In clips shorter than four thirds of it, three
            quarters of the clip.

    Raises:
        UserError: If a size is not positive, the seed is negative, a family is unknown, no pitch is left, or stereo
            is wanted.
    """

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        num_channels: int = 1,
        download: bool = False,
        *,
        num_clips: int = 6710,
        num_test_clips: int = 1342,
        seed: int = 0,
        families: tuple[Family, ...] = (),
        lowest_pitch: int = LOWEST_PITCH,
        highest_pitch: int = HIGHEST_PITCH,
        note_seconds: float = 3.0,
    ):
        if sample_rate < LOWEST_SAMPLE_RATE:
            raise UserError(
                f"`sample_rate` must be at least {LOWEST_SAMPLE_RATE}, so that the highest note has partials. "
                f"Received: sample_rate={sample_rate}."
            )
        super().__init__(sample_rate, length_samples, num_channels, num_clips, num_test_clips, seed)
        if not LOWEST_PITCH <= lowest_pitch <= highest_pitch <= HIGHEST_PITCH:
            raise UserError(
                f"Expected {LOWEST_PITCH} <= `lowest_pitch` <= `highest_pitch` <= {HIGHEST_PITCH}. Received: "
                f"lowest_pitch={lowest_pitch}, highest_pitch={highest_pitch}."
            )
        if not note_seconds > 0.0:
            raise UserError(f"`note_seconds` must be positive. Received: note_seconds={note_seconds}.")
        unknown = sorted(set(families) - set(FAMILIES))
        if unknown:
            raise UserError(
                f"`families` must be among {', '.join(FAMILIES)}. Received: {', '.join(unknown)}."
            )
        self.note_seconds = float(note_seconds)
        # In their own order, however they were named.
        self.families = tuple(family for family in FAMILIES if family in families or not families)
        self.pitches = tuple(range(lowest_pitch, highest_pitch + 1))
        played_sources = {source for family in self.families for source in FAMILIES[family][1]}
        self.labels = {
            "pitch": tuple(str(pitch) for pitch in self.pitches),
            "instrument_family": self.families,
            "instrument_source": tuple(source for source in SOURCES if source in played_sources),
            "velocity": tuple(str(velocity) for velocity in playing.VELOCITIES),
        }

    def __getstate__(self):
        """What another process needs: it makes its own noise, and deals the same cards."""
        made = ("_studio", "_dealt_of")
        return {name: value for name, value in vars(self).items() if name not in made}

    @functools.cached_property
    def _studio(self):
        return Studio(self.sample_rate, self.length_samples)

    @functools.cached_property
    def _dealt_of(self):
        """{split: what its clips are}, filled as they are wanted."""
        return {}

    def _dealt(self, split):
        """Returns int32 [num_clips, 4]: places of family, pitch and velocity, and the number of the instrument."""
        if split in self._dealt_of:
            return self._dealt_of[split]
        num = self._num(split)
        numbers = INSTRUMENT_NUMBERS[split]
        dealt = np.zeros([num, 4], np.int32)
        for place, family in enumerate(self.families):
            its = slice(place, num, len(self.families))
            num_turns = len(range(num)[its])
            seeds = [self.seed, self.splits.index(split), list(FAMILIES).index(family)]
            dealt[its, 0] = place
            choices = (len(self.pitches), len(playing.VELOCITIES), len(numbers))
            for column, num_choices in enumerate(choices, 1):
                dealt[its, column] = turns(num_turns, num_choices, [*seeds, column])
        dealt[:, 3] += numbers.start
        self._dealt_of[split] = dealt
        return dealt

    def _drawn(self, split, index):
        """Returns the plan of a clip, its instrument and the generator that plays it."""
        place, pitch, velocity, number = (int(value) for value in self._dealt(split)[index])
        family = self.families[place]
        instrument = instrument_of(family, number)
        rng = np.random.default_rng([self.seed, self.splits.index(split), index])
        pitch, velocity = self.pitches[pitch], playing.VELOCITIES[velocity]
        return playing.draw_plan(family, number, instrument, pitch, velocity, rng), instrument, rng

    def plan(self, split: str, index: int) -> playing.Plan:
        """Returns what was drawn for a clip: family, instrument, pitch, velocity, levels."""
        return self._drawn(split, index)[0]

    def clip(self, split: str, index: int) -> np.ndarray:
        """Returns one clip, float32 [length_samples] in [-1, 1]."""
        plan, instrument, rng = self._drawn(split, index)
        return playing.played(plan, instrument, self.note_seconds, self._studio, rng)

    def instrument_name(self, family: str, number: int) -> str:
        """Returns the name of an instrument as NSynth writes it, "reed_acoustic_003"."""
        return f"{family}_{source_of(family, number)}_{number:03d}"

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [clips, 4]: pitch, instrument_family, instrument_source and velocity of each clip."""
        family, pitch, velocity, number = self._dealt(split).T
        names = self.labels["instrument_source"]
        source = [
            names.index(source_of(self.families[f], int(n))) for f, n in zip(family, number, strict=True)
        ]
        return np.stack([pitch, family, np.array(source, np.int32), velocity], axis=1)

    def clip_keys(self, split: str) -> list[str]:
        """Returns one address a clip: equal keys have equal samples."""
        clip_seconds = self.length_samples / self.sample_rate
        key_seconds = playing.key_seconds(self.note_seconds, clip_seconds)
        values = f"notes {NOTES_VERSION} {self.sample_rate} {self.length_samples} {key_seconds:.9g} {self.seed} {split}"
        # Which note an index is depends on the families and pitches that were chosen.
        return [
            f"{values} {index} {self.families[family]} {number} {self.pitches[pitch]} {velocity}"
            for index, (family, pitch, velocity, number) in enumerate(self._dealt(split).tolist())
        ]

    def sources(self, split: str) -> list[Source]:
        """Returns where each clip comes from; the group is its instrument, which is in one split only."""
        seconds = self.length_samples / self.sample_rate
        found = []
        for index, (family, pitch, velocity, number) in enumerate(self._dealt(split).tolist()):
            instrument = self.instrument_name(self.families[family], number)
            note = f"{instrument}-{self.pitches[pitch]:03d}-{playing.VELOCITIES[velocity]:03d}"
            name = f"notes/{split}/{index}/{note}"
            found.append(Source(name, self.sample_rate, 1, "synthesised", 0.0, seconds, group=instrument))
        return found

    def fingerprint(self) -> str:
        """Returns a hash of everything that determines samples and labels."""
        contents = [[split, self.clip_keys(split), self.rows(split).tolist()] for split in self.splits]
        return hashlib.sha256(json.dumps([list(self.labels.items()), contents]).encode()).hexdigest()[:16]

    def report(self) -> str:
        """Returns lines for people: families, pitches and numbers of clips."""
        seconds = self.length_samples / self.sample_rate
        key_seconds = playing.key_seconds(self.note_seconds, seconds)
        lines = [
            f"notes: synthesised notes of {seconds:g} s at {self.sample_rate} Hz, key held for {key_seconds:g} s; "
            f"pitches {self.pitches[0]} to {self.pitches[-1]}"
        ]
        for split in self.splits:
            counts = np.bincount(self.rows(split)[:, 1], minlength=len(self.families))
            named = ", ".join(f"{name} {count}" for name, count in zip(self.families, counts, strict=True))
            numbers = INSTRUMENT_NUMBERS[split]
            lines.append(f"{split}: {self._num(split)} clips ({named}), {len(numbers)} instruments a family")
        return "\n".join(lines)
