"""Trains four steps at once, and two and two with a save between; a program, since op determinism cannot be undone.

Of WaveGAN, whose generator is trained on every third batch, the last of the four is the first after the save.

Usage: resumed_steps.py OUTPUT.npz
"""

import sys

import numpy as np
import tensorflow as tf

from gansynth_tf.losses import LOSSES
from gansynth_tf.models import Progressive, WaveGAN
from gansynth_tf.training.options import AdversarialTraining
from gansynth_tf.training.state import TrainingState
from gansynth_tf.training.step import TrainingStep

BATCH_SIZE = 4


def make_state(name):
    """Returns a state of tiny networks."""
    if name == "progressive":
        architecture = Progressive(
            (4, 8, 2), (3,), (0.5, 0.5), (0.0, 0.0), 3, latent_size=5, filters=(6, 6, 4)
        )
        options = AdversarialTraining(batch_size=BATCH_SIZE)
    else:
        architecture = WaveGAN((512, 1, 1), (3,), (1.0,), (0.0,), 3, latent_size=5, dim=2)
        options = AdversarialTraining(batch_size=BATCH_SIZE, discriminator_steps=3)
    return TrainingState(architecture, tf.distribute.get_strategy(), options)


def train(state, num_steps):
    """Trains from the state's own image count on."""
    step = TrainingStep(state, LOSSES["wgan_gp"](penalty_interval=2), seed=7)
    for _ in range(num_steps):
        rng = np.random.default_rng(state.num_images)
        reals = rng.normal(size=[BATCH_SIZE, *state.architecture.data_shape]).astype(np.float32)
        rows = rng.integers(3, size=[3, BATCH_SIZE, 1]).astype(np.int32)
        state.progress = 0.25 + state.num_images / 64
        step(reals, rows[0], rows[1:], state.num_images, state.progress)
        state.num_images += BATCH_SIZE


def trained(name):
    """Returns the arrays half-way, and at the end of both trainings of an architecture."""
    state = make_state(name)
    stage = state.architecture.num_stages - 1
    state.enter_phase(1, stage)
    train(state, 2)
    midway, counters = state.arrays()
    train(state, 2)
    resumed = make_state(name)
    resumed.restore(midway, counters)
    train(resumed, 2)
    return {"midway": midway, "uninterrupted": state.arrays()[0], "resumed": resumed.arrays()[0]}


def main(output_path):
    """Saves the arrays of both architectures."""
    tf.config.experimental.enable_op_determinism()
    tf.config.run_functions_eagerly(True)
    saved = {}
    for name in ("progressive", "wavegan"):
        for key, arrays in trained(name).items():
            saved |= {f"{name}/{key}/{path}": value for path, value in arrays.items()}
    np.savez(output_path, **saved)


if __name__ == "__main__":
    main(sys.argv[1])
