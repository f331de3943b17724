"""A run that was killed and went on ends as one that was not."""

import csv
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from gansynth_tf.experiment import Experiment
from gansynth_tf.training import loop, session
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.observers.history import History
from gansynth_tf.training.observers.tensorboard import TensorBoardLog

TOTAL = 80
SETTINGS = {
    "length_samples": 8000,
    "grooves.num_clips": 24,
    "grooves.num_test_clips": 6,
    "mel_if.num_frames": 32,
    "mel_if.num_bins": 512,
    "mel_if.num_mel_bins": 32,
    "progressive.latent_size": 8,
    "progressive.filters": (8, 8, 4),
    "batch_size": 8,
    "stable_images": (24,),
    "fade_images": (24,),
    "total_images": TOTAL,
    "precision": "float32",
    "save_minutes": 0.0,
    "preview_minutes": 0.0,
    "log_seconds": 0.0,
}
DETERMINISTIC_TRAIN = """
import sys
import tensorflow as tf
tf.config.experimental.enable_op_determinism()
from gansynth_tf.programs import train
sys.exit(train.main(sys.argv[1:]))
"""


class Killed(Exception):
    """Stands for a kill: nothing after it is written."""


class KillAt:
    """Observer that ends a run right after it logged so many images, before they are saved."""

    def __init__(self, num_images):
        self._num_images = num_images

    def on_log(self, num_images, scalars):
        if num_images == self._num_images:
            raise Killed

    def on_save(self, num_images):
        pass

    def on_resume(self, num_images):
        pass

    def close(self):
        pass


def train_here(run_dir, kill_at=None):
    """Trains in this process; returns the outcome."""

    def make_observers(facts):
        observers = [History(run_dir / "history.csv"), TensorBoardLog(run_dir / "logs", 16000, ())]
        return observers + ([KillAt(kill_at)] if kill_at else [])

    run_dir.mkdir(exist_ok=True)
    return session.train(
        Experiment.from_settings(SETTINGS), run_dir, make_observers, announce=lambda line: None
    )


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


def test_a_run_that_breaks_off_and_goes_on_ends_as_one_that_does_not(tmp_path):
    assert train_here(tmp_path / "whole") == loop.FINISHED
    with pytest.raises(Killed):
        train_here(tmp_path / "broken", kill_at=40)
    assert saved(tmp_path / "broken")[1]["num_images"] == 32
    assert train_here(tmp_path / "broken") == loop.FINISHED
    whole, whole_metadata = saved(tmp_path / "whole")
    broken, broken_metadata = saved(tmp_path / "broken")
    assert whole_metadata == broken_metadata and whole_metadata["num_images"] == TOTAL
    assert list(whole) == list(broken)
    for name, array in whole.items():
        np.testing.assert_allclose(broken[name], array, rtol=1e-5, atol=1e-5 * max(1e-3, np.abs(array).max()))
    whole_lines, broken_lines = history(tmp_path / "whole"), history(tmp_path / "broken")
    assert [line["num_images"] for line in whole_lines] == [line["num_images"] for line in broken_lines]
    assert len(whole_lines) == TOTAL // 8


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
    whole, whole_metadata = saved(tmp_path / "whole")
    killed, killed_metadata = saved(tmp_path / "killed")
    assert whole_metadata == killed_metadata and whole_metadata["num_images"] == TOTAL
    assert list(whole) == list(killed)
    for name, array in whole.items():
        np.testing.assert_array_equal(killed[name], array, err_msg=name)
    assert history(tmp_path / "killed") == history(tmp_path / "whole")
    assert not list((tmp_path / "killed").rglob("*.partial"))
