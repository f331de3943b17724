"""The non-saturating loss: signs, values, and R1 in closed form."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.losses import LOSSES
from gansynth_tf.losses.non_saturating import NonSaturating


def test_catalogue_names_it():
    assert LOSSES["non_saturating"] is NonSaturating


def test_an_undecided_discriminator_has_ln_2_twice():
    zeros = tf.zeros([3, 1])
    np.testing.assert_allclose(NonSaturating().generator_loss(zeros), np.log(2.0), rtol=1e-6)
    np.testing.assert_allclose(NonSaturating().discriminator_loss(zeros, zeros), 2 * np.log(2.0), rtol=1e-6)


def test_losses_are_the_negative_log_probabilities():
    reals, fakes = tf.constant([[1.5], [-2.0]]), tf.constant([[0.5], [3.0]])

    def probability(scores):
        return 1 / (1 + np.exp(-np.asarray(scores)[:, 0]))

    np.testing.assert_allclose(NonSaturating().generator_loss(fakes), -np.log(probability(fakes)), rtol=1e-5)
    np.testing.assert_allclose(
        NonSaturating().discriminator_loss(reals, fakes),
        -np.log(probability(reals)) - np.log(1 - probability(fakes)),
        rtol=1e-5,
    )


@pytest.mark.parametrize("pixels_per_value", [1.0, 16.0])
def test_r1_of_a_linear_critic_is_half_gamma_times_its_squared_slope(pixels_per_value):
    direction = np.random.default_rng(0).normal(size=[2, 3, 2]).astype(np.float32)
    reals = tf.constant(np.random.default_rng(1).normal(size=[4, 2, 3, 2]), tf.float32)
    penalties, slopes = NonSaturating(penalty_weight=7.0).penalty(
        lambda data: tf.reduce_sum(data * direction, axis=[1, 2, 3])[:, tf.newaxis],
        reals,
        None,
        None,
        pixels_per_value,
    )
    squared = np.sum(direction**2) / pixels_per_value
    np.testing.assert_allclose(penalties, 0.5 * 7.0 * squared, rtol=1e-5)
    np.testing.assert_allclose(slopes, np.sqrt(squared), rtol=1e-5)


def test_r1_is_taken_at_the_reals():
    reals = tf.constant([[[[3.0]]], [[[-0.5]]]])
    penalties, _ = NonSaturating(penalty_weight=2.0).penalty(
        lambda data: tf.reduce_sum(tf.square(data), axis=[1, 2, 3])[:, tf.newaxis],
        reals,
        100.0 * reals,
        None,
        1.0,
    )
    np.testing.assert_allclose(penalties, [36.0, 1.0], rtol=1e-5)


@pytest.mark.parametrize("option, value", [("penalty_weight", -1.0), ("penalty_interval", 0)])
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(ValueError, match=f"Expected.*{option}.*Received: .*{value}"):
        NonSaturating(**{option: value})
