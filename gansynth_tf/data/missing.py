"""Data sets whose recordings are not on this machine, as far as their options tell what they are."""

from collections.abc import Mapping

import numpy as np

from gansynth_tf.options import UserError


class RecordingsMissing(UserError):
    """The recordings are not on disk; the options alone tell the labels and their classes.

    Args:
        text: What is missing, and how to get it.
        labels: {label: its classes in order}, as the data set would have them.
    """

    def __init__(self, text: str, labels: Mapping[str, tuple[str, ...]]):
        super().__init__(text)
        self.labels = dict(labels)


class ClassesAlone:
    """Stands for a data set without its recordings where only its classes are asked for, as in a dry run.

    It has no audio. Its rows give every class once, so that none counts as unlearnt; they are no clips.

    Args:
        error: What the data set raised.
        sample_rate: Hertz.
        length_samples: Length of a clip.
        num_channels: Of a clip.
    """

    splits = ("train",)

    def __init__(self, error: RecordingsMissing, sample_rate: int, length_samples: int, num_channels: int):
        self.labels = error.labels
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.num_channels = num_channels
        self.left_out: dict[str, str] = {}
        self._text = str(error)

    def prepare(self, cache_dir=None, progress=None) -> None:
        """Does nothing: there is nothing to read."""

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [size of the largest label, num_labels] with every class of every label; none but for train."""
        sizes = [len(classes) for classes in self.labels.values()]
        numbers = np.arange(max(sizes, default=0) if split == "train" else 0)
        columns = [numbers % size for size in sizes]
        return np.stack(columns, axis=1).astype(np.int32) if columns else np.zeros([0, 0], np.int32)

    def report(self) -> str:
        """Returns what is missing."""
        return f"Recordings are missing, so that clips are not counted: {self._text}"
