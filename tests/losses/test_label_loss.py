"""The label loss of the auxiliary classifier heads."""

import numpy as np
import pytest
import tensorflow as tf
from original_program import NUM_CLASSES, goldens, progress_points

from gansynth_tf.losses.labels import label_cross_entropy


@pytest.mark.parametrize("point", progress_points("tiny"))
@pytest.mark.parametrize(
    "side, labels, loss", [("fake", "labels_gen", "loss_ac_fake"), ("real", "labels_real", "loss_ac_real")]
)
def test_equals_the_original(point, side, labels, loss):
    golden = goldens("tiny")
    one_hot = tf.one_hot(golden[labels], NUM_CLASSES)
    losses = label_cross_entropy([tf.constant(golden[f"{point}/cls_{side}"])], one_hot)
    assert losses.shape == (4,)
    np.testing.assert_allclose(tf.reduce_mean(losses), golden[f"{point}/{loss}"], rtol=1e-6)


def test_flat_logits_cost_the_log_of_the_number_of_classes():
    np.testing.assert_allclose(
        label_cross_entropy([tf.zeros([2, 7])], tf.one_hot([3, 6], 7)), np.log(7.0), rtol=1e-6
    )


def test_labels_are_added_each_with_its_own_classes():
    heads = [tf.zeros([1, 2]), tf.constant([[0.0, 0.0, 50.0]])]
    hit, miss = tf.constant([[1.0, 0, 0, 0, 1]]), tf.constant([[1.0, 0, 1, 0, 0]])
    np.testing.assert_allclose(label_cross_entropy(heads, hit), [np.log(2.0)], rtol=1e-5)
    np.testing.assert_allclose(label_cross_entropy(heads, miss), [np.log(2.0) + 50.0], rtol=1e-5)


def test_a_missing_label_costs_nothing_and_moves_nothing():
    logits = tf.constant([[5.0, -1.0], [5.0, -1.0]])
    one_hot = tf.constant([[0.0, 0.0], [0.0, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = label_cross_entropy([logits], one_hot)
        total = tf.reduce_sum(losses)
    assert losses[0] == 0.0 and losses[1] > 5.0
    gradient = tape.gradient(total, logits).numpy()
    np.testing.assert_array_equal(gradient[0], 0.0)
    assert gradient[1, 1] < 0.0 < gradient[1, 0]


def test_no_gradient_flows_into_the_labels():
    logits, one_hot = tf.constant([[1.0, 2.0]]), tf.constant([[0.0, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch(one_hot)
        losses = label_cross_entropy([logits], one_hot)
    assert tape.gradient(losses, one_hot) is None


def test_without_labels_it_is_zero():
    np.testing.assert_array_equal(label_cross_entropy([], tf.zeros([3, 0])), [0.0, 0.0, 0.0])
