"""Representations: audio to model space and back. A new one is one file here and one line in the catalogue."""

from gansynth_tf.representations.linear import LinearIf, LinearPhase
from gansynth_tf.representations.mel_if import MelIf
from gansynth_tf.representations.waveform import Waveform

REPRESENTATIONS = {"linear_if": LinearIf, "linear_phase": LinearPhase, "mel_if": MelIf, "waveform": Waveform}
