"""Trains one step on one replica and on two, and saves both; a program, since devices are split before anything runs.

Usage: replica_steps.py OUTPUT.npz
"""

import sys

import numpy as np

from gansynth_tf.losses import LOSSES
from gansynth_tf.models import Progressive, WaveGAN
from gansynth_tf.training import devices
from gansynth_tf.training.options import AdversarialTraining
from gansynth_tf.training.state import TrainingState
from gansynth_tf.training.step import TrainingStep

BATCH_SIZE = 8


def make_state(name, strategy):
    """Returns a state of tiny networks, ready for its step."""
    options = AdversarialTraining(batch_size=BATCH_SIZE)
    options.check_replicas(strategy.num_replicas_in_sync)
    if name == "wavegan":
        architecture = WaveGAN((128, 1, 1), (3,), (1.0,), (0.0,), 3, latent_size=5, dim=2)
        state = TrainingState(architecture, strategy, options)
        state.enter_phase(0, 0)
        return state
    architecture = Progressive((4, 8, 2), (3,), (0.5, 0.5), (0.0, 0.0), 3, latent_size=5, filters=(6, 6, 4))
    state = TrainingState(architecture, strategy, options)
    # Each replica takes the deviation of its own share, by design. Without its weights the rest must agree.
    kernel = state.discriminator.layers_by_name["block_1_conv0"].kernel
    values = np.array(kernel.numpy())
    values[:, :, -1, :] = 0.0
    kernel.assign(values)
    state.enter_phase(1, 1)
    return state


def main(output_path):
    """Saves the scalars, variables and optimiser slots after a step, under <architecture>/1/ and <architecture>/2/."""
    strategies = {2: devices.make_strategy(2), 1: devices.make_strategy(1)}
    saved = {}
    for name in ("progressive", "wavegan"):
        for num_replicas, strategy in strategies.items():
            assert strategy.num_replicas_in_sync == num_replicas
            rng = np.random.default_rng(0)
            state = make_state(name, strategy)
            reals = rng.normal(size=[BATCH_SIZE, *state.architecture.data_shape]).astype(np.float32)
            rows = rng.integers(3, size=[3, BATCH_SIZE, 1]).astype(np.int32)
            step = TrainingStep(state, LOSSES["wgan_gp"](), seed=5)
            scalars = step(reals, rows[0], rows[1:], 64, 0.5)
            arrays, _ = state.arrays()
            saved |= {f"{name}/{num_replicas}/{key}": value for key, value in (scalars | arrays).items()}
    np.savez(output_path, **saved)


if __name__ == "__main__":
    main(sys.argv[1])
