"""Representations: audio to model space and back. A new one is one file here and one line in the catalogue."""

from gansynth_tf.representations.complex_spectra import ComplexSpectra
from gansynth_tf.representations.linear import LinearIf, LinearPhase
from gansynth_tf.representations.log_magnitude import LogMagnitude
from gansynth_tf.representations.log_mel import LogMel
from gansynth_tf.representations.mel_bands import MelBandIf, MelPhase
from gansynth_tf.representations.mel_if import MelIf
from gansynth_tf.representations.waveform import Waveform

REPRESENTATIONS = {
    "complex": ComplexSpectra,
    "linear_if": LinearIf,
    "linear_phase": LinearPhase,
    "log_magnitude": LogMagnitude,
    "log_mel": LogMel,
    "mel_band_if": MelBandIf,
    "mel_if": MelIf,
    "mel_phase": MelPhase,
    "waveform": Waveform,
}
