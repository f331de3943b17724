"""What the embedded data sets have in common, whose clips are computed when they are read."""

import numpy as np
import tensorflow as tf

from gansynth_tf.options import UserError


class SynthesisedSet:
    """Mono clips, each a function of its split and number; a kind of it adds `labels`, `rows`, `clip` and identities.

    Args:
        sample_rate: In hertz.
        length_samples: Samples of a clip.
        num_channels: Must be 1.
        num_clips: Number of training clips.
        num_test_clips: Number of test clips, and of validation clips.
        seed: Of all draws.

    Raises:
        UserError: If a size is not positive, the seed is negative, or stereo is wanted.
    """

    how_to_run: frozenset[str] = frozenset()
    splits = ("train", "valid", "test")

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        num_channels: int,
        num_clips: int,
        num_test_clips: int,
        seed: int,
    ):
        sizes = {"sample_rate": sample_rate, "length_samples": length_samples}
        sizes |= {"num_clips": num_clips, "num_test_clips": num_test_clips}
        for name, size in sizes.items():
            if size < 1:
                raise UserError(f"`{name}` must be at least 1. Received: {name}={size}.")
        if seed < 0:
            raise UserError(f"`seed` must not be negative. Received: seed={seed}.")
        if num_channels != 1:
            things = type(self).__name__.lower()
            raise UserError(
                f"`num_channels` must be 1: {things} are mono. Received: num_channels={num_channels}."
            )
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.num_channels = num_channels
        self.num_clips = num_clips
        self.num_test_clips = num_test_clips
        self.seed = seed

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

    def _num(self, split):
        """Returns the number of clips of a split."""
        if split not in self.splits:
            raise ValueError(f"`split` must be one of {', '.join(self.splits)}. Received: split={split!r}.")
        return self.num_clips if split == "train" else self.num_test_clips
