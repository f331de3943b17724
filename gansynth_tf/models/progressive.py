"""The progressive generator and discriminator of GANSynth, with an auxiliary classifier head for each label."""

import math
import zlib
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from gansynth_tf.layers import (
    EqualizedConv2D,
    EqualizedDense,
    MinibatchDeviation,
    PixelNorm,
    downscale,
    upscale,
)
from gansynth_tf.models import slices
from gansynth_tf.models.data_range import DataRange


class Progressive:
    """A generator and a discriminator that grow together, block by block, from a small spectrogram to the full one.

    Block 1 makes the smallest size, every further block doubles frames and bins. `progress` is a number in
    [0, num_blocks - 1]: at k, block k + 1 is the last and fully in; between two whole numbers the next fades in. It is
    a tensor, so that a fade needs no new trace. Networks work at the size of the block they are asked for.

    Args:
        data_shape: (frames, bins, channels) of the full data.
        class_counts: Number of classes of each label, in the labels' order; empty for no condition.
        scale: [channels] or [bins][channels] factor that takes data to about [-1, 1].
        offset: Of the same shape, added after the factor.
        seed: Seed of all first weights.
        compute_dtype: "float32", or "bfloat16" for the convolutions' arithmetic (weights stay float32).
        latent_size: Size of the random vector.
        filters: Channels of the blocks, from block 0 (the discriminator's last features) to the largest size.
        rgb_activation: Activation of the generator's outputs before they are taken back to the data's range.
        condition: How the discriminator judges labels: "classifier" is the original's auxiliary classifier alone;
            "projection" adds the inner product of features and a vector for each class to its score.

    Raises:
        ValueError: If data_shape cannot be halved often enough, or an argument is out of range.

    Source: Engel et al., GANSynth, ICLR 2019, appendix; Karras et al., ICLR 2018; Miyato and Koyama, ICLR 2018
    (projection).
    """

    how_to_run = frozenset()
    # Its discriminator has no random part.
    judge_noise_size = 0

    def __init__(
        self,
        data_shape,
        class_counts,
        scale,
        offset,
        seed,
        compute_dtype="float32",
        *,
        latent_size: int = 64,
        filters: tuple[int, ...] = (64, 64, 64, 32, 16),
        rgb_activation: Literal["tanh", "linear"] = "tanh",
        condition: Literal["classifier", "projection"] = "projection",
    ):
        self.num_stages = len(filters) - 1
        self.data_shape = tuple(data_shape)
        self.start_shape = _start_shape(self.data_shape, self.num_stages)
        self.latent_size = latent_size
        self.class_counts = tuple(class_counts)
        dtype = "mixed_bfloat16" if compute_dtype == "bfloat16" else compute_dtype
        data_range = DataRange(scale, offset, self.data_shape[1])
        ranges = {"scale": data_range.scale, "offset": data_range.offset}
        sizes = {
            "start_shape": self.start_shape,
            "filters": tuple(filters),
            "compute_policy": dtype,
            "seed": seed,
        }
        self._generator_arguments = (
            ranges
            | sizes
            | {
                "num_inputs": latent_size + sum(class_counts),
                "rgb_activation": rgb_activation,
            }
        )
        self._discriminator_arguments = (
            ranges
            | sizes
            | {
                "num_channels": self.data_shape[-1],
                "class_counts": self.class_counts,
                "projection": condition == "projection",
            }
        )

    def stage_shape(self, stage):
        """Returns (frames, bins, channels) of the data at `stage`, from 0 to num_stages - 1."""
        frames, bins = self.start_shape
        return (frames * 2**stage, bins * 2**stage, self.data_shape[-1])

    def make_generator(self, name="generator"):
        """Returns a new generator with its first weights."""
        return ProgressiveGenerator(name=name, **self._generator_arguments)

    def make_discriminator(self, name="discriminator"):
        """Returns a new discriminator with its first weights."""
        return ProgressiveDiscriminator(name=name, **self._discriminator_arguments)

    def named_slices(self):
        """Returns the variables that hold one slice for each latent number or class: {network/path: NamedSlices}."""
        latents, classes = slices.latents(self.latent_size), slices.classes(self.class_counts)
        # Each layer divides by the root of its fan-in. The generator normalises its inputs first, so that they grow
        # with the root of their number and that number cancels: there is left the length of latents with labels.
        length = math.sqrt(self.latent_size + len(self.class_counts))
        path = "generator/block_1_conv0/kernel"
        found = {path: slices.NamedSlices(2, latents + classes, path, gain=1.0 / length)}
        found |= slices.of_heads("discriminator", self.class_counts)
        if self._discriminator_arguments["projection"] and classes:
            path = "discriminator/projection/kernel"
            found[path] = slices.NamedSlices(0, classes, path, gain=1.0 / math.sqrt(len(classes)))
        return found

    def stage_data(self, data, stage, progress):
        """Returns full-size data as the networks see them at `stage`: smaller, and mixed with coarser during a fade.

        Args:
            data: [batch, frames, bins, channels] at the full size.
            stage: Index of the stage, from 0.
            progress: Scalar in [stage - 1, stage].

        Returns:
            [batch, *stage_shape(stage)].
        """
        own = downscale(data, (2 ** (self.num_stages - 1 - stage),) * 2)
        if stage == 0:
            return own
        weight = tf.clip_by_value(progress - (stage - 1), 0.0, 1.0)
        return weight * own + (1.0 - weight) * upscale(downscale(own, (2, 2)), (2, 2))

    def full_data(self, data):
        """Returns the data of any stage at the full size, [batch, *data_shape], by repetition."""
        return upscale(data, (self.data_shape[0] // data.shape[1], self.data_shape[1] // data.shape[2]))


def _start_shape(data_shape, num_stages):
    """Returns (frames, bins) of the first stage, or refuses."""
    halvings = 2 ** (num_stages - 1)
    if data_shape[1] == 1:
        raise ValueError(
            f"It makes spectrograms, and the data are waveforms of {data_shape[0]} samples. "
            "Choose --architecture=wavegan, or --representation=mel_if."
        )
    if num_stages < 1 or any(size % halvings or size < halvings for size in data_shape[:2]):
        raise ValueError(
            f"`filters` has {num_stages + 1} entries, so that data must be halved {num_stages - 1} times, but frames "
            f"and bins are {data_shape[:2]}. Give one entry for block 0 and one for each size, smallest first."
        )
    return tuple(size // halvings for size in data_shape[:2])


def _in_use(name, num_blocks):
    """Whether the layer called `name` takes part when blocks up to `num_blocks` are grown.

    Of the layers at the data's side only the last two can have a weight while progress is in range.
    """
    parts = name.split("_")
    if parts[0] != "block":
        return True
    block = int(parts[1])
    at_data_side = parts[-1] == "rgb"
    return block <= num_blocks and not (at_data_side and block < num_blocks - 1)


class _ProgressiveNetwork(keras.Model):
    """What generator and discriminator share: sizes, names and seeds of layers, the data's range.

    Args:
        start_shape: (frames, bins) of block 1.
        filters: Channels of the blocks from 0.
        scale: [channels] or [bins][channels] factor from data to [-1, 1].
        offset: Of the same shape, added after the factor.
        compute_policy: Keras dtype policy of the convolutions.
        seed: Seed of all first weights.
        name: Name of the model.
    """

    def __init__(self, *, start_shape, filters, scale, offset, compute_policy, seed, name):
        super().__init__(name=name)
        self.start_shape = tuple(start_shape)
        self.filters = tuple(filters)
        self.num_blocks = len(filters) - 1
        self.data_range = DataRange(scale, offset, self.start_shape[1] * 2 ** (self.num_blocks - 1))
        self.scale, self.offset = self.data_range.scale, self.data_range.offset
        self.compute_policy = compute_policy
        self.seed = seed
        self.layers_by_name = {}

    def _add(self, name, layer_class, input_channels, *arguments, dtype=None, **options):
        """Adds a built layer under `name`; its seed comes from the network's seed and the name."""
        entropy = [self.seed, zlib.crc32(f"{self.name}/{name}".encode())]
        layer_seed = int(np.random.default_rng(entropy).integers(2**31 - 1))
        layer = layer_class(
            *arguments, seed=layer_seed, name=name, dtype=dtype or self.compute_policy, **options
        )
        layer.build((None,) * (1 if layer_class is EqualizedDense else 3) + (input_channels,))
        self.layers_by_name[name] = layer

    def stage_variables(self, stage):
        """Returns the trainable variables in use up to `stage`, in a fixed order."""
        names = [name for name in self.layers_by_name if _in_use(name, stage + 1)]
        return [v for name in names for v in self.layers_by_name[name].trainable_variables]

    def get_config(self):
        """Returns the constructor's arguments."""
        names = ("start_shape", "filters", "scale", "offset", "compute_policy", "seed", "name")
        return {name: getattr(self, name) for name in names}


class ProgressiveGenerator(_ProgressiveNetwork):
    """Latents and labels to data.

    Args:
        num_inputs: Size of latent vector and one-hot labels together.
        rgb_activation: "tanh" or "linear".
        network: See `_ProgressiveNetwork`.
    """

    def __init__(self, *, num_inputs, rgb_activation, **network):
        super().__init__(**network)
        self.num_inputs = num_inputs
        self.rgb_activation = rgb_activation
        self.pixel_norm = PixelNorm(name="pixel_norm", dtype=self.compute_policy)
        self.input_norm = PixelNorm(name="input_norm", dtype="float32")
        channels = num_inputs
        for block in range(1, self.num_blocks + 1):
            filters = self.filters[block]
            first = {"padding": "full"} if block == 1 else {}
            size = self.start_shape if block == 1 else (3, 3)
            self._add(f"block_{block}_conv0", EqualizedConv2D, channels, filters, size, **first)
            self._add(f"block_{block}_conv1", EqualizedConv2D, filters, filters, (3, 3))
            self._add(
                f"block_{block}_to_rgb",
                EqualizedConv2D,
                filters,
                self.data_range.num_channels,
                (1, 1),
                gain_slope=1.0,
                activation=rgb_activation,
                dtype="float32",
            )
            channels = filters
        self.built = True

    def call(self, latents, labels, progress, stage=None, first_output=None):
        """Returns generated data.

        Args:
            latents: [batch, latent_size] float32.
            labels: [batch, sum of class counts] float32, one-hot by label; zeros where a label is missing.
            progress: Scalar float tensor in [stage - 1, stage].
            stage: Index of the stage whose size is made; None is the last.
            first_output: First block whose output takes part; None is the last but one of the stage, the lowest that
                can have a weight while progress is in range. 1 gives the general sum for any progress.

        Returns:
            [batch, frames, bins, channels] float32 at the stage's size, in the data's range.
        """
        blocks = self.num_blocks if stage is None else stage + 1
        first_output = max(1, blocks - 1) if first_output is None else first_output
        values = self.input_norm(tf.concat([latents, labels], axis=1)[:, tf.newaxis, tf.newaxis, :])
        outputs = []
        for block in range(1, blocks + 1):
            if block > 1:
                values = upscale(values, (2, 2))
            for conv in ("conv0", "conv1"):
                values = self.pixel_norm(self.layers_by_name[f"block_{block}_{conv}"](values))
            if block >= first_output:
                weight = tf.maximum(0.0, tf.minimum(progress - (block - 2), block - progress))
                rgb = self.data_range.denormalized(self.layers_by_name[f"block_{block}_to_rgb"](values))
                outputs.append(weight * upscale(rgb, (2 ** (blocks - block),) * 2))
        # Each was taken to the data's range at its own size, so that a fade begins as the smaller stage repeated.
        return tf.add_n(outputs)

    def get_config(self):
        """Returns the constructor's arguments."""
        own = {"num_inputs": self.num_inputs, "rgb_activation": self.rgb_activation}
        return super().get_config() | own


class ProgressiveDiscriminator(_ProgressiveNetwork):
    """Data to a score and one set of class logits for each label.

    Args:
        num_channels: Channels of the data.
        class_counts: Classes of each label.
        projection: Whether the score depends on the given labels.
        network: See `_ProgressiveNetwork`.
    """

    def __init__(self, *, num_channels, class_counts, projection, **network):
        super().__init__(**network)
        self.num_channels = num_channels
        self.class_counts = tuple(class_counts)
        self.projection = projection
        self.minibatch_deviation = MinibatchDeviation(name="minibatch_deviation", dtype=self.compute_policy)
        for block in range(self.num_blocks, 0, -1):
            filters = self.filters[block]
            self._add(f"block_{block}_from_rgb", EqualizedConv2D, num_channels, filters, (1, 1))
            extra = 1 if block == 1 else 0
            last = {"padding": "valid"} if block == 1 else {}
            size = self.start_shape if block == 1 else (3, 3)
            self._add(f"block_{block}_conv0", EqualizedConv2D, filters + extra, filters, (3, 3))
            self._add(f"block_{block}_conv1", EqualizedConv2D, filters, self.filters[block - 1], size, **last)
        features = self.filters[0]
        self._add("block_1_logits", EqualizedDense, features, 1, dtype="float32")
        for index, count in enumerate(self.class_counts):
            self._add(f"class_logits_{index}", EqualizedDense, features, count, dtype="float32")
        if projection and self.class_counts:
            total = sum(self.class_counts)
            self._add("projection", EqualizedDense, total, features, dtype="float32")
        self.built = True

    def call(self, data, labels, progress, stage=None, first_input=None):
        """Returns score and class logits of `data`.

        Args:
            data: [batch, frames, bins, channels] float32 at the stage's size, in the data's range.
            labels: [batch, sum of class counts] float32, one-hot; used by the projection only.
            progress: Scalar float tensor in [stage - 1, stage].
            stage: Index of the stage; None is the last.
            first_input: Lowest block that looks at the data itself; None is the last but one of the stage.

        Returns:
            (score [batch, 1], list of class logits [batch, classes] in the labels' order), float32.
        """
        blocks = self.num_blocks if stage is None else stage + 1
        first_input = max(1, blocks - 1) if first_input is None else first_input
        features = self.features(data, progress, blocks, first_input)
        score = self.layers_by_name["block_1_logits"](features)
        if "projection" in self.layers_by_name:
            directions = self.layers_by_name["projection"](labels)
            score += tf.reduce_sum(directions * features, axis=1, keepdims=True) / self.filters[0] ** 0.5
        heads = [self.layers_by_name[f"class_logits_{i}"](features) for i in range(len(self.class_counts))]
        return score, heads

    def features(self, data, progress, blocks, first_input):
        """Returns the last features, [batch, filters of block 0] float32; arguments as in `call`."""
        normalized = self._seen(data)
        values = self.layers_by_name[f"block_{blocks}_from_rgb"](normalized)
        for block in range(blocks, 1, -1):
            values = self.layers_by_name[f"block_{block}_conv0"](values)
            values = downscale(self.layers_by_name[f"block_{block}_conv1"](values), (2, 2))
            if block - 1 >= first_input:
                factors = (2 ** (blocks - block + 1),) * 2
                # The original clips at the larger size; constants of each bin belong to a size.
                per_bin = self.data_range.per_bin
                coarse = self._seen(downscale(data, factors)) if per_bin else downscale(normalized, factors)
                seen = self.layers_by_name[f"block_{block - 1}_from_rgb"](coarse)
                weight = tf.cast(tf.clip_by_value(block - 1 - progress, 0.0, 1.0), values.dtype)
                values = weight * seen + (1.0 - weight) * values
        values = self.layers_by_name["block_1_conv0"](self.minibatch_deviation(values))
        values = self.layers_by_name["block_1_conv1"](values)
        return tf.cast(values[:, 0, 0, :], tf.float32)

    def _seen(self, data):
        """Returns what the network sees of `data`: normalised, and nothing beyond the range."""
        return tf.clip_by_value(self.data_range.normalized(data), -1.0, 1.0)

    def get_config(self):
        """Returns the constructor's arguments."""
        own = {
            "num_channels": self.num_channels,
            "class_counts": self.class_counts,
            "projection": self.projection,
        }
        return super().get_config() | own
