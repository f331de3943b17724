"""NSynth in its three forms, written here in its authors' layouts, and a handful of its real notes."""

import csv
import importlib.util
import json
import os
import pickle
import shutil
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from gansynth_tf.data import nsynth, nsynth_notes
from gansynth_tf.data.labels import Labels
from gansynth_tf.data.nsynth import TFDS_BUILDERS, NSynth
from gansynth_tf.data.nsynth_folder import read_notes
from gansynth_tf.data.nsynth_records import NoteRecords
from gansynth_tf.options import UserError
from tests.data.tfds_fakes import fake_tfds

RATE = 16000
LENGTH = 8000
NOTE_SAMPLES = 64000
ALL_SOURCES = ("acoustic", "electronic", "synthetic")
# In NSynth's own order, which the numbers in its files go by.
FAMILIES = "bass brass flute guitar keyboard mallet organ reed string synth_lead vocal".split()
QUALITIES = (
    "bright dark distortion fast_decay long_release multiphonic nonlinear_env percussive reverb tempo-synced"
).split()
# {split: notes with their qualities}; eight in each split.
NOTES = {
    "train": {
        "brass_acoustic_000-023-050": [],
        "brass_acoustic_000-024-025": ["dark"],
        "brass_acoustic_000-060-100": ["bright"],
        "string_acoustic_001-084-127": ["bright", "reverb"],
        "string_acoustic_001-085-127": [],
        "bass_electronic_002-040-075": ["distortion"],
        "synth_lead_synthetic_003-050-075": ["distortion", "long_release"],
        "flute_acoustic_004-061-075": ["percussive", "tempo-synced"],
    },
    "valid": {
        "brass_acoustic_010-060-100": ["fast_decay"],
        "brass_acoustic_010-061-100": ["bright", "fast_decay"],
        "guitar_acoustic_011-062-025": ["multiphonic"],
        "guitar_acoustic_011-063-050": ["nonlinear_env"],
        "guitar_electronic_012-064-075": [],
        "vocal_synthetic_013-065-100": ["reverb"],
        "keyboard_acoustic_014-066-127": [],
        "keyboard_acoustic_014-108-127": [],
    },
    "test": {
        "reed_acoustic_020-070-025": [],
        "reed_acoustic_020-071-050": ["bright"],
        "reed_acoustic_020-072-075": [],
        "mallet_acoustic_021-021-100": ["percussive"],
        "mallet_acoustic_021-084-127": ["percussive"],
        "organ_electronic_022-060-075": ["dark"],
        "organ_electronic_022-061-075": ["dark"],
        "organ_acoustic_023-062-075": [],
    },
}
# As the paper's: instruments are in several splits, and many notes in none.
TABLE = {
    "brass_acoustic_000-024-025": "test",
    "brass_acoustic_000-060-100": "train",
    "brass_acoustic_010-060-100": "train",
    "guitar_acoustic_011-062-025": "valid",
    "reed_acoustic_020-070-025": "train",
    "reed_acoustic_020-071-050": "valid",
}


def fields(name):
    """Returns the fields of a note of its name, as examples.json has them."""
    split = next(split for split, notes in NOTES.items() if name in notes)
    instrument, pitch, velocity = name.split("-")
    family, source, number = instrument.rsplit("_", 2)
    qualities = NOTES[split][name]
    return {
        "note": 1000 + int(pitch),
        "note_str": name,
        "instrument": int(number),
        "instrument_str": instrument,
        "pitch": int(pitch),
        "velocity": int(velocity),
        "sample_rate": RATE,
        "qualities": [int(quality in qualities) for quality in QUALITIES],
        "qualities_str": qualities,
        "instrument_family": FAMILIES.index(family),
        "instrument_family_str": family,
        "instrument_source": ALL_SOURCES.index(source),
        "instrument_source_str": source,
    }


def whole_audio(name):
    """Returns the samples of a note, int16: no two notes have the same."""
    note = fields(name)
    f0_hz = 440.0 * 2.0 ** ((note["pitch"] - 69) / 12.0) + note["instrument"]
    wave = np.sin(2.0 * np.pi * f0_hz * np.arange(NOTE_SAMPLES) / RATE)
    return np.round(20000.0 * note["velocity"] / 127.0 * wave).astype(np.int16)


def put_folder(folder, names):
    (folder / "audio").mkdir(parents=True)
    (folder / "examples.json").write_text(json.dumps({name: fields(name) for name in names}))
    for name in names:
        soundfile.write(folder / "audio" / f"{name}.wav", whole_audio(name), RATE)
    return folder


def serialized(name, **changes):
    """Returns a note as the TFRecord files have it."""

    def feature(value):
        values = value if isinstance(value, (list, np.ndarray)) else [value]
        if isinstance(value, np.ndarray):
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))
        if all(isinstance(one, str) for one in values):
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=[one.encode() for one in values]))
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    note = fields(name) | {"audio": (whole_audio(name) / 32768).astype(np.float32)} | changes
    features = {key: feature(value) for key, value in note.items() if value is not None}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def put_records(path, names, **changes):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for name in names:
            writer.write(serialized(name, **changes))
    return path


def put_table(folder, lines=None):
    with open(folder / "nsynth-gansynth_splits.csv", "w", newline="") as file:
        csv.writer(file).writerows([("id", "split"), *(TABLE.items() if lines is None else lines)])


@pytest.fixture(scope="module")
def wavs(tmp_path_factory):
    """NSynth's three json/wav folders, with the table of the paper's splits."""
    directory = tmp_path_factory.mktemp("wavs")
    for split, names in NOTES.items():
        put_folder(directory / f"nsynth-{split}", names)
    put_table(directory)
    return directory


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """NSynth's three TFRecord files, with the table of the paper's splits."""
    directory = tmp_path_factory.mktemp("records")
    for split, names in NOTES.items():
        put_records(directory / f"nsynth-{split}.tfrecord", names)
    put_table(directory)
    return directory


def tfds_example(split, number, example):
    """Returns a note as TensorFlow Datasets has it, in place of a random one."""
    name = list(NOTES[split])[number]
    note = fields(name)
    return example | {
        "id": name,
        "audio": (whole_audio(name) / 32768).astype(np.float32),
        "pitch": note["pitch"],
        "velocity": note["velocity"],
        "instrument": {
            "label": note["instrument"],
            "family": note["instrument_family"],
            "source": note["instrument_source"],
        },
        "qualities": {name: bool(value) for name, value in zip(QUALITIES, note["qualities"], strict=True)},
    }


@pytest.fixture(params=["wavs", "records", "tfds"])
def opened(request):
    """A function that opens one of the three forms."""
    if request.param != "tfds":
        folder = str(request.getfixturevalue(request.param))
        yield lambda *sizes, **options: NSynth(*(sizes or (RATE, LENGTH)), folder=folder, **options)
        return
    with fake_tfds(list(NOTES), num_examples=8, change=tfds_example):
        yield lambda *sizes, **options: NSynth(*(sizes or (RATE, LENGTH)), **options)


def names_of(dataset, split):
    return [Path(source.name).stem for source in dataset.sources(split)]


def all_names(dataset):
    """Returns the notes in use as {split: sorted names}."""
    return {split: sorted(names_of(dataset, split)) for split in dataset.splits}


def is_papers(name):
    note = fields(name)
    return note["instrument_source_str"] == "acoustic" and 24 <= note["pitch"] <= 84


def chosen(keep):
    """Returns {split: sorted names} of the notes that a function of their fields keeps."""
    found = {split: sorted(name for name in names if keep(fields(name))) for split, names in NOTES.items()}
    return {split: names for split, names in found.items() if names}


def all_clips(dataset, split):
    return np.stack(list(dataset.clips(split).as_numpy_iterator()))


def told(dataset, split):
    """Returns {samples: classes} of the clips of a split."""
    rows = dataset.rows(split)
    return {
        np.round(clip * 32768).astype(np.int16).tobytes(): tuple(
            classes[number] for number, classes in zip(row, dataset.labels.values(), strict=True)
        )
        for clip, row in zip(all_clips(dataset, split), rows, strict=True)
    }


def expected(names, length=LENGTH):
    """Returns what `told` must return for some notes, from their names alone."""
    found = {}
    for name in names:
        note = fields(name)
        qualities = ["yes" if quality else "no" for quality in note["qualities"]]
        head = (str(note["pitch"]), note["instrument_family_str"], note["instrument_source_str"])
        found[whole_audio(name)[:length].tobytes()] = (*head, str(note["velocity"]), *qualities)
    return found


def test_every_form_has_the_papers_notes_with_their_labels(opened):
    dataset = opened()
    assert dataset.splits == ("train", "valid", "test")
    for split, names in chosen(lambda note: is_papers(note["note_str"])).items():
        assert told(dataset, split) == expected(names)
    assert sum(len(dataset.rows(split)) for split in dataset.splits) == 14


def test_every_form_has_the_same_labels(opened):
    labels = opened().labels
    assert list(labels) == [
        *("pitch", "instrument_family", "instrument_source", "velocity"),
        *(f"quality_{name}" for name in QUALITIES),
    ]
    assert labels["pitch"] == tuple(str(pitch) for pitch in range(24, 85))
    assert labels["instrument_family"] == tuple(FAMILIES)
    assert labels["instrument_source"] == ("acoustic",)
    assert labels["velocity"] == ("25", "50", "75", "100", "127")
    assert labels["quality_tempo-synced"] == ("no", "yes")


def test_classes_are_those_that_the_options_leave(opened):
    labels = opened(
        sources=("synthetic", "acoustic"), families=("vocal", "brass"), lowest_pitch=60, highest_velocity=100
    ).labels
    assert labels["instrument_source"] == ("acoustic", "synthetic")
    assert labels["instrument_family"] == ("brass", "vocal")
    assert labels["pitch"] == tuple(str(pitch) for pitch in range(60, 85))
    assert labels["velocity"] == ("25", "50", "75", "100")


@pytest.mark.parametrize(
    ("options", "keep"),
    [
        ({}, lambda note: True),
        ({"sources": ("electronic",)}, lambda note: note["instrument_source_str"] == "electronic"),
        (
            {"sources": ("acoustic", "synthetic")},
            lambda note: note["instrument_source_str"] in ("acoustic", "synthetic"),
        ),
        ({"families": ("brass", "organ")}, lambda note: note["instrument_family_str"] in ("brass", "organ")),
        ({"lowest_pitch": 61}, lambda note: note["pitch"] >= 61),
        ({"highest_pitch": 61}, lambda note: note["pitch"] <= 61),
        ({"lowest_velocity": 75}, lambda note: note["velocity"] >= 75),
        ({"highest_velocity": 75}, lambda note: note["velocity"] <= 75),
        ({"qualities": ("bright",)}, lambda note: "bright" in note["qualities_str"]),
        (
            {"qualities": ("bright", "fast_decay")},
            lambda note: {"bright", "fast_decay"} <= set(note["qualities_str"]),
        ),
        (
            {"without_qualities": ("dark", "percussive")},
            lambda note: not {"dark", "percussive"} & set(note["qualities_str"]),
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["wavs", "records"])
def test_each_option_keeps_the_notes_that_it_names(request, form, options, keep):
    everything = {"sources": ALL_SOURCES, "lowest_pitch": 0, "highest_pitch": 127}
    dataset = NSynth(RATE, LENGTH, folder=str(request.getfixturevalue(form)), **(everything | options))
    assert all_names(dataset) == chosen(keep)


def test_the_report_counts_what_each_option_leaves_out(opened):
    assert (
        "12 are not wanted: 6 by --nsynth.sources=acoustic, 2 by --nsynth.lowest_pitch=24, "
        "2 by --nsynth.highest_pitch=84, 2 by --nsynth.without_qualities=percussive."
        in opened(without_qualities=("percussive",)).report().splitlines()
    )


def test_nothing_left_tells_which_option_took_how_many(opened):
    with pytest.raises(UserError) as caught:
        opened(families=("synth_lead",)).prepare()
    message = str(caught.value)
    assert message.startswith("None of the 24 ") and "\n" not in message
    assert "24 are not wanted: 18 by --nsynth.families=synth_lead, 6 by --nsynth.sources=acoustic." in message


@pytest.mark.parametrize("form", ["wavs", "records"])
def test_the_papers_splits_replace_the_own(request, form):
    folder = str(request.getfixturevalue(form))
    dataset = NSynth(RATE, LENGTH, folder=folder, splits="gansynth")
    names = {
        split: sorted(name for name in TABLE if TABLE[name] == split) for split in ("train", "valid", "test")
    }
    assert all_names(dataset) == names
    for split in names:
        assert told(dataset, split) == expected(names[split])
    report = dataset.report()
    assert "splits from nsynth-gansynth_splits.csv" in report
    assert "18 are not wanted: 18 by --nsynth.splits=gansynth." in report
    fewer = NSynth(RATE, LENGTH, folder=folder, splits="gansynth", lowest_pitch=61)
    assert all_names(fewer) == {
        "train": ["reed_acoustic_020-070-025"],
        "valid": ["guitar_acoustic_011-062-025", "reed_acoustic_020-071-050"],
    }


def test_the_papers_splits_work_with_one_folder(wavs, tmp_path):
    shutil.copytree(wavs / "nsynth-train", tmp_path / "notes")
    put_table(tmp_path / "notes")
    dataset = NSynth(RATE, LENGTH, folder=str(tmp_path / "notes"), splits="gansynth")
    assert all_names(dataset) == {
        "train": ["brass_acoustic_000-060-100"],
        "test": ["brass_acoustic_000-024-025"],
    }


@pytest.mark.parametrize("form", ["wavs", "records"])
def test_one_split_is_divided_by_instrument(request, tmp_path, form):
    whole = request.getfixturevalue(form)
    if form == "wavs":
        shutil.copytree(whole / "nsynth-test", tmp_path / "notes")
    else:
        (tmp_path / "notes").mkdir()
        shutil.copy(whole / "nsynth-test.tfrecord", tmp_path / "notes")
    options = {"sources": ALL_SOURCES, "lowest_pitch": 0, "valid_fraction": 0.3, "test_fraction": 0.3}
    found = set()
    for seed in range(4):
        dataset = NSynth(RATE, LENGTH, folder=str(tmp_path / "notes"), seed=seed, **options)
        names = all_names(dataset)
        assert sorted(sum(names.values(), [])) == sorted(NOTES["test"])
        assert "its one split is divided by instrument" in dataset.report()
        instruments = [{name.split("-")[0] for name in names[split]} for split in names]
        assert sum(map(len, instruments)) == len(set.union(*instruments)) == 4
        found.add(str(names))
    assert len(found) > 1


def test_both_files_and_folders_divide_one_split_alike(wavs, records, tmp_path):
    shutil.copy(records / "nsynth-test.tfrecord", tmp_path)
    options = {"sources": ALL_SOURCES, "valid_fraction": 0.3, "test_fraction": 0.3}
    one = NSynth(RATE, LENGTH, folder=str(tmp_path), **options)
    two = NSynth(RATE, LENGTH, folder=str(wavs / "nsynth-test"), **options)
    assert all_names(one) == all_names(two)


def test_two_splits_of_three_keep_their_own(wavs, tmp_path):
    for split in ("train", "test"):
        os.symlink(wavs / f"nsynth-{split}", tmp_path / f"nsynth-{split}")
    dataset = NSynth(RATE, LENGTH, folder=str(tmp_path))
    assert dataset.splits == ("train", "test")
    whole = NSynth(RATE, LENGTH, folder=str(wavs))
    assert all_names(dataset) == {split: all_names(whole)[split] for split in ("train", "test")}


def test_records_may_come_in_shards_and_folders(tmp_path):
    names = list(NOTES["train"])
    put_records(tmp_path / "nsynth-train.tfrecord-00000-of-00002", names[:3])
    put_records(tmp_path / "nsynth-train.tfrecord-00001-of-00002", names[3:])
    put_records(tmp_path / "nsynth-valid" / "nsynth-valid.tfrecord", NOTES["valid"])
    dataset = NSynth(RATE, LENGTH, folder=str(tmp_path))
    assert told(dataset, "train") == expected(filter(is_papers, names))
    assert told(dataset, "valid") == expected(filter(is_papers, NOTES["valid"]))


def test_notes_are_cut_padded_and_resampled(opened):
    name = "brass_acoustic_000-024-025"
    long = opened(RATE, NOTE_SAMPLES + 100, families=("brass",), highest_pitch=24)
    (clip,) = all_clips(long, "train")
    np.testing.assert_allclose(clip[:NOTE_SAMPLES], whole_audio(name) / 32768, atol=1e-4)
    assert not clip[NOTE_SAMPLES:].any()
    slow = opened(RATE // 2, LENGTH // 2, families=("brass",), highest_pitch=24)
    (clip,) = all_clips(slow, "train")
    np.testing.assert_allclose(clip[200:-200], whole_audio(name)[:LENGTH:2][200:-200] / 32768, atol=2e-3)


def test_stereo_is_the_same_on_both_sides(opened):
    stereo, mono = opened(RATE, LENGTH, 2), opened()
    clips = all_clips(stereo, "valid")
    assert clips.shape == (5, LENGTH, 2)
    np.testing.assert_array_equal(clips, np.repeat(all_clips(mono, "valid")[..., np.newaxis], 2, axis=2))


def test_chosen_clips_and_copies_are_the_same(opened):
    dataset = opened()
    copy = pickle.loads(pickle.dumps(dataset))
    everything = all_clips(dataset, "valid")
    np.testing.assert_array_equal(
        np.stack(list(copy.clips("valid", [1, 4]).as_numpy_iterator())), everything[[1, 4]]
    )
    assert copy.fingerprint() == dataset.fingerprint() == opened().fingerprint()
    assert opened(lowest_pitch=61).fingerprint() != dataset.fingerprint()


@pytest.mark.parametrize("splits", ["own", "gansynth"])
def test_clips_of_several_files_follow_their_rows(records, splits):
    options = {"folder": str(records), "sources": ALL_SOURCES, "splits": splits}
    dataset = NSynth(RATE, LENGTH, **options)
    for split in dataset.splits:
        for name, clip in zip(names_of(dataset, split), all_clips(dataset, split), strict=True):
            np.testing.assert_allclose(clip, whole_audio(name)[:LENGTH] / 32768, atol=1e-4)


def test_what_was_read_is_remembered_until_the_file_changes(records, tmp_path, monkeypatch):
    folder = tmp_path / "notes"
    shutil.copytree(records, folder)
    first = NSynth(RATE, LENGTH, folder=str(folder))
    first.prepare(tmp_path / "memory")
    with monkeypatch.context() as patch:
        patch.setattr(NoteRecords, "scan", lambda reader, split: pytest.fail("reads the audio again"))
        again = NSynth(RATE, LENGTH, folder=str(folder), highest_pitch=70)
        again.prepare(tmp_path / "memory")
    assert len(again.rows("train")) == 3
    put_records(folder / "nsynth-train.tfrecord", ["brass_acoustic_000-060-100"])
    changed = NSynth(RATE, LENGTH, folder=str(folder))
    changed.prepare(tmp_path / "memory")
    assert len(changed.rows("train")) == 1


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


# TensorFlow Datasets.


@pytest.fixture(params=["own", "gansynth"])
def tfds_builder(request, tmp_path):
    """TensorFlow Datasets' own code for both choices of splits, unprepared."""
    tfds = pytest.importorskip("tensorflow_datasets")
    return request.param, tfds.builder(TFDS_BUILDERS[request.param], data_dir=str(tmp_path / "tfds"))


def test_its_names_are_those_of_tensorflow_datasets(tfds_builder, tmp_path):
    splits, builder = tfds_builder
    features = builder.info.features
    assert tuple(features["instrument"]["family"].names) == nsynth_notes.FAMILIES == tuple(FAMILIES)
    assert tuple(features["instrument"]["source"].names) == nsynth_notes.SOURCES == ALL_SOURCES
    assert tuple(features["qualities"]) == nsynth_notes.QUALITIES == tuple(QUALITIES)
    assert features["audio"].sample_rate == nsynth_notes.SAMPLE_RATE
    assert tuple(features["pitch"].names) == tuple(map(str, range(128)))
    put_table(tmp_path)
    (tmp_path / "labels.txt").write_text("\n".join(f"instrument_{i}" for i in range(1006)))
    paths = {
        "examples": dict.fromkeys(("train", "valid", "test"), str(tmp_path)),
        "instrument_labels": str(tmp_path / "labels.txt"),
        "gansynth_splits": str(tmp_path / "nsynth-gansynth_splits.csv"),
    }
    downloads = mock.Mock()
    downloads.download_and_extract.return_value = paths
    generators = builder._split_generators(downloads)
    assert [generator.name for generator in generators] == ["train", "valid", "test"]
    asked = downloads.download_and_extract.call_args[0][0]
    assert ("gansynth_splits" in asked) == (splits == "gansynth")
    if splits == "gansynth":
        assert asked["gansynth_splits"].endswith(nsynth_notes.SPLIT_TABLE)
        ids = {generator.name: generator.gen_kwargs["ids"] for generator in generators}
        assert {name: split for split in ids for name in ids[split]} == TABLE


def test_notes_are_written_here_as_tensorflow_datasets_reads_them(monkeypatch):
    module = pytest.importorskip("tensorflow_datasets.datasets.nsynth.nsynth_dataset_builder")
    monkeypatch.setattr(module, "tfds", mock.Mock())  # It counts by a package that is not there.
    for number, name in enumerate(NOTES["train"]):
        note = tf.train.Example.FromString(serialized(name))
        key, theirs = module._emit_base_example(note, "train")
        ours = tfds_example("train", number, {})
        np.testing.assert_array_equal(theirs.pop("audio"), ours.pop("audio"))
        ours["id"] = ours["id"].encode()
        ours["instrument"] = {
            "label": fields(name)["instrument_str"],
            "family": FAMILIES[ours["instrument"]["family"]],
            "source": ALL_SOURCES[ours["instrument"]["source"]],
        }
        assert key == name.encode() and theirs == ours


def test_each_choice_of_splits_asks_for_its_own_data_set(tmp_path):
    for splits, builder in (("own", "nsynth/full"), ("gansynth", "nsynth/gansynth_subset")):
        with pytest.raises(UserError, match=f"^{builder} is not in "):
            NSynth(RATE, LENGTH, splits=splits, data_dir=str(tmp_path))


def test_what_is_not_on_disk_is_not_fetched(tmp_path, monkeypatch):
    with pytest.raises(UserError) as caught:
        NSynth(RATE, LENGTH, data_dir=str(tmp_path))
    message = str(caught.value)
    assert "nsynth/full is not in" in message and "--nsynth.folder=FOLDER" in message
    assert "CC BY 4.0" in message and "\n" not in message
    assert not list(tmp_path.rglob("*"))
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name in ("apache_beam", "google_crc32c") else found(name),
    )
    with pytest.raises(UserError, match="pip install apache-beam google-crc32c"):
        NSynth(RATE, LENGTH, download=True, data_dir=str(tmp_path))
    assert not list(tmp_path.rglob("*"))


def test_the_other_splits_are_pointed_at_if_they_are_there(monkeypatch):
    def reader(builder, *options, **more):
        if builder == "nsynth/full":
            raise UserError("nsynth/full is not there.")

    monkeypatch.setattr(nsynth, "TfdsReader", reader)
    with pytest.raises(UserError) as caught:
        NSynth(RATE, LENGTH)
    assert str(caught.value) == (
        "nsynth/full is not there. But nsynth/gansynth_subset is there: choose it by --nsynth.splits=gansynth."
    )


# Real notes.


def test_real_notes(shared_directory):
    folder = shared_directory / "data" / "nsynth_pitch60"
    if not folder.is_dir():
        pytest.skip("needs the notes ../shared/data/nsynth_pitch60, which are not part of the repository")
    dataset = NSynth(RATE, NOTE_SAMPLES, folder=str(folder), sources=ALL_SOURCES)
    assert not dataset.left_out
    rows = np.concatenate([dataset.rows(split) for split in dataset.splits])
    assert len(rows) == 60
    counts = np.bincount(rows[:, 1], minlength=11)
    assert {family: count for family, count in zip(FAMILIES, counts, strict=True) if count} == {
        **{"organ": 11, "guitar": 9, "reed": 8, "bass": 8, "brass": 7, "keyboard": 6, "string": 5},
        **{"vocal": 3, "mallet": 2, "flute": 1},
    }
    assert (rows[:, 0] == 60 - 24).all()
    clips = all_clips(dataset, "train")
    assert clips.shape == (len(dataset.rows("train")), NOTE_SAMPLES)
    assert (np.abs(clips).max(axis=1) > 0.01).all()
    assert len(Labels(dataset, ("instrument_family",)).classes["instrument_family"]) == 10
