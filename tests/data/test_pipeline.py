"""Batches and rows of labels are functions of (seed, image count)."""

import itertools
import threading
import time

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.data import pipeline
from gansynth_tf.data.clip_cache import CachedClips
from gansynth_tf.data.pipeline import ClipOrder

SHAPE = (4, 2, 1)
# Three small groups of different sizes: 2, 5 and 3 clips.
GROUPS = np.array([1, 0, 1, 2, 1, 0, 2, 1, 1, 2])


def ramp(num_clips=10):
    """Data whose clip i holds the value i."""
    return np.broadcast_to(np.arange(num_clips, dtype=np.float32)[:, None, None, None], (num_clips, *SHAPE))


def test_every_epoch_holds_every_clip_once_in_an_order_of_its_own():
    order = ClipOrder(50, 3)
    orders = [order.epoch(number) for number in range(3)]
    for epoch in orders:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(50))
    assert len({epoch.tobytes() for epoch in orders}) == 3
    np.testing.assert_array_equal(ClipOrder(50, 3).epoch(1), orders[1])
    assert ClipOrder(50, 4).epoch(1).tobytes() != orders[1].tobytes()


def test_an_order_is_that_of_runs_that_began_with_earlier_versions():
    np.testing.assert_array_equal(ClipOrder(10, 3).epoch(1), np.random.default_rng([3, 0, 1]).permutation(10))
    rows = np.arange(10)[:, np.newaxis]
    drawn = np.random.default_rng([3, 1, 64]).integers(10, size=5)
    np.testing.assert_array_equal(pipeline.LabelRows(rows, 3).drawn(5, 64)[:, 0], drawn)


@pytest.mark.parametrize(("num_clips", "batch_size"), [(10, 4), (3, 8), (1, 5), (16, 16)])
def test_batches_follow_the_epochs_without_a_gap(num_clips, batch_size):
    order = ClipOrder(num_clips, 7)
    drawn = [order.batch(batch_size, k * batch_size) for k in range(6)]
    epochs = [order.epoch(number) for number in range(-(-6 * batch_size // num_clips))]
    np.testing.assert_array_equal(np.concatenate(drawn), np.concatenate(epochs)[: 6 * batch_size])


def test_groups_fill_their_shares_of_an_epoch_with_all_their_clips_alike():
    order = ClipOrder(10, 5, GROUPS, [3.0, 1.0, 2.0])
    for number in range(20):
        epoch = order.epoch(number)
        counts = np.bincount(epoch, minlength=10)
        # 10 places go 5 : 1.67 : 3.33, and the largest remainder rounds up: 5, 2, 3.
        assert [counts[GROUPS == group].sum() for group in range(3)] == [5, 2, 3]
        assert sorted(counts[GROUPS == 0]) == [2, 3]
        assert counts[GROUPS == 1].max() == 1
        assert set(counts[GROUPS == 2]) == {1}


def test_what_a_group_cannot_share_out_evenly_goes_to_clips_drawn_anew():
    order = ClipOrder(10, 5, GROUPS, [3.0, 1.0, 2.0])
    counts = sum(np.bincount(order.epoch(number), minlength=10) for number in range(300))
    np.testing.assert_allclose(counts[GROUPS == 0], 750, rtol=0.08)
    np.testing.assert_allclose(counts[GROUPS == 1], 120, rtol=0.25)
    assert order.epoch(1).tobytes() != order.epoch(2).tobytes()
    first_groups = [GROUPS[order.epoch(number)[0]] for number in range(300)]
    np.testing.assert_allclose(np.bincount(first_groups), [150, 60, 90], rtol=0.25)
    np.testing.assert_array_equal(ClipOrder(10, 5, GROUPS, [6, 2, 4]).epoch(7), order.epoch(7))


def test_a_group_without_a_share_is_not_drawn():
    order = ClipOrder(10, 0, GROUPS, [1.0, 0.0, 1.0])
    assert 1 not in GROUPS[order.epoch(0)]
    rows = GROUPS[:, np.newaxis]
    assert set(pipeline.LabelRows(rows, 0, GROUPS, [1.0, 0.0, 1.0]).drawn(200, 0)[:, 0]) == {0, 2}


def batches(*arguments, **options):
    """Returns an iterator over batches, as training has it."""
    return pipeline.read_ahead(pipeline.batches(*arguments, **options))


def test_batches_from_any_image_count_are_those_of_an_uninterrupted_run():
    data, rows = ramp(7), np.arange(14, dtype=np.int32).reshape(7, 2)
    for grouping in ({}, {"groups": [0, 0, 0, 1, 1, 1, 1], "shares": [3, 1]}):
        whole = list(itertools.islice(batches(data, rows, 4, 5, 0, **grouping), 9))
        for k in (1, 4, 8):
            resumed = next(batches(data, rows, 4, 5, 4 * k, **grouping))
            for got, wanted in zip(resumed, whole[k], strict=True):
                np.testing.assert_array_equal(got, wanted)
        images, image_rows, num_images = whole[8]
        assert (num_images, images.dtype, image_rows.dtype) == (32, np.float32, np.int32)
        np.testing.assert_array_equal(images[:, 0, 0, 0], image_rows[:, 0] // 2)


def test_batches_are_read_from_a_cache_as_from_an_array():
    places = np.array([[0, 1], [1, 0], [0, 0], [1, 2]])
    cached = CachedClips([ramp(2), ramp(3) + 10], places, SHAPE)
    array = np.stack([ramp(2)[1], ramp(3)[0] + 10, ramp(2)[0], ramp(3)[2] + 10])
    rows = np.zeros([4, 1])
    for got, wanted in itertools.islice(
        zip(batches(cached, rows, 3, 0, 0), batches(array, rows, 3, 0, 0), strict=True), 4
    ):
        np.testing.assert_array_equal(got[0], wanted[0])


def test_batches_without_labels_have_rows_of_no_column():
    data, image_rows, num_images = next(batches(ramp(7), np.zeros([7, 0]), 4, 5, 8))
    assert (data.shape, image_rows.shape, num_images) == ((4, *SHAPE), (4, 0), 8)


class Slow:
    """Data that note which thread reads them, and how often."""

    shape = (7, *SHAPE)

    def __init__(self, broken_after=1000):
        self.threads = []
        self.broken_after = broken_after

    def __len__(self):
        return 7

    def __getitem__(self, index):
        self.threads.append(threading.current_thread())
        if len(self.threads) > self.broken_after:
            raise OSError(5, "Input/output error")
        return ramp(7)[index]


def test_batches_have_static_shapes():
    data, image_rows, num_images = pipeline.batches(ramp(7), np.zeros([7, 2]), 4, 5, 0).element_spec
    assert (data.shape, image_rows.shape, num_images.shape) == ([4, *SHAPE], [4, 2], [])
    assert (data.dtype, image_rows.dtype, num_images.dtype) == (tf.float32, tf.int32, tf.int64)


def test_elements_are_fetched_ahead_by_a_thread_that_ends_with_them():
    fetched, threads = [], set()

    class Numbers:
        def as_numpy_iterator(self):
            return self

        def __next__(self):
            threads.add(threading.current_thread())
            fetched.append(len(fetched))
            return fetched[-1]

    elements = pipeline.read_ahead(Numbers(), num_ahead=3)
    assert not fetched
    assert [next(elements), next(elements)] == [0, 1]
    deadline = time.monotonic() + 10
    while len(fetched) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert fetched == [0, 1, 2, 3, 4] and threading.current_thread() not in threads
    elements.close()
    assert not any(thread.is_alive() for thread in threads)


def test_a_dataset_that_ends_is_fetched_whole():
    assert list(pipeline.read_ahead(tf.data.Dataset.range(7), num_ahead=3)) == list(range(7))
    assert list(pipeline.read_ahead(tf.data.Dataset.range(2), num_ahead=3)) == [0, 1]


def test_what_goes_wrong_while_reading_ahead_is_told():
    found = batches(Slow(broken_after=2), np.zeros([7, 1]), 4, 0, 0)
    with pytest.raises(OSError, match="A batch could not be read: .*Input/output error"):
        list(itertools.islice(found, 10))


def test_rows_that_do_not_go_with_the_data_are_refused():
    with pytest.raises(ValueError, match="one row of labels a clip"):
        pipeline.batches(ramp(7), np.zeros([6, 1]), 4, 5, 0)
    with pytest.raises(ValueError, match="num_clips=0"):
        ClipOrder(0, 0)
    with pytest.raises(ValueError, match="batch_size=0"):
        ClipOrder(3, 0).batch(0, 0)


@pytest.mark.parametrize(
    ("groups", "shares", "message"),
    [
        ([0, 0, 1], [1.0], r"1 shares, \[2, 1\] clips"),
        ([0, 0, 2], [1.0, 1.0, 1.0], r"3 shares, \[2, 0, 1\] clips"),
        ([0, 0, 0], [1.0, 1.0], r"2 shares, \[3, 0\] clips"),
        ([0, 0, 1], [1.0, -1.0], "shares of 0 or more"),
        ([0, 0, 1], [0.0, 0.0], "some above 0"),
        ([0, 0, 1], None, "some above 0"),
        ([0, 1], [1.0, 1.0], "one group a clip. Received: 2, 3 clips"),
    ],
)
def test_groups_that_do_not_go_with_their_shares_are_refused(groups, shares, message):
    with pytest.raises(ValueError, match=message):
        pipeline.batches(ramp(3), np.zeros([3, 1]), 2, 0, 0, groups=groups, shares=shares)
    if len(groups) == 3:
        with pytest.raises(ValueError, match=message):
            pipeline.LabelRows(np.zeros([3, 1]), 0, groups, shares)


def test_rows_are_drawn_whole_and_without_state():
    rows = np.array([[0, 0], [1, 10], [2, 20]])
    drawn = pipeline.LabelRows(rows, 1).drawn(3000, 64)
    np.testing.assert_array_equal(drawn[:, 1], 10 * drawn[:, 0])
    np.testing.assert_array_equal(drawn, pipeline.LabelRows(rows, 1).drawn(3000, 64))
    assert (drawn != pipeline.LabelRows(rows, 1).drawn(3000, 80)).any()
    assert np.bincount(drawn[:, 0]).min() > 900
    assert drawn.dtype == np.int32


def test_rows_are_drawn_in_the_shares_of_their_groups():
    rows = np.stack([np.arange(10), GROUPS], axis=1)
    drawn = pipeline.LabelRows(rows, 1, GROUPS, [3.0, 1.0, 2.0]).drawn(6000, 64)
    np.testing.assert_allclose(np.bincount(drawn[:, 1]), [3000, 1000, 2000], rtol=0.1)
    np.testing.assert_allclose(np.bincount(drawn[:, 0])[GROUPS == 1], 200, rtol=0.25)
    np.testing.assert_array_equal(GROUPS[drawn[:, 0]], drawn[:, 1])
    np.testing.assert_array_equal(drawn, pipeline.LabelRows(rows, 1, GROUPS, [3.0, 1.0, 2.0]).drawn(6000, 64))
