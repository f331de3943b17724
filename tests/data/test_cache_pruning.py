"""Deleting from a cache: by age and by size, never what is in use, never what is somebody's own."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from counted_clips import CountedClips, PlusHalf, expected

from gansynth_tf.data import cache_locks, cache_pruning, cache_shards, scan_memory
from gansynth_tf.data.clip_cache import cached_clips
from gansynth_tf.programs import prune_cache

DAY = 86400.0
ONE = '["plus", 1, {"half": 0.5}]'
OTHER = '["plus", 1, {"half": 0.25}]'
# A clip of 4 x 2 x 1 numbers and its address; header and checksum of a shard.
CLIP_BYTES, SHARD_BYTES = 48, 144


def build(cache_dir, keys, fingerprint=ONE):
    return cached_clips(CountedClips(keys), "train", PlusHalf(), cache_dir, fingerprint, 1)


def folders(cache_dir):
    return sorted(cache_dir.glob("spectra-*"), key=lambda path: path.stat().st_ctime)


def set_age(folder, days):
    for path in folder.glob("shard-*"):
        os.utime(path, (time.time() - days * DAY,) * 2)


def prune(cache_dir, **options):
    return prune_cache.main(
        [f"--cache_dir={cache_dir}", *(f"--{key}={value}" for key, value in options.items())]
    )


@pytest.fixture
def cache_dir(tmp_path):
    """A cache of two representations: shards of 3 and 4 clips, 40 and 3 days unused, and one of 5 clips, 10 days."""
    build(tmp_path, [1, 2, 3])
    (one,) = folders(tmp_path)
    set_age(one, 40)
    old = set(one.glob("shard-*"))
    build(tmp_path, [4, 5, 6, 7])
    for path in set(one.glob("shard-*")) - old:
        os.utime(path, (time.time() - 3 * DAY,) * 2)
    build(tmp_path, [1, 2, 3, 4, 5], OTHER)
    (other,) = set(folders(tmp_path)) - {one}
    set_age(other, 10)
    return tmp_path


def sizes(cache_dir):
    """Returns the number of clips in each shard that is left."""
    return sorted(len(np.load(path)) for path in cache_dir.glob("*/shard-*.npy"))


def test_without_a_limit_it_only_lists(cache_dir, capsys):
    assert prune(cache_dir) == 0
    text = capsys.readouterr().out
    assert "7 clips in 2 files, 0.0 MiB, last used 3 days ago" in text
    assert "5 clips in 1 files, 0.0 MiB, last used 10 days ago" in text
    assert "  plus: half=0.25" in text and "Together 0.0 MiB" in text and "Freed" not in text
    assert sizes(cache_dir) == [3, 4, 5]


@pytest.mark.parametrize(("days", "left"), [(41, [3, 4, 5]), (39, [4, 5]), (10.5, [4, 5]), (9, [4]), (0, [])])
def test_what_was_not_used_for_so_many_days_goes(cache_dir, days, left):
    assert prune(cache_dir, unused_days=days) == 0
    assert sizes(cache_dir) == left
    assert len(list(cache_dir.glob("*/info.json"))) == len(
        {path.parent for path in cache_dir.glob("*/shard-*")}
    )


@pytest.mark.parametrize(
    ("num_bytes", "left"),
    [
        (12 * CLIP_BYTES + 3 * SHARD_BYTES, [3, 4, 5]),
        (12 * CLIP_BYTES + 3 * SHARD_BYTES - 1, [4, 5]),
        (4 * CLIP_BYTES + SHARD_BYTES, [4]),
        (4 * CLIP_BYTES + SHARD_BYTES - 1, []),
    ],
)
def test_the_least_recently_used_goes_until_the_rest_is_small_enough(cache_dir, num_bytes, left):
    assert prune(cache_dir, max_gib=num_bytes / 2**30) == 0
    assert sizes(cache_dir) == left


def test_a_use_saves_from_deletion(cache_dir):
    build(cache_dir, [2])
    assert prune(cache_dir, unused_days=1) == 0
    assert sizes(cache_dir) == [3]


def test_what_was_deleted_is_made_again_and_the_rest_is_not(cache_dir):
    prune(cache_dir, unused_days=30)
    dataset = CountedClips([1, 2, 3, 4])
    data = cached_clips(dataset, "train", PlusHalf(), cache_dir, ONE, 1)
    np.testing.assert_array_equal(data, expected([1, 2, 3, 4]))
    assert dataset.read == [1, 2, 3]


def test_a_dry_run_says_what_would_go_and_deletes_nothing(cache_dir, capsys):
    assert prune(cache_dir, unused_days=5, dry_run="true") == 0
    assert "Would free 0.0 MiB in 2 files." in capsys.readouterr().out
    assert sizes(cache_dir) == [3, 4, 5]


def test_folders_that_are_empty_then_go_and_files_of_others_stay(cache_dir):
    one, other = (folder for folder in folders(cache_dir))
    (one / "notes.txt").write_text("mine")
    (cache_dir / "shard-mine.npy").write_text("mine")
    (cache_dir / "scan-0123.jsonl").write_text("{}")
    (cache_dir / "pictures").mkdir()
    assert prune(cache_dir, max_gib=0) == 0
    assert sorted(path.name for path in cache_dir.iterdir()) == sorted(
        [one.name, "pictures", "scan-0123.jsonl", "shard-mine.npy"]
    )
    assert [path.name for path in one.iterdir()] == ["notes.txt"]
    assert not other.exists()


def test_what_is_in_use_is_left_alone(cache_dir, capsys):
    data = build(cache_dir, [1, 2, 3])
    for folder in folders(cache_dir):
        set_age(folder, 50)
    assert prune(cache_dir, unused_days=30) == 1
    assert "is in use and was left alone" in capsys.readouterr().err
    assert sizes(cache_dir) == [3, 4]
    np.testing.assert_array_equal(data, expected([1, 2, 3]))
    del data
    assert prune(cache_dir, unused_days=30) == 0
    assert sizes(cache_dir) == []


def test_a_folder_that_is_deleted_while_somebody_waits_for_it_is_made_anew(cache_dir):
    folder = folders(cache_dir)[0]
    got = []
    waiting = threading.Thread(target=lambda: got.append(cache_locks.in_use(folder)))
    with cache_locks.alone(folder / cache_locks.USE):
        waiting.start()
        time.sleep(0.2)
        assert not got
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    waiting.join(20)
    with cache_locks.alone(folder / cache_locks.USE) as is_alone:
        assert not is_alone
    got[0].close()


def test_half_written_and_damaged_shards_are_listed_and_go(cache_dir, capsys):
    folder = folders(cache_dir)[0]
    (folder / f"shard-{'0' * 24}.npy.77.part").write_bytes(b"half")
    (folder / f"shard-{'1' * 24}.npy").write_bytes(b"nonsense")
    prune(cache_dir, unused_days=5)
    assert "7 clips in 4 files, 2 of them damaged" in capsys.readouterr().out
    prune(cache_dir, max_gib=0)
    assert not list(cache_dir.iterdir())


def test_files_of_former_versions_are_listed_and_go(tmp_path, capsys):
    name = f"train-{'0a' * 10}.npy"
    for suffix in ("", ".part", ".lock"):
        (tmp_path / (name + suffix)).write_bytes(b"x" * 10)
    (tmp_path / "train-0a.npy").write_bytes(b"mine")
    assert prune(tmp_path) == 0
    assert "1 files, 0.0 MiB, of a former version, never used again" in capsys.readouterr().out
    with open(tmp_path / f"{name}.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert prune(tmp_path, unused_days=0) == 1
        assert len(list(tmp_path.iterdir())) == 4
    assert prune(tmp_path, unused_days=0) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["train-0a.npy"]


def test_what_reading_recordings_told_is_listed_and_goes(tmp_path, capsys):
    with scan_memory.ScanMemory(tmp_path, "x") as memory:
        memory.put("a.wav", [1], "is silent")
    (tmp_path / "scan-mine.jsonl").write_bytes(b"mine")
    assert prune(tmp_path) == 0
    assert "1 files, 0.0 MiB, what reading recordings told" in capsys.readouterr().out
    assert prune(tmp_path, unused_days=0) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["scan-mine.jsonl"]


def test_a_folder_that_cannot_be_written_is_refused_in_a_line(cache_dir, monkeypatch, capsys):
    def read_only(path, mode="r", **options):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(cache_locks, "open", read_only, raising=False)
    assert prune(cache_dir, unused_days=0) == 2
    error = capsys.readouterr().err
    assert "cannot be written to: Read-only file system" in error and error.count("\n") == 1


def test_a_shard_is_as_large_as_the_tests_take_it_to_be(cache_dir):
    folder = cache_shards.ShardFolder(folders(cache_dir)[0], (4, 2, 1))
    for name in folder.names():
        num_clips = len(folder.addresses(name))
        assert (folder.path / name).stat().st_size == num_clips * folder.clip_bytes() + SHARD_BYTES
    assert folder.clip_bytes() == CLIP_BYTES
    (section, _) = cache_pruning.sections_of(cache_dir)
    assert section.representation[0] == "plus"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--cache_dir=runs/genre/cache"),
        (["--cache_dir=nowhere"], "--cache_dir=nowhere is no folder"),
        (["--cache_dir=.", "--unused_days=-1"], "--unused_days must not be negative. Received: -1."),
        (["--cache_dir=.", "--max_gb=3"], "There is no option --max_gb. Did you mean --max_gib?"),
    ],
)
def test_a_mistake_ends_with_one_line(capsys, arguments, message):
    assert prune_cache.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_spectra_is_told(tmp_path, capsys):
    assert prune(tmp_path, unused_days=3) == 0
    assert "holds no spectra" in capsys.readouterr().out


def test_the_doorstep_runs_uninstalled(repository, cache_dir):
    command = [sys.executable, str(repository / "scripts" / "prune_cache.py"), f"--cache_dir={cache_dir}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cache_dir, check=False)
    assert done.returncode == 0 and "7 clips in 2 files" in done.stdout
