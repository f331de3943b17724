"""Log magnitudes, pooled until they can be clustered: the space that bins of training clips are drawn in."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from gansynth_tf.audio.spectral import FrameGrid, spectra_from_audio
from gansynth_tf.evaluation.features.space import Space, check_clips

MOST_DIMENSIONS = 2048
_WINDOW_SECONDS = 0.128


class NdbSpace(Space):
    """Means of ln(|X| + floor) over rectangles of frames and bins, as `log_magnitude` [batch, frames * bands].

    |X| is the short-time magnitude that GANSynth's networks see: a Hann window of about 128 ms (a power of two of
    samples), three quarters of it repeated by the next, silence before the clip until the frames are a power of two, no
    DC. Its 131,072 numbers for a clip of 4 s are too many to cluster a few thousand clips in, and the way out of the
    released program of the bins, a sixth of them drawn at random, gives other bins each time: neighbouring ones are
    averaged here instead, in frames first. The numbers of frames and bands stand in the identity.

    Args:
        sample_rate: In hertz.
        length_samples: Length of a clip.
        num_frames: Frames after pooling, at most; a power of two.
        num_bands: Frequency bands after pooling, at most; a power of two. All are equally wide.
        floor: Added to the magnitudes before the logarithm, in units of clips with full scale 1. Higher ones make quiet
            noise count for less.

    Raises:
        ValueError: If a size is no power of two, there are more than 2,048 dimensions, or the floor is not positive.

    Source: Engel et al., GANSynth, ICLR 2019, section 4 (bins in the space of log spectrograms); Richardson and Weiss,
    On GANs and GMMs, 2018. The pooling is our own.
    """

    key = "ndb"
    names = ("log_magnitude",)

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        *,
        num_frames: int = 32,
        num_bands: int = 64,
        floor: float = 1e-6,
    ):
        for name, size in (("num_frames", num_frames), ("num_bands", num_bands)):
            if size < 1 or size & (size - 1):
                raise ValueError(f"`{name}` must be a power of two, to pool evenly. Received: {size}.")
        if num_frames * num_bands > MOST_DIMENSIONS:
            raise ValueError(
                f"Expected at most {MOST_DIMENSIONS} dimensions, since bins mean little in more. "
                f"Received: {num_frames} frames of {num_bands} bands, {num_frames * num_bands}."
            )
        if not 0.0 < floor < math.inf:
            raise ValueError(f"`floor` must be positive. Received: {floor}.")
        super().__init__(sample_rate, length_samples)
        self.floor = floor
        num_bins = 2 ** round(math.log2(_WINDOW_SECONDS * sample_rate / 2))
        self._grid = FrameGrid(length_samples, 0, num_bins)
        self.num_frames = min(num_frames, self._grid.num_frames)
        self.num_bands = min(num_bands, num_bins)
        self._run = tf.function(
            self._pooled, input_signature=[tf.TensorSpec([None, length_samples], tf.float32)]
        )

    def facts(self) -> dict[str, Any]:
        """Returns the frames and bins of the spectra, and what they are pooled to."""
        return {
            "frame_length": self._grid.fft_length,
            "frame_step": self._grid.hop_samples,
            "spectrum": [self._grid.num_frames, self._grid.num_bins],
            "pooling": "mean of ln(magnitude + floor)",
            "pooled": [self.num_frames, self.num_bands],
            "floor": self.floor,
        }

    def of(self, audio) -> dict[str, np.ndarray]:
        """Returns {"log_magnitude": [batch, num_frames * num_bands] float32} of clips [batch, length_samples]."""
        audio = check_clips(audio, self.length_samples)
        return {"log_magnitude": self._run(tf.constant(audio)).numpy()}

    def _pooled(self, audio):
        magnitudes = tf.abs(spectra_from_audio(audio, self._grid))
        rectangle = self._grid.num_frames // self.num_frames, self._grid.num_bins // self.num_bands
        split = [-1, self.num_frames, rectangle[0], self.num_bands, rectangle[1]]
        means = tf.reduce_mean(tf.reshape(tf.math.log(magnitudes + self.floor), split), axis=[2, 4])
        return tf.reshape(means, [-1, self.num_frames * self.num_bands])
