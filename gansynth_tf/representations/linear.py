"""`linear_if` and `linear_phase`: log magnitude and phase on the bins of the Fourier transform."""

import tensorflow as tf

from gansynth_tf.audio import spectral
from gansynth_tf.representations import normalization
from gansynth_tf.representations.phase_channels import InstantaneousFrequency, WrappedPhase
from gansynth_tf.representations.polar_spectra import PolarSpectra


class _Linear(PolarSpectra):
    """What both have in common: all but their `phase_channel`, how channel 1 writes phases."""

    data_version = 1
    least_snr_db = 20.0
    most_distance_db = 0.8
    # The released program gives all its spectra the constants that it has for mel spectra.
    original_constants = (normalization.ORIGINAL_SCALE, normalization.ORIGINAL_OFFSET)

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        *,
        num_frames: int = 64,
        num_bins: int = 512,
        overlap: float = 0.5,
        phase_iterations: int = 0,
        phase_weight: float = 0.1,
        left_out_bin: spectral.LeftOutBin = "dc",
    ):
        """Prepares the frames.

        Args:
            sample_rate: In hertz; says what the bins are, the data do not depend on it.
            length_samples: Samples of a clip.
            num_frames: Time frames, a power of two; together they must cover the clip. 0 means as few as do.
            num_bins: Frequency bins, a power of two; the Fourier transform has twice as many points.
            overlap: Share of a frame that the next one repeats, at least 0.5. The original's is 0.75.
            phase_iterations: Rounds of Griffin-Lim that begin at the phases of channel 1. 0 is the original's inverse,
                and right for data of real clips; generated phases may contradict each other, and rounds settle that.
            phase_weight: Share of the networks' range that a fitted normalisation gives channel 1. Where nothing
                sounds the phases are noise, which a generator cannot copy and a discriminator cannot overlook.
            left_out_bin: The one of num_bins + 1 bins that is not kept: "dc" as in the released program, "nyquist" as
                in the paper.

        Raises:
            ValueError: If a size is no power of two, or the frames do not cover the clip.
        """
        super().__init__(sample_rate, length_samples, phase_iterations, phase_weight)
        self.grid = spectral.FrameGrid(length_samples, num_frames, num_bins, overlap, left_out_bin)
        self.shape = (self.grid.num_frames, num_bins, 2)

    def to_data(self, audio):
        """Returns the spectra of `audio`.

        Args:
            audio: [batch, length_samples] float32, full scale 1.

        Returns:
            [batch, frames, bins, 2] float32; which bins, `spectral.spectra_from_audio` says.
        """
        spectra = spectral.spectra_from_audio(audio, self.grid)
        channels = [spectral.log_magnitude(spectra), self.phase_channel.from_phases(spectral.phase(spectra))]
        return tf.stack(channels, axis=-1)

    def to_audio(self, data):
        """Returns the audio of spectra: the inverse of `to_data`, up to what the class says is lost.

        Args:
            data: [batch, frames, bins, 2] float32.

        Returns:
            [batch, length_samples] float32, not clipped.
        """
        # The 1e-6 under the logarithm is not taken off again, as in the original.
        magnitudes, phases = tf.exp(data[..., 0]), self.phase_channel.to_phases(data[..., 1])
        return self._audio_from_polar(magnitudes, phases)


class LinearIf(_Linear):
    """Log magnitude and instantaneous frequency of every bin of the Fourier transform.

    Channel 0 is ln(|X| + 1e-6), channel 1 the phase advance per frame in units of pi radians; its first frame holds the
    phase itself. Nothing is averaged, so that nearly all comes back.

    Round trip, measured on recorded notes, grooves and digits: the error is 30 to 73 dB below the clip and the spectrum
    0.0 to 0.3 dB off, at every size. Missing are two thirds of DC (nothing with left_out_bin="nyquist") and the last
    hop of the clip, which fades.

    Source: Engel et al., GANSynth, ICLR 2019, section 2.1; `linear` of the released program.
    """

    channel_names = ("log magnitude", "instantaneous frequency")
    phase_channel = InstantaneousFrequency()


class LinearPhase(_Linear):
    """Log magnitude and wrapped phase of every bin of the Fourier transform.

    Channel 0 is ln(|X| + 1e-6), channel 1 the phase over pi, in [-1, 1]. The phase of a tone runs through all values
    from frame to frame where its instantaneous frequency stands still, so that it is harder to learn: the paper's
    comparison between the two. Errors of single phases do not add up over time, as those of frequencies do.

    Round trip, measured on recorded notes, grooves and digits: as `linear_if`, the error 30 to 73 dB below the clip and
    the spectrum 0.0 to 0.3 dB off.

    Source: Engel et al., GANSynth, ICLR 2019, section 2.1; `phase` of the released program.
    """

    channel_names = ("log magnitude", "phase")
    phase_channel = WrappedPhase()
