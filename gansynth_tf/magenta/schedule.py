"""The original's stages in numbers: blocks, images, progress. Ours are the phases of `training.growth`, same index."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class StageSchedule:
    """When the original trains which stage; even ones are stable, odd ones fade a block in.

    Args:
        num_resolutions: Sizes, each twice the one before; one block each.
        stable_images: Images of a stable stage.
        fade_images: Images of a fade.
        total_images: Images of the whole training.
        is_progressive: Whether it grows, or trains the last stage only.

    Source: The stage schedule of the original, magenta GANSynth, lib/train_util.py and lib/networks.py.
    """

    num_resolutions: int
    stable_images: int
    fade_images: int
    total_images: int
    is_progressive: bool

    @property
    def last_stage(self) -> int:
        """The last stage's index."""
        return 2 * self.num_resolutions - 2

    @staticmethod
    def num_blocks(stage: int) -> int:
        """Returns the blocks of a stage."""
        return (stage + 1) // 2 + 1

    @property
    def images_without_growth(self) -> int:
        """Images that the original trains if it does not grow: all stages' ends added up, as it happens."""
        return sum(map(self.end_images, range(self.last_stage + 1)))

    def end_images(self, stage: int) -> int:
        """Returns the images after which a stage ends."""
        if stage >= self.last_stage:
            return self.total_images
        end = (stage // 2 + 1) * self.stable_images + ((stage + 1) // 2) * self.fade_images
        return min(end, self.total_images)

    def progress(self, num_images: int, num_blocks: int) -> float:
        """Returns how far the networks of `num_blocks` blocks have grown after `num_images` images.

        Training overshoots the end of each stage by up to a batch; the count is cut at the end that these blocks have.
        """
        if not self.is_progressive:
            return num_blocks - 1.0
        end = num_blocks * self.stable_images + (num_blocks - 1) * self.fade_images
        cycles, rest = divmod(min(num_images, end - 1), self.stable_images + self.fade_images)
        return cycles + max(0.0, (rest - self.stable_images) / self.fade_images)

    def standing(self, stage: int, num_images: int) -> tuple[int, int, float]:
        """Returns (phase index, our stage, progress) of a save of `stage` after `num_images` images.

        Where the total number of images ended training early, the original makes the later stages all the same,
        without training them: their blocks have no weight yet, and the run stands where its progress says.
        """
        num_blocks = self.num_blocks(stage)
        progress = self.progress(num_images, num_blocks)
        if progress >= num_blocks - 2:
            return stage, num_blocks - 1, progress
        reached = math.ceil(progress)
        return 2 * reached - (progress < reached), reached, progress


def batch_size(schedule: tuple[int, ...], num_resolutions: int, stage: int) -> int:
    """Returns the batch size of a stage; a short schedule is for the last sizes, its first entry for those before."""
    padded = [schedule[0]] * (num_resolutions - len(schedule)) + list(schedule)
    return padded[(stage + 1) // 2]
