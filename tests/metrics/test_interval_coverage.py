"""How often 95 % intervals hold what they are intervals of, when the same measurement is simulated again and again.

They are intervals of what the same protocol gives on average at the same sizes: the mean over all repeats. Seeds are
fixed; the short version is for every day, the long one (-m slow) is the evidence for the numbers in the docstrings.
"""

import numpy as np
import pytest

from gansynth_tf.metrics import distances, frechet, inception, intervals, kernel
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage


def coverage(draw, num_repeats, truth=None):
    """Returns the share of repeats whose interval holds the truth: by default the mean estimate.

    Args:
        draw: Function that returns an estimate and its `Interval`, anew each time.
        num_repeats: How often.
        truth: What intervals should hold, if it is known.
    """
    values, found = zip(*(draw() for _ in range(num_repeats)), strict=True)
    truth = np.mean(values, axis=0) if truth is None else truth
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    return np.mean((low <= truth) & (truth <= high), axis=0)


def pair(rng, num, num_features, shift, scale):
    """Returns reals and fakes of normal distributions, longer along the first feature than along the last."""
    lengths = np.linspace(1.0, 0.3, num_features)
    reals, fakes = rng.normal(size=[2, num, num_features])
    return reals * lengths, (shift + scale * fakes) * lengths


def recognised(rng, num, num_classes, sharpness):
    """Returns logits of clips of random classes, the first the most frequent: equal ones have the largest entropy."""
    chances = 1.0 / np.arange(1, num_classes + 1)
    classes = rng.choice(num_classes, size=num, p=chances / chances.sum())
    return 1.5 * rng.normal(size=[num, num_classes]) + sharpness * np.eye(num_classes)[classes]


def bootstrapped_inception(rng, num, num_classes, sharpness, num_replicates=200):
    statistics = inception.statistics_of_rows(recognised(rng, num, num_classes, sharpness))
    found = intervals.bootstrap_interval(statistics, [num], rng, num_replicates)
    return statistics(np.arange(num)), found


def frechet_by_derivative(rng, *sizes):
    sets = pair(rng, *sizes)
    value = frechet.frechet_distance(*sets).value
    return value, intervals.deviation_interval(value, frechet.frechet_standard_error(*sets), "delta")


def frechet_limit(rng, *sizes):
    reals, fakes = pair(rng, *sizes)
    subsets, others = (frechet.infinity_subsets(len(fakes), rng) for _ in range(2))
    found = frechet.frechet_infinity(reals, fakes, subsets, others)
    error = np.hypot(frechet.frechet_standard_error(reals, fakes), found.fit_error)
    return found.value, intervals.deviation_interval(found.value, error, "delta")


def frechet_of_subsets(rng, *sizes, num_subsets=40):
    reals, fakes = pair(rng, *sizes)

    def statistic(some, others):
        return frechet.frechet_distance(reals[some], fakes[others]).value

    num = [len(reals), len(fakes)]
    return statistic(slice(None), slice(None)), intervals.subsample_interval(statistic, num, rng, num_subsets)


def kernel_by_jackknife(rng, *sizes):
    sets = pair(rng, *sizes)
    value = kernel.kernel_distance(*sets)
    return value, intervals.deviation_interval(value, kernel.kernel_standard_error(*sets), "jackknife")


def standardised_kernel_of_subsets(rng, *sizes):
    reals, fakes = pair(rng, *sizes)

    def statistic(some, others):
        return kernel.kernel_distance(*kernel.standardised(reals[some], fakes[others]))

    found = intervals.subsample_interval(statistic, [len(reals), len(fakes)], rng, 40)
    return statistic(slice(None), slice(None)), found


def neighbours_of_subsets(rng, num_subsets, share, *sizes):
    """Precision, recall, density, coverage, |D| to each other and |D| to training clips."""
    reals, fakes = pair(rng, *sizes)

    def statistic(some, others):
        balls = precision_recall_density_coverage(reals[some], fakes[others], 3)
        own = distances.nearest_other_distances(fakes[others]).mean()
        return [*balls.values(), own, distances.nearest_distances(fakes[others], reals[some])[0].mean()]

    found = intervals.subsample_interval(statistic, [len(reals), len(fakes)], rng, num_subsets, share)
    return statistic(slice(None), slice(None)), found


FOUR = ("precision", "recall", "density", "coverage")


def strays(rng, num, num_features):
    """Returns reals, and fakes of which one in a hundred lies among them."""
    reals, fakes = rng.normal(size=[2, num, num_features])
    return reals, fakes + 6.0 * (rng.random([num, 1]) > 0.01)


def scaled(scale, away=0.0):
    """Returns a function that draws reals and fakes: of small fakes few reals are recalled, of wide ones all are."""

    def draw(rng, num, num_features):
        reals, fakes = rng.normal(size=[2, num, num_features])
        return reals, away / np.sqrt(num_features) + scale * fakes

    return draw


def shares_near_edges(rng, draw, num, num_features, k, is_widened):
    """Precision, recall, density and coverage with the intervals of 20 subsets, as they are or widened."""
    reals, fakes = draw(rng, num, num_features)

    def statistic(some, others):
        return list(precision_recall_density_coverage(reals[some], fakes[others], k).values())

    values = statistic(slice(None), slice(None))
    found = intervals.subsample_interval(statistic, [num, num], rng, 20, estimate=values)
    low, high = np.maximum(found.low, 0.0), np.where(np.array(FOUR) == "density", np.inf, 1.0)
    ends = np.stack([low, np.minimum(found.high, high)], axis=1)
    if is_widened:
        ends = np.array(
            [
                intervals.widened_share_interval(*its, value, num / k)
                for its, value in zip(ends, values, strict=True)
            ]
        )
    # Means of what is always 1 are rounded.
    return values, intervals.Interval(ends[:, 0] - 1e-9, ends[:, 1] + 1e-9, found.deviation, "")


NEAR_EDGES = {
    "strays": (strays, ("precision", "density", "coverage")),
    "small": (scaled(0.1), ("precision", "recall")),
    "wide": (scaled(1.5), ("recall",)),
    "far": (scaled(1.0, 6.8), FOUR),
}


def test_bootstrap_covers_inception_scores_and_entropies():
    rng = np.random.default_rng(0)
    shares = coverage(lambda: bootstrapped_inception(rng, 200, 5, 2.0, 150), 120)
    assert np.all((shares >= 0.9) & (shares <= 0.99)), shares


def test_derivative_covers_frechet_distances():
    rng = np.random.default_rng(1)
    share = coverage(lambda: frechet_by_derivative(rng, 150, 4, 0.5, 1.2), 200)
    assert 0.9 <= share <= 0.98


def test_extrapolated_distances_cover_the_true_one():
    rng = np.random.default_rng(2)
    lengths = np.linspace(1.0, 0.3, 4)
    truth = np.sum((0.5 * lengths) ** 2) + np.sum((0.2 * lengths) ** 2)
    share = coverage(lambda: frechet_limit(rng, 200, 4, 0.5, 1.2), 60, truth)
    assert 0.9 <= share <= 0.99


def test_jackknife_covers_kernel_distances():
    rng = np.random.default_rng(3)
    share = coverage(lambda: kernel_by_jackknife(rng, 100, 4, 0.5, 1.2), 200)
    assert 0.9 <= share <= 0.98


def test_subsets_cover_kernel_distances_that_are_standardised_each_and_the_jackknife_does_not():
    rng = np.random.default_rng(6)
    assert 0.88 <= coverage(lambda: standardised_kernel_of_subsets(rng, 100, 4, 0.5, 1.2), 60) <= 1.0

    def jackknife():
        sets = kernel.standardised(*pair(rng, 100, 4, 1.5, 1.2))
        value, error = kernel.kernel_distance(*sets), kernel.kernel_standard_error(*sets)
        return value, intervals.deviation_interval(value, error, "jackknife")

    assert coverage(jackknife, 100) < 0.85


def test_the_derivative_covers_frechet_distances_of_twice_as_many_clips_as_dimensions_that_move():
    rng = np.random.default_rng(7)

    def half_dead():
        reals, fakes = pair(rng, 34, 32, 0.5, 1.2)
        reals[:, ::2] = fakes[:, ::2] = 1.0
        value = frechet.frechet_distance(reals, fakes).value
        return value, intervals.deviation_interval(
            value, frechet.frechet_standard_error(reals, fakes), "delta"
        )

    assert 0.92 <= coverage(half_dead, 150) <= 1.0


def test_subsets_cover_neighbours():
    rng = np.random.default_rng(4)
    shares = coverage(lambda: neighbours_of_subsets(rng, 20, 0.5, 80, 4, 0.3, 0.9), 50)
    assert np.all(shares >= 0.88) and shares.mean() >= 0.92, shares


@pytest.mark.parametrize("name", ["strays", "small"])
def test_shares_near_0_and_1_are_covered_by_widened_intervals_and_not_by_subsets_alone(name):
    draw, numbers = NEAR_EDGES[name]

    def covered(is_widened):
        rng = np.random.default_rng(8)
        shares = coverage(lambda: shares_near_edges(rng, draw, 100, 4, 5, is_widened), 60)
        return shares[[FOUR.index(number) for number in numbers]]

    assert covered(is_widened=False).min() < 0.75
    assert np.all(covered(is_widened=True) >= 0.92)


def test_the_plain_bootstrap_misses_its_own_estimate_where_pairs_are_looked_at():
    rng = np.random.default_rng(5)
    reals, fakes = pair(rng, 100, 8, 0.0, 1.0)
    rows = [(rng.integers(100, size=100), rng.integers(100, size=100)) for _ in range(100)]
    biased = [frechet.frechet_distance(reals[some], fakes[others]).value for some, others in rows]
    assert np.quantile(biased, 0.025) > frechet.frechet_distance(reals, fakes).value
    own = [distances.nearest_other_distances(fakes[others]).mean() for _, others in rows]
    assert np.quantile(own, 0.975) < distances.nearest_other_distances(fakes).mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num", "num_classes", "sharpness"), [(300, 5, 2.0), (300, 20, 3.0), (1000, 61, 4.0)]
)
def test_bootstrap_covers_inception_scores_and_entropies_at_length(num, num_classes, sharpness):
    rng = np.random.default_rng(10)
    shares = coverage(lambda: bootstrapped_inception(rng, num, num_classes, sharpness, 400), 400)
    assert np.all((shares >= 0.9) & (shares <= 0.98)), shares


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(200, 8, 0.5, 1.2), (400, 32, 0.3, 1.0), (300, 64, 0.3, 1.0)])
@pytest.mark.parametrize("measure", [frechet_by_derivative, frechet_of_subsets])
def test_frechet_distances_are_covered_at_length(measure, sizes):
    rng = np.random.default_rng(11)
    assert 0.9 <= coverage(lambda: measure(rng, *sizes), 300) <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(200, 8, 0.5, 1.2), (400, 32, 0.3, 1.0)])
def test_kernel_distances_are_covered_at_length(sizes):
    rng = np.random.default_rng(12)
    assert 0.9 <= coverage(lambda: kernel_by_jackknife(rng, *sizes), 400) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.25])
@pytest.mark.parametrize("sizes", [(200, 8, 0.3, 0.9), (400, 32, 0.2, 0.9)])
def test_neighbours_are_covered_at_length(sizes, share):
    rng = np.random.default_rng(13)
    shares = coverage(lambda: neighbours_of_subsets(rng, 40, share, *sizes), 200)
    assert np.all(shares >= 0.9), shares


@pytest.mark.slow
@pytest.mark.parametrize("name", NEAR_EDGES)
@pytest.mark.parametrize("sizes", [(100, 8, 3), (200, 4, 5)])
def test_shares_near_0_and_1_are_covered_at_length(name, sizes):
    rng = np.random.default_rng(14)
    draw, numbers = NEAR_EDGES[name]
    shares = coverage(lambda: shares_near_edges(rng, draw, *sizes, True), 200)
    assert np.all(shares[[FOUR.index(number) for number in numbers]] >= 0.9), shares
