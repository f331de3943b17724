"""Pixel normalisation."""

import keras
import tensorflow as tf

EPSILON = 1e-8


class PixelNorm(keras.layers.Layer):
    """Scales each channel vector to a mean square of 1: x / sqrt(mean(x^2) + 1e-8).

    The mean is taken in float32, also where the values are bfloat16.

    Source: Karras et al., Progressive Growing of GANs, ICLR 2018, section 4.2.
    """

    def call(self, inputs):
        """Returns `inputs` [..., channels], normalised over the last axis, in their own type."""
        mean_squares = tf.reduce_mean(tf.square(tf.cast(inputs, tf.float32)), axis=-1, keepdims=True)
        return inputs * tf.cast(tf.math.rsqrt(mean_squares + EPSILON), inputs.dtype)
