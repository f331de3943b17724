"""From a dataset to batches: spectra are computed once into a file, and drawn in an order that needs no state.

Whatever is drawn here is a function of (seed, image count). A run that goes on at image k sees exactly what an
uninterrupted one would have seen from there.
"""

import contextlib
import errno
import fcntl
import functools
import hashlib
import io
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from gansynth_tf.options import UserError, WorkFailed

Progress = Callable[[int, int], None]

# Raised when the layout or the meaning of a cache file changes.
_CACHE_VERSION = 1
# Of the draws of label rows, so that they do not repeat the draws of an epoch's order.
_ROWS_STREAM = 1
_ORDER_STREAM = 0
_BYTES_BETWEEN_SYNCS = 2**26
_POLL_SECONDS = 0.2
_MIB = 2**20


def cached_data(
    dataset,
    split: str,
    to_data: Callable[[tf.Tensor], tf.Tensor],
    data_shape: tuple[int, ...],
    cache_dir: str | os.PathLike,
    fingerprint: str,
    *,
    batch_size: int = 16,
    progress: Progress | None = None,
) -> np.memmap:
    """Returns what the networks see of every clip of a split, from a file that is made at the first call.

    The file appears under its name only when it is whole. A build that was killed goes on where it was; of two
    processes that want the same file one builds it and the other waits.

    Args:
        dataset: Has `rows(split)`, `clips(split)` and `fingerprint()`.
        split: Name of the split.
        to_data: Takes float32 audio [batch_size, length_samples] to [batch_size, *data_shape].
        data_shape: Shape of one image: (frames, bins, channels).
        cache_dir: Folder of the file; made if it is missing.
        fingerprint: Whatever else determines the data: the representation and its options.
        batch_size: Clips that are converted together.
        progress: Called as progress(clips done, clips in all) now and then, from the first to the last clip.

    Returns:
        [num_clips, *data_shape] float32, read-only, in the order of `dataset.rows(split)`.

    Raises:
        UserError: If the split is empty, the disk has too little room (before any work) or gets full, or a clip
            becomes data that is not finite.
    """
    num_clips = len(dataset.rows(split))
    if not num_clips:
        raise UserError(f"The split {split!r} of the dataset has no clips. Nothing can be learnt from it.")
    shape = (num_clips, *data_shape)
    path = Path(cache_dir) / cache_name(dataset, split, data_shape, fingerprint)
    data = _opened(path, shape)
    if data is not None:
        return data
    path.parent.mkdir(parents=True, exist_ok=True)
    report = progress or (lambda done, total: None)
    with _building(path, shape, report):
        data = _opened(path, shape)
        if data is None:
            _build(path, shape, dataset.clips(split), to_data, batch_size, report)
            data = _opened(path, shape)
    if data is None:
        raise WorkFailed(f"{path} was written, but does not read back. Is the disk in order?")
    return data


def cache_name(dataset, split: str, data_shape: tuple[int, ...], fingerprint: str) -> str:
    """Returns the name of the file that `cached_data` keeps, which changes with whatever determines its content."""
    identity = [_CACHE_VERSION, dataset.fingerprint(), fingerprint, split, list(data_shape)]
    return f"{split}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:20]}.npy"


def epoch_order(num_clips: int, seed: int, epoch: int) -> np.ndarray:
    """Returns the order of the clips in one epoch, int64 [num_clips]."""
    return np.random.default_rng([seed, _ORDER_STREAM, epoch]).permutation(num_clips)


def batch_indices(num_clips: int, batch_size: int, seed: int, num_images: int) -> np.ndarray:
    """Returns which clips make the batch that starts after `num_images` images, int64 [batch_size].

    Epochs follow each other without a gap: image p is the clip `p % num_clips` of epoch `p // num_clips`.

    Args:
        num_clips: Number of clips.
        batch_size: Images of a batch, over all replicas.
        seed: Of the order.
        num_images: Images before the batch.
    """
    if num_clips < 1 or batch_size < 1 or num_images < 0:
        raise ValueError(
            "Expected at least one clip and one image a batch, and an image count of 0 or more. "
            f"Received: num_clips={num_clips}, batch_size={batch_size}, num_images={num_images}."
        )
    pieces = []
    position, end = num_images, num_images + batch_size
    while position < end:
        epoch, start = divmod(position, num_clips)
        stop = min(num_clips, start + end - position)
        pieces.append(_remembered_order(num_clips, seed, epoch)[start:stop])
        position += stop - start
    return np.concatenate(pieces)


def batches(
    data: np.ndarray,
    rows: np.ndarray,
    batch_size: int,
    seed: int,
    start_images: int,
    *,
    clips: np.ndarray | None = None,
    prefetch: int = 4,
) -> tf.data.Dataset:
    """Returns training's batches from image `start_images` on, without end, read ahead in the background.

    Args:
        data: [num_clips, *data_shape] float32, in memory or on disk.
        rows: [num_used, num_labels] int32 class of each label of the used clips, -1 where missing.
        batch_size: Images of a batch, over all replicas.
        seed: Of the order.
        start_images: Images before the first batch.
        clips: [num_used] which of `data` each of `rows` belongs to; None if the two go together one by one.
        prefetch: Batches that are read ahead.

    Returns:
        Dataset of (data [batch_size, *data_shape] float32, rows [batch_size, num_labels] int32, images before the
        batch, int64 scalar).

    Raises:
        ValueError: If `data`, `rows` and `clips` do not go together.
    """
    rows = np.asarray(rows, np.int32)
    if rows.ndim != 2 or len(rows) != len(data if clips is None else clips):
        raise ValueError(
            "Expected one row of labels a clip. Received: "
            f"rows {list(rows.shape)}, {len(data if clips is None else clips)} clips."
        )
    batch_indices(len(rows), batch_size, seed, start_images)

    def read(num_images):
        used = batch_indices(len(rows), batch_size, seed, int(num_images))
        images = data[used if clips is None else clips[used]]
        return np.asarray(images, np.float32), rows[used]

    def batch(num_images):
        images, image_rows = tf.numpy_function(read, [num_images], [tf.float32, tf.int32], stateful=False)
        images = tf.ensure_shape(images, [batch_size, *data.shape[1:]])
        return images, tf.ensure_shape(image_rows, [batch_size, rows.shape[1]]), num_images

    counts = tf.data.Dataset.range(start_images, tf.int64.max - batch_size, batch_size)
    return counts.map(batch, num_parallel_calls=2, deterministic=True).prefetch(prefetch)


def drawn_rows(rows: np.ndarray, num: int, seed: int, num_images: int) -> np.ndarray:
    """Returns rows of labels for the generator: whole rows of the training clips, so that labels stay joined.

    Args:
        rows: [num_clips, num_labels] int32.
        num: Number of rows to draw.
        seed: Of the draw.
        num_images: Image count that the draw belongs to.

    Returns:
        [num, num_labels] int32.
    """
    generator = np.random.default_rng([seed, _ROWS_STREAM, num_images])
    return np.asarray(rows, np.int32)[generator.integers(len(rows), size=num)]


_remembered_order = functools.lru_cache(maxsize=4)(epoch_order)


def _opened(path: Path, shape: tuple[int, ...]) -> np.memmap | None:
    """Returns the file's array, or None if there is none or it is damaged."""
    try:
        data = np.load(path, mmap_mode="r")
    except FileNotFoundError:
        return None
    except (ValueError, EOFError):
        return None
    return data if data.shape == shape and data.dtype == np.float32 else None


@contextlib.contextmanager
def _building(path: Path, shape: tuple[int, ...], report: Progress) -> Iterator[None]:
    """Lets one process at a time build `path`; the others watch it grow. A killed one does not bar the way."""
    with open(path.with_name(path.name + ".lock"), "a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                with contextlib.suppress(FileNotFoundError):
                    bytes_done = _part_of(path).stat().st_size
                    report(min(shape[0], bytes_done // _clip_bytes(shape)), shape[0])
                time.sleep(_POLL_SECONDS)
        yield


def _build(path, shape, clips, to_data, batch_size, report):
    """Writes the file at `path`, going on from what an earlier process left."""
    part = _part_of(path)
    header = _header(shape)
    num_done = _num_done(part, header, shape, batch_size)
    missing_bytes = (shape[0] - num_done) * _clip_bytes(shape) + len(header)
    free_bytes = shutil.disk_usage(path.parent).free
    if missing_bytes > free_bytes:
        raise UserError(
            f"The spectra of {shape[0]:,} clips need {missing_bytes / _MIB:,.0f} MiB in {path.parent}, but only "
            f"{free_bytes / _MIB:,.0f} MiB are free. Make room, use fewer clips, or choose a folder on another disk."
        )
    try:
        with open(part, "r+b" if num_done else "wb") as file:
            if not num_done:
                file.write(header)
            file.truncate(len(header) + num_done * _clip_bytes(shape))
            file.seek(0, os.SEEK_END)
            _write_all(file, shape, num_done, clips, to_data, batch_size, report)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise WorkFailed(
            f"The disk got full while the spectra were written to {path.parent}. What is done is kept: make room "
            "and start again."
        ) from error


def _write_all(file, shape, num_done, clips, to_data, batch_size, report):
    """Appends the data of all clips after the first `num_done` to `file`."""
    convert = tf.function(to_data)
    bytes_unsynced = 0
    report(num_done, shape[0])
    for audio in clips.skip(num_done).batch(batch_size).prefetch(2).as_numpy_iterator():
        # A batch of one size only: the function is traced once, and a clip's data do not depend on its place.
        padded = np.zeros([batch_size, *audio.shape[1:]], np.float32)
        padded[: len(audio)] = audio
        images = convert(tf.constant(padded)).numpy()[: len(audio)]
        _refuse_wrong_data(images, num_done, shape)
        file.write(np.ascontiguousarray(images, np.float32).tobytes())
        num_done += len(audio)
        bytes_unsynced += images.nbytes
        if bytes_unsynced > _BYTES_BETWEEN_SYNCS:
            file.flush()
            os.fsync(file.fileno())
            bytes_unsynced = 0
        report(num_done, shape[0])
    if num_done != shape[0]:
        raise ValueError(f"The dataset has {shape[0]} rows of labels, but gave {num_done} clips.")


def _refuse_wrong_data(images, num_before, shape):
    """Raises if a batch of data has the wrong shape, is one too many or is not finite."""
    if images.shape[1:] != shape[1:] or num_before + len(images) > shape[0]:
        raise ValueError(
            f"Expected {shape[0]} images of shape {shape[1:]}. "
            f"Received: {num_before + len(images)} of shape {images.shape[1:]}."
        )
    finite = np.isfinite(images).reshape(len(images), -1).all(axis=1)
    if not finite.all():
        number = num_before + int(np.argmin(finite))
        raise WorkFailed(
            f"Clip {number} (counted from 0) becomes data that are not finite. The recording holds values that no "
            "sound has: remove it from the dataset."
        )


def _num_done(part, header, shape, batch_size):
    """Returns how many clips an earlier process left in `part`, in whole batches; 0 if it cannot be gone on with."""
    try:
        with open(part, "rb") as file:
            if file.read(len(header)) != header:
                return 0
        num_done = (part.stat().st_size - len(header)) // _clip_bytes(shape)
    except FileNotFoundError:
        return 0
    return min(num_done, shape[0]) // batch_size * batch_size


def _header(shape):
    """Returns the first bytes of a .npy file of float32."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.getvalue()


def _clip_bytes(shape):
    return 4 * math.prod(shape[1:])


def _part_of(path):
    return path.with_name(path.name + ".part")


def _sync_folder(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
