"""The forecast counts what the networks really do, and times what the budget allows."""

import pytest

from gansynth_tf.experiment import Experiment
from gansynth_tf.programs import forecast
from gansynth_tf.training.timing import StepTimer

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
}


@pytest.fixture(scope="module")
def experiment():
    return Experiment.from_settings(TINY)


def costs_of(experiment):
    architecture = experiment.architecture((1.0, 1.0), (0.0, 0.0))
    networks = architecture.make_generator(), architecture.make_discriminator()
    return architecture, [forecast.stage_cost(architecture, *networks, stage, 2) for stage in range(2)]


def test_operations_of_a_step_are_those_counted_by_hand(experiment):
    architecture, costs = costs_of(experiment)
    assert architecture.stage_shape(0) == (16, 16, 2)
    # Multiplications and additions an output: twice the size of what one output looks at. Batch of 2, 16 x 16.
    pixels = 2 * 16 * 16
    # The first layer spreads one point, so that each output looks at it once.
    generator = 2 * pixels * (10 * 8 + 9 * 8 * 8 + 8 * 2)
    discriminator = 2 * pixels * (2 * 8 + 9 * 9 * 8) + 2 * 2 * (16 * 16 * 8 * 4 + 4)
    assert costs[0].operations == 5 * generator + 13 * discriminator
    assert costs[1].operations > costs[0].operations and costs[1].tensor_bytes > costs[0].tensor_bytes


def test_a_budget_that_is_used_up_leaves_later_stages_to_be_estimated(experiment):
    architecture, costs = costs_of(experiment)
    timer = StepTimer(
        architecture, experiment.strategy, experiment.training, experiment.loss, budget_seconds=0.01
    )
    seconds = timer.measure([cost.operations for cost in costs])
    assert list(seconds) == [0] and seconds[0] > 0
    estimated, word = forecast._step_seconds(1, costs, seconds)
    assert word == "estimated"
    assert estimated == pytest.approx(seconds[0] * costs[1].operations / costs[0].operations)
