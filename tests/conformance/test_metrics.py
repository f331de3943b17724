"""The exam of every metric that compares generated features with real ones, or looks at generated ones alone."""

import numpy as np
import pytest

from gansynth_tf.metrics import bins, distances, frechet, inception, kernel
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage
from gansynth_tf.metrics.diversity import mode_seeking_ratio
from gansynth_tf.metrics.structural_similarity import multi_scale_ssim

LOWER, HIGHER = -1.0, 1.0


def of_balls(name):
    return lambda reals, fakes: precision_recall_density_coverage(reals, fakes)[name]


def of_bins(reals, fakes):
    cells = bins.fit_bins(reals, 4, seed=0, num_starts=1)
    counts = np.bincount(bins.assign(cells.centres, fakes), minlength=4)
    return bins.different_bins(cells.counts, counts)


# {name: (function of reals and fakes, which way is better, its value for the same set twice, or None)}.
PAIRED = {
    "frechet_distance": (lambda *sets: frechet.frechet_distance(*sets).value, LOWER, 0.0),
    "kernel_distance": (kernel.kernel_distance, LOWER, None),
    "precision": (of_balls("precision"), HIGHER, 1.0),
    "recall": (of_balls("recall"), HIGHER, 1.0),
    "density": (of_balls("density"), HIGHER, 1.0),
    "coverage": (of_balls("coverage"), HIGHER, 1.0),
    "different_bins": (lambda *sets: of_bins(*sets).count, LOWER, 0.0),
    "jensen_shannon": (lambda *sets: of_bins(*sets).jensen_shannon, LOWER, 0.0),
    "nearest_training": (lambda *sets: distances.nearest_distances(*sets[::-1])[0].mean(), LOWER, 0.0),
}
# {name: function of fakes alone}; the first feature's columns serve as logits, and as pictures.
ALONE = {
    "inception_score": lambda fakes: inception.inception_score(4.0 * fakes).value,
    "label_entropy": lambda fakes: inception.label_entropy(4.0 * fakes),
    "marginal_entropy": lambda fakes: inception.marginal_entropy(4.0 * fakes),
    "nearest_other": lambda fakes: distances.nearest_other_distances(fakes).mean(),
    "pairwise_distance": distances.mean_pairwise_distance,
}


@pytest.fixture(scope="module")
def reals():
    rng = np.random.default_rng(0)
    return rng.normal(size=[200, 6]) + 3.0 * rng.integers(2, size=[200, 6])


@pytest.fixture(scope="module")
def fakes(reals):
    rng = np.random.default_rng(1)
    return rng.normal(size=[200, 6]) + 3.0 * rng.integers(2, size=[200, 6])


@pytest.fixture(params=sorted(PAIRED))
def paired(request):
    return PAIRED[request.param]


@pytest.fixture(params=sorted(ALONE))
def alone(request):
    return ALONE[request.param]


def test_the_same_set_twice_has_the_best_value(paired, reals):
    function, _, best = paired
    if best is None:
        # Unbiased: what two sets of one distribution have is taken off a set that is compared with itself.
        assert function(reals, reals) < 0.0
    else:
        assert function(reals, reals) == pytest.approx(best, abs=1e-9)


def test_worse_fakes_have_worse_values_one_after_the_other(paired, reals, fakes):
    function, better, _ = paired
    values = [better * function(reals, fakes + shift) for shift in (0.0, 1.5, 30.0)]
    assert values[0] > values[1] and values[1] >= values[2] and values[0] > values[2]


def test_collapsed_fakes_are_worse_where_a_metric_sees_the_whole_set(paired, reals, fakes, request):
    function, better, _ = paired
    name = request.node.callspec.params["paired"]
    collapsed = np.repeat(reals[:2] + 1e-3, 100, axis=0)
    seen = better * function(reals, collapsed) < better * function(reals, fakes)
    # A few perfect clips: precision, density and distances to training clips are fooled, hence never stand alone.
    assert seen == (name not in ("precision", "density", "nearest_training"))


def test_order_does_not_matter_to_pairs_of_sets(paired, reals, fakes):
    function, _, _ = paired
    rng = np.random.default_rng(2)
    expected = function(reals, fakes)
    assert function(reals, rng.permutation(fakes)) == pytest.approx(expected, rel=1e-9)


def test_order_does_not_matter_to_one_set(alone, fakes):
    shuffled = np.random.default_rng(2).permutation(fakes)
    assert alone(shuffled) == pytest.approx(alone(fakes), rel=1e-9)


def test_more_diverse_sets_have_higher_values(alone, fakes, request):
    collapsed = np.repeat(fakes[:1], 200, axis=0)
    if request.node.callspec.params["alone"] == "label_entropy":
        # Of each clip by itself: repetition is nothing that it could see, sharpness is.
        assert alone(collapsed) == pytest.approx(inception.label_entropy(4.0 * fakes[:1]))
        assert alone(2.0 * fakes) < alone(fakes)
    else:
        assert alone(collapsed) < alone(fakes)


def test_single_precision_is_converted_first(paired, reals, fakes):
    function, _, _ = paired
    single = reals.astype(np.float32), fakes.astype(np.float32)
    assert function(*single) == function(*(one.astype(np.float64) for one in single))


def test_single_precision_of_one_set_is_converted_first(alone, fakes):
    single = fakes.astype(np.float32)
    assert alone(single) == alone(single.astype(np.float64))


def test_pairs_of_clips_may_be_swapped(reals, fakes):
    latents = np.random.default_rng(3).normal(size=[2, 200, 4])
    ratio = mode_seeking_ratio(reals, fakes, *latents)
    assert mode_seeking_ratio(fakes, reals, *latents[::-1]) == pytest.approx(ratio, rel=1e-12)
    pictures = reals[:176].reshape([2, 2, 22, 12])
    forth, back = multi_scale_ssim(*pictures, 20.0), multi_scale_ssim(*pictures[::-1], 20.0)
    np.testing.assert_allclose(forth, back, rtol=1e-12)


def test_what_is_not_finite_is_refused(paired, reals, fakes):
    broken = fakes.copy()
    broken[7, 3] = np.inf
    with pytest.raises(ValueError, match="must be finite. Received: 1 examples"):
        paired[0](reals, broken)


def test_what_is_not_finite_in_one_set_is_refused(alone, fakes):
    broken = fakes.copy()
    broken[7, 3] = np.nan
    with pytest.raises(ValueError, match="must be finite. Received: 1 examples"):
        alone(broken)
