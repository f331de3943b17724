"""Convolution and dense layers with an equalised learning rate."""

import math

import keras
import tensorflow as tf

from gansynth_tf.layers.activations import leaky_relu

ACTIVATIONS = ("linear", "leaky_relu", "tanh")


class _Equalized(keras.layers.Layer):
    """A kernel drawn from N(0, 1), scaled at run time by He's constant, so that Adam moves all layers alike.

    Args:
        gain_slope: Slope s in the constant sqrt(2 / ((1 + s^2) fan_in)): 0 before a rectifier, 1 before none.
        activation: One of "linear", "leaky_relu", "tanh".
        seed: Seed of the kernel's first value.
        name: Name of the layer.
        dtype: Keras dtype policy; "mixed_bfloat16" computes in bfloat16 with float32 weights.

    Raises:
        ValueError: If the activation is not known.

    Source: Karras et al., Progressive Growing of GANs, ICLR 2018, section 4.1.
    """

    def __init__(self, *, gain_slope=0.0, activation="leaky_relu", seed, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        if activation not in ACTIVATIONS:
            raise ValueError(f"`activation` must be one of {ACTIVATIONS}. Received: {activation!r}.")
        self.gain_slope = gain_slope
        self.activation = activation
        self.seed = seed

    def _add_weights(self, kernel_shape):
        """Adds kernel and bias, and keeps the run-time constant of a kernel of this shape."""
        fan_in = math.prod(kernel_shape[:-1])
        self.kernel_scale = math.sqrt(2.0 / ((1.0 + self.gain_slope**2) * fan_in))
        normal = keras.initializers.RandomNormal(0.0, 1.0, seed=self.seed)
        self.kernel = self.add_weight(shape=kernel_shape, initializer=normal, name="kernel")
        self.bias = self.add_weight(shape=kernel_shape[-1:], initializer="zeros", name="bias")

    def _scaled_kernel(self):
        """Returns the kernel times its constant, scaled in float32 and then cast to the type of the computation."""
        return tf.cast(tf.convert_to_tensor(self.kernel) * self.kernel_scale, self.compute_dtype)

    def _activate(self, values):
        """Returns `values` with bias and activation."""
        values = tf.nn.bias_add(values, tf.cast(self.bias, values.dtype))
        if self.activation == "leaky_relu":
            return leaky_relu(values)
        return tf.tanh(values) if self.activation == "tanh" else values

    def get_config(self):
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["trainable"]  # No argument here: layers are always trained.
        return config | {"gain_slope": self.gain_slope, "activation": self.activation, "seed": self.seed}


class EqualizedConv2D(_Equalized):
    """Convolution with stride 1 and an equalised learning rate.

    Args:
        filters: Output channels.
        kernel_size: (frames, bins) of the kernel.
        padding: "same", "valid", or "full": as if the input were padded with zeros by kernel size - 1 on all sides.
            "full" takes an input of one frame and one bin and spreads it over kernel_size.
        gain_slope: See `_Equalized`.
        activation: See `_Equalized`.
        seed: Seed of the kernel's first value.
        name: Name of the layer.
        dtype: Keras dtype policy.

    Source: Karras et al., Progressive Growing of GANs, ICLR 2018, section 4.1.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        padding="same",
        gain_slope=0.0,
        activation="leaky_relu",
        seed,
        name=None,
        dtype=None,
    ):
        super().__init__(gain_slope=gain_slope, activation=activation, seed=seed, name=name, dtype=dtype)
        if padding not in ("same", "valid", "full"):
            raise ValueError(f'`padding` must be "same", "valid" or "full". Received: {padding!r}.')
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.padding = padding

    def build(self, input_shape):
        """Adds kernel [frames, bins, channels, filters] and bias [filters] for inputs of `input_shape`."""
        self._add_weights((*self.kernel_size, input_shape[-1], self.filters))

    def call(self, inputs):
        """Returns [batch, frames, bins, filters] of `inputs` [batch, frames, bins, channels]."""
        inputs = tf.cast(inputs, self.compute_dtype)
        kernel = self._scaled_kernel()
        if self.padding == "full":
            return self._activate(self._spread(inputs, kernel))
        return self._activate(tf.nn.conv2d(inputs, kernel, 1, self.padding.upper()))

    def _spread(self, inputs, kernel):
        """Full convolution of a single point: each output is one tap, so a matrix product does without the zeros."""
        flipped = tf.reverse(kernel, [0, 1])
        return tf.einsum("bc,hwcf->bhwf", inputs[:, 0, 0, :], flipped)

    def get_config(self):
        """Returns the constructor's arguments."""
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "padding": self.padding}
        return super().get_config() | own


class EqualizedDense(_Equalized):
    """Dense layer with an equalised learning rate, linear by default.

    Args:
        units: Output features.
        gain_slope: See `_Equalized`.
        activation: See `_Equalized`.
        seed: Seed of the kernel's first value.
        name: Name of the layer.
        dtype: Keras dtype policy.

    Source: Karras et al., Progressive Growing of GANs, ICLR 2018, section 4.1.
    """

    def __init__(self, units, *, gain_slope=1.0, activation="linear", seed, name=None, dtype=None):
        super().__init__(gain_slope=gain_slope, activation=activation, seed=seed, name=name, dtype=dtype)
        self.units = units

    def build(self, input_shape):
        """Adds kernel [features, units] and bias [units] for inputs of `input_shape`."""
        self._add_weights((input_shape[-1], self.units))

    def call(self, inputs):
        """Returns [batch, units] of `inputs` [batch, features]."""
        return self._activate(tf.cast(inputs, self.compute_dtype) @ self._scaled_kernel())

    def get_config(self):
        """Returns the constructor's arguments."""
        return super().get_config() | {"units": self.units}
