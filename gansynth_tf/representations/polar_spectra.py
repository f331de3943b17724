"""What the representations of magnitude and phase have in common."""

from gansynth_tf.audio import griffin_lim, spectral
from gansynth_tf.representations.option_checks import check_phase_options
from gansynth_tf.representations.representation import Representation


class PolarSpectra(Representation):
    """Magnitudes in channel 0 and phases in channel 1, in frames of `grid`, which the kinds of it set.

    Args:
        sample_rate: In hertz.
        length_samples: Samples of a clip.
        phase_iterations: Rounds of Griffin-Lim that begin at the phases of channel 1.
        phase_weight: Share of the networks' range that a fitted normalisation gives channel 1.

    Raises:
        ValueError: If one of them is out of range.
    """

    def __init__(self, sample_rate: int, length_samples: int, phase_iterations: int, phase_weight: float):
        super().__init__(sample_rate, length_samples)
        check_phase_options(phase_iterations, phase_weight)
        self.phase_iterations = phase_iterations
        self.channel_weights = (1.0, phase_weight)

    def _audio_from_polar(self, magnitudes, phases):
        """Returns [batch, length_samples] float32 of magnitudes and phases in radians, [batch, frames, linear bins]."""
        spectra = griffin_lim.refined_spectra(magnitudes, phases, self.grid, self.phase_iterations)
        return spectral.audio_from_spectra(spectra, self.grid)
