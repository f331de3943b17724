"""Clips as they are: the first samples of the waveform."""

from typing import Any

import numpy as np

from gansynth_tf.evaluation.features.space import Space, check_clips, fitted


class WaveformSpace(Space):
    """The first samples of a clip as `waveform` [batch, samples], full scale 1; silence after a shorter clip.

    Two clips that sound alike and start a millisecond apart are far from each other here. The space serves comparisons
    with tables that were measured in it.

    Args:
        sample_rate: In hertz.
        length_samples: Length of a clip.
        num_samples: Samples taken of each.

    Raises:
        ValueError: If no sample is taken.
    """

    key = "waveform"
    names = ("waveform",)

    def __init__(self, sample_rate: int, length_samples: int, *, num_samples: int = 16384):
        if num_samples < 1:
            raise ValueError(f"`num_samples` must be at least 1. Received: {num_samples}.")
        super().__init__(sample_rate, length_samples)
        self.num_samples = num_samples

    def facts(self) -> dict[str, Any]:
        """Returns the samples taken."""
        return {"num_samples": self.num_samples}

    def of(self, audio) -> dict[str, np.ndarray]:
        """Returns {"waveform": [batch, num_samples] float32} of clips [batch, length_samples]."""
        return {"waveform": fitted(check_clips(audio, self.length_samples), self.num_samples)}
