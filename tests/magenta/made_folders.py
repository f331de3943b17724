"""Small training folders of the original, made of random numbers."""

import json

import numpy as np
import tensorflow as tf

from gansynth_tf.magenta import names
from gansynth_tf.magenta.exporting import write_checkpoint
from gansynth_tf.magenta.settings import OriginalSettings

# Two blocks: 8 x 32 and 16 x 64, so that frames of 128 samples, 32 apart, hold 608 samples.
SMALL = {
    "num_resolutions": 2,
    "start_height": 8,
    "start_width": 32,
    "audio_length": 608,
    "latent_vector_size": 6,
    "fmap_base": 8,
    "fmap_max": 4,
    "batch_size_schedule": [8],
    "stable_stage_num_images": 80,
    "transition_stage_num_images": 80,
    "total_num_images": 240,
    "generator_ac_loss_weight": 10.0,
}
# {stage: images in its checkpoint}: each is a batch over its end, as the original leaves it.
IMAGES = {0: 88, 1: 168, 2: 248}
STEPS = 11


def make_folder(folder, stages=(2,), num_classes=61, without=(), **changes):
    """Writes experiment.json and the checkpoints of `stages`, and returns {stage: its arrays by name}.

    Args:
        folder: A new folder.
        stages: Numbers of the stages.
        num_classes: Pitches.
        without: Names of variables that are left out.
        changes: Keys of experiment.json that are other than in SMALL.
    """
    content = SMALL | changes
    folder.mkdir(parents=True)
    (folder / "experiment.json").write_text(json.dumps(content))
    settings = OriginalSettings.from_json(content)
    made = {}
    for stage in stages:
        kinds = names.all_variables(settings.layout(num_classes), settings.schedule.num_blocks(stage))
        made[stage] = random_arrays(kinds, IMAGES[stage], seed=stage)
        for name in without:
            del made[stage][name]
        (folder / f"stage_{stage:05d}").mkdir()
        write_checkpoint(folder / f"stage_{stage:05d}" / f"model.ckpt-{IMAGES[stage]}", made[stage])
    return made


def random_arrays(kinds, num_images, seed):
    """Returns {name: array} of {name: (shape, type)}: what a checkpoint after `num_images` images may hold."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, (shape, kind) in kinds.items():
        values = 0.5 * rng.standard_normal(shape)
        arrays[name] = (values**2 if name.endswith("Adam_1") else values).astype(kind)
    arrays[names.GLOBAL_STEP] = np.int64(num_images)
    for network in ("generator", "discriminator"):
        mean, square = names.power_names(network)
        arrays[mean] = np.float32(0.0)
        arrays[square] = np.multiply.accumulate(np.full(STEPS + 1, 0.99, np.float32))[-1]
    return arrays


def arrays_of(prefix):
    """Returns {name: array} of a checkpoint."""
    reader = tf.train.load_checkpoint(str(prefix))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
