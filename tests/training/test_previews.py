import numpy as np
import pytest
import soundfile

from gansynth_tf.audio import pictures
from gansynth_tf.training.observers.clips import clips_by_class
from gansynth_tf.training.observers.previews import Previews, file_stems

SAMPLE_RATE = 8000
DATA = np.zeros([6, 2, 2, 2], np.float32)
ROWS = np.array([[0], [0], [1], [1], [2], [2]], np.int32)


@pytest.fixture
def audio():
    levels = np.linspace(0.1, 0.6, 6, dtype=np.float32)
    return levels[:, None] * np.sin(np.arange(2000, dtype=np.float32) / 3)


@pytest.fixture
def sheets(monkeypatch):
    """The arguments of each contact sheet."""
    calls = []
    monkeypatch.setattr(
        pictures,
        "save_contact_sheet",
        lambda path, audio, titles, sample_rate, num_columns: calls.append((audio, titles, num_columns)),
    )
    return calls


def test_a_preview_holds_a_sound_and_a_picture_of_each_class_and_a_sheet(tmp_path, audio):
    Previews(tmp_path / "samples", SAMPLE_RATE, ("rock", "hip-hop", "drum & bass")).on_preview(
        12800, audio, ROWS, DATA
    )
    assert [path.name for path in (tmp_path / "samples").iterdir()] == ["images-000012800"]
    folder = tmp_path / "samples" / "images-000012800"
    assert sorted(path.name for path in folder.iterdir()) == [
        "contact_sheet.png",
        "drum-bass.png",
        "drum-bass.wav",
        "hip-hop.png",
        "hip-hop.wav",
        "rock.png",
        "rock.wav",
    ]
    sound, rate = soundfile.read(folder / "hip-hop.wav", dtype="float32")
    assert rate == SAMPLE_RATE
    np.testing.assert_allclose(sound, audio[2], atol=1 / 32768)


def test_the_sheet_has_a_column_for_each_class(tmp_path, audio, sheets):
    Previews(tmp_path, SAMPLE_RATE, ("a", "b", "c")).on_preview(1, audio, ROWS, DATA)
    clips, titles, num_columns = sheets[0]
    np.testing.assert_array_equal(clips, audio[[0, 2, 4, 1, 3, 5]])
    assert titles == ["a", "b", "c", "", "", ""] and num_columns == 3


def test_many_classes_have_one_clip_each(tmp_path, sheets):
    names = tuple(f"pitch {number}" for number in range(61))
    rows = np.repeat(np.arange(61, dtype=np.int32), 2)[:, None]
    audio = np.zeros([122, 100], np.float32)
    Previews(tmp_path, SAMPLE_RATE, names)._save_sheet(
        tmp_path / "sheet.png", audio, clips_by_class(rows, names)
    )
    clips, titles, num_columns = sheets[0]
    assert len(clips) == 61 and titles == list(names) and num_columns == 8


def test_without_labels_there_is_one_sound_and_the_sheet_holds_all(tmp_path, audio, sheets):
    Previews(tmp_path, SAMPLE_RATE, ()).on_preview(1, audio, np.zeros([6, 0], np.int32), DATA)
    assert (tmp_path / "images-000000001" / "clips.wav").exists()
    assert len(sheets[0][0]) == 6


def test_a_clip_over_full_scale_is_made_softer_and_not_cut(tmp_path, audio):
    Previews(tmp_path, SAMPLE_RATE, ("a",)).on_preview(1, 4 * audio[5:], ROWS[:1], DATA)
    sound, _ = soundfile.read(tmp_path / "images-000000001" / "a.wav", dtype="float32")
    np.testing.assert_allclose(sound, audio[5] / np.abs(audio[5]).max(), atol=2 / 32768)


def test_a_broken_clip_is_silent_and_stops_nothing(tmp_path, audio):
    audio[5, 100] = np.nan
    Previews(tmp_path, SAMPLE_RATE, ("a",)).on_preview(1, audio[5:], ROWS[:1], DATA)
    sound, _ = soundfile.read(tmp_path / "images-000000001" / "a.wav", dtype="float32")
    assert sound[100] == 0.0


def test_a_second_preview_after_the_same_images_takes_the_place_of_the_first(tmp_path, audio):
    previews = Previews(tmp_path, SAMPLE_RATE, ("a", "b", "c"))
    previews.on_preview(1, audio, ROWS, DATA)
    previews.on_preview(1, audio[:2], ROWS[:2], DATA)
    assert sorted(path.name for path in (tmp_path / "images-000000001").glob("*.wav")) == ["a.wav"]


def test_resuming_removes_what_a_kill_left_and_nothing_else(tmp_path):
    for name in ("images-000000001", "images-000000300", "images-000000002.partial"):
        (tmp_path / name).mkdir()
    Previews(tmp_path, SAMPLE_RATE, ()).on_resume(1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images-000000001", "images-000000300"]


def test_file_names_are_plain_and_differ():
    assert file_stems(["R&B", "r/b", "../..", "Musique concrète", "24", "C#"]) == [
        "R-B",
        "r-b-2",
        "class",
        "Musique-concrète",
        "24",
        "C#",
    ]


def test_clips_are_grouped_by_the_first_label_and_unknown_ones_left_out():
    rows = np.array([[1, 5], [-1, 5], [0, -1], [1, 4]])
    groups = clips_by_class(rows, ("a", "b", "c"))
    assert {name: list(indices) for name, indices in groups.items()} == {"a": [2], "b": [0, 3]}
