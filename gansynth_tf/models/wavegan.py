"""WaveGAN: a generator and a discriminator of waveforms, with an auxiliary classifier head for each label."""

import math
import zlib
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from gansynth_tf.layers.activations import leaky_relu
from gansynth_tf.layers.phase_shuffle import reflected_shift, shift_of_noise
from gansynth_tf.layers.strided import StridedConv1D, TransposedConv1D
from gansynth_tf.models import slices

# Samples that the generator's dense layer makes and the discriminator's looks at.
START_LENGTH = 16
KERNEL_SIZE = 25
MAX_LENGTH = 262144
# Layers of the discriminator, from the data on, that may be followed by a phase shuffle; the last layer never is.
MAX_SHUFFLED = 4


class WaveGAN:
    """Transposed convolutions along time from 16 samples to the clip, and convolutions from there to a score.

    Each layer makes four times as many samples of half as many channels, a length that is no such multiple has a last
    layer that doubles. Labels stand beside the latent vector, and the discriminator names them from the features
    that it judges by.

    Args:
        data_shape: (samples, 1, channels): the samples a power of two from 32 to 262144.
        class_counts: Number of classes of each label, in the labels' order; empty for no condition.
        scale: [channels] factor that takes data to about [-1, 1]; 1 for a waveform, in practice.
        offset: [channels] added after the factor.
        seed: Seed of all first weights.
        compute_dtype: "float32", or "bfloat16" for the inner convolutions' arithmetic (weights stay float32). The
            layers at the waveform stay float32: eight bits of a sample would be heard.
        latent_size: Size of the random vector.
        latent: Distribution of the random vector that the first layer sees: "uniform" in (-1, 1) as published, or
            "normal".
        dim: Channels of the discriminator's first layer, doubled by each further one.
        phase_shuffle: Largest shift, in samples, of the discriminator's features; 0 for none.

    Raises:
        ValueError: If data_shape is none that it can make, or an argument is out of range.

    Source: Donahue et al., Adversarial Audio Synthesis, ICLR 2019, section 3 and appendix D; sizes and first weights
    as in the authors' program. The classifier heads: Odena et al., ICML 2017; GANSynth's paper trained WaveGAN on
    pitch with them.
    """

    how_to_run = frozenset()

    def __init__(
        self,
        data_shape,
        class_counts,
        scale,
        offset,
        seed,
        compute_dtype="float32",
        *,
        latent_size: int = 100,
        latent: Literal["uniform", "normal"] = "uniform",
        dim: int = 64,
        phase_shuffle: int = 2,
    ):
        self.data_shape = tuple(data_shape)
        self.strides = strides_of(self.data_shape)
        if latent_size < 1 or dim < 1 or phase_shuffle < 0:
            raise ValueError(
                "Expected latent_size >= 1, dim >= 1 and phase_shuffle >= 0. "
                f"Received: {latent_size}, {dim}, {phase_shuffle}."
            )
        self.num_stages = 1
        self.latent_size = latent_size
        self.class_counts = tuple(class_counts)
        num_shuffled = min(MAX_SHUFFLED, len(self.strides) - 1) if phase_shuffle else 0
        self.judge_noise_size = num_shuffled
        shortest = self.data_shape[0] // math.prod(self.strides[:num_shuffled])
        if phase_shuffle >= shortest:
            raise ValueError(
                f"`phase_shuffle` must be below {shortest}, the samples of the shortest features that are shuffled. "
                f"Received: phase_shuffle={phase_shuffle}."
            )
        common = {
            "strides": self.strides,
            "num_channels": self.data_shape[-1],
            "dim": dim,
            "scale": _nested(scale),
            "offset": _nested(offset),
            "compute_policy": "mixed_bfloat16" if compute_dtype == "bfloat16" else compute_dtype,
            "seed": seed,
        }
        num_inputs = latent_size + sum(self.class_counts)
        self._generator_arguments = common | {"num_inputs": num_inputs, "latent": latent}
        self._discriminator_arguments = common | {
            "class_counts": self.class_counts,
            "phase_shuffle": phase_shuffle,
        }

    def stage_shape(self, stage):
        """Returns (samples, 1, channels), whatever the stage: there is one."""
        del stage
        return self.data_shape

    def make_generator(self, name="generator"):
        """Returns a new generator with its first weights."""
        return WaveGANGenerator(name=name, **self._generator_arguments)

    def make_discriminator(self, name="discriminator"):
        """Returns a new discriminator with its first weights."""
        return WaveGANDiscriminator(name=name, **self._discriminator_arguments)

    def named_slices(self):
        """Returns the variables that hold one slice for each latent number or class: {network/path: NamedSlices}."""
        path = "generator/dense/kernel"
        inputs = slices.latents(self.latent_size) + slices.classes(self.class_counts)
        heads = slices.of_heads("discriminator", self.class_counts)
        return {path: slices.NamedSlices(0, inputs, path)} | heads

    def stage_data(self, data, stage, progress):
        """Returns `data` [batch, samples, 1, channels] as they are."""
        del stage, progress
        return data

    def full_data(self, data):
        """Returns `data` [batch, samples, 1, channels] as they are."""
        return data


def strides_of(data_shape):
    """Returns the stride of each layer of the discriminator, from the data on.

    Args:
        data_shape: (samples, 1, channels).

    Raises:
        ValueError: If there is none that leads to 16 samples.
    """
    if len(data_shape) != 3 or data_shape[1] != 1:
        sizes = " x ".join(map(str, data_shape))
        raise ValueError(
            f"It makes waveforms, samples x 1 x channels, and the data are {sizes}. Choose --representation=waveform, "
            "or --architecture=progressive for spectrograms."
        )
    length = data_shape[0]
    exponent = round(math.log2(max(1, length) / START_LENGTH))
    exponent = min(max(exponent, 1), int(math.log2(MAX_LENGTH // START_LENGTH)))
    if length != START_LENGTH * 2**exponent:
        candidates = [START_LENGTH * 2**k for k in (exponent - 1, exponent, exponent + 1) if k >= 1]
        nearest = min((n for n in candidates if n <= MAX_LENGTH), key=lambda n: abs(n - length))
        raise ValueError(
            f"It makes clips of a power of two samples, from {2 * START_LENGTH} to {MAX_LENGTH}. Received: {length}. "
            f"Nearest valid: {nearest}."
        )
    return (4,) * (exponent // 2) + (2,) * (exponent % 2)


def _nested(constants):
    """Returns [channels] or [bins, channels] as nested tuples of floats."""
    return tuple(
        tuple(map(float, entry)) if np.ndim(entry) else float(entry) for entry in np.asarray(constants)
    )


class _WaveNetwork(keras.Model):
    """What generator and discriminator share: sizes, names and seeds of layers, the data's range.

    Args:
        strides: Strides of the discriminator's layers; the generator's are the same, backwards but for the last.
        num_channels: Channels of the data.
        dim: Channels of the layer next to the data.
        scale: [channels] or [bins][channels] factor from data to [-1, 1].
        offset: Of the same shape, added after the factor.
        compute_policy: Keras dtype policy of the inner layers.
        seed: Seed of all first weights.
        name: Name of the model.
    """

    def __init__(self, *, strides, num_channels, dim, scale, offset, compute_policy, seed, name):
        super().__init__(name=name)
        self.strides = tuple(strides)
        self.num_channels = num_channels
        self.dim = dim
        self.scale = _nested(scale)
        self.offset = _nested(offset)
        self.compute_policy = compute_policy
        self.seed = seed
        self.length = START_LENGTH * math.prod(self.strides)
        # Channels of the 16 samples between dense layer and convolutions.
        self.start_channels = dim * 2 ** (len(self.strides) - 1)
        self.layers_by_name = {}

    def _add_conv(self, name, layer_class, input_channels, filters, stride, dtype):
        """Adds a built convolution under `name`."""
        layer = layer_class(filters, KERNEL_SIZE, stride, seed=self._layer_seed(name), name=name, dtype=dtype)
        layer.build((None, 1, None, input_channels))
        self.layers_by_name[name] = layer

    def _add_dense(self, name, num_inputs, units, dtype):
        """Adds a built dense layer under `name`."""
        glorot = keras.initializers.GlorotUniform(seed=self._layer_seed(name))
        layer = keras.layers.Dense(units, kernel_initializer=glorot, name=name, dtype=dtype)
        layer.build((None, num_inputs))
        self.layers_by_name[name] = layer

    def _layer_seed(self, name):
        """Returns the seed of a layer, which comes from the network's seed and the names."""
        entropy = [self.seed, zlib.crc32(f"{self.name}/{name}".encode())]
        return int(np.random.default_rng(entropy).integers(2**31 - 1))

    def stage_variables(self, stage):
        """Returns the trainable variables in a fixed order, whatever the stage."""
        del stage
        return [v for layer in self.layers_by_name.values() for v in layer.trainable_variables]

    def get_config(self):
        """Returns the constructor's arguments."""
        names = ("strides", "num_channels", "dim", "scale", "offset", "compute_policy", "seed", "name")
        return {name: getattr(self, name) for name in names}


class WaveGANGenerator(_WaveNetwork):
    """Latents and labels to waveforms.

    Args:
        num_inputs: Size of latent vector and one-hot labels together.
        latent: "uniform" or "normal", the distribution of what the first layer sees.
        network: See `_WaveNetwork`.
    """

    def __init__(self, *, num_inputs, latent, **network):
        super().__init__(**network)
        self.num_inputs = num_inputs
        self.latent = latent
        channels = self.start_channels
        self._add_dense("dense", num_inputs, START_LENGTH * channels, self.compute_policy)
        last = len(self.strides) - 1
        # The stride of 2, if there is one, is the last here as well as in the discriminator.
        for index, stride in enumerate(self.strides):
            filters = self.num_channels if index == last else channels // 2
            dtype = "float32" if index == last else self.compute_policy
            self._add_conv(f"up_{index}", TransposedConv1D, channels, filters, stride, dtype)
            channels = filters
        self.built = True

    def call(self, latents, labels, progress, stage=None):
        """Returns generated waveforms.

        Args:
            latents: [batch, latent_size] float32, N(0, 1).
            labels: [batch, sum of class counts] float32, one-hot by label; zeros where a label is missing.
            progress: Not used.
            stage: Not used.

        Returns:
            [batch, samples, 1, channels] float32, in the data's range.
        """
        del progress, stage
        if self.latent == "uniform":
            # The distribution function of N(0, 1), stretched from (0, 1) to (-1, 1).
            latents = tf.math.erf(latents / math.sqrt(2.0))
        values = self.layers_by_name["dense"](tf.concat([latents, labels], axis=1))
        values = tf.reshape(values, [-1, 1, START_LENGTH, self.start_channels])
        for index in range(len(self.strides)):
            values = self.layers_by_name[f"up_{index}"](tf.nn.relu(values))
        waveforms = tf.reshape(tf.tanh(values), [-1, self.length, 1, self.num_channels])
        return (waveforms - self.offset) / self.scale

    def get_config(self):
        """Returns the constructor's arguments."""
        return super().get_config() | {"num_inputs": self.num_inputs, "latent": self.latent}


class WaveGANDiscriminator(_WaveNetwork):
    """Waveforms to a score and one set of class logits for each label.

    Args:
        class_counts: Classes of each label.
        phase_shuffle: Largest shift of the features, in samples.
        network: See `_WaveNetwork`.
    """

    def __init__(self, *, class_counts, phase_shuffle, **network):
        super().__init__(**network)
        self.class_counts = tuple(class_counts)
        self.phase_shuffle = phase_shuffle
        channels = self.num_channels
        for index, stride in enumerate(self.strides):
            filters = self.dim * 2**index
            dtype = "float32" if index == 0 else self.compute_policy
            self._add_conv(f"down_{index}", StridedConv1D, channels, filters, stride, dtype)
            channels = filters
        num_features = START_LENGTH * channels
        self._add_dense("logits", num_features, 1, "float32")
        for index, count in enumerate(self.class_counts):
            self._add_dense(f"class_logits_{index}", num_features, count, "float32")
        self.built = True

    def call(self, data, labels, progress, stage=None, noise=None):
        """Returns score and class logits of `data`.

        Args:
            data: [batch, samples, 1, channels] float32, in the data's range.
            labels: Not used: the classifier alone judges them.
            progress: Not used.
            stage: Not used.
            noise: [judge_noise_size] float32 uniform in [0, 1), the shifts of the phase shuffle, one for each shuffled
                layer and the same for the whole batch; None for no shuffle.

        Returns:
            (score [batch, 1], list of class logits [batch, classes] in the labels' order), float32.
        """
        del labels, progress, stage
        features = self.features(data, noise)
        score = self.layers_by_name["logits"](features)
        return score, [
            self.layers_by_name[f"class_logits_{i}"](features) for i in range(len(self.class_counts))
        ]

    def features(self, data, noise=None):
        """Returns the last features, [batch, 16 * channels] float32; arguments as in `call`."""
        normalized = tf.clip_by_value(data * self.scale + self.offset, -1.0, 1.0)
        values = tf.reshape(normalized, [-1, 1, self.length, self.num_channels])
        last = len(self.strides) - 1
        for index in range(len(self.strides)):
            convolved = self.layers_by_name[f"down_{index}"](values)
            values = leaky_relu(tf.cast(convolved, self.layers_by_name[f"down_{last}"].compute_dtype))
            if noise is not None and self.phase_shuffle and index < min(MAX_SHUFFLED, last):
                shift = shift_of_noise(noise[index], self.phase_shuffle)
                values = reflected_shift(values, shift, self.phase_shuffle)
        return tf.cast(tf.reshape(values, [-1, START_LENGTH * self.start_channels]), tf.float32)

    def get_config(self):
        """Returns the constructor's arguments."""
        own = {"class_counts": self.class_counts, "phase_shuffle": self.phase_shuffle}
        return super().get_config() | own
