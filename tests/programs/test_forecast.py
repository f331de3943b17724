"""The forecast says what is known, how it is known, and what is not."""

import json
import subprocess
import sys

import pytest

from gansynth_tf.experiment import Experiment
from gansynth_tf.programs import forecast
from gansynth_tf.training.costs import StageCost
from gansynth_tf.training.timing import StepTime

TINY = {
    "length_samples": 8000,
    "grooves.num_clips": 12,
    "grooves.num_test_clips": 6,
    "mel_if.num_frames": 32,
    "mel_if.num_bins": 512,
    "mel_if.num_mel_bins": 32,
    "progressive.filters": (4, 8, 4),
    "progressive.latent_size": 10,
    "progressive.condition": "classifier",
    "labels": None,
    "batch_size": 2,
    "loss": "wgan_gp",
    "stable_images": (10,),
    "fade_images": (4,),
}


def stage_lines(times, **changes):
    """Returns the table of two stages of 3 and 12 operations a pass, 18 passes a step."""
    experiment = Experiment.from_settings(TINY | changes)
    costs = [StageCost(3 * 10**9, 3 * 10**9, 0), StageCost(12 * 10**9, 12 * 10**9, 0)]
    architecture = experiment.architecture((1.0, 1.0), (0.0, 0.0), class_counts=())
    return forecast._stage_lines(experiment, architecture, costs, times)


def test_the_table_adds_up_the_phases():
    first, *phases, work, time = stage_lines({0: StepTime(0.5, 2), 1: StepTime(1.0, 2)})
    assert first.startswith("Stages, batch of 2")
    assert phases == [
        "     16 x 16   stable: to image         10,     54.0 GFLOP, 0.500 s a step (measured), 0.0 min",
        "     32 x 32  fade in: to image         14,    216.0 GFLOP, 1.000 s a step (measured), 0.0 min",
        "     32 x 32   stable: to image         24,    216.0 GFLOP, 1.000 s a step (measured), 0.1 min",
    ]
    # 5 steps of 54 GFLOP and 7 of 216.
    assert work == (
        "Work: 0.002 PFLOP to image 24, in 12 steps of the discriminator and 12 of the generator."
    )
    assert time == "Time: about 0 minutes on this machine as it is now, without set-up."


def test_a_stage_that_was_not_measured_takes_as_long_as_its_operations():
    lines = stage_lines({0: StepTime(0.5, 2)})
    assert "0.500 s a step (measured)" in lines[1]
    assert "2.000 s a step (estimated)" in lines[2]
    lines = stage_lines({1: StepTime(2.0, 2)})
    assert "0.500 s a step (estimated)" in lines[1]
    assert "2.000 s a step (measured)" in lines[2]


def test_a_smaller_batch_that_was_measured_is_named():
    lines = stage_lines({0: StepTime(8.0, 4)}, batch_size=16)
    assert "8.000 s a step (estimated from a batch of 4)" in lines[1]
    assert "32.000 s a step (estimated from a batch of 4)" in lines[2]


def test_where_no_step_has_room_no_time_is_given():
    lines = stage_lines({})
    assert lines[-1] == "Time: not measured, since a step takes more memory than is free."
    assert not any("a step (" in line for line in lines)


def test_rare_steps_of_the_generator_and_of_the_penalty_cost_their_share():
    lines = stage_lines({}, discriminator_steps=3)
    # (3 + 2) / 3 + 7 + 6 passes of 3 GFLOP.
    assert f"{3 * (5 / 3 + 13):8.1f} GFLOP" in lines[1]
    assert "in 12 steps of the discriminator and 4 of the generator." in lines[-2]
    lines = stage_lines({}, **{"wgan_gp.penalty_interval": 4})
    assert f"{3 * (5 + 7 + 6 / 4):8.1f} GFLOP" in lines[1]
    lines = stage_lines({}, **{"wgan_gp.penalty_weight": 0.0})
    assert f"{3 * (5 + 7):8.1f} GFLOP" in lines[1]


def test_parameters_and_memory_are_counted():
    experiment = Experiment.from_settings(TINY)
    architecture = experiment.architecture((1.0, 1.0), (0.0, 0.0), class_counts=())
    number = forecast.count_parameters(architecture.make_generator())
    block_1 = 16 * 16 * 10 * 8 + 8 + 9 * 8 * 8 + 8 + 8 * 2 + 2
    block_2 = 9 * 8 * 4 + 4 + 9 * 4 * 4 + 4 + 4 * 2 + 2
    assert number == block_1 + block_2
    total, weights, step = forecast.memory_mib([2**20, 3 * 2**20], [StageCost(1, 1, 2**20)] * 2)
    # Weights and two moments of both, a gradient and an average of the generator, four gradients of the discriminator.
    assert weights == 4 * ((1 + 2 + 1 + 1) * 1 + (1 + 2 + 4) * 3) and step == 1.0
    assert total == 700 + 2 * 60 + weights + step


def test_memory_that_is_free_is_read_where_the_system_tells_it(monkeypatch, tmp_path):
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:       24000000 kB\nMemAvailable:    1000 kB\nHugePages_Total:       0\n")
    monkeypatch.setattr(forecast, "_MEMORY_FILE", str(file))
    assert forecast._free_bytes() == 1024000
    monkeypatch.setattr(forecast, "_MEMORY_FILE", str(tmp_path / "nothing"))
    assert forecast._free_bytes() is None


MEASURE = """
import json, sys
import numpy as np
from gansynth_tf.experiment import Experiment
from gansynth_tf.programs import forecast
from gansynth_tf.training import costs, state, step

settings = {key: tuple(v) if isinstance(v, list) else v for key, v in json.loads(sys.argv[1]).items()}
experiment = Experiment.from_settings(settings)
architecture = experiment.architecture((1.0, 1.0), (0.0, 0.0), class_counts=())
networks = architecture.make_generator(), architecture.make_discriminator()
size = experiment.training.batch_size
stage_costs = costs.stage_costs(architecture, *networks, size)
expected = forecast.memory_mib([forecast.count_parameters(network) for network in networks], stage_costs)
training = state.TrainingState(architecture, experiment.strategy, experiment.training)
last = architecture.num_stages - 1
training.enter_phase(2 * last, last)
train = step.TrainingStep(training, experiment.loss, seed=0)
reals, rows = np.zeros([size, *architecture.data_shape], np.float32), np.zeros([2, size, 0], np.int32)
train(reals, rows[0], rows, 0, float(last))
with open("/proc/self/status", encoding="ascii") as file:
    peak = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
print(json.dumps([peak, *expected]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak of memory from /proc")
def test_memory_is_what_a_training_process_was_seen_to_hold():
    """The second stage of 128 x 256, whose step is as large as all else."""
    settings = TINY | {"length_samples": 64000, "mel_if.num_frames": 128, "mel_if.num_mel_bins": 256}
    settings |= {"progressive.filters": (8, 8, 8), "batch_size": 24, "precision": "float32"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(settings)], capture_output=True, text=True, check=True
    )
    peak, expected, _, step = json.loads(done.stdout.splitlines()[-1])
    assert step > 500
    assert expected == pytest.approx(peak, rel=0.2)
