"""A small convolutional network that names the labels of a clip, and the features it sees them by."""

import math

import keras

from gansynth_tf.audio.log_mel import log_mel_spectrograms
from gansynth_tf.models.classifier_augmentation import augment
from gansynth_tf.models.listening import ListeningNetwork, checked_labels

# Of the resolution that follows the sample rate: see `resolution_of`.
_WINDOW_SECONDS = 0.128
_BAND_MEL = 11.0
# Of the features that classes are told apart by: see `num_features_of`.
_FEATURE_STEP, _MOST_FEATURES, _FEATURES_A_CLASS = 64, 512, 2


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


def num_features_of(labels: dict[str, tuple[str, ...]]) -> int:
    """Returns the number of penultimate units by which the classes of labels can be told apart: two a class.

    With 64 for the 61 pitches and 11 families of `notes`, the families are learnt much more slowly than with 192.

    Args:
        labels: Label names with their class names.

    Returns:
        A multiple of 64 from 64 to 512.
    """
    wanted = _FEATURES_A_CLASS * sum(len(classes) for classes in labels.values())
    return min(_MOST_FEATURES, _FEATURE_STEP * max(1, math.ceil(wanted / _FEATURE_STEP)))


class Classifier(ListeningNetwork):
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
        num_features: Units of the penultimate layer; 0 follows the labels: two a class, at least 64.
        normalized_features: Batch normalisation of the penultimate layer. Without it, as classifiers stored before it
            was there are, its units die within the first steps where the clip has many bands.
        dropout: Share of units dropped before and after the penultimate layer while training.
        seed: Seed of the first weights and of dropout.

    Raises:
        ValueError: If there is no label, a label has no class, or the clip is too short for the blocks.
    """

    kind = "small"
    layer_names = ("penultimate",)
    unstated_options = {"normalized_features": False}

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
        num_features: int = 0,
        normalized_features: bool = True,
        dropout: float = 0.2,
        seed: int = 0,
    ):
        labels = checked_labels(labels)
        resolution = resolution_of(sample_rate, length_samples, len(filters))
        given = {"num_mel_bins": num_mel_bins, "frame_length": frame_length, "frame_step": frame_step}
        resolution |= {name: value for name, value in given.items() if value}
        if min(resolution.values()) < 1:
            raise ValueError(f"Expected windows, steps and bands of 0 or more. Received: {given}.")
        num_mel_bins = resolution["num_mel_bins"]
        num_frames = 1 + length_samples // resolution["frame_step"]
        if min(num_frames, num_mel_bins) < 2 ** len(filters):
            raise ValueError(
                f"{len(filters)} blocks need {2 ** len(filters)} frames and mel bands. "
                f"Received: {num_frames} frames of {num_mel_bins} bands. Use fewer filters or longer clips."
            )
        options = resolution | {
            "filters": tuple(filters),
            "num_features": num_features or num_features_of(labels),
            "normalized_features": normalized_features,
            "dropout": dropout,
            "seed": seed,
        }
        shape = num_frames, num_mel_bins
        network = _build_network(shape, labels, options)
        super().__init__(sample_rate, length_samples, labels, options, shape, network)

    def transformed(self, audio):
        """Returns the log-mel spectrograms of clips at their own level, [batch, frames, mel bins] float32."""
        return log_mel_spectrograms(
            audio,
            self.sample_rate,
            frame_length=self.options["frame_length"],
            frame_step=self.options["frame_step"],
            num_mel_bins=self.options["num_mel_bins"],
        )

    def augmented(self, spectrograms, seed):
        """Returns spectrograms as a worse recording would show them: `augment`."""
        return augment(spectrograms, seed)


def _build_network(spectrogram_shape, labels, options):
    """Returns the Keras model: spectrograms -> (features, {label: logits})."""
    seeds = iter(range(1000 * options["seed"], 1000 * options["seed"] + 1000))

    def start():
        return keras.initializers.HeNormal(seed=next(seeds))

    inputs = keras.Input(spectrogram_shape)
    hidden = keras.layers.Reshape((*spectrogram_shape, 1))(inputs)
    for index, num_filters in enumerate(options["filters"]):
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
    pooled = keras.layers.Dropout(options["dropout"], seed=next(seeds))(pooled)
    features = keras.layers.Dense(options["num_features"], kernel_initializer=start(), name="features")(
        pooled
    )
    if options["normalized_features"]:
        features = keras.layers.BatchNormalization(momentum=0.95, name="normalized_features")(features)
    active = keras.layers.Activation("relu")(features)
    active = keras.layers.Dropout(options["dropout"], seed=next(seeds))(active)
    logits = {
        name: keras.layers.Dense(len(classes), kernel_initializer=start(), name=f"logits_{index}")(active)
        for index, (name, classes) in enumerate(labels.items())
    }
    return keras.Model(inputs, [features, logits])
