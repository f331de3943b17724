"""`mel_phase` and `mel_band_if`: the power of mel bands, and the phase of what sounds in each band together."""

import functools

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import mel, mel_inversion, spectral
from gansynth_tf.representations.phase_channels import InstantaneousFrequency, WrappedPhase
from gansynth_tf.representations.polar_spectra import PolarSpectra

# Added to real parts, so that the angle of nothing has a gradient.
_LEAST = 1e-12


class _MelBands(PolarSpectra):
    """What both have in common: all but their `phase_channel`, how channel 1 writes phases.

    The phase of a band is the angle of the sum of its spectrum, that of its loudest partial. `mel_if` sums angles
    instead, as the original does; where a band holds many bins such a sum is noise, and it cancels itself when the band
    is spread over its bins again. Two things make the sum sound: angles count from the middle of a frame, where the
    bins of one partial agree (counted from the frame's start, every second one has the opposite sign), and a bin that
    lies in two bands gets the angle of the louder one. Bins lie at their true frequencies, not one beside it.
    """

    data_version = 1
    least_snr_db = 6.0
    most_distance_db = 7.0

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        *,
        num_frames: int = 64,
        num_bins: int = 512,
        num_mel_bins: int = 128,
        overlap: float = 0.5,
        phase_iterations: int = 0,
        phase_weight: float = 0.1,
    ):
        """Prepares the frames and the bands.

        Args:
            sample_rate: In hertz.
            length_samples: Samples of a clip.
            num_frames: Time frames, a power of two; together they must cover the clip. 0 means as few as do.
            num_bins: Linear frequency bins, a power of two; the Fourier transform has twice as many points.
            num_mel_bins: Mel bands, a power of two of at most num_bins; 0 means as many as num_bins.
            overlap: Share of a frame that the next one repeats, at least 0.5.
            phase_iterations: Rounds of Griffin-Lim that begin at the phases of channel 1. Phases of real clips need
                none: rounds bring the spectrum no closer and take the waveform away from the clip's. Generated phases
                may contradict each other, and rounds settle that.
            phase_weight: Share of the networks' range that a fitted normalisation gives channel 1. Where nothing
                sounds the phases are noise, which a generator cannot copy and a discriminator cannot overlook.

        Raises:
            ValueError: If a size is no power of two, or the frames do not cover the clip.
        """
        super().__init__(sample_rate, length_samples, phase_iterations, phase_weight)
        num_mel_bins = num_mel_bins or num_bins
        spectral.check_power_of_two("num_mel_bins", num_mel_bins)
        self.grid = spectral.FrameGrid(length_samples, num_frames, num_bins, overlap)
        self.shape = (self.grid.num_frames, num_mel_bins, 2)
        # The matrices of one bin more, without their row for DC.
        to_mel = mel.mel_matrix(num_bins + 1, num_mel_bins, sample_rate)[1:]
        self._to_mel = to_mel.astype(np.float32)
        self._smeared_to_linear = mel.linear_matrix(to_mel).astype(np.float32)
        # With as many bands as bins they change little, and cost ten times the rest.
        self._num_updates = mel_inversion.NUM_UPDATES if num_mel_bins < num_bins else 0
        # The sign that moves the origin of time from a frame's start to its middle, for the bins from 1 on.
        self._signs = np.where(np.arange(1, num_bins + 1) % 2, -1.0, 1.0).astype(np.float32)

    @functools.cached_property
    def _to_linear(self):
        """The pseudo-inverse [mel bins, bins], when it is first wanted: many bands take a while."""
        return np.linalg.pinv(self._to_mel.astype(np.float64)).astype(np.float32)

    def to_data(self, audio):
        """Returns the mel spectra of `audio`.

        Args:
            audio: [batch, length_samples] float32, full scale 1.

        Returns:
            [batch, frames, mel bins, 2] float32.
        """
        spectra = spectral.spectra_from_audio(audio, self.grid)
        power = tf.square(tf.abs(spectra) + spectral.LOG_FLOOR) @ self._to_mel
        real = (tf.math.real(spectra) * self._signs) @ self._to_mel
        imaginary = (tf.math.imag(spectra) * self._signs) @ self._to_mel
        phases = tf.math.atan2(imaginary, real)
        return tf.stack(
            [tf.math.log(power + spectral.LOG_FLOOR), self.phase_channel.from_phases(phases)], axis=-1
        )

    def to_audio(self, data):
        """Returns the audio of mel spectra: the inverse of `to_data`, approximately.

        Args:
            data: [batch, frames, mel bins, 2] float32.

        Returns:
            [batch, length_samples] float32, not clipped.
        """
        mel_power, phases = tf.exp(data[..., 0]), self.phase_channel.to_phases(data[..., 1])
        amplitudes = tf.sqrt(mel_power)
        real = ((amplitudes * tf.cos(phases)) @ self._smeared_to_linear) * self._signs
        imaginary = ((amplitudes * tf.sin(phases)) @ self._smeared_to_linear) * self._signs
        linear_phases = tf.math.atan2(imaginary, real + _LEAST)
        power = mel_inversion.linear_power(
            mel_power, self._to_mel, self._to_linear, self._smeared_to_linear, self._num_updates
        )
        # The floor inside the root is that of `mel_if`: magnitudes stay above 1e-3.
        magnitudes = tf.sqrt(power + spectral.LOG_FLOOR)
        return self._audio_from_polar(magnitudes, linear_phases)


class MelPhase(_MelBands):
    """Log mel power and the wrapped phase of each band.

    Channel 0 is ln(power + 1e-6) of the mel bands, as in `mel_if`; channel 1 the angle of the band's summed spectrum
    over pi, in [-1, 1], counted from the middle of the frame.

    Round trip, measured on recorded notes, grooves and digits: with as many bands as bins the error is 23 to 40 dB
    below the clip and the spectrum 0.2 to 0.8 dB off; with 128 bands 6 to 21 dB, 1.2 to 2.5 dB off, 0.1 to 0.7 dB too
    quiet, notes within a cent.
    """

    channel_names = ("log mel power", "mel phase")
    phase_channel = WrappedPhase()


class MelBandIf(_MelBands):
    """Log mel power and the instantaneous frequency of each band.

    Channel 0 is ln(power + 1e-6) of the mel bands, as in `mel_if`; channel 1 the advance per frame of the angle of the
    band's summed spectrum, in units of pi radians; its first frame holds the angle itself.

    Round trip, measured on recorded notes, grooves and digits: with as many bands as bins the error is 23 to 40 dB
    below the clip and the spectrum 0.2 to 0.8 dB off; with 128 bands 6 to 21 dB, 1.2 to 2.5 dB off, 0.1 to 0.7 dB too
    quiet, notes within a cent.
    """

    channel_names = ("log mel power", "instantaneous frequency of bands")
    phase_channel = InstantaneousFrequency()
