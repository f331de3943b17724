"""`waveform`: the clip's samples themselves, between two stretches of silence."""

import math

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import spectral
from gansynth_tf.representations.representation import Representation


class Waveform(Representation):
    """Samples as time frames of one bin and one channel, exact in both directions.

    Silence is put on both sides, so that networks can halve the clip down to a few samples: equally, and the odd
    sample in front. The original's `wave` data take 64,000 samples to 65,536 in this way. Audio lies in [-1, 1]
    already, the range of a tanh: nothing is fitted, and a quiet data set stays quiet. The original gives these data the
    constants of its spectra.

    Args:
        sample_rate: In hertz.
        length_samples: Samples of a clip.
        padded_samples: Samples of the data, a power of two; 0 means the next one from `length_samples` on.

    Raises:
        ValueError: If the sample rate is not positive, or `padded_samples` is no power of two or has no room for the
            clip.

    Source: Donahue et al., Adversarial Audio Synthesis, ICLR 2019 (WaveGAN); padding as in the released GANSynth
    program. Round trip: exact to the bit.
    """

    data_version = 1
    channel_names = ("samples",)
    least_snr_db = math.inf
    most_distance_db = 0.0

    def __init__(self, sample_rate: int, length_samples: int, *, padded_samples: int = 0):
        super().__init__(sample_rate, length_samples)
        if length_samples < 1:
            raise ValueError(f"A clip must have samples. Received: length_samples={length_samples}.")
        smallest = max(2, 2 ** (length_samples - 1).bit_length())
        padded_samples = padded_samples or smallest
        spectral.check_power_of_two("padded_samples", padded_samples)
        if padded_samples < length_samples:
            raise ValueError(
                f"`padded_samples` must be at least the {length_samples} samples of a clip. "
                f"Received: padded_samples={padded_samples}. Smallest valid: {smallest}; 0 chooses it."
            )
        self.shape = (padded_samples, 1, 1)
        self._after = (padded_samples - length_samples) // 2
        self._before = padded_samples - length_samples - self._after

    def to_data(self, audio):
        """Returns `audio` [batch, length_samples] float32 with silence around it, [batch, padded samples, 1, 1]."""
        padded = tf.pad(audio, [[0, 0], [self._before, self._after]])
        return padded[:, :, tf.newaxis, tf.newaxis]

    def to_audio(self, data):
        """Returns the clip in the middle of `data` [batch, padded samples, 1, 1]: [batch, length_samples] float32."""
        return data[:, self._before : self._before + self.length_samples, 0, 0]

    def fitted_constants(self, data):
        """Returns (scale, offset), each [1] float64, that leave data as they are.

        Args:
            data: [num, padded samples, 1, 1]; not looked at.
        """
        return np.ones(1), np.zeros(1)
