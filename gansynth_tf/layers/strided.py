"""Strided and transposed convolutions along time, with Glorot's first weights."""

import keras
import tensorflow as tf


class _AlongTime(keras.layers.Layer):
    """What both convolutions share: kernel [1, size, ., .], bias and stride.

    Signals are laid out [batch, 1, samples, channels]: with time as the last spatial axis both convolutions took half
    the time on a CPU that [batch, samples, 1, channels] takes. Samples folded into channels instead of a stride were no
    faster, and their gradients in bfloat16 many times slower.

    Args:
        filters: Output channels.
        kernel_size: Samples of the kernel.
        stride: Samples of the longer side for one of the shorter.
        seed: Seed of the kernel's first value.
        name: Name of the layer.
        dtype: Keras dtype policy; "mixed_bfloat16" computes in bfloat16 with float32 weights.

    Source: Glorot and Bengio, AISTATS 2010 (kernel: uniform, its variance 2 / (fan in + fan out)); biases are 0.
    """

    def __init__(self, filters, kernel_size, stride, *, seed, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.seed = seed

    def _add_weights(self, first, second):
        """Adds kernel [1, kernel_size, first, second] and bias [filters]."""
        glorot = keras.initializers.GlorotUniform(seed=self.seed)
        self.kernel = self.add_weight(
            shape=(1, self.kernel_size, first, second), initializer=glorot, name="kernel"
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def get_config(self):
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["trainable"]  # No argument here: layers are always trained.
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "stride": self.stride}
        return config | own | {"seed": self.seed}


class StridedConv1D(_AlongTime):
    """Convolution along time that keeps one sample of `stride`, padded with zeros; see `_AlongTime`."""

    def build(self, input_shape):
        """Adds kernel [1, kernel_size, channels, filters] for inputs of `input_shape`."""
        self._add_weights(input_shape[-1], self.filters)

    def call(self, inputs):
        """Returns [batch, 1, samples / stride, filters] of `inputs` [batch, 1, samples, channels]."""
        inputs = tf.cast(inputs, self.compute_dtype)
        kernel = tf.cast(tf.convert_to_tensor(self.kernel), self.compute_dtype)
        values = tf.nn.conv2d(inputs, kernel, [1, self.stride], "SAME")
        return tf.nn.bias_add(values, tf.cast(self.bias, values.dtype))


class TransposedConv1D(_AlongTime):
    """Transposed convolution along time, `stride` samples for each; see `_AlongTime`.

    It is the gradient of the convolution with the same stride and zero padding.
    """

    def build(self, input_shape):
        """Adds kernel [1, kernel_size, filters, channels] for inputs of `input_shape`."""
        self._add_weights(self.filters, input_shape[-1])

    def call(self, inputs):
        """Returns [batch, 1, samples * stride, filters] of `inputs` [batch, 1, samples, channels]."""
        inputs = tf.cast(inputs, self.compute_dtype)
        kernel = tf.cast(tf.convert_to_tensor(self.kernel), self.compute_dtype)
        shape = [tf.shape(inputs)[0], 1, inputs.shape[2] * self.stride, self.filters]
        values = tf.nn.conv2d_transpose(inputs, kernel, shape, [1, self.stride], "SAME")
        return tf.nn.bias_add(values, tf.cast(self.bias, values.dtype))
