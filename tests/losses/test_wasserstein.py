"""WGAN-GP: signs, drift, and the penalty on known critics."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.losses import LOSSES
from gansynth_tf.losses.wasserstein import WassersteinGradientPenalty, squared_slopes

SHAPE = (4, 2, 3, 2)
MIXING = np.array([0.0, 0.25, 0.5, 1.0], np.float32).reshape(4, 1, 1, 1)


def noise(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def linear_critic(slope):
    """Returns a critic whose gradient has the norm `slope` everywhere."""
    direction = np.ones(SHAPE[1:], np.float32) * slope / np.sqrt(12)
    return lambda data: tf.reduce_sum(data * direction, axis=[1, 2, 3])[:, tf.newaxis]


def test_catalogue_names_it():
    assert LOSSES["wgan_gp"] is WassersteinGradientPenalty


def test_generator_wants_high_scores():
    np.testing.assert_allclose(
        WassersteinGradientPenalty().generator_loss(tf.constant([[2.0], [-1.0]])), [-2.0, 1.0]
    )


def test_discriminator_wants_high_reals_and_low_fakes_near_zero():
    loss = WassersteinGradientPenalty(drift_weight=0.5)
    np.testing.assert_allclose(
        loss.discriminator_loss(tf.constant([[3.0], [0.0]]), tf.constant([[1.0], [2.0]])), [2.5, 2.0]
    )


@pytest.mark.parametrize("slope, expected", [(1.0, 0.0), (3.0, 40.0), (0.5, 2.5)])
def test_penalty_is_two_sided_and_zero_for_a_unit_slope_critic(slope, expected):
    penalties, slopes = WassersteinGradientPenalty().penalty(
        linear_critic(slope), noise(*SHAPE), noise(*SHAPE, seed=1), MIXING, 1.0
    )
    np.testing.assert_allclose(slopes, slope, rtol=1e-5)
    np.testing.assert_allclose(penalties, expected, atol=1e-4)


def test_penalty_is_drawn_to_its_target():
    loss = WassersteinGradientPenalty(penalty_target=2.0, penalty_weight=3.0)
    penalties, _ = loss.penalty(linear_critic(4.0), noise(*SHAPE), noise(*SHAPE), MIXING, 1.0)
    np.testing.assert_allclose(penalties, 3.0, rtol=1e-5)


def test_penalty_is_taken_between_reals_and_fakes_at_the_share_of_the_fake():
    reals, fakes = noise(*SHAPE), noise(*SHAPE, seed=1)

    def critic(data):
        return 0.5 * tf.reduce_sum(tf.square(data), axis=[1, 2, 3])[:, tf.newaxis]

    _, slopes = WassersteinGradientPenalty().penalty(critic, reals, fakes, MIXING, 1.0)
    between = (1 - MIXING) * reals + MIXING * fakes
    np.testing.assert_allclose(slopes, np.linalg.norm(np.reshape(between, [4, -1]), axis=1), rtol=1e-5)


def test_a_value_that_stands_for_four_has_half_the_slope():
    _, slopes = WassersteinGradientPenalty().penalty(
        linear_critic(3.0), noise(*SHAPE), noise(*SHAPE), MIXING, 4.0
    )
    np.testing.assert_allclose(slopes, 1.5, rtol=1e-5)


def test_squared_slopes_are_of_each_example():
    scales = tf.constant([1.0, 2.0, 3.0, 0.0])
    data = noise(*SHAPE)
    slopes = squared_slopes(lambda values: scales[:, tf.newaxis] * linear_critic(1.0)(values), data)
    np.testing.assert_allclose(slopes, [1.0, 4.0, 9.0, 0.0], rtol=1e-5)


def test_penalty_has_a_gradient_with_respect_to_the_critic():
    weight = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(weight)
        penalties, _ = WassersteinGradientPenalty().penalty(
            lambda data: weight * linear_critic(1.0)(data), noise(*SHAPE), noise(*SHAPE), MIXING, 1.0
        )
        mean = tf.reduce_mean(penalties)
    np.testing.assert_allclose(tape.gradient(mean, weight), 2 * 10.0 * (3.0 - 1.0), rtol=1e-4)


@pytest.mark.parametrize(
    "option, value",
    [("penalty_weight", -1.0), ("drift_weight", -0.1), ("penalty_target", 0.0), ("penalty_interval", 0)],
)
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(ValueError, match=f"Expected.*{option}.*Received: .*{value}"):
        WassersteinGradientPenalty(**{option: value})
