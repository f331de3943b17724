"""The exam of every architecture as a source of another run's weights."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.models import ARCHITECTURES
from gansynth_tf.training.run_record import RunRecord
from gansynth_tf.training.source import Source
from gansynth_tf.training.transfer import TakenOver, first_arrays

# Shape of the data and options that make each one small.
SMALL = {
    "progressive": ((8, 16, 2), {"latent_size": 6, "filters": (8, 8, 6, 4)}),
    "wavegan": ((64, 1, 1), {"latent_size": 6, "dim": 4}),
}
OLD = {"pitch": ("60", "61"), "family": ("flute", "organ")}
NEW = {"family": ("brass", "flute", "organ"), "pitch": ("59", "61", "60")}


@pytest.fixture(params=sorted(ARCHITECTURES))
def make(request):
    """A function of labels and a seed that returns an architecture."""
    data_shape, options = SMALL[request.param]
    scale, offset = (0.5,) * data_shape[-1], (0.1,) * data_shape[-1]

    def made(labels, seed):
        counts = tuple(map(len, labels.values()))
        return ARCHITECTURES[request.param](data_shape, counts, scale, offset, seed, **options)

    return made


def source_of(architecture, labels):
    """Returns a source with random numbers for weights."""
    rng = np.random.default_rng(2)
    arrays = {
        name: 0.3 * rng.normal(size=array.shape).astype(np.float32)
        for name, array in first_arrays(architecture).items()
    }
    record = RunRecord(labels, (0.5,), (0.1,), 8000, 64, architecture.data_shape)
    shapes = (architecture.data_shape,) * architecture.num_stages
    counters = {"num_images": 8, "stage": architecture.num_stages - 1}
    return Source("source", record, {}, {}, architecture.named_slices(), shapes, arrays, counters)


def outputs(architecture, arrays, labels):
    """Returns data and judgement of a flute at pitch 60 by networks with the weights of `arrays`."""
    row = [names.index({"pitch": "60", "family": "flute"}[label]) for label, names in labels.items()]
    columns = [np.eye(len(names))[[number] * 4] for number, names in zip(row, labels.values(), strict=True)]
    inputs = tf.constant(np.concatenate(columns, axis=1), tf.float32)
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    for prefix, network in (("generator", generator), ("discriminator", discriminator)):
        for variable in network.trainable_variables:
            variable.assign(arrays[f"{prefix}/{variable.path}"])
    latents = tf.random.stateless_normal([4, architecture.latent_size], [1, 2])
    progress = tf.constant(float(architecture.num_stages - 1))
    reals = 0.1 * tf.random.stateless_normal([4, *architecture.data_shape], [3, 4])
    score, heads = discriminator(reals, inputs, progress)
    logits = {
        f"{label}={name}": head[:, number]
        for (label, names), head in zip(labels.items(), heads, strict=True)
        for number, name in enumerate(names)
    }
    return generator(latents, inputs, progress), score, logits


def test_named_slices_are_those_of_the_variables(make):
    architecture = make(NEW, 0)
    arrays = first_arrays(architecture)
    for name, named in architecture.named_slices().items():
        assert arrays[name].shape[named.axis] == len(named.keys) == len(set(named.keys))
    keys = {key for named in architecture.named_slices().values() for key in named.keys}
    num_classes = sum(map(len, NEW.values()))
    assert len(keys) == architecture.latent_size + num_classes


def test_classes_keep_their_sound_and_their_judgement_among_new_ones(make):
    old, new = make(OLD, 1), make(NEW, 0)
    source = source_of(old, OLD)
    taken = TakenOver(source, first_arrays(new), new.named_slices(), NEW)
    data, score, logits = outputs(old, source.arrays, OLD)
    new_data, new_score, new_logits = outputs(new, taken.arrays, NEW)
    size = np.abs(data).max()
    np.testing.assert_allclose(new_data, data, atol=2e-5 * size)
    np.testing.assert_allclose(new_score, score, rtol=1e-4, atol=1e-5)
    for name, values in logits.items():
        np.testing.assert_allclose(new_logits[name], values, rtol=1e-4, atol=1e-5, err_msg=name)
    # That they are those of the source is no accident.
    fresh_data, *_ = outputs(new, first_arrays(new), NEW)
    assert np.abs(fresh_data - data).max() > 0.01 * size


def test_a_run_with_the_same_labels_takes_all_over(make):
    source = source_of(make(OLD, 1), OLD)
    new = make(OLD, 0)
    taken = TakenOver(source, first_arrays(new), new.named_slices(), OLD)
    for name, array in source.arrays.items():
        np.testing.assert_array_equal(taken.arrays[name], array, err_msg=name)
    assert taken.lines()[0].count("100 %") == 2
