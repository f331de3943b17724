"""A dataset that comes in several forms on disk hands every question to the form that it found."""

import os

import numpy as np
import tensorflow as tf

from gansynth_tf.data.clip_set import ClipSet, Progress
from gansynth_tf.data.sources import Source


class DatasetInForms:
    """Base of datasets by name; subclasses choose the form in `__init__` and keep no option else.

    Args:
        form: The ClipSet that was found.
    """

    how_to_run: frozenset[str] = frozenset()

    def __init__(self, form: ClipSet):
        self._form = form
        self.sample_rate = form.sample_rate
        self.length_samples = form.length_samples
        self.num_channels = form.num_channels

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """{label: its classes in order}."""
        return self._form.labels

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have clips."""
        return self._form.splits

    @property
    def left_out(self) -> dict[str, str]:
        """{recording: why it is not used}."""
        return self._form.left_out

    def prepare(self, cache_dir: str | os.PathLike | None = None, progress: Progress | None = None) -> None:
        """Reads all recordings once; see ClipSet.prepare."""
        self._form.prepare(cache_dir, progress)

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [num_clips, num_labels]: the class of each label of each clip, -1 where it has none."""
        return self._form.rows(split)

    def clips(self, split: str, indices=None) -> tf.data.Dataset:
        """Returns (the chosen) clips in the order of the rows, float32 [length_samples(, 2)] in [-1, 1]."""
        return self._form.clips(split, indices)

    def clip_keys(self, split: str) -> list[str]:
        """Returns one address a clip: equal keys have equal samples."""
        return self._form.clip_keys(split)

    def sources(self, split: str) -> list[Source]:
        """Returns the recording of each clip."""
        return self._form.sources(split)

    def fingerprint(self) -> str:
        """Returns a hash of everything that determines samples and labels."""
        return self._form.fingerprint()

    def report(self) -> str:
        """Returns lines for people: classes, clips of each split, and what was left out and why."""
        return self._form.report()
