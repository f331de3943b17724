"""Saves that outlive damage, a full disk and kills."""

import builtins
import errno
import os

import numpy as np
import pytest

from gansynth_tf import whole_file
from gansynth_tf.training import checkpoints
from gansynth_tf.training.checkpoints import CheckpointStore


def some_arrays(seed=0):
    generator = np.random.default_rng(seed)
    return {
        "generator/block_1/kernel": generator.standard_normal((3, 3, 4, 8)).astype(np.float32),
        "generator_optimizer/000": np.array(7, np.int64),
        "file": np.zeros([0, 2], np.float32),
    }


@pytest.fixture
def store(tmp_path):
    return CheckpointStore(tmp_path / "checkpoints", keep=2)


class FullDisk:
    """A file that takes `space` bytes and then none."""

    def __init__(self, file, space):
        self._file = file
        self._space = space

    def write(self, data):
        size = memoryview(data).nbytes
        if size > self._space:
            self._file.write(memoryview(data).cast("B")[: self._space])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._space -= size
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()


def fill_the_disk_after(space, monkeypatch):
    def open_on_full_disk(path, mode):
        return FullDisk(builtins.open(path, mode), space)

    monkeypatch.setattr(whole_file, "open", open_on_full_disk, raising=False)


def test_a_save_comes_back_bit_for_bit(store):
    path = store.save(12800, some_arrays(), {"phase_index": 3, "name": "é", "nested": {"x": [1, 0.5, None]}})
    assert path.name == "images-000012800.npz"
    arrays, metadata = store.load(store.latest())
    assert metadata == {"phase_index": 3, "name": "é", "nested": {"x": [1, 0.5, None]}}
    assert list(arrays) == list(some_arrays())
    for name, expected in some_arrays().items():
        assert arrays[name].dtype == expected.dtype
        np.testing.assert_array_equal(arrays[name], expected)


def test_numpy_alone_reads_a_save(store):
    with np.load(store.save(1, some_arrays(), {}), allow_pickle=False) as archive:
        np.testing.assert_array_equal(
            archive["generator/block_1/kernel"], some_arrays()["generator/block_1/kernel"]
        )


def test_the_newest_saves_are_kept_by_number_of_images(store):
    for num_images in (64, 128, 999_999_999, 1_000_000_064):
        store.save(num_images, some_arrays(), {})
    names = sorted(path.name for path in store.directory.iterdir())
    assert names == ["images-1000000064.npz", "images-999999999.npz"]
    assert store.latest().name == "images-1000000064.npz"


def test_without_saves_there_is_no_latest(store):
    assert store.latest() is None and store.notes == []


@pytest.mark.parametrize("space", [0, 1000, 1600])
def test_a_full_disk_leaves_the_last_save_and_nothing_else(store, monkeypatch, space):
    store.save(64, some_arrays(1), {"good": True})
    with monkeypatch.context() as patch:
        fill_the_disk_after(space, patch)
        with pytest.raises(OSError, match="save after 128 images was not written: No space left") as caught:
            store.save(128, some_arrays(2), {})
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(store.directory)
    assert [path.name for path in store.directory.iterdir()] == ["images-000000064.npz"]
    assert store.load(store.latest())[1] == {"good": True}
    assert store.save(128, some_arrays(2), {}) == store.latest()


def test_a_save_over_a_save_of_the_same_images_is_whole_or_the_old_one(store, monkeypatch):
    store.save(64, some_arrays(1), {"version": 1})
    with monkeypatch.context() as patch:
        fill_the_disk_after(500, patch)
        with pytest.raises(OSError):
            store.save(64, some_arrays(2), {"version": 2})
    assert store.load(store.latest())[1] == {"version": 1}
    store.save(64, some_arrays(2), {"version": 2})
    assert store.load(store.latest())[1] == {"version": 2}


@pytest.mark.parametrize("remaining", [0, 10, 700, -1])
def test_a_truncated_newest_save_is_skipped_with_a_note(store, remaining):
    store.save(64, some_arrays(1), {"good": True})
    newest = store.save(128, some_arrays(2), {})
    os.truncate(newest, remaining if remaining >= 0 else newest.stat().st_size - 1)
    assert store.latest().name == "images-000000064.npz"
    assert len(store.notes) == 1 and "images-000000128.npz is damaged and was skipped" in store.notes[0]
    with pytest.raises(ValueError, match="no save that can be read"):
        store.load(newest)


def test_a_flipped_bit_is_noticed(store):
    path = store.save(64, some_arrays(), {})
    content = bytearray(path.read_bytes())
    content[600] ^= 1
    path.write_bytes(content)
    assert store.latest() is None and "checksum" in store.notes[0]


def test_a_damaged_later_save_does_not_push_out_the_good_ones(tmp_path):
    store = CheckpointStore(tmp_path, keep=1)
    store.save(64, some_arrays(), {})
    (tmp_path / "images-000000300.npz").write_bytes(b"not a save")
    store.save(128, some_arrays(), {"number": 2})
    assert store.load(store.latest())[1] == {"number": 2}


def test_old_saves_stay_if_the_new_one_cannot_be_read_back(tmp_path, monkeypatch):
    store = CheckpointStore(tmp_path, keep=1)
    store.save(64, some_arrays(), {"good": True})
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "_write", lambda file, members: file.write(b"lost"))
        store.save(128, some_arrays(), {})
    assert store.load(store.latest())[1] == {"good": True}


def test_what_a_kill_left_behind_is_removed(store):
    store.directory.mkdir()
    (store.directory / "images-000000064.npz.partial").write_bytes(b"half")
    assert store.latest() is None
    store.save(128, some_arrays(), {})
    assert [path.name for path in store.directory.iterdir()] == ["images-000000128.npz"]


def test_what_cannot_come_back_is_refused(store):
    with pytest.raises(ValueError, match="plain numbers.*a \\(object\\)"):
        store.save(1, {"a": np.array([None])}, {})
    with pytest.raises(ValueError, match="JSON"):
        store.save(1, {}, {"a": np.zeros(2)})
    with pytest.raises(ValueError, match="the name is taken"):
        store.save(1, {"metadata": np.zeros(2)}, {})
    with pytest.raises(ValueError, match="keep=0"):
        CheckpointStore(store.directory, keep=0)
    assert store.latest() is None


def counts(store):
    return list(store.saves())


def test_the_first_save_after_each_so_many_images_stays(tmp_path):
    store = CheckpointStore(tmp_path, keep=2, keep_images=100)
    for images in (40, 90, 130, 170, 205, 340, 360, 399, 400, 410, 420):
        store.save(images, some_arrays(), {})
    # 130 is the first after 100, 205 after 200, 340 after 300, 400 after 400; 410 and 420 are the newest.
    assert counts(store) == [130, 205, 340, 400, 410, 420]
    assert store.saves()[130] == tmp_path / "images-000000130.npz"


def test_without_marks_only_the_newest_saves_stay(store):
    for images in (100, 200, 300):
        store.save(images, some_arrays(), {})
    assert counts(store) == [200, 300]
    with pytest.raises(ValueError, match="keep_images=-1"):
        CheckpointStore(store.directory, keep_images=-1)
