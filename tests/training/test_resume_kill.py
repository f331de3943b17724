"""A run that was killed and went on ends as one that was not."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gansynth_tf.training.checkpoints import CheckpointStore
from tests.training.broken_runs import SETTINGS, TOTAL

DETERMINISTIC_TRAIN = """
import sys
import tensorflow as tf
tf.config.experimental.enable_op_determinism()
from gansynth_tf.programs import train
sys.exit(train.main(sys.argv[1:]))
"""


def saved(run_dir):
    """Returns the arrays and the metadata of the last save."""
    store = CheckpointStore(run_dir / "checkpoints")
    return store.load(store.latest())


def history(run_dir):
    """Returns the lines of the history without the columns that tell the time."""
    with open(run_dir / "history.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    of_time = ("seconds", "images_per_second", "input_wait_percent")
    return [{k: v for k, v in line.items() if k not in of_time} for line in lines]


def test_a_run_that_breaks_off_and_goes_on_ends_bit_for_bit_as_one_that_does_not(tmp_path, repository):
    finished = subprocess.run(
        [sys.executable, Path(__file__).with_name("broken_runs.py"), tmp_path],
        env=os.environ | {"PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert "killed after 32\n" in finished.stdout
    assert_equal_runs(tmp_path / "broken", tmp_path / "whole")
    assert len(history(tmp_path / "whole")) == TOTAL // 8


def assert_equal_runs(run_dir, uninterrupted):
    """Refuses runs that differ in anything but the time they took."""
    whole, whole_metadata = saved(uninterrupted)
    resumed, resumed_metadata = saved(run_dir)
    assert whole_metadata == resumed_metadata and whole_metadata["num_images"] == TOTAL
    assert list(whole) == list(resumed)
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
    assert history(run_dir) == history(uninterrupted)


def start(repository, run_dir):
    """Starts the program in a process of its own, on deterministic kernels."""
    flags = [f"--{name}={_text(value)}" for name, value in SETTINGS.items()]
    return subprocess.Popen(
        [sys.executable, "-c", DETERMINISTIC_TRAIN, f"--run_dir={run_dir}", *flags],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _text(value):
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def kill_after(process, checkpoints, num_images, delay_seconds):
    """Kills the process at a moment some time after a save; returns whether it was still at work."""
    while process.poll() is None:
        counts = [int(path.stem.split("-")[1]) for path in checkpoints.glob("images-*.npz")]
        if max(counts, default=-1) >= num_images:
            time.sleep(delay_seconds)
            break
        time.sleep(0.005)
    was_at_work = process.poll() is None
    if was_at_work:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return was_at_work


@pytest.mark.slow
def test_killed_at_any_moment_a_run_ends_bit_for_bit_as_one_that_was_not(tmp_path, repository):
    process = start(repository, tmp_path / "whole")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    moments = random.Random(0)
    num_kills = 0
    for num_images in (-1, 8, 16, 32, 56):
        process = start(repository, tmp_path / "killed")
        delay = moments.uniform(4, 8) if num_images < 0 else moments.uniform(0.0, 0.2)
        num_kills += kill_after(process, tmp_path / "killed" / "checkpoints", num_images, delay)
    assert num_kills >= 3
    process = start(repository, tmp_path / "killed")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert_equal_runs(tmp_path / "killed", tmp_path / "whole")
    assert not list((tmp_path / "killed").rglob("*.partial"))
