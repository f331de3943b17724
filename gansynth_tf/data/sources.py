"""Where the clips of a dataset come from."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Source:
    """The recording that a clip is cut from.

    Args:
        name: As its users see it: a path inside the folder, or "gtzan/train/17".
        sample_rate: Of the recording itself, hertz.
        num_channels: Of the recording itself.
        encoding: How it is stored, as "WAV PCM_16", "TFDS" or "synthesised".
        start_seconds: Where in the recording the clip begins.
        seconds: Length of the whole recording.
        path: On disk; "" if it is no file of its own.
        group: What must not lie in two splits: a hash of the recording's content, or "" if there is none.
    """

    name: str
    sample_rate: int
    num_channels: int
    encoding: str
    start_seconds: float
    seconds: float
    path: str = ""
    group: str = ""
