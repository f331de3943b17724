import io

import pytest

from gansynth_tf.training.growth import GrowthSchedule
from gansynth_tf.training.observers.progress import CountLine, ProgressLine, TimeLeft, duration

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


def test_waiting_on_input_is_shown_where_it_slows_training(growth):
    line = ProgressLine(growth, SHAPES, io.StringIO())
    assert "waits" not in line.text(500, SCALARS | {"input_wait_percent": 2.9})
    assert "| 10.0 images/s | waits on input 12 % | G" in line.text(
        500, SCALARS | {"input_wait_percent": 12.3}
    )


def count(line, clock, *moments):
    for seconds, done, total in moments:
        clock.seconds = seconds
        line(done, total)


def test_counts_come_as_lines_at_an_interval_and_at_the_end():
    lines, clock = [], Clock()
    line = CountLine("Spectra", "clips", lines.append, io.StringIO(), interval_seconds=5, clock=clock)
    moments = [
        (0, 1000, 6000),
        (4, 1800, 6000),
        (5, 2000, 6000),
        (9, 2800, 6000),
        (10, 4000, 6000),
        (11, 6000, 6000),
    ]
    count(line, clock, *moments)
    assert lines == [
        "Spectra: 2,000 of 6,000 clips (33 %), 200 a second, 20 s left",
        "Spectra: 4,000 of 6,000 clips (66 %), 300 a second, 7 s left",
        "Spectra: 6,000 of 6,000 clips (100 %), 455 a second",
    ]


def test_work_that_is_done_when_it_is_counted_is_not_shown():
    lines, clock = [], Clock()
    count(CountLine("Spectra", "clips", lines.append, Terminal(), clock=clock), clock, (0, 7, 7), (9, 7, 7))
    assert lines == []


def test_counts_on_a_terminal_are_written_over_and_end_with_their_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream, lines, clock = Terminal(), [], Clock()
    line = CountLine("Spectra", "clips", lines.append, stream, clock=clock)
    count(line, clock, (0, 0, 2000), (0.1, 1, 2000), (1, 4, 2000), (2, 2000, 2000))
    line.close()
    first, second = stream.getvalue().split("\r")[1:]
    assert first == "Spectra: 4 of 2,000 clips (0 %), 4.0 a second, 9 min left"[:59]
    assert second.rstrip(" ") == "Spectra: 2,000 of 2,000 clips (100 %), 1,000 a second\n" or second.endswith(
        "\n"
    )
    assert second.startswith("Spectra: 2,000 of 2,000 clips (100 %), 1,000 a second ") and not lines


def test_other_work_is_counted_anew():
    lines, clock = [], Clock()
    line = CountLine("Recordings", "files", lines.append, io.StringIO(), clock=clock)
    count(line, clock, (0, 1, 100), (10, 100, 100), (20, 10, 60), (25, 60, 60), (26, 60, 60))
    assert lines == [
        "Recordings: 100 of 100 files (100 %), 9.9 a second",
        "Recordings: 60 of 60 files (100 %), 10 a second",
    ]


def test_a_slow_start_is_forgotten():
    lines, clock = [], Clock()
    line = CountLine("Spectra", "clips", lines.append, io.StringIO(), clock=clock)
    count(line, clock, (0, 0, 9000), (30, 30, 9000), (36, 630, 9000), (46, 1630, 9000), (55, 2530, 9000))
    assert lines[-1] == "Spectra: 2,530 of 9,000 clips (28 %), 100 a second, 65 s left".replace(
        "65 s", "2 min"
    )
    assert " 18 a second" in lines[1]
