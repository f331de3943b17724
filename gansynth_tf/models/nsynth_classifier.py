"""The network that GANSynth's samples were judged by: strided convolutions over a spectrogram in decibels."""

import math

import keras
import numpy as np
import tensorflow as tf

from gansynth_tf.models.listening import ListeningNetwork, checked_labels

_RANGE_DB = 120.0
# Of the leaky ReLUs.
_SLOPE = 0.1


class NsynthClassifier(ListeningNetwork):
    """Hears clips as the original evaluation does: the same input, the same stack, one head a label.

    Inside: magnitudes of windows of 1,024 samples every 256 in decibels below the clip's highest, 120 dB of them, 512
    bins from DC on, silence after the last frame until their number is a power of two. Nine convolutions, each with
    batch normalisation and a leaky ReLU, bring 4 s at 16 kHz, 256 frames, to one position; a tenth and the heads are
    dense. Features are taken from the ninth, after its batch normalisation and before its leaky ReLU. Shorter clips
    come to one position as well, of longer ones the mean over positions is taken.

    The original has heads for pitch, qualities, family and source; this has one for each of the labels. Its slope of
    the leaky ReLUs, momentum of batch normalisation and first weights are ours. Training takes a GPU: a clip of 4 s is
    3 billion multiplications forwards.

    Args:
        sample_rate: In hertz; positional, as all that a data set supplies.
        length_samples: Length of a clip.
        labels: Label names with their class names.
        frame_length: Window in samples.
        frame_step: Step between frames in samples.
        num_bins: Frequency bins from DC on.
        filters: Filters of the convolutions that halve frames and bins, the first 5 wide, the others 4.
        num_features: Filters of the convolution that halves the bins only, and gives the features.
        num_hidden: Units of the dense layer after it.
        seed: Seed of the first weights.

    Raises:
        ValueError: If there is no label, a label has no class, a size is not positive, there are more bins than the
            window has, or the clip is shorter than half a window.

    Source: the evaluation in the history of the released GANSynth program: layer `preact_layer_7_1`.
    """

    kind = "nsynth"
    layer_names = ("preact_layer_7_1",)
    training_defaults = {
        "batch_size": 16,
        "learning_rate": 1e-4,
        "first_decay": 0.5,
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "roll": 0.0,
    }
    # Ten thousand clips of 4 s are 2.6 GB so; a step is a sixteenth of a decibel at most.
    stored_type = np.float16

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        labels: dict[str, tuple[str, ...]],
        *,
        frame_length: int = 1024,
        frame_step: int = 256,
        num_bins: int = 512,
        filters: tuple[int, ...] = (128, 128, 128, 256, 256, 256, 512, 512),
        num_features: int = 512,
        num_hidden: int = 1024,
        seed: int = 0,
    ):
        labels = checked_labels(labels)
        if min(frame_length, frame_step, num_bins, num_features, num_hidden, *filters) < 1 or not filters:
            raise ValueError(
                "Expected sizes of 1 or more, and at least one convolution. "
                f"Received: {(frame_length, frame_step, num_bins, filters, num_features, num_hidden)}."
            )
        if num_bins > frame_length // 2 + 1 or length_samples <= frame_length // 2:
            raise ValueError(
                f"A window of {frame_length} samples has {frame_length // 2 + 1} bins and needs clips of more than "
                f"{frame_length // 2} samples. Received: num_bins={num_bins}, length_samples={length_samples}."
            )
        num_frames = 2 ** math.ceil(math.log2(1 + length_samples // frame_step))
        options = {
            "frame_length": frame_length,
            "frame_step": frame_step,
            "num_bins": num_bins,
            "filters": tuple(filters),
            "num_features": num_features,
            "num_hidden": num_hidden,
            "seed": seed,
        }
        shape = num_frames, num_bins
        network = _build_network(shape, labels, filters, num_features, num_hidden, seed)
        super().__init__(sample_rate, length_samples, labels, options, shape, network)

    def transformed(self, audio):
        """Returns decibels below the clip's highest magnitude: 1 there, 0 at 120 dB below and in a silent clip.

        Args:
            audio: [batch, length_samples] float32.

        Returns:
            [batch, frames, bins] float32 in [0, 1], frames centred, those after the clip 0.
        """
        frame_length, frame_step = self.options["frame_length"], self.options["frame_step"]
        half = frame_length // 2
        padded = tf.pad(audio, [[0, 0], [half, half]], mode="REFLECT")
        magnitudes = tf.abs(tf.signal.stft(padded, frame_length, frame_step, fft_length=frame_length))
        highest = tf.reduce_max(magnitudes, axis=[1, 2], keepdims=True)
        shares = tf.math.divide_no_nan(magnitudes[:, :, : self.options["num_bins"]], highest)
        decibels = 20.0 / math.log(10.0) * tf.math.log(tf.maximum(shares, 10.0 ** (-_RANGE_DB / 20.0)))
        scaled = tf.clip_by_value(1.0 + decibels / _RANGE_DB, 0.0, 1.0)
        return tf.pad(scaled, [[0, 0], [0, self.spectrogram_shape[0] - scaled.shape[1]], [0, 0]])


def _build_network(spectrogram_shape, labels, filters, num_features, num_hidden, seed):
    """Returns the Keras model: spectrograms -> (features, {label: logits})."""
    seeds = iter(range(1000 * seed, 1000 * seed + 1000))

    def normalised(hidden, num_filters, kernel, strides):
        start = keras.initializers.HeNormal(seed=next(seeds))
        hidden = keras.layers.Conv2D(
            num_filters, kernel, strides, "same", use_bias=False, kernel_initializer=start
        )(hidden)
        return keras.layers.BatchNormalization()(hidden)

    def active(hidden):
        return keras.layers.LeakyReLU(negative_slope=_SLOPE)(hidden)

    def mean(hidden, name):
        return keras.layers.GlobalAveragePooling2D(name=name)(hidden)

    inputs = keras.Input(spectrogram_shape)
    hidden = keras.layers.Reshape((*spectrogram_shape, 1))(inputs)
    for index, num_filters in enumerate(filters):
        hidden = active(normalised(hidden, num_filters, 5 if index == 0 else 4, 2))
    # Strides are those of [frames, bins]; the original's spectrograms lie the other way.
    hidden = normalised(hidden, num_features, 4, (1, 2))
    features = mean(hidden, "features")
    hidden = active(normalised(active(hidden), num_hidden, 1, 1))
    logits = {
        name: mean(normalised(hidden, len(classes), 1, 1), f"logits_{index}")
        for index, (name, classes) in enumerate(labels.items())
    }
    return keras.Model(inputs, [features, logits])
