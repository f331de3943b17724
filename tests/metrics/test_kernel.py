"""Golden numbers: tests/golden/metrics/out_kid.npz, of torch-fidelity, torchmetrics and MMD-GAN; out_tfgan.npz."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics import kernel
from gansynth_tf.metrics.kernel import (
    kernel_distance,
    kernel_distance_subsets,
    kernel_standard_error,
    kernel_subsets,
    standardised,
)

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics"
PAIRS = {
    "eq": ("real", "fake_eq"),
    "ne": ("real", "fake_ne"),
    "self": ("real", "real"),
    "rankdef": ("real_rd", "fake_rd"),
    "dead": ("real_dead", "fake_dead"),
    "offset": ("real_off", "fake_off"),
}


@pytest.fixture(scope="module")
def features():
    return dict(np.load(GOLDEN / "in_features.npz"))


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN / "out_kid.npz"))


def consecutive_blocks(num, num_blocks):
    sizes = sorted(len(block) for block in np.array_split(np.arange(num), num_blocks))
    return np.split(np.arange(num), np.cumsum(sizes)[:-1])


@pytest.mark.parametrize(
    ("pair", "name"),
    [
        ("eq", "eq_full_torchfidelity"),
        ("eq", "eq_full_torchmetrics"),
        ("eq", "eq_full_mmdgan_sklearn"),
        ("eq", "eq_full_own"),
        ("ne", "ne_full_own"),
    ],
)
def test_distance_equals_the_reference(features, golden, pair, name):
    reals, fakes = (features[one] for one in PAIRS[pair])
    assert kernel_distance(reals, fakes) == pytest.approx(float(golden[name]), rel=1e-11)


@pytest.mark.parametrize("pair", list(PAIRS))
def test_distance_and_its_blocks_equal_those_of_tf_gan(features, pair):
    golden = np.load(GOLDEN / "out_tfgan.npz")
    reals, fakes = (features[one] for one in PAIRS[pair])
    whole = float(golden[f"kid_{pair}_block1024_mean"])
    # Of the offset only a few digits are left: kernels of 1e16 are summed.
    tolerance = 1e-9 if pair != "offset" else 1e-6
    assert kernel_distance(reals, fakes) == pytest.approx(whole, rel=tolerance)
    # Its blocks are in the order of the examples, as equal as can be, of at most 100, the smaller ones first.
    num_blocks = -(-max(len(reals), len(fakes)) // 100)
    blocks = list(zip(*(consecutive_blocks(len(one), num_blocks) for one in (reals, fakes)), strict=True))
    result = kernel_distance_subsets(reals, fakes, blocks)
    assert result.mean == pytest.approx(float(golden[f"kid_{pair}_block100_mean"]), rel=tolerance)
    if num_blocks > 1:
        error = np.std(result.values, ddof=1) / np.sqrt(num_blocks)
        assert error == pytest.approx(float(golden[f"kid_{pair}_block100_stderr"]), rel=1e-6)


@pytest.mark.parametrize("pair", ["eq", "ne", "self"])
def test_subsets_equal_those_of_torch_fidelity(features, golden, pair):
    reals, fakes = (features[one] for one in PAIRS[pair])
    subsets = list(zip(golden[f"{pair}_idx1"], golden[f"{pair}_idx2"], strict=True))
    result = kernel_distance_subsets(reals, fakes, subsets)
    np.testing.assert_allclose(result.values, golden[f"{pair}_tfid_subset_values"], rtol=1e-9, atol=1e-11)
    assert result.mean == pytest.approx(float(golden[f"{pair}_tfid_subset_mean"]), rel=1e-10)
    assert result.deviation == pytest.approx(float(golden[f"{pair}_tfid_subset_std_ddof0"]), rel=1e-9)


def test_distance_of_two_pairs_by_hand():
    # d = 1: kernels (1 * 0 + 1)^3 = 1 within the reals, (2 * 3 + 1)^3 = 343 within the fakes, and 27, 64, 1, 1 across.
    assert kernel_distance([[1.0], [0.0]], [[2.0], [3.0]]) == pytest.approx(
        1 + 343 - 2 * (27 + 64 + 1 + 1) / 4
    )


def test_an_offset_of_both_sets_changes_the_distance(features):
    moved = kernel_distance(features["real"] + 1.0, features["fake_eq"] + 1.0)
    assert abs(moved - kernel_distance(features["real"], features["fake_eq"])) > 0.1


def test_equal_distributions_are_at_zero_on_average_and_below_it_at_times():
    rng = np.random.default_rng(0)
    values = [kernel_distance(*rng.normal(size=[2, 40, 3])) for _ in range(400)]
    assert abs(np.mean(values)) < 3 * np.std(values) / 20
    assert 0.2 < np.mean(np.array(values) < 0) < 0.8


def test_order_and_blocks_and_which_comes_first_do_not_matter(features, monkeypatch):
    reals, fakes = features["real"], features["fake_ne"]
    expected = kernel_distance(reals, fakes)
    shuffled = np.random.default_rng(0).permutation(reals)
    assert kernel_distance(fakes, shuffled) == pytest.approx(expected, rel=1e-11)
    monkeypatch.setattr(kernel, "_BLOCK_ROWS", 7)
    assert kernel_distance(reals, fakes) == pytest.approx(expected, rel=1e-11)


def test_subsets_are_drawn_without_replacement_and_seeded():
    subsets = kernel_subsets(50, 40, np.random.default_rng(0), num_subsets=6, size=30)
    assert len(subsets) == 6
    for reals, fakes in subsets:
        assert len(set(reals)) == len(set(fakes)) == 30
        assert reals.max() < 50 and fakes.max() < 40
    assert np.array_equal(kernel_subsets(50, 40, np.random.default_rng(0), 6, 30)[5][1], subsets[5][1])
    assert not np.array_equal(subsets[0][0], subsets[1][0])


def test_standard_error_is_that_of_leaving_each_example_out():
    rng = np.random.default_rng(3)
    reals, fakes = rng.normal(size=[12, 4]), 1.0 + rng.normal(size=[9, 4])
    variance = 0.0
    for first, second in ((reals, fakes), (fakes, reals)):
        values = [kernel_distance(np.delete(first, i, axis=0), second) for i in range(len(first))]
        variance += (len(first) - 1) * np.var(values)
    assert kernel_standard_error(reals, fakes) == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_standard_error_is_the_deviation_of_new_draws():
    rng = np.random.default_rng(5)
    values, errors = [], []
    for _ in range(150):
        pair = rng.normal(size=[200, 5]), 0.4 + rng.normal(size=[150, 5])
        values.append(kernel_distance(*pair))
        errors.append(kernel_standard_error(*pair))
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


def test_wrong_input_is_refused_in_one_line(features):
    with pytest.raises(ValueError, match="at least 2 examples"):
        kernel_distance(features["real"][:1], features["real"])
    with pytest.raises(ValueError, match="`size` must lie in 2 ... 30"):
        kernel_subsets(50, 30, np.random.default_rng(0), size=31)
    with pytest.raises(ValueError, match="at least one pair"):
        kernel_distance_subsets(features["real"], features["real"], [])
    with pytest.raises(ValueError, match="must lie in -1"):
        kernel_distance_subsets(features["real"], features["real"], [(np.array([0, 400]), np.array([0, 1]))])


def test_standardised_features_are_in_units_of_the_reals_deviation_about_their_mean():
    reals, fakes = standardised([[1.0, 10.0], [3.0, 10.0]], [[4.0, 12.0]] * 2)
    # Variances 2 and 0: their mean is 1, so that the unit is 1 and not each feature's own.
    np.testing.assert_array_equal(reals, [[-1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(fakes, [[2.0, 2.0]] * 2)
    with pytest.raises(ValueError, match="the same one each time"):
        standardised(np.ones([3, 2]), np.ones([3, 2]))


def test_the_distance_of_standardised_features_knows_no_offset_and_no_scale(features):
    reals, fakes = features["real"], features["fake_ne"]
    expected = kernel_distance(*standardised(reals, fakes))
    moved = kernel_distance(*standardised(1e3 + 50.0 * reals, 1e3 + 50.0 * fakes))
    assert moved == pytest.approx(expected, rel=1e-8) and expected > 0
