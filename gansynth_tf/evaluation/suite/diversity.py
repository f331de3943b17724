"""Metrics of how far clips of a class are from each other, and move with their latents; and of speed."""

import dataclasses

import numpy as np
from scipy.spatial.distance import cdist

from gansynth_tf.evaluation.suite.evidence import CannotMeasure, Evidence, Findings, Measured
from gansynth_tf.evaluation.suite.metric import Metric, MetricOfSpace
from gansynth_tf.evaluation.suite.uncertainty import around, bootstrapped, mean_with_interval
from gansynth_tf.metrics import distances, diversity, structural_similarity

LOG_MEL = "log_mel"


class OfDistances(MetricOfSpace):
    """What metrics of distances share.

    Args:
        space: Space of the features.
    """

    def __init__(self, *, space: str = LOG_MEL):
        super().__init__(space=space)


class WithinClassDistance(OfDistances):
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


class MultiScaleSimilarity(OfDistances):
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


class ModeSeekingRatio(OfDistances):
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
