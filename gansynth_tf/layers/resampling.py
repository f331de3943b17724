"""Upscaling by repetition and downscaling by averaging, the two resamplings of progressive growing."""

import tensorflow as tf


def upscale(values, factors):
    """Returns `values` with each frame and bin repeated.

    Args:
        values: [batch, frames, bins, channels].
        factors: (frames, bins), whole numbers.

    Returns:
        [batch, frames * factors[0], bins * factors[1], channels].
    """
    if tuple(factors) == (1, 1):
        return values
    frames, bins, channels = values.shape[1:]
    # Broadcasting has a cheap gradient (a sum), which the nearest-neighbour resize lacks.
    expanded = tf.reshape(values, [-1, frames, 1, bins, 1, channels])
    repeated = tf.broadcast_to(
        expanded, [tf.shape(values)[0], frames, factors[0], bins, factors[1], channels]
    )
    return tf.reshape(repeated, [-1, frames * factors[0], bins * factors[1], channels])


def downscale(values, factors):
    """Returns the averages of `values` over blocks.

    Args:
        values: [batch, frames, bins, channels]; frames and bins divisible by their factor.
        factors: (frames, bins), whole numbers.

    Returns:
        [batch, frames / factors[0], bins / factors[1], channels].
    """
    if tuple(factors) == (1, 1):
        return values
    return tf.nn.avg_pool2d(values, ksize=list(factors), strides=list(factors), padding="VALID")
