"""What `--dry_run` prints: shapes, parameters, memory and time, before anything is trained."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gansynth_tf.experiment import Experiment
from gansynth_tf.training.timing import StepTimer

# Passes over a network in one step with a gradient penalty, a backward pass counted as two: the discriminator judges
# fakes for the generator (3), reals and fakes (6) and is differentiated twice (4).
_DISCRIMINATOR_PASSES = 13
_GENERATOR_PASSES = 5
# Of the process, measured on a CPU: Python and TensorFlow, and the traces of one stage. What a step adds was measured
# to be as much as all tensors of one forward pass of both networks.
_PROCESS_MIB = 700
_STAGE_MIB = 60
_MIB = 2**20
# For timed steps; 0 leaves the time out.
BUDGET_SECONDS = 45.0


@dataclasses.dataclass(frozen=True)
class StageCost:
    """What one step of a stage costs.

    Args:
        operations: Floating-point operations of convolutions and matrix products.
        tensor_bytes: All tensors of one forward pass of both networks.
    """

    operations: float
    tensor_bytes: int


def report(experiment: Experiment) -> str:
    """Returns the forecast as lines of text.

    Args:
        experiment: Checked.
    """
    channels = experiment.representation.shape[-1]
    architecture = experiment.architecture((0.1,) * channels, (0.0,) * channels)
    networks = architecture.make_generator(), architecture.make_discriminator()
    costs = stage_costs(architecture, *networks, experiment.training.batch_size)
    seconds: dict[int, float] = {}
    if BUDGET_SECONDS:
        timer = StepTimer(
            architecture,
            experiment.strategy,
            experiment.training,
            experiment.loss,
            budget_seconds=BUDGET_SECONDS,
        )
        seconds = timer.measure([cost.operations for cost in costs])
    lines = _data_lines(experiment) + _network_lines(networks, costs)
    return "\n".join(lines + _stage_lines(experiment, architecture, costs, seconds))


def stage_costs(architecture, generator, discriminator, batch_size: int) -> list[StageCost]:
    """Returns what a step costs at each stage, smallest first."""
    return [
        stage_cost(architecture, generator, discriminator, stage, batch_size)
        for stage in range(architecture.num_stages)
    ]


def stage_cost(architecture, generator, discriminator, stage: int, batch_size: int) -> StageCost:
    """Returns what a step at `stage` costs, counted in the networks' own graphs."""
    latents = tf.TensorSpec([batch_size, architecture.latent_size])
    labels = tf.TensorSpec([batch_size, sum(architecture.class_counts)])
    data = tf.TensorSpec([batch_size, *architecture.stage_shape(stage)])
    progress = tf.constant(float(stage))
    generating = _traced(lambda z, y: generator(z, y, progress=progress, stage=stage), latents, labels)
    judging = _traced(lambda x, y: discriminator(x, y, progress=progress, stage=stage), data, labels)
    operations = _GENERATOR_PASSES * _operations(generating) + _DISCRIMINATOR_PASSES * _operations(judging)
    return StageCost(float(operations), _tensor_bytes(generating) + _tensor_bytes(judging))


def _data_lines(experiment: Experiment) -> list[str]:
    shape = experiment.representation.shape
    seconds = experiment.length_samples / experiment.sample_rate
    lines = [
        f"Clips: {experiment.length_samples} samples, {seconds:g} s at {experiment.sample_rate} Hz.",
        f"Data: {' x '.join(map(str, shape))} (frames, bins, channels).",
    ]
    for name, classes in experiment.labels.classes.items():
        lines.append(f"Label {name}: {len(classes)} classes: {', '.join(classes)}.")
    num_clips = len(experiment.labels.clips("train"))
    cache_mib = num_clips * math.prod(shape) * 4 / _MIB
    lines.append(f"Training clips: {num_clips:,}; their spectra take {cache_mib:,.0f} MiB of disk.")
    return lines


def _network_lines(networks, costs: list[StageCost]) -> list[str]:
    numbers = [
        int(sum(np.prod(variable.shape) for variable in network.trainable_variables)) for network in networks
    ]
    # Each network with a gradient and two Adam moments, and the generator's moving average.
    weights_mib = 4 * (4 * sum(numbers) + numbers[0]) / _MIB
    step_mib = max(cost.tensor_bytes for cost in costs) / _MIB
    total_mib = _PROCESS_MIB + _STAGE_MIB * len(costs) + weights_mib + step_mib
    return [
        f"Generator: {numbers[0]:,} parameters. Discriminator: {numbers[1]:,} parameters.",
        f"Memory: about {total_mib / 1024:.1f} GiB, of which {weights_mib:,.0f} MiB for weights, gradients, Adam "
        f"and the moving average, and {step_mib:,.0f} MiB for a step of the largest stage.",
    ]


def _stage_lines(experiment, architecture, costs: list[StageCost], seconds: dict[int, float]) -> list[str]:
    """Returns a table of the phases: images, shape, operations and time."""
    batch_size = experiment.training.batch_size
    lines = [f"Stages, batch of {batch_size}:"]
    total_operations = total_seconds = 0.0
    for phase in experiment.growth.phases():
        cost = costs[phase.stage]
        steps = math.ceil((phase.end_images - phase.start_images) / batch_size)
        total_operations += steps * cost.operations
        shape = " x ".join(map(str, architecture.stage_shape(phase.stage)[:2]))
        kind = "fade in" if phase.fading else "stable"
        line = (
            f"  {shape:>10} {kind:>8}: to image {phase.end_images:>10,}, {cost.operations / 1e9:8.1f} GFLOP"
        )
        if seconds:
            step_seconds, word = _step_seconds(phase.stage, costs, seconds)
            total_seconds += steps * step_seconds
            line += f", {step_seconds:.3f} s a step ({word}), {steps * step_seconds / 60:,.1f} min"
        lines.append(line)
    lines.append(f"Work: {total_operations / 1e15:,.3f} PFLOP to image {experiment.growth.total_images:,}.")
    if seconds:
        lines.append(f"Time: about {_duration(total_seconds)} on this machine as it is now, without set-up.")
    return lines


def _step_seconds(stage: int, costs: list[StageCost], seconds: dict[int, float]) -> tuple[float, str]:
    """Returns the seconds of a step, and whether they were measured or follow from the largest stage that was."""
    if stage in seconds:
        return seconds[stage], "measured"
    largest = max(seconds)
    return seconds[largest] * costs[stage].operations / costs[largest].operations, "estimated"


def _duration(seconds: float) -> str:
    if seconds < 3 * 3600:
        return f"{seconds / 60:,.0f} minutes"
    return f"{seconds / 3600:,.0f} hours" if seconds < 3 * 86400 else f"{seconds / 86400:,.0f} days"


def _traced(function: Callable, *signature: tf.TensorSpec) -> list[tf.Operation]:
    return tf.function(function).get_concrete_function(*signature).graph.get_operations()


def _operations(traced: list[tf.Operation]) -> int:
    """Returns the multiplications and additions of convolutions and matrix products."""
    total = 0
    for operation in traced:
        if operation.type == "Conv2D":
            inputs_per_output = math.prod(operation.inputs[1].shape[:-1])
            total += 2 * math.prod(operation.outputs[0].shape) * inputs_per_output
        elif operation.type in ("MatMul", "Einsum"):
            # Of a product [b, c] x [c, k] the three sizes multiply to (b c k) squared.
            sizes = [math.prod(tensor.shape) for tensor in (*operation.inputs, operation.outputs[0])]
            total += 2 * math.isqrt(math.prod(sizes))
    return total


def _tensor_bytes(traced: list[tf.Operation]) -> int:
    """Returns the bytes of all images and feature maps."""
    tensors = [
        tensor
        for operation in traced
        if operation.type not in ("Const", "Identity", "ReadVariableOp")
        for tensor in operation.outputs
        if tensor.dtype.is_floating and tensor.shape.rank == 4
    ]
    return sum(math.prod(tensor.shape) * tensor.dtype.size for tensor in tensors)
