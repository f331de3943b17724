"""What a scan remembers: unchanged recordings are not read again, changed ones are."""

import errno
import os

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from gansynth_tf.data import recording_set, scan_memory
from gansynth_tf.data.audio_folder import AudioFolder
from gansynth_tf.data.recording_set import RecordingSet
from gansynth_tf.data.scan_memory import ScanMemory, is_settled, state_of_file

RATE = 8000


@pytest.fixture
def folder(tmp_path):
    """Six noises of two genres, written long ago."""
    for number in range(6):
        path = tmp_path / "set" / "ab"[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(number).uniform(-0.5, 0.5, 2000), RATE)
        os.utime(path, (1e9, 1e9))
    return tmp_path / "set"


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Files count as settled as soon as they are written, so that the tests need not wait."""
    monkeypatch.setattr(recording_set, "is_settled", lambda state: True)


@pytest.fixture
def read(monkeypatch):
    """Names of the recordings that are really read."""
    names = []
    original = RecordingSet._read_once

    def counting(self, recording):
        names.append(recording.name)
        return original(self, recording)

    monkeypatch.setattr(RecordingSet, "_read_once", counting)
    return names


def prepared(folder, cache_dir, length_samples=2000, progress=None):
    dataset = AudioFolder(RATE, length_samples, folder=str(folder))
    dataset.prepare(cache_dir, progress)
    return dataset


def test_unchanged_files_are_read_once(folder, read, tmp_path):
    first = prepared(folder, tmp_path / "cache")
    assert len(read) == 6
    second = prepared(folder, tmp_path / "cache")
    assert len(read) == 6
    assert second.fingerprint() == first.fingerprint() and second.report() == first.report()


def test_a_changed_and_a_new_file_are_read(folder, read, tmp_path):
    prepared(folder, tmp_path / "cache")
    del read[:]
    soundfile.write(folder / "a" / "0.wav", np.full(2000, 0.25), RATE)
    os.utime(folder / "a" / "0.wav", (1.1e9, 1.1e9))
    soundfile.write(folder / "b" / "new.wav", np.full(2000, 0.5), RATE)
    dataset = prepared(folder, tmp_path / "cache")
    assert sorted(read) == ["a/0.wav", "b/new.wav"]
    clips = [clip for split in dataset.splits for clip in dataset.clips(split).as_numpy_iterator()]
    assert len(clips) == 7 and any(np.allclose(clip, 0.25, atol=1e-3) for clip in clips)


def test_another_rule_of_cutting_reads_again(folder, read, tmp_path):
    prepared(folder, tmp_path / "cache")
    prepared(folder, tmp_path / "cache", length_samples=1000)
    assert len(read) == 12


def test_without_a_folder_nothing_is_written(folder, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    prepared(folder, None)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_scan_that_was_stopped_goes_on_where_it_was(folder, read, tmp_path):
    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(folder, tmp_path / "cache", progress=stop)
    del read[:]
    seen = []
    prepared(folder, tmp_path / "cache", progress=lambda done, total: seen.append((done, total)))
    assert len(read) == 2
    assert seen == [(number, 6) for number in range(7)]


def test_what_cannot_be_used_is_remembered_too(folder, read, tmp_path):
    (folder / "a" / "bad.wav").write_bytes(b"nonsense")
    os.utime(folder / "a" / "bad.wav", (1e9, 1e9))
    first = prepared(folder, tmp_path / "cache")
    second = prepared(folder, tmp_path / "cache")
    assert len(read) == 7
    assert list(first.left_out) == ["a/bad.wav"] and second.left_out == first.left_out


def test_a_file_that_just_changed_is_not_trusted(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"1")
    assert not is_settled(state_of_file(path))
    os.utime(path, (1e9, 1e9))
    size, of_content, of_file = state_of_file(path)
    assert (size, of_content) == (1, 10**18) and of_file > of_content
    assert not is_settled([size, of_content, of_file])  # Its times were set only just now.
    assert is_settled([size, of_content, of_file - 3 * 10**9])
    assert state_of_file(tmp_path / "none.wav") is None


def test_half_a_line_is_skipped_and_the_rest_kept(tmp_path):
    with ScanMemory(tmp_path, "x") as memory:
        memory.put("a", [1], {"value": 1})
        memory.put("b\udcff\n", [2], "why not")
    with open(memory.path, "ab") as file:
        file.write(b'["c", [3], {"val')
    with ScanMemory(tmp_path, "x") as memory:
        assert memory.get("a", [1]) == {"value": 1}
        assert memory.get("b\udcff\n", [2]) == "why not"
        assert memory.get("a", [2]) is None and memory.get("c", [3]) is None
        memory.put("c", [3], "now")
    assert ScanMemory(tmp_path, "x").get("c", [3]) == "now"
    assert ScanMemory(tmp_path, "y").get("a", [1]) is None


def test_a_line_of_another_kind_is_skipped(tmp_path):
    with ScanMemory(tmp_path, "x") as memory:
        memory.put("a", [1], {"value": 1})
    with open(memory.path, "ab") as file:
        file.write(b'5\nnull\n[[1],2,3]\n["b",[1]]\n\xff\n')
    assert ScanMemory(tmp_path, "x").get("a", [1]) == {"value": 1}


def test_a_folder_that_cannot_be_written_remembers_nothing(tmp_path, monkeypatch):
    def refused(self, *arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(scan_memory.Path, "mkdir", refused)
    with ScanMemory(tmp_path / "cache", "x") as memory:
        memory.put("a", [1], "why")
        assert memory.get("a", [1]) == "why"
    assert not list(tmp_path.iterdir())


def test_a_full_disk_ends_the_remembering_not_the_work(tmp_path):
    class Full:
        def write(self, line):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    with ScanMemory(tmp_path, "x") as memory:
        memory.put("a", [1], "one")
        memory._file.close()
        memory._file = Full()
        for name in ("b", "c"):
            memory.put(name, [1], "two")
        assert memory.get("c", [1]) == "two"
    again = ScanMemory(tmp_path, "x")
    assert again.get("a", [1]) == "one" and again.get("b", [1]) is None


def test_two_files_that_swap_places_are_read_again(folder, read, tmp_path):
    first = prepared(folder, tmp_path / "cache")
    del read[:]
    (folder / "a" / "0.wav").rename(tmp_path / "swap")
    (folder / "a" / "2.wav").rename(folder / "a" / "0.wav")
    (tmp_path / "swap").rename(folder / "a" / "2.wav")
    second = prepared(folder, tmp_path / "cache")
    assert sorted(read) == ["a/0.wav", "a/2.wav"]
    assert second.fingerprint() != first.fingerprint()


@pytest.mark.parametrize("change", ["other", "gone", "broken"])
def test_a_file_that_changes_after_the_scan_is_refused(folder, change):
    dataset = prepared(folder, None)
    path = folder / "a" / "0.wav"
    if change == "gone":
        path.unlink()
    elif change == "broken":
        path.write_bytes(b"RIFF\xff\xfe" * 100)
    else:
        soundfile.write(path, np.full(3000, 0.25), RATE)
    what = "is gone" if change == "gone" else "was changed"
    with pytest.raises(tf.errors.OpError, match=f"{what} since it was first read"):
        for split in dataset.splits:
            list(dataset.clips(split).as_numpy_iterator())


def test_files_of_equal_content_lie_in_one_split_or_are_dropped(folder):
    content = (folder / "a" / "0.wav").read_bytes()
    for number in range(30):
        (folder / "b" / f"copy{number}.wav").write_bytes(content)
    options = {"folder": str(folder), "valid_fraction": 0.3, "test_fraction": 0.3}
    kept = AudioFolder(RATE, 2000, **options)
    splits = {split for split in kept.splits for source in kept.sources(split) if "copy" in source.name}
    assert len(splits) == 1 and sum(len(kept.rows(split)) for split in kept.splits) == 36
    dropped = AudioFolder(RATE, 2000, duplicates="drop", **options)
    assert sum(len(dropped.rows(split)) for split in dropped.splits) == 6
    assert dropped.left_out["b/copy7.wav"] == "is the same file as a/0.wav, which has other labels"
    assert "Left out, 30 that are the same file as another" in dropped.report()
