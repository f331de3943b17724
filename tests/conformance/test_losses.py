"""The exam of every adversarial loss in the catalogue."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.losses import LOSSES

MIXING = tf.constant([0.2, 0.5, 0.9, 0.0], shape=[4, 1, 1, 1])


@pytest.fixture(params=sorted(LOSSES))
def loss(request):
    return LOSSES[request.param]()


def noise(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def test_losses_are_one_finite_number_an_example(loss):
    for scores in (noise(4, 1), 1e3 * noise(4, 1)):
        for values in (loss.generator_loss(scores), loss.discriminator_loss(scores, -scores)):
            assert values.shape == (4,) and np.all(np.isfinite(values))


def test_generator_is_pulled_to_higher_scores(loss):
    scores = noise(4, 1)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        total = tf.reduce_sum(loss.generator_loss(scores))
    assert np.all(tape.gradient(total, scores) < 0)


def test_discriminator_is_pulled_to_higher_reals_and_lower_fakes(loss):
    reals, fakes = noise(4, 1), noise(4, 1, seed=1)
    with tf.GradientTape() as tape:
        tape.watch([reals, fakes])
        total = tf.reduce_sum(loss.discriminator_loss(reals, fakes))
    real_gradient, fake_gradient = tape.gradient(total, [reals, fakes])
    assert np.all(real_gradient < 0) and np.all(fake_gradient > 0)


def slope_penalty(loss, slope, pixels_per_value=1.0):
    """Returns penalties and slopes of a linear critic with the given slope."""
    direction = slope / np.sqrt(12.0)
    data = noise(4, 2, 3, 2)
    return loss.penalty(
        lambda values: direction * tf.reduce_sum(values, [1, 2, 3])[:, tf.newaxis],
        data,
        noise(4, 2, 3, 2, seed=1),
        MIXING,
        pixels_per_value,
    )


def test_penalty_is_never_negative_and_reports_the_slope(loss):
    for slope in (0.25, 1.0, 5.0):
        penalties, slopes = slope_penalty(loss, slope)
        assert penalties.shape == slopes.shape == (4,)
        assert np.all(penalties >= 0)
        np.testing.assert_allclose(slopes, slope, rtol=1e-5)


def test_a_steep_critic_costs_more(loss):
    assert np.all(slope_penalty(loss, 10.0)[0] > slope_penalty(loss, 5.0)[0])


def test_smaller_data_have_the_penalty_of_the_full_size(loss):
    for ours, expected in zip(slope_penalty(loss, 6.0, 4.0), slope_penalty(loss, 3.0), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_the_interval_is_a_whole_number(loss):
    assert isinstance(loss.penalty_interval, int) and loss.penalty_interval >= 1


def test_a_penalty_without_weight_is_never_computed(loss):
    assert type(loss)(penalty_weight=0.0).penalty_interval == 0
