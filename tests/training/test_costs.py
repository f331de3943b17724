"""Operations are those counted by hand, and those that a compiled training step holds."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.losses import LOSSES
from gansynth_tf.models import ARCHITECTURES
from gansynth_tf.training import costs
from gansynth_tf.training.options import AdversarialTraining
from gansynth_tf.training.state import TrainingState
from gansynth_tf.training.step import TrainingStep

BATCH = 2


def progressive():
    return ARCHITECTURES["progressive"](
        (32, 32, 2), (), (1.0, 1.0), (0.0, 0.0), 0, latent_size=10, filters=(4, 8, 4), condition="classifier"
    )


def wavegan():
    return ARCHITECTURES["wavegan"]((512, 1, 1), (3,), (1.0,), (0.0,), 0, latent_size=5, dim=2)


def costs_of(architecture):
    return costs.stage_costs(
        architecture, architecture.make_generator(), architecture.make_discriminator(), BATCH
    )


def test_operations_of_the_progressive_networks_are_those_counted_by_hand():
    cost, larger = costs_of(progressive())
    # Multiplications and additions an output: twice the size of what one output looks at. 16 x 16 at the first stage.
    pixels = BATCH * 16 * 16
    # The first layer spreads one point, so that each output looks at it once.
    assert cost.generator_operations == 2 * pixels * (10 * 8 + 9 * 8 * 8 + 8 * 2)
    assert cost.discriminator_operations == (
        2 * pixels * (2 * 8 + 9 * 9 * 8) + 2 * BATCH * (16 * 16 * 8 * 4 + 4)
    )
    assert larger.generator_operations > cost.generator_operations
    assert larger.discriminator_operations > cost.discriminator_operations
    assert larger.tensor_bytes > cost.tensor_bytes


def test_operations_of_wavegan_are_those_counted_by_hand():
    (cost,) = costs_of(wavegan())
    # 512 samples are 16 times 4, 4 and 2, so that there are 2, 4 and 8 channels. Kernels have 25 samples; a transposed
    # convolution spreads each input over one.
    spread = [16 * 8 * 4, 64 * 4 * 2, 256 * 2 * 1]
    assert cost.generator_operations == 2 * BATCH * ((5 + 3) * 16 * 8 + 25 * sum(spread))
    convolved = [128 * 1 * 2, 32 * 2 * 4, 16 * 4 * 8]
    assert cost.discriminator_operations == 2 * BATCH * (25 * sum(convolved) + 16 * 8 * (1 + 3))


def test_a_step_costs_what_its_turn_asks_for():
    cost = costs.StageCost(1000, 1, 0)
    assert cost.step_operations(with_generator=False, with_penalty=False) == 1006
    assert cost.step_operations(with_generator=True, with_penalty=False) == 4008
    assert cost.step_operations(with_generator=True, with_penalty=True) == 4014
    assert cost.mean_operations({(True, True): 0.25, (False, False): 0.75}) == 0.25 * 4014 + 0.75 * 1006


def test_shares_of_turns_are_those_of_a_long_training():
    assert costs.shares_of_turns(1, 1) == {(True, True): 1.0}
    assert costs.shares_of_turns(5, 1) == {(True, True): 0.2, (False, True): 0.8}
    assert costs.shares_of_turns(1, 4) == {(True, True): 0.25, (True, False): 0.75}
    assert costs.shares_of_turns(1, 0) == {(True, False): 1.0}
    assert costs.shares_of_turns(2, 0) == {(True, False): 0.5, (False, False): 0.5}
    for steps, interval in ((2, 3), (4, 6)):
        turns = [(i % steps == 0, i % interval == 0) for i in range(120)]
        shares = {turn: turns.count(turn) / 120 for turn in set(turns)}
        assert costs.shares_of_turns(steps, interval) == pytest.approx(shares)


def counted(operation):
    """Returns the operations of one node of a graph, gradients of convolutions among them."""
    if operation.type == "Conv2DBackpropFilter":
        return 2 * math.prod(operation.inputs[2].shape) * math.prod(operation.outputs[0].shape[:-1])
    return costs._operations([operation])


def needed(graph):
    """Returns the nodes of a graph that are run: those that an output or a change of a variable needs."""
    waiting = [tensor.op for tensor in graph.outputs]
    waiting += [operation for operation in graph.get_operations() if operation.type.startswith("Assign")]
    found = set()
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return found


@pytest.mark.parametrize(
    ("make", "turn"), [(progressive, (True, True)), (wavegan, (True, True)), (wavegan, (False, False))]
)
def test_a_compiled_step_holds_as_many_operations(make, turn):
    architecture = make()
    options = AdversarialTraining(batch_size=BATCH, discriminator_steps=2, precision="float32")
    state = TrainingState(architecture, tf.distribute.get_strategy(), options)
    state.enter_phase(0, 0)
    step = TrainingStep(state, LOSSES["wgan_gp"](penalty_interval=2), seed=0)
    reals = np.zeros([BATCH, *architecture.data_shape], np.float32)
    rows = np.zeros([BATCH, len(architecture.class_counts)], np.int32)
    arguments = [tf.constant(value) for value in (reals, rows, rows, rows)]
    graph = step._compiled.get_concrete_function(
        *arguments, tf.constant(0, tf.int64), tf.constant(0.0), turn
    ).graph
    expected = costs_of(architecture)[0].step_operations(*turn)
    # The layers at the data's side, small ones, pass no gradient on to data but for the generator and the penalty.
    found = sum(map(counted, needed(graph)))
    assert 0.92 * expected < found < 1.005 * expected
