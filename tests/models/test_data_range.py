"""The map between data and the networks' range, with constants of each channel and of each bin."""

import json

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.models import Progressive
from gansynth_tf.models.data_range import DataRange

# Reaches 1 / scale are 2, 4, 1, 10 and middles -offset / scale are 3, 5, -1, 0.
SCALE = ((0.5,), (0.25,), (1.0,), (0.1,))
OFFSET = ((-1.5,), (-1.25,), (1.0,), (0.0,))


def constants(num_bins, num_channels, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.2, 5.0, [num_bins, num_channels]), rng.normal(size=[num_bins, num_channels])


def small(scale, offset):
    return Progressive((8, 16, 2), (3,), scale, offset, 1, latent_size=6, filters=(8, 8, 6, 4))


def draws(num=3):
    labels = np.eye(3, dtype=np.float32)[np.arange(num) % 3]
    return tf.random.stateless_normal([num, 6], [1, 2]), tf.constant(labels)


def test_constants_of_channels_hold_for_every_bin():
    data_range = DataRange((2.0, 0.5), (1.0, -1.0), 16)
    data = tf.constant([[[[1.0, 4.0], [0.0, 0.0]]]])
    np.testing.assert_array_equal(data_range.normalized(data)[0, 0], [[3.0, 1.0], [1.0, -1.0]])
    np.testing.assert_array_equal(data_range.denormalized(data_range.normalized(data)), data)
    assert not data_range.per_bin and data_range.num_channels == 2


def test_constants_of_bins_stand_along_the_axis_of_bins():
    data = tf.constant([[3.0, 5.0, -1.0, 0.0], [5.0, 9.0, 0.0, 10.0]])[tf.newaxis, :, :, tf.newaxis]
    normalized = DataRange(SCALE, OFFSET, 4).normalized(data)
    np.testing.assert_allclose(normalized[0, :, :, 0], [[0.0] * 4, [1.0] * 4], atol=1e-6)


def test_joined_bins_have_the_mean_of_the_middles_and_of_the_reaches():
    data_range = DataRange(SCALE, OFFSET, 4)
    ends = tf.constant([[-1.0, -1.0], [1.0, 1.0]])[tf.newaxis, :, :, tf.newaxis]
    # Middles 4 and -0.5, reaches 3 and 5.5.
    found = data_range.denormalized(ends)
    np.testing.assert_allclose(found[0, :, :, 0], [[1.0, -6.0], [7.0, 5.0]], atol=1e-5)
    np.testing.assert_allclose(data_range.normalized(found), ends, atol=1e-6)


def test_joined_data_of_the_full_range_are_the_range_of_the_joined_data():
    data_range = DataRange(*constants(16, 2), 16)
    values = tf.random.stateless_uniform([2, 4, 1, 2], [1, 2], -1.0, 1.0)
    full = data_range.denormalized(tf.repeat(values, 16, axis=2)).numpy()
    for num_bins in (8, 4, 1):
        joined = full.reshape(2, 4, num_bins, -1, 2).mean(axis=3)
        found = data_range.denormalized(tf.repeat(values, num_bins, axis=2))
        np.testing.assert_allclose(found, joined, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_saturated_generator_reaches_the_ends_of_each_bin(stage):
    scale, offset = constants(16, 2)
    architecture = small(scale, offset)
    generator = architecture.make_generator()
    for variable in generator.trainable_variables:
        variable.assign(100.0 * variable)
    progress = tf.constant(float(stage))
    fakes = generator(*draws(32), progress, stage=stage).numpy()
    joined = [4 * 2**stage, 4 // 2**stage, 2]
    reaches = (1.0 / scale).reshape(joined).mean(axis=1)
    middles = (-offset / scale).reshape(joined).mean(axis=1)
    np.testing.assert_allclose(fakes.max(axis=(0, 1)), middles + reaches, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(fakes.min(axis=(0, 1)), middles - reaches, rtol=1e-3, atol=1e-3)


def test_a_fade_begins_as_the_smaller_stage_repeated_with_constants_of_each_bin():
    architecture = small(*constants(16, 2))
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    latents, labels = draws()
    progress = tf.constant(1.0)
    before = generator(latents, labels, progress, stage=1)
    after = generator(latents, labels, progress, stage=2)
    np.testing.assert_allclose(after, before.numpy().repeat(2, axis=1).repeat(2, axis=2), atol=1e-5)
    np.testing.assert_allclose(
        discriminator(after, labels, progress, stage=2)[0],
        discriminator(before, labels, progress, stage=1)[0],
        atol=1e-5,
    )


def test_equal_constants_of_each_bin_are_those_of_the_channels():
    scale, offset = (0.5, 2.0), (0.1, -0.2)
    by_channel, by_bin = small(scale, offset), small([scale] * 16, [offset] * 16)
    generators = [architecture.make_generator() for architecture in (by_channel, by_bin)]
    discriminators = [architecture.make_discriminator() for architecture in (by_channel, by_bin)]
    latents, labels = draws(2)
    for stage, progress in ((1, tf.constant(0.5)), (2, tf.constant(2.0))):
        fakes = [generator(latents, labels, progress, stage=stage) for generator in generators]
        np.testing.assert_allclose(fakes[0], fakes[1], atol=1e-5)
        scores = [judge(fakes[0], labels, progress, stage=stage)[0] for judge in discriminators]
        np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)


def test_the_discriminator_sees_nothing_beyond_the_range_of_a_bin():
    scale, offset = constants(16, 2)
    discriminator = small(scale, offset).make_discriminator()
    _, labels = draws(2)
    largest = np.broadcast_to((1.0 - offset) / scale, [2, 8, 16, 2]).astype(np.float32)
    inside = largest.copy()
    inside[:, :, 3] -= 0.5 / scale[3]
    scores = [discriminator(x, labels, tf.constant(2.0))[0].numpy() for x in (largest, largest + 3.0, inside)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)
    assert np.abs(scores[0] - scores[2]).max() > 1e-4


@pytest.mark.parametrize("make", ["make_generator", "make_discriminator"])
def test_config_with_constants_of_each_bin_survives_json(make):
    network = getattr(small(*constants(16, 2)), make)()
    config = network.get_config()
    copy = type(network).from_config(json.loads(json.dumps(config)))
    assert copy.get_config() == config
    assert np.shape(config["scale"]) == (16, 2)


@pytest.mark.parametrize(
    "scale, offset",
    [(((1.0,),) * 3, ((0.0,),) * 3), ((1.0,), ((0.0,),) * 4), (((1.0,),) * 4, (0.0,)), (1.0, 0.0)],
)
def test_shapes_that_do_not_fit_are_refused(scale, offset):
    with pytest.raises(ValueError, match=r"with the 4 bins of the data. Received shapes"):
        DataRange(scale, offset, 4)


@pytest.mark.parametrize("scale", [0.0, np.nan, np.inf])
def test_a_scale_that_loses_the_data_is_refused(scale):
    with pytest.raises(ValueError, match="must be finite, and no scale 0"):
        DataRange((1.0, scale), (0.0, 0.0), 4)
