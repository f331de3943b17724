"""The log-mel features that WaveGAN's nearest-neighbour distances are measured in."""

from typing import Any

import numpy as np
import tensorflow as tf

from gansynth_tf.evaluation.features.space import Space, check_clips, fitted

NUM_SAMPLES = 16384
FRAME_LENGTH, FRAME_STEP = 2048, 128
NUM_MEL_BINS = 128
LOWER_HZ, UPPER_HZ = 40.0, 7800.0
LOG_FLOOR = 1e-6
# The upper edge of the highest band as a share of the sample rate, where 7800 Hz are not there.
_UPPER_SHARE = UPPER_HZ / 16000.0
_INT16_SCALE = 32768.0
# Magnitude of a band in units of 16-bit numbers. Dither of triangular density, or what is cut off below the last bit,
# is white noise with a deviation of half a step: a band of the widest, 19 bins, gives it 230. A sine of full scale has
# 16.8 million, 84 dB more than this.
_AUDIBLE = 1000.0


class LogMelSpace(Space):
    """ln(mel magnitude + 1e-6) of a clip's first 16,384 samples, as `log_mel` [batch, 128 frames, 128 bands].

    Magnitudes of a periodic Hann window of 2,048 samples every 128, silence after the clip, in 128 HTK mel bands from
    40 to 7,800 Hz. The original's files are 16-bit and it takes their numbers as they are: full scale is 32,768, and a
    silent clip stays at ln(1e-6). So does this, rounded as such a file is, unless it is told otherwise.

    Below 16 kHz the bands end at the same share of the sample rate: such distances compare among themselves only.

    Args:
        sample_rate: In hertz; 16,000 in the original.
        length_samples: Length of a clip.
        int16_scale: Measure 16-bit numbers. False measures clips of full scale 1, where silence is far less far away.

    Source: Donahue et al., Adversarial Audio Synthesis, ICLR 2019, section 5.2, and its released program.
    """

    key = "log_mel"
    names = ("log_mel",)

    def __init__(self, sample_rate: int, length_samples: int, *, int16_scale: bool = True):
        super().__init__(sample_rate, length_samples)
        self.int16_scale = int16_scale
        self.audible_from = float(np.log(_AUDIBLE if int16_scale else _AUDIBLE / _INT16_SCALE))
        self.upper_hz = min(UPPER_HZ, _UPPER_SHARE * sample_rate)
        self._run = tf.function(
            self._log_mel, input_signature=[tf.TensorSpec([None, NUM_SAMPLES], tf.float32)]
        )

    def facts(self) -> dict[str, Any]:
        """Returns the sizes of windows and bands, their edges and the scale."""
        return {
            "num_samples": NUM_SAMPLES,
            "frame_length": FRAME_LENGTH,
            "frame_step": FRAME_STEP,
            "num_mel_bins": NUM_MEL_BINS,
            "lower_hz": LOWER_HZ,
            "upper_hz": self.upper_hz,
            "log_floor": LOG_FLOOR,
            "int16_scale": self.int16_scale,
        }

    def of(self, audio) -> dict[str, np.ndarray]:
        """Returns {"log_mel": [batch, 128, 128] float32} of clips [batch, length_samples] float32, full scale 1."""
        audio = fitted(check_clips(audio, self.length_samples), NUM_SAMPLES)
        if self.int16_scale:
            audio = np.clip(np.round(audio * _INT16_SCALE), -_INT16_SCALE, _INT16_SCALE - 1)
        return {"log_mel": self._run(tf.constant(audio)).numpy()}

    def _log_mel(self, audio):
        spectra = tf.signal.stft(audio, FRAME_LENGTH, FRAME_STEP, pad_end=True)
        matrix = tf.signal.linear_to_mel_weight_matrix(
            NUM_MEL_BINS, FRAME_LENGTH // 2 + 1, self.sample_rate, LOWER_HZ, self.upper_hz
        )
        return tf.math.log(tf.matmul(tf.abs(spectra), matrix) + LOG_FLOOR)
