"""The loop measures how long training waits for its batches; tracing counts neither as training nor as waiting."""

import types

import pytest

from gansynth_tf.training import loop
from gansynth_tf.training.growth import GrowthSchedule

BATCH_SIZE, STEP_SECONDS, READ_SECONDS, TRACE_SECONDS = 4, 3.0, 1.0, 50.0


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only where a test lets them."""
    clock = types.SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(loop.time, "monotonic", lambda: clock.seconds)
    return clock


class Recorder:
    """Observer that keeps what is logged."""

    def __init__(self):
        self.logged = []

    def on_log(self, num_images, scalars):
        self.logged.append((num_images, scalars))

    def on_save(self, num_images):
        pass

    def on_preview(self, *arguments):
        pass


@pytest.fixture
def make_loop(clock, monkeypatch):
    """A function that returns (loop, recorder) of 40 images, two traces at the start of each of two stages."""

    class Step:
        def __init__(self, state, loss, seed):
            self.num_calls = 0

        @property
        def num_traces(self):
            return min(2, self.num_calls)

        def __call__(self, *arguments):
            self.num_calls += 1
            clock.seconds += STEP_SECONDS + (TRACE_SECONDS if self.num_calls <= 2 else 0.0)
            return {"loss": 1.0}

    class State:
        num_images, phase_index, stage, progress = 0, -1, -1, 0.0

        def enter_phase(self, index, stage):
            is_new, self.phase_index, self.stage = stage != self.stage, index, stage
            return is_new

        def arrays(self):
            return {}, {}

    def batches_from(num_images):
        while True:
            clock.seconds += READ_SECONDS
            yield [0] * BATCH_SIZE, [0] * BATCH_SIZE, num_images
            num_images += BATCH_SIZE

    def make(log_seconds):
        recorder = Recorder()
        monkeypatch.setattr(loop, "TrainingStep", Step)
        store = types.SimpleNamespace(save=lambda *arguments: None, latest=lambda: None)
        growth = GrowthSchedule(2, stable_images=(20,), fade_images=(4,), total_images=40)
        schedule = loop.Schedule(1e9, 0.0, log_seconds)
        return loop.TrainingLoop(
            State(),
            growth,
            None,
            batches_from,
            lambda num_images: None,
            store,
            [recorder],
            None,
            seed=0,
            schedule=schedule,
            should_stop=lambda: False,
        ), recorder

    return make


def test_waiting_and_speed_are_shares_of_the_time_without_tracing(make_loop):
    training, recorder = make_loop(log_seconds=4.0)
    training.run()
    measured = [(count, scalars) for count, scalars in recorder.logged if "images_per_second" in scalars]
    # At 0 and 4, and again at 20 and 24, the step is traced.
    assert [count for count, _ in recorder.logged] == list(range(4, 41, 4))
    assert [count for count, _ in measured] == [12, 16, 20, 32, 36, 40]
    for _, scalars in measured:
        assert scalars["input_wait_percent"] == pytest.approx(25.0)
        assert scalars["images_per_second"] == pytest.approx(1.0)
    assert training.input_wait_percent == pytest.approx(25.0)


def test_all_waiting_since_the_last_log_counts(make_loop):
    training, recorder = make_loop(log_seconds=8.0)
    training.run()
    measured = [scalars for _, scalars in recorder.logged if "images_per_second" in scalars]
    # The last window ends with the wait for a batch that is not needed any longer.
    assert len(measured) == 3
    assert [each["input_wait_percent"] for each in measured[:-1]] == pytest.approx([25.0, 25.0])


def test_a_log_of_traced_steps_alone_has_losses_but_no_speed(make_loop):
    training, recorder = make_loop(log_seconds=4.0)
    training.run()
    count, scalars = recorder.logged[0]
    assert count == 4 and scalars["loss"] == 1.0
    assert not {"images_per_second", "input_wait_percent"} & set(scalars)


def test_the_share_of_the_whole_run_weighs_windows_by_their_length(clock):
    window = loop._LogWindow()
    for wait, step in ((1.0, 1.0), (0.0, 6.0)):

        def batches(wait=wait):
            clock.seconds += wait
            yield "batch"

        for _ in window.waited_for(batches()):
            clock.seconds += step
            window.add({"loss": 0.0}, 4)
        window.take()
    assert window.total_wait_percent == pytest.approx(100 / 8)
    assert window.take() == {}


def test_nothing_measured_is_no_waiting(clock):
    assert loop._LogWindow().total_wait_percent == 0.0
