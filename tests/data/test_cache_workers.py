"""Several processes build one cache; whatever ends them, what they made is kept, and nothing of them stays."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from counted_clips import CountedClips, PlusHalf, expected, lines_of

from gansynth_tf.data import cache_workers
from gansynth_tf.data.clip_cache import cached_clips
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.representations.mel_if import MelIf

PROGRAM = Path(__file__).with_name("build_counted_clips.py")
FINGERPRINT = '["plus", {"half": 0.5}]'


def build(directory, dataset, workers=1, **options):
    return cached_clips(dataset, "train", PlusHalf(), directory, FINGERPRINT, workers, **options)


class Noises:
    """Clips of noise, each of its own seed."""

    def clip_keys(self, split):
        return [f"noise {i}" for i in range(150)]

    def clips(self, split, indices=None):
        clips = tf.data.Dataset.from_tensor_slices(np.asarray(indices, np.int64))
        return clips.map(lambda seed: 0.1 * tf.random.stateless_normal([4000], [7, seed]))


def test_two_processes_make_the_same_bits_as_one(tmp_path):
    mel_if = MelIf(16000, 4000, num_frames=16, num_mel_bins=64)
    seen = []
    one = cached_clips(Noises(), "train", mel_if, tmp_path / "one", "", 1)
    two = cached_clips(
        Noises(), "train", mel_if, tmp_path / "two", "", 2, progress=lambda *counts: seen.append(counts)
    )
    assert one[:].tobytes() == two[:].tobytes()
    # Other clips go before, so that each has another place in its batch.
    other = cached_clips(Noises(), "train", mel_if, tmp_path / "other", "", 1, indices=np.arange(11, 150))
    assert one[11:].tobytes() == other[:].tobytes()
    assert seen[0] == (0, 150) and seen[-1] == (150, 150)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(list((tmp_path / "two").glob("*/shard-*.npy"))) > 1
    assert not multiprocessing.active_children()


def test_a_process_that_is_killed_is_told_and_the_shards_stay(tmp_path):
    log = tmp_path / "log"
    with pytest.raises(WorkFailed, match=r"ended from outside \(SIGKILL\).*--num_workers"):
        build(tmp_path, CountedClips(200, log=log, ends_at=199), 2)
    assert not multiprocessing.active_children()
    before = lines_of(log)
    dataset = CountedClips(200)
    np.testing.assert_array_equal(build(tmp_path, dataset), expected(200))
    # The killed process had a block of fewer than 50 clips; the other one wrote what it had.
    assert len(before) >= 100 and set(range(200)) - set(before) <= set(dataset.read)
    assert len(dataset.read) <= 200 - len(before) + 64


@pytest.fixture
def start(tmp_path, repository):
    """A function that starts the program; what is left of it is killed at the end."""
    processes = []

    def started(num_clips, workers):
        command = [sys.executable, str(PROGRAM), tmp_path / "cache", tmp_path / "log", num_clips, workers]
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": str(repository)},
            # What a shell starts in the background ignores Ctrl-C, and so would what that starts, as this.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        if processes_of(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def processes_of(group):
    """Returns the ids of the processes of a group, without those that are dead and not yet waited for."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def wait_until(condition, seconds=300):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_that_is_killed_goes_on_where_it_was(tmp_path, start, workers):
    log = tmp_path / "log"
    process = start(1000, workers)
    wait_until(lambda: len(lines_of(log)) >= 200)
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not processes_of(process.pid))
    before = lines_of(log)
    assert 200 <= len(before) < 1000
    dataset = CountedClips(1000)
    np.testing.assert_array_equal(build(tmp_path / "cache", dataset), expected(1000))
    assert len(set(before)) == len(before) and set(range(1000)) - set(before) <= set(dataset.read)
    # Lost is what was read but not converted, and of a killed process a shard that was not full.
    assert len(dataset.read) <= 1000 - len(before) + workers * 128
    assert not list(tmp_path.glob("cache/*/*.part"))


def test_interrupted_processes_write_what_they_have_and_end_quietly(tmp_path, start):
    log = tmp_path / "log"
    process = start(30000, 2)  # More than any machine makes before it is interrupted.
    wait_until(lambda: len(lines_of(log)) >= 300)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    wait_until(lambda: not processes_of(process.pid))
    assert errors.count("Traceback") == 1 and errors.strip().endswith("KeyboardInterrupt")
    num_read = len(lines_of(log))
    dataset = CountedClips(30000)
    build(tmp_path / "cache", dataset, indices=np.arange(500))
    assert num_read >= 300 and len(dataset.read) <= 400


def test_of_two_processes_one_builds_and_the_other_waits_and_reads(tmp_path, start):
    process = start(300, 1)
    wait_until(lambda: lines_of(tmp_path / "log"))
    dataset, lines, seen = CountedClips(300), [], []
    data = build(
        tmp_path / "cache", dataset, announce=lines.append, progress=lambda done, total: seen.append(done)
    )
    np.testing.assert_array_equal(data, expected(300))
    assert not dataset.read and len(lines) == 1 and "waiting for it" in lines[0]
    assert seen == sorted(seen) and any(0 < done < 300 for done in seen)
    assert process.wait(60) == 0 and sorted(lines_of(tmp_path / "log")) == list(range(300))


def test_the_number_of_processes_follows_the_work_and_the_cores(monkeypatch):
    monkeypatch.setattr(cache_workers.os, "sched_getaffinity", lambda pid: set(range(6)))
    assert [cache_workers.num_workers(0, clips) for clips in (1, 1999, 2000, 5500, 10**6)] == [1, 1, 2, 5, 6]
    assert [cache_workers.num_workers(8, clips) for clips in (1, 64, 65, 10**6)] == [1, 2, 3, 8]
    monkeypatch.setattr(cache_workers.os, "sched_getaffinity", lambda pid: {0, 5})
    assert [cache_workers.num_workers(asked, 10**6) for asked in (0, 2)] == [1, 2]
    monkeypatch.setattr(cache_workers.os, "sched_getaffinity", lambda pid: set(range(200)))
    assert cache_workers.num_workers(0, 10**6) == 16
    with pytest.raises(ValueError, match="num_workers=-1"):
        cache_workers.num_workers(-1, 10)


@pytest.mark.parametrize(("num_clips", "workers"), [(65, 2), (6000, 2), (300_000, 16)])
def test_blocks_are_all_clips_in_their_order_and_get_smaller(num_clips, workers):
    indices = np.arange(num_clips) * 3
    addresses = [b"%d" % index for index in indices]
    blocks = list(cache_workers._blocks(indices, addresses, workers))
    np.testing.assert_array_equal(np.concatenate([block for block, _ in blocks]), indices)
    assert sum((names for _, names in blocks), []) == addresses
    sizes = [len(block) for block, _ in blocks]
    assert all(first >= second for first, second in zip(sizes, sizes[1:], strict=False))
    assert sizes[0] <= num_clips / workers and len(blocks) <= 12 * workers
    assert all(size >= 32 for size in sizes[:-1])


def test_a_dataset_that_cannot_be_pickled_is_named_as_the_fault(tmp_path):
    dataset = CountedClips(100)
    dataset.read_more = lambda value: value
    with pytest.raises(TypeError, match="can be pickled: .*lambda.*Keep no open file, lambda"):
        build(tmp_path, dataset, 2)


def reported(error):
    """Returns what the starter of a worker raises when the worker meets an error."""
    said = []
    with cache_workers._Reported(lambda kind, value: said.append((kind, value))):
        raise error
    ((kind, value),) = pickle.loads(pickle.dumps(said))
    assert kind == cache_workers._FAILED
    return cache_workers._failure(*value)


class Ended:
    """A process that is gone."""

    exitcode = 1

    def join(self, seconds):
        pass


def serve(*messages):
    """Serves two blocks to a worker that says these things and is then gone; returns the counts and what it got."""
    ours, theirs = multiprocessing.Pipe()
    for message in messages:
        theirs.send(message)
    counts = []
    try:
        cache_workers._serve([cache_workers._Worker(Ended(), ours)], iter(["first", "second"]), counts.append)
    finally:
        got = []
        while theirs.poll():
            got.append(theirs.recv())
    return counts, got


def test_a_worker_gets_blocks_until_none_is_left_and_what_it_makes_is_counted():
    wants = (cache_workers._WANTS, None)
    counts, got = serve(wants, (cache_workers._MADE, 32), (cache_workers._MADE, 7), wants, wants)
    assert sum(counts) == 39 and got == ["first", "second", None]


def test_what_a_worker_reports_is_raised():
    failed = (cache_workers._FAILED, (WorkFailed("genre/7.wav becomes data that are not finite"), ""))
    with pytest.raises(WorkFailed, match="genre/7.wav"):
        serve((cache_workers._WANTS, None), failed)


def test_errors_of_a_process_keep_their_kind_and_faults_of_the_code_their_traceback():
    error = reported(WorkFailed("the disk got full"))
    assert type(error) is WorkFailed and str(error) == "the disk got full"
    assert type(reported(UserError("no"))) is UserError
    error = reported(OSError(5, "Input/output error", "a.wav"))
    assert (error.errno, error.filename) == (5, "a.wav")
    error = reported(ZeroDivisionError("division by zero"))
    assert type(error) is RuntimeError
    assert "Traceback" in str(error) and "ZeroDivisionError: division by zero" in str(error)


def test_a_process_that_ends_by_itself_is_told_with_what_may_be_the_reason():
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    with pytest.raises(WorkFailed, match="status 1 before its work was done.*__main__.*num_workers=1"):
        cache_workers._serve([cache_workers._Worker(Ended(), ours)], iter([]), lambda num_more: None)
