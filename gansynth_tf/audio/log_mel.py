"""Level-robust log-mel spectrograms for listening networks and for distances between clips."""

import numpy as np
import tensorflow as tf

FLOOR_DB = -60.0


def log_mel_spectrograms(audio, sample_rate: int, *, frame_length: int, frame_step: int, num_mel_bins: int):
    """Returns the mel power of each clip in units of 60 dB below and above the clip's own mean power.

    Each clip is divided by its root mean square, so that its level does not matter. The power in a mel band, divided
    by that of a full frame, is floored at -60 dB: silence and the rounding of 16-bit files look the same.

    Args:
        audio: [batch, length_samples] float, full scale 1.
        sample_rate: In hertz.
        frame_length: Length of the Hann window in samples.
        frame_step: Step between frames in samples.
        num_mel_bins: Number of mel bands (HTK) from 30 Hz to half the sample rate.

    Returns:
        [batch, frames, num_mel_bins] float32, -1 at the floor, 0 at the clip's mean power, frames centred.
        A silent clip is -1 everywhere.

    Raises:
        ValueError: If `audio` is not a batch of clips, or shorter than a window.
    """
    audio = tf.convert_to_tensor(audio, tf.float32)
    if audio.shape.rank != 2:
        raise ValueError(
            f"`audio` must have the shape [batch, length_samples]. Received: {tuple(audio.shape)}."
        )
    if audio.shape[1] is not None and audio.shape[1] < frame_length:
        raise ValueError(f"Clips must have at least {frame_length} samples. Received: {audio.shape[1]}.")
    mean_power = tf.reduce_mean(tf.square(audio), axis=1, keepdims=True)
    audio = audio * tf.math.rsqrt(tf.maximum(mean_power, 1e-10))
    half = frame_length // 2
    audio = tf.pad(audio, [[0, 0], [half, half]], mode="REFLECT")
    spectra = tf.signal.stft(audio, frame_length, frame_step)
    power = tf.square(tf.math.real(spectra)) + tf.square(tf.math.imag(spectra))
    weights = _mel_weights(num_mel_bins, spectra.shape[-1], sample_rate)
    # A sine of unit power gives frame_length ** 2 / 8 in its bin: the scale only has to be the same for all clips.
    decibels = 10.0 / np.log(10.0) * tf.math.log(tf.matmul(power, weights) * (8.0 / frame_length**2) + 1e-12)
    return tf.maximum(decibels, FLOOR_DB) / -FLOOR_DB


def _mel_weights(num_mel_bins, num_bins, sample_rate):
    """Returns HTK triangles [num_bins, num_mel_bins] float32, from 30 Hz to half the sample rate."""
    return tf.signal.linear_to_mel_weight_matrix(num_mel_bins, num_bins, sample_rate, 30.0, sample_rate / 2)
