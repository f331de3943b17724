"""What `--dry_run` prints: shapes, parameters, memory and time, before anything is trained."""

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gansynth_tf.experiment import Experiment

# Passes over a network in one step with a gradient penalty, a backward pass counted as two:
# the discriminator judges fakes for the generator (3), reals and fakes (6) and is differentiated twice (4).
_DISCRIMINATOR_PASSES = 13
_GENERATOR_PASSES = 5
_MIB = 2**20


def report(experiment: Experiment, seconds_per_step: Callable[[int], float] | None = None) -> str:
    """Returns the forecast as lines of text.

    Args:
        experiment: Checked.
        seconds_per_step: Takes a stage and returns the measured duration of a step; None leaves time out.
    """
    lines = _data_lines(experiment)
    channels = experiment.representation.shape[-1]
    architecture = experiment.architecture((1.0,) * channels, (0.0,) * channels)
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    numbers = [_num_parameters(network) for network in (generator, discriminator)]
    # Each network with a gradient and two Adam moments, and the generator's moving average.
    weights_bytes = 4 * (4 * sum(numbers) + numbers[0])
    lines.append(f"Generator: {numbers[0]:,} parameters. Discriminator: {numbers[1]:,} parameters.")
    lines.append(
        f"Memory: {weights_bytes / _MIB:,.0f} MiB for weights, gradients, Adam and the moving average."
    )
    lines += _stage_lines(experiment, architecture, generator, discriminator, seconds_per_step)
    return "\n".join(lines)


def _data_lines(experiment: Experiment) -> list[str]:
    shape = experiment.representation.shape
    seconds = experiment.length_samples / experiment.sample_rate
    lines = [
        f"Clips: {experiment.length_samples} samples, {seconds:g} s at {experiment.sample_rate} Hz.",
        f"Data: {' x '.join(map(str, shape))} (frames, bins, channels).",
    ]
    for name, classes in experiment.labels.classes.items():
        lines.append(f"Label {name}: {len(classes)} classes: {', '.join(classes)}.")
    num_clips = len(experiment.dataset.rows("train"))
    cache_mib = num_clips * math.prod(shape) * 4 / _MIB
    lines.append(f"Training clips: {num_clips:,}; their spectra take {cache_mib:,.0f} MiB of disk.")
    return lines


def _stage_lines(experiment, architecture, generator, discriminator, seconds_per_step) -> list[str]:
    """Returns a table of the phases: images, shape, operations and, if measured, time."""
    batch_size = experiment.settings["batch_size"]
    costs = [
        step_operations(architecture, generator, discriminator, stage, batch_size)
        for stage in range(architecture.num_stages)
    ]
    timed: dict[int, float] = {}
    lines = [f"Stages, batch of {batch_size}:"]
    total_operations = total_seconds = 0.0
    for phase in experiment.growth.phases():
        stage = phase.stage
        steps = math.ceil((phase.end_images - phase.start_images) / batch_size)
        total_operations += steps * costs[stage]
        shape = " x ".join(map(str, architecture.stage_shape(stage)[:2]))
        kind = "fade in" if phase.fading else "stable"
        gflop = costs[stage] / 1e9
        line = f"  {shape:>10} {kind:>8}: to image {phase.end_images:>10,}, {gflop:8.1f} GFLOP a step"
        if seconds_per_step is not None:
            if stage not in timed:
                timed[stage] = seconds_per_step(stage)
            total_seconds += steps * timed[stage]
            line += f", {timed[stage]:.3f} s a step, {steps * timed[stage] / 60:.1f} min"
        lines.append(line)
    lines.append(f"Work: {total_operations / 1e15:,.3f} PFLOP to image {experiment.growth.total_images:,}.")
    if seconds_per_step is not None:
        lines.append(f"Time: about {total_seconds / 60:,.0f} minutes on this machine, without set-up.")
    return lines


def step_operations(architecture, generator, discriminator, stage: int, batch_size: int) -> float:
    """Returns the floating-point operations of one training step, those of its layers."""
    num_labels = sum(architecture.class_counts)
    latents = tf.TensorSpec([batch_size, architecture.latent_size])
    labels = tf.TensorSpec([batch_size, num_labels])
    data = tf.TensorSpec([batch_size, *architecture.stage_shape(stage)])
    progress = tf.constant(float(stage))
    generating = _operations(lambda z, y: generator(z, y, progress=progress, stage=stage), latents, labels)
    judging = _operations(lambda x, y: discriminator(x, y, progress=progress, stage=stage), data, labels)
    return float(_GENERATOR_PASSES * generating + _DISCRIMINATOR_PASSES * judging)


def _operations(function: Callable, *signature: tf.TensorSpec) -> int:
    """Returns the operations of convolutions and matrix products in the traced `function`."""
    graph = tf.function(function).get_concrete_function(*signature).graph
    total = 0
    for operation in graph.get_operations():
        if operation.type in ("Conv2D", "MatMul"):
            kernel = operation.inputs[1].shape
            inputs_per_output = math.prod(kernel[:-1]) if operation.type == "Conv2D" else kernel[0]
            total += 2 * math.prod(operation.outputs[0].shape) * inputs_per_output
    return total


def _num_parameters(network) -> int:
    return int(sum(np.prod(variable.shape) for variable in network.trainable_variables))
