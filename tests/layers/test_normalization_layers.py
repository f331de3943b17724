"""Pixel norm, minibatch deviation and leaky ReLU."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.layers import MinibatchDeviation, PixelNorm
from gansynth_tf.layers.activations import leaky_relu


def noise(*shape, seed=0, scale=1.0):
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


def test_pixel_norm_of_three_four():
    np.testing.assert_allclose(
        PixelNorm()(np.array([[3.0, 4.0]], np.float32)), np.array([[3.0, 4.0]]) / np.sqrt(12.5)
    )


@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 4, 6)])
def test_pixel_norm_gives_each_pixel_a_mean_square_of_one(shape):
    values = PixelNorm()(noise(*shape, scale=30.0)).numpy()
    np.testing.assert_allclose(np.mean(values**2, axis=-1), 1.0, rtol=1e-5)


def test_pixel_norm_of_zeros_is_zero_with_a_finite_gradient():
    inputs = tf.zeros([1, 4])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        values = PixelNorm()(inputs)
    np.testing.assert_array_equal(values, 0.0)
    np.testing.assert_allclose(tape.gradient(values, inputs), 1e4, rtol=1e-4)


def test_pixel_norm_keeps_the_type_of_its_input():
    assert PixelNorm(dtype="mixed_bfloat16")(tf.ones([1, 4], tf.bfloat16)).dtype == tf.bfloat16


def test_deviation_is_the_mean_over_features_of_the_deviation_over_the_batch():
    inputs = noise(6, 2, 3, 4)
    values = MinibatchDeviation()(inputs).numpy()
    assert values.shape == (6, 2, 3, 5)
    np.testing.assert_array_equal(values[..., :4], inputs)
    np.testing.assert_allclose(values[..., 4], np.sqrt(inputs.var(axis=0) + 1e-6).mean(), rtol=1e-5)


def test_deviation_of_equal_images_is_the_floor():
    values = MinibatchDeviation()(np.repeat(noise(1, 2, 2, 3), 4, axis=0)).numpy()
    np.testing.assert_allclose(values[..., 3], 1e-3, rtol=1e-3)


def second_derivative(deviation, inputs, direction):
    """Returns the derivative along `direction` of the gradient of `deviation` at `inputs`."""
    with tf.autodiff.ForwardAccumulator(inputs, direction) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = deviation(inputs)
        gradient = tape.gradient(value, inputs)
    return gradient.numpy(), accumulator.jvp(gradient).numpy()


def test_second_derivative_stops_at_the_mean_as_in_the_original():
    inputs, direction = tf.constant(noise(3, 1, 1, 2)), tf.constant(noise(3, 1, 1, 2, seed=1))

    def with_stopped_mean(values):
        mean = tf.stop_gradient(tf.reduce_mean(values, axis=0))
        return tf.reduce_mean(tf.sqrt(tf.reduce_mean(tf.square(values - mean), axis=0) + 1e-6))

    def exact(values):
        return tf.reduce_mean(tf.sqrt(tf.math.reduce_variance(values, axis=0) + 1e-6))

    def layer(values):
        return MinibatchDeviation()(values)[0, 0, 0, -1]

    ours, stopped, precise = (
        second_derivative(f, inputs, direction) for f in (layer, with_stopped_mean, exact)
    )
    np.testing.assert_allclose(ours[0], precise[0], atol=1e-6)
    np.testing.assert_allclose(ours[1], stopped[1], atol=1e-5)
    assert np.abs(ours[1] - precise[1]).max() > 1e-2


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_leaky_relu_and_its_gradients(dtype):
    inputs = tf.constant([-4.0, -0.5, 0.5, 4.0], dtype)
    with tf.GradientTape() as outer:
        outer.watch(inputs)
        with tf.GradientTape() as inner:
            inner.watch(inputs)
            values = leaky_relu(inputs)
        slopes = inner.gradient(values, inputs)
        product = slopes * slopes * inputs
    np.testing.assert_allclose(tf.cast(values, tf.float32), [-0.8, -0.1, 0.5, 4.0], rtol=1e-2)
    np.testing.assert_allclose(tf.cast(slopes, tf.float32), [0.2, 0.2, 1.0, 1.0], rtol=1e-2)
    # Flat in its input, so that only the explicit factor has a derivative.
    np.testing.assert_allclose(
        tf.cast(outer.gradient(product, inputs), tf.float32), [0.04, 0.04, 1.0, 1.0], rtol=2e-2
    )


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_a_penalty_on_slopes_reaches_the_weights_through_leaky_relu(dtype):
    weight, data = tf.constant(3.0), tf.constant([[-1.0], [2.0]])
    with tf.GradientTape() as outer:
        outer.watch(weight)
        with tf.GradientTape() as inner:
            inner.watch(data)
            scores = tf.cast(leaky_relu(tf.cast(weight * data, dtype)), tf.float32)
        penalty = tf.reduce_sum(tf.square(inner.gradient(scores, data)))
    # The slopes are 0.2 w and w, the penalty 1.04 w^2.
    np.testing.assert_allclose(outer.gradient(penalty, weight), 2.08 * 3.0, rtol=1e-2)
