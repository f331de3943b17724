"""Each clip is converted once, kept under its address, and read back as an array."""

import collections
import errno
import json
import os
import shutil
import threading

import numpy as np
import pytest
from counted_clips import SHAPE, CountedClips, PlusHalf, expected

from gansynth_tf.audio import files
from gansynth_tf.data import cache_building, cache_locks, cache_shards, clip_cache
from gansynth_tf.data.clip_cache import CachedClips, cached_clips
from gansynth_tf.options import UserError, WorkFailed


def build(directory, dataset=None, fingerprint='["plus", {"half": 0.5}]', representation=None, **options):
    representation = representation or PlusHalf()
    return cached_clips(
        dataset or CountedClips(), "train", representation, directory, fingerprint, 1, **options
    )


def shards(directory):
    return sorted(directory.glob("*/shard-*.npy"))


@pytest.fixture
def small_batches(monkeypatch):
    """Clips are converted four at a time and kept in shards of eight."""
    monkeypatch.setattr(cache_building, "BATCH_SIZE", 4)
    monkeypatch.setattr(cache_shards, "_CLIPS_A_SHARD", 8)


def test_data_are_those_of_each_clip_in_order(tmp_path, small_batches):
    data = build(tmp_path)
    assert (data.shape, data.ndim, data.dtype, len(data)) == ((10, *SHAPE), 4, np.float32, 10)
    np.testing.assert_array_equal(data, expected(10))
    assert [len(np.load(path)) for path in shards(tmp_path)] in ([8, 2], [2, 8])


def test_data_are_indexed_by_number_slice_and_array():
    places = np.array([[1, 1], [0, 0], [1, 0], [0, 2]])
    arrays = [expected([0, 1, 2]), expected([3, 4])]
    data, whole = CachedClips(arrays, places, SHAPE), expected([4, 0, 3, 2])
    for index in (
        0,
        -1,
        np.int64(2),
        slice(1, 3),
        slice(None, None, -2),
        [3, 1, 1],
        np.array([-4]),
        slice(2, 2),
    ):
        np.testing.assert_array_equal(data[index], whole[index])
        assert data[index].dtype == np.float32
    np.testing.assert_array_equal(data[np.array([True, False, True, False])], whole[[0, 2]])
    assert np.array(data, np.float64).dtype == np.float64
    for index in (4, [0, 4], [-5]):
        with pytest.raises(IndexError):
            data[index]
    for index in ((slice(None), 0), (..., 0), [[0, 1]]):
        with pytest.raises(TypeError, match="index over the clips"):
            data[index]


def test_what_is_read_may_be_changed_without_harm(tmp_path):
    data = build(tmp_path)
    for index in (3, slice(3, 4), [3]):
        data[index][...] = -1.0
    np.testing.assert_array_equal(build(tmp_path), expected(10))


def test_the_second_call_reads_no_clip_and_says_nothing(tmp_path):
    build(tmp_path)
    again, lines = CountedClips(), []
    np.testing.assert_array_equal(build(tmp_path, again, announce=lines.append), expected(10))
    assert not again.read and not lines


def test_only_what_is_new_is_made(tmp_path):
    build(tmp_path, CountedClips([3, 1, 4]))
    more = CountedClips([9, 3, 2, 4])
    np.testing.assert_array_equal(build(tmp_path, more), expected([9, 3, 2, 4]))
    assert more.read == [9, 2]
    fewer = CountedClips([2, 9])
    np.testing.assert_array_equal(build(tmp_path, fewer), expected([2, 9]))
    assert not fewer.read


def test_clips_with_one_key_are_made_once(tmp_path):
    dataset = CountedClips([5, 7, 5, 5, 6])
    np.testing.assert_array_equal(build(tmp_path, dataset), expected([5, 7, 5, 5, 6]))
    assert dataset.read == [5, 7, 6]


def test_clips_that_are_not_wanted_are_not_made(tmp_path):
    dataset = CountedClips(10)
    data = build(tmp_path, dataset, indices=np.array([2, 3, 8]))
    np.testing.assert_array_equal(data, expected([2, 3, 8]))
    assert dataset.read == [2, 3, 8]


@pytest.mark.parametrize("indices", [[2, 2], [3, 1], [-1, 1], [0, 10]])
def test_wanted_clips_must_be_there_in_their_order(tmp_path, indices):
    with pytest.raises(ValueError, match="increasing numbers of clips below 10"):
        build(tmp_path, indices=indices)


def test_another_representation_has_other_addresses_and_another_folder(tmp_path):
    build(tmp_path)
    dataset = CountedClips()
    build(tmp_path, dataset, fingerprint='["plus", {"half": 0.25}]')
    assert len(dataset.read) == 10
    assert len({path.parent for path in shards(tmp_path)}) == 2
    identities = [("a", "f", (2, 1)), ("b", "f", (2, 1)), ("a", "g", (2, 1)), ("a", "f", (1, 2))]
    assert len({clip_cache.address(*identity) for identity in identities}) == 4
    assert clip_cache.address("a", "f", (2, 1)) == clip_cache.address("a", "f", [2, 1])


def test_the_folder_says_what_it_holds(tmp_path):
    build(tmp_path)
    info = json.loads(next(tmp_path.glob("spectra-4x2x1-*/info.json")).read_text())
    assert info["representation"] == ["plus", {"half": 0.5}] and info["shape"] == [4, 2, 1]


@pytest.mark.parametrize("damage", ["cut", "longer", "header", "address", "empty", "other shape"])
def test_a_damaged_shard_is_made_anew(tmp_path, small_batches, damage):
    build(tmp_path)
    path = next(path for path in shards(tmp_path) if len(np.load(path)) == 2)
    content = path.read_bytes()
    changed = {
        "cut": content[:-1],
        "longer": content + b"\0",
        "header": content[:60] + b"9" + content[61:],
        "address": content[:-20] + b"\0" + content[-19:],
        "empty": b"",
        "other shape": content.replace(b"(2, 4, 2, 1)", b"(2, 2, 4, 1)"),
    }[damage]
    assert changed != content
    path.write_bytes(changed)
    dataset = CountedClips()
    np.testing.assert_array_equal(build(tmp_path, dataset), expected(10))
    assert dataset.read == [8, 9]
    assert len(shards(tmp_path)) == 2


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    build(tmp_path, CountedClips(4))
    folder = shards(tmp_path)[0].parent
    (folder / f"shard-{'0' * 24}.npy.123.part").write_bytes(b"half")
    (folder / "mine.part").write_bytes(b"not the cache's")
    build(tmp_path)
    assert [path.name for path in folder.glob("*.part")] == ["mine.part"]


def test_size_and_place_are_said_before_any_work(tmp_path):
    build(tmp_path, CountedClips(4))
    dataset, lines = CountedClips(10), []

    def announce(line):
        lines.append((line, len(dataset.read)))

    build(tmp_path, dataset, announce=announce)
    folder = shards(tmp_path)[0].parent
    assert lines == [(f"Spectra: 6 of 10 clips to make, 0 MiB in {folder}.", 0)]


def test_progress_goes_from_what_is_there_to_all(tmp_path, small_batches):
    seen = []
    build(tmp_path, CountedClips(3))
    build(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 10), (7, 10), (10, 10)]


def test_a_stopped_build_keeps_all_that_is_made(tmp_path, small_batches):
    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, progress=stop)
    dataset = CountedClips()
    np.testing.assert_array_equal(build(tmp_path, dataset), expected(10))
    assert dataset.read == [4, 5, 6, 7, 8, 9]


def test_a_shard_is_written_every_few_seconds_however_slow_clips_are(tmp_path):
    now = [0.0]
    folder = cache_shards.ShardFolder(tmp_path, SHAPE)
    writer = cache_shards.ShardWriter(folder, clock=lambda: now[0])
    for number, seconds in enumerate([1, 4, 6, 9, 12]):
        now[0] = seconds
        writer.add([bytes([number]) * 16], expected([number]))
    assert sorted(len(np.load(path)) for path in tmp_path.glob("*.npy")) == [2, 3]


def test_one_process_builds_and_another_waits_and_sees_how_far_it_is(tmp_path):
    go_on, seen, lines = threading.Event(), [], []
    build(tmp_path, CountedClips(3))
    folder = shards(tmp_path)[0].parent

    def watch(done, total):
        seen.append((done, total))
        go_on.set()

    waiting = threading.Thread(
        target=build, args=(tmp_path,), kwargs={"progress": watch, "announce": lines.append}
    )
    with cache_locks.building(folder, lambda: None):
        waiting.start()
        assert go_on.wait(20)
        assert seen[0] == (3, 10)
    waiting.join(20)
    assert seen[-1] == (10, 10)
    assert lines[0] == f"Another process makes spectra in {folder}; waiting for it."
    assert lines[1].startswith("Spectra: 7 of 10 clips to make")


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    def no_locks(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(cache_locks.fcntl, "flock", no_locks)
    with pytest.raises(UserError, match="knows no locks .*No locks available.* another disk by --cache_dir"):
        build(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(UserError, match="cannot be used: .* Name another --cache_dir"):
        build(tmp_path / "cache")


def test_a_full_disk_is_told_before_any_work(tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 10 * 48 - 1))
    dataset = CountedClips()
    with pytest.raises(UserError, match=r"10 clips need 0.0 MiB .* 0.0 MiB are free"):
        build(tmp_path, dataset)
    assert not dataset.read
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 10 * 48))
    build(tmp_path)


def test_a_disk_that_gets_full_keeps_what_is_done(tmp_path, small_batches, monkeypatch):
    synced = []

    def full(descriptor):
        synced.append(descriptor)
        if len(synced) > 2:  # The first shard and its folder.
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(cache_shards.os, "fsync", full)
        with pytest.raises(WorkFailed, match="disk got full"):
            build(tmp_path)
    assert not list(tmp_path.glob("*/*.part"))
    dataset = CountedClips()
    np.testing.assert_array_equal(build(tmp_path, dataset), expected(10))
    assert dataset.read == [8, 9]


def test_data_that_are_not_finite_are_refused_by_name(tmp_path, small_batches):
    with pytest.raises(WorkFailed, match=r"genre/7.wav \(clip 2 of the split 'train', .*not finite"):
        build(tmp_path, CountedClips([3, 5, 7, 9], wrong=7))
    dataset = CountedClips([3, 5, 7, 9])
    build(tmp_path, dataset)
    assert 7 in dataset.read


def test_what_was_made_before_a_wrong_clip_is_kept(tmp_path, small_batches):
    with pytest.raises(WorkFailed, match="genre/6.wav"):
        build(tmp_path, CountedClips(wrong=6))
    dataset = CountedClips()
    build(tmp_path, dataset)
    assert dataset.read == [4, 5, 6, 7, 8, 9]


def test_an_empty_split_is_refused(tmp_path):
    with pytest.raises(UserError, match="'train' of the dataset has no clips"):
        build(tmp_path, CountedClips(0))
    with pytest.raises(UserError, match="no clips"):
        build(tmp_path, indices=[])


class Fewer(CountedClips):
    """Gives all clips but the last."""

    def clips(self, split, indices=None):
        return super().clips(split, indices).take(len(indices) - 1)


class More(CountedClips):
    """Gives one clip too many."""

    def clips(self, split, indices=None):
        clips = super().clips(split, indices)
        return clips.concatenate(clips.take(1))


class Flat(PlusHalf):
    """Gives other shapes than it says."""

    def to_data(self, audio):
        return audio


def test_a_dataset_that_gives_other_clips_than_it_names_is_refused(tmp_path):
    with pytest.raises(ValueError, match="asked for 10 clips, but gave 9"):
        build(tmp_path / "fewer", Fewer())
    with pytest.raises(ValueError, match="more clips than it was asked for"):
        build(tmp_path / "more", More())
    with pytest.raises(ValueError, match=r"of shape \(4, 2, 1\). Received: float32 of shape \(8,\)"):
        build(tmp_path / "flat", representation=Flat())


class OneUnreadable(CountedClips):
    """Clip 7 cannot be read, and the words that come of it are no text if `words` say so."""

    def __init__(self, error):
        super().__init__(10)
        self.error = error

    def _read(self, value):
        if value == 7:
            raise self.error
        return super()._read(value)


def test_a_clip_that_cannot_be_read_is_told_in_a_line(tmp_path):
    with pytest.raises(WorkFailed) as caught:
        build(tmp_path, OneUnreadable(files.AudioFileError("is cut off: 3 samples of 8")))
    text = str(caught.value)
    assert text.startswith(
        "genre/7.wav (clip 7 of the split 'train', counted from 0) could not be read: is cut off: 3 "
    )
    assert "\n" not in text and "mend it or take it away" in text


def test_words_of_tensorflow_that_are_no_text_are_told_all_the_same(tmp_path, monkeypatch):
    class Clips:
        def batch(self, size):
            return self

        def prefetch(self, number):
            return self

        def as_numpy_iterator(self):
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr(CountedClips, "clips", lambda self, split, indices=None: Clips())
    with pytest.raises(WorkFailed, match="genre/0.wav .* could not be read: it is damaged"):
        build(tmp_path)


def test_many_shards_take_few_file_descriptors(tmp_path, monkeypatch):
    monkeypatch.setattr(cache_shards, "_CLIPS_A_SHARD", 1)
    monkeypatch.setattr(cache_building, "BATCH_SIZE", 1)
    monkeypatch.setattr(clip_cache, "_MOST_OPEN_SHARDS", 4)
    before = len(os.listdir("/proc/self/fd"))
    data = build(tmp_path, CountedClips(40))
    assert len(list(tmp_path.glob("*/shard-*.npy"))) == 40
    np.testing.assert_array_equal(data[np.arange(40)[::-1]], expected(40)[::-1])
    assert len(os.listdir("/proc/self/fd")) <= before + 10


def test_a_complete_cache_serves_a_user_who_may_only_read(tmp_path, monkeypatch):
    build(tmp_path)

    def forbidden(path, mode="r", **options):
        if "a" in mode:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return open(path, mode, **options)

    def no_stamp(path):
        raise OSError(errno.EROFS, "Read-only file system", path)

    monkeypatch.setattr(cache_locks, "open", forbidden, raising=False)
    monkeypatch.setattr(clip_cache.os, "utime", no_stamp)
    np.testing.assert_array_equal(build(tmp_path), expected(10))
    with pytest.raises(UserError, match="are missing .* cannot be written to: Permission denied"):
        build(tmp_path, CountedClips(11))


def test_shards_are_stamped_at_every_use(tmp_path):
    build(tmp_path)
    path = shards(tmp_path)[0]
    clip_cache.os.utime(path, (1, 1))
    build(tmp_path, CountedClips(1))
    assert path.stat().st_mtime > 1e9
