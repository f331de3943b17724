"""The embedded data set: loops of six genres, synthesised when they are read, nothing to download."""

import functools
import hashlib
import json

import numpy as np

from gansynth_tf.data.grooves_synthesis import band, kits
from gansynth_tf.data.sources import Source
from gansynth_tf.data.synthesised_set import SynthesisedSet

# Raised with every change of the sounds, so that cached spectra of older ones are not taken for these.
SOUNDS_VERSION = 5


class Grooves(SynthesisedSet):
    """Drums, bass and chords of six genres, label `genre`.

    A clip is a function of (seed, split, index): it does not depend on how many there are. Classes take turns,
    so that they are balanced. The splits share no drum pattern, no kit (drums and timbres) and no key.

    Args:
        sample_rate: Hertz, any.
        length_samples: Length of a clip.
        num_channels: 1; the loops are mono.
        download: There is nothing to download.
        num_clips: Number of training clips.
        num_test_clips: Number of test clips, and of validation clips.
        seed: Draws other clips of the same genres.

    Raises:
        UserError: If a size is not positive, the seed is negative, or stereo is wanted.
    """

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        num_channels: int = 1,
        download: bool = False,
        *,
        num_clips: int = 6000,
        num_test_clips: int = 1200,
        seed: int = 0,
    ):
        super().__init__(sample_rate, length_samples, num_channels, num_clips, num_test_clips, seed)
        self.labels = {"genre": band.CLASSES}
        self._kits = {}

    def __getstate__(self):
        """What another process needs: it builds its own kits."""
        return {name: value for name, value in vars(self).items() if name != "_noise"} | {"_kits": {}}

    def _kit(self, genre_number, kit_number):
        """Returns a kit, built when it is first wanted."""
        key = genre_number, kit_number
        if key not in self._kits:
            genre = band.CLASSES[genre_number]
            instruments = band.instruments_of(genre)
            self._kits[key] = kits.draw_kit(genre, *key, instruments, self.sample_rate)
        return self._kits[key]

    @functools.cached_property
    def _noise(self):
        """Noise floor, [length_samples plus a second]: brown below 1 kHz, white above."""
        rng = np.random.default_rng([20240819])
        white = rng.standard_normal(self.length_samples + self.sample_rate)
        smooth = np.convolve(white, np.ones(16) / 4.0, "same")
        return ((white + smooth) / np.std(white + smooth)).astype(np.float32)

    def _drawn(self, split, index):
        """Returns the plan of a clip and the generator that plays it."""
        rng = np.random.default_rng([self.seed, self.splits.index(split), index])
        return band.draw_plan(band.CLASSES[index % len(band.CLASSES)], split, rng), rng

    def plan(self, split: str, index: int) -> band.Plan:
        """Returns what was drawn for a clip: genre, tempo, key, pattern, kit, levels."""
        return self._drawn(split, index)[0]

    def clip(self, split: str, index: int) -> np.ndarray:
        """Returns one clip, float32 [length_samples] in [-1, 1]."""
        plan, rng = self._drawn(split, index)
        kit = self._kit(band.CLASSES.index(plan.genre), plan.kit_number)
        return band.played(plan, split, kit, self._noise, self.sample_rate, self.length_samples, rng)

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [clips, 1]: the genre of each clip of a split."""
        return (np.arange(self._num(split), dtype=np.int32) % len(band.CLASSES))[:, np.newaxis]

    def clip_keys(self, split: str) -> list[str]:
        """Returns one address a clip: equal keys have equal samples."""
        values = f"grooves {SOUNDS_VERSION} {self.sample_rate} {self.length_samples} {self.seed} {split}"
        return [f"{values} {index}" for index in range(self._num(split))]

    def sources(self, split: str) -> list[Source]:
        """Returns where each clip comes from."""
        seconds = self.length_samples / self.sample_rate
        return [
            Source(f"grooves/{split}/{index}", self.sample_rate, 1, "synthesised", 0.0, seconds)
            for index in range(self._num(split))
        ]

    def fingerprint(self) -> str:
        """Returns a hash of everything that determines the samples."""
        values = (type(self).__name__, SOUNDS_VERSION, self.sample_rate, self.length_samples)
        values += (self.num_clips, self.num_test_clips, self.seed)
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]

    def report(self) -> str:
        """Returns lines for people: classes and numbers of clips."""
        lines = [
            f"grooves: synthesised loops of {self.length_samples / self.sample_rate:g} s at {self.sample_rate} Hz"
        ]
        for split in self.splits:
            counts = np.bincount(self.rows(split)[:, 0], minlength=len(band.CLASSES))
            named = ", ".join(f"{name} {count}" for name, count in zip(band.CLASSES, counts, strict=True))
            lines.append(f"{split}: {self._num(split)} clips ({named})")
        return "\n".join(lines)
