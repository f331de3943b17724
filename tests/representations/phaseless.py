"""Sounds and sizes for the tests of the representations that keep no phases."""

import numpy as np

from gansynth_tf.representations import LogMel

SAMPLE_RATE = 16000


def small_log_mel(sample_rate, length_samples, **changes):
    """Returns a quick `log_mel`."""
    sizes = {"num_bins": 128, "num_mel_bins": 64, "overlap": 0.5, "phase_iterations": 4}
    return LogMel(sample_rate, length_samples, **(sizes | changes))


def notes(num, length_samples, sample_rate=SAMPLE_RATE):
    """Returns decaying notes with four partials, full scale at most."""
    seconds = np.arange(length_samples) / sample_rate
    pitches_hz = 220.0 * 2 ** (np.arange(num)[:, np.newaxis] * 5 / 12)
    partials = [np.sin(2 * np.pi * k * pitches_hz * seconds) / k for k in (1, 2, 3, 4)]
    return (0.4 * sum(partials) * np.exp(-3 * seconds)).astype(np.float32)
