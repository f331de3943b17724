"""A folder of recordings that is evaluated: what cannot be used is told before any work, and what changes is found."""

import os
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from gansynth_tf.audio import files
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs import evaluate
from gansynth_tf.programs.evaluated_folder import FolderSource

SAMPLE_RATE, LENGTH = 8000, 4000
EXPERIMENT = SimpleNamespace(num_channels=1, sample_rate=SAMPLE_RATE, length_samples=LENGTH)


def counted(what, things):
    """Stands for a line of progress."""
    return type("Line", (), {"__call__": lambda self, done, total: None, "close": lambda self: None})()


def noise(num=LENGTH):
    return np.random.default_rng(num).uniform(-0.5, 0.5, num).astype(np.float32)


def prepared(folder):
    source = FolderSource(str(folder), EXPERIMENT)
    source.prepare(counted)
    return source


@pytest.fixture
def good(tmp_path):
    """A folder of recordings that can be used, each in another way."""
    files.write(tmp_path / "0.wav", noise(), SAMPLE_RATE)
    files.write(tmp_path / "longer.wav", noise(3 * LENGTH), SAMPLE_RATE)
    files.write(tmp_path / "shorter.wav", noise(100), SAMPLE_RATE)
    files.write(tmp_path / "silent.wav", np.zeros(LENGTH), SAMPLE_RATE)
    soundfile.write(tmp_path / "stereo_of_another_rate.flac", np.stack([noise()] * 2, 1), 2 * SAMPLE_RATE)
    return tmp_path


def spoil(folder):
    """Adds recordings that cannot be used, in the order of their names."""
    (folder / "a.wav").write_bytes(b"")
    soundfile.write(folder / "b.wav", np.zeros(0), SAMPLE_RATE)
    audio = noise()
    audio[-1] = np.nan
    files_of = {"c.wav": audio, "d.wav": noise()}
    for name, samples in files_of.items():
        soundfile.write(folder / name, samples, SAMPLE_RATE, subtype="FLOAT")
    os.truncate(folder / "d.wav", 9000)
    (folder / "e.wav").write_text("no sound")
    soundfile.write(folder / "f.flac", noise(), SAMPLE_RATE)
    os.truncate(folder / "f.flac", (folder / "f.flac").stat().st_size // 2)


def test_recordings_of_any_rate_length_and_number_of_channels_and_silent_ones_can_be_used(good):
    source = prepared(good)
    clips = source.clips(None, np.zeros([5, 0]), 0)
    assert next(clips.batches()).shape == (5, LENGTH)


def test_all_that_cannot_be_used_is_told_at_once_and_the_first_ones_are_named(good):
    spoil(good)
    with pytest.raises(UserError) as raised:
        prepared(good)
    text = str(raised.value)
    assert text.startswith(
        f"--audio_dir={good}: 6 recordings cannot be used: a.wav is empty (0 bytes); b.wav "
    )
    assert "b.wav holds no samples; c.wav holds values that are not finite; d.wav is cut off: " in text
    assert "e.wav cannot be decoded" in text and "f.flac" not in text and "; and 1 more. Mend" in text
    for name in "abcde":
        (good / f"{name}.wav").unlink()
    with pytest.raises(UserError, match=r": 1 recording cannot be used: f\.flac .*\. Mend or remove"):
        prepared(good)


def test_what_the_table_names_and_is_not_there_is_told_with_the_rest(good):
    (good / "a.wav").write_bytes(b"")
    (good / "labels.csv").write_text("path,genre\n0.wav,funk\na.wav,funk\ngone.wav,funk\n")
    with pytest.raises(UserError, match=r": 2 recordings .* a\.wav is empty .*; gone\.wav does not exist"):
        prepared(good)


def test_a_recording_that_changes_or_goes_after_it_was_looked_at_is_found(good):
    source = prepared(good)
    clips = source.clips(None, np.zeros([5, 0]), 0)
    files.write(good / "0.wav", noise(LENGTH + 1), SAMPLE_RATE)
    with pytest.raises(WorkFailed, match=r"0\.wav was changed since it was first read"):
        clips.play(np.arange(5))
    (good / "0.wav").unlink()
    with pytest.raises(WorkFailed, match=r"0\.wav cannot be opened: No such file"):
        clips.play(np.arange(5))


def test_sounds_of_a_former_evaluation_are_no_clips(good):
    (good / "evaluation" / "media").mkdir(parents=True)
    files.write(good / "evaluation" / "media" / "training.wav", noise(), SAMPLE_RATE)
    assert prepared(good).num_clips == 6, "a folder of the user's may have this name as well"
    (good / "evaluation" / "rows.jsonl").write_text("")
    source = prepared(good)
    source.take_labels({"genre": ("funk", "jazz")})
    assert source.num_clips == 5 and "tells nothing of the label genre" in source.notes[0]


def test_the_program_ends_with_one_line_before_any_work(good, repository, capsys):
    spoil(good)
    flagfile = repository / "flags" / "smoke.cfg"
    assert evaluate.main([f"--audio_dir={good}", f"--flagfile={flagfile}"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("ERROR: --audio_dir=") and said.err.count("\n") == 1
    assert "6 recordings cannot be used: a.wav is empty" in said.err
    assert "clips" not in said.out and not (good / "evaluation").exists()
