"""NSynth in its three forms, written here in its authors' layouts, and a handful of its real notes."""

import os
import pickle
import shutil

import numpy as np
import pytest

from gansynth_tf.data.labels import Labels
from gansynth_tf.data.nsynth import NSynth
from gansynth_tf.data.nsynth_records import NoteRecords
from gansynth_tf.options import UserError
from tests.data.nsynth_files import (
    ALL_SOURCES,
    FAMILIES,
    NOTE_SAMPLES,
    NOTES,
    QUALITIES,
    TABLE,
    all_clips,
    all_names,
    chosen,
    expected,
    is_papers,
    names_of,
    put_folders,
    put_record_files,
    put_records,
    put_table,
    tfds_example,
    told,
    whole_audio,
)
from tests.data.tfds_fakes import fake_tfds

RATE, LENGTH = 16000, 8000


@pytest.fixture(scope="module")
def wavs(tmp_path_factory):
    return put_folders(tmp_path_factory.mktemp("wavs"))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return put_record_files(tmp_path_factory.mktemp("records"))


@pytest.fixture(params=["wavs", "records", "tfds"])
def opened(request):
    """A function that opens one of the three forms."""
    if request.param != "tfds":
        folder = str(request.getfixturevalue(request.param))
        yield lambda *sizes, **options: NSynth(*(sizes or (RATE, LENGTH)), folder=folder, **options)
        return
    with fake_tfds(list(NOTES), num_examples=8, change=tfds_example):
        yield lambda *sizes, **options: NSynth(*(sizes or (RATE, LENGTH)), **options)


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
    # Not the address of a function: the names of tests must be the same in every process that runs some of them.
    ids=lambda value: "those" if callable(value) else str(value),
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
