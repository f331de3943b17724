"""What classifiers of all kinds share: they hear clips, give logits and features, and are saved and loaded."""

import abc
import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gansynth_tf.whole_file import whole_file

WEIGHTS_FILE = "weights.npz"
CONFIG_FILE = "classifier.json"
# The kind of classifiers that were stored before there were others.
_FIRST_KIND = "small"


class ListeningNetwork(abc.ABC):
    """Hears clips, gives logits of every label and features of one layer.

    A kind of classifier is a subclass with options, spectrograms and a network of its own, named in
    `models.classifiers`.

    Attributes:
        kind: Its name in the catalogue.
        layer_names: Names of the layers that `heard` gives features of.
        training_defaults: Options of `train_classifier` that this kind is trained with unless others are given.
        unstated_options: What options stand for that a stored classifier does not name, because it is older than they.
        stored_type: In which many clips' spectrograms may be held in memory.

    Args:
        sample_rate: In hertz.
        length_samples: Length of a clip.
        labels: Label names with their class names.
        options: All that its constructor takes besides.
        spectrogram_shape: (frames, bins) of what the network sees.
        network: Keras model: [batch, frames, bins] -> (features [batch, num_features], {label: logits}).
    """

    kind: str
    layer_names: tuple[str, ...]
    training_defaults: Mapping[str, Any] = {}
    unstated_options: Mapping[str, Any] = {}
    stored_type: type = np.float32

    def __init__(self, sample_rate, length_samples, labels, options, spectrogram_shape, network):
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.labels = labels
        self.options = options
        self.spectrogram_shape = spectrogram_shape
        self.network = network
        self._run = tf.function(
            lambda spectrograms: self.network(spectrograms, training=False),
            input_signature=[tf.TensorSpec([None, *self.spectrogram_shape], tf.float32)],
        )

    @abc.abstractmethod
    def transformed(self, audio):
        """Returns what the network sees of clips [batch, length_samples] float32: [batch, frames, bins] float32."""

    def augmented(self, spectrograms, seed):
        """Returns spectrograms [batch, frames, bins] as training shows them; this kind's own are left as they are.

        Args:
            spectrograms: [batch, frames, bins] float32.
            seed: [2] int32; the same seed gives the same result.
        """
        return spectrograms

    def spectrograms(self, audio, batch_size: int = 64) -> np.ndarray:
        """Returns what the network sees.

        Args:
            audio: [num_clips, length_samples] float, full scale 1.
            batch_size: Clips at a time.

        Returns:
            [num_clips, frames, bins] float32.

        Raises:
            ValueError: If the clips have another length or are not finite.
        """
        audio = np.asarray(audio, np.float32)
        if audio.ndim != 2 or audio.shape[1] != self.length_samples:
            raise ValueError(
                f"`audio` must have the shape [num_clips, {self.length_samples}]. Received: {audio.shape}."
            )
        if not np.all(np.isfinite(audio)):
            raise ValueError("`audio` must be finite. Received: NaN or infinity.")
        spectrograms = np.empty([len(audio), *self.spectrogram_shape], np.float32)
        for start in range(0, len(audio), batch_size):
            some = self.transformed(tf.constant(audio[start : start + batch_size]))
            spectrograms[start : start + batch_size] = some.numpy()
        return spectrograms

    def hear(self, spectrograms, batch_size: int = 64) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Returns features and logits of spectrograms, in inference mode.

        Args:
            spectrograms: [num_clips, frames, bins] from `spectrograms`.
            batch_size: Clips at a time.

        Returns:
            Features [num_clips, num_features] float32 and, a label, logits [num_clips, num_classes] float32.
        """
        features, logits = [], {name: [] for name in self.labels}
        for start in range(0, len(spectrograms), batch_size):
            some = tf.constant(spectrograms[start : start + batch_size], tf.float32)
            some_features, some_logits = self._run(some)
            features.append(some_features.numpy())
            for name in self.labels:
                logits[name].append(some_logits[name].numpy())
        return np.concatenate(features), {name: np.concatenate(parts) for name, parts in logits.items()}

    def heard(self, audio, batch_size: int = 64) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Returns logits and features of clips, in inference mode, a few spectrograms in memory at a time.

        Args:
            audio: [num_clips, length_samples] float, full scale 1.
            batch_size: Clips at a time.

        Returns:
            {label: logits [num_clips, num_classes]} and {layer: features [num_clips, num_features]}, float32.

        Raises:
            ValueError: If the clips have another length or are not finite, or there are none.
        """
        if not len(audio):
            raise ValueError("Expected at least one clip. Received: none.")
        parts = [
            self.hear(self.spectrograms(audio[start : start + batch_size], batch_size), batch_size)
            for start in range(0, len(audio), batch_size)
        ]
        logits = {name: np.concatenate([some[name] for _, some in parts]) for name in self.labels}
        (layer,) = self.layer_names
        return logits, {layer: np.concatenate([features for features, _ in parts])}

    def predict(self, audio) -> np.ndarray:
        """Returns the most likely classes of clips.

        Args:
            audio: [num_clips, length_samples] float, full scale 1.

        Returns:
            [num_clips, num_labels] int32, columns in the order of `labels`.
        """
        _, logits = self.hear(self.spectrograms(audio))
        return np.stack([np.argmax(logits[name], axis=1) for name in self.labels], axis=1).astype(np.int32)

    def features(self, audio) -> np.ndarray:
        """Returns the penultimate features [num_clips, num_features] of clips [num_clips, length_samples]."""
        return self.hear(self.spectrograms(audio))[0]

    @property
    def weights_hash(self) -> str:
        """A hash of the weights' values: what a score was heard by."""
        digest = hashlib.sha256()
        for variable in self.network.weights:
            digest.update(np.ascontiguousarray(variable.numpy(), "<f4").tobytes())
        return digest.hexdigest()[:16]

    def save(self, directory, facts: dict | None = None) -> None:
        """Writes `weights.npz` (plain arrays) and `classifier.json`, which `load` reads.

        Args:
            directory: Folder, made if need be.
            facts: What else to remember, such as the held-out accuracy; must fit into JSON.
        """
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        arrays = {f"{i:03d}": variable.numpy() for i, variable in enumerate(self.network.weights)}
        config = {
            "kind": self.kind,
            "sample_rate": self.sample_rate,
            "length_samples": self.length_samples,
            "labels": self.labels,
            "options": self.options,
            "variables": [variable.path for variable in self.network.weights],
            "weights_hash": self.weights_hash,
            "facts": facts or {},
        }
        text = json.dumps(config, indent=1) + "\n"
        # The config comes last: without it there is no classifier, with it there is a whole one.
        with whole_file(directory / WEIGHTS_FILE) as stream:
            np.savez_compressed(stream, **arrays)
        with whole_file(directory / CONFIG_FILE, text=True) as stream:
            stream.write(text)

    @staticmethod
    def load(directory) -> tuple["ListeningNetwork", dict]:
        """Returns the classifier, of any kind, that was saved in `directory`, and the facts beside it.

        Raises:
            ValueError: If a file is missing, does not fit the other one, or names an unknown kind.
        """
        # Here: the catalogue names the kinds, whose ground this file is.
        from gansynth_tf.models.classifiers import CLASSIFIERS

        directory = pathlib.Path(directory)
        for name in (CONFIG_FILE, WEIGHTS_FILE):
            if not (directory / name).is_file():
                raise ValueError(
                    f"Expected a classifier's {name} in {directory}. Found none: train one first."
                )
        config = json.loads((directory / CONFIG_FILE).read_text())
        kind = config.get("kind", _FIRST_KIND)
        if kind not in CLASSIFIERS:
            raise ValueError(
                f"Expected a classifier of the kind {' or '.join(CLASSIFIERS)} in {directory}. Received: {kind}. A "
                "newer program may have stored it."
            )
        labels = {name: tuple(classes) for name, classes in config["labels"].items()}
        network = CLASSIFIERS[kind]
        options = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in (network.unstated_options | config["options"]).items()
        }
        classifier = network(config["sample_rate"], config["length_samples"], labels, **options)
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as arrays:
            values = [arrays[name] for name in sorted(arrays.files)]
        shapes = [tuple(variable.shape) for variable in classifier.network.weights]
        if [value.shape for value in values] != shapes:
            raise ValueError(
                f"{WEIGHTS_FILE} in {directory} does not fit {CONFIG_FILE}: train the classifier again."
            )
        for variable, value in zip(classifier.network.weights, values, strict=True):
            variable.assign(value)
        # Classifiers of before it was kept have none.
        if config.get("weights_hash", classifier.weights_hash) != classifier.weights_hash:
            raise ValueError(
                f"{WEIGHTS_FILE} in {directory} holds other weights than {CONFIG_FILE} names: train it again."
            )
        return classifier, config["facts"]


def checked_labels(labels: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Returns the labels with their class names, or raises ValueError if one has none or there is none."""
    if not labels or not all(labels.values()):
        raise ValueError(f"`labels` must name at least one label, each with classes. Received: {labels}.")
    return {name: tuple(classes) for name, classes in labels.items()}
