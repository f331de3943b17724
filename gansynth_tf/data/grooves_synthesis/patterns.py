"""Patterns: what is played when, in beats; and the song books that keep those of the splits apart."""

import dataclasses
import functools

import numpy as np

SPLITS = ("train", "valid", "test")

# Patterns of a genre in each split.
BOOK_SIZES = {"train": 48, "valid": 16, "test": 16}

# Semitones above the chord's root.
QUALITIES = {
    "minor7": (0, 3, 7, 10),
    "minor9": (3, 7, 10, 14),
    "major": (0, 4, 7, 12),
    "minor": (0, 3, 7, 12),
    "major7": (0, 4, 7, 11),
    "dominant9": (4, 10, 14, 21),
    "power": (0, 7, 12),
}


@dataclasses.dataclass(frozen=True)
class Pattern:
    """Two bars that repeat.

    Args:
        beats_per_bar: 3 or 4.
        drums: (instrument, position in beats, velocity in (0, 1], chance in (0, 1]) a hit; one of a chance
            below one is an ornament that a clip may leave out.
        bass: (position, length in beats, semitones above the chord's root, velocity) a note.
        chords: (position, length in beats, velocity) a stroke.
        progression: (position, semitones above the key, name in QUALITIES) a chord, the first at 0.
    """

    beats_per_bar: int
    drums: tuple[tuple[str, float, float, float], ...]
    bass: tuple[tuple[float, float, int, float], ...]
    chords: tuple[tuple[float, float, float], ...]
    progression: tuple[tuple[float, int, str], ...]

    @property
    def num_beats(self):
        """Length in beats."""
        return 2 * self.beats_per_bar

    def harmony(self, position):
        """Returns (semitones above the key, quality) of the chord that sounds at `position`."""
        return [change[1:] for change in self.progression if change[0] <= position + 1e-6][-1]

    def groove(self):
        """Returns what tells patterns apart: the set of (instrument, position) of all drum hits."""
        return frozenset((instrument, position) for instrument, position, _, _ in self.drums)


def choose(rng, options):
    """Returns one of `options`, each as likely."""
    return options[int(rng.integers(len(options)))]


def subset(rng, options, chance):
    """Returns those of `options` that pass a coin of that chance, in order."""
    return tuple(option for option in options if rng.random() < chance)


@functools.cache
def song_book(genre_number, write):
    """Returns the patterns of one genre: a dict from split to a tuple of `Pattern`.

    No drum groove occurs twice, so that those of valid and test are never heard in train. The books are the
    same for every data set seed: a seed draws clips, not the genre.

    Args:
        genre_number: Position of the genre in the list of classes; seeds the book.
        write: Function from a NumPy generator to a `Pattern`.
    """
    rng = np.random.default_rng([20240817, genre_number])
    patterns, grooves = [], set()
    while len(patterns) < sum(BOOK_SIZES.values()):
        pattern = write(rng)
        if pattern.groove() not in grooves:
            grooves.add(pattern.groove())
            patterns.append(pattern)
    books, start = {}, 0
    for split in SPLITS:
        books[split] = tuple(patterns[start : start + BOOK_SIZES[split]])
        start += BOOK_SIZES[split]
    return books
