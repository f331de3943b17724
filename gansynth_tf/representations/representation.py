"""What every representation is."""

from gansynth_tf.representations import normalization


class Representation:
    """Takes clips to what the networks see, and back; a kind of it adds `to_data`, `to_audio` and what is its own.

    Args:
        sample_rate: In hertz.
        length_samples: Samples of a clip.

    Attributes:
        shape: (frames, bins, channels) of a clip's data.
        data_version: Raised when `to_data` gives other data, so that cached ones of older code are not taken for these.
        channel_counts: The numbers of audio channels that it can take.
        channel_names: What each channel of the data is, in words.
        channel_weights: Share of the networks' range for each channel.
        least_snr_db, most_distance_db: What a clip of the embedded sets keeps there and back, with default options: its
            level above that of the error at least, and the distance of its spectrum at most. Minus infinity says that
            the waveform is another. The exam in tests/conformance holds every representation to its own.
        original_constants: (scale, offset) of the released GANSynth program, or None where it has no such data.

    Raises:
        ValueError: If the sample rate is not positive.
    """

    how_to_run: frozenset[str] = frozenset()
    channel_counts: tuple[int, ...] = (1,)
    channel_weights: tuple[float, ...] = (1.0,)
    original_constants: tuple | None = None

    def __init__(self, sample_rate: int, length_samples: int):
        if sample_rate <= 0:
            raise ValueError(f"`sample_rate` must be positive. Received: sample_rate={sample_rate}.")
        self.sample_rate = sample_rate
        self.length_samples = length_samples

    def fitted_constants(self, data):
        """Returns (scale, offset), each [channels] float64, that take the extremes of all clips to the margins.

        Args:
            data: [num, frames, bins, channels] of `to_data`; may be a memory map, it is read in pieces.
        """
        return normalization.fitted_constants(data, self.channel_weights)
