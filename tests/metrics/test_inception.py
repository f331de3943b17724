"""Golden numbers: tests/golden/metrics/out_is.npz, of torch-fidelity, WaveGAN's loop, torchmetrics and TF-GAN."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics.inception import (
    inception_score,
    label_entropies,
    label_entropy,
    marginal_entropy,
    statistics_of_rows,
)

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics"


@pytest.fixture(scope="module")
def inputs():
    return dict(np.load(GOLDEN / "in_logits.npz"))


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN / "out_is.npz"))


@pytest.mark.parametrize("num_splits", [1, 2, 5, 10, 25, 50])
def test_score_and_deviation_equal_those_of_torch_fidelity(inputs, golden, num_splits):
    score = inception_score(inputs["logits"], num_splits)
    assert score.value == pytest.approx(float(golden[f"tfid_noshuffle_s{num_splits}_mean"]), rel=1e-12)
    assert score.deviation == pytest.approx(float(golden[f"tfid_noshuffle_s{num_splits}_std"]), rel=1e-9)
    assert len(score.scores) == num_splits and score.value == pytest.approx(np.mean(score.scores))


def test_shuffled_and_unequal_splits_equal_those_of_torch_fidelity(inputs, golden):
    shuffled = inception_score(inputs["logits"], 10, golden["perm2020"])
    assert shuffled.value == pytest.approx(float(golden["tfid_shuffle2020_mean"]), rel=1e-12)
    assert shuffled.deviation == pytest.approx(float(golden["tfid_shuffle2020_std_ddof0"]), rel=1e-9)
    unequal = inception_score(inputs["logits"][:497], 10)
    assert unequal.value == pytest.approx(float(golden["tfid_n497_mean"]), rel=1e-12)
    assert unequal.deviation == pytest.approx(float(golden["tfid_n497_std"]), rel=1e-9)


def test_score_equals_that_of_wavegan_and_tf_gan_and_torchmetrics(inputs, golden):
    ten = inception_score(inputs["logits"], 10)
    for name, tolerance in (("wavegan_f64", 1e-12), ("wavegan_f32", 1e-6), ("tfid_noshuffle", 1e-12)):
        assert ten.value == pytest.approx(float(golden[f"{name}_mean"]), rel=tolerance)
    assert ten.deviation == pytest.approx(float(golden["tfid_noshuffle_std_ddof0"]), rel=1e-9)
    assert ten.deviation == pytest.approx(float(golden["wavegan_f64_std"]), rel=1e-9)
    assert ten.deviation == pytest.approx(float(golden["wavegan_f32_std"]), rel=1e-5)
    whole = inception_score(inputs["logits"]).value
    theirs = np.load(GOLDEN / "out_tfgan.npz")
    assert whole == pytest.approx(float(theirs["is_f64"]), rel=1e-12)
    assert whole == pytest.approx(float(theirs["is_f32"]), rel=1e-6)
    assert whole == pytest.approx(float(theirs["is_stream_b50"]), rel=1e-12)
    # A mean of unequal batches' means, which ours is not.
    assert abs(whole - float(theirs["is_stream_b150_unequal_last"])) > 0.1
    permuted = inception_score(inputs["logits"], 10, golden["torchmetrics_perm_seed0"])
    assert permuted.value == pytest.approx(float(golden["torchmetrics_seed0_mean"]), rel=1e-6)
    # Its deviation divides by 9 and not by 10.
    deviation = permuted.deviation * np.sqrt(10 / 9)
    assert deviation == pytest.approx(float(golden["torchmetrics_seed0_std_ddof1"]), rel=1e-5)


def test_a_probability_that_underflows_counts_as_zero(inputs, golden):
    # 40 classes, each surely and once; 21 that nobody has. The references give not-a-number.
    assert np.isnan(golden["tfid_saturated_mean"]) and golden["wavegan_saturated_mean_is_nan"]
    assert inception_score(inputs["logits_saturated"]).value == pytest.approx(40.0, rel=1e-12)
    assert inception_score(inputs["logits_saturated"] * 1e6).value == pytest.approx(40.0, rel=1e-12)
    assert label_entropy(inputs["logits_saturated"]) == pytest.approx(0.0, abs=1e-12)


def test_entropies_equal_the_reference(inputs):
    golden = np.load(GOLDEN / "out_pape.npz")
    assert label_entropy(inputs["logits"]) == pytest.approx(float(golden["pe_nats"]), rel=1e-9)
    assert label_entropy(inputs["logits"]) / np.log(2) == pytest.approx(float(golden["pe_bits"]), rel=1e-9)
    np.testing.assert_allclose(label_entropies(inputs["logits"]), golden["entropy_i"], rtol=1e-6, atol=1e-9)
    assert np.std(label_entropies(inputs["logits"])) == pytest.approx(float(golden["pe_std_nats"]), rel=1e-6)
    expected = float(golden["marginal_entropy_nats"])
    assert marginal_entropy(inputs["logits"]) == pytest.approx(expected, rel=1e-9)


def test_logarithm_of_the_score_and_label_entropy_make_the_marginal_entropy(inputs):
    for logits in (inputs["logits"], inputs["logits_saturated"], 0.1 * inputs["logits"]):
        total = np.log(inception_score(logits).value) + label_entropy(logits)
        assert total == pytest.approx(marginal_entropy(logits), abs=1e-12)


def test_score_lies_between_one_and_the_number_of_classes():
    assert inception_score(np.zeros([7, 5])).value == pytest.approx(1.0)
    assert inception_score(100.0 * np.eye(5)).value == pytest.approx(5.0)
    # One class, however sure: nothing varied.
    assert inception_score(np.repeat(100.0 * np.eye(5)[:1], 9, axis=0)).value == pytest.approx(1.0)


def test_order_matters_to_splits_only(inputs):
    order = np.random.default_rng(0).permutation(500)
    whole = inception_score(inputs["logits"]).value
    assert inception_score(inputs["logits"][order]).value == pytest.approx(whole, rel=1e-12)
    assert inception_score(inputs["logits"], 10, order) == inception_score(inputs["logits"][order], 10)


def test_statistics_of_rows_are_those_of_the_rows(inputs):
    for logits in (inputs["logits"], inputs["logits_saturated"]):
        statistics = statistics_of_rows(logits)
        rows = np.random.default_rng(0).integers(len(logits), size=300)
        expected = (
            inception_score(logits[rows]).value,
            label_entropy(logits[rows]),
            marginal_entropy(logits[rows]),
        )
        assert statistics(rows) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_wrong_input_is_refused_in_one_line(inputs):
    with pytest.raises(
        ValueError, match="`num_splits` must lie in 1 ... 3, the number of examples. Received: 4"
    ):
        inception_score(inputs["logits"][:3], 4)
    with pytest.raises(ValueError, match=r"\[num_examples, num_classes\]. Received: \(5,\)"):
        inception_score(np.zeros(5))
    with pytest.raises(ValueError, match="must be finite"):
        label_entropy(np.full([3, 2], np.inf))
    with pytest.raises(ValueError, match="each of 0 ... 2 once"):
        inception_score(np.zeros([3, 2]), 1, np.array([0, 1, 1]))
