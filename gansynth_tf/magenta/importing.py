"""A training folder of the original becomes the folder of a run."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from gansynth_tf.experiment import Experiment, specification
from gansynth_tf.magenta import adam, names, settings, translation
from gansynth_tf.magenta.source import Source
from gansynth_tf.magenta.whole_folder import new_folder, refuse_existing
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord
from gansynth_tf.training.state import TrainingState


def import_run(
    checkpoint_dir: str | os.PathLike,
    run_dir: str | os.PathLike,
    *,
    stage: int | None = None,
    given: Mapping[str, Any] | None = None,
) -> list[str]:
    """Makes the folder of a run from a training folder of the original; it plays, and is trained on, as any other.

    Args:
        checkpoint_dir: The original's folder: experiment.json and stage_00000, stage_00001 and so on.
        run_dir: The new folder.
        stage: Number of the stage that is taken; None is the last.
        given: Options of the run by full name that the folder does not decide, as nsynth.folder.

    Returns:
        Lines about what was imported, for people.

    Raises:
        UserError: If `given` contradicts the folder.
        WorkFailed: If the folder is none of the original's, damaged, or has no counterpart here; nothing is written.
    """
    run_dir = Path(run_dir)
    refuse_existing(run_dir, "run_dir")
    source = Source.read(Path(checkpoint_dir), stage)
    experiment = _experiment(source, given or {})
    record = RunRecord(
        labels={translation.LABEL: translation.pitches(source.layout.num_classes)},
        scale=source.constants[0],
        offset=source.constants[1],
        sample_rate=experiment.sample_rate,
        length_samples=experiment.length_samples,
        representation_shape=experiment.representation.shape,
        settings=experiment.identity_settings,
    )
    state = _filled_state(source, experiment)
    with new_folder(run_dir, "run_dir") as folder:
        experiment.save(folder)
        record.save(folder)
        arrays, counters = state.arrays()
        CheckpointStore(folder / "checkpoints").save(state.num_images, arrays, counters)
    return _report(source, state)


def _experiment(source, given):
    """Returns the run's experiment: options that the folder decides, usual ones, and `given`."""
    decided = translation.our_settings(source.theirs, source.stage)
    spec = specification()
    for name, value in given.items():
        if value != decided.get(name, value) and not spec[name].how_to_run:
            raise UserError(
                f"--{name}={spec[name].format(value)} contradicts the folder, which says "
                f"{spec[name].format(decided[name])}. Leave it out; --init_from starts a run with other options."
            )
    usual = {"dataset": ("nsynth",), "precision": "float32"}
    if "nsynth" in given.get("dataset", usual["dataset"]):
        usual["nsynth.splits"] = "gansynth"
        if source.layout.num_classes != translation.NUM_PITCHES:
            usual["nsynth.highest_pitch"] = translation.LOWEST_PITCH + source.layout.num_classes - 1
    experiment = Experiment.from_settings(usual | decided | dict(given))
    try:
        for part in ("representation", "loss", "training", "growth"):
            getattr(experiment, part)
    except UserError as error:
        raise WorkFailed(f"{settings.NAME} asks for what cannot be had here: {error}") from error
    return experiment


def _filled_state(source, experiment):
    """Returns the state of a run with the original's variables; blocks that the stage lacks have first weights."""
    architecture = experiment.architecture(
        *source.constants, class_counts=(source.layout.num_classes,), compute_dtype="float32"
    )
    state = TrainingState(architecture, tf.distribute.get_strategy(), experiment.training)
    index, stage, progress = source.theirs.schedule.standing(source.stage, source.num_images)
    state.enter_phase(index, stage)
    state.num_images, state.progress = source.num_images, progress
    generator = names.generator_variables(source.layout, source.num_blocks)
    discriminator = names.discriminator_variables(source.layout, source.num_blocks)
    read = source.checkpoint.read
    _fill(state.generator, {v.path: read(v.original) for v in generator})
    _fill(state.averaged_generator, {v.path: read(names.average_name(v.original)) for v in generator})
    _fill(state.discriminator, {v.path: read(v.original) for v in discriminator})
    # A stage beyond what has grown was not trained: its Adam has nothing to go on with.
    if source.has_adam and index == source.stage:
        networks = (
            ("generator", generator, state.generator, state.generator_optimizer),
            ("discriminator", discriminator, state.discriminator, state.discriminator_optimizer),
        )
        for name, variables, network, optimizer in networks:
            slots = adam.slots(optimizer, network.stage_variables(stage))
            _fill_adam(source, name, variables, slots, optimizer.iterations)
    return state


def _fill(network, values):
    """Assigns a network's variables, {path: value}."""
    ours = {variable.path: variable for variable in network.trainable_variables}
    for path, value in values.items():
        ours[path].assign(value)


def _fill_adam(source, network, variables, slots, iterations):
    """Assigns what Adam remembers of each gradient, and its count of steps.

    Of variables that no gradient reaches at this stage it remembers nothing here, and zeros in the original.
    """
    checkpoint = source.checkpoint
    for variable in variables:
        if variable.path in slots:
            for slot, name in zip(slots[variable.path], names.slot_names(variable.original), strict=True):
                slot.assign(checkpoint.read(name))
    powers = [float(checkpoint.read(name)) for name in names.power_names(network)]
    betas = source.theirs["adam_beta1"], source.theirs["adam_beta2"]
    try:
        iterations.assign(adam.steps_from_powers(powers, betas, source.expected_steps))
    except ValueError as error:
        raise WorkFailed(f"The checkpoint's Adam of the {network} is damaged: {error}") from error


def _report(source, state):
    """Returns lines about what was imported."""
    theirs, layout = source.theirs, source.layout
    frames, bins = theirs.data_shape
    classes = translation.pitches(layout.num_classes)
    lines = [
        f"Stage {source.stage} of {theirs.schedule.last_stage}, trained on {source.num_images:,} images: "
        f"{source.num_blocks} of {layout.num_blocks} blocks, progress {state.progress:g}; {theirs['data_type']} data "
        f"of {frames} x {bins}; pitches {classes[0]} to {classes[-1]}."
    ]
    if layout.num_classes != translation.NUM_PITCHES:
        lines.append(
            f"The folder has {layout.num_classes} classes where the original has {translation.NUM_PITCHES}: they are "
            f"taken for the pitches from {translation.LOWEST_PITCH}."
        )
    if not source.has_adam:
        lines.append("The checkpoint holds no state of Adam: further training starts Adam afresh.")
    if source.num_blocks < layout.num_blocks and theirs["data_normalizer"] == settings.FITTED_BINS:
        lines.append("Each bin has its own constants: networks that are not fully grown use means over bins.")
    return lines + translation.what_training_lacks(theirs, source.stage)
