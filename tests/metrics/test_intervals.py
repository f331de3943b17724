import math

import numpy as np
import pytest
from scipy.stats import binomtest

from gansynth_tf.metrics.intervals import (
    NORMAL_95,
    bootstrap_interval,
    deviation_interval,
    half_sample_deviation,
    share_interval,
    subsample_interval,
    widened_share_interval,
)


@pytest.mark.parametrize(("num_right", "num"), [(8, 10), (0, 10), (10, 10), (629, 1000)])
def test_interval_of_a_share_is_wilsons(num_right, num):
    expected = binomtest(num_right, num).proportion_ci(0.95, method="wilson")
    assert share_interval(num_right, num) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_is_known_without_trials_and_impossible_counts_are_refused():
    assert all(math.isnan(end) for end in share_interval(0, 0))
    with pytest.raises(ValueError, match="Received: 3, 2"):
        share_interval(3, 2)


def test_a_share_is_not_known_better_than_one_of_0():
    edge = share_interval(0, 100)[1]
    assert edge == pytest.approx(NORMAL_95**2 / (100 + NORMAL_95**2))
    assert widened_share_interval(0.0, 0.0, 0.0, 100) == (0.0, edge)
    assert widened_share_interval(1.0, 1.0, 1.0, 100) == pytest.approx((1.0 - edge, 1.0))
    assert widened_share_interval(0.009, 0.011, 0.01, 100) == share_interval(1, 100)
    # Both are held.
    assert widened_share_interval(0.0, 0.02, 0.01, 100) == (0.0, share_interval(1, 100)[1])
    assert widened_share_interval(0.3, 0.4, 0.35, 100) == (0.3, 0.4)
    assert widened_share_interval(0.0, 0.0, 0.0, 12.5)[1] == pytest.approx(
        NORMAL_95**2 / (12.5 + NORMAL_95**2)
    )


def test_halves_tell_the_standard_error_of_a_mean():
    values = np.random.default_rng(0).normal(size=400)
    groups = [np.zeros(400, int)]
    (deviation,) = half_sample_deviation(lambda half: [values[half].mean()], groups, num_halves=400)
    assert deviation == pytest.approx(values.std(ddof=1) / 20, rel=0.12)


def test_every_group_is_halved_and_no_clip_stands_twice():
    groups = np.repeat([0, 1, 2, 3], [10, 5, 1, 1])
    seen = []
    half_sample_deviation(lambda half: [float(seen.append(half) or 0)], [groups], num_halves=20)
    for half in seen:
        assert len(half) == 9 and len(set(half)) == 9 and (np.diff(half) > 0).all()
        counts = np.bincount(groups[half], minlength=4)
        assert counts[0] == 5 and counts[1] in (2, 3) and counts[2:].max() <= 1
    assert len({tuple(half) for half in seen}) > 10


def test_each_set_and_each_number_has_its_own_deviation_the_same_for_a_seed():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=100), 3.0 * rng.normal(size=60)
    groups = [np.zeros(100, int), np.zeros(60, int)]

    def means(one, other):
        return [first[one].mean(), second[other].mean(), 1.0]

    deviations = half_sample_deviation(means, groups, num_halves=200, seed=4)
    np.testing.assert_allclose(deviations[:2], [0.1, 3.0 / 60**0.5], rtol=0.25)
    assert deviations[2] == 0.0
    np.testing.assert_array_equal(half_sample_deviation(means, groups, num_halves=200, seed=4), deviations)
    assert half_sample_deviation(means, groups, num_halves=200, seed=5)[0] != deviations[0]


def test_sets_too_small_to_halve_are_refused():
    for groups, num_halves in (([np.zeros(3, int)], 10), ([np.zeros(8, int)], 1), ([], 10)):
        with pytest.raises(ValueError, match="at least 4 clips, and 2 halves"):
            half_sample_deviation(lambda half: [0.0], groups, num_halves=num_halves)


def test_bootstrap_of_a_mean_is_its_normal_interval():
    values = np.random.default_rng(0).normal(size=300)
    found = bootstrap_interval(lambda rows: values[rows].mean(), [300], np.random.default_rng(1), 2000)
    half = 1.96 * values.std() / 300**0.5
    assert float(found.low) == pytest.approx(values.mean() - half, abs=0.08 * half)
    assert float(found.high) == pytest.approx(values.mean() + half, abs=0.08 * half)
    assert float(found.deviation) == pytest.approx(values.std() / 300**0.5, rel=0.05)
    assert found.method == "bootstrap"


def test_subsets_of_a_mean_give_its_normal_interval_whatever_their_share():
    values = np.random.default_rng(0).normal(size=300)
    for share in (0.25, 0.5, 0.75):
        found = subsample_interval(
            lambda rows: values[rows].mean(), [300], np.random.default_rng(1), 1500, share=share
        )
        assert float(found.deviation) == pytest.approx(values.std(ddof=1) / 300**0.5, rel=0.06)
        assert float(found.low + found.high) / 2 == pytest.approx(values.mean())
        assert float(found.high - found.low) == pytest.approx(2 * 1.9616 * float(found.deviation), rel=1e-3)


def test_draws_of_the_bootstrap_repeat_clips_and_those_of_subsets_do_not():
    seen = []
    bootstrap_interval(
        lambda one, other: float(seen.append((one, other)) or 0), [30, 20], np.random.default_rng(0), 5
    )
    assert np.array_equal(seen[0][0], np.arange(30))  # The estimate itself.
    assert all(len(one) == 30 and len(other) == 20 and len(set(one)) < 30 for one, other in seen[1:])
    seen.clear()
    subsample_interval(
        lambda one, other: float(seen.append((one, other)) or 0),
        [30, 20],
        np.random.default_rng(0),
        5,
        0.5,
        0.0,
    )
    assert len(seen) == 5
    for one, other in seen:
        assert len(set(one)) == 15 and len(set(other)) == 10 and (np.diff(one) > 0).all()


def test_bootstrap_is_not_moved_by_the_bias_of_its_replicates():
    # The square of a mean that is 0: replicates are twice as far from 0 as the estimate.
    values = np.random.default_rng(3).normal(size=50)
    values += 0.3 - values.mean()
    found = bootstrap_interval(lambda rows: values[rows].mean() ** 2, [50], np.random.default_rng(1), 3000)
    moved = np.quantile(
        [values[rows].mean() ** 2 for rows in np.random.default_rng(1).integers(50, size=[3000, 50])],
        [0.025, 0.975],
    )
    shift = values.var() / 50
    assert float(found.low) == pytest.approx(moved[0] - shift, abs=0.4 * shift)
    assert float(found.high) == pytest.approx(moved[1] - shift, abs=0.4 * shift)


def test_intervals_of_several_numbers_and_of_a_seed():
    values = np.random.default_rng(0).normal(size=[100, 2]) * [1.0, 5.0]
    for interval in (bootstrap_interval, subsample_interval):
        first, again, other = (
            interval(lambda rows: values[rows].mean(axis=0), [100], np.random.default_rng(seed), 200)
            for seed in (0, 0, 1)
        )
        assert first.low.shape == (2,) and np.all(first.low < first.high)
        np.testing.assert_array_equal(first.low, again.low)
        assert not np.array_equal(first.low, other.low)
        assert first.deviation[1] / first.deviation[0] == pytest.approx(5.0, rel=0.3)


def test_few_degrees_of_freedom_widen_an_interval():
    normal, student = deviation_interval(1.0, 2.0, "x"), deviation_interval(1.0, 2.0, "x", degrees=4)
    assert float(normal.high) == pytest.approx(1.0 + 2.0 * NORMAL_95)
    assert float(student.high) == pytest.approx(1.0 + 2.0 * 2.7764, abs=1e-3)


def test_sets_too_small_for_an_interval_are_refused():
    with pytest.raises(ValueError, match="2 replicates. Received: "):
        bootstrap_interval(lambda rows: 0.0, [5], np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match="hold and leave at least 2 clips"):
        subsample_interval(lambda rows: 0.0, [3], np.random.default_rng(0))


@pytest.mark.parametrize("num", range(1, 60))
def test_shares_of_none_and_all_lie_at_the_ends_of_their_intervals(num):
    assert share_interval(0, num)[0] == 0.0 and share_interval(num, num)[1] == 1.0
