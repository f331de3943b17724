"""Spectra are computed once into a file; batches are a function of (seed, image count)."""

import collections
import errno
import itertools
import multiprocessing
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.data import pipeline
from gansynth_tf.options import UserError

SHAPE = (4, 2, 1)


class Ramp:
    """Clip i holds the value i."""

    def __init__(self, num_clips=10, wrong=None):
        self.num_clips = num_clips
        self.wrong = wrong
        self.num_read = 0

    def rows(self, split):
        return np.arange(self.num_clips, dtype=np.int32)[:, np.newaxis]

    def clips(self, split):
        def read(i):
            self.num_read += 1
            return np.full([8], np.nan if i == self.wrong else i, np.float32)

        clips = tf.data.Dataset.range(self.num_clips)
        clips = clips.map(lambda i: tf.numpy_function(read, [i], tf.float32))
        return clips.map(lambda clip: tf.ensure_shape(clip, [8]))

    def fingerprint(self):
        return f"ramp {self.num_clips}"


def to_data(audio):
    return tf.reshape(audio, [-1, *SHAPE]) + 0.5


def build(directory, dataset=None, **options):
    return pipeline.cached_data(dataset or Ramp(), "train", to_data, SHAPE, directory, "plus", **options)


def expected(num_clips=10):
    return np.broadcast_to(np.arange(num_clips)[:, None, None, None] + 0.5, (num_clips, *SHAPE))


def test_data_are_those_of_each_clip_in_order(tmp_path):
    data = build(tmp_path, batch_size=4)
    assert isinstance(data, np.memmap) and data.dtype == np.float32
    np.testing.assert_array_equal(data, expected())
    assert not data.flags.writeable


def test_the_second_call_reads_no_clip(tmp_path):
    build(tmp_path)
    again = Ramp()
    np.testing.assert_array_equal(build(tmp_path, again), expected())
    assert again.num_read == 0
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".lock", ".npy"]


def test_another_fingerprint_is_another_file(tmp_path):
    build(tmp_path)
    build(tmp_path, Ramp(11))
    pipeline.cached_data(Ramp(), "train", to_data, SHAPE, tmp_path, "minus")
    pipeline.cached_data(Ramp(), "test", to_data, SHAPE, tmp_path, "plus")
    assert len(list(tmp_path.glob("*.npy"))) == 4


def test_a_damaged_file_is_made_anew(tmp_path):
    path = tmp_path / pipeline.cache_name(Ramp(), "train", SHAPE, "plus")
    for content in (b"", b"nonsense" * 100):
        path.write_bytes(content)
        np.testing.assert_array_equal(build(tmp_path), expected())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    np.testing.assert_array_equal(build(tmp_path), expected())


def test_progress_goes_from_nothing_to_all(tmp_path):
    seen = []
    build(tmp_path, batch_size=4, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 10), (4, 10), (8, 10), (10, 10)]


def test_a_stopped_build_goes_on_where_it_was(tmp_path):
    def stop(done, total):
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, batch_size=4, progress=stop)
    assert not list(tmp_path.glob("*.npy"))
    seen = []
    data = build(tmp_path, batch_size=4, progress=lambda done, total: seen.append(done))
    np.testing.assert_array_equal(data, expected())
    assert seen[0] in (4, 8)  # what Python had handed to the file system when it stopped


def test_two_processes_build_one_file(tmp_path):
    spawn = multiprocessing.get_context("fork")
    go_on = spawn.Event()

    def first():
        with pipeline._building(tmp_path / "train-x.npy", (10, *SHAPE), lambda done, total: None):
            go_on.set()
            (tmp_path / "train-x.npy.part").write_bytes(b"0" * (4 * 8 * 3))
            os.kill(os.getpid(), 9)

    process = spawn.Process(target=first)
    process.start()
    assert go_on.wait(20)
    with pipeline._building(tmp_path / "train-x.npy", (10, *SHAPE), lambda done, total: None):
        pass  # a killed process holds nothing back
    process.join()


def test_the_waiting_process_sees_the_file_grow(tmp_path, monkeypatch):
    path = tmp_path / "train-x.npy"
    seen = []
    with pipeline._building(path, (10, *SHAPE), lambda done, total: None):
        (tmp_path / "train-x.npy.part").write_bytes(b"0" * (4 * 8 * 3))

        class Waited(RuntimeError):
            pass

        def give_up(seconds):
            raise Waited

        monkeypatch.setattr(pipeline.time, "sleep", give_up)
        with pytest.raises(Waited):
            with pipeline._building(path, (10, *SHAPE), lambda done, total: seen.append((done, total))):
                raise AssertionError("two builders at once")
    assert seen == [(3, 10)]


def test_a_full_disk_is_told_before_any_work(tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 100))
    dataset = Ramp()
    with pytest.raises(UserError, match=r"10 clips need 0 MiB .* 0 MiB are free"):
        build(tmp_path, dataset)
    assert dataset.num_read == 0


def test_a_disk_that_gets_full_keeps_what_is_done(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_refuse_wrong_data", full)
        with pytest.raises(UserError, match="disk got full"):
            build(tmp_path)
    np.testing.assert_array_equal(build(tmp_path), expected())


def test_data_that_are_not_finite_are_refused_by_number(tmp_path):
    with pytest.raises(UserError, match="Clip 7 .* not finite"):
        build(tmp_path, Ramp(wrong=7), batch_size=4)
    assert not list(tmp_path.glob("*.npy"))


def test_an_empty_split_is_refused(tmp_path):
    with pytest.raises(UserError, match="no clips"):
        build(tmp_path, Ramp(0))


def test_every_epoch_holds_every_clip_once_in_an_order_of_its_own():
    orders = [pipeline.epoch_order(50, 3, epoch) for epoch in range(3)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(50))
    assert len({order.tobytes() for order in orders}) == 3
    np.testing.assert_array_equal(pipeline.epoch_order(50, 3, 1), orders[1])
    assert pipeline.epoch_order(50, 4, 1).tobytes() != orders[1].tobytes()


@pytest.mark.parametrize(("num_clips", "batch_size"), [(10, 4), (3, 8), (1, 5), (16, 16)])
def test_batches_follow_the_epochs_without_a_gap(num_clips, batch_size):
    drawn = [pipeline.batch_indices(num_clips, batch_size, 7, k * batch_size) for k in range(6)]
    epochs = -(-6 * batch_size // num_clips)
    orders = np.concatenate([pipeline.epoch_order(num_clips, 7, epoch) for epoch in range(epochs)])
    np.testing.assert_array_equal(np.concatenate(drawn), orders[: 6 * batch_size])


def test_batches_from_any_image_count_are_those_of_an_uninterrupted_run():
    data, rows = expected(7).astype(np.float32), np.arange(14, dtype=np.int32).reshape(7, 2)
    whole = list(itertools.islice(pipeline.batches(data, rows, 4, 5, 0).as_numpy_iterator(), 9))
    for k in (1, 4, 8):
        resumed = next(pipeline.batches(data, rows, 4, 5, 4 * k).as_numpy_iterator())
        for got, wanted in zip(resumed, whole[k], strict=True):
            np.testing.assert_array_equal(got, wanted)
    images, image_rows, num_images = whole[8]
    assert (num_images, images.dtype, image_rows.dtype) == (32, np.float32, np.int32)
    np.testing.assert_array_equal(images[:, 0, 0, 0] - 0.5, image_rows[:, 0] // 2)


def test_batches_have_static_shapes():
    data, image_rows, num_images = pipeline.batches(expected(7), np.zeros([7, 0]), 4, 5, 0).element_spec
    assert (data.shape, image_rows.shape, num_images.shape) == ([4, *SHAPE], [4, 0], [])
    assert num_images.dtype == tf.int64


def test_only_the_used_clips_are_drawn():
    used = np.array([2, 5, 6])
    rows = np.array([[20], [50], [60]])
    drawn = set()
    for images, image_rows, _ in itertools.islice(pipeline.batches(expected(), rows, 4, 0, 0, clips=used), 6):
        values = images.numpy()[:, 0, 0, 0] - 0.5
        np.testing.assert_array_equal(values * 10, image_rows.numpy()[:, 0])
        drawn.update(values)
    assert drawn == {2, 5, 6}


def test_rows_that_do_not_go_with_the_data_are_refused():
    with pytest.raises(ValueError, match="one row of labels a clip"):
        pipeline.batches(expected(7), np.zeros([6, 1]), 4, 5, 0)
    with pytest.raises(ValueError, match="num_clips=0"):
        pipeline.batch_indices(0, 4, 0, 0)


def test_rows_are_drawn_whole_and_without_state():
    rows = np.array([[0, 0], [1, 10], [2, 20]])
    drawn = pipeline.drawn_rows(rows, 3000, 1, 64)
    np.testing.assert_array_equal(drawn[:, 1], 10 * drawn[:, 0])
    np.testing.assert_array_equal(drawn, pipeline.drawn_rows(rows, 3000, 1, 64))
    assert (drawn != pipeline.drawn_rows(rows, 3000, 1, 80)).any()
    assert np.bincount(drawn[:, 0]).min() > 900
    assert drawn.dtype == np.int32
