"""The temperature that mends a classifier's probabilities."""

import numpy as np
import pytest

from gansynth_tf.evaluation.calibration import fitted_temperature
from gansynth_tf.metrics.accuracy import negative_log_likelihood


def drawn(num, num_classes, scale, seed=0):
    """Returns logits, and classes drawn from the probabilities that `logits / scale` stand for."""
    rng = np.random.default_rng(seed)
    logits = 2.0 * rng.standard_normal([num, num_classes])
    noise = rng.gumbel(size=logits.shape)
    return scale * logits, np.argmax(logits + noise, axis=1)


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_the_temperature_is_the_factor_by_which_logits_are_too_large(scale):
    logits, classes = drawn(20000, 7, scale)
    assert fitted_temperature(logits, classes) == pytest.approx(scale, rel=0.03)


def test_two_classes_have_the_temperature_in_closed_form():
    # 79 of 100 clips are right at a margin of 3, one more counts as half right: tanh-like odds of 79.5 to 21.5.
    logits = np.tile([3.0, 0.0], (100, 1))
    classes = (np.arange(100) >= 79).astype(int)
    assert fitted_temperature(logits, classes) == pytest.approx(3.0 / np.log(79.5 / 21.5), rel=1e-3)


def test_it_lowers_the_likelihood_that_is_lost():
    logits, classes = drawn(500, 5, 3.0)
    temperature = fitted_temperature(logits, classes)
    best = negative_log_likelihood(logits / temperature, classes)
    assert best < negative_log_likelihood(logits, classes)
    assert (
        best <= min(negative_log_likelihood(logits / (temperature * f), classes) for f in (0.9, 1.1)) + 1e-3
    )


def test_a_classifier_that_is_always_right_keeps_a_doubt():
    logits = 5.0 * np.eye(4)[np.arange(400) % 4]
    assert 0.3 < fitted_temperature(logits, np.arange(400) % 4) < 1.0


def test_missing_classes_are_left_out():
    logits, classes = drawn(300, 3, 2.0)
    known = fitted_temperature(logits[:200], classes[:200])
    classes[200:] = -1
    assert fitted_temperature(logits, classes) == pytest.approx(known)
    assert fitted_temperature(logits, np.full(300, -1)) == 1.0
    with pytest.raises(ValueError, match="300"):
        fitted_temperature(logits, classes[:-1])
