"""Power on linear bins from mel bands: not negative, and with the bands that were given."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.audio import mel
from gansynth_tf.audio.mel_inversion import linear_power

SAMPLE_RATE = 8000


def inversion(num_bins, num_bands):
    """Returns (matrix, function that inverts it)."""
    matrix = mel.mel_matrix(num_bins, num_bands, SAMPLE_RATE)
    matrices = (matrix, np.linalg.pinv(matrix), mel.linear_matrix(matrix))
    to_mel, *inverses = (values.astype(np.float32) for values in matrices)
    return to_mel, lambda bands: linear_power(tf.constant(bands), to_mel, *inverses).numpy()


@pytest.mark.parametrize("num_bins, num_bands", [(65, 32), (129, 32), (257, 128)])
def test_the_bands_of_what_is_found_are_the_given_ones(num_bins, num_bands):
    to_mel, inverted = inversion(num_bins, num_bands)
    power = np.random.default_rng(0).exponential(size=[2, 5, num_bins]).astype(np.float32)
    bands = power @ to_mel
    found = inverted(bands)
    assert found.shape == (2, 5, num_bins) and found.min() >= 0.0
    assert np.linalg.norm(found @ to_mel - bands) < 0.01 * np.linalg.norm(bands)


def test_a_single_partial_is_found_where_it_is_and_as_strong():
    to_mel, inverted = inversion(129, 32)
    power = np.zeros([1, 1, 129], np.float32)
    power[0, 0, 40] = 100.0
    found = inverted(power @ to_mel)[0, 0]
    # A band is up to nine bins wide here.
    assert abs(int(found.argmax()) - 40) <= 2
    assert 50.0 < found.sum() < 200.0 and found[:30].sum() < 0.1 and found[50:].sum() < 0.1


def test_it_is_nearer_than_the_pseudo_inverse_without_its_negative_part():
    matrix = mel.mel_matrix(129, 32, SAMPLE_RATE)
    to_mel, inverted = inversion(129, 32)
    bands = np.random.default_rng(1).exponential(size=[1, 50, 129]).astype(np.float32) ** 4 @ to_mel
    cut = np.maximum(0.0, bands @ np.linalg.pinv(matrix))
    errors = [np.linalg.norm(found @ to_mel - bands) for found in (inverted(bands), cut)]
    assert errors[0] < 0.5 * errors[1]


def test_silence_stays_silent_with_finite_gradients():
    to_mel, inverted = inversion(65, 32)
    assert not inverted(np.zeros([1, 3, 32], np.float32)).any()
    matrices = [to_mel, np.linalg.pinv(to_mel), mel.linear_matrix(to_mel)]
    bands = tf.constant(np.float32([[0.0] * 32, [1e-12] * 32, [1e4] * 32]))
    with tf.GradientTape() as tape:
        tape.watch(bands)
        total = tf.reduce_sum(linear_power(bands, *(tf.constant(values, tf.float32) for values in matrices)))
    assert np.all(np.isfinite(tape.gradient(total, bands)))
