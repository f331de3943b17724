"""What metrics see: sets of clips by their features, drawn once and shared by all metrics."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

# The space that hears labels.
CLASSIFIER = "classifier"
# Streams of random numbers, so that one metric's draws do not move another's.
REAL_STREAM, HELD_OUT_STREAM, ASKED_STREAM, LATENT_STREAM, METRIC_STREAM = range(5)


class CannotMeasure(ValueError):
    """A number cannot be had from these clips; the message says why, for the column `status`."""


@dataclasses.dataclass(frozen=True)
class ClipArrays:
    """A set of clips, as metrics see it.

    Args:
        rows: [num_clips, num_labels] class of each label that was asked for, or that a real clip has; -1 for none.
        arrays: {name: [num_arrays, ...]}, as `features.extract` returns them; may lie on the disk.
        places: [num_clips] where each clip stands in `arrays`; None if they stand there one by one.
        latents: [num_clips, latent_size] that a generator made the clips from, or None.
        own: [num_clips] which clip of the training set each of them is, -1 for none of it; None if none is.
        num_broken: Clips that are not finite; then there are no arrays.
    """

    rows: np.ndarray
    arrays: Mapping[str, np.ndarray]
    places: np.ndarray | None = None
    latents: np.ndarray | None = None
    own: np.ndarray | None = None
    num_broken: int = 0

    def __len__(self):
        return len(self.rows)

    @property
    def numbers(self) -> np.ndarray:
        """[num_clips] which clip of the whole set each of them is."""
        return np.arange(len(self.rows)) if self.places is None else self.places

    def array(self, name: str) -> np.ndarray:
        """Returns [num_clips, ...] of one array."""
        return self.arrays[name] if self.places is None else self.arrays[name][self.places]

    def chosen(self, indices) -> "ClipArrays":
        """Returns some of the clips; nothing is copied before it is asked for."""
        return ClipArrays(
            self.rows[indices],
            self.arrays,
            np.asarray(indices) if self.places is None else self.places[indices],
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
        floor: {name of a number: its value for real held-out clips}; None while these are measured themselves.
        time_factor: Measures what a second of sound takes; None for clips that nothing makes.
        audible_from: {space: value below which its features are silence}, of spaces of logarithms of which it is known.
        memory: What one metric computed and another may use; belongs to these very clips.
        reference_memory: What was computed from the reference alone; may be shared by all that have the same one.
    """

    clips: ClipArrays
    reference: ClipArrays
    training: ClipArrays
    labels: Mapping[str, tuple[str, ...]]
    feature_arrays: Mapping[str, str]
    seed: int
    with_intervals: bool = True
    floor: Mapping[str, float] | None = dataclasses.field(default_factory=dict)
    time_factor: Callable[[], Any] | None = None
    audible_from: Mapping[str, float] = dataclasses.field(default_factory=dict)
    memory: dict[Any, Any] = dataclasses.field(default_factory=dict)
    reference_memory: dict[Any, Any] = dataclasses.field(default_factory=dict)

    def limited(self, num_samples: int | None, num_reference: int | None) -> "Evidence":
        """Returns the evidence of fewer clips, drawn at random by the seed; None takes all.

        Args:
            num_samples: At most so many of `clips`, and of `reference`.
            num_reference: At most so many of `reference` and of `training`.
        """
        most = min(num_samples or len(self.reference), num_reference or len(self.reference))
        clips = self._some(self.clips, num_samples, 0)
        reference = self._some(self.reference, most, 1)
        training = self._some(self.training, num_reference, 2)
        if clips is self.clips and reference is self.reference and training is self.training:
            return self
        if training is not self.training and clips.own is not None:
            place = np.full(len(self.training), -1)
            place[self._drawn(self.training, num_reference, 2)] = np.arange(len(training))
            clips = dataclasses.replace(clips, own=np.where(clips.own < 0, -1, place[clips.own]))
        return dataclasses.replace(self, clips=clips, reference=reference, training=training, memory={})

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
        if name is None:
            raise CannotMeasure(f"no {space} was given")
        if name not in of.arrays:
            raise CannotMeasure(f"no features of {space}")
        array = of.array(name)
        return array.reshape(len(array), -1)

    def described(self, space: str) -> str:
        """Returns what stands in the column `features`, as "classifier:features/penultimate"."""
        return f"{space}:{self.feature_arrays.get(space, '')}".rstrip(":")

    def logits(self, label: str) -> np.ndarray:
        """Returns [num_clips, num_classes] of a label.

        Raises:
            CannotMeasure: If the classifier does not know the label.
        """
        self.check_finite()
        name = logits_array(label)
        if name not in self.clips.arrays:
            raise CannotMeasure(f"the classifier does not know the label {label}")
        return self.clips.array(name)

    def asked(self, label: str) -> np.ndarray:
        """Returns [num_clips] the class of a label that each clip should have.

        Raises:
            CannotMeasure: If the clips have no such label.
        """
        if label not in self.labels:
            raise CannotMeasure(f"the clips have no label {label}")
        return np.asarray(self.clips.rows[:, list(self.labels).index(label)], np.int64)

    def chosen_labels(self, wanted: Sequence[str]) -> list[str]:
        """Returns the labels to measure: the wanted ones, or all that clips have and the classifier knows.

        Raises:
            CannotMeasure: If there is none.
        """
        if CLASSIFIER not in self.feature_arrays:
            raise CannotMeasure(f"no {CLASSIFIER} was given")
        if wanted:
            return list(wanted)
        known = [label for label in self.labels if logits_array(label) in self.reference.arrays]
        if not known:
            raise CannotMeasure(
                "the classifier knows none of the clips' labels" if self.labels else "no labels"
            )
        return known

    def classes_of(self) -> np.ndarray:
        """Returns [num_clips] which clips belong together: one number a combination of labels that occurs."""
        if not self.clips.rows.shape[1]:
            return np.zeros(len(self.clips), np.int64)
        _, numbers = np.unique(self.clips.rows, axis=0, return_inverse=True)
        return numbers.ravel().astype(np.int64)

    def rng(self, metric: str) -> np.random.Generator:
        """Returns the random numbers of a metric: the same for every set of clips."""
        return np.random.default_rng([self.seed, METRIC_STREAM, number_of(metric)])

    def remembered(self, key, compute: Callable[[], Any]):
        """Returns what `compute` returns, which is computed once."""
        if key not in self.memory:
            self.memory[key] = compute()
        return self.memory[key]

    def remembered_of_reference(self, key, compute: Callable[[], Any]):
        """Returns what `compute` makes of the reference alone, computed once for all sets of clips."""
        key = key, len(self.reference)
        if key not in self.reference_memory:
            self.reference_memory[key] = compute()
        return self.reference_memory[key]

    def _some(self, clips, most, stream):
        return clips if most is None or most >= len(clips) else clips.chosen(self._drawn(clips, most, stream))

    def _drawn(self, clips, most, stream):
        rng = np.random.default_rng([self.seed, METRIC_STREAM, stream])
        return np.sort(rng.permutation(len(clips))[:most])


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
