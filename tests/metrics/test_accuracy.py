"""Golden numbers: tests/golden/metrics/accuracy.npz, made with the formula of magenta's pitch classifier check-in."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics.accuracy import confusion, per_class_share, share_as_asked

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
