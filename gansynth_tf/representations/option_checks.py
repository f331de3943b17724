"""What the spectral representations ask of their options alike."""


def check_spectral_options(sample_rate, phase_iterations=0, phase_weight=1.0):
    """Raises ValueError, naming the option, unless all lie in their range.

    Args:
        sample_rate: In hertz, positive.
        phase_iterations: Rounds of Griffin-Lim, not negative.
        phase_weight: Share of the networks' range for phases, in (0, 1].
    """
    if sample_rate <= 0:
        raise ValueError(f"`sample_rate` must be positive. Received: sample_rate={sample_rate}.")
    if phase_iterations < 0:
        raise ValueError(f"`phase_iterations` must not be negative. Received: {phase_iterations}.")
    if not 0 < phase_weight <= 1:
        raise ValueError(f"`phase_weight` must lie in (0, 1]. Received: phase_weight={phase_weight}.")
