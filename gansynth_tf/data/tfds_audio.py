"""Any data set of TensorFlow Datasets that has audio and classes."""

import functools
import hashlib
import json

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import files
from gansynth_tf.data.folder_listing import SPLITS, split_of
from gansynth_tf.data.labels import listed, suggestion
from gansynth_tf.options import UserError

_OWN_SPLITS = {"train": ("train",), "valid": ("valid", "validation", "dev"), "test": ("test",)}


class TfdsAudio:
    """A data set of TensorFlow Datasets, as gtzan or nsynth/gansynth_subset; its labels are its ClassLabel features.

    A label inside a group of features is named with it: instrument_family. A clip is the start of a recording,
    followed by silence if it is shorter. Splits are the set's own; one that comes in a single split is divided.

    Args:
        sample_rate: Hertz; recordings of other rates are resampled.
        length_samples: Length of a clip.
        builder: Name of the data set, as gtzan or nsynth/gansynth_subset.
        data_dir: Folder of prepared data sets; empty is TensorFlow Datasets' own.
        download: Download and prepare the data set if it is not there. Nothing is fetched without it.
        file_sample_rate: Rate of the recordings, if the data set does not tell it; 0 to believe the data set.
        valid_fraction: Part that becomes the validation split, if the set has one split only.
        test_fraction: Part that becomes the test split, if the set has one split only.
        seed: Of that division.

    Raises:
        UserError: If there is no such data set, it is not on disk, or it has no audio.
        ValueError: If an option is out of range.
    """

    how_to_run = frozenset({"data_dir", "download"})

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        *,
        builder: str = "",
        data_dir: str = "",
        download: bool = False,
        file_sample_rate: int = 0,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
    ):
        if min(sample_rate, length_samples) < 1 or min(file_sample_rate, seed) < 0:
            raise ValueError("Expected positive rates and lengths and a seed of 0 or more.")
        if min(valid_fraction, test_fraction) < 0 or valid_fraction + test_fraction >= 1:
            raise ValueError(
                "`valid_fraction` and `test_fraction` must not be negative and must leave clips."
            )
        self.sample_rate, self.length_samples = sample_rate, length_samples
        self._builder = _prepared_builder(builder, data_dir, download)
        features = self._builder.info.features
        self._audio_path = _audio_path(features, builder)
        self._file_rate = file_sample_rate or _feature(features, self._audio_path).sample_rate
        if not self._file_rate:
            raise UserError(
                f"{builder} does not tell its sample rate. Add --tfds_audio.file_sample_rate=HERTZ."
            )
        self._label_paths = dict(_class_labels(features))
        self.labels = {
            name: tuple(_feature(features, path).names) for name, path in self._label_paths.items()
        }
        own = {split: self._own_names(split) for split in SPLITS}
        self._sources = {split: names[0] for split, names in own.items() if names}
        self._shares = (valid_fraction, test_fraction) if len(self._builder.info.splits) == 1 else None
        if self._shares:
            self._sources = dict.fromkeys(SPLITS, next(iter(self._builder.info.splits)))
        self._seed = seed
        self._rows_of = functools.lru_cache(maxsize=None)(self._read_rows)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have clips."""
        return tuple(split for split in self._sources if len(self.rows(split)))

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [num_clips, num_labels]: the class of each label of each clip, -1 where it has none."""
        rows = self._rows_of(self._source(split))
        return rows[self._members(split, len(rows))]

    def clips(self, split: str) -> tf.data.Dataset:
        """Returns the clips of a split in the order of its rows, float32 [length_samples] in [-1, 1]."""
        members = self._members(split, len(self._rows_of(self._source(split))))

        def decoded(example):
            audio = tf.numpy_function(self._fitted, [_feature(example, self._audio_path)], tf.float32)
            return tf.ensure_shape(audio, [self.length_samples])

        examples = self._examples(split)
        if not members.all():
            is_member = tf.data.Dataset.from_tensor_slices(members)
            examples = tf.data.Dataset.zip(examples, is_member).filter(_second).map(_first)
        return examples.map(decoded, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def fingerprint(self) -> str:
        """Returns a hash of everything that determines the samples."""
        sizes = [[split, self._source(split), len(self.rows(split))] for split in self._sources]
        values = [self._builder.info.full_name, self.sample_rate, self.length_samples, self._file_rate]
        values += [sizes, self._shares, self._seed]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]

    def report(self) -> str:
        """Returns lines for people: the labels and the number of clips of each split."""
        seconds = self.length_samples / self.sample_rate
        divided = "; its one split is divided" if self._shares else ""
        lines = [
            f"tfds_audio: {self._builder.info.full_name}, clips of {seconds:g} s at {self.sample_rate} Hz{divided}"
        ]
        lines += [f"label {name}: {len(classes)} classes" for name, classes in self.labels.items()]
        return "\n".join(lines + [f"{split}: {len(self.rows(split))} clips" for split in self._sources])

    def _own_names(self, split):
        return [name for name in _OWN_SPLITS[split] if name in self._builder.info.splits]

    def _source(self, split):
        """Returns the name that the data set gives to a split."""
        if split not in self._sources:
            raise ValueError(f"`split` must be one of {', '.join(self._sources)}. Received: split={split!r}.")
        return self._sources[split]

    def _members(self, split, num_examples):
        """Returns which examples of its source belong to a split, bool [num_examples]."""
        if not self._shares:
            return np.ones(num_examples, bool)
        splits = [split_of(str(i), self._shares, self._seed) for i in range(num_examples)]
        return np.array([name == split for name in splits], bool)

    def _examples(self, split):
        """Returns the examples of a split's source, always in the same order."""
        import tensorflow_datasets as tfds

        order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
        return self._builder.as_dataset(split=self._source(split), shuffle_files=False, read_config=order)

    def _read_rows(self, source):
        """Returns int32 [num_examples, num_labels] of a split of the data set."""
        split = next(split for split, name in self._sources.items() if name == source)
        paths = list(self._label_paths.values())
        labels = self._examples(split).map(lambda example: [_feature(example, path) for path in paths])
        rows = [np.stack(row) for row in labels.as_numpy_iterator()] if paths else []
        if not paths:
            rows = np.zeros([int(self._examples(split).cardinality()), 0])
        return np.reshape(np.asarray(rows, np.int32), [-1, len(paths)])

    def _fitted(self, audio):
        """Returns a recording as a clip: scaled, mixed to one channel, resampled, cut or padded."""
        full_scale = -float(np.iinfo(np.int16).min) if audio.dtype.kind == "i" else 1.0
        audio = audio.astype(np.float32) / np.float32(full_scale)
        audio = audio.mean(axis=1) if audio.ndim > 1 else audio
        audio = files.resample(audio, self._file_rate, self.sample_rate)[: self.length_samples]
        return np.clip(np.pad(audio, (0, self.length_samples - len(audio))), -1.0, 1.0)


def _prepared_builder(name, data_dir, download):
    """Returns the builder of a data set that is on disk."""
    import tensorflow_datasets as tfds

    if not name:
        raise UserError(
            "--dataset=tfds_audio needs the data set's name: --tfds_audio.builder=NAME, as gtzan."
        )
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
        builder.download_and_prepare()
    if not builder.info.splits:
        raise UserError(
            f"{name} is not in {builder.data_dir}. Download it with --tfds_audio.download, or name the folder where "
            "it was prepared by --tfds_audio.data_dir."
        )
    return builder


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


def _flat(features, path=()):
    """Yields (path, feature) of nested features, in their order."""
    for name, feature in features.items():
        if hasattr(feature, "items"):
            yield from _flat(feature, (*path, name))
        else:
            yield (*path, name), feature


def _feature(features, path):
    return functools.reduce(lambda inner, name: inner[name], path, features)


def _first(example, is_member):
    return example


def _second(example, is_member):
    return is_member
