"""Frames of a clip with all their bins, DC and the Nyquist frequency included, and the audio that fits them best."""

import dataclasses
import functools
import math

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import spectral

# Share of the largest sum of squared windows below which samples fade out instead of being restored: at an edge that
# only the rim of one window sees, errors of the spectra would be divided by next to nothing.
LEAST_WINDOW = 0.1


@dataclasses.dataclass(frozen=True)
class Frames:
    """Where the frames of a clip lie.

    Attributes:
        length_samples: Samples of a clip.
        frame_length: Samples of a frame and points of its Fourier transform, even; the window is a periodic Hann.
        hop_samples: Samples from one frame to the next, at most half a frame.
        num_frames: Frames in all.
        pad_samples: Samples of silence before the clip; after it comes what the frames still cover.

    Raises:
        ValueError: If the frames do not cover the clip, or a size is out of range.
    """

    length_samples: int
    frame_length: int
    hop_samples: int
    num_frames: int
    pad_samples: int

    def __post_init__(self):
        """Refuses frames that could not hold the clip."""
        if self.length_samples < 1 or self.num_frames < 1 or self.pad_samples < 0:
            raise ValueError(
                "Expected length_samples >= 1, num_frames >= 1 and pad_samples >= 0. "
                f"Received: {self.length_samples}, {self.num_frames}, {self.pad_samples}."
            )
        if self.frame_length < 2 or self.frame_length % 2:
            raise ValueError(
                f"`frame_length` must be even. Received: frame_length={self.frame_length}. "
                f"Nearest valid: {max(2, self.frame_length + 1)}."
            )
        if not 1 <= self.hop_samples <= self.frame_length // 2:
            raise ValueError(
                f"`hop_samples` must lie between 1 and half a frame, {self.frame_length // 2}, so that every sample is "
                f"seen twice. Received: hop_samples={self.hop_samples}."
            )
        if self.end_samples < 0:
            raise ValueError(
                f"{self.num_frames} frames of {self.frame_length} samples, {self.hop_samples} apart, cover "
                f"{self.covered_samples} samples, but silence and clip have "
                f"{self.pad_samples + self.length_samples}. Choose more frames, or a longer hop."
            )

    @property
    def num_bins(self) -> int:
        """Frequency bins from DC to the Nyquist frequency."""
        return self.frame_length // 2 + 1

    @property
    def covered_samples(self) -> int:
        """Samples that the frames cover together."""
        return self.hop_samples * (self.num_frames - 1) + self.frame_length

    @property
    def end_samples(self) -> int:
        """Samples of silence after the clip."""
        return self.covered_samples - self.pad_samples - self.length_samples


def halvable_frames(length_samples, num_frames, num_bins, overlap):
    """Returns Frames that are a power of two, so that networks can halve them.

    The last frame begins a hop before the clip's end and reaches beyond it. Where the clip needs fewer frames, silence
    in front fills them up.

    Args:
        length_samples: Samples of a clip.
        num_frames: Frames in all, a power of two; 0 means as few as hold the clip.
        num_bins: Bins above DC, a power of two; a frame has twice as many samples.
        overlap: Share of a frame that the next one repeats, in [0.5, 1).

    Raises:
        ValueError: If a number is no power of two or out of range, or the frames do not cover the clip.
    """
    spectral.check_power_of_two("num_bins", num_bins)
    if not 0.5 <= overlap < 1.0 or int(2 * num_bins * (1.0 - overlap)) < 1:
        raise ValueError(
            "`overlap` must lie in [0.5, 1), and frames at least a sample apart. "
            f"Received: overlap={overlap}, num_bins={num_bins}."
        )
    if length_samples < 1:
        raise ValueError(f"A clip must have samples. Received: length_samples={length_samples}.")
    hop_samples = int(2 * num_bins * (1.0 - overlap))
    smallest = max(2, 2 ** (math.ceil(length_samples / hop_samples) - 1).bit_length())
    num_frames = num_frames or smallest
    spectral.check_power_of_two("num_frames", num_frames)
    if num_frames < smallest:
        raise ValueError(
            f"{num_frames} frames, {hop_samples} samples apart, cover {num_frames * hop_samples} samples, but a clip "
            f"has {length_samples}. Choose num_frames={smallest}, more num_bins, or shorter clips; 0 chooses it."
        )
    pad_samples = num_frames * hop_samples - length_samples
    return Frames(length_samples, 2 * num_bins, hop_samples, num_frames, pad_samples)


def spectra_from_audio(audio, frames):
    """Returns the short-time spectra of `audio`.

    Args:
        audio: [batch, length_samples] float32.
        frames: Frames.

    Returns:
        [batch, num_frames, num_bins] complex64.
    """
    padded = tf.pad(audio, [[0, 0], [frames.pad_samples, frames.end_samples]])
    cut = tf.signal.frame(padded, frames.frame_length, frames.hop_samples)
    return tf.signal.rfft(cut * _window(frames.frame_length))


def audio_from_spectra(spectra, frames):
    """Returns the audio whose spectra are closest to `spectra` (least squares), faded where hardly any window reaches.

    Args:
        spectra: [batch, num_frames, num_bins] complex64, of any audio or of none.
        frames: Frames.

    Returns:
        [batch, length_samples] float32.

    Source: Griffin and Lim, Signal estimation from modified short-time Fourier transform, 1984, equation 6.
    """
    cut = tf.signal.irfft(spectra, [frames.frame_length]) * _window(frames.frame_length)
    inside = slice(frames.pad_samples, frames.pad_samples + frames.length_samples)
    return tf.signal.overlap_and_add(cut, frames.hop_samples)[:, inside] * _inverse_weights(frames)[inside]


@functools.lru_cache(maxsize=32)
def _window(frame_length):
    """Returns the periodic Hann window, [frame_length] float32."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frame_length) / frame_length)).astype(np.float32)


@functools.lru_cache(maxsize=32)
def _inverse_weights(frames):
    """Returns one over the sum of the squared windows at each sample that the frames cover, float32."""
    squares = np.square(_window(frames.frame_length), dtype=np.float64)
    sums = np.zeros(frames.covered_samples)
    for frame in range(frames.num_frames):
        start = frame * frames.hop_samples
        sums[start : start + frames.frame_length] += squares
    return (1.0 / np.maximum(sums, LEAST_WINDOW * sums.max())).astype(np.float32)
