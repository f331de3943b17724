"""The exam of every architecture in the catalogue."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.models import ARCHITECTURES

CLASS_COUNTS = (3, 2)
# A shape of data of two channels that each one can make, and options that make it small.
SMALL = {
    "progressive": ((8, 16, 2), {"latent_size": 6, "filters": (8, 8, 6, 4)}),
    "wavegan": ((128, 1, 2), {"latent_size": 6, "dim": 8}),
}


@pytest.fixture(params=sorted(ARCHITECTURES))
def architecture(request):
    data_shape, options = SMALL[request.param]
    return ARCHITECTURES[request.param](data_shape, CLASS_COUNTS, (0.5, 0.5), (0.0, 0.0), 1, **options)


def draws(architecture, num=4):
    rng = np.random.default_rng(0)
    labels = np.concatenate([np.eye(count)[rng.integers(count, size=num)] for count in CLASS_COUNTS], axis=1)
    latents = rng.normal(size=[num, architecture.latent_size])
    return tf.constant(latents, tf.float32), tf.constant(labels, tf.float32)


def stages(architecture):
    """Returns (stage, progress as a tensor) for every stage, stable and fading."""
    last = architecture.num_stages
    return [(k, tf.constant(p)) for k in range(last) for p in {float(k), max(0.0, k - 0.5)}]


def test_generated_data_have_the_stages_shape_and_the_last_stage_the_full_one(architecture):
    assert architecture.stage_shape(architecture.num_stages - 1) == architecture.data_shape
    generator, (latents, labels) = architecture.make_generator(), draws(architecture)
    for stage, progress in stages(architecture):
        fakes = generator(latents, labels, progress, stage=stage)
        assert fakes.shape == (4, *architecture.stage_shape(stage))
        assert fakes.dtype == tf.float32 and np.all(np.isfinite(fakes))
        assert architecture.full_data(fakes).shape == (4, *architecture.data_shape)
    np.testing.assert_array_equal(
        generator(latents, labels, progress),
        generator(latents, labels, progress, stage=architecture.num_stages - 1),
    )


def test_reals_are_brought_to_the_stage_and_judged(architecture):
    discriminator, (_, labels) = architecture.make_discriminator(), draws(architecture)
    reals = tf.random.stateless_normal([4, *architecture.data_shape], [1, 2])
    for stage, progress in stages(architecture):
        data = architecture.stage_data(reals, stage, progress)
        assert data.shape == (4, *architecture.stage_shape(stage))
        scores, heads = discriminator(data, labels, progress, stage=stage)
        assert scores.shape == (4, 1) and [head.shape for head in heads] == [(4, n) for n in CLASS_COUNTS]
        assert scores.dtype == tf.float32 and np.all(np.isfinite(scores))


@pytest.mark.parametrize("make", ["make_generator", "make_discriminator"])
def test_same_seed_and_config_give_the_same_network(architecture, make):
    network, again = getattr(architecture, make)(), getattr(architecture, make)()
    copy = type(network).from_config(network.get_config())
    for variables in (again.trainable_variables, copy.trainable_variables):
        for ours, other in zip(network.trainable_variables, variables, strict=True):
            assert ours.path == other.path
            np.testing.assert_array_equal(ours, other)
    assert len({variable.path for variable in network.trainable_variables}) == len(
        network.trainable_variables
    )


def test_stage_variables_grow_to_a_part_of_all(architecture):
    for network in (architecture.make_generator(), architecture.make_discriminator()):
        every = {variable.path for variable in network.trainable_variables}
        for stage in range(architecture.num_stages):
            assert {variable.path for variable in network.stage_variables(stage)} <= every


def test_a_few_steps_lower_a_toy_loss_of_each_network(architecture):
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    stage = architecture.num_stages - 1
    (latents, labels), progress = draws(architecture), tf.constant(float(stage))
    reals = tf.random.stateless_normal([4, *architecture.data_shape], [1, 2])

    def far_from_reals():
        return tf.reduce_mean(tf.square(generator(latents, labels, progress) - reals))

    def mistaken():
        scores, heads = discriminator(reals, labels, progress)
        targets = tf.constant([[1.0], [-1.0], [1.0], [-1.0]])
        return tf.reduce_mean(tf.square(scores - targets)) + sum(
            tf.reduce_mean(tf.square(head)) for head in heads
        )

    for network, loss in ((generator, far_from_reals), (discriminator, mistaken)):
        variables = network.stage_variables(stage)
        optimizer = keras.optimizers.Adam(0.003)
        first = float(loss())
        for _ in range(8):
            with tf.GradientTape() as tape:
                value = loss()
            optimizer.apply(tape.gradient(value, [variable.value for variable in variables]), variables)
        assert float(loss()) < 0.95 * first


def test_a_missing_label_is_no_error(architecture):
    latents, labels = draws(architecture)
    missing = tf.zeros_like(labels)
    progress = tf.constant(float(architecture.num_stages - 1))
    fakes = architecture.make_generator()(latents, missing, progress)
    scores, _ = architecture.make_discriminator()(fakes, missing, progress)
    assert np.all(np.isfinite(fakes)) and np.all(np.isfinite(scores))


def test_judging_is_random_only_by_the_noise_that_it_asks_for(architecture):
    discriminator, (_, labels) = architecture.make_discriminator(), draws(architecture)
    reals = tf.random.stateless_normal([4, *architecture.data_shape], [1, 2])
    progress = tf.constant(float(architecture.num_stages - 1))
    still = [discriminator(reals, labels, progress)[0].numpy() for _ in range(2)]
    np.testing.assert_array_equal(*still)
    if not architecture.judge_noise_size:
        return
    noises = tf.random.stateless_uniform([8, architecture.judge_noise_size], [3, 4])
    noisy = [discriminator(reals, labels, progress, noise=noise)[0].numpy() for noise in noises]
    again = [discriminator(reals, labels, progress, noise=noise)[0].numpy() for noise in noises]
    np.testing.assert_array_equal(noisy, again)
    assert any(np.abs(scores - still[0]).max() > 1e-6 for scores in noisy)


def test_data_of_another_kind_are_refused_by_naming_what_to_choose(architecture):
    other = (3, 5, 2) if architecture.data_shape[1] == 1 else (4096, 1, 2)
    with pytest.raises(ValueError, match="Choose --"):
        type(architecture)(other, CLASS_COUNTS, (0.5, 0.5), (0.0, 0.0), 1)
