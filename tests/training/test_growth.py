"""Numbers of the original: magenta GANSynth, configs/mel_prog_hires.py and lib/networks.py."""

import pytest

from gansynth_tf import options
from gansynth_tf.training.growth import GrowthSchedule, Phase

MEL_PROG_HIRES = {
    "stable_images": (800_000,),
    "fade_images": (800_000,),
    "total_images": 11_000_000,
}


def original_progress(num_images, num_blocks, stable, transition):
    """The original's formula, restated."""
    num_images = min(num_images, num_blocks * stable + (num_blocks - 1) * transition - 1)
    length = stable + transition
    return num_images // length + max(0.0, (num_images % length - stable) / transition)


def test_phases_end_where_those_of_the_original_end():
    phases = GrowthSchedule(7, **MEL_PROG_HIRES).phases()
    assert [phase.index for phase in phases] == list(range(13))
    assert [phase.end_images for phase in phases] == [*range(800_000, 10_400_000, 800_000), 11_000_000]
    assert [phase.fading for phase in phases] == [bool(index % 2) for index in range(13)]
    # Blocks in use, (index + 1) // 2 + 1, counted from 1 there and from 0 here.
    assert [phase.stage for phase in phases] == [(index + 1) // 2 for index in range(13)]


@pytest.mark.parametrize(
    "num_images",
    [
        0,
        1,
        799_999,
        800_000,
        800_008,
        1_234_567,
        1_599_999,
        1_600_000,
        5_555_555,
        9_599_992,
        9_600_000,
        10_399_999,
        10_400_000,
        10_999_999,
    ],
)
def test_progress_equals_that_of_the_original(num_images):
    schedule = GrowthSchedule(7, **MEL_PROG_HIRES)
    expected = original_progress(num_images, schedule.phase(num_images).stage + 1, 800_000, 800_000)
    assert schedule.progress(num_images) == pytest.approx(expected, abs=1e-12)


def test_progress_rises_from_stage_to_stage_without_a_jump():
    schedule = GrowthSchedule(3, stable_images=(4, 2, 3), fade_images=(4, 2))
    values = [schedule.progress(num_images) for num_images in range(18)]
    assert values == [0, 0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1.5, 2, 2, 2, 2, 2, 2]


def test_a_phase_holds_its_start_and_not_its_end():
    schedule = GrowthSchedule(2, stable_images=(64,), fade_images=(64,), total_images=256)
    assert schedule.phase(63) == Phase(0, 0, False, 0, 64)
    assert schedule.phase(64) == Phase(1, 1, True, 64, 128)
    assert schedule.phase(128) == schedule.phase(255) == schedule.phase(256) == Phase(2, 1, False, 128, 256)


def test_a_fade_of_no_images_is_left_out():
    schedule = GrowthSchedule(3, stable_images=(10,), fade_images=(0, 5))
    assert [phase.index for phase in schedule.phases()] == [0, 2, 3, 4]
    assert [schedule.progress(n) for n in (9, 10, 19, 20, 22)] == [0, 1, 1, 1, 1.4]


def test_a_stage_may_be_passed_by_fading_alone():
    schedule = GrowthSchedule(3, stable_images=(10, 0, 0), fade_images=(5, 5))
    assert [phase.index for phase in schedule.phases()] == [0, 1, 3]
    assert schedule.total_images == 20
    assert schedule.phase(20).index == 4 and schedule.progress(20) == 2


def test_without_growth_there_is_one_phase():
    schedule = GrowthSchedule(1, stable_images=(100,), fade_images=(7,))
    assert schedule.phases() == [Phase(0, 0, False, 0, 100)]
    assert schedule.progress(50) == 0


def test_more_images_lengthen_the_last_stage_only():
    short = GrowthSchedule(2, stable_images=(10,), fade_images=(10,))
    long = GrowthSchedule(2, stable_images=(10,), fade_images=(10,), total_images=50)
    assert (short.total_images, long.total_images) == (30, 50)
    assert [short.progress(n) for n in range(31)] == [long.progress(n) for n in range(31)]
    assert long.phase(40) == Phase(2, 1, False, 20, 50)


def test_fewer_images_end_early_and_leave_the_fade_as_planned():
    schedule = GrowthSchedule(2, stable_images=(10,), fade_images=(10,), total_images=15)
    assert schedule.phases() == [Phase(0, 0, False, 0, 10), Phase(1, 1, True, 10, 15)]
    assert schedule.progress(15) == 0.5


def test_options_are_documented_and_only_the_total_may_change():
    found = options.options_of(GrowthSchedule)
    assert list(found) == ["stable_images", "fade_images", "total_images"]
    assert [name for name, option in found.items() if option.how_to_run] == ["total_images"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"stable_images": (1, 2)}, r"`stable_images` needs 1 or 3 numbers .*Received 2: stable_images=1,2"),
        ({"fade_images": (1, 2, 3)}, r"`fade_images` needs 1 or 2 numbers .*Received 3: fade_images=1,2,3"),
        ({"stable_images": ()}, r"`stable_images` needs 1 or 3 numbers .*Received 0"),
        ({"stable_images": (1, -2, 3)}, r"`stable_images` must be at least 0.*1,-2,3"),
        ({"fade_images": (-1,)}, r"`fade_images` must be at least 0.*-1"),
        ({"total_images": -5}, r"`total_images` must be at least 0.*-5"),
        ({"stable_images": (0,), "fade_images": (0,)}, "nothing would be trained"),
    ],
)
def test_wrong_numbers_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        GrowthSchedule(3, **({"stable_images": (8,), "fade_images": (4,)} | arguments))


@pytest.mark.parametrize("fade_images", [(0,), (), (5,)])
def test_an_architecture_that_does_not_grow_takes_one_number_and_fades_nothing(fade_images):
    growth = GrowthSchedule(1, stable_images=(8,), fade_images=fade_images)
    assert [(phase.start_images, phase.end_images) for phase in growth.phases()] == [(0, 8)]


def test_a_plan_of_growth_is_refused_for_an_architecture_that_does_not_grow():
    with pytest.raises(
        ValueError, match="takes one number of `stable_images`.*Received: stable_images=8000,"
    ):
        GrowthSchedule(1)
    with pytest.raises(ValueError, match="and 0 `fade_images`.*fade_images=3000,5000,8000"):
        GrowthSchedule(1, stable_images=(8,))


def test_wrong_counts_are_refused():
    with pytest.raises(ValueError, match="num_stages=0"):
        GrowthSchedule(0)
    with pytest.raises(ValueError, match="num_images=-1"):
        GrowthSchedule(2, stable_images=(8,), fade_images=(4,)).progress(-1)
