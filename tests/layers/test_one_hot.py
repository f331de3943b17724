"""Classes as the networks read them."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.layers.one_hot import one_hot


def test_labels_lie_side_by_side_and_a_missing_one_is_all_zeros():
    rows = np.array([[1, 0], [-1, 2], [0, -1]])
    expected = [[0, 1, 1, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]]
    np.testing.assert_array_equal(one_hot(rows, (2, 3)), expected)
    assert one_hot(rows, (2, 3)).dtype == tf.float32


def test_without_labels_there_are_no_columns():
    assert one_hot(np.zeros([4, 0], np.int32), ()).shape == (4, 0)


def test_rows_of_other_labels_are_refused():
    with pytest.raises(ValueError, match=r"Expected rows \[num, 2\]. Received: \[1, 1\]"):
        one_hot(np.array([[1]]), (2, 3))


@pytest.mark.parametrize("class_counts", [(2, 3), ()])
def test_a_compiled_graph_gives_the_same_for_any_number_of_rows(class_counts):
    rows = np.array([[1, 0], [-1, 2]], np.int32)[:, : len(class_counts)]
    signature = [tf.TensorSpec([None, len(class_counts)], tf.int32)]
    compiled = tf.function(lambda rows: one_hot(rows, class_counts), input_signature=signature)
    np.testing.assert_array_equal(compiled(rows), one_hot(rows, class_counts))
    assert compiled(rows[:1]).shape == (1, sum(class_counts))
