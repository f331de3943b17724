"""A run becomes a training folder that the original loads."""

import json
import os
import re
from pathlib import Path

import numpy as np
import tensorflow as tf

from gansynth_tf.experiment import FLAGFILE_NAME, Experiment
from gansynth_tf.magenta import adam, names, settings, translation
from gansynth_tf.magenta.folder import ASSETS_NAME, stage_name
from gansynth_tf.magenta.settings import OriginalSettings
from gansynth_tf.magenta.whole_folder import new_folder, refuse_existing
from gansynth_tf.options import WorkFailed
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import FILE_NAME, RunRecord
from gansynth_tf.training.state import TrainingState


def export_run(run_dir: str | os.PathLike, output_dir: str | os.PathLike, tfds_data_dir: str) -> list[str]:
    """Writes the newest save of a run as a training folder of the original.

    Args:
        run_dir: Folder of the run.
        output_dir: The new folder.
        tfds_data_dir: Where the original is to find NSynth: it opens the data set even to play.

    Returns:
        Lines about what was exported, for people.

    Raises:
        WorkFailed: If there is no such run, or the original cannot express it; nothing is written.
    """
    run_dir, output_dir = Path(run_dir), Path(output_dir)
    refuse_existing(output_dir, "output_dir")
    experiment, record, arrays, counters = _read_run(run_dir)
    content = translation.original_json(experiment, record, tfds_data_dir)
    theirs = OriginalSettings.from_json(content)
    stage = _stage(counters, theirs, run_dir)
    tensors = _tensors(experiment, record, arrays, counters, theirs)
    with new_folder(output_dir, "output_dir") as folder:
        if content["data_normalizer"] == settings.FITTED_BINS:
            content["train_root_dir"] = str(output_dir.absolute())
            _write_normalizer(folder / ASSETS_NAME, record)
        (folder / settings.NAME).write_text(json.dumps(content), encoding="utf-8")
        # The original goes on with the stage that the number of folders tells, empty ones among them.
        first = 0 if theirs["train_progressive"] else stage
        for number in range(first, stage + 1):
            (folder / stage_name(number)).mkdir()
        write_checkpoint(folder / stage_name(stage) / f"model.ckpt-{counters['num_images']}", tensors)
    size = f"{counters['num_images']:,} images, {len(tensors)} variables"
    about = f"Stage {stage} of {theirs.schedule.last_stage}, {size}."
    return [about, *translation.what_the_original_lacks(experiment.settings)]


def write_checkpoint(prefix: Path, tensors: dict[str, np.ndarray]) -> None:
    """Writes a TensorFlow checkpoint of the second version, and the file `checkpoint` beside it that names it.

    Raises:
        OSError: If the disk refuses.
    """
    try:
        tf.raw_ops.SaveV2(
            prefix=str(prefix),
            tensor_names=list(tensors),
            shape_and_slices=[""] * len(tensors),
            tensors=list(tensors.values()),
        )
    except tf.errors.OpError as error:
        # Around what the disk said stands where in TensorFlow it was said.
        reason = re.sub(r"{{.*?}} ?| ?\[Op:.*?\]", "", error.message)
        raise OSError(None, reason, str(prefix)) from error
    lines = [f'{key}: "{prefix.name}"\n' for key in ("model_checkpoint_path", "all_model_checkpoint_paths")]
    prefix.with_name("checkpoint").write_text("".join(lines), encoding="utf-8")


def _read_run(run_dir):
    """Returns (experiment, record, arrays, counters) of a run's newest good save."""
    for name in (FLAGFILE_NAME, FILE_NAME):
        if not (run_dir / name).is_file():
            raise WorkFailed(
                f"{run_dir} is not the folder of a run that has started training: {name} is missing."
            )
    experiment = Experiment.from_flagfile(run_dir / FLAGFILE_NAME)
    store = CheckpointStore(run_dir / "checkpoints")
    newest = store.latest()
    if newest is None:
        raise WorkFailed(f"{run_dir} holds no good save yet. {' '.join(store.notes)}".rstrip())
    try:
        return experiment, RunRecord.load(run_dir), *store.load(newest)
    except (OSError, ValueError) as error:
        raise WorkFailed(str(error)) from error


def _stage(counters, theirs, run_dir):
    """Returns the original's number of the stage that a save stands at."""
    stage = counters["phase_index"]
    if counters["stage"] < 0:
        raise WorkFailed(f"{run_dir} has not been trained yet: the original keeps no such state.")
    if theirs.schedule.num_blocks(stage) != counters["stage"] + 1:
        raise WorkFailed(
            f"{run_dir} stands at phase {stage} with {counters['stage'] + 1} blocks, the original there has "
            f"{theirs.schedule.num_blocks(stage)}."
        )
    return stage


def _tensors(experiment, record, arrays, counters, theirs):
    """Returns {name: array} of the original's checkpoint."""
    counts = tuple(map(len, record.labels.values()))
    architecture = experiment.architecture(
        record.scale, record.offset, class_counts=counts, compute_dtype="float32"
    )
    state = TrainingState(architecture, tf.distribute.get_strategy(), experiment.training)
    try:
        state.restore(arrays, counters)
    except ValueError as error:
        raise WorkFailed(f"The save does not fit the run: {error}") from error
    layout, num_blocks = theirs.layout(counts[0]), state.stage + 1
    generator = names.generator_variables(layout, num_blocks)
    discriminator = names.discriminator_variables(layout, num_blocks)
    averages = _values(state.averaged_generator)
    tensors = {names.GLOBAL_STEP: np.int64(state.num_images), names.TRAIN_TIME: np.float32(0.0)}
    tensors |= {names.average_name(v.original): averages[v.path] for v in generator}
    networks = (
        ("generator", generator, state.generator, state.generator_optimizer),
        ("discriminator", discriminator, state.discriminator, state.discriminator_optimizer),
    )
    betas = theirs["adam_beta1"], theirs["adam_beta2"]
    for name, variables, network, optimizer in networks:
        values = _values(network)
        slots = adam.slots(optimizer, network.stage_variables(state.stage))
        for variable in variables:
            tensors[variable.original] = values[variable.path]
            # No gradient reaches the others at this stage; there the original's slots are zero.
            pair = [slot.numpy() for slot in slots.get(variable.path, ())] or [
                np.zeros(variable.shape, "f4")
            ] * 2
            tensors |= zip(names.slot_names(variable.original), pair, strict=True)
        powers = adam.powers_from_steps(int(optimizer.iterations.numpy()), betas)
        tensors |= zip(names.power_names(name), powers, strict=True)
    expected = names.all_variables(layout, num_blocks)
    found = {name: (array.shape, array.dtype.name) for name, array in tensors.items()}
    if found != expected:
        raise RuntimeError(f"Not the original's variables: {sorted(found.items() ^ expected.items())[:3]}")
    return tensors


def _values(network):
    """Returns {path: array} of a network's variables."""
    return {variable.path: variable.numpy() for variable in network.trainable_variables}


def _write_normalizer(assets, record):
    """Writes the constants of each bin as the original keeps them, and the mark that they are complete."""
    assets.mkdir()
    scale, offset = np.array(record.scale), np.array(record.offset)
    name = f"{settings.FITTED_BINS}.npz"
    np.savez(assets / name, normalizer=np.stack([scale, offset], axis=-1).reshape(len(scale), -1))
    (assets / f"DONE_{name}").touch()
