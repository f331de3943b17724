"""Fake data sets of TensorFlow Datasets: their own features and split names, with tones for audio."""

import contextlib
import re

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds


def _value(feature, generator, num_samples):
    """Returns a random value of a feature."""
    if hasattr(feature, "items"):
        return {name: _value(inner, generator, num_samples) for name, inner in feature.items()}
    if isinstance(feature, tfds.features.Audio):
        num_samples = feature.shape[0] or num_samples
        audio = 0.5 * np.sin(2 * np.pi * generator.uniform(0.01, 0.1) * np.arange(num_samples))
        is_whole = np.issubdtype(feature.np_dtype, np.integer)
        return (audio * 32767).astype(np.int64) if is_whole else audio.astype(np.float32)
    if isinstance(feature, tfds.features.ClassLabel):
        return generator.integers(feature.num_classes)
    if feature.np_dtype == np.bool_:
        return bool(generator.integers(2))
    if np.issubdtype(feature.np_dtype, np.number):
        return np.zeros([size or 1 for size in feature.shape], feature.np_dtype)
    return "text"


@contextlib.contextmanager
def fake_tfds(split_names, num_examples=20, num_samples=8000, change=None):
    """TensorFlow Datasets whose data sets have `split_names`, as tfds.testing.mock_data without its blind spot.

    The library's own fake accepts any name of a split; this one fails for a name that is not in `split_names`.

    Args:
        split_names: {split: a name of the builder's own}, or a list of names.
        num_examples: Of each split.
        num_samples: Of recordings of any length; the shortest has half of it.
        change: Function of (split, number, example) that returns the example, or None.
    """

    def as_dataset(builder, split, decoders=None, read_config=None, shuffle_files=False, **options):
        split, first, last = re.fullmatch(r"(.+?)(?:\[(\d+):(\d+)\])?", split).groups()
        assert split in split_names, f"{split!r} is no split of {builder.name}"
        numbers = range(num_examples)[int(first or 0) : int(last or num_examples)]

        def examples():
            for number in numbers:
                generator = np.random.default_rng([list(split_names).index(split), number])
                samples = int(generator.integers(num_samples // 2, num_samples + 1))
                example = _value(builder.info.features, generator, samples)
                yield change(split, number, example) if change else example

        signature = builder.info.features.get_tensor_info()
        signature = tf.nest.map_structure(lambda info: tf.TensorSpec(info.shape, info.dtype), signature)
        dataset = tf.data.Dataset.from_generator(examples, output_signature=signature)
        return dataset.apply(tf.data.experimental.assert_cardinality(len(numbers)))

    with pytest.MonkeyPatch.context() as patch, tfds.testing.mock_data(as_dataset_fn=as_dataset):
        patch.setattr(
            tfds.core.DatasetInfo, "splits", property(lambda info: dict.fromkeys(split_names)), raising=True
        )
        yield
