"""Log-mel spectrograms as a worse recording would show them."""

import tensorflow as tf

from gansynth_tf.audio.log_mel import FLOOR_DB


def augment(spectrograms, seed):
    """Returns spectrograms as a worse recording would show them; what the labels rest on stays.

    Each clip is rolled in time by up to a quarter, and tilted and offset by an equaliser of up to 4 dB. Every
    second one gets white noise between -50 and -20 dB. Up to a tenth of its frames and of its mel bins becomes
    its mean.

    Args:
        spectrograms: [batch, frames, bins] float32 from `log_mel_spectrograms`.
        seed: [2] int32; the same seed gives the same result.

    Returns:
        [batch, frames, bins] float32.
    """
    batch, frames, bins = tf.unstack(tf.shape(spectrograms))
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 7))

    def uniform(index, low, high, num=1):
        return tf.random.stateless_uniform([batch, 1, num], seeds[index], low, high)

    shift = tf.cast(uniform(0, -0.25, 0.25) * tf.cast(frames, tf.float32), tf.int32)[:, :, 0]
    sources = tf.math.floormod(tf.range(frames)[None, :] + shift, frames)
    shifted = tf.gather(spectrograms, sources, axis=1, batch_dims=1)

    scale = 1.0 / -FLOOR_DB
    positions = tf.linspace(-1.0, 1.0, bins)[None, None, :]
    equaliser = uniform(1, -4.0, 4.0, 2)
    heard = shifted + scale * (equaliser[:, :, :1] + equaliser[:, :, 1:] * positions)

    # White noise: its power in a mel band grows with the band's width, here about 9 dB over the bands.
    noise_db = uniform(2, -50.0, -20.0) + 4.5 * positions - 100.0 * tf.round(uniform(6, 0.0, 1.0))
    graininess = -tf.math.log(tf.random.stateless_uniform(tf.shape(heard), seeds[3], 1e-3, 1.0))
    ten = tf.math.log(10.0) / 10.0
    power = tf.exp(-FLOOR_DB * ten * heard) + graininess * tf.exp(ten * noise_db)
    heard = tf.maximum(tf.math.log(power) / ten * scale, -1.0)

    def span(index, length):
        edges = tf.sort(uniform(index, 0.0, 1.0, 2), axis=-1)
        edges = tf.concat([edges[:, :, :1], tf.minimum(edges[:, :, 1:], edges[:, :, :1] + 0.1)], -1)
        places = tf.linspace(0.0, 1.0, length)[None, :]
        return (places >= edges[:, 0, :1]) & (places < edges[:, 0, 1:])

    masked = span(4, frames)[:, :, None] | span(5, bins)[:, None, :]
    return tf.where(masked, tf.reduce_mean(heard, axis=[1, 2], keepdims=True), heard)
