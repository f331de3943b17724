"""What the representations that search for phases ask of their options alike."""


def check_phase_options(phase_iterations, phase_weight=1.0):
    """Raises ValueError, naming the option, unless both lie in their range.

    Args:
        phase_iterations: Rounds of Griffin-Lim, not negative.
        phase_weight: Share of the networks' range for phases, in (0, 1].
    """
    if phase_iterations < 0:
        raise ValueError(f"`phase_iterations` must not be negative. Received: {phase_iterations}.")
    if not 0 < phase_weight <= 1:
        raise ValueError(f"`phase_weight` must lie in (0, 1]. Received: phase_weight={phase_weight}.")
