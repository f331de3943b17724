"""`complex`: real and imaginary parts of the spectrum as two channels."""

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import circular
from gansynth_tf.representations import normalization
from gansynth_tf.representations.representation import Representation

_LEAST_SQUARE = 1e-16


class ComplexSpectra(Representation):
    """Real and imaginary parts of the short-time spectrum, raw, exact in both directions.

    The clip is a circle: silence is put before it until it is num_frames hops long, and frames that reach beyond its
    end go on at its beginning. So every sample lies in equally many frames, none is faded at an edge, and the frames
    are exactly as many as needed. With at least a frame less a hop of silence no frame holds both ends. A frame of n
    samples has n / 2 - 1 complex bins and two real ones, DC and Nyquist frequency: bin 0 has DC in channel 0 and the
    Nyquist frequency in channel 1, so that nothing is lost.

    GANs on raw spectra of 16,384 samples have num_frames=128, num_bins=128, overlap=0.5; theirs drop the Nyquist bin,
    where almost nothing sounds, have zeros where the last frame reaches around, and fade the clip's edges.

    Round trip, measured on recorded notes, grooves and digits: the error is 135 dB below the clip, the rounding of
    float32.

    Args:
        sample_rate: In hertz; says what the bins are, the data do not depend on it.
        length_samples: Samples of a clip.
        num_frames: Time frames, a power of two; their hops must cover the clip. 0 means as few as do.
        num_bins: Frequency bins, a power of two; the Fourier transform has twice as many points.
        overlap: Share of a frame that the next one repeats, at least 0.5.
        magnitude_power: Magnitudes are raised to it, phases kept. 1 is raw: partials 40 dB below the loudest then lie
            within a hundredth of the networks' range. 0.3 gives them a quarter of it.

    Raises:
        ValueError: If a size is no power of two, the frames do not cover the clip, or `magnitude_power` is out of
            range.
    """

    data_version = 1
    channel_names = ("real part", "imaginary part")
    channel_weights = (1.0, 1.0)
    least_snr_db = 120.0
    most_distance_db = 0.01

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        *,
        num_frames: int = 64,
        num_bins: int = 512,
        overlap: float = 0.5,
        magnitude_power: float = 1.0,
    ):
        super().__init__(sample_rate, length_samples)
        if not 0.1 <= magnitude_power <= 1.0:
            raise ValueError(f"`magnitude_power` must lie in [0.1, 1]. Received: {magnitude_power}.")
        self.grid = circular.CircularGrid(length_samples, num_frames, num_bins, overlap)
        self.magnitude_power = magnitude_power
        self.shape = (self.grid.num_frames, num_bins, 2)

    def to_data(self, audio):
        """Returns the spectra of `audio`.

        Args:
            audio: [batch, length_samples] float32, full scale 1.

        Returns:
            [batch, frames, bins, 2] float32; bin 0 holds the real DC and the real Nyquist frequency.
        """
        spectra = circular.spectra_from_audio(audio, self.grid)
        real, imaginary = tf.math.real(spectra), tf.math.imag(spectra)
        imaginary = tf.concat([real[:, :, -1:], imaginary[:, :, 1:-1]], axis=2)
        return _with_magnitudes_raised(tf.stack([real[:, :, :-1], imaginary], axis=-1), self.magnitude_power)

    def to_audio(self, data):
        """Returns the audio of spectra: the inverse of `to_data`.

        Args:
            data: [batch, frames, bins, 2] float32.

        Returns:
            [batch, length_samples] float32, not clipped.
        """
        data = _with_magnitudes_raised(data, 1.0 / self.magnitude_power)
        real, imaginary = data[..., 0], data[..., 1]
        nothing = tf.zeros_like(imaginary[:, :, :1])
        spectra = tf.complex(
            tf.concat([real, imaginary[:, :, :1]], axis=2),
            tf.concat([nothing, imaginary[:, :, 1:], nothing], axis=2),
        )
        return circular.audio_from_spectra(spectra, self.grid)

    def fitted_constants(self, data):
        """Returns one scale for both channels, so that directions are kept, and no offset: silence stays at 0.

        Args:
            data: [num, frames, bins, 2] of `to_data`; may be a memory map, it is read in pieces.

        Returns:
            (scale, offset), each [2] float64: normalised = data * scale + offset.

        Raises:
            ValueError: If there are no data, or everything is silent.
        """
        largest = max((float(np.abs(data[i : i + 64]).max()) for i in range(0, len(data), 64)), default=0.0)
        if not 0.0 < largest < np.inf:
            raise ValueError(
                f"Expected clips that sound, to fit the normalisation to. Received: {len(data)} clips, the largest "
                f"magnitude {largest}."
            )
        return np.full(2, normalization.MARGIN / largest), np.zeros(2)


def _with_magnitudes_raised(data, power):
    """Returns `data` [..., 2] with each pair's length raised to `power`, its direction kept."""
    if power == 1.0:
        return data
    # The least square keeps slopes finite where there is nothing.
    squares = tf.reduce_sum(tf.square(data), axis=-1, keepdims=True) + _LEAST_SQUARE
    return data * tf.pow(squares, 0.5 * (power - 1.0))
