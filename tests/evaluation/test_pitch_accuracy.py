"""The share of notes at their pitch: of tones that are right, out of tune, an octave off, or no tones."""

import csv
import importlib.util
import math

import numpy as np
import pytest

from gansynth_tf.evaluation.pitch_accuracy import pitch_errors, pitch_scores
from gansynth_tf.experiment import Experiment
from gansynth_tf.metrics.intervals import share_interval
from gansynth_tf.training.run_record import RunRecord

RATE = 8000


def tone(midi, cents=0.0):
    """Returns a second of a tone with three partials, `cents` above its pitch."""
    f0_hz = 440.0 * 2.0 ** ((midi - 69 + cents / 100) / 12)
    time = np.arange(RATE) / RATE
    return sum(0.2 / k * np.sin(2 * np.pi * k * f0_hz * time) for k in (1, 2, 3)).astype(np.float32)


def test_errors_are_cents_above_the_pitch_that_was_asked_for():
    audio = np.stack([tone(60), tone(60, 30.0), tone(67, -20.0), tone(72), np.zeros(RATE, np.float32)])
    cents, periodicity = pitch_errors(audio, [60, 60, 67, 60, 60], RATE)
    np.testing.assert_allclose(cents[:4], [0.0, 30.0, -20.0, 1200.0], atol=3.0)
    assert np.isnan(cents[4]) and periodicity[4] == 0.0
    assert (periodicity[:4] > 0.9).all()


def test_scores_of_known_errors_are_those_counted_by_hand():
    cents = np.array([0.0, -10.0, 49.0, 51.0, 1210.0, -2390.0, 700.0, np.nan])
    scores = pitch_scores(cents, np.array([1.0] * 6 + [0.5, 0.0]))
    assert (scores.num_notes, scores.within, scores.octave_off, scores.clear) == (8, 3 / 8, 2 / 8, 6 / 8)
    assert (scores.within_low, scores.within_high) == share_interval(3, 8)
    distances = np.abs(cents[:7])
    assert scores.mean_cents == pytest.approx(distances.mean())
    assert scores.median_cents == 51.0
    half = 1.959964 * distances.std(ddof=1) / math.sqrt(7)
    assert scores.mean_cents_high == pytest.approx(distances.mean() + half)
    assert scores.mean_cents_low == max(0.0, distances.mean() - half)


def test_right_tones_score_1_and_noise_next_to_nothing():
    rng = np.random.default_rng(0)
    midi = np.arange(48, 84)
    right = pitch_scores(*pitch_errors(np.stack([tone(pitch) for pitch in midi]), midi, RATE))
    assert (right.within, right.clear, right.octave_off) == (1.0, 1.0, 0.0) and right.mean_cents < 3.0
    noise = 0.1 * rng.standard_normal([36, RATE]).astype(np.float32)
    wrong = pitch_scores(*pitch_errors(noise, midi, RATE))
    assert wrong.within <= 3 / 36 and wrong.clear == 0.0 and wrong.within_high < 0.25
    octave = pitch_scores(*pitch_errors(np.stack([tone(pitch - 12) for pitch in midi]), midi, RATE))
    assert (octave.within, octave.octave_off) == (0.0, 1.0)
    assert octave.mean_cents == pytest.approx(1200.0, abs=5.0)


def test_without_notes_or_without_any_pitch_nothing_is_made_up():
    with pytest.raises(ValueError, match="at least one note"):
        pitch_scores(np.zeros(0), np.zeros(0))
    silent = pitch_scores(np.full(3, np.nan), np.zeros(3))
    assert silent.within == silent.octave_off == 0.0
    assert math.isnan(silent.mean_cents) and math.isnan(silent.median_cents)


@pytest.fixture
def program(repository):
    """The script as a module."""
    path = repository / "scripts" / "measure_pitch.py"
    spec = importlib.util.spec_from_file_location("measure_pitch", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Piano:
    """Stands for an instrument: right at 60 and 64, an octave off at 62."""

    labels = {"pitch": ("60", "62", "64"), "family": ("a", "b")}
    sample_rate = RATE
    num_images = 1000

    def generate(self, labels, num_samples, seed):
        midi = int(labels["pitch"])
        return np.stack([tone(midi + 12 * (midi == 62))] * num_samples)


def test_the_program_plays_every_pitch_and_writes_a_line_for_each(program, monkeypatch, tmp_path, capsys):
    RunRecord({"pitch": ("60", "62")}, (1.0,), (0.0,), RATE, RATE, (8, 8, 1)).save(tmp_path)
    monkeypatch.setattr(program.synthesis, "load", lambda run_dir: Piano())
    path = tmp_path / "pitch.csv"
    arguments = ["--run_dir=piano", "--num_samples=4", "--comparisons=false", f"--output_csv={path}"]
    assert program.main([*arguments, f"--known_to={tmp_path}"]) == 0
    with open(path, newline="") as file:
        lines = {line["notes"]: line for line in csv.DictReader(file)}
    assert list(lines) == ["all", "known pitches", "new pitches", "60", "62", "64"]
    assert [line["num_notes"] for line in lines.values()] == ["12", "8", "4", "4", "4", "4"]
    shares = [float(line["within"]) for line in lines.values()]
    assert shares == pytest.approx([2 / 3, 1 / 2, 1.0, 1.0, 0.0, 1.0])
    assert float(lines["62"]["octave_off"]) == 1.0
    told = capsys.readouterr().out
    assert "The save of 1,000 images in piano, seed 1." in told and "0.667 (0.391 to 0.862)" in told


def test_real_notes_are_those_of_all_splits_at_their_pitch_and_survive_their_representation(program):
    experiment = Experiment.from_settings(
        {
            "dataset": ("notes",), "labels": ("instrument_family", "pitch"), "sample_rate": RATE,
            "notes.families": ("flute", "organ"), "notes.lowest_pitch": 60, "notes.highest_pitch": 62,
            "label_map": ("pitch:61=",), "length_samples": RATE, "notes.num_clips": 12, "notes.num_test_clips": 6,
            "mel_if.num_frames": 64, "mel_if.num_bins": 256, "mel_if.num_mel_bins": 256, "mel_if.overlap": 0.75,
            "mel_if.phase_iterations": 0,
        }
    )  # fmt: skip
    record = RunRecord(experiment.labels.classes, (1.0,), (0.0,), RATE, RATE, (64, 256, 2))
    audio, pitches = program.real_notes(experiment, record, "pitch")
    dataset = experiment.dataset
    rows = np.concatenate(
        [dataset.rows(split)[:, list(dataset.labels).index("pitch")] for split in dataset.splits]
    )
    # Of the pitches 60, 61 and 62 the second is dropped.
    num_60, num_62 = int((rows == 0).sum()), int((rows == 2).sum())
    assert len(rows) == 24 and audio.shape == (num_60 + num_62, RATE)
    assert sorted(pitches) == ["60"] * num_60 + ["62"] * num_62
    for clips in (audio, program.through_representation(audio, experiment.representation)):
        lines = program.lines_of("real", clips, pitches, RATE, ("60",))
        assert [(line["notes"], line["num_notes"]) for line in lines] == [
            ("all", num_60 + num_62), ("known pitches", num_60), ("new pitches", num_62),
            ("60", num_60), ("62", num_62),
        ]  # fmt: skip
        assert lines[0]["within"] == 1.0


def test_the_program_refuses_what_it_cannot_measure(program, monkeypatch, tmp_path):
    monkeypatch.setattr(program.synthesis, "load", lambda run_dir: Piano())
    for arguments, message in (
        ([], "Give the folder of a run"),
        (["--run_dir=piano", "--label=genre"], "the run has pitch, family"),
        (["--run_dir=piano", "--label=family"], "must be MIDI numbers. Received: a, b."),
        (["--run_dir=piano", "--num_samples=0"], "at least 1"),
        (["--run_dir=piano", f"--known_to={tmp_path}"], "is no run"),
    ):
        with pytest.raises(program.UserError, match=message):
            program.main(arguments)
