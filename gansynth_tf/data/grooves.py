"""The embedded data set: loops of six genres, synthesised when they are read, nothing to download."""

import functools
import hashlib
import json

import numpy as np
import tensorflow as tf

from gansynth_tf.data.grooves_synthesis import band, kits
from gansynth_tf.data.sources import Source
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
        num_channels: 1; the loops are mono.
        download: There is nothing to download.
        num_clips: Number of training clips.
        num_test_clips: Number of test clips, and of validation clips.
        seed: Draws other clips of the same genres.

    Raises:
        UserError: If a size is not positive, the seed is negative, or stereo is wanted.
    """

    how_to_run: frozenset[str] = frozenset()
    splits = ("train", "valid", "test")

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
        sizes = {"sample_rate": sample_rate, "length_samples": length_samples}
        sizes |= {"num_clips": num_clips, "num_test_clips": num_test_clips}
        for name, size in sizes.items():
            if size < 1:
                raise UserError(f"`{name}` must be at least 1. Received: {name}={size}.")
        if seed < 0:
            raise UserError(f"`seed` must not be negative. Received: seed={seed}.")
        if num_channels != 1:
            raise UserError(f"`num_channels`: grooves are mono. Received: num_channels={num_channels}.")
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.num_channels = num_channels
        self.labels = {"genre": band.CLASSES}
        self.num_clips = num_clips
        self.num_test_clips = num_test_clips
        self.seed = seed
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

    def clips(self, split: str, indices=None) -> tf.data.Dataset:
        """Returns clips in the order of the rows, float32 [length_samples] in [-1, 1].

        Args:
            split: Name of the split.
            indices: Increasing numbers of the wanted clips; None is all.
        """

        def synthesised(index):
            clip = tf.numpy_function(
                lambda index: self.clip(split, int(index)), [index], tf.float32, stateful=False
            )
            return tf.ensure_shape(clip, [self.length_samples])

        numbers = tf.data.Dataset.range(self._num(split))
        if indices is not None:
            numbers = tf.data.Dataset.from_tensor_slices(np.asarray(indices, np.int64))
        return numbers.map(synthesised, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    @property
    def left_out(self) -> dict[str, str]:
        """Nothing: every clip is used."""
        return {}

    def prepare(self, cache_dir=None, progress=None) -> None:
        """Does nothing: there are no files to read."""

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
