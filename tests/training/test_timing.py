"""Steps are timed within a budget of time and memory; what is left out is for others to estimate."""

import pytest
import tensorflow as tf

from gansynth_tf.losses import LOSSES
from gansynth_tf.models import ARCHITECTURES
from gansynth_tf.training import costs, timing
from gansynth_tf.training.options import AdversarialTraining

BATCH = 8


class FakeStep:
    """Stands for a TrainingStep: takes a second to trace, and a millisecond an image, twice with the generator."""

    def __init__(self, state, loss, *, seed):
        self.batch_size = state.options.batch_size
        self.options = state.options
        self.seen = set()

    def __call__(self, reals, real_rows, fake_rows, num_images, progress):
        assert reals.shape[0] == real_rows.shape[0] == fake_rows.shape[1] == self.batch_size
        with_generator = num_images // self.batch_size % self.options.discriminator_steps == 0
        Clock.now += 0.001 * self.batch_size * (2 if with_generator else 1)
        if with_generator not in self.seen:
            Clock.now += 1.0
        self.seen.add(with_generator)
        Clock.steps.append((self.batch_size, int(progress), with_generator))


class Clock:
    """A clock that only steps move."""

    now = 0.0
    steps: list = []

    @classmethod
    def monotonic(cls):
        return cls.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(timing, "TrainingStep", FakeStep)
    monkeypatch.setattr(timing, "time", Clock)
    monkeypatch.setattr(Clock, "steps", [])
    return Clock


def architecture(num_stages=3):
    filters = (4,) * (num_stages + 1)
    return ARCHITECTURES["progressive"]((32, 32, 2), (), (1.0, 1.0), (0.0, 0.0), 0, filters=filters)


def measured(stage_costs, discriminator_steps=1, **options):
    """Returns what a timer measures of stages of these costs."""
    timer = timing.StepTimer(
        architecture(len(stage_costs)),
        tf.distribute.get_strategy(),
        AdversarialTraining(batch_size=BATCH, discriminator_steps=discriminator_steps),
        LOSSES["wgan_gp"](),
        **options,
    )
    return timer.measure(stage_costs)


def cost(scale, tensor_bytes=0):
    return costs.StageCost(int(1e6 * scale), int(1e6 * scale), tensor_bytes)


def test_every_stage_that_fits_the_budget_is_measured(clock):
    times = measured([cost(1), cost(4), cost(16)], budget_seconds=60.0)
    assert times == {stage: timing.StepTime(pytest.approx(0.016), BATCH) for stage in range(3)}
    # From the largest that is surely small on; each twice: the first of a kind is traced and does not count.
    assert clock.steps == [(BATCH, stage, True) for stage in (2, 2, 1, 1, 0, 0)]


def test_a_stage_of_middle_size_comes_first_then_larger_ones_then_smaller_ones(clock):
    middle = timing.FIRST_OPERATIONS / 18 / 1e6
    assert list(measured([cost(middle / 9), cost(middle), cost(2 * middle)])) == [0, 1, 2]
    assert [stage for _, stage, _ in clock.steps] == [1, 1, 2, 2, 0, 0]


def test_a_stage_that_would_not_fit_is_not_begun(clock):
    # The third stage is expected to take 1000 times the second's 16 ms, twice.
    middle = timing.FIRST_OPERATIONS / 18 / 1e6
    assert list(measured([cost(middle / 9), cost(middle), cost(1000 * middle)], budget_seconds=30.0)) == [
        0,
        1,
    ]


def test_the_first_stage_is_measured_whatever_the_budget(clock):
    assert list(measured([cost(1), cost(4)], budget_seconds=0.0)) == [1]


def test_steps_with_and_without_the_generator_count_by_their_share(clock):
    times = measured([cost(1)], discriminator_steps=5, budget_seconds=60.0)
    assert times[0].seconds == pytest.approx(0.2 * 0.016 + 0.8 * 0.008)
    assert [turn for _, _, turn in clock.steps] == [True, True, False, False]


# Of 18 passes: two halvings bring a batch of 8 under the limit.
LARGE = 4 * timing.FIRST_OPERATIONS / 18 / 1e6


def test_without_a_penalty_there_is_one_kind_of_step(clock, monkeypatch):
    monkeypatch.setitem(LOSSES, "wgan_gp", lambda: LOSSES["non_saturating"](penalty_weight=0.0))
    assert measured([cost(1)], budget_seconds=60.0) == {0: timing.StepTime(pytest.approx(0.016), BATCH)}
    assert len(clock.steps) == 2


def test_a_large_first_step_is_tried_with_a_smaller_batch(clock):
    times = measured([cost(LARGE), cost(LARGE)], budget_seconds=0.0)
    assert times == {0: timing.StepTime(pytest.approx(0.016), 2)}
    assert {size for size, _, _ in clock.steps} == {2}
    times = measured([cost(LARGE)], budget_seconds=60.0)
    assert times == {0: timing.StepTime(pytest.approx(0.016), BATCH)}


def test_then_the_largest_batch_that_fits_is_measured(clock, monkeypatch):
    times = measured([cost(LARGE), cost(4 * LARGE)], memory_bytes=99, budget_seconds=60.0)
    assert list(times) == [0, 1] and times[0].batch_size == BATCH
    # A second to trace and 8 ms for two steps of two images; 1.3 s and 16 ms are forecast for four, 32 ms for eight.
    monkeypatch.setattr(Clock, "steps", [])
    times = measured([cost(LARGE), cost(LARGE)], budget_seconds=1.008 + 1.316 + 0.008)
    assert times == {0: timing.StepTime(pytest.approx(0.016), 4)}
    assert [size for size, _, _ in clock.steps] == [2, 2, 4, 4]


def test_a_batch_is_not_divided_below_two_a_replica(clock):
    huge = cost(1e9)
    assert measured([huge], budget_seconds=0.0)[0].batch_size == 2


def test_what_memory_does_not_hold_is_not_tried(clock):
    times = measured([cost(LARGE / 99, 100), cost(LARGE / 9, 400), cost(LARGE / 3, 1600)], memory_bytes=400)
    assert list(times) == [0, 1]
    assert measured([cost(1, 100)], memory_bytes=99) == {}
    assert measured([cost(LARGE, 1600)], memory_bytes=400) == {0: timing.StepTime(pytest.approx(0.016), 2)}


def test_a_device_that_runs_out_of_memory_ends_the_measuring(clock, monkeypatch):
    def full(self, reals, *rest):
        if reals.shape[0] == BATCH:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")

    monkeypatch.setattr(FakeStep, "__call__", full)
    assert measured([cost(1)]) == {}
    assert measured([cost(LARGE)])[0].batch_size == BATCH // 2


def test_a_real_step_is_timed():
    small = ARCHITECTURES["progressive"]((8, 8, 2), (3,), (1.0, 1.0), (0.0, 0.0), 0, filters=(4, 4))
    options = AdversarialTraining(batch_size=2)
    timer = timing.StepTimer(small, tf.distribute.get_strategy(), options, LOSSES["wgan_gp"]())
    (stage_cost,) = costs.stage_costs(small, small.make_generator(), small.make_discriminator(), 2)
    (time,) = timer.measure([stage_cost]).values()
    assert 0 < time.seconds < 10 and time.batch_size == 2
