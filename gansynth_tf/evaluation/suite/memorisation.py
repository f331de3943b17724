"""Metrics of how far clips are from the nearest others: what a generator repeats, and what it learnt by heart."""

import dataclasses

import numpy as np

from gansynth_tf.evaluation.suite.diversity import LOG_MEL, OfDistances
from gansynth_tf.evaluation.suite.evidence import CannotMeasure, Evidence, Findings, Measured
from gansynth_tf.evaluation.suite.nearest_clips import nearest_at_equal_level
from gansynth_tf.evaluation.suite.uncertainty import mean_with_interval
from gansynth_tf.metrics import distances

# Detail of a row: clips are as loud as each other, and what is below dither is silence.
AT_EQUAL_LEVEL = "at_equal_level"
# Nearer than this share of what real held-out clips are, a clip is a copy.
_COPY_SHARE = 0.1
_NUM_SHOWN = 6


class _Relative(OfDistances):
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
