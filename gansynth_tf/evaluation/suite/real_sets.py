"""Which real clips stand where: as reference, in the model's place, and among those where copies are looked for."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy.stats import t

from gansynth_tf.evaluation.suite.evidence import HELD_OUT_STREAM, REAL_STREAM
from gansynth_tf.options import UserError

LEAST_CLIPS = 16
TRAIN, TEST = "train", "test"
_BATCH = 64


@dataclasses.dataclass(frozen=True)
class RealSets:
    """Chosen clips, each set increasing, counted among the clips of a split that the labels use.

    Args:
        num: Clips of each set that stands for a model or is compared with one.
        wanted: As many as were asked for.
        reference: [num] training clips.
        training: Training clips among which copies are looked for; the reference is a part of them.
        held_out: [num] clips that no run was trained on; empty if there is to be no floor.
        splits: Sets of [num] training clips that are not in the reference.
        independence: Share of the variation between sets that the splits show, in (0, 1]: less than 1 where there are
            too few clips for sets that share none.
    """

    num: int
    wanted: int
    reference: np.ndarray
    training: np.ndarray
    held_out: np.ndarray
    splits: tuple[np.ndarray, ...]
    independence: float

    @property
    def status(self) -> str:
        """What a row says of fewer clips than were asked for; "" if there were enough."""
        return "" if self.num == self.wanted else f"small_reference: {self.num:,} of {self.wanted:,} clips"

    @property
    def near(self) -> np.ndarray:
        """The reference and all splits: increasing, each clip once."""
        return np.unique(np.concatenate([self.reference, *self.splits]))


def drawn_sets(
    num_train: int,
    num_test: int,
    wanted: int,
    *,
    seed: int,
    max_train_clips: int = 0,
    num_splits: int = 5,
    floor: bool = True,
) -> RealSets:
    """Draws which clips stand where.

    All sets have one size, since most numbers depend on it: the size that is asked for, or what the smallest of the
    sets can have. With a floor that is the number of test clips, and a third of the training clips, so that other
    training clips can stand in the model's place.

    Args:
        num_train: Training clips there are.
        num_test: Test clips there are.
        wanted: Clips a set.
        seed: Of the draw. A larger `wanted` draws the same clips and more.
        max_train_clips: At most so many training clips among which copies are looked for, or `num` if that is more; 0
            for all.
        num_splits: Sets of training clips that stand in the model's place.
        floor: Whether real clips stand in the model's place at all.

    Raises:
        UserError: If there are too few clips.
    """
    num = min(wanted, num_train // 3, num_test) if floor else min(wanted, num_train)
    if num < LEAST_CLIPS:
        raise UserError(
            f"Expected at least {3 * LEAST_CLIPS} training clips, {LEAST_CLIPS} test clips and {LEAST_CLIPS} clips to "
            f"measure. Received: {num_train:,}, {num_test:,} and {wanted:,}."
        )
    order = np.random.default_rng([seed, REAL_STREAM]).permutation(num_train)
    test_order = np.random.default_rng([seed, HELD_OUT_STREAM]).permutation(num_test)
    rest = order[num:]
    splits, independence = [], 1.0
    if floor and num_splits * num <= len(rest):
        splits = [rest[start : start + num] for start in range(0, num_splits * num, num)]
    elif floor:
        rng = np.random.default_rng([seed, REAL_STREAM, 1])
        splits = [rng.choice(rest, num, replace=False) for _ in range(num_splits)]
        # Means of n clips drawn out of m vary by the factor 1 - n / m less than means of new clips.
        independence = 1.0 - num / len(rest)
    most = num_train if not max_train_clips else max(num, max_train_clips)
    return RealSets(
        num,
        wanted,
        np.sort(order[:num]),
        np.sort(order[:most]),
        np.sort(test_order[:num]) if floor else np.zeros(0, np.int64),
        tuple(np.sort(one) for one in splits),
        independence,
    )


def next_set_interval(values: Sequence[float], independence: float = 1.0) -> tuple[float, float]:
    """Returns where the value of one more real set should lie, with 95 % probability.

    mean +- t s sqrt(1 + 1 / k), Student's t with k - 1 degrees of freedom: the prediction interval of a normal
    variable of which k values are known.

    Args:
        values: Of k sets, at least two.
        independence: `RealSets.independence`, by which the variance is divided.

    Raises:
        ValueError: If there are fewer than two values.

    Source: Hahn and Meeker, Statistical Intervals, 1991, section 4.7.
    """
    if len(values) < 2:
        raise ValueError(f"Expected values of at least two sets. Received: {len(values)}.")
    deviation = float(np.std(values, ddof=1)) / math.sqrt(independence)
    half = float(t.ppf(0.975, len(values) - 1)) * deviation * math.sqrt(1 + 1 / len(values))
    middle = float(np.mean(values))
    return middle - half, middle + half


@dataclasses.dataclass(frozen=True)
class RealClips:
    """Clips of a data set that the labels use.

    Args:
        dataset: Has clips(split, indices), clip_keys(split) and fingerprint().
        labels: Has classes, clips(split) and rows(split).
    """

    dataset: Any
    labels: Any

    def count(self, split: str) -> int:
        """Returns the number of used clips of a split; 0 if there is no such split."""
        return len(self.labels.clips(split)) if split in self.dataset.splits else 0

    def rows(self, split: str, chosen) -> np.ndarray:
        """Returns the classes of chosen clips, [num, num_labels] int64."""
        return np.asarray(self.labels.rows(split)[chosen], np.int64)

    def batches(self, split: str, chosen) -> Iterator[np.ndarray]:
        """Yields chosen clips in their order, [batch, length_samples] float32; increasing ones are read fastest."""
        indices = self.labels.clips(split)[np.asarray(chosen, np.int64)]
        yield from self.dataset.clips(split, indices).batch(_BATCH).as_numpy_iterator()

    def facts(self, split: str, chosen) -> dict[str, str]:
        """Returns what the chosen clips and their labels follow from, for a cache and for the column `reference`.

        Labels belong to them: generators are asked for these, and some metrics look within their classes.
        """
        keys = self.dataset.clip_keys(split)
        digest = hashlib.sha256(self.dataset.fingerprint().encode())
        digest.update(json.dumps(self.labels.classes).encode())
        digest.update(self.rows(split, chosen).astype("<i8").tobytes())
        for index in self.labels.clips(split)[np.asarray(chosen, np.int64)]:
            digest.update(f"\n{keys[index]}".encode("utf-8", "surrogateescape"))
        return {"clips": digest.hexdigest()[:32], "split": split}
