"""The pitch that is heard: of notes of known frequency, of what is no note, and of recordings with labels."""

import csv

import numpy as np
import pytest
import soundfile

from gansynth_tf.audio.pitch import HIGHEST_HZ, LOWEST_HZ, PERIODIC, Pitch, estimate_pitch


def hertz(midi):
    return 440.0 * 2.0 ** ((midi - 69) / 12)


def note(midi, rate=16000, seconds=1.0, partials=(1.0, 0.5, 0.3, 0.2), decay=1.0):
    time = np.arange(int(seconds * rate)) / rate
    waves = [
        level * np.sin(2 * np.pi * k * hertz(midi) * time + k)
        for k, level in enumerate(partials, 1)
        if k * hertz(midi) < rate / 2
    ]
    return (0.3 * np.sum(waves, axis=0) * np.exp(-decay * time)).astype(np.float32)


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("midi", [21, 28, 40, 60, 72.5, 88, 96, 108])
def test_a_note_of_a_piano_is_heard_at_its_pitch(midi, rate):
    pitch = estimate_pitch(note(midi, rate), rate)
    assert pitch.midi == pytest.approx(midi, abs=0.05)
    assert pitch.periodicity > 0.95


def test_the_ends_of_the_range_are_those_of_a_piano():
    assert pytest.approx(hertz(21)) == LOWEST_HZ
    assert pytest.approx(hertz(108), rel=1e-3) == HIGHEST_HZ


def test_a_low_rate_hears_what_it_can_hold():
    assert estimate_pitch(note(60, 8000), 8000).midi == pytest.approx(60, abs=0.05)


def test_a_missing_fundamental_is_heard():
    pitch = estimate_pitch(note(45, partials=(0.0, 1.0, 0.8, 0.6, 0.5)), 16000)
    assert pitch.midi == pytest.approx(45, abs=0.05)


def test_a_strong_octave_above_does_not_hide_the_note():
    assert estimate_pitch(note(50, partials=(0.5, 1.0, 0.5, 0.3)), 16000).midi == pytest.approx(50, abs=0.05)


def test_the_level_and_an_offset_do_not_matter():
    audio = note(57)
    pitches = [estimate_pitch(changed, 16000) for changed in (audio, 0.001 * audio, audio + 0.3)]
    assert [pitch.midi for pitch in pitches] == pytest.approx([57] * 3, abs=0.05)


def test_the_loud_part_tells():
    quiet = 0.02 * note(80, decay=0)
    audio = np.concatenate([quiet, note(52), quiet])
    assert estimate_pitch(audio, 16000).midi == pytest.approx(52, abs=0.05)


def test_a_note_of_a_tenth_of_a_second_is_heard():
    audio = np.pad(note(64, seconds=0.1, decay=0), (0, 30000))
    assert estimate_pitch(audio, 16000).midi == pytest.approx(64, abs=0.1)


def test_noise_a_click_and_a_sweep_are_no_notes():
    rng = np.random.default_rng(0)
    time = np.arange(16000) / 16000
    click = np.zeros(16000, np.float32)
    click[5000] = 1.0
    sweep = np.sin(2 * np.pi * (200 * time + 1500 * time**2))
    for audio in (rng.standard_normal(16000), click, sweep):
        assert estimate_pitch(audio.astype(np.float32), 16000).periodicity < PERIODIC


def test_silence_and_an_empty_clip_have_no_pitch():
    for audio in (np.zeros(16000), np.zeros(10), np.zeros(0), np.full(16000, 0.5)):
        pitch = estimate_pitch(audio.astype(np.float32), 16000)
        assert (pitch.f0_hz, pitch.periodicity) == (0.0, 0.0)
        assert np.isnan(pitch.midi)


def test_a_clip_has_one_dimension():
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        estimate_pitch(np.zeros([2, 3]), 16000)


def test_midi_counts_semitones_from_a_of_440_hertz():
    assert [Pitch(f0_hz, 1.0).midi for f0_hz in (440.0, 880.0, 261.6256)] == pytest.approx(
        [69, 81, 60], abs=1e-4
    )


def recordings(directory):
    """Yields (path, MIDI pitch) of the recordings whose pitch is known."""
    for path in sorted((directory / "data" / "nsynth_pitch60" / "audio").glob("*.wav")):
        yield path, 60
    folder = directory / "data" / "piano_notes"
    with open(folder / "labels.csv", newline="") as file:
        for row in csv.DictReader(file):
            yield folder / row["path"], int(row["pitch"])


def test_real_notes_are_heard_at_their_labels(shared_directory):
    distances, is_note = [], []
    for path, midi in recordings(shared_directory):
        audio, rate = soundfile.read(path, dtype="float32")
        pitch = estimate_pitch(audio, rate)
        distances.append(abs(pitch.midi - midi))
        is_note.append(pitch.periodicity >= PERIODIC)
    # Measured: 254 of 286, all of them right; of all 286, sure or not, 277.
    distances, is_note = np.array(distances), np.array(is_note)
    assert is_note.sum() >= 250
    assert (distances[is_note] < 0.7).all()
    assert (distances < 0.7).mean() > 0.95
