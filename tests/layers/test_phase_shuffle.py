"""Phase shuffle: closed forms of known shifts, both signs, reflection, gradients."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.layers.phase_shuffle import reflected_shift, shift_of_noise

LETTERS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def moved(values, shift, radius=2):
    """Returns a list of samples, moved."""
    signal = tf.reshape(tf.constant(values), [1, 1, -1, 1])
    return reflected_shift(signal, tf.constant(shift), radius).numpy()[0, 0, :, 0].tolist()


@pytest.mark.parametrize(
    "shift, expected",
    [
        (0, [0, 1, 2, 3, 4, 5]),
        (1, [1, 0, 1, 2, 3, 4]),
        (2, [2, 1, 0, 1, 2, 3]),
        (-1, [1, 2, 3, 4, 5, 4]),
        (-2, [2, 3, 4, 5, 4, 3]),
    ],
)
def test_a_positive_shift_is_later_and_the_edge_is_not_repeated(shift, expected):
    assert moved(LETTERS, shift) == expected


def test_a_shift_is_the_same_whatever_the_radius():
    assert moved(LETTERS, -2, radius=5) == moved(LETTERS, -2, radius=2)


def test_the_whole_batch_and_all_channels_move_alike():
    values = np.random.default_rng(0).normal(size=[3, 1, 7, 4]).astype(np.float32)
    found = reflected_shift(tf.constant(values), tf.constant(-2), 3)
    np.testing.assert_array_equal(
        found, np.pad(values, [(0, 0), (0, 0), (0, 2), (0, 0)], "reflect")[:, :, 2:]
    )


@pytest.mark.parametrize("shift", [-2, 2])
def test_gradients_of_first_and_second_order_go_back_where_samples_came_from(shift):
    rng = np.random.default_rng(1)
    values, weights = (tf.constant(rng.normal(size=[1, 1, 6, 1]), tf.float32) for _ in range(2))
    # Column j tells which outputs sample j went to.
    matrix = np.stack([moved(row.tolist(), shift) for row in np.eye(6, dtype=np.float32)], axis=1)
    with tf.GradientTape() as outer:
        outer.watch(weights)
        with tf.GradientTape() as inner:
            inner.watch(values)
            total = tf.reduce_sum(weights * reflected_shift(values, tf.constant(shift), 2))
        slopes = inner.gradient(total, values)
        penalty = 0.5 * tf.reduce_sum(tf.square(slopes))
    flat = weights.numpy().ravel()
    np.testing.assert_allclose(slopes.numpy().ravel(), matrix.T @ flat, rtol=1e-6)
    np.testing.assert_allclose(
        outer.gradient(penalty, weights).numpy().ravel(), matrix @ matrix.T @ flat, rtol=1e-5
    )


@pytest.mark.parametrize("radius", [1, 2, 3, 50])
def test_each_shift_comes_equally_often_and_none_beyond_the_radius(radius):
    grid = (np.arange(1000 * (2 * radius + 1)) + 0.5) / (1000 * (2 * radius + 1))
    shifts, counts = np.unique(shift_of_noise(tf.constant(grid, tf.float32), radius), return_counts=True)
    assert shifts.tolist() == list(range(-radius, radius + 1))
    assert set(counts) == {1000}
    ends = tf.constant([0.0, np.nextafter(np.float32(1.0), np.float32(0.0))])
    assert shift_of_noise(ends, radius).numpy().tolist() == [-radius, radius]


def test_features_as_short_as_the_radius_are_refused():
    assert moved([0.0, 1.0, 2.0], 2) == [2, 1, 0]
    with pytest.raises(ValueError, match="Expected more than 2 samples to reflect. Received: 2"):
        moved([0.0, 1.0], 1)


def test_a_shift_known_only_at_run_time_keeps_the_type_and_the_known_shape():
    @tf.function(input_signature=[tf.TensorSpec([None, 1, 8, 3], tf.bfloat16), tf.TensorSpec([], tf.int32)])
    def compiled(values, shift):
        result = reflected_shift(values, shift, 2)
        assert result.shape.as_list() == [None, 1, 8, 3]
        return result

    values = tf.cast(tf.random.stateless_normal([2, 1, 8, 3], [1, 2]), tf.bfloat16)
    assert compiled(values, tf.constant(1)).dtype == tf.bfloat16
    assert np.all(compiled(values, tf.constant(1))[:, :, 1:] == values[:, :, :-1])
