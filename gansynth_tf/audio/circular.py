"""Short-time spectra of a clip whose end is joined to its beginning: every sample in equally many frames, none faded.

All functions take and return TensorFlow tensors, batched, and run in eager code, in tf.data pipelines and in compiled
graphs.
"""

import dataclasses

import tensorflow as tf

from gansynth_tf.audio import spectral


@dataclasses.dataclass(frozen=True)
class CircularGrid(spectral.FrameGrid):
    """The frames of a clip that is a circle: one begins at every hop, and the last ones reach around.

    With at least a frame less a hop of silence before the clip, no frame holds both its end and its beginning.
    """

    @property
    def padded_length_samples(self) -> int:
        """Samples of the circle: the hops of all frames."""
        return self.hop_samples * self.num_frames

    @property
    def frames_needed(self) -> int:
        """Frames whose hops cover the clip, at least 2; no power of two in general."""
        return max(2, -(-self.length_samples // self.hop_samples))

    @property
    def num_wrapped_samples(self) -> int:
        """Samples of the last frames that lie beyond the end of the circle."""
        return self.fft_length - self.hop_samples


def spectra_from_audio(audio, grid):
    """Returns short-time spectra with DC and the Nyquist frequency.

    Args:
        audio: [batch, length_samples] float32.
        grid: CircularGrid.

    Returns:
        [batch, num_frames, num_bins + 1] complex64.
    """
    padded = tf.pad(audio, [[0, 0], [grid.pad_samples, 0]])
    # Few frames of much overlap reach around more than once.
    num_rounds = 1 - (-grid.num_wrapped_samples // grid.padded_length_samples)
    unrolled = tf.tile(padded, [1, num_rounds])[:, : grid.padded_length_samples + grid.num_wrapped_samples]
    return tf.signal.stft(unrolled, grid.fft_length, grid.hop_samples, grid.fft_length, tf.signal.hann_window)


def audio_from_spectra(spectra, grid):
    """Returns the audio of `spectra_from_audio`, exactly; of other spectra the audio nearest to them.

    Args:
        spectra: [batch, num_frames, num_bins + 1] complex64.
        grid: CircularGrid.

    Returns:
        [batch, length_samples] float32.
    """
    window = tf.signal.inverse_stft_window_fn(grid.hop_samples, tf.signal.hann_window)
    unrolled = tf.signal.inverse_stft(spectra, grid.fft_length, grid.hop_samples, grid.fft_length, window)
    rest = -grid.num_wrapped_samples % grid.padded_length_samples
    rounds = tf.reshape(
        tf.pad(unrolled, [[0, 0], [0, rest]]),
        [tf.shape(unrolled)[0], -1, grid.padded_length_samples],
    )
    return tf.reduce_sum(rounds, axis=1)[:, grid.pad_samples :]
