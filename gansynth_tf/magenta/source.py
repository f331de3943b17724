"""What a training folder of the original holds, read and checked before anything is written."""

import dataclasses
import math
from pathlib import Path

from gansynth_tf.magenta import names, settings, translation
from gansynth_tf.magenta.folder import Checkpoint, find_stage, read_json, read_normalizer
from gansynth_tf.magenta.schedule import batch_size
from gansynth_tf.magenta.settings import OriginalSettings
from gansynth_tf.options import WorkFailed


@dataclasses.dataclass(frozen=True)
class Source:
    """One stage of a training of the original.

    Args:
        theirs: The settings.
        stage: Number of the stage.
        checkpoint: The variables, their names and shapes checked.
        layout: Sizes of the networks.
        constants: (scale, offset) of the normalisation, [channels] or [bins][channels].
        has_adam: Whether the checkpoint holds Adam's variables.
        num_images: Images that training has seen.
    """

    theirs: OriginalSettings
    stage: int
    checkpoint: Checkpoint
    layout: names.Layout
    constants: tuple[tuple, tuple]
    has_adam: bool
    num_images: int

    @property
    def num_blocks(self) -> int:
        """Blocks that the checkpoint holds."""
        return self.theirs.schedule.num_blocks(self.stage)

    @property
    def expected_steps(self) -> int:
        """Training steps of the stage so far, as the count of images tells."""
        schedule = self.theirs.schedule
        before = schedule.end_images(self.stage - 1) if self.stage and schedule.is_progressive else 0
        size = batch_size(self.theirs["batch_size_schedule"], self.theirs["num_resolutions"], self.stage)
        return max(0, math.ceil((self.num_images - before) / size))

    @classmethod
    def read(cls, checkpoint_dir: Path, stage: int | None) -> "Source":
        """Returns what the folder holds.

        Args:
            checkpoint_dir: With experiment.json and stage_00000, stage_00001 and so on.
            stage: Number of the stage; None is the last.

        Raises:
            WorkFailed: Names what is missing, broken, or has no counterpart here.
        """
        theirs = OriginalSettings.from_json(read_json(checkpoint_dir))
        number, prefix = find_stage(checkpoint_dir, stage)
        _check_number(number, theirs, checkpoint_dir)
        checkpoint = Checkpoint(prefix)
        classes = checkpoint.shape(names.CLASSES)
        if not classes:
            raise WorkFailed(
                f"{prefix} lacks the variable {names.CLASSES}, of one number a pitch. "
                "Is it a checkpoint of the original GANSynth?"
            )
        layout = theirs.layout(classes[0])
        has_adam = _check_variables(checkpoint, layout, theirs.schedule.num_blocks(number))
        num_images = int(checkpoint.read(names.GLOBAL_STEP))
        if num_images < 0:
            raise WorkFailed(
                f"{prefix}: {names.GLOBAL_STEP} is {num_images}, expected the images of the training."
            )
        constants = translation.constants(theirs, _normalizer(theirs, checkpoint_dir))
        return cls(theirs, number, checkpoint, layout, constants, has_adam, num_images)


def _check_number(number, theirs, checkpoint_dir):
    """Refuses a stage that the settings do not have."""
    schedule = theirs.schedule
    if number > schedule.last_stage or (number < schedule.last_stage and not schedule.is_progressive):
        raise WorkFailed(
            f"{checkpoint_dir} has a stage {number}; the last that {settings.NAME} knows is {schedule.last_stage}"
            f"{'' if schedule.is_progressive else ', and the only one, since train_progressive is false'}."
        )


def _check_variables(checkpoint, layout, num_blocks):
    """Refuses a checkpoint that lacks a variable or has another shape; returns whether it has Adam's variables."""
    expected = names.all_variables(layout, num_blocks)
    del expected[names.TRAIN_TIME]  # Older checkpoints may lack it, and nothing here needs it.
    adam = {name for name in expected if name.startswith(names.OPTIMIZERS)}
    has_adam = any(checkpoint.shape(name) is not None for name in adam)
    checkpoint.check({name: kind for name, kind in expected.items() if has_adam or name not in adam})
    return has_adam


def _normalizer(theirs, checkpoint_dir):
    """Returns the numbers of a fitted normaliser, or None for the prespecified one."""
    name = theirs["data_normalizer"]
    if name == settings.PRESPECIFIED:
        return None
    shape = (theirs.data_shape[1], 4) if name == settings.FITTED_BINS else (4,)
    return read_normalizer(checkpoint_dir, name, shape)
