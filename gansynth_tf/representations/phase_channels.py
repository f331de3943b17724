"""Two ways to write phases in a channel, each with its way back; whose phases they are, is not their affair."""

import math

from gansynth_tf.audio import spectral


class WrappedPhase:
    """The phase over pi, in [-1, 1].

    That of a tone runs through all values from frame to frame, so that it is harder to learn than its advance. Errors
    of single phases do not add up over time.
    """

    def from_phases(self, phases):
        """Returns the channel of `phases` in (-pi, pi] radians, both [batch, frames, bins]."""
        return phases / math.pi

    def to_phases(self, channel):
        """Returns the phases in radians of `channel`, both [batch, frames, bins]."""
        return channel * math.pi


class InstantaneousFrequency:
    """The advance of the phase per frame, in units of pi radians; the first frame holds the phase itself.

    That of a steady tone stands still. Errors add up over time.
    """

    def from_phases(self, phases):
        """Returns the channel of `phases` in radians, wrapped or not, both [batch, frames, bins]."""
        return spectral.instantaneous_frequency(phases)

    def to_phases(self, channel):
        """Returns the phases in radians, unwrapped, of `channel`, both [batch, frames, bins]."""
        return spectral.phase_from_instantaneous_frequency(channel)
