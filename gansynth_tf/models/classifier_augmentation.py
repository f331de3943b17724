"""Spectrograms as a worse recording, or a clip that was cut elsewhere, would show them."""

import tensorflow as tf

from gansynth_tf.audio.log_mel import FLOOR_DB


def rolled(spectrograms, seed, most: float):
    """Returns spectrograms that are rolled in time, each by its own number of frames.

    Args:
        spectrograms: [batch, frames, bins] float32.
        seed: [2] int32; the same seed gives the same result.
        most: Share of the frames, forth or back, in [0, 1].

    Returns:
        [batch, frames, bins] float32.
    """
    if not most:
        return spectrograms
    batch, frames, _ = tf.unstack(tf.shape(spectrograms))
    shares = tf.random.stateless_uniform([batch, 1], seed, -most, most)
    shifts = tf.cast(tf.round(shares * tf.cast(frames, tf.float32)), tf.int32)
    sources = tf.math.floormod(tf.range(frames)[None, :] + shifts, frames)
    return tf.gather(spectrograms, sources, axis=1, batch_dims=1)


def augment(spectrograms, seed):
    """Returns log-mel spectrograms as a worse recording would show them; what the labels rest on stays.

    Each clip is tilted and offset by an equaliser of up to 4 dB. Every second one gets white noise between -50 and -20
    dB. Up to a tenth of its frames and of its mel bins becomes its mean.

    Args:
        spectrograms: [batch, frames, bins] float32 from `log_mel_spectrograms`.
        seed: [2] int32; the same seed gives the same result.

    Returns:
        [batch, frames, bins] float32.
    """
    batch, frames, bins = tf.unstack(tf.shape(spectrograms))
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 6))

    def uniform(index, low, high, num=1):
        return tf.random.stateless_uniform([batch, 1, num], seeds[index], low, high)

    scale = 1.0 / -FLOOR_DB
    positions = tf.linspace(-1.0, 1.0, bins)[None, None, :]
    equaliser = uniform(0, -4.0, 4.0, 2)
    heard = spectrograms + scale * (equaliser[:, :, :1] + equaliser[:, :, 1:] * positions)

    # White noise: its power in a mel band grows with the band's width, here about 9 dB over the bands.
    noise_db = uniform(1, -50.0, -20.0) + 4.5 * positions - 100.0 * tf.round(uniform(2, 0.0, 1.0))
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
