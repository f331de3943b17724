"""Metrics of two sets of features: Frechet and kernel distances, bins, and neighbourhoods."""

import abc

import numpy as np

from gansynth_tf.evaluation.suite.evidence import (
    CLASSIFIER,
    CannotMeasure,
    Evidence,
    Findings,
    Measured,
    is_constant,
)
from gansynth_tf.evaluation.suite.metric import MetricOfSpace
from gansynth_tf.evaluation.suite.uncertainty import NO_ENDS, around, subsampled, widened
from gansynth_tf.metrics import bins, frechet, kernel
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage

LEAST_FOR_BINS = 500


class OfFeatures(MetricOfSpace):
    """What metrics of two sets of features share.

    Args:
        space: Space of the features.
    """

    def __init__(self, *, space: str = CLASSIFIER):
        super().__init__(space=space)

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the numbers."""
        reals, fakes = self._pair(evidence)
        facts = {
            "features": evidence.described(self.space),
            "num_reference": len(reals),
            "num_samples": len(fakes),
        }
        return self._of_pair(reals, fakes, evidence, facts)

    @abc.abstractmethod
    def _of_pair(self, reals, fakes, evidence, facts) -> Findings:
        """Returns the numbers of features [num_clips, num_features] each, with `facts` in the rows."""

    def _pair(self, evidence):
        """Returns features of equally many real and measured clips."""
        reals = evidence.features(self.space, evidence.reference)
        fakes = evidence.features(self.space)
        num = min(len(reals), len(fakes))
        return reals[:num], fakes[:num]


class _OfNormals(OfFeatures):
    """What both Frechet distances share: features taken for two normal distributions."""

    def _whole(self, reals, fakes, evidence):
        """Returns the distance of all clips, and its standard error; None if that is unwanted or not to be had."""

        def whole():
            found = frechet.frechet_distance(reals, fakes)
            # Features that never move leave the error alone. Of fewer clips than this it is not what was simulated.
            enough = len(fakes) > 2 * max(found.rank_reals, found.rank_fakes)
            wanted = evidence.with_intervals and enough
            return found, frechet.frechet_standard_error(reals, fakes) if wanted else None

        return evidence.remembered(("frechet", self.space, evidence.with_intervals), whole)


class FrechetDistance(_OfNormals):
    """Squared Frechet distance of two normal distributions that have the features' means and covariances."""

    key = "frechet_distance"

    def _of_pair(self, reals, fakes, evidence, facts):
        found, error = self._whole(reals, fakes, evidence)
        interval = NO_ENDS if error is None else around(found.value, error, "delta method")
        return Findings([Measured(self.key, found.value, *interval, status=found.status, **facts)])


class FrechetInfinity(_OfNormals):
    """What the Frechet distance tends to with more and more clips, generated and real ones alike."""

    key = "frechet_infinity"
    version = 2

    def _of_pair(self, reals, fakes, evidence, facts):
        rng = evidence.rng(self.key)
        subsets = frechet.infinity_subsets(len(fakes), generator=rng)
        real_subsets = frechet.infinity_subsets(len(reals), generator=rng)
        found = frechet.frechet_infinity(reals, fakes, subsets, real_subsets)
        error = self._whole(reals, fakes, evidence)[1] if evidence.with_intervals else None
        interval = NO_ENDS
        if error is not None:
            both = float(np.hypot(error, found.fit_error))
            interval = around(found.value, both, "delta method and fit")
        status = f"the fit explains {found.r2:.2f} of the variation" if found.r2 < 0.9 else ""
        drawn = {f"subset_{number:02d}": subset for number, subset in enumerate(subsets)}
        drawn |= {f"real_subset_{number:02d}": subset for number, subset in enumerate(real_subsets)}
        return Findings([Measured(self.key, found.value, *interval, status=status, **facts)], drawn=drawn)


class KernelDistance(OfFeatures):
    """Squared maximum mean discrepancy with a cubic kernel: unbiased, and negative by chance.

    Of features about the reference's mean in units of its deviation, since the kernel knows offsets and scales.
    """

    key = "kernel_distance"
    version = 2

    def _of_pair(self, reals, fakes, evidence, facts):
        if is_constant(reals):
            raise CannotMeasure("constant features of the reference")

        def statistic(chosen_reals, chosen_fakes):
            pair = kernel.standardised(reals[chosen_reals], fakes[chosen_fakes])
            return [kernel.kernel_distance(*pair)]

        sizes = [len(reals), len(fakes)]
        values = statistic(*map(np.arange, sizes))
        (interval,) = subsampled(statistic, values, sizes, evidence, self.key)
        facts |= {"features": f"{facts['features']}, standardised"}
        return Findings([Measured(self.key, values[0], *interval, **facts)])


class DifferentBins(OfFeatures):
    """How many bins of the training clips hold another share of the measured ones, and how far the shares are apart.

    Args:
        space: Space of the features.
        num_bins: Number of bins.
    """

    key = "different_bins"
    version = 2

    def __init__(self, *, space: str = "ndb", num_bins: int = 50):
        super().__init__(space=space)
        self.num_bins = num_bins

    def _of_pair(self, reals, fakes, evidence, facts):
        if len(fakes) < LEAST_FOR_BINS:
            raise CannotMeasure(f"too few clips for bins: {len(fakes)} of {LEAST_FOR_BINS}")
        if is_constant(reals):
            raise CannotMeasure("constant features of the reference")
        seed = int(evidence.rng(self.key).integers(2**31))
        key = "bins", self.space, self.num_bins, len(reals)
        fitted = evidence.remembered_of_reference(key, lambda: bins.fit_bins(reals, self.num_bins, seed))
        counts = np.bincount(bins.assign(fitted.centres, fakes), minlength=len(fitted.counts))
        found = bins.different_bins(fitted.counts, counts)
        status = f"{found.expected_under_null:.1f} of {self.num_bins} differ by chance"

        def measured_as(name, value, error, most, status=""):
            interval = NO_ENDS
            if evidence.with_intervals:
                low, high, how = around(float(value), error, "same bins, other clips")
                interval = low, min(high, most), how
            return Measured(name, float(value), *interval, status=status, **facts)

        measured = [
            measured_as(self.key, found.count, found.count_error, self.num_bins, status),
            measured_as(f"{self.key}/corrected", found.corrected_count, found.corrected_error, self.num_bins),
            measured_as("jensen_shannon", found.jensen_shannon, found.jensen_shannon_error, np.log(2.0)),
        ]
        shown = {
            "bins": {
                "train": np.asarray(fitted.counts).tolist(),
                "model": counts.tolist(),
                "different": np.asarray(found.different).tolist(),
            }
        }
        return Findings(measured, shown, {"centres": fitted.centres.astype(np.float32)})


class _OfNeighbourhoods(OfFeatures):
    """What the four shares of neighbourhoods have in common; they are computed together.

    Args:
        space: Space of the features.
        num_neighbours: Which neighbour sets a neighbourhood's radius.
    """

    version = 2

    def __init__(self, *, space: str = CLASSIFIER, num_neighbours: int = 5):
        super().__init__(space=space)
        self.num_neighbours = num_neighbours

    def _of_pair(self, reals, fakes, evidence, facts):
        num_neighbours = self.num_neighbours
        if len(fakes) <= 4 * num_neighbours:
            raise CannotMeasure(f"too few clips: {len(fakes)} for {num_neighbours} neighbours")
        if is_constant(reals):
            raise CannotMeasure("constant features of the reference")

        def all_four():
            found = precision_recall_density_coverage(reals, fakes, num_neighbours)

            def statistic(chosen_reals, chosen_fakes):
                some = precision_recall_density_coverage(
                    reals[chosen_reals], fakes[chosen_fakes], num_neighbours
                )
                return list(some.values())

            sizes = [len(reals), len(fakes)]
            intervals = subsampled(statistic, list(found.values()), sizes, evidence, "neighbourhoods")
            # A neighbourhood holds so many clips that each is worth less than an independent one.
            worth = len(fakes) / num_neighbours
            return {
                name: (value, *widened(name, value, interval, worth))
                for (name, value), interval in zip(found.items(), intervals, strict=True)
            }

        found = evidence.remembered(("neighbourhoods", self.space, num_neighbours), all_four)
        return Findings([Measured(self.key, *found[self.key], **facts)])


class Precision(_OfNeighbourhoods):
    """The share of clips that lie among real ones."""

    key = "precision"


class Recall(_OfNeighbourhoods):
    """The share of real clips that lie among the measured ones."""

    key = "recall"


class Density(_OfNeighbourhoods):
    """How many real neighbourhoods a clip lies in, divided by how many neighbours these have."""

    key = "density"


class Coverage(_OfNeighbourhoods):
    """The share of real clips that have a measured one in their neighbourhood."""

    key = "coverage"
