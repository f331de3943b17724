"""A tiny dataset and representation that tests of the cache build, in this process and in others."""

import os
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from gansynth_tf.data.sources import Source

SHAPE = (4, 2, 1)


class CountedClips:
    """Clip i holds the value of its key; what is read is counted, in a file if several processes read.

    Args:
        keys: The key of each clip, a number as text.
        wrong: Key of the clip that holds no finite numbers.
        log: File that gets a line for each clip that is read.
        seconds: That each clip takes.
        ends_at: Key of the clip at which the process that reads it is killed.
    """

    def __init__(self, keys=10, *, wrong=None, log=None, seconds=0.0, ends_at=None):
        self.keys = [str(i) for i in range(keys)] if isinstance(keys, int) else [str(key) for key in keys]
        self.wrong = wrong
        self.log = log
        self.seconds = seconds
        self.ends_at = ends_at
        self.read = []

    def clip_keys(self, split):
        return self.keys if split == "train" else []

    def sources(self, split):
        return [Source(f"genre/{key}.wav", 8000, 1, "WAV PCM_16", 0.0, 1.0) for key in self.clip_keys(split)]

    def clips(self, split, indices=None):
        indices = np.arange(len(self.keys)) if indices is None else np.asarray(indices)
        if (np.diff(indices) <= 0).any():
            raise ValueError(f"Expected increasing numbers. Received: {indices}.")
        values = np.array([int(self.keys[i]) for i in indices], np.int64)
        clips = tf.data.Dataset.from_tensor_slices(values)
        clips = clips.map(lambda value: tf.numpy_function(self._read, [value], tf.float32))
        return clips.map(lambda clip: tf.ensure_shape(clip, [8]))

    def _read(self, value):
        if value == self.ends_at:
            os.kill(os.getpid(), 9)
        time.sleep(self.seconds)
        self.read.append(int(value))
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{value}\n")
        return np.full([8], np.nan if value == self.wrong else value, np.float32)


class PlusHalf:
    """Reshapes clips and adds a half."""

    shape = SHAPE

    def to_data(self, audio):
        return tf.reshape(audio, [-1, *SHAPE]) + 0.5


def expected(keys):
    """Returns the data of clips with these keys."""
    keys = np.asarray(range(keys) if isinstance(keys, int) else keys, np.float32)
    return np.broadcast_to(keys[:, None, None, None] + 0.5, (len(keys), *SHAPE))


def lines_of(path):
    """Returns the values that were read, in their order."""
    return [int(line) for line in Path(path).read_text().splitlines()] if Path(path).exists() else []
