import math

import numpy as np
import pytest
from scipy.stats import binomtest

from gansynth_tf.metrics.intervals import half_sample_deviation, share_interval


@pytest.mark.parametrize(("num_right", "num"), [(8, 10), (0, 10), (10, 10), (629, 1000)])
def test_interval_of_a_share_is_wilsons(num_right, num):
    expected = binomtest(num_right, num).proportion_ci(0.95, method="wilson")
    assert share_interval(num_right, num) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_is_known_without_trials_and_impossible_counts_are_refused():
    assert all(math.isnan(end) for end in share_interval(0, 0))
    with pytest.raises(ValueError, match="Received: 3, 2"):
        share_interval(3, 2)


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
