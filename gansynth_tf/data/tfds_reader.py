"""Reads the audio and the classes of a data set of TensorFlow Datasets."""

import functools
import os
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from gansynth_tf.data.labels import listed, suggestion
from gansynth_tf.options import UserError, WorkFailed

Path = tuple[str, ...]
_NO_YES = ("no", "yes")


class TfdsReader:
    """A prepared data set of TensorFlow Datasets, as examples of audio and class names.

    Args:
        builder: Name of the data set, as gtzan or nsynth/gansynth_subset.
        data_dir: Folder of prepared data sets; "" is TensorFlow Datasets' own.
        download: Download and prepare the data set if it is not there.
        file_sample_rate: Rate of the recordings, if the data set does not tell it; 0 to believe the data set.
        label_paths: {label: where its class is among nested features}; None takes all ClassLabel features, named by
            their place: instrument_family. Truth values are classes no and yes; a text is told as it is.
        how_to_get: What to do if the data set is not there.

    Raises:
        UserError: If there is no such data set, it is not on disk, or it has no audio.
    """

    encoding = "TFDS"

    def __init__(
        self,
        builder: str,
        data_dir: str = "",
        download: bool = False,
        *,
        file_sample_rate: int = 0,
        label_paths: Mapping[str, Path] | None = None,
        how_to_get: str = "",
    ):
        self._builder = _prepared_builder(builder, data_dir, download, how_to_get)
        features = self._builder.info.features
        self._audio_path = _audio_path(features, builder)
        self.sample_rate = file_sample_rate or _feature(features, self._audio_path).sample_rate
        if not self.sample_rate:
            raise UserError(
                f"{builder} does not tell its sample rate. Add --tfds_audio.file_sample_rate=HERTZ."
            )
        self._label_paths = dict(_class_labels(features)) if label_paths is None else dict(label_paths)
        self.labels = {label: _classes(_feature(features, path)) for label, path in self._label_paths.items()}
        self.name = self._builder.info.full_name
        self.split_names = tuple(self._builder.info.splits)

    @functools.cached_property
    def sizes(self) -> dict[str, int]:
        """{source split: number of examples}."""
        return {name: int(self._read(name).cardinality()) for name in self.split_names}

    @property
    def identity(self) -> list:
        """What changes when the examples do."""
        # Preparing anew writes these files anew.
        info = os.path.join(self._builder.data_dir, "dataset_info.json")
        changed = os.stat(info).st_mtime_ns if os.path.exists(info) else 0
        labels = [[label, *path] for label, path in self._label_paths.items()]
        return [self.name, str(self._builder.data_dir), changed, labels]

    def scan(self, source_split: str) -> Iterator[tuple[np.ndarray, list[str]]]:
        """Yields (audio, names of its classes, "" for none) of all examples, always in the same order."""
        names = [tf.constant([*classes, ""]) for classes in self.labels.values()]

        def name_of(value, known):
            if value.dtype == tf.string:
                return value
            number = tf.cast(value, tf.int32)
            # -1 is a class that is not told.
            return tf.gather(known, tf.where(number < 0, tf.size(known) - 1, number))

        def parts(example):
            values = [_feature(example, path) for path in self._label_paths.values()]
            chosen = [name_of(value, known) for value, known in zip(values, names, strict=True)]
            classes = tf.stack(chosen) if chosen else tf.zeros([0], tf.string)
            return _feature(example, self._audio_path), classes

        examples = self._read(source_split).map(
            parts, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        for audio, classes in examples.as_numpy_iterator():
            yield audio, [name.decode() for name in classes]

    def audio_of(self, source_split: str, numbers: np.ndarray) -> tf.data.Dataset:
        """Returns the audio of some examples by their increasing numbers."""
        first, last = int(numbers[0]), int(numbers[-1])
        wanted = np.zeros(last + 1 - first, bool)
        wanted[np.asarray(numbers) - first] = True
        # From the first wanted one on: those who share the work each begin with their own.
        examples = self._read(f"{source_split}[{first}:{last + 1}]").enumerate()
        wanted = tf.constant(wanted)

        def is_wanted(number, example):
            return wanted[number]

        def audio(number, example):
            return _feature(example, self._audio_path)

        return examples.filter(is_wanted).map(audio)

    def _read(self, source_split):
        """Returns the examples of a split, or of a part of one as "train[20:30]"."""
        import tensorflow_datasets as tfds

        order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
        return self._builder.as_dataset(split=source_split, shuffle_files=False, read_config=order)


def _prepared_builder(name, data_dir, download, how_to_get):
    """Returns the builder of a data set that is on disk."""
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir or None)
    except tfds.core.DatasetNotFoundError as error:
        known = [known for known in tfds.list_builders() if ":" not in known]
        raise UserError(
            f"TensorFlow Datasets has no data set {name!r}.{suggestion(name.split('/')[0], known)}"
        ) from error
    except ValueError as error:
        raise UserError(f"TensorFlow Datasets refuses {name!r}: {str(error).splitlines()[0]}") from error
    if download:
        _download(builder, name, how_to_get)
    if not builder.info.splits:
        raise UserError(f"{name} is not in {builder.data_dir}. {how_to_get}".rstrip())
    return builder


def _download(builder, name, how_to_get):
    """Downloads and prepares a data set, unless it is there."""
    import tensorflow_datasets as tfds

    try:
        builder.download_and_prepare()
    # No network, no room on the disk, a package that only preparing needs.
    except (OSError, ImportError, tfds.download.DownloadError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WorkFailed(
            f"{name} could not be downloaded and prepared: {reason.rstrip('.')}. {how_to_get}".rstrip()
        ) from error


def _audio_path(features, name):
    """Returns where the audio is among nested features."""
    import tensorflow_datasets as tfds

    found = [path for path, feature in _flat(features) if isinstance(feature, tfds.features.Audio)]
    if not found:
        there = listed(["_".join(path) for path, _ in _flat(features)])
        raise UserError(f"{name} has no audio; it has {there}. Choose another data set.")
    return ("audio",) if ("audio",) in found else found[0]


def _class_labels(features):
    """Yields (label, where it is) of all classes among nested features."""
    import tensorflow_datasets as tfds

    for path, feature in _flat(features):
        if isinstance(feature, tfds.features.ClassLabel):
            yield "_".join(path), path


def _classes(feature):
    """Returns the classes of a feature; a text has none."""
    if feature.tf_dtype == tf.string:
        return ()
    return tuple(getattr(feature, "names", None) or _NO_YES)


def _flat(features, path=()):
    """Yields (path, feature) of nested features, in their order."""
    for name, feature in features.items():
        if hasattr(feature, "items"):
            yield from _flat(feature, (*path, name))
        else:
            yield (*path, name), feature


def _feature(features, path):
    return functools.reduce(lambda inner, name: inner[name], path, features)
