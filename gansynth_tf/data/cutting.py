"""How recordings become clips, in one place for every set of recordings."""

import dataclasses
import math
from typing import Literal

import numpy as np

LengthPolicy = Literal["pad_or_cut", "slices"]


@dataclasses.dataclass(frozen=True)
class Cutting:
    """The rule by which a recording becomes clips.

    Args:
        sample_rate: Of the clips, hertz.
        length_samples: Of a clip.
        num_channels: 1 mixes all channels, 2 keeps stereo.
        length_policy: "pad_or_cut" makes one clip of a recording, "slices" as many as fit.
        min_seconds: Shorter recordings, and shorter ends of sliced ones, are left out.
        max_clips: The most clips of a sliced recording; 0 for all.
        silence_db: A clip whose peak is below this level, relative to full scale, is left out.

    Raises:
        ValueError: If a value is out of range.
    """

    sample_rate: int
    length_samples: int
    num_channels: int = 1
    length_policy: LengthPolicy = "pad_or_cut"
    min_seconds: float = 0.1
    max_clips: int = 0
    silence_db: float = -60.0

    def __post_init__(self):
        if self.sample_rate < 1 or self.length_samples < 1:
            raise ValueError(
                "`sample_rate` and `length_samples` must be at least 1. "
                f"Received: {self.sample_rate}, {self.length_samples}."
            )
        if self.num_channels not in (1, 2):
            raise ValueError(f"`num_channels` must be 1 or 2. Received: num_channels={self.num_channels}.")
        if min(self.min_seconds, self.max_clips) < 0:
            raise ValueError(
                "`min_seconds` and the most clips of a file must not be negative. "
                f"Received: {self.min_seconds}, {self.max_clips}."
            )

    def clip_frames(self, recording_rate: int) -> float:
        """Returns the frames of a clip at the rate of a recording; a fraction where the rates do not divide."""
        return self.length_samples * recording_rate / self.sample_rate

    def starts(self, num_frames: int, recording_rate: int) -> list[int]:
        """Returns the first frame of each clip of a recording, or [] if it is too short."""
        if num_frames / recording_rate < self.min_seconds:
            return []
        if self.length_policy == "pad_or_cut":
            return [0]
        clip_frames = self.clip_frames(recording_rate)
        num_whole = int(num_frames / clip_frames)
        rest_seconds = (num_frames - num_whole * clip_frames) / recording_rate
        num_clips = num_whole + (rest_seconds > 0 and rest_seconds >= self.min_seconds)
        num_clips = max(1, min(num_clips, self.max_clips or num_clips))
        return [round(i * clip_frames) for i in range(num_clips)]

    def peaks(self, blocks, starts: list[int], recording_rate: int) -> list[float]:
        """Returns the largest magnitude in each clip of a recording; takes all of its samples, so that damage is found.

        Args:
            blocks: Function of a number of frames that yields float32 blocks of so many.
            starts: From `starts`.
            recording_rate: Of the recording, hertz.
        """
        clip_frames = self.clip_frames(recording_rate)
        peaks = [0.0] * len(starts)
        # Blocks of clips, in the end rounded like the starts; a block's border may be a frame off, which no peak minds.
        block_frames = max(1, round(clip_frames))
        position = 0
        for block in blocks(block_frames):
            i = min(len(starts) - 1, int((position + block_frames / 2) / clip_frames))
            if position < starts[-1] + clip_frames:
                peaks[i] = max(peaks[i], float(np.abs(block).max()))
            position += len(block)
        return peaks

    @property
    def silence_peak(self) -> float:
        """The peak below which a clip is silent, full scale being 1."""
        return 10.0 ** (self.silence_db / 20.0)

    def num_samples(self, num_frames: int, recording_rate: int) -> int:
        """Returns how long a recording is at the clips' rate."""
        return math.ceil(num_frames * self.sample_rate / recording_rate)
