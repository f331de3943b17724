"""A dataset of the contract whose clips are planted one by one, and ordinary clips to plant others among."""

import dataclasses

import numpy as np
import tensorflow as tf

from gansynth_tf.data.sources import Source

RATE = 16000
LENGTH = 16000
SECONDS = np.arange(LENGTH) / RATE


def ordinary(seed=0, f0_hz=None, level=0.4):
    """A decaying note of five overtones over a noise floor: nothing is odd about it. float32 [LENGTH]."""
    rng = np.random.default_rng([seed, 1])
    f0_hz = f0_hz or 440.0 * 2 ** rng.uniform(-2, 1)
    partials = [
        rng.uniform(0.3, 1) / k * np.sin(2 * np.pi * (k * f0_hz * SECONDS + rng.uniform()))
        for k in range(1, 6)
    ]
    note = np.sum(partials, axis=0) * np.exp(-rng.uniform(1, 3) * SECONDS)
    audio = note / np.abs(note).max() + 0.002 * rng.standard_normal(LENGTH)
    return (level * audio).astype(np.float32)


def noise(seed=0, level=0.2):
    """White noise, float32 [LENGTH]."""
    return np.clip(level * np.random.default_rng(seed).standard_normal(LENGTH), -1, 1).astype(np.float32)


def without_highs(audio, highest_hz):
    """The same sound as a recorder of a lower rate would have kept it."""
    spectrum = np.fft.rfft(audio)
    spectrum[int(highest_hz / RATE * len(audio)) :] = 0
    return np.fft.irfft(spectrum, len(audio)).astype(np.float32)


@dataclasses.dataclass
class Planted:
    """A dataset as the program would build one, of clips that are given.

    Args:
        labels: {label: class names}.
        left_out: {file: reason}.
        broken: Numbers of the clips, over all splits in the order they were added, that fail when they are read.
    """

    labels: dict = dataclasses.field(default_factory=dict)
    left_out: dict = dataclasses.field(default_factory=dict)
    broken: set = dataclasses.field(default_factory=set)
    length_samples: int = LENGTH
    num_channels: int = 1
    sample_rate: int = RATE
    how_to_run = frozenset()

    def __post_init__(self):
        self._clips = []

    def add(self, audio, split="train", classes=None, name="", **source):
        """Adds a clip and returns the dataset."""
        number = len(self._clips)
        known = {
            "sample_rate": RATE,
            "num_channels": 1,
            "encoding": "WAV PCM_16",
            "start_seconds": 0.0,
            "seconds": self.length_samples / RATE,
        }
        classes = (0,) * len(self.labels) if classes is None else classes
        self._clips.append(
            (
                split,
                np.asarray(audio, np.float32),
                classes,
                Source(name or f"{number}.wav", **known | source),
                number,
            )
        )
        return self

    def _of(self, split):
        return [clip for clip in self._clips if clip[0] == split]

    @property
    def splits(self):
        return tuple(split for split in ("train", "valid", "test") if self._of(split))

    def rows(self, split):
        clips = self._of(split)
        return np.array([clip[2] for clip in clips], np.int32).reshape(len(clips), len(self.labels))

    def sources(self, split):
        return [clip[3] for clip in self._of(split)]

    def clips(self, split, indices=None):
        clips = self._of(split)
        chosen = clips if indices is None else [clips[int(i)] for i in indices]
        audio = {clip[4]: clip[1] for clip in chosen}

        def read(number):
            if int(number) in self.broken:
                raise ValueError("is cut off: 1 sample of 2")
            return audio[int(number)]

        shape = [self.length_samples] + [2] * (self.num_channels == 2)
        numbers = tf.data.Dataset.from_tensor_slices(np.array([clip[4] for clip in chosen], np.int64))
        return numbers.map(lambda n: tf.ensure_shape(tf.numpy_function(read, [n], tf.float32), shape))


def ordinary_set(count=12, labels=None, **options):
    """A dataset of ordinary clips, classes in turns."""
    dataset = Planted(labels or {}, **options)
    for number in range(count):
        classes = tuple(number % len(names) for names in dataset.labels.values())
        dataset.add(ordinary(number), classes=classes)
    return dataset
