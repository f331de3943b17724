"""The Groove MIDI Dataset: both forms, performances without audio, and its own splits."""

import csv
import pickle
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

from gansynth_tf.data.groove import LABELS, Groove
from gansynth_tf.data.labels import Labels
from gansynth_tf.options import UserError
from tests.data.small_sets import nothing_is_fetched, own_splits, put, tone
from tests.data.tfds_fakes import fake_tfds

RATE = 8000
LENGTH = 4000
COLUMNS = ("drummer", "session", "id", "style", "bpm", "beat_type", "time_signature") + (
    "midi_filename",
    "audio_filename",
    "duration",
    "split",
)
# (drummer, style, beat or fill, time signature, split, seconds; 0 is not recorded)
PLAYED = [
    ("drummer1", "funk/groove1", "beat", "4-4", "test", 1.2),
    ("drummer1", "soul", "fill", "4-4", "train", 0.6),
    ("drummer1", "rock/halftime", "beat", "6-8", "train", 1.6),
    ("drummer2", "rock", "beat", "4-4", "train", 0),
    ("drummer10", "jazz/swing", "fill", "3-4", "validation", 0.9),
    ("drummer10", "rock", "fill", "4-4", "validation", 1.5),
]


def table_rows(played=PLAYED):
    rows = []
    for number, (drummer, style, kind, meter, split, seconds) in enumerate(played):
        stem = f"{drummer}/session1/{number}_{style.replace('/', '-')}_100_{kind}_{meter}"
        audio = f"{stem}.wav" if seconds else ""
        cells = (drummer, f"{drummer}/session1", f"{drummer}/session1/{number}", style, "100", kind, meter)
        rows.append(dict(zip(COLUMNS, (*cells, f"{stem}.mid", audio, str(seconds), split), strict=True)))
    return rows


def put_table(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "info.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def drums(row):
    """Returns [samples] that no other performance has."""
    return tone(150 + 10 * int(row["id"].rpartition("/")[2]), float(row["duration"]))


def put_set(folder, rows=None):
    rows = rows or table_rows()
    put_table(folder, rows)
    for row in rows:
        if row["audio_filename"]:
            put(folder, row["audio_filename"], drums(row))


@pytest.fixture(scope="module")
def groove(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "groove"
    put_set(folder)
    return folder


def opened(folder, **options):
    return Groove(RATE, LENGTH, folder=str(folder), **options)


def classes_of(dataset, split):
    return [
        tuple(names[number] for names, number in zip(dataset.labels.values(), row, strict=True))
        for row in dataset.rows(split)
    ]


def as_examples(rows, splits):
    """Returns what fake_tfds takes to hold the recorded rows; each split twice its first ones if it is short."""
    by_split = {name: [r for r in rows if r["split"] == name and r["audio_filename"]] for name in splits}
    most = max(map(len, by_split.values()))

    def change(split, number, example):
        row = by_split[split][number % len(by_split[split])]
        return example | {
            "id": row["id"],
            "drummer": LABELS["drummer"].index(row["drummer"]),
            "type": LABELS["type"].index(row["beat_type"]),
            "time_signature": LABELS["time_signature"].index(row["time_signature"]),
            "style": {
                "primary": LABELS["style"].index(row["style"].split("/")[0]),
                "secondary": "".join(row["style"].split("/")[1:]),
            },
            "audio": drums(row),
        }

    return {"num_examples": most, "change": change}


def test_labels_are_those_of_tensorflow_datasets(tmp_path):
    features = tfds.builder("groove/full-16000hz", data_dir=str(tmp_path)).info.features
    theirs = {"style": features["style"]["primary"]} | {
        label: features[label] for label in ("drummer", "type", "time_signature")
    }
    assert {label: tuple(feature.names) for label, feature in theirs.items()} == LABELS


def test_labels_and_splits_are_those_of_the_table(groove):
    dataset = opened(groove)
    assert dataset.labels == LABELS and dataset.splits == ("train", "valid", "test")
    names = [source.name for source in dataset.sources("train")]
    assert [name.rpartition("/")[2][0] for name in names] == ["1", "2", "2", "2"]
    assert set(classes_of(dataset, "train")) == {
        ("soul", "drummer1", "fill", "4-4"),
        ("rock", "drummer1", "beat", "6-8"),
    }
    assert set(classes_of(dataset, "test")) == {("funk", "drummer1", "beat", "4-4")}
    assert {one[0] for one in classes_of(dataset, "valid")} == {"jazz", "rock"}
    assert dataset.left_out == {"drummer2/session1/3": "was not recorded, there is only its MIDI"}


def test_performances_are_sliced_and_short_ones_padded(groove):
    dataset = opened(groove)
    starts = [(source.name[-20:], source.start_seconds) for source in dataset.sources("train")]
    # 0.6 s: a clip of half a second, an end of 0.1 s; 1.6 s: three clips, an end of 0.1 s.
    assert len(starts) == 1 + 3
    assert len(opened(groove, min_seconds=0.05).rows("train")) == 2 + 4
    assert len(opened(groove, length_policy="pad_or_cut").rows("train")) == 2
    assert len(opened(groove, max_clips_per_file=2).rows("train")) == 1 + 2


@pytest.mark.parametrize("variant", ["full-16000hz", "2bar-16000hz"])
def test_both_forms_give_the_same_labels_and_splits(groove, tmp_path, variant):
    rows = table_rows()
    names = list(own_splits(f"groove/{variant}", groove.parent, tmp_path))
    assert sorted(names) == ["test", "train", "validation"], "the builder's own split names"
    folder = opened(groove, length_policy="pad_or_cut")
    with fake_tfds(names, **as_examples(rows, names)):
        examples = Groove(RATE, LENGTH, variant=variant, length_policy="pad_or_cut")
        assert examples.labels == folder.labels and examples.splits == folder.splits
        for split in folder.splits:
            assert set(classes_of(examples, split)) == set(classes_of(folder, split))
        ours = {classes_of(folder, "train")[i]: clip for i, clip in enumerate(clips_of(folder, "train"))}
        theirs = {
            classes_of(examples, "train")[i]: clip for i, clip in enumerate(clips_of(examples, "train"))
        }
        for classes, clip in ours.items():
            np.testing.assert_allclose(theirs[classes], clip, atol=1e-4)
        pickle.loads(pickle.dumps(examples)).rows("test")


def clips_of(dataset, split):
    return list(dataset.clips(split).as_numpy_iterator())


def test_pieces_of_two_bars_are_not_sliced_unless_asked(groove):
    rows, names = table_rows(), ["train", "validation", "test"]
    with fake_tfds(names, **as_examples(rows, names)):
        pieces = Groove(RATE, LENGTH, variant="2bar-16000hz")
        assert len(pieces.rows("train")) == 2
        assert len(Groove(RATE, LENGTH, variant="2bar-16000hz", length_policy="slices").rows("train")) == 4
        assert len(Groove(RATE, LENGTH).rows("train")) == 4
    with pytest.raises(UserError, match="2bar-16000hz is cut by TensorFlow Datasets"):
        opened(groove, variant="2bar-16000hz")


@pytest.mark.parametrize("above", ["", "groove-v1.0.0/groove", "groove"])
def test_its_folder_is_found(groove, tmp_path, above):
    (tmp_path / above).parent.mkdir(parents=True, exist_ok=True)
    if above:
        (tmp_path / above).symlink_to(groove)
    place = tmp_path if above else groove
    assert opened(place).fingerprint() == opened(groove).fingerprint()


def test_the_archive_without_audio_is_told_in_one_line(tmp_path):
    put_table(tmp_path, table_rows())
    with pytest.raises(
        UserError, match="has no audio: none of the 5 .* full archive, groove-v1.0.0.zip"
    ) as error:
        opened(tmp_path)
    assert "\n" not in str(error.value)


def test_the_real_archive_without_audio_is_told(shared_directory):
    with pytest.raises(UserError, match="has no audio: none of the 1090 recordings"):
        opened(shared_directory / "data" / "midi_groove")


def test_the_real_table_is_understood(shared_directory, tmp_path):
    with open(shared_directory / "data" / "midi_groove" / "info.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    put_table(tmp_path, rows)
    recorded = [row for row in rows if row["audio_filename"]]
    for row in recorded:
        path = tmp_path / row["audio_filename"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    some = [recorded[i] for i in range(0, len(recorded), 200)]
    for row in some:
        put(tmp_path, row["audio_filename"], tone(200 + len(row["id"]), 0.6))
    dataset = opened(tmp_path)
    dataset.prepare()
    assert sum(len(dataset.rows(split)) for split in dataset.splits) == len(some)
    assert sum("only its MIDI" in reason for reason in dataset.left_out.values()) == 60
    assert len(dataset.left_out) == len(rows) - len(some)


def test_a_recording_that_is_missing_is_left_out_and_told(tmp_path):
    put_set(tmp_path)
    (gone,) = tmp_path.rglob("5_rock*.wav")
    gone.unlink()
    dataset = opened(tmp_path)
    name = gone.relative_to(tmp_path).as_posix()
    assert dataset.left_out[name] == "does not exist, but info.csv names it"
    assert name in dataset.report()


def test_splits_stay_as_they_are_for_equal_files(tmp_path):
    rows = table_rows([("drummer1", "rock", "beat", "4-4", split, 0.6) for split in ("train", "test")])
    put_set(tmp_path, rows)
    shutil.copy(tmp_path / rows[0]["audio_filename"], tmp_path / rows[1]["audio_filename"])
    dataset = opened(tmp_path)
    assert [len(dataset.rows(split)) for split in ("train", "test")] == [1, 1]


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("style", "rokc/slow", "line 2: the style is one of afrobeat.*Received: 'rokc'. Did you mean rock?"),
        ("beat_type", "filll", "line 2: the type is one of beat, fill. .* Did you mean fill?"),
        ("drummer", "drummer11", "line 2: the drummer"),
        ("split", "valid", "line 2: the split is one of train, validation, test. Received: 'valid'"),
    ],
)
def test_unknown_classes_are_refused(tmp_path, column, cell, message):
    rows = table_rows()
    rows[0][column] = cell
    put_set(tmp_path, rows)
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        opened(tmp_path)


def test_wrong_tables_and_folders_are_refused(tmp_path):
    with pytest.raises(UserError, match="does not exist. Expected the folder of info.csv"):
        opened(tmp_path / "nowhere")
    with pytest.raises(UserError, match="does not hold it. Expected the folder of info.csv"):
        opened(tmp_path)
    put_table(tmp_path, [{"path": "a.wav", "style": "rock"}])
    with pytest.raises(UserError, match="lacks the columns audio_filename, beat_type, drummer"):
        opened(tmp_path)
    (tmp_path / "info.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="no table of comma-separated values"):
        opened(tmp_path)


def test_what_is_not_there_is_not_fetched(tmp_path, monkeypatch):
    expected = "groove/full-16000hz is not in .*CC BY 4.0.*5.1 GB.*--groove.folder=FOLDER.*--download"
    with nothing_is_fetched(monkeypatch), pytest.raises(UserError, match=expected):
        Groove(RATE, LENGTH, data_dir=str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_download_that_fails_is_told_in_one_line(tmp_path, monkeypatch):
    def fail(builder):
        raise ConnectionError("no route to storage.googleapis.com.\nMore of it")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(
        UserError, match="could not be downloaded and prepared: no route .*com. Groove"
    ) as error:
        Groove(RATE, LENGTH, 1, True, data_dir=str(tmp_path))
    assert error.value.exit_status == 1 and "\n" not in str(error.value)


def test_one_style_left_is_refused(tmp_path):
    put_set(tmp_path, table_rows([("drummer1", "rock", "beat", "4-4", "train", 0.6)] * 2))
    with pytest.raises(UserError, match="only the class 'rock'"):
        Labels(opened(tmp_path))


def test_stereo_is_kept(tmp_path):
    put_table(tmp_path, table_rows(PLAYED[:1]))
    left = tone(200, 0.6)
    put(tmp_path, table_rows(PLAYED[:1])[0]["audio_filename"], np.stack([left, 0.5 * left], 1))
    (clip,) = Groove(RATE, LENGTH, 2, folder=str(tmp_path)).clips("test").as_numpy_iterator()
    np.testing.assert_allclose(clip[:, 1], 0.5 * clip[:, 0], atol=1e-3)
