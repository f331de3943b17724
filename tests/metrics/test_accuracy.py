"""Golden numbers: tests/golden/metrics/{accuracy,in_logits,out_pape}.npz, by magenta's pitch classifier check-in."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics.accuracy import (
    confusion,
    expected_calibration_error,
    negative_log_likelihood,
    per_class_share,
    share_as_asked,
    share_in_top,
    share_octave_tolerant,
    share_within,
)

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics" / "accuracy.npz"


def test_share_and_classes_equal_the_reference():
    golden = np.load(GOLDEN)
    asked, judged = golden["labels"], golden["pred"]
    assert share_as_asked(asked, judged) == pytest.approx(float(golden["pa"]), abs=1e-12)
    counts = confusion(asked, judged, 61)
    np.testing.assert_array_equal(counts.sum(axis=1), golden["per_class_n"])
    np.testing.assert_array_equal(np.diag(counts), golden["per_class_correct"])
    np.testing.assert_allclose(
        per_class_share(asked, judged, 61), golden["per_class_correct"] / golden["per_class_n"]
    )


def test_tolerant_shares_equal_the_reference():
    golden = np.load(GOLDEN.parent / "out_pape.npz")
    inputs = np.load(GOLDEN.parent / "in_logits.npz")
    logits, asked = inputs["logits"], inputs["labels"]
    judged = np.argmax(logits, axis=1)
    np.testing.assert_array_equal(judged, golden["pred"])
    assert share_as_asked(asked, judged) == pytest.approx(float(golden["pa"]), abs=1e-12)
    for offset in (0, int(inputs["midi_offset"])):
        asked_midi, judged_midi = asked + offset, judged + offset
        assert share_within(asked_midi, judged_midi, 1) == pytest.approx(
            float(golden["within1_pa"]), abs=1e-12
        )
        expected = float(golden["octave_tolerant_pa"])
        assert share_octave_tolerant(asked_midi, judged_midi) == pytest.approx(expected, abs=1e-12)
    np.testing.assert_array_equal(confusion(asked, judged, 61).sum(axis=1), golden["per_class_n"])
    np.testing.assert_array_equal(np.diag(confusion(asked, judged, 61)), golden["per_class_correct"])
    shares = np.bincount(judged, minlength=61) / len(judged)
    entropy = -np.sum(shares[shares > 0] * np.log(shares[shares > 0]))
    assert entropy == pytest.approx(float(golden["hard_marginal_entropy_nats"]), rel=1e-9)


def test_tolerances_by_hand():
    asked, judged = np.array([60, 60, 60, 60, 60, -1]), np.array([60, 61, 72, 48, 63, 60])
    assert share_within(asked, judged, 0) == share_as_asked(asked, judged) == 1 / 5
    assert share_within(asked, judged, 1) == 2 / 5
    assert share_within(asked, judged, 3) == 3 / 5
    assert share_octave_tolerant(asked, judged) == 3 / 5
    assert np.isnan(share_within(np.array([-1]), np.array([3]), 1))


def test_the_asked_class_may_be_among_the_likeliest():
    logits = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [0.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    asked = np.array([0, 1, 2, 1, -1])
    assert [share_in_top(asked, logits, num) for num in (1, 2, 3)] == [0.25, 0.75, 1.0]
    assert share_in_top(asked, logits, 1) == share_as_asked(asked, np.argmax(logits, axis=1))


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    # 80 % sure, and right in 6 of 10: 0.2 off. Then 10 more that are surely right, and one without a class.
    unsure = np.repeat(np.log([[0.8, 0.2]]), 10, axis=0)
    classes = np.array([0] * 6 + [1] * 4)
    assert expected_calibration_error(unsure, classes) == pytest.approx(0.2)
    sure = np.repeat([[50.0, 0.0]], 11, axis=0)
    both = np.concatenate([unsure, sure]), np.concatenate([classes, [0] * 10, [-1]])
    assert expected_calibration_error(*both) == pytest.approx(0.1)
    # Too sure and too unsure do not cancel over bins; in one bin they do.
    apart = np.concatenate([unsure, np.repeat(np.log([[0.6, 0.4]]), 10, axis=0)])
    classes = np.concatenate([classes, [0] * 8 + [1] * 2])
    assert expected_calibration_error(apart, classes) == pytest.approx(0.2)
    assert expected_calibration_error(apart, classes, num_bins=1) == pytest.approx(0.0, abs=1e-12)


def test_a_calibrated_classifier_has_no_error_and_a_sharpened_one_has():
    rng = np.random.default_rng(0)
    logits = 2.0 * rng.normal(size=[20000, 4])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    classes = (rng.random([20000, 1]) > np.cumsum(probabilities, axis=1)).sum(axis=1)
    assert expected_calibration_error(logits, classes) < 0.015
    assert expected_calibration_error(3.0 * logits, classes) > 0.1
    right = negative_log_likelihood(logits, classes)
    assert right < min(negative_log_likelihood(factor * logits, classes) for factor in (0.5, 2.0))


def test_log_likelihood_by_hand():
    logits = np.log([[0.5, 0.5], [0.25, 0.75], [0.1, 0.9]])
    expected = -np.log([0.5, 0.75]).mean()
    assert negative_log_likelihood(logits, np.array([0, 1, -1])) == pytest.approx(expected)
    assert np.isnan(negative_log_likelihood(logits, np.array([-1, -1, -1])))
    assert np.isnan(expected_calibration_error(logits, np.array([-1, -1, -1])))


def test_missing_labels_are_left_out_and_an_empty_question_has_no_answer():
    assert share_as_asked(np.array([0, -1, 1]), np.array([0, 0, 0])) == 0.5
    assert np.isnan(share_as_asked(np.array([-1]), np.array([0])))
    assert confusion(np.array([0, -1, 1]), np.array([0, 0, 0]), 2).tolist() == [[1, 0], [1, 0]]
    assert np.isnan(per_class_share(np.array([0]), np.array([0]), 2)[1])


def test_wrong_input_is_refused_in_one_line():
    with pytest.raises(ValueError, match="`judged` must have 2 entries"):
        share_as_asked(np.array([0, 1]), np.array([0]))
    with pytest.raises(ValueError, match=r"0 \.\.\. 2"):
        confusion(np.array([0, 2]), np.array([0, 1]), 2)
    with pytest.raises(ValueError, match="integers"):
        share_as_asked(np.array([0.5]), np.array([0]))
    with pytest.raises(ValueError, match="`tolerance` must be at least 0"):
        share_within(np.array([0]), np.array([0]), -1)
    with pytest.raises(ValueError, match="`num_best` must lie in 1 ... 2. Received: 3"):
        share_in_top(np.array([0]), np.zeros([1, 2]), 3)
    with pytest.raises(ValueError, match="`classes` must have 2 entries"):
        expected_calibration_error(np.zeros([2, 3]), np.array([0]))
