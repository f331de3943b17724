"""Random draws of training, each a stateless function of (seed, image count).

Nothing here keeps a state, so that a resumed run draws what an uninterrupted one would have drawn. Each use has a
stream of its own; previews and alarms draw from theirs and leave training's untouched.
"""

import tensorflow as tf

NUM_STREAMS = 8
GENERATOR_LATENTS, DISCRIMINATOR_LATENTS, MIXING, PREVIEW_LATENTS, ROWS, PREVIEW_ROWS, JUDGE_NOISE = range(7)


def _stream_seed(seed, num_images, stream):
    """Returns the seed pair of `stream` at `num_images`, an int64 tensor [2]."""
    return tf.stack([tf.cast(seed, tf.int64) * NUM_STREAMS + stream, tf.cast(num_images, tf.int64)])


def normal(shape, seed, num_images, stream):
    """Returns float32 N(0, 1) of `shape`, the same for the same (seed, num_images, stream)."""
    return tf.random.stateless_normal(shape, _stream_seed(seed, num_images, stream))


def uniform(shape, seed, num_images, stream):
    """Returns float32 uniform in [0, 1) of `shape`, the same for the same (seed, num_images, stream)."""
    return tf.random.stateless_uniform(shape, _stream_seed(seed, num_images, stream))
