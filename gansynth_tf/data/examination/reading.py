"""Reads all clips of a dataset as training would, and measures them while they pass."""

import collections
import concurrent.futures
import dataclasses
import os
import re
from collections.abc import Callable, Iterator

import numpy as np
import soundfile
import tensorflow as tf

from gansynth_tf.data.examination.measurements import (
    ClipMeasures,
    measure_clip,
    num_clipped_samples,
    num_used_bits,
)
from gansynth_tf.data.sources import Source

Progress = Callable[[int, int], None]

_BATCH_CLIPS = 32
# Codings that hold values beyond full scale, or turn into them when they are decoded.
_UNBOUNDED = ("FLOAT", "DOUBLE", "MPEG", "VORBIS", "OPUS")


@dataclasses.dataclass(frozen=True)
class Original:
    """What a clip's stretch of its recording was before it was mixed, resampled and scaled.

    Args:
        peak: Largest magnitude in any channel; 1 is full scale.
        num_clipped: Samples in runs at a rail, over all channels.
        num_bits: Of 16, those that the samples use.
    """

    peak: float
    num_clipped: int
    num_bits: int


@dataclasses.dataclass(frozen=True)
class ExaminedClip:
    """One clip and all that is known of it.

    Args:
        split: Its split.
        index: Its place in the split.
        source: Where it comes from.
        classes: [num_labels] class numbers, -1 where it has none.
        padding: Share of the clip that is silence after the end of the recording.
        measures: None if it cannot be read.
        original: None if the clip holds the recording's own samples, or the recording is no file.
        failure: Why it cannot be read; "" if it can.
    """

    split: str
    index: int
    source: Source
    classes: tuple[int, ...]
    padding: float
    measures: ClipMeasures | None
    original: Original | None = None
    failure: str = ""

    @property
    def name(self) -> str:
        """The recording, and where in it the clip begins if that is not its start."""
        start = self.source.start_seconds
        return f"{self.source.name} at {start:.2f} s" if start > 0 else self.source.name


def examined_clips(dataset, progress: Progress | None = None, num_threads: int = 2) -> list[ExaminedClip]:
    """Returns all clips of a dataset, split by split, in the order of their rows.

    Args:
        dataset: Of the catalogue.
        progress: Called as progress(clips done, clips in all).
        num_threads: Threads that measure, beside those of the dataset that read.
    """
    counts = {split: len(dataset.rows(split)) for split in dataset.splits}
    examined: list[ExaminedClip] = []
    with concurrent.futures.ThreadPoolExecutor(num_threads) as pool:
        waiting: collections.deque = collections.deque()
        for job in _jobs(dataset, counts):
            waiting.append(pool.submit(_examine_batch, dataset, *job))
            while len(waiting) > 2 * num_threads:
                examined += waiting.popleft().result()
                if progress:
                    progress(len(examined), sum(counts.values()))
        while waiting:
            examined += waiting.popleft().result()
            if progress:
                progress(len(examined), sum(counts.values()))
    return examined


def _jobs(dataset, counts):
    """Yields (split, first index, audio [clips, ...] or why it could not be read, sources, rows) of a batch."""
    for split, count in counts.items():
        sources, rows = dataset.sources(split), dataset.rows(split)
        done = 0
        for audio in _batches(dataset, split, count):
            stop = done + (1 if isinstance(audio, str) else len(audio))
            yield split, done, audio, sources[done:stop], rows[done:stop]
            done = stop


def _batches(dataset, split, count) -> Iterator[np.ndarray | str]:
    """Yields the clips of a split in batches; of a clip that cannot be read, the reason instead of a batch of one."""
    done = 0
    while done < count:
        clips = dataset.clips(split) if not done else dataset.clips(split, np.arange(done, count))
        try:
            for audio in clips.batch(_BATCH_CLIPS).prefetch(2).as_numpy_iterator():
                done += len(audio)
                yield audio
            return
        except tf.errors.OpError:
            # One of the batch; which one, reading them singly tells.
            for index in range(done, min(done + _BATCH_CLIPS, count)):
                yield _single(dataset, split, index)
            done = min(done + _BATCH_CLIPS, count)


def _single(dataset, split, index):
    try:
        return next(dataset.clips(split, np.array([index])).batch(1).as_numpy_iterator())
    except tf.errors.OpError as error:
        # What follows the first line, and what stands before the last step of the input pipeline, is TensorFlow's.
        first = next((line for line in error.message.splitlines() if line.strip()), type(error).__name__)
        return re.sub(r"^(\{\{.*?\}\} )?(.*Iterator::\S+: )?", "", first)


def _examine_batch(dataset, split, first, audio, sources, rows):
    """Returns the examined clips of one job."""
    if isinstance(audio, str):
        return [ExaminedClip(split, first, sources[0], tuple(map(int, rows[0])), 0.0, None, None, audio)]
    length, rate = dataset.length_samples, dataset.sample_rate
    examined = []
    for i, (clip, source, row) in enumerate(zip(audio, sources, rows, strict=True)):
        sounding = min(length, round((source.seconds - source.start_seconds) * rate))
        examined.append(
            ExaminedClip(
                split,
                first + i,
                source,
                tuple(map(int, row)),
                1.0 - max(0, sounding) / length,
                measure_clip(clip, rate, sounding, min(rate, source.sample_rate) / 2),
                _original(source, dataset),
            )
        )
    return examined


def _original(source, dataset):
    """Returns what the recording itself holds, where it is a file and the clip holds other samples."""
    is_same = source.sample_rate == dataset.sample_rate and source.num_channels == dataset.num_channels
    if not source.path or (is_same and not any(coding in source.encoding for coding in _UNBOUNDED)):
        return None
    num_frames = round(dataset.length_samples / dataset.sample_rate * source.sample_rate)
    try:
        with soundfile.SoundFile(os.fsencode(source.path)) as file:
            file.seek(min(round(source.start_seconds * source.sample_rate), file.frames))
            frames = file.read(num_frames, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError):
        return None  # The clip could be read; what it was before is told only where it can be.
    if not frames.size or not np.isfinite(frames).all():
        return None
    return Original(float(np.abs(frames).max()), num_clipped_samples(frames), num_used_bits(frames))
