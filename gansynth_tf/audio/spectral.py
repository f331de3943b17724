"""Short-time spectra as GANSynth takes them: left padding, no DC bin, instantaneous frequency.

All functions take and return TensorFlow tensors, batched, float32 or complex64, and run in eager code, in tf.data
pipelines and in compiled graphs.
"""

import dataclasses
import math
import typing
from typing import Literal

import tensorflow as tf

LOG_FLOOR = 1e-6
LeftOutBin = Literal["dc", "nyquist"]


@dataclasses.dataclass(frozen=True)
class FrameGrid:
    """The frames of a clip: how many, how long, how far apart, and the silence put before the clip.

    Attributes:
        length_samples: Samples of a clip.
        num_frames: Frames of its spectrum; 0 becomes the least power of two that covers the clip.
        num_bins: Frequency bins kept; the Fourier transform has twice as many points, and one bin more.
        overlap: Share of a frame that the next one repeats, in [0.5, 1).
        left_out_bin: The bin that is not kept: "dc", or "nyquist".

    Raises:
        ValueError: If a number of frames or bins is no power of two, `overlap` is out of range, the clip is empty or
            the frames do not cover it.

    Source: Engel et al., GANSynth, ICLR 2019, section 2.1, whose text leaves the Nyquist frequency out; padding and the
    left-out DC as in the released program.
    """

    length_samples: int
    num_frames: int
    num_bins: int
    overlap: float = 0.75
    left_out_bin: LeftOutBin = "dc"

    def __post_init__(self):
        """Refuses a grid that could not hold the clip."""
        if self.left_out_bin not in typing.get_args(LeftOutBin):
            raise ValueError(
                f'`left_out_bin` must be "dc" or "nyquist". Received: left_out_bin={self.left_out_bin!r}.'
            )
        check_power_of_two("num_bins", self.num_bins)
        if self.num_frames:
            check_power_of_two("num_frames", self.num_frames)
        if not 0.5 <= self.overlap < 1.0:
            raise ValueError(f"`overlap` must lie in [0.5, 1). Received: overlap={self.overlap}.")
        if self.length_samples < 1:
            raise ValueError(f"A clip must have samples. Received: length_samples={self.length_samples}.")
        if self.hop_samples < 1:
            raise ValueError(
                f"Frames of {self.fft_length} samples that overlap by {self.overlap} do not advance by a whole sample. "
                "Choose less overlap or more num_bins."
            )
        smallest = 2 ** math.ceil(math.log2(self.frames_needed))
        if not self.num_frames:
            object.__setattr__(self, "num_frames", smallest)
        if self.padded_length_samples < self.length_samples:
            raise ValueError(
                f"{self.num_frames} frames of {self.fft_length} samples, {self.hop_samples} apart, cover "
                f"{self.padded_length_samples} samples, but a clip has {self.length_samples}. Choose "
                f"num_frames={smallest}, more num_bins, or shorter clips; 0 chooses it."
            )

    @property
    def fft_length(self) -> int:
        """Points of the Fourier transform, and samples of a frame."""
        return 2 * self.num_bins

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return int(self.fft_length * (1.0 - self.overlap))

    @property
    def padded_length_samples(self) -> int:
        """Samples that the frames cover together."""
        return self.hop_samples * (self.num_frames - 1) + self.fft_length

    @property
    def frames_needed(self) -> int:
        """Frames that would cover the clip, at least 2; no power of two in general."""
        return max(2, 1 + math.ceil((self.length_samples - self.fft_length) / self.hop_samples))

    @property
    def pad_samples(self) -> int:
        """Samples of silence before the clip; there are none after it."""
        return self.padded_length_samples - self.length_samples


def check_power_of_two(name, value):
    """Raises ValueError, naming the nearest valid number, unless `value` is a power of two of at least 2."""
    if value < 2 or value & (value - 1):
        nearest = 2 ** max(1, round(math.log2(max(value, 2))))
        raise ValueError(
            f"`{name}` must be a power of two, so that the generator can halve it. "
            f"Received: {name}={value}. Nearest valid: {nearest}."
        )


def spectra_from_audio(audio, grid):
    """Returns short-time spectra without the bin that the grid leaves out.

    Args:
        audio: [batch, length_samples] float32.
        grid: FrameGrid.

    Returns:
        [batch, num_frames, num_bins] complex64. Without DC bin 0 is the first above it, and the last is the Nyquist
        frequency; without that, bin 0 is DC.
    """
    padded = tf.pad(audio, [[0, 0], [grid.pad_samples, 0]])
    spectra = tf.signal.stft(
        padded, grid.fft_length, grid.hop_samples, grid.fft_length, tf.signal.hann_window
    )
    return spectra[:, :, 1:] if grid.left_out_bin == "dc" else spectra[:, :, :-1]


def audio_from_spectra(spectra, grid):
    """Returns the audio of `spectra_from_audio`, up to the lost bin: overlap-add with the matching inverse window.

    Args:
        spectra: [batch, num_frames, num_bins] complex64.
        grid: FrameGrid.

    Returns:
        [batch, length_samples] float32.
    """
    sides = [1, 0] if grid.left_out_bin == "dc" else [0, 1]
    complete = tf.pad(spectra, [[0, 0], [0, 0], sides])
    window = tf.signal.inverse_stft_window_fn(grid.hop_samples, tf.signal.hann_window)
    audio = tf.signal.inverse_stft(complete, grid.fft_length, grid.hop_samples, grid.fft_length, window)
    return audio[:, grid.pad_samples :]


def log_magnitude(spectra):
    """Returns ln(|X| + 1e-6) of complex `spectra`, in the same shape, float32."""
    return tf.math.log(tf.abs(spectra) + LOG_FLOOR)


def phase(spectra):
    """Returns the angle of complex `spectra` in radians, in (-pi, pi]; atan2 is four times faster than angle here."""
    return tf.math.atan2(tf.math.imag(spectra), tf.math.real(spectra))


def unwrap(phases):
    """Returns `phases` with whole turns added, so that no step along time exceeds half a turn.

    Args:
        phases: [batch, frames, bins] float, radians.

    Returns:
        The same shape; equal to numpy.unwrap along axis 1.
    """
    steps = phases[:, 1:] - phases[:, :-1]
    wrapped = tf.math.floormod(steps + math.pi, 2.0 * math.pi) - math.pi
    # A step of exactly half a turn keeps its sign, as in numpy.unwrap.
    wrapped = tf.where((wrapped == -math.pi) & (steps > 0), tf.constant(math.pi, phases.dtype), wrapped)
    corrections = tf.cumsum(wrapped - steps, axis=1)
    return phases + tf.pad(corrections, [[0, 0], [1, 0], [0, 0]])


def instantaneous_frequency(phases):
    """Returns the phase advance per frame, wrapped to half a turn.

    Args:
        phases: [batch, frames, bins] float, radians, wrapped or not.

    Returns:
        [batch, frames, bins] float, in units of pi radians per frame, in [-1, 1] from frame 1 on. Frame 0 holds the
        phase itself, so that a running sum over frames restores it.

    Raises:
        ValueError: If `phases` has fewer than two frames.

    Source: Engel et al., GANSynth, ICLR 2019, section 2.1.
    """
    if phases.shape[1] is not None and phases.shape[1] < 2:
        raise ValueError(
            f"Instantaneous frequency needs at least two frames. Received shape: {phases.shape}."
        )
    unwrapped = unwrap(phases)
    steps = unwrapped[:, 1:] - unwrapped[:, :-1]
    return tf.concat([unwrapped[:, :1], steps], axis=1) / math.pi


def phase_from_instantaneous_frequency(frequencies):
    """Returns the unwrapped phase in radians: the running sum over frames of `frequencies` [batch, frames, bins]."""
    return tf.cumsum(frequencies * math.pi, axis=1)


def spectra_from_polar(magnitudes, phases):
    """Returns complex64 spectra of `magnitudes` and `phases` (radians), two float32 tensors of one shape."""
    return tf.complex(magnitudes * tf.cos(phases), magnitudes * tf.sin(phases))
