"""What `--dry_run` prints: shapes, parameters, memory and time, before anything is trained."""

import math

import numpy as np
import tensorflow as tf

from gansynth_tf.experiment import Experiment
from gansynth_tf.training.costs import StageCost, shares_of_turns, stage_costs
from gansynth_tf.training.timing import StepTime, StepTimer

# Of the process, measured on a CPU: Python and TensorFlow, and the traces of one stage. What a step adds was measured
# to be as much as all tensors of one forward pass of both networks.
_PROCESS_MIB = 700
_STAGE_MIB = 60
_MIB = 2**20
# For timed steps; 0 leaves the time out.
BUDGET_SECONDS = 60.0
_MEMORY_FILE = "/proc/meminfo"


def report(experiment: Experiment) -> str:
    """Returns the forecast as lines of text.

    Args:
        experiment: Checked.
    """
    channels = experiment.representation.shape[-1]
    architecture = experiment.architecture((0.1,) * channels, (0.0,) * channels)
    networks = architecture.make_generator(), architecture.make_discriminator()
    costs = stage_costs(architecture, *networks, experiment.training.batch_size)
    numbers = [count_parameters(network) for network in networks]
    lines = _data_lines(experiment) + _network_lines(numbers, costs)
    return "\n".join(
        lines + _stage_lines(experiment, architecture, costs, _times(experiment, architecture, costs))
    )


def count_parameters(network) -> int:
    """Returns the number of trained values of a network."""
    return int(sum(np.prod(variable.shape) for variable in network.trainable_variables))


def memory_mib(numbers: list[int], costs: list[StageCost]) -> tuple[float, float, float]:
    """Returns the memory of a training process in MiB: in all, of the weights, of a step of the largest stage.

    Args:
        numbers: Parameters of the generator and of the discriminator.
        costs: Of each stage.
    """
    # Each with a gradient and two Adam moments. The generator has its moving average, the discriminator's gradients at
    # fakes, at reals, and of the penalty's passes forward and backward exist side by side before they are added.
    generator, discriminator = numbers
    weights = 4 * (5 * generator + 7 * discriminator) / _MIB
    step = max(cost.tensor_bytes for cost in costs) / _MIB
    return _PROCESS_MIB + _STAGE_MIB * len(costs) + weights + step, weights, step


def _times(experiment: Experiment, architecture, costs: list[StageCost]) -> dict[int, StepTime]:
    """Returns {stage: how long a step takes}, as far as the budget goes."""
    if not BUDGET_SECONDS:
        return {}
    timer = StepTimer(
        architecture,
        experiment.strategy,
        experiment.training,
        experiment.loss,
        budget_seconds=BUDGET_SECONDS,
        memory_bytes=_free_bytes(),
    )
    return timer.measure(costs)


def _free_bytes() -> int | None:
    """Returns the memory that steps may fill, or None where nothing tells it; a GPU refuses what is too much itself."""
    if tf.config.list_physical_devices("GPU"):
        return None
    try:
        with open(_MEMORY_FILE, encoding="ascii") as file:
            fields = dict(line.split(":") for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def _data_lines(experiment: Experiment) -> list[str]:
    shape = experiment.representation.shape
    seconds = experiment.length_samples / experiment.sample_rate
    lines = [
        f"Clips: {experiment.length_samples} samples, {seconds:g} s at {experiment.sample_rate} Hz.",
        f"Data: {' x '.join(map(str, shape))} (frames, bins, channels).",
    ]
    for name, classes in experiment.labels.classes.items():
        lines.append(f"Label {name}: {len(classes)} classes: {', '.join(classes)}.")
    clip_mib = math.prod(shape) * 4 / _MIB
    if experiment.missing:
        return [*lines, f"Training clips: not counted; the data of each take {clip_mib:.2g} MiB of disk."]
    num_clips = len(experiment.labels.clips("train"))
    lines.append(f"Training clips: {num_clips:,}; their data take {num_clips * clip_mib:,.0f} MiB of disk.")
    return lines


def _network_lines(numbers: list[int], costs: list[StageCost]) -> list[str]:
    total_mib, weights_mib, step_mib = memory_mib(numbers, costs)
    return [
        f"Generator: {numbers[0]:,} parameters. Discriminator: {numbers[1]:,} parameters.",
        f"Memory: about {total_mib / 1024:.1f} GiB, of which {weights_mib:,.0f} MiB for weights, gradients, Adam "
        f"and the moving average, and {step_mib:,.0f} MiB for a step of the largest stage.",
    ]


def _stage_lines(experiment, architecture, costs: list[StageCost], times: dict[int, StepTime]) -> list[str]:
    """Returns a table of the phases: images, shape, operations and time."""
    training = experiment.training
    batch_size = training.batch_size
    turns = shares_of_turns(training.discriminator_steps, experiment.loss.penalty_interval)
    operations = [cost.mean_operations(turns) for cost in costs]
    lines = [f"Stages, batch of {batch_size}, operations and time of the mean step:"]
    total_steps, total_operations, total_seconds = 0, 0.0, 0.0
    for phase in experiment.growth.phases():
        steps = math.ceil((phase.end_images - phase.start_images) / batch_size)
        total_steps += steps
        total_operations += steps * operations[phase.stage]
        shape = " x ".join(map(str, architecture.stage_shape(phase.stage)[:2]))
        kind = "fade in" if phase.fading else "stable"
        line = (
            f"  {shape:>10} {kind:>8}: to image {phase.end_images:>10,}, "
            f"{operations[phase.stage] / 1e9:8.1f} GFLOP"
        )
        if times:
            step_seconds, word = _step_seconds(phase.stage, operations, times, batch_size)
            total_seconds += steps * step_seconds
            line += f", {step_seconds:.3f} s a step ({word}), {steps * step_seconds / 60:,.1f} min"
        lines.append(line)
    lines.append(
        f"Work: {total_operations / 1e15:,.3f} PFLOP to image {experiment.growth.total_images:,}, in {total_steps:,} "
        f"steps of the discriminator and {math.ceil(total_steps / training.discriminator_steps):,} of the generator."
    )
    if times:
        lines.append(f"Time: about {_duration(total_seconds)} on this machine as it is now, without set-up.")
    elif BUDGET_SECONDS:
        lines.append("Time: not measured, since a step takes more memory than is free.")
    return lines


def _step_seconds(
    stage: int, operations: list[float], times: dict[int, StepTime], batch_size: int
) -> tuple[float, str]:
    """Returns the seconds of a step, and how they are known: measured, or from the nearest stage that was."""
    nearest = min(max(stage, min(times)), max(times))
    seconds = times[nearest].seconds * operations[stage] / operations[nearest]
    if times[nearest].batch_size < batch_size:
        return seconds, f"estimated from a batch of {times[nearest].batch_size}"
    return seconds, "measured" if stage in times else "estimated"


def _duration(seconds: float) -> str:
    if seconds < 3 * 3600:
        return f"{seconds / 60:,.0f} minutes"
    return f"{seconds / 3600:,.0f} hours" if seconds < 3 * 86400 else f"{seconds / 86400:,.0f} days"
