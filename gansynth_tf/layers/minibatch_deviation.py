"""Minibatch standard deviation."""

import keras
import tensorflow as tf


class MinibatchDeviation(keras.layers.Layer):
    """Appends one constant channel: the standard deviation over the batch, averaged over all features.

    The variance comes from tf.nn.moments, which stops the gradient at the mean. First derivatives do not change by
    it, but the gradient penalty needs second ones, and the original's are those: an exact variance moves the
    discriminator's gradient by 1 to 2 %.

    Source: Karras et al., Progressive Growing of GANs, ICLR 2018, section 3; constants of the released GANSynth.
    """

    def call(self, inputs):
        """Returns [batch, frames, bins, channels + 1] of `inputs` [batch, frames, bins, channels]."""
        values = tf.cast(inputs, tf.float32)
        _, variances = tf.nn.moments(values, axes=[0])
        deviation = tf.reduce_mean(tf.sqrt(variances + 1e-6))
        channel = tf.fill([*tf.unstack(tf.shape(inputs))[:3], 1], deviation)
        return tf.concat([inputs, tf.cast(channel, inputs.dtype)], axis=-1)
