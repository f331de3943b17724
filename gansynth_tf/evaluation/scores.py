"""What generated clips are worth, in numbers with intervals, against the real clips a run learnt from."""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
from scipy.spatial.distance import cdist

from gansynth_tf.evaluation.judges import clip_space
from gansynth_tf.metrics.accuracy import share_as_asked
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage
from gansynth_tf.metrics.distances import row_blocks, within_class_distances
from gansynth_tf.metrics.intervals import NORMAL_95, half_sample_deviation, share_interval
from gansynth_tf.models.classifier import Classifier

NEIGHBOURS = 5
# Clips a set for density and coverage to mean anything: halves must still hold more than NEIGHBOURS.
LEAST_CLIPS = 2 * (NEIGHBOURS + 1) + 2

# (least, most) of what a set of clips must have to go without a remark, and the remark. Those of real clips lie near
# 1; see eval/README.md for where planted failures lie.
BOUNDS = {
    "within": (0.5, 1.5, "all the same", "too different within a class"),
    "density": (0.3, math.inf, "unlike real clips", ""),
    "coverage": (0.3, math.inf, "few of the kinds of real clips", ""),
    "nearest": (0.5, math.inf, "copies of training clips", ""),
}
LEAST_ACCURACY = 0.8


@dataclasses.dataclass(frozen=True)
class Clips:
    """A set of clips, measured once.

    Args:
        asked: [num_clips, num_labels] class of each of the runs' labels, -1 where missing.
        heard: {label: [num_clips] class the classifier hears}.
        features: [num_clips, num_features] the classifier's penultimate features.
        points: [num_clips, num_dimensions] in `clip_space`, which knows no classifier.
    """

    asked: np.ndarray
    heard: dict[str, np.ndarray]
    features: np.ndarray
    points: np.ndarray

    @classmethod
    def measured(cls, audio, asked, classifier: Classifier) -> "Clips":
        """Returns the set of clips [num_clips, length_samples] that were asked for as rows [num_clips, labels].

        Raises:
            ValueError: If a clip is not finite or has another length than the classifier hears.
        """
        audio, asked = np.asarray(audio, np.float32), np.asarray(asked, np.int64)
        features, logits = classifier.hear(classifier.spectrograms(audio))
        heard = {name: np.argmax(values, axis=1) for name, values in logits.items()}
        return cls(asked, heard, features, clip_space(audio, classifier.sample_rate))

    def chosen(self, indices) -> "Clips":
        """Returns some of the clips."""
        heard = {name: classes[indices] for name, classes in self.heard.items()}
        return Clips(self.asked[indices], heard, self.features[indices], self.points[indices])

    @property
    def groups(self) -> np.ndarray:
        """[num_clips] the class of the first label, by which clips are drawn in equal numbers; 0 without labels."""
        return self.asked[:, 0] if self.asked.shape[1] else np.zeros(len(self.asked), np.int64)


@dataclasses.dataclass(frozen=True)
class RealClips:
    """What sets of clips are compared with.

    Args:
        labels: {label: class names} of the runs, in the order of the columns of `Clips.asked`.
        real: Training clips, balanced over classes.
        others: As many other training clips: how real clips fare against real ones.
        held_out: Clips that no run was trained on.
        train_points: [num_train, num_dimensions] training clips among which copies are looked for.
        others_nearest: [num_others] distance from each of `others` to the nearest of them but itself.
    """

    labels: Mapping[str, tuple[str, ...]]
    real: Clips
    others: Clips
    held_out: Clips
    train_points: np.ndarray
    others_nearest: np.ndarray


def nearest_train_distances(points, train_points, own=None) -> np.ndarray:
    """Returns each clip's distance to its nearest training clip.

    Args:
        points: [num_clips, num_dimensions].
        train_points: [num_train, num_dimensions].
        own: [num_clips] which training clip each of them is, which is passed over; None if they are none of them.

    Returns:
        [num_clips] float64.
    """
    distances = np.empty(len(points))
    for rows in row_blocks(len(points), len(train_points)):
        block = cdist(points[rows], train_points)
        if own is not None:
            block[np.arange(len(block)), own[rows]] = np.inf
        distances[rows] = block.min(axis=1)
    return distances


def scores(clips: Clips, reals: RealClips, nearest=None, *, num_halves: int = 60, seed: int = 0) -> dict:
    """Returns the numbers of a set of clips, each ratio with a 95 % interval.

    Args:
        clips: At least LEAST_CLIPS; those beyond the number of `reals.others` are left out of density and coverage.
        reals: What they are compared with.
        nearest: [num_clips] distances to the nearest training clip; None computes them.
        num_halves: Halves that the intervals rest on.
        seed: Of the halves.

    Returns:
        A flat dict of floats: `accuracy/<label>` for labels that the classifier knows, `within`, `density`,
        `coverage`, `nearest`, each with `..._low` and `..._high`; `num_clips`; `within_distance`, `raw_density`,
        `raw_coverage`, `nearest_distance` as they are before they are divided.

    Raises:
        ValueError: If there are too few clips.
    """
    if len(clips.asked) < LEAST_CLIPS:
        raise ValueError(f"Expected at least {LEAST_CLIPS} clips to compare. Received: {len(clips.asked)}.")
    if nearest is None:
        nearest = nearest_train_distances(clips.points, reals.train_points)
    found: dict[str, float] = {"num_clips": len(clips.asked)}
    for column, label in enumerate(reals.labels):
        if label in clips.heard:
            found |= _accuracy(label, clips.asked[:, column], clips.heard[label])
    found |= _within(clips, reals, num_halves, seed)
    found |= _density_coverage(clips, reals, num_halves, seed)
    return found | _nearest(nearest, reals.others_nearest)


def remarks(found: Mapping[str, float]) -> list[str]:
    """Returns in words which numbers of `scores` are out of bounds, an interval's width of doubt granted."""
    said = []
    for name, value in found.items():
        if name.startswith("accuracy/") and name.endswith("_high") and value < LEAST_ACCURACY:
            said.append(f"{name.removeprefix('accuracy/').removesuffix('_high')} not as asked")
    for name, (least, most, below, above) in BOUNDS.items():
        if found[f"{name}_high"] < least:
            said.append(below)
        elif found[f"{name}_low"] > most:
            said.append(above)
    return said


def _accuracy(label, asked, heard):
    """Returns the share of clips that are heard as they were asked for."""
    known = asked >= 0
    low, high = share_interval(int(np.sum(heard[known] == asked[known])), int(known.sum()))
    name = f"accuracy/{label}"
    return {name: share_as_asked(asked, heard), f"{name}_low": low, f"{name}_high": high}


def _within(clips, reals, num_halves, seed):
    """Returns the mean distance within a class, divided by that of held-out clips."""
    num_classes = len(next(iter(reals.labels.values()))) if reals.labels else 1

    def mean(some, chosen):
        distances = within_class_distances(some.points[chosen], some.groups[chosen], num_classes)
        known = distances[np.isfinite(distances)]
        return float(np.mean(known)) if len(known) else math.nan

    def ratio(chosen, chosen_held_out):
        return [mean(clips, chosen) / mean(reals.held_out, chosen_held_out)]

    everything = [np.arange(len(some.groups)) for some in (clips, reals.held_out)]
    groups = clips.groups, reals.held_out.groups
    (deviation,) = half_sample_deviation(ratio, groups, num_halves=num_halves, seed=seed)
    found = _interval("within", ratio(*everything)[0], deviation)
    return {"within_distance": mean(clips, everything[0])} | found


def _density_coverage(clips, reals, num_halves, seed):
    """Returns density and coverage, divided by those of as many other real clips."""
    num = min(len(clips.features), len(reals.others.features))
    fakes, others = clips.chosen(np.arange(num)), reals.others.chosen(np.arange(num))

    def both(chosen_reals, chosen_fakes, chosen_others):
        real = reals.real.features[chosen_reals]
        return [
            precision_recall_density_coverage(real, some.features[chosen], NEIGHBOURS)
            for some, chosen in ((fakes, chosen_fakes), (others, chosen_others))
        ]

    def ratios(*chosen):
        raw, floor = both(*chosen)
        return [raw[name] / floor[name] if floor[name] else math.nan for name in ("density", "coverage")]

    groups = reals.real.groups, fakes.groups, others.groups
    everything = [np.arange(len(its)) for its in groups]
    deviations = half_sample_deviation(ratios, groups, num_halves=num_halves, seed=seed)
    raw, _ = both(*everything)
    found = {f"raw_{name}": raw[name] for name in ("density", "coverage")}
    for name, ratio, deviation in zip(("density", "coverage"), ratios(*everything), deviations, strict=True):
        found |= _interval(name, ratio, deviation)
    return found


def _nearest(nearest, others_nearest):
    """Returns the mean distance to the nearest training clip, divided by that among training clips."""
    ratio = float(np.mean(nearest) / np.mean(others_nearest))
    shares = [np.std(values, ddof=1) / np.sqrt(len(values)) for values in (nearest, others_nearest)]
    deviation = float(np.hypot(shares[0], ratio * shares[1]) / np.mean(others_nearest))
    return {"nearest_distance": float(np.mean(nearest))} | _interval("nearest", ratio, deviation)


def _interval(name, value, deviation):
    """Returns a ratio with its 95 % interval; a ratio of distances or counts is not negative."""
    half = NORMAL_95 * float(deviation)
    return {name: value, f"{name}_low": max(0.0, value - half), f"{name}_high": value + half}
