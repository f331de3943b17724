"""Golden numbers: tests/golden/metrics/out_fid.npz of five implementations, out_tfgan.npz, out_extra.npz of fadtk."""

import pathlib

import numpy as np
import pytest
from scipy import stats

from gansynth_tf.metrics.frechet import (
    Moments,
    frechet_distance,
    frechet_distance_of_moments,
    frechet_infinity,
    frechet_standard_error,
    infinity_subsets,
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
    return dict(np.load(GOLDEN / "out_fid.npz"))


def streamed(features, size):
    """Returns moments gathered batch by batch, the last one smaller."""
    moments = Moments.of(features[:size])
    for start in range(size, len(features), size):
        moments = moments.merged(Moments.of(features[start : start + size]))
    return moments


@pytest.mark.parametrize("name", list(PAIRS))
def test_distance_equals_that_of_every_implementation(features, golden, name):
    reals, fakes = (features[one] for one in PAIRS[name])
    # Roots of rounding errors make the others' distance of flat sets 2e-8 too small.
    tolerance = {"rankdef": 1e-7}.get(name, 1e-9)
    for value in (
        frechet_distance(reals, fakes).value,
        frechet_distance_of_moments(streamed(reals, 150), streamed(fakes, 70)).value,
    ):
        for other in (
            *(
                "torchfidelity",
                "torchmetrics_fn_f64",
                "gudgud_pip012",
                "gudgud_head",
                "fadtk_head",
                "own_eigh",
            ),
            *(("torchmetrics_stream_f64in",) if name != "offset" else ()),
        ):
            assert value == pytest.approx(float(golden[f"{name}_{other}"]), rel=tolerance, abs=1e-11), other
        assert value == pytest.approx(float(golden[f"{name}_own_nuclear"]), rel=1e-9, abs=1e-11)
        in_float32 = float(golden[f"{name}_torchmetrics_stream_f32in"])
        assert value == pytest.approx(in_float32, rel=1e-5, abs=1e-11)
        # Dividing by n and not by n - 1 would show.
        if name != "self":
            assert abs(value - golden[f"{name}_ddof0_own_nuclear"]) > 0.05


@pytest.mark.parametrize("name", ["eq", "ne", "self", "rankdef", "dead", "offset"])
def test_distance_equals_that_of_tf_gan(features, name):
    golden = np.load(GOLDEN / "out_tfgan.npz")
    reals, fakes = (features[one] for one in PAIRS[name])
    value = frechet_distance(reals, fakes).value
    assert value == pytest.approx(float(golden[f"fid_{name}"]), rel=1e-9, abs=1e-11)
    if name == "eq":
        assert value == pytest.approx(float(golden["fid_stream_eq_b50"]), rel=1e-9)
        # A mean of unequal batches' means, which ours is not.
        assert abs(value - golden["fid_stream_eq_b150_unequal_last"]) > 0.03
    means = np.sum((reals.mean(axis=0) - fakes.mean(axis=0)) ** 2)
    assert means == pytest.approx(float(golden[f"fid_meanonly_{name}"]), rel=1e-9, abs=1e-20)
    # One feature at a time there is nothing but variances: the sum of such distances, with ddof 0, is the diagonal one.
    size = len(fakes), len(reals)
    by_feature = sum(
        (reals[:, i].mean() - fakes[:, i].mean()) ** 2 + (reals[:, i].std() - fakes[:, i].std()) ** 2
        for i in range(reals.shape[1])
    )
    assert by_feature == pytest.approx(float(golden[f"fid_diag_ddof0_{name}"]), rel=1e-9, abs=1e-12), size


def test_moments_are_those_of_numpy(features, golden):
    for number, name in ((1, "real"), (2, "fake_eq")):
        for moments in (Moments.of(features[name]), streamed(features[name], 150)):
            np.testing.assert_allclose(moments.mean, golden[f"eq_mu{number}"], rtol=0, atol=1e-13)
            np.testing.assert_allclose(
                moments.scatter / 399, golden[f"eq_cov{number}"], rtol=1e-10, atol=1e-12
            )
    for name, (real_name, fake_name) in PAIRS.items():
        np.testing.assert_allclose(Moments.of(features[real_name]).mean, golden[f"{name}_mu1"], rtol=1e-12)
        np.testing.assert_allclose(Moments.of(features[fake_name]).mean, golden[f"{name}_mu2"], rtol=1e-12)


def test_an_offset_of_ten_thousand_changes_nothing(features, golden):
    expected = frechet_distance(features["real"], features["fake_eq"]).value
    moved = streamed(features["real_off"], 150), streamed(features["fake_off"], 70)
    assert frechet_distance_of_moments(*moved).value == pytest.approx(expected, rel=1e-9)
    # What sums of squares in float32 would give, and sums of squares in float64.
    assert golden["offset_float32_raw_moments"] < -10000
    assert golden["offset_torchmetrics_stream_f64in"] != pytest.approx(expected, rel=1e-8)


def test_ranks_are_told_and_warned_of(features):
    flat = frechet_distance(features["real_rd"], features["fake_rd"])
    assert (flat.rank_reals, flat.rank_fakes) == (39, 19)
    assert flat.status == "reals rank 39 of 64 features, fakes rank 19 of 64 features"
    dead = frechet_distance(features["real_dead"], features["fake_dead"])
    assert (dead.rank_reals, dead.rank_fakes) == (27, 27)
    full = frechet_distance(features["real"], features["fake_ne"])
    assert full.status == "" and (full.rank_reals, full.rank_fakes) == (32, 32)
    assert frechet_distance_of_moments(
        streamed(features["real_rd"], 7), Moments.of(features["fake_rd"])
    ).status == (flat.status)


def test_a_shift_is_its_square_and_a_scale_is_that_of_deviations():
    features = np.random.default_rng(0).normal(size=[50, 3])
    shifted = frechet_distance(features, features + np.array([3.0, 0.0, 4.0])).value
    assert shifted == pytest.approx(25.0)
    scaled = frechet_distance(features, 2.0 * features - features.mean(axis=0)).value
    assert scaled == pytest.approx(features.var(axis=0, ddof=1).sum())


def test_collapsed_fakes_have_no_covariance(features):
    fakes = np.repeat(features["fake_eq"][:1], 9, axis=0)
    distance = frechet_distance(features["real"], fakes)
    expected = (
        np.sum((features["real"].mean(axis=0) - fakes[0]) ** 2) + features["real"].var(axis=0, ddof=1).sum()
    )
    assert distance.value == pytest.approx(expected) and distance.rank_fakes == 0
    assert frechet_distance(fakes, fakes).value == 0.0


def test_distance_is_symmetric_and_does_not_see_rotations_or_offsets_or_order(features):
    reals, fakes = features["real"], features["fake_ne"]
    expected = frechet_distance(reals, fakes).value
    assert frechet_distance(fakes, reals).value == pytest.approx(expected, rel=1e-12)
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=[32, 32]))[0]
    assert frechet_distance(reals @ rotation + 7.0, fakes @ rotation + 7.0).value == pytest.approx(
        expected, rel=1e-10
    )
    assert frechet_distance(rng.permutation(reals), fakes).value == pytest.approx(expected, rel=1e-12)


def test_extrapolation_equals_that_of_fadtk(features):
    golden = np.load(GOLDEN / "out_extra.npz")
    subsets = [golden[f"fadinf_idx{number}"] for number in range(8)]
    result = frechet_infinity(features["real"], features["fake_eq"], subsets)
    np.testing.assert_allclose(result.sizes, golden["fadinf_points"][:, 0])
    np.testing.assert_allclose(result.points, golden["fadinf_points"][:, 1], rtol=1e-9)
    assert result.value == pytest.approx(float(golden["fadinf_score"]), rel=1e-9)
    assert result.slope == pytest.approx(float(golden["fadinf_slope"]), rel=1e-8)
    assert result.r2 == pytest.approx(float(golden["fadinf_r2"]), rel=1e-8)
    expected = stats.linregress(1.0 / result.sizes, result.points).intercept_stderr
    assert result.fit_error == pytest.approx(expected, rel=1e-6)


def test_extrapolation_takes_the_bias_of_equal_distributions_away():
    rng = np.random.default_rng(1)
    biased, limits = [], []
    for _ in range(20):
        reals, fakes = rng.normal(size=[2, 500, 8])
        biased.append(frechet_distance(reals, fakes).value)
        subsets, others = infinity_subsets(500, rng), infinity_subsets(500, rng)
        limits.append(frechet_infinity(reals, fakes, subsets, others))
    assert abs(np.mean([limit.value for limit in limits])) < 0.2 * np.mean(biased)
    # The line's bias at the whole size is what is taken away.
    assert np.mean([limit.slope for limit in limits]) / 500 == pytest.approx(np.mean(biased), rel=0.25)


def test_subsets_hold_no_example_twice_and_grow_to_all():
    subsets = infinity_subsets(1000, np.random.default_rng(0), smallest=100, num_subsets=5)
    assert [len(rows) for rows in subsets] == [100, 129, 182, 308, 1000]
    assert all(len(set(rows)) == len(rows) and rows.max() < 1000 for rows in subsets)
    again = infinity_subsets(1000, np.random.default_rng(0), smallest=100, num_subsets=5)
    assert all(np.array_equal(*pair) for pair in zip(subsets, again, strict=True))


def test_standard_error_is_the_deviation_of_new_draws():
    rng = np.random.default_rng(4)
    mixing = rng.normal(size=[6, 6])

    def draw():
        return rng.normal(size=[500, 6]), 0.5 + rng.normal(size=[400, 6]) @ mixing

    values = [frechet_distance(*draw()).value for _ in range(150)]
    errors = [frechet_standard_error(*draw()) for _ in range(5)]
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


@pytest.mark.parametrize("smallest", [1e-3, 1e-7, 1e-9, 0.0])
def test_nearly_flat_sets_are_as_exact_as_others(smallest):
    rng = np.random.default_rng(0)
    scales = np.array([1.0, 1.0, 0.1, smallest])
    rotation = np.linalg.qr(rng.normal(size=[4, 4]))[0]
    reals, fakes = rng.normal(size=[2, 200, 4])
    # What the flat direction adds is far below the distance's own digits: both must agree with the plane's.
    plane = frechet_distance((reals * scales)[:, :3], (fakes * scales)[:, :3]).value
    whole = frechet_distance(reals * scales @ rotation, fakes * scales @ rotation)
    assert whole.value == pytest.approx(plane, rel=1e-9, abs=2e-2 * smallest**2 + 1e-13)
    assert whole.rank_reals == (4 if smallest > 0 else 3)


def test_wrong_input_is_refused_in_one_line(features):
    with pytest.raises(ValueError, match="`reals` must have at least 2 examples. Received: 1"):
        frechet_distance(features["real"][:1], features["real"])
    with pytest.raises(ValueError, match="same number of features"):
        frechet_distance(features["real"], features["fake_rd"])
    with pytest.raises(ValueError, match="at least two examples each"):
        frechet_distance_of_moments(Moments.of(features["real"][:1]), Moments.of(features["real"]))
    with pytest.raises(ValueError, match="as many features in both"):
        Moments.of(features["real"]).merged(Moments.of(features["real_rd"]))
    with pytest.raises(ValueError, match=r"at least two sizes, from 2 up. Received sizes: \[5, 5\]"):
        frechet_infinity(features["real"], features["real"], [np.arange(5), np.arange(5)])
    with pytest.raises(ValueError, match="2 <= `smallest` < `num`"):
        infinity_subsets(5, np.random.default_rng(0))
