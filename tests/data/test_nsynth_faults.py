"""What is wrong with NSynth's files, and with the options: one clear line each."""

import json
import os
import shutil

import numpy as np
import pytest
import soundfile

from gansynth_tf.data.nsynth import NSynth
from gansynth_tf.data.nsynth_folder import read_notes
from gansynth_tf.options import UserError
from tests.data.nsynth_files import (
    NOTE_SAMPLES,
    NOTES,
    all_names,
    fields,
    put_folders,
    put_record_files,
    put_records,
    put_table,
)

RATE, LENGTH = 16000, 8000


@pytest.fixture(scope="module")
def wavs(tmp_path_factory):
    return put_folders(tmp_path_factory.mktemp("wavs"))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return put_record_files(tmp_path_factory.mktemp("records"))


# What is wrong with the files.


def test_files_that_are_missing_broken_or_unnamed_are_told(wavs, tmp_path):
    folder = tmp_path / "nsynth-train"
    shutil.copytree(wavs / "nsynth-train", folder)
    audio = folder / "audio"
    (audio / "brass_acoustic_000-024-025.wav").unlink()
    (audio / "bass_electronic_002-040-075.wav").unlink()
    cut = audio / "brass_acoustic_000-060-100.wav"
    cut.write_bytes(cut.read_bytes()[:-500])
    soundfile.write(audio / "string_acoustic_001-084-127.wav", np.zeros(NOTE_SAMPLES), RATE)
    soundfile.write(audio / "unnamed.wav", np.zeros(NOTE_SAMPLES), RATE)
    dataset = NSynth(RATE, LENGTH, folder=str(tmp_path), valid_fraction=0.0, test_fraction=0.0)
    assert all_names(dataset) == {"train": ["flute_acoustic_004-061-075"]}
    prefix = "nsynth-train/audio"
    assert dataset.left_out == {
        f"{prefix}/brass_acoustic_000-024-025.wav": "does not exist, but examples.json names it",
        f"{prefix}/brass_acoustic_000-060-100.wav": "is cut off: 500 bytes of its samples are missing",
        f"{prefix}/string_acoustic_001-084-127.wav": "is silent where its clips would be",
    }
    assert "1 wav files are not used: examples.json does not name them." in dataset.report().splitlines()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-100], "is cut off after 7 notes"),
        (lambda data: data[: len(data) // 2], "is cut off after "),
        (lambda data: data + b"1234", "is cut off after 8 notes"),
        (lambda data: b"RIFF" + data[4:], "is no TFRecord file"),
        (lambda data: data[:200000] + bytes([data[200000] ^ 1]) + data[200001:], "is damaged after 0 notes"),
        (
            lambda data: data[:-200000] + bytes([data[-200000] ^ 1]) + data[-199999:],
            "is damaged after 7 notes",
        ),
    ],
)
def test_a_damaged_record_file_is_named(records, tmp_path, damage, message):
    for split in NOTES:
        shutil.copy(records / f"nsynth-{split}.tfrecord", tmp_path)
    path = tmp_path / "nsynth-valid.tfrecord"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError) as caught:
        NSynth(RATE, LENGTH, folder=str(tmp_path)).prepare()
    assert str(caught.value).startswith(f"{path} {message}") and "\n" not in str(caught.value)


def test_records_of_something_else_are_refused(tmp_path):
    path = put_records(tmp_path / "nsynth-train.tfrecord", list(NOTES["train"])[:1], pitch=None)
    with pytest.raises(UserError) as caught:
        NSynth(RATE, LENGTH, folder=str(tmp_path)).prepare()
    assert str(caught.value) == f"{path}: record 0 is no note of NSynth (it lacks the feature pitch)."


def test_notes_without_audio_are_left_out(tmp_path):
    path = put_records(tmp_path / "nsynth-train.tfrecord", ["brass_acoustic_000-060-100"])
    with open(path, "ab") as file:
        other = put_records(
            tmp_path / "other", ["flute_acoustic_004-061-075"], audio=np.zeros([0], np.float32)
        )
        file.write(other.read_bytes())
    dataset = NSynth(RATE, LENGTH, folder=str(tmp_path), valid_fraction=0.0, test_fraction=0.0)
    assert dataset.left_out == {"nsynth/train/flute_acoustic_004-061-075": "is shorter than 0.1 s"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no whole JSON file"),
        ('{"a": {"pitch": 60', "is no whole JSON file"),
        ("[1, 2]", "expected NSynth's notes by name"),
        ("{}", "expected NSynth's notes by name"),
        ('{"pitch": 1}', "expected NSynth's notes by name"),
        ('{"a": {"name": "b"}}', "'a' is no note"),
        ('{"a": 7}', "'a' is no note"),
        ('{"a": {"pitch": 60, "qualities": [0, 1]}}', "'a' has 2 qualities, not 10"),
        ('{"a": {"pitch": 60}}', "'a' has no field 'qualities'"),
        (
            json.dumps({"a": fields("reed_acoustic_020-070-025") | {"pitch": "high"}}),
            "'a' has a wrong value",
        ),
        (
            json.dumps({"a": fields("reed_acoustic_020-070-025") | {"instrument_str": 5}}),
            "'a' has a wrong value",
        ),
    ],
)
def test_a_broken_list_of_notes_is_named(tmp_path, text, message):
    (tmp_path / "examples.json").write_text(text)
    (tmp_path / "audio").mkdir()
    with pytest.raises(UserError) as caught:
        NSynth(RATE, LENGTH, folder=str(tmp_path))
    assert str(tmp_path / "examples.json") in str(caught.value) and message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_notes_are_kept_small_as_they_are_read(tmp_path):
    (tmp_path / "examples.json").write_text(json.dumps({name: fields(name) for name in NOTES["train"]}))
    notes = read_notes(tmp_path / "examples.json")
    assert list(notes) == list(NOTES["train"])
    assert notes["brass_acoustic_000-060-100"] == (
        *("brass_acoustic_000", "60", "brass", "acoustic", "100", "yes"),
        *["no"] * 9,
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "names no note"),
        (
            [("brass_acoustic_000-024-025", "dev")],
            "line 2: the split is one of train, valid, test. Received: 'dev'",
        ),
    ],
)
def test_a_wrong_table_of_splits_is_named(wavs, tmp_path, lines, message):
    os.symlink(wavs / "nsynth-train", tmp_path / "nsynth-train")
    put_table(tmp_path, lines)
    with pytest.raises(UserError) as caught:
        NSynth(RATE, LENGTH, folder=str(tmp_path), splits="gansynth")
    assert message in str(caught.value) and "nsynth-gansynth_splits.csv" in str(caught.value)
    (tmp_path / "nsynth-gansynth_splits.csv").write_text("note,part\na,train\n")
    with pytest.raises(UserError, match="expected the columns id and split. Received: note, part"):
        NSynth(RATE, LENGTH, folder=str(tmp_path), splits="gansynth")


# What is wrong with the options.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sources": ("acustic",)}, "--nsynth.sources: .* Received: 'acustic'. Did you mean acoustic?"),
        ({"families": ("bras",)}, "--nsynth.families: .* Received: 'bras'. Did you mean brass?"),
        ({"qualities": ("brigt",)}, "--nsynth.qualities: .* Did you mean bright?"),
        (
            {"without_qualities": ("tempo_synced",)},
            "--nsynth.without_qualities: .* Did you mean tempo-synced?",
        ),
        ({"sources": ()}, "--nsynth.sources takes at least one"),
        ({"qualities": ("dark",), "without_qualities": ("dark",)}, "both name 'dark'"),
        ({"lowest_pitch": 85}, "the lowest first. Received: 85 and 84"),
        ({"highest_pitch": 128}, "numbers from 0 to 127"),
        ({"lowest_velocity": -1}, "--nsynth.lowest_velocity"),
        ({"lowest_velocity": 101, "highest_velocity": 126}, "velocities are 25, 50, 75, 100, 127; none lies"),
        ({"seed": -1}, "`seed`"),
        ({"valid_fraction": 0.5, "test_fraction": 0.5}, "must leave recordings"),
    ],
)
def test_a_wrong_option_is_named(wavs, options, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")) as caught:
        NSynth(RATE, LENGTH, folder=str(wavs), **options)
    assert "\n" not in str(caught.value)


def test_a_folder_without_nsynth_tells_what_to_do(tmp_path, wavs):
    def refusal(folder, **options):
        with pytest.raises(UserError) as caught:
            NSynth(RATE, LENGTH, folder=str(folder), **options)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "does not exist. NSynth (305,979 notes, CC BY 4.0)" in refusal(tmp_path / "none")
    assert "does not hold NSynth. Expected nsynth-train/" in refusal(tmp_path)
    assert "is a file; name the folder that it is in" in refusal(wavs / "nsynth-gansynth_splits.csv")
    (tmp_path / "nsynth").mkdir()
    assert "--nsynth.data_dir instead of --nsynth.folder" in refusal(tmp_path)
    (tmp_path / "nsynth-test.jsonwav.tar.gz").write_bytes(b"packed")
    (tmp_path / "nsynth-train.tfrecord.tar").write_bytes(b"packed")
    assert (
        "holds NSynth only packed: unpack nsynth-test.jsonwav.tar.gz, nsynth-train.tfrecord.tar by tar -xf"
        in refusal(tmp_path)
    )
    assert "needs the file nsynth-gansynth_splits.csv" in refusal(wavs / "nsynth-train", splits="gansynth")
    shutil.copy(wavs / "nsynth-train" / "examples.json", tmp_path)
    assert "audio' cannot be read: No such file" in refusal(tmp_path)
    (tmp_path / "audio").mkdir()
    assert "4 have no file in audio/." in refusal(tmp_path)
