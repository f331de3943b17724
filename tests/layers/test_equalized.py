"""Equalised convolution and dense layers."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.layers import EqualizedConv2D, EqualizedDense


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_dense_is_the_scaled_product_plus_the_unscaled_bias():
    layer = EqualizedDense(3, seed=1)
    inputs = noise(2, 5)
    layer.build(inputs.shape)
    layer.bias.assign([1.0, 2.0, 3.0])
    expected = inputs @ layer.kernel.numpy() * math.sqrt(1 / 5) + [1.0, 2.0, 3.0]
    np.testing.assert_allclose(layer(inputs), expected, atol=1e-5)


@pytest.mark.parametrize(
    "slope, constant", [(0.0, math.sqrt(2 / 18)), (1.0, math.sqrt(1 / 18)), (0.2, math.sqrt(2 / 18.72))]
)
def test_constant_counts_the_fan_in_and_the_slope(slope, constant):
    layer = EqualizedConv2D(7, (3, 3), gain_slope=slope, seed=1)
    layer.build((None, 4, 4, 2))
    assert layer.kernel_scale == pytest.approx(constant)


@pytest.mark.parametrize("kernel_size, padding", [((3, 3), "same"), ((2, 4), "valid"), ((1, 1), "same")])
def test_convolution_is_tensorflows_with_a_scaled_result(kernel_size, padding):
    layer = EqualizedConv2D(5, kernel_size, padding=padding, activation="linear", seed=2)
    inputs = noise(2, 4, 6, 3)
    layer.build(inputs.shape)
    layer.bias.assign(noise(5))
    scale = math.sqrt(2 / (math.prod(kernel_size) * 3))
    expected = scale * tf.nn.conv2d(inputs, layer.kernel, 1, padding.upper()) + layer.bias
    np.testing.assert_allclose(layer(inputs), expected, atol=1e-5)


@pytest.mark.parametrize("kernel_size", [(2, 16), (4, 3), (1, 1)])
def test_full_padding_is_a_valid_convolution_of_the_zero_padded_point(kernel_size):
    layer = EqualizedConv2D(5, kernel_size, padding="full", seed=3)
    inputs = noise(2, 1, 1, 7)
    frames, bins = kernel_size
    padded = np.pad(inputs, [[0, 0], [frames - 1] * 2, [bins - 1] * 2, [0, 0]])
    layer.build(inputs.shape)
    scale = math.sqrt(2 / (frames * bins * 7))
    expected = tf.nn.leaky_relu(scale * tf.nn.conv2d(padded, layer.kernel, 1, "VALID"), 0.2)
    values = layer(inputs)
    assert values.shape == (2, frames, bins, 5)
    np.testing.assert_allclose(values, expected, atol=1e-5)


@pytest.mark.parametrize(
    "activation, expected",
    [("linear", [-2.0, 3.0]), ("leaky_relu", [-0.4, 3.0]), ("tanh", np.tanh([-2.0, 3.0]))],
)
def test_activation_comes_after_the_bias(activation, expected):
    layer = EqualizedDense(2, activation=activation, seed=1)
    layer.build((None, 1))
    layer.bias.assign([-2.0, 3.0])
    np.testing.assert_allclose(layer(np.zeros([1, 1], np.float32))[0], expected, rtol=1e-6)


def test_variance_is_kept_at_the_start():
    layer = EqualizedConv2D(64, (3, 3), gain_slope=1.0, activation="linear", seed=4)
    values = layer(noise(8, 8, 8, 32)).numpy()[:, 1:-1, 1:-1]
    assert np.std(values) == pytest.approx(1.0, rel=0.1)


def test_kernels_come_from_a_standard_normal_of_their_seed():
    layers = [EqualizedDense(200, seed=seed) for seed in (5, 5, 6)]
    for layer in layers:
        layer.build((None, 100))
    first, same, other = [layer.kernel.numpy() for layer in layers]
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 1.0
    assert abs(first.mean()) < 0.03 and first.std() == pytest.approx(1.0, rel=0.03)
    assert np.abs(first).max() > 3.0  # not truncated
    np.testing.assert_array_equal(layers[0].bias, 0.0)


def test_bfloat16_keeps_float32_weights_and_is_close():
    exact, coarse = (
        EqualizedConv2D(8, (3, 3), seed=7, dtype=dtype) for dtype in ("float32", "mixed_bfloat16")
    )
    inputs = noise(2, 4, 4, 6)
    values = coarse(inputs)
    assert values.dtype == tf.bfloat16 and coarse.kernel.dtype == "float32"
    np.testing.assert_allclose(tf.cast(values, tf.float32), exact(inputs), atol=0.05)


@pytest.mark.parametrize(
    "layer",
    [
        EqualizedConv2D(4, (2, 3), padding="valid", gain_slope=1.0, activation="tanh", seed=9, name="conv"),
        EqualizedDense(
            4, gain_slope=0.5, activation="leaky_relu", seed=9, name="dense", dtype="mixed_bfloat16"
        ),
    ],
    ids=lambda layer: layer.name,
)
def test_config_makes_the_same_layer(layer):
    copy = type(layer).from_config(layer.get_config())
    shape = (None, 4, 4, 3) if layer.name == "conv" else (None, 3)
    for each in (layer, copy):
        each.build(shape)
    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(copy.kernel, layer.kernel)


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="leaky_relu.*Received: 'relu'"):
        EqualizedDense(4, activation="relu", seed=0)


def test_an_unknown_padding_is_refused():
    with pytest.raises(ValueError, match="\"full\". Received: 'causal'"):
        EqualizedConv2D(4, (3, 3), padding="causal", seed=0)
