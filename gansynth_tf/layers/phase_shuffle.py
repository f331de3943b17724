"""Phase shuffle: moves feature maps by a few samples, so that a critic cannot lean on the phase of artefacts."""

import tensorflow as tf


def shift_of_noise(noise, radius):
    """Returns the shift that uniform `noise` stands for: each of -radius ... radius equally often.

    Args:
        noise: Scalar float32 tensor in [0, 1).
        radius: Whole number, at least 0.

    Returns:
        Scalar int32 tensor in [-radius, radius].
    """
    return tf.cast(tf.floor(noise * (2 * radius + 1)), tf.int32) - radius


def reflected_shift(values, shift, radius):
    """Returns `values` moved by `shift` samples, later for a positive one; the gap is filled by reflection.

    The sample at the edge is not repeated: a, b, c moved by 1 is b, a, b.

    Args:
        values: [batch, 1, samples, channels] float, of more than `radius` samples.
        shift: Scalar int32 tensor in [-radius, radius], the same for the whole batch and all channels.
        radius: Largest shift, a Python int.

    Returns:
        The shape of `values`.

    Raises:
        ValueError: If there are too few samples to reflect.

    Source: Donahue et al., Adversarial Audio Synthesis, ICLR 2019, section 3.3.
    """
    length = values.shape[2]
    if length <= radius:
        raise ValueError(f"Expected more than {radius} samples to reflect. Received: {length}.")
    before = tf.reverse(values[:, :, 1 : radius + 1], [2])
    after = tf.reverse(values[:, :, length - 1 - radius : length - 1], [2])
    padded = tf.concat([before, values, after], axis=2)
    moved = tf.slice(padded, [0, 0, radius - shift, 0], tf.shape(values))
    return tf.ensure_shape(moved, values.shape)
