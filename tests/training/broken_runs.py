"""Trains a short run at once, and again with a kill and a resume; a program, since op determinism cannot be undone.

Usage: broken_runs.py FOLDER, which then holds the runs `whole` and `broken`.
"""

import sys
from pathlib import Path

import tensorflow as tf

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


def main(folder):
    """Trains both runs on kernels whose sums do not depend on which thread comes first.

    Without them rounding alone drives two trainings apart: Adam takes a full step where a gradient is all but zero.
    """
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if train_here(folder / "whole") != loop.FINISHED:
        raise RuntimeError("The whole run did not finish.")
    try:
        train_here(folder / "broken", kill_at=40)
    except Killed:
        store = CheckpointStore(folder / "broken" / "checkpoints")
        print("killed after", store.load(store.latest())[1]["num_images"])
    if train_here(folder / "broken") != loop.FINISHED:
        raise RuntimeError("The broken run did not finish.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
