"""Upscaling by repetition, downscaling by averaging."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.layers import downscale, upscale

FACTORS = [(1, 1), (2, 2), (4, 2), (1, 3)]


def noise(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("factors", FACTORS)
def test_upscale_repeats_frames_and_bins(factors):
    values = noise(2, 3, 5, 2)
    expected = values.repeat(factors[0], axis=1).repeat(factors[1], axis=2)
    np.testing.assert_array_equal(upscale(values, factors), expected)


@pytest.mark.parametrize("factors", FACTORS)
def test_downscale_averages_blocks(factors):
    values = noise(2, 8, 6, 2)
    blocks = values.reshape(2, 8 // factors[0], factors[0], 6 // factors[1], factors[1], 2)
    np.testing.assert_allclose(downscale(values, factors), blocks.mean(axis=(2, 4)), atol=1e-6)


@pytest.mark.parametrize("factors", FACTORS)
def test_downscale_undoes_upscale(factors):
    values = noise(2, 3, 5, 2)
    np.testing.assert_allclose(downscale(upscale(values, factors), factors), values, atol=1e-6)


def test_gradient_of_upscale_is_the_sum_over_a_block():
    values, weights = tf.constant(noise(1, 2, 2, 1)), noise(1, 4, 4, 1)
    with tf.GradientTape() as tape:
        tape.watch(values)
        total = tf.reduce_sum(upscale(values, (2, 2)) * weights)
    expected = weights.reshape(1, 2, 2, 2, 2, 1).sum(axis=(2, 4))
    np.testing.assert_allclose(tape.gradient(total, values), expected, atol=1e-5)


def test_both_take_an_unknown_batch_size():
    scaled = tf.function(
        lambda values: downscale(upscale(values, (2, 4)), (2, 2)),
        input_signature=[tf.TensorSpec([None, 2, 2, 3], tf.float32)],
    )
    assert scaled(noise(5, 2, 2, 3)).shape == (5, 2, 4, 3)
