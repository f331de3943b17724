"""Computing the data of clips and writing them to shards, in one process."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gansynth_tf.data.cache_shards import ShardFolder, ShardWriter
from gansynth_tf.data.folder_listing import shown
from gansynth_tf.options import WorkFailed

# Clips are converted so many at a time, always: the function is traced once, and a clip's data do not depend on
# which clips are converted with it.
BATCH_SIZE = 32
# What TensorFlow reports of an error in Python, and the library's own errors in it.
_OWN_ERROR = re.compile(r"(?:AudioFileError|UserError): (.+)")
_MOST_CHARACTERS = 160


@dataclasses.dataclass(frozen=True)
class Work:
    """Whose clips become what, and where they go.

    Args:
        dataset: Has `clips(split, indices)` and `sources(split)`.
        split: Name of the split.
        representation: Has `to_data` and `shape`.
        path: Folder of the shards; exists.
    """

    dataset: Any
    split: str
    representation: Any
    path: Path


class Builder:
    """Makes the data of clips.

    Args:
        work: What is to be made.
        count: Called with the number of clips that were made since the last call; an exception that it raises ends
            the work.
    """

    def __init__(self, work: Work, count: Callable[[int], None]):
        self._work = work
        self._count = count
        self._shards = ShardFolder(work.path, work.representation.shape)
        self._to_data = tf.function(work.representation.to_data)

    def build(self, indices: np.ndarray, addresses: Sequence[bytes]) -> None:
        """Makes the data of some clips. However it ends, what was made is written.

        Args:
            indices: Numbers of the clips, increasing.
            addresses: Their addresses.

        Raises:
            WorkFailed: If a clip cannot be read, data are not finite or the disk is full.
            ValueError: If the dataset gives other clips than asked for.
        """
        writer = ShardWriter(self._shards)
        num_done = 0
        try:
            for audio in self._audio(indices):
                images = self._images(audio)
                self._refuse_wrong(images, indices[num_done : num_done + len(images)])
                writer.add(addresses[num_done : num_done + len(images)], images)
                num_done += len(images)
                self._count(len(images))
        finally:
            writer.flush()
        if num_done != len(indices):
            raise ValueError(f"The dataset was asked for {len(indices)} clips, but gave {num_done}.")

    def _audio(self, indices):
        """Yields the clips in batches, float32 [at most BATCH_SIZE, length_samples]."""
        num_read = 0
        try:
            for audio in self._clips(indices).batch(BATCH_SIZE).prefetch(2).as_numpy_iterator():
                yield audio
                num_read += len(audio)
        # TensorFlow's own messages may hold bytes that are no text, of which Python makes an error of its own.
        except (tf.errors.OpError, UnicodeDecodeError) as error:
            raise WorkFailed(self._why_unreadable(indices[num_read:])) from error

    def _clips(self, indices):
        return self._work.dataset.clips(self._work.split, indices)

    def _why_unreadable(self, indices):
        """Returns which of some clips cannot be read, and why; the first of them is soon among them."""
        sources = self._work.dataset.sources(self._work.split)
        for index in indices:
            try:
                next(self._clips(np.array([index])).as_numpy_iterator())
            except tf.errors.OpError as error:
                reason = _reason(str(error.message))
            except UnicodeDecodeError:
                reason = "it is damaged"
            else:
                continue
            return (
                f"{shown(sources[index].name)} (clip {index} of the split {self._work.split!r}, counted from 0) could "
                f"not be read: {reason}. It could when the data set was first read: mend it or take it away, and start "
                "again."
            )
        return f"A clip of the split {self._work.split!r} could not be read, but can be now. Start again."

    def _images(self, audio):
        """Returns the data of audio [at most BATCH_SIZE, ...], float32."""
        padded = np.zeros([BATCH_SIZE, *audio.shape[1:]], np.float32)
        padded[: len(audio)] = audio
        # On the processor wherever there is one: processes beside this one leave the GPU alone, and a clip must not
        # have other data there.
        with tf.device("/CPU:0"):
            return self._to_data(tf.constant(padded)).numpy()[: len(audio)]

    def _refuse_wrong(self, images, indices):
        """Raises if a batch of data has the wrong shape, is too large or is not finite."""
        if images.shape[1:] != self._shards.data_shape or images.dtype != np.float32:
            raise ValueError(
                f"Expected float32 data of shape {self._shards.data_shape}. "
                f"Received: {images.dtype} of shape {images.shape[1:]}."
            )
        if len(images) > len(indices):
            raise ValueError("The dataset gave more clips than it was asked for.")
        finite = np.isfinite(images).reshape(len(images), -1).all(axis=1)
        if not finite.all():
            number = int(indices[np.argmin(finite)])
            name = self._work.dataset.sources(self._work.split)[number].name
            raise WorkFailed(
                f"{name} (clip {number} of the split {self._work.split!r}, counted from 0) becomes data that are not "
                "finite. The recording holds values that no sound has: remove it from the dataset."
            )


def _reason(message):
    """Returns the part of TensorFlow's message that tells what happened."""
    own = _OWN_ERROR.search(message)
    line = own[1] if own else message.strip().splitlines()[0]
    return shown(line.strip().rstrip("."))[-_MOST_CHARACTERS:]
