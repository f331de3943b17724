"""The original's stages in numbers."""

import pytest

from gansynth_tf.magenta.schedule import StageSchedule, batch_size
from gansynth_tf.training.growth import GrowthSchedule

HIRES = StageSchedule(7, 800_000, 800_000, 11_000_000, True)


def test_stages_end_where_the_originals_end():
    ends = [HIRES.end_images(stage) for stage in range(13)]
    assert ends == [800_000 * (stage + 1) for stage in range(12)] + [11_000_000]


def test_blocks_of_the_stages():
    assert [HIRES.num_blocks(stage) for stage in range(13)] == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]


@pytest.mark.parametrize(
    ("num_images", "num_blocks", "progress"),
    [
        (0, 1, 0.0),
        (800_008, 1, 0.0),  # A batch over the end of stage 0, where block 2 is not made yet.
        (800_008, 2, 0.00001),
        (1_200_000, 2, 0.5),
        (1_600_000, 2, 1.0),
        (2_400_008, 2, 1.0),
        (9_400_000, 7, 5.75),
        (11_000_008, 7, 6.0),
    ],
)
def test_progress_equals_the_originals(num_images, num_blocks, progress):
    assert HIRES.progress(num_images, num_blocks) == pytest.approx(progress, abs=1e-9)


def test_our_growth_has_the_same_progress_and_phases():
    ours = GrowthSchedule(7, stable_images=(800_000,), fade_images=(800_000,), total_images=11_000_000)
    for num_images in range(0, 11_000_000, 123_456):
        phase = ours.phase(num_images)
        standing = HIRES.standing(phase.index, num_images)
        assert standing[:2] == (phase.index, phase.stage)
        assert standing[2] == pytest.approx(ours.progress(num_images), abs=1e-9)


def test_a_stage_that_was_never_trained_stands_where_its_progress_says():
    short = StageSchedule(7, 100, 100, 250, True)
    assert short.standing(12, 258) == (2, 1, 1.0)
    assert short.standing(12, 360) == (3, 2, 1.6)
    assert short.standing(2, 258) == (2, 1, 1.0)


def test_a_training_without_growth_is_at_the_last_size_and_as_long_as_all_stages_ends_together():
    whole = StageSchedule(7, 800_000, 800_000, 4_000_000, False)
    assert whole.images_without_growth == 44_000_000
    assert whole.standing(12, 5) == (12, 6, 6.0)


def test_a_short_schedule_of_batch_sizes_is_for_the_last_sizes():
    assert [batch_size((16, 8), 7, stage) for stage in range(13)] == [16] * 11 + [8] * 2
    assert [batch_size((8,), 7, stage) for stage in (0, 12)] == [8, 8]
    assert [batch_size((4, 3, 2), 3, stage) for stage in range(5)] == [4, 3, 3, 2, 2]
