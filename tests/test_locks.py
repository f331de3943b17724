"""One process a folder: whoever comes second is told, and a lock ends with its process."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from gansynth_tf import locks
from gansynth_tf.locks import FolderLock
from gansynth_tf.options import UserError

HOLD_THE_LOCK = """
import sys, time
from gansynth_tf.locks import FolderLock
with FolderLock(sys.argv[1], "is training in", "--run_dir"):
    print("locked", flush=True)
    time.sleep(600)
"""


def lock(folder):
    return FolderLock(folder, "is training in", "--run_dir")


def test_the_lock_refuses_a_second_process_and_ends_with_a_killed_one(tmp_path, repository):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=repository,
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(UserError, match=rf"pid {holder.pid}\) is training in .*--run_dir"):
            with lock(tmp_path):
                pass
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    with lock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_the_lock_is_free_again_after_use_and_after_an_error(tmp_path):
    with pytest.raises(RuntimeError):
        with lock(tmp_path):
            raise RuntimeError
    with lock(tmp_path), pytest.raises(UserError, match=f"pid {os.getpid()}"):
        with lock(tmp_path):
            pass


def test_a_folder_that_was_made_for_the_lock_stays_only_if_something_came_of_it(tmp_path):
    with lock(tmp_path / "a" / "mistake"):
        assert (tmp_path / "a" / "mistake" / "lock").is_file()
    assert not (tmp_path / "a" / "mistake").exists()
    with lock(tmp_path / "work"):
        (tmp_path / "work" / "result").write_text("")
    assert (tmp_path / "work" / "lock").is_file()
    (tmp_path / "own").mkdir()
    with lock(tmp_path / "own"):
        pass
    assert (tmp_path / "own").is_dir(), "a folder that was there already is the user's"


def test_a_lock_on_a_file_that_is_gone_by_then_counts_for_nothing(tmp_path, monkeypatch):
    """The first process goes, and its folder with it, after the second has opened the file and before it locks it."""
    folder = tmp_path / "made"
    first, had = lock(folder), locks.was_had
    first.__enter__()
    leaving = [first]

    def late(*given):
        while leaving:
            leaving.pop().__exit__()
        return had(*given)

    monkeypatch.setattr(locks, "was_had", late)
    with lock(folder):
        with pytest.raises(UserError, match=f"pid {os.getpid()}"), lock(folder):
            pass


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    def no_locks(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", no_locks)
    with pytest.raises(UserError, match="knows no locks .*No locks available.* another disk by --run_dir"):
        with lock(tmp_path):
            pass
