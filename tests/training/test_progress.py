import io

import pytest

from gansynth_tf.training.growth import GrowthSchedule
from gansynth_tf.training.observers.progress import ProgressLine, TimeLeft, duration

SHAPES = [(16, 32, 2), (32, 64, 2)]
SCALARS = {"generator_loss": -1.234, "discriminator_loss": 0.5, "images_per_second": 10.0, "real_score": 3.0}


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def growth():
    return GrowthSchedule(2, stable_images=(1000,), fade_images=(1000,))


def test_the_line_says_images_stage_losses_speed_and_time(growth):
    line = ProgressLine(growth, SHAPES, io.StringIO())
    line.on_log(500, SCALARS)
    assert line.text(500, SCALARS) == (
        "500/3,000 images (17 %) | at least 5 min left | 16x32 | 10.0 images/s | G -1.23 D 0.50"
    )


def test_a_fade_is_told_in_percent_of_the_stage_that_comes_in(growth):
    line = ProgressLine(growth, SHAPES, io.StringIO())
    assert "| 32x64 fading in 25 % |" in line.text(1250, SCALARS)
    assert "| 16x32 |" in line.text(1000, SCALARS)
    assert "| 32x64 fading in 100 % |" in line.text(2000, SCALARS)
    assert "| 32x64 |" in line.text(2001, SCALARS)


def test_a_terminal_shows_one_line_that_is_written_over(growth, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    line = ProgressLine(growth, SHAPES, stream)
    line.on_log(500, SCALARS | {"generator_loss": -1000.0})
    line.on_log(600, SCALARS)
    line.close()
    shown = stream.getvalue()
    assert shown.count("\n") == 1 and shown.endswith("\n")
    first, second = shown.strip("\n").split("\r")[1:]
    assert len(second) == len(first) and second.rstrip() != second


def test_a_line_is_never_wider_than_the_terminal(growth, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    ProgressLine(growth, SHAPES, stream).on_log(500, SCALARS)
    assert len(stream.getvalue().strip("\r")) == 39


def test_a_note_stays_and_does_not_mix_with_the_line(growth):
    stream = Terminal()
    line = ProgressLine(growth, SHAPES, stream)
    line.on_log(500, SCALARS)
    line.note("WARNING: something")
    assert stream.getvalue().endswith(" \rWARNING: something\n")


def test_elsewhere_lines_come_at_an_interval_and_at_the_end(growth):
    stream, clock = io.StringIO(), Clock()
    line = ProgressLine(growth, SHAPES, stream, interval_seconds=30, clock=clock)
    for seconds, num_images in ((0, 100), (10, 200), (29, 300), (31, 400), (32, 3000)):
        clock.seconds = seconds
        line.on_log(num_images, SCALARS)
    assert [text.split("/")[0] for text in stream.getvalue().splitlines()] == ["100", "400", "3,000"]


def test_scalars_of_others_are_not_shown(growth):
    stream = io.StringIO()
    ProgressLine(growth, SHAPES, stream).on_log(100, {"diversity": 0.5})
    assert stream.getvalue() == ""


def test_time_left_without_costs_is_a_lower_bound_until_the_last_stage_was_measured(growth):
    left = TimeLeft(growth)
    assert left.seconds(0) == (None, False)
    assert left.text(0) == "time left unknown"
    left.measure(500, 10.0)
    assert left.seconds(500) == (250.0, False)
    left.measure(1500, 2.0)
    assert left.seconds(1500) == (750.0, True)
    assert left.seconds(3000) == (0.0, True)


def test_time_left_with_costs_scales_the_measured_speed(growth):
    left = TimeLeft(growth, relative_costs=[1.0, 4.0])
    left.measure(500, 10.0)
    assert left.seconds(500) == (pytest.approx(50 + 2000 * 0.4), True)


def test_a_slower_last_stage_is_forecast_from_its_own_speed(growth):
    left = TimeLeft(growth)
    left.measure(2500, 1.0)
    left.measure(2600, 1.0)
    left.measure(2700, 0.0)
    assert left.seconds(2700) == (300.0, True)


def test_costs_are_checked(growth):
    with pytest.raises(ValueError, match="each of 2 stages. Received: 3"):
        TimeLeft(growth, relative_costs=[1, 2, 3])


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0 s"),
        (59, "59 s"),
        (61, "2 min"),
        (3599, "1 h 00 min"),
        (7500, "2 h 05 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_durations_are_short(seconds, words):
    assert duration(seconds) == words
