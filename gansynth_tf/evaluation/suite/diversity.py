"""Metrics of how far clips are from each other and from training clips."""

import dataclasses

import numpy as np
from scipy.spatial.distance import cdist

from gansynth_tf.evaluation.suite.evidence import CannotMeasure, Evidence, Findings, Measured
from gansynth_tf.evaluation.suite.metric import Metric, MetricOfSpace
from gansynth_tf.evaluation.suite.nearest_clips import nearest_at_equal_level
from gansynth_tf.evaluation.suite.uncertainty import around, bootstrapped, mean_with_interval
from gansynth_tf.metrics import distances, diversity, structural_similarity

LOG_MEL = "log_mel"
# Detail of a row: clips are as loud as each other, and what is below dither is silence.
AT_EQUAL_LEVEL = "at_equal_level"
# Nearer than this share of what real held-out clips are, a clip is a copy.
_COPY_SHARE = 0.1
_NUM_SHOWN = 6


class _OfDistances(MetricOfSpace):
    """What metrics of distances share.

    Args:
        space: Space of the features.
    """

    def __init__(self, *, space: str = LOG_MEL):
        super().__init__(space=space)


class _Relative(_OfDistances):
    """A distance that may be divided by that of real held-out clips.

    Args:
        space: Space of the features.
        relative_to_floor: Divide it.
    """

    def __init__(self, *, space: str = LOG_MEL, relative_to_floor: bool = False):
        super().__init__(space=space)
        self.relative_to_floor = relative_to_floor

    def _findings(self, found, evidence, status, num_reference, shown=None):
        """Returns the mean of the distances, divided if that is wanted, and that of distances at equal level."""
        facts = {"features": evidence.described(self.space), "num_reference": num_reference}
        value, low, high, how = mean_with_interval(found.distances)
        plain = Measured(self._plain_name, value, low, high, how, status=status, **facts)
        measured = [plain]
        if self.relative_to_floor:
            real = value if evidence.floor is None else evidence.floor.get(plain.name)
            relative = Measured(self.key, status="no real held-out clips to divide by", **facts)
            if real:
                ends = [None if end is None else end / real for end in (low, high)]
                relative = Measured(self.key, value / real, *ends, how, status=status, **facts)
            measured = [relative, plain]
        if found.levelled is not found.distances:
            measured.append(Measured(self._levelled_name, *mean_with_interval(found.levelled), **facts))
        return Findings(measured, shown or {})

    @property
    def _plain_name(self):
        """The row of the distance itself."""
        return f"{self.key}/absolute" if self.relative_to_floor else self.key

    @property
    def _levelled_name(self):
        """The row of the distance at equal level."""
        return f"{self.key}/{AT_EQUAL_LEVEL}"

    def _nearest(self, evidence, candidates, own):
        """Returns the nearest candidates [num_candidates, num_features] of all clips."""
        features = evidence.features(self.space)
        nearest, which = distances.nearest_distances(features, candidates, own)
        if not np.all(np.isfinite(nearest)):
            raise CannotMeasure("a clip has no other one")
        lowest = evidence.audible_from.get(self.space)
        if lowest is None:
            return _Nearest(nearest, nearest, which, np.zeros(len(nearest), bool))
        silent = np.max(features, axis=1) <= lowest
        return _Nearest(nearest, *nearest_at_equal_level(features, candidates, own, lowest), silent)

    def _num_copies(self, found, evidence):
        """Returns how many clips are next to nothing away from another, by what real held-out clips have.

        All silence is alike, and copied from nobody.
        """
        name = self._plain_name if found.levelled is found.distances else self._levelled_name
        near = found.levelled <= _COPY_SHARE * (evidence.floor or {}).get(name, 0.0)
        return int(np.sum(near & ~found.silent))


@dataclasses.dataclass(frozen=True)
class _Nearest:
    """How far clips are from the nearest others.

    Args:
        distances: [num_clips] distances.
        levelled: [num_clips] those at equal level; the same array where features have no level that can be taken out.
        which: [num_clips] the nearest candidates by `levelled`.
        silent: [num_clips] whether nothing of a clip is above dither.
    """

    distances: np.ndarray
    levelled: np.ndarray
    which: np.ndarray
    silent: np.ndarray


class DistanceSelf(_Relative):
    """Mean distance of a clip to its nearest other one: small where a generator repeats itself."""

    key = "distance_self"
    version = 2

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the mean, and tells of clips that occur twice, or are silent."""
        features = evidence.features(self.space)
        found = self._nearest(evidence, features, np.arange(len(features)))
        num, num_silent, told = self._num_copies(found, evidence), int(np.sum(found.silent)), []
        if num:
            told.append(f"repeats itself: {num} of {len(features)} clips have a copy among the others")
        if num_silent:
            told.append(f"{num_silent} of {len(features)} clips are silent in the part that is looked at")
        return self._findings(found, evidence, "; ".join(told), None)


class DistanceTrain(_Relative):
    """Mean distance of a clip to its nearest training clip: 0 where these were learnt by heart."""

    key = "distance_train"
    version = 2
    searches_training = True

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the mean, tells of copies, and shows the nearest pairs."""
        training = evidence.features(self.space, evidence.training)
        found = self._nearest(evidence, training, evidence.clips.own)
        num, real = self._num_copies(found, evidence), (evidence.floor or {}).get(self._plain_name)
        high, status = mean_with_interval(found.distances)[2], ""
        if num:
            status = f"memorised: {num} of {len(found.which)} clips are copies of training clips"
        elif real and high is not None and high < 0.5 * real:
            status = "memorised: less than half as far from training clips as real held-out clips are"
        # Silence beside silence is nothing to listen to.
        order = np.lexsort((found.levelled, found.silent))[:_NUM_SHOWN]
        pairs = [
            [
                int(evidence.clips.numbers[one]),
                int(evidence.training.numbers[found.which[one]]),
                float(found.levelled[one]),
            ]
            for one in order
        ]
        return self._findings(found, evidence, status, len(training), {"neighbours": pairs})


class WithinClassDistance(_OfDistances):
    """Mean distance of two clips of a class: small where a class is one and the same clip.

    Args:
        space: Space of the features.
        num_clips: Clips of a class at most, drawn at random.
    """

    key = "within_class_distance"

    def __init__(self, *, space: str = LOG_MEL, num_clips: int = 200):
        super().__init__(space=space)
        self.num_clips = num_clips

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the mean over the classes of the first label, and each of them."""
        features = evidence.features(self.space)
        label, classes = next(iter(evidence.labels.items()), ("", ("",)))
        asked = evidence.asked(label) if label else np.zeros(len(features), np.int64)
        means, deviations = np.full(len(classes), np.nan), np.zeros(len(classes))
        rng, counts = evidence.rng(self.key), np.zeros(len(classes), int)
        for number in range(len(classes)):
            chosen = rng.permutation(np.flatnonzero(asked == number))[: self.num_clips]
            members, counts[number] = features[chosen], len(chosen)
            if len(members) > 1:
                means[number] = distances.mean_pairwise_distance(members)
                deviations[number] = _deviation_of_pairs(members, means[number])
        known = np.isfinite(means)
        if not known.any():
            raise CannotMeasure("no class has two clips")
        features_of, how = evidence.described(self.space), "delta method of a mean of pairs"
        value = float(np.mean(means[known]))
        deviation = float(np.sqrt(np.sum(deviations[known] ** 2))) / int(known.sum())
        ends = around(value, deviation, how)
        measured = [Measured(self.key, value, *ends, features=features_of)]
        for number, class_name in enumerate(classes):
            if label and known[number]:
                mean = float(means[number])
                ends = around(mean, float(deviations[number]), how)
                row = Measured(
                    self.key, mean, *ends, features=features_of, class_name=f"{label}={class_name}"
                )
                measured.append(dataclasses.replace(row, num_samples=int(counts[number])))
        return Findings(measured)


class MultiScaleSimilarity(_OfDistances):
    """Mean structural similarity of the log-mel pictures of two clips of a class: 1 where they are all the same.

    Args:
        num_pairs: Pairs drawn.
    """

    key = "multi_scale_ssim"

    def __init__(self, *, num_pairs: int = 500):
        super().__init__(space=LOG_MEL)
        self.num_pairs = num_pairs

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the mean over pairs that are drawn."""
        evidence.features(self.space)
        first, second = pairs_of(evidence.classes_of(), self.num_pairs, evidence.rng(self.key))
        pictures = evidence.clips.array(evidence.feature_arrays[self.space])
        reals = evidence.features(self.space, evidence.reference)
        lowest, highest = float(np.min(reals)), float(np.max(reals))
        if lowest == highest:
            raise CannotMeasure("constant features of the reference")
        num_scales = len(structural_similarity.scale_weights(*pictures.shape[1:3]))
        # Luminance is counted from black: silence, and not a magnitude of 1, must be 0.
        values = structural_similarity.multi_scale_ssim(
            pictures[first] - lowest, pictures[second] - lowest, highest - lowest
        )
        features = f"{evidence.described(self.space)}, scales {num_scales}"
        return Findings(
            [Measured(self.key, *mean_with_interval(values), status=_told(first), features=features)],
            drawn={"pairs": np.stack([first, second]), "range": np.array([lowest, highest])},
        )


class ModeSeekingRatio(_OfDistances):
    """How far clips of a class move as their latents do: mean |G(z2) - G(z1)| / mean |z2 - z1|.

    Args:
        space: Space of the features.
        num_pairs: Pairs drawn.
    """

    key = "mode_seeking_ratio"

    def __init__(self, *, space: str = LOG_MEL, num_pairs: int = 1000):
        super().__init__(space=space)
        self.num_pairs = num_pairs

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the ratio over pairs that are drawn."""
        features, latents = evidence.features(self.space), evidence.clips.latents
        if latents is None:
            raise CannotMeasure("no latents: nothing is known of how the clips were made")
        first, second = pairs_of(evidence.classes_of(), self.num_pairs, evidence.rng(self.key))
        value = diversity.mode_seeking_ratio(
            features[first], features[second], latents[first], latents[second]
        )
        moved = np.mean(np.abs(features[first] - features[second]), axis=1, dtype=np.float64)
        told = np.mean(np.abs(latents[first] - latents[second]), axis=1, dtype=np.float64)
        interval = bootstrapped(
            lambda chosen: float(np.mean(moved[chosen]) / np.mean(told[chosen])),
            len(first),
            evidence,
            self.key,
        )
        described = evidence.described(self.space)
        measured = Measured(self.key, value, *interval, status=_told(first), features=described)
        return Findings([measured], drawn={"pairs": np.stack([first, second])})


class RealTimeFactor(Metric):
    """Seconds of work for a second of sound: the median of some runs after the first."""

    key = "real_time_factor"
    needs = ()
    is_timing = True

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the median, and the quickest and slowest run as its interval."""
        if evidence.time_factor is None:
            raise CannotMeasure("nothing made these clips")
        found = evidence.time_factor()
        seconds = np.asarray(found.seconds_a_second)
        conditions = ", ".join(f"{name} {value}" for name, value in found.conditions.items())
        how = f"least and most of {len(seconds)} runs"
        ends = float(np.min(seconds)), float(np.max(seconds))
        measured = Measured(self.key, float(np.median(seconds)), *ends, how, features=conditions)
        return Findings([measured])


def pairs_of(classes, most: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns pairs of clips of one class: each clip in at most one pair, so that pairs are independent.

    Args:
        classes: [num_clips] integers.
        most: At most so many pairs.
        rng: Draws who is paired.

    Returns:
        [num_pairs] int64 twice.

    Raises:
        CannotMeasure: If no class has two clips.
    """
    first, second = [], []
    for number in np.unique(classes):
        members = rng.permutation(np.flatnonzero(classes == number))
        half = len(members) // 2
        first.append(members[:half])
        second.append(members[half : 2 * half])
    together = np.concatenate(first), np.concatenate(second)
    if not len(together[0]):
        raise CannotMeasure("no class has two clips")
    chosen = rng.permutation(len(together[0]))[:most]
    return together[0][chosen], together[1][chosen]


def _told(first):
    # No part of `features`: sets that are compared may have some pairs more or less, as their classes fall.
    return f"{len(first):,} pairs"


def _deviation_of_pairs(members, mean):
    """Returns how much a mean distance of pairs [num, num_features] would vary with other clips.

    2 s / sqrt(n), s being the deviation over clips of their mean distance to the others: the first term of the variance
    of a mean over pairs (Hoeffding, 1948).
    """
    num = len(members)
    to_others = np.sum(cdist(members, members), axis=1) / (num - 1)
    return 2.0 * float(np.std(to_others)) / np.sqrt(num)
