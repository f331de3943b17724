"""The embedded data set: loops of six genres, synthesised when they are read, nothing to download."""

import functools
import hashlib
import json

import numpy as np
import tensorflow as tf

from gansynth_tf.data.grooves_synthesis import band, kits
from gansynth_tf.options import UserError

# Raised with every change of the sounds, so that cached spectra of older ones are not taken for these.
SOUNDS_VERSION = 5


class Grooves:
    """Drums, bass and chords of six genres, label `genre`.

    A clip is a function of (seed, split, index): it does not depend on how many there are. Classes take turns,
    so that they are balanced. The splits share no drum pattern, no kit (drums and timbres) and no key.

    Args:
        sample_rate: Hertz, any.
        length_samples: Length of a clip.
        num_clips: Number of training clips.
        num_test_clips: Number of test clips, and of validation clips.
        seed: Draws other clips of the same genres.

    Raises:
        UserError: If a size is not positive or the seed is negative.
    """

    how_to_run: frozenset[str] = frozenset()
    splits = ("train", "valid", "test")

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        *,
        num_clips: int = 6000,
        num_test_clips: int = 1200,
        seed: int = 0,
    ):
        sizes = {"sample_rate": sample_rate, "length_samples": length_samples}
        sizes |= {"num_clips": num_clips, "num_test_clips": num_test_clips}
        for name, size in sizes.items():
            if size < 1:
                raise UserError(f"`{name}` must be at least 1. Received: {name}={size}.")
        if seed < 0:
            raise UserError(f"`seed` must not be negative. Received: seed={seed}.")
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.labels = {"genre": band.CLASSES}
        self.num_clips = num_clips
        self.num_test_clips = num_test_clips
        self.seed = seed
        self._kit = functools.lru_cache(maxsize=None)(self._built_kit)

    def _built_kit(self, genre_number, kit_number):
        genre = band.CLASSES[genre_number]
        instruments = band.instruments_of(genre)
        return kits.draw_kit(genre, genre_number, kit_number, instruments, self.sample_rate)

    @functools.cached_property
    def _noise(self):
        """Noise floor, [length_samples plus a second]: brown below 1 kHz, white above."""
        rng = np.random.default_rng([20240819])
        white = rng.standard_normal(self.length_samples + self.sample_rate)
        smooth = np.convolve(white, np.ones(16) / 4.0, "same")
        return ((white + smooth) / np.std(white + smooth)).astype(np.float32)

    def _num(self, split):
        if split not in self.splits:
            raise ValueError(f"`split` must be one of {', '.join(self.splits)}. Received: split={split!r}.")
        return self.num_clips if split == "train" else self.num_test_clips

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

    def clips(self, split: str) -> tf.data.Dataset:
        """Returns the clips of a split in the order of its rows, float32 [length_samples] in [-1, 1]."""

        def synthesised(index):
            clip = tf.numpy_function(
                lambda index: self.clip(split, int(index)), [index], tf.float32, stateful=False
            )
            return tf.ensure_shape(clip, [self.length_samples])

        return tf.data.Dataset.range(self._num(split)).map(
            synthesised, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )

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
