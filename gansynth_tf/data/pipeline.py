"""From clips to batches: drawn in an order that needs no state.

Whatever is drawn here is a function of (seed, image count). A run that goes on at image k sees exactly what an
uninterrupted one would have seen from there.
"""

import collections
import concurrent.futures
import contextlib
import errno
import functools
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

# Streams of draws, so that the rows of labels do not repeat the draws of an epoch's order.
_ORDER_STREAM = 0
_ROWS_STREAM = 1
_END = object()


class ClipOrder:
    """The order in which epochs follow each other without a gap: image p is the clip p % num_clips of its epoch.

    Without groups every epoch holds every clip once. With groups an epoch stays as long, and each group fills its
    share of the places: every clip of it equally often, but for what is left over, which goes to clips drawn anew in
    each epoch.

    Args:
        num_clips: Number of clips.
        seed: Of the order.
        groups: [num_clips] int, the group that each clip belongs to, from 0; None is no groups.
        shares: [num_groups] relative share of each group.

    Raises:
        ValueError: If there is no clip, or `groups` and `shares` do not go together.
    """

    def __init__(
        self,
        num_clips: int,
        seed: int,
        groups: Sequence[int] | np.ndarray | None = None,
        shares: Sequence[float] | None = None,
    ):
        if num_clips < 1:
            raise ValueError(f"Expected at least one clip. Received: num_clips={num_clips}.")
        if groups is not None and len(groups) != num_clips:
            raise ValueError(f"Expected one group a clip. Received: {len(groups)}, {num_clips} clips.")
        self.num_clips = num_clips
        self._seed = seed
        self._members = None
        if groups is not None:
            self._members = _members(groups, shares)
            self._places = _places(num_clips, shares)
        self._remembered = functools.lru_cache(maxsize=4)(self.epoch)

    def epoch(self, number: int) -> np.ndarray:
        """Returns the clips of one epoch in their order, int64 [num_clips]."""
        generator = np.random.default_rng([self._seed, _ORDER_STREAM, number])
        if self._members is None:
            return generator.permutation(self.num_clips)
        drawn = []
        for members, num_places in zip(self._members, self._places, strict=True):
            times, rest = divmod(int(num_places), len(members))
            drawn += [members] * times + [generator.permutation(members)[:rest]]
        return generator.permutation(np.concatenate(drawn))

    def batch(self, batch_size: int, num_images: int) -> np.ndarray:
        """Returns which clips make the batch that starts after `num_images` images, int64 [batch_size]."""
        if batch_size < 1 or num_images < 0:
            raise ValueError(
                "Expected at least one image a batch, and an image count of 0 or more. "
                f"Received: batch_size={batch_size}, num_images={num_images}."
            )
        pieces = []
        position, end = num_images, num_images + batch_size
        while position < end:
            epoch, start = divmod(position, self.num_clips)
            stop = min(self.num_clips, start + end - position)
            pieces.append(self._remembered(epoch)[start:stop])
            position += stop - start
        return np.concatenate(pieces)


def batches(
    data,
    rows: np.ndarray,
    batch_size: int,
    seed: int,
    start_images: int,
    *,
    groups: Sequence[int] | np.ndarray | None = None,
    shares: Sequence[float] | None = None,
    prefetch: int = 4,
) -> tf.data.Dataset:
    """Returns training's batches from image `start_images` on, without end.

    Args:
        data: [num_clips, *data_shape] float32, in memory or on disk: an array, or `clip_cache.CachedClips`.
        rows: [num_clips, num_labels] int32 class of each label of the clips, -1 where missing.
        batch_size: Images of a batch, over all replicas.
        seed: Of the order.
        start_images: Images before the first batch.
        groups: [num_clips] the group that each clip belongs to; see `ClipOrder`.
        shares: [num_groups] relative share of each group.
        prefetch: Batches that tf.data reads ahead.

    Returns:
        Dataset of (data [batch_size, *data_shape] float32, rows [batch_size, num_labels] int32, images before the
        batch, int64 scalar).

    Raises:
        ValueError: If `data`, `rows` and `groups` do not go together.
    """
    rows = np.asarray(rows, np.int32)
    if rows.ndim != 2 or len(rows) != len(data):
        raise ValueError(
            f"Expected one row of labels a clip. Received: rows {list(rows.shape)}, {len(data)} clips."
        )
    order = ClipOrder(len(rows), seed, groups, shares)
    order.batch(batch_size, start_images)

    def read(num_images):
        used = order.batch(batch_size, int(num_images))
        return np.asarray(data[used], np.float32), rows[used]

    def batch(num_images):
        images, image_rows = tf.numpy_function(read, [num_images], [tf.float32, tf.int32], stateful=False)
        images = tf.ensure_shape(images, [batch_size, *data.shape[1:]])
        return images, tf.ensure_shape(image_rows, [batch_size, rows.shape[1]]), num_images

    counts = tf.data.Dataset.range(start_images, tf.int64.max - batch_size, batch_size)
    return counts.map(batch, num_parallel_calls=2, deterministic=True).prefetch(prefetch)


def read_ahead(dataset: tf.data.Dataset, num_ahead: int = 4) -> Iterator[tuple[np.ndarray, ...]]:
    """Yields the elements of a dataset as NumPy arrays, the next few of them fetched by a thread.

    Where training computes on the same cores, tf.data's hand-over of an element that is ready takes up to a
    millisecond. In a thread it costs training a twentieth of that.

    Raises:
        OSError: If an element cannot be read.
    """
    elements = dataset.as_numpy_iterator()
    with contextlib.closing(_Fetching(elements, num_ahead)) as fetching:
        while True:
            try:
                element = fetching.next()
            except StopIteration:
                return
            except tf.errors.OpError as error:
                reason = str(error.message).strip().splitlines()[0]
                raise OSError(errno.EIO, f"A batch could not be read: {reason}") from error
            yield element


class _Fetching:
    """A thread that takes elements from an iterator, a few ahead of those who want them.

    Args:
        elements: The iterator.
        num_ahead: How many.
    """

    def __init__(self, elements, num_ahead):
        self._elements = elements
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "batches")
        self._pending = collections.deque(self._submit() for _ in range(num_ahead))

    def next(self):
        """Returns the next element."""
        result = self._pending.popleft().result()
        self._pending.append(self._submit())
        if result is _END:
            raise StopIteration
        return result

    def close(self):
        """Ends the thread."""
        self._thread.shutdown(cancel_futures=True)

    def _submit(self):
        # A future cannot raise StopIteration.
        return self._thread.submit(next, self._elements, _END)


class LabelRows:
    """Draws rows of labels for the generator: whole rows of the training clips, so that labels stay joined.

    Args:
        rows: [num_clips, num_labels] int32.
        seed: Of the draws.
        groups: [num_clips] the group that each clip belongs to; None draws all clips alike.
        shares: [num_groups] relative share of each group.

    Raises:
        ValueError: If `groups` and `shares` do not go together.
    """

    def __init__(
        self,
        rows: np.ndarray,
        seed: int,
        groups: Sequence[int] | np.ndarray | None = None,
        shares: Sequence[float] | None = None,
    ):
        self._rows = np.asarray(rows, np.int32)
        self._seed = seed
        self._members = None if groups is None else _members(groups, shares)
        self._parts = None if groups is None else _parts(shares)

    def drawn(self, num: int, num_images: int) -> np.ndarray:
        """Returns [num, num_labels] int32, the draw that belongs to an image count."""
        generator = np.random.default_rng([self._seed, _ROWS_STREAM, num_images])
        if self._members is None:
            return self._rows[generator.integers(len(self._rows), size=num)]
        chosen = generator.choice(len(self._members), size=num, p=self._parts)
        positions = generator.random(num)
        return self._rows[
            [
                self._members[group][int(position * len(self._members[group]))]
                for group, position in zip(chosen, positions, strict=True)
            ]
        ]


def _members(groups, shares):
    """Returns the clips of each group, a list of int64 arrays; checked."""
    parts = _parts(shares)
    counts = np.bincount(groups, minlength=len(parts))
    if len(counts) != len(parts) or not counts.all():
        raise ValueError(
            "Expected a share for every group, and at least one clip in each. "
            f"Received: {len(parts)} shares, {counts.tolist()} clips."
        )
    return np.split(np.argsort(groups, kind="stable"), np.cumsum(counts)[:-1])


def _parts(shares):
    """Returns the shares so that they add up to 1, float64 [num_groups]; checked."""
    shares = np.asarray([] if shares is None else shares, np.float64)
    if not len(shares) or not np.isfinite(shares).all() or (shares < 0).any() or not shares.sum() > 0:
        raise ValueError(f"Expected shares of 0 or more, some above 0. Received: shares={shares.tolist()}.")
    return shares / shares.sum()


def _places(num_clips, shares):
    """Returns how many places of an epoch each group fills, int64 [num_groups]: the largest remainders round up."""
    wanted = num_clips * _parts(shares)
    places = np.floor(wanted).astype(np.int64)
    largest = np.argsort(places - wanted, kind="stable")[: num_clips - places.sum()]
    places[largest] += 1
    return places
