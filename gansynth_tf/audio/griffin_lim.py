"""Griffin-Lim: phases that belong to given magnitudes, found by going back and forth between spectra and audio."""

import tensorflow as tf

from gansynth_tf.audio import spectral

FAST_MOMENTUM = 0.99


def refined_spectra(magnitudes, phases, grid, num_iterations):
    """Returns spectra of the given magnitudes whose phases agree between overlapping frames.

    Args:
        magnitudes: [batch, frames, bins] float32.
        phases: [batch, frames, bins] float32, radians, where to begin.
        grid: FrameGrid of the spectra.
        num_iterations: Rounds of inverse and forward transform; 0 returns what came in.

    Returns:
        [batch, frames, bins] complex64.

    Source: Griffin and Lim, 1984; Perraudin et al., A Fast Griffin-Lim Algorithm, WASPAA 2013, for the momentum.
    """
    spectra = spectral.spectra_from_polar(magnitudes, phases)
    complex_magnitudes = tf.cast(magnitudes, tf.complex64)
    previous = None
    # A Python loop: the graph stays flat, and the number of rounds is small.
    for _ in range(num_iterations):
        consistent = spectral.spectra_from_audio(spectral.audio_from_spectra(spectra, grid), grid)
        ahead = consistent if previous is None else consistent + FAST_MOMENTUM * (consistent - previous)
        previous = consistent
        spectra = complex_magnitudes * ahead / tf.cast(tf.abs(ahead) + 1e-9, tf.complex64)
    return spectra
