"""A small convolutional network that names the labels of a clip, and the features it sees them by."""

import contextlib
import dataclasses
import hashlib
import json
import math
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from gansynth_tf.audio.log_mel import log_mel_spectrograms

WEIGHTS_FILE = "weights.npz"
CONFIG_FILE = "classifier.json"

# Of the resolution that follows the sample rate: see `resolution_of`.
_WINDOW_SECONDS = 0.128
_BAND_MEL = 11.0


def resolution_of(sample_rate: int, length_samples: int, num_blocks: int) -> dict[str, int]:
    """Returns the windows and bands by which a classifier tells semitones from middle C on.

    Windows last about 128 ms (a power of two of samples; never more than the clip), every quarter of one, or so much
    closer that a short clip has a frame for each halving. Bands are 11 mel apart, about 10 Hz at middle C, where a
    semitone is 16 Hz. 64 bands, 30 Hz apart there, do for genres; semitones they tell by overtones only.

    Args:
        sample_rate: In hertz.
        length_samples: Length of a clip.
        num_blocks: How often the network halves frames and bands.

    Returns:
        `frame_length` and `frame_step` in samples, `num_mel_bins` (a multiple of 16).
    """
    frame_length = 2 ** round(math.log2(_WINDOW_SECONDS * sample_rate))
    while frame_length > max(16, length_samples):
        frame_length //= 2
    frame_step = frame_length // 4
    while frame_step > 1 and 1 + length_samples // frame_step < 2**num_blocks:
        frame_step //= 2
    top, bottom = (1127.0 * math.log1p(hz / 700.0) for hz in (sample_rate / 2, 30.0))
    num_mel_bins = 16 * max(2**num_blocks // 16, math.ceil((top - bottom) / _BAND_MEL / 16))
    return {"num_mel_bins": num_mel_bins, "frame_length": frame_length, "frame_step": frame_step}


class Classifier:
    """Hears clips, gives logits of every label and penultimate features; any level, any labels.

    Inside: log-mel spectrograms at the clip's own level, strided convolutions, then mean and maximum over
    time, one dense layer (the features), one dense head a label.

    Args:
        sample_rate: In hertz; positional, as all that a data set supplies.
        length_samples: Length of a clip.
        labels: Label names with their class names.
        num_mel_bins: Mel bands; 0 follows the sample rate, as the next two: fine enough for semitones.
        frame_length: Window in samples, or 0.
        frame_step: Step between frames in samples, or 0.
        filters: Filters of each block; every block halves time and frequency.
        num_features: Units of the penultimate layer.
        dropout: Share of units dropped before and after the penultimate layer while training.
        seed: Seed of the first weights and of dropout.

    Raises:
        ValueError: If there is no label, a label has no class, or the clip is too short for the blocks.
    """

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        labels: dict[str, tuple[str, ...]],
        *,
        num_mel_bins: int = 0,
        frame_length: int = 0,
        frame_step: int = 0,
        filters: tuple[int, ...] = (24, 48, 96, 128),
        num_features: int = 64,
        dropout: float = 0.2,
        seed: int = 0,
    ):
        if not labels or not all(labels.values()):
            raise ValueError(f"`labels` must name at least one label, each with classes. Received: {labels}.")
        resolution = resolution_of(sample_rate, length_samples, len(filters))
        given = {"num_mel_bins": num_mel_bins, "frame_length": frame_length, "frame_step": frame_step}
        resolution |= {name: value for name, value in given.items() if value}
        if min(resolution.values()) < 1:
            raise ValueError(f"Expected windows, steps and bands of 0 or more. Received: {given}.")
        num_mel_bins = resolution["num_mel_bins"]
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.labels = {name: tuple(classes) for name, classes in labels.items()}
        self.options = resolution | {
            "filters": tuple(filters),
            "num_features": num_features,
            "dropout": dropout,
            "seed": seed,
        }
        num_frames = 1 + length_samples // resolution["frame_step"]
        if min(num_frames, num_mel_bins) < 2 ** len(filters):
            raise ValueError(
                f"{len(filters)} blocks need {2 ** len(filters)} frames and mel bands. "
                f"Received: {num_frames} frames of {num_mel_bins} bands. Use fewer filters or longer clips."
            )
        self.spectrogram_shape = (num_frames, num_mel_bins)
        self.network = _build_network(
            self.spectrogram_shape, self.labels, filters, num_features, dropout, seed
        )
        self._run = tf.function(
            lambda spectrograms: self.network(spectrograms, training=False),
            input_signature=[tf.TensorSpec([None, *self.spectrogram_shape], tf.float32)],
        )

    def spectrograms(self, audio, batch_size: int = 64) -> np.ndarray:
        """Returns what the network sees.

        Args:
            audio: [num_clips, length_samples] float, full scale 1.
            batch_size: Clips at a time.

        Returns:
            [num_clips, frames, mel bins] float32.

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
            spectrograms[start : start + batch_size] = log_mel_spectrograms(
                audio[start : start + batch_size],
                self.sample_rate,
                frame_length=self.options["frame_length"],
                frame_step=self.options["frame_step"],
                num_mel_bins=self.options["num_mel_bins"],
            ).numpy()
        return spectrograms

    def hear(self, spectrograms, batch_size: int = 64) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Returns features and logits of spectrograms, in inference mode.

        Args:
            spectrograms: [num_clips, frames, mel bins] from `spectrograms`.
            batch_size: Clips at a time.

        Returns:
            Features [num_clips, num_features] float32 and, a label, logits [num_clips, num_classes] float32.
        """
        features, logits = [], {name: [] for name in self.labels}
        for start in range(0, len(spectrograms), batch_size):
            some_features, some_logits = self._run(tf.constant(spectrograms[start : start + batch_size]))
            features.append(some_features.numpy())
            for name in self.labels:
                logits[name].append(some_logits[name].numpy())
        return np.concatenate(features), {name: np.concatenate(parts) for name, parts in logits.items()}

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
        with _replacing(directory / WEIGHTS_FILE) as part, part.open("wb") as stream:
            np.savez_compressed(stream, **arrays)
        with _replacing(directory / CONFIG_FILE) as part:
            part.write_text(text)

    @classmethod
    def load(cls, directory) -> tuple["Classifier", dict]:
        """Returns the classifier that was saved in `directory`, and the facts beside it.

        Raises:
            ValueError: If a file is missing or does not fit the other one.
        """
        directory = pathlib.Path(directory)
        for name in (CONFIG_FILE, WEIGHTS_FILE):
            if not (directory / name).is_file():
                raise ValueError(
                    f"Expected a classifier's {name} in {directory}. Found none: train one first."
                )
        config = json.loads((directory / CONFIG_FILE).read_text())
        labels = {name: tuple(classes) for name, classes in config["labels"].items()}
        options = dict(config["options"], filters=tuple(config["options"]["filters"]))
        classifier = cls(config["sample_rate"], config["length_samples"], labels, **options)
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


@contextlib.contextmanager
def _replacing(path: pathlib.Path):
    """Context of a file beside `path` that takes its place at the end, so that none is ever half written."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _build_network(spectrogram_shape, labels, filters, num_features, dropout, seed):
    """Returns the Keras model: spectrograms -> (features, {label: logits})."""
    seeds = iter(range(1000 * seed, 1000 * seed + 1000))

    def start():
        return keras.initializers.HeNormal(seed=next(seeds))

    inputs = keras.Input(spectrogram_shape)
    hidden = keras.layers.Reshape((*spectrogram_shape, 1))(inputs)
    for index, num_filters in enumerate(filters):
        hidden = keras.layers.Conv2D(
            num_filters, 5 if index == 0 else 3, 2, "same", use_bias=False, kernel_initializer=start()
        )(hidden)
        hidden = keras.layers.BatchNormalization(momentum=0.95)(hidden)
        hidden = keras.layers.Activation("relu")(hidden)
    # Over time only: which frequency band a thing happens in matters.
    frames = hidden.shape[1]
    pooled = keras.layers.Concatenate()(
        [keras.layers.AveragePooling2D((frames, 1))(hidden), keras.layers.MaxPooling2D((frames, 1))(hidden)]
    )
    pooled = keras.layers.Flatten()(pooled)
    pooled = keras.layers.Dropout(dropout, seed=next(seeds))(pooled)
    features = keras.layers.Dense(num_features, kernel_initializer=start(), name="features")(pooled)
    active = keras.layers.Dropout(dropout, seed=next(seeds))(keras.layers.Activation("relu")(features))
    logits = {
        name: keras.layers.Dense(len(classes), kernel_initializer=start(), name=f"logits_{index}")(active)
        for index, (name, classes) in enumerate(labels.items())
    }
    return keras.Model(inputs, [features, logits])


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """What `train_classifier` did.

    Args:
        history: A row an epoch: loss, validation loss and accuracy.
        best_epoch: The one whose weights were kept, from 0.
        validation_accuracy: Its share of right classes, a label.
        interrupted: Whether it was asked to stop.
    """

    history: list[dict[str, float]]
    best_epoch: int
    validation_accuracy: dict[str, float]
    interrupted: bool = False
