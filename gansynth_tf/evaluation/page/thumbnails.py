"""The pictures of a page's clips: bare spectrograms, in the size at which a page shows them."""

import os

import numpy as np
from matplotlib.image import imsave

from gansynth_tf.audio import pictures

# Three to two, sharp at half the width of a telephone.
WIDTH, HEIGHT = 360, 240


def save_thumbnail(path: str | os.PathLike, audio: np.ndarray, sample_rate: int) -> None:
    """Writes the spectrogram of a clip as a PNG file without axes: the same bytes for the same clip.

    Args:
        path: The file.
        audio: [length_samples] float, full scale 1. What is not finite is drawn as silence.
        sample_rate: In hertz.
    """
    image = pictures.spectrogram_image(audio, sample_rate)
    rows = np.arange(HEIGHT) * len(image) // HEIGHT
    columns = np.arange(WIDTH) * image.shape[1] // WIDTH
    pixels = np.ascontiguousarray(image[rows][:, columns])
    imsave(path, pixels, metadata={"Software": ""})
