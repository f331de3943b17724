"""What metrics see: sets of clips by their features, drawn once and shared by all metrics."""

import dataclasses
import hashlib
from collections.abc import Mapping

import numpy as np

# Streams of random numbers, so that one metric's draws do not move another's.
REAL_STREAM, HELD_OUT_STREAM, ASKED_STREAM, LATENT_STREAM, METRIC_STREAM = range(5)


class CannotMeasure(ValueError):
    """A number cannot be had from these clips; the message says why, for the column `status`."""


@dataclasses.dataclass(frozen=True)
class ClipArrays:
    """A set of clips, as metrics see it.

    Args:
        rows: [num_clips, num_labels] class of each label that was asked for, or that a real clip has; -1 for none.
        arrays: {name: [num_clips, ...]}, as `features.extract` returns them; may lie on the disk.
        latents: [num_clips, latent_size] that a generator made the clips from, or None.
        own: [num_clips] which clip of the training set each of them is, -1 for none of it; None if none is.
        num_broken: Clips that are not finite; then there are no arrays.
    """

    rows: np.ndarray
    arrays: Mapping[str, np.ndarray]
    latents: np.ndarray | None = None
    own: np.ndarray | None = None
    num_broken: int = 0

    def __len__(self):
        return len(self.rows)

    def chosen(self, indices) -> "ClipArrays":
        """Returns some of the clips."""
        return ClipArrays(
            self.rows[indices],
            {name: array[indices] for name, array in self.arrays.items()},
            None if self.latents is None else self.latents[indices],
            None if self.own is None else self.own[indices],
            self.num_broken,
        )


@dataclasses.dataclass(frozen=True)
class Evidence:
    """One set of clips beside what it is compared with.

    Args:
        clips: That are measured: a model's, or real ones in its place.
        reference: As many training clips.
        training: Training clips among which copies are looked for; `ClipArrays.own` counts in these.
        labels: {label: class names}, in the order of the columns of `ClipArrays.rows`.
        feature_arrays: {space: name of the array that holds its features}.
        seed: Of all draws.
        with_intervals: Whether intervals are wanted, which take most of the time.
    """

    clips: ClipArrays
    reference: ClipArrays
    training: ClipArrays
    labels: Mapping[str, tuple[str, ...]]
    feature_arrays: Mapping[str, str]
    seed: int
    with_intervals: bool = True

    def check_finite(self) -> None:
        """Raises CannotMeasure if a clip is not finite: a number over the others would look like that of all."""
        if self.clips.num_broken:
            raise CannotMeasure(f"{self.clips.num_broken} of {len(self.clips)} clips are not finite")

    def features(self, space: str, of: ClipArrays | None = None) -> np.ndarray:
        """Returns [num_clips, num_features] of a space, of `clips` or another set.

        Raises:
            CannotMeasure: If nothing was extracted in that space.
        """
        self.check_finite()
        name = self.feature_arrays.get(space)
        of = self.clips if of is None else of
        if name is None or name not in of.arrays:
            raise CannotMeasure(f"no features of {space}")
        array = of.arrays[name]
        return array.reshape(len(array), -1)

    def described(self, space: str) -> str:
        """Returns what stands in the column `features`, as "classifier:features/pooled"."""
        return f"{space}:{self.feature_arrays.get(space, '')}".rstrip(":")

    def logits(self, label: str, of: ClipArrays | None = None) -> np.ndarray:
        """Returns [num_clips, num_classes] of a label.

        Raises:
            CannotMeasure: If the classifier does not know the label.
        """
        self.check_finite()
        of = self.clips if of is None else of
        name = logits_array(label)
        if name not in of.arrays:
            raise CannotMeasure(f"the classifier does not know the label {label}")
        return of.arrays[name]

    def asked(self, label: str) -> np.ndarray:
        """Returns [num_clips] the class of a label that each clip should have.

        Raises:
            CannotMeasure: If the clips have no such label.
        """
        if label not in self.labels:
            raise CannotMeasure(f"the clips have no label {label}")
        return np.asarray(self.clips.rows[:, list(self.labels).index(label)], np.int64)

    @property
    def known_labels(self) -> list[str]:
        """Labels that clips were asked for and that the classifier knows."""
        return [label for label in self.labels if logits_array(label) in self.reference.arrays]

    def rng(self, metric: str) -> np.random.Generator:
        """Returns the random numbers of a metric: the same for every set of clips."""
        return np.random.default_rng([self.seed, METRIC_STREAM, number_of(metric)])


@dataclasses.dataclass(frozen=True)
class Measured:
    """One number that a metric found.

    Args:
        name: Of the number.
        value: The number, or None.
        ci_low: Lower end of its 95 % interval.
        ci_high: Upper end.
        interval: How that was made; "" without one.
        splits: Parts it is a mean over, or None.
        status: What is to be said, or why there is no value.
        class_name: As genre=jazz; "" for all.
        features: What it is computed on; "" for the clips themselves.
        num_samples: Clips it is of; None means all.
        num_reference: Clips these were compared with; None if with none.
    """

    name: str
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    interval: str = ""
    splits: int | None = None
    status: str = ""
    class_name: str = ""
    features: str = ""
    num_samples: int | None = None
    num_reference: int | None = None


@dataclasses.dataclass(frozen=True)
class Findings:
    """What a metric says of one set of clips.

    Args:
        measured: Its numbers.
        shown: What a page shows besides, in words that JSON knows.
        drawn: {name: array} of what was drawn or fitted on the way, to be kept.
    """

    measured: list[Measured]
    shown: dict = dataclasses.field(default_factory=dict)
    drawn: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


def logits_array(label: str) -> str:
    """Returns the name of the array of a label's logits."""
    return f"logits/{label}"


def number_of(name: str) -> int:
    """Returns a number that stands for a name in a seed: another name, another number."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def is_constant(features: np.ndarray) -> bool:
    """Returns whether all examples [num_examples, ...] are the same, so that no neighbour lies nearer than another."""
    return bool(len(features)) and bool(np.all(features == features[:1]))
