"""A folder that is there completely or not at all."""

import os
import subprocess
import sys

import pytest

from gansynth_tf.magenta.whole_folder import new_folder
from gansynth_tf.options import WorkFailed

# Writes half a folder and waits to be killed.
HALF = """
import sys, time
from pathlib import Path
from gansynth_tf.magenta.whole_folder import new_folder
with new_folder(Path(sys.argv[1]), "run_dir") as folder:
    (folder / "half").write_text("")
    print("half", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def half_written(tmp_path, repository):
    """A process that is half way in writing the folder `whole`."""
    command = [sys.executable, "-c", HALF, str(tmp_path / "whole")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=repository)
    assert process.stdout.readline() == b"half\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def names(folder):
    return sorted(os.listdir(folder))


def test_a_folder_appears_when_it_is_whole(tmp_path):
    with new_folder(tmp_path / "whole", "run_dir") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "whole").exists()
    assert names(tmp_path) == ["whole"] and names(tmp_path / "whole") == ["a"]


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), new_folder(tmp_path / "whole", "run_dir"):
        raise RuntimeError
    assert names(tmp_path) == []


def test_what_a_kill_left_is_removed_by_the_next(tmp_path, half_written):
    half_written.kill()
    half_written.wait()
    assert names(tmp_path) == [f".whole.{half_written.pid}.part"]
    with new_folder(tmp_path / "whole", "run_dir"):
        pass
    assert names(tmp_path) == ["whole"]


def test_what_another_process_writes_now_is_left_alone(tmp_path, half_written):
    with new_folder(tmp_path / "whole", "run_dir"):
        pass
    assert names(tmp_path) == [f".whole.{half_written.pid}.part", "whole"]


def test_names_that_only_look_alike_are_left_alone(tmp_path):
    others = [".whole.x.part", ".whole.12.part.txt", ".other.12.part", "whole.12.part"]
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".whole.12.part").write_text("a file")
    with new_folder(tmp_path / "whole", "run_dir"):
        pass
    assert names(tmp_path) == sorted([*others, ".whole.12.part", "whole"])


def test_a_folder_that_is_there_is_refused(tmp_path):
    (tmp_path / "whole").mkdir()
    with pytest.raises(WorkFailed, match="exists already"), new_folder(tmp_path / "whole", "run_dir"):
        pass
