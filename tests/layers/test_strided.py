"""Strided and transposed convolutions along time against their definitions."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.layers.strided import StridedConv1D, TransposedConv1D


def built(layer_class, channels, filters, stride, **options):
    layer = layer_class(filters, 25, stride, seed=3, **options)
    layer.build((None, 1, None, channels))
    return layer


def noise(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("stride, first", [(4, -10), (2, -11)])
def test_convolution_sums_25_samples_around_each_kept_one(stride, first):
    layer, values = built(StridedConv1D, 3, 2, stride), noise(2, 1, 32, 3)
    layer.bias.assign([0.5, -1.0])
    expected = np.tile(np.array([0.5, -1.0]), (2, 32 // stride, 1))
    for kept in range(32 // stride):
        for tap in range(25):
            sample = kept * stride + first + tap
            if 0 <= sample < 32:
                expected[:, kept] += values[:, 0, sample] @ layer.kernel.numpy()[0, tap]
    np.testing.assert_allclose(layer(values)[:, 0], expected, atol=1e-5)


@pytest.mark.parametrize("stride, first", [(4, -10), (2, -11)])
def test_transposed_convolution_lays_the_kernel_down_at_every_sample(stride, first):
    layer, values = built(TransposedConv1D, 3, 2, stride), noise(2, 1, 8, 3)
    layer.bias.assign([0.5, -1.0])
    expected = np.tile(np.array([0.5, -1.0]), (2, 8 * stride, 1))
    for sample in range(8):
        for tap in range(25):
            at = sample * stride + first + tap
            if 0 <= at < 8 * stride:
                expected[:, at] += values[:, 0, sample] @ layer.kernel.numpy()[0, tap].T
    np.testing.assert_allclose(layer(values)[:, 0], expected, atol=1e-5)


@pytest.mark.parametrize("layer_class", [StridedConv1D, TransposedConv1D])
def test_first_weights_are_glorots_uniform_ones_and_biases_zero(layer_class):
    layer = built(layer_class, 8, 16, 4)
    bound = np.sqrt(6 / (25 * 8 + 25 * 16))
    kernel = layer.kernel.numpy()
    assert 0.99 * bound < np.abs(kernel).max() <= bound
    assert np.std(kernel) == pytest.approx(bound / np.sqrt(3), rel=0.03)
    assert not layer.bias.numpy().any()
    np.testing.assert_array_equal(built(layer_class, 8, 16, 4).kernel, kernel)


@pytest.mark.parametrize("layer_class", [StridedConv1D, TransposedConv1D])
def test_bfloat16_is_nearly_the_same_with_float32_weights(layer_class):
    exact, coarse = (built(layer_class, 4, 4, 4, dtype=dtype) for dtype in ("float32", "mixed_bfloat16"))
    values = noise(2, 1, 32, 4)
    found = coarse(values)
    assert found.dtype == tf.bfloat16 and coarse.kernel.dtype == "float32"
    np.testing.assert_allclose(tf.cast(found, tf.float32), exact(values), atol=0.05)


@pytest.mark.parametrize("layer_class", [StridedConv1D, TransposedConv1D])
def test_config_makes_the_same_layer(layer_class):
    layer = built(layer_class, 3, 2, 4)
    copy = layer_class.from_config(layer.get_config())
    copy.build((None, 1, None, 3))
    np.testing.assert_array_equal(copy.kernel, layer.kernel)
    assert copy.get_config() == layer.get_config()
