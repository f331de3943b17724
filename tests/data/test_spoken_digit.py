"""The Free Spoken Digit Dataset: both forms, digits, speakers, and the official test split."""

import pickle
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

from gansynth_tf.data.labels import Labels
from gansynth_tf.data.spoken_digit import DIGITS, SPEAKERS, SpokenDigit
from gansynth_tf.options import UserError
from tests.data.small_sets import nothing_is_fetched, own_examples, put, tone
from tests.data.tfds_fakes import fake_tfds

RATE = 8000
LENGTH = 4000
NAMES = [f"{digit}_{speaker}_{i}" for digit in (0, 7) for speaker in ("george", "theo") for i in range(12)]


def spoken(name):
    digit, speaker, index = name.split("_")
    f0_hz = 200 + 150 * int(digit) + 40 * SPEAKERS.index(speaker) + int(index)
    return np.round(32767 * tone(f0_hz, 0.3, RATE)).astype(np.int16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fsdd") / "free-spoken-digit-dataset-1.0.9"
    for name in NAMES:
        put(folder, f"recordings/{name}.wav", spoken(name), RATE)
    return folder


def opened(folder, **options):
    return SpokenDigit(RATE, LENGTH, folder=str(folder), **options)


def placed(dataset):
    """Returns {file: (split, classes)} of all clips, in their order."""
    found = {}
    for split in dataset.splits:
        for source, row in zip(dataset.sources(split), dataset.rows(split), strict=True):
            classes = tuple(names[i] for names, i in zip(dataset.labels.values(), row, strict=True))
            found[source.name.split("/")[-1]] = (split, classes)
    return found


def sounds(dataset):
    """Returns {file: samples} of all clips."""
    clips = [clip for split in dataset.splits for clip in dataset.clips(split).as_numpy_iterator()]
    return dict(zip(placed(dataset), clips, strict=True))


def as_examples(names=NAMES):
    def change(split, number, example):
        name = names[number]
        return example | {
            "audio": spoken(name).astype(np.int64),
            "label": int(name[0]),
            "audio/filename": f"{name}.wav",
        }

    return {"num_examples": len(names), "change": change}


def test_digit_and_speaker_are_in_the_name(folder):
    dataset = opened(folder)
    assert dataset.labels == {"digit": DIGITS, "speaker": SPEAKERS}
    assert all(classes == tuple(name.split("_")[:2]) for name, (_, classes) in placed(dataset).items())
    for name, clip in sounds(dataset).items():
        np.testing.assert_allclose(clip[:2400], spoken(name.removesuffix(".wav")) / 32768, atol=1e-4)
        assert not clip[2400:].any()
    assert Labels(dataset, ("digit", "speaker")).classes == {
        "digit": ("0", "7"),
        "speaker": ("george", "theo"),
    }


def test_the_first_five_of_each_are_the_test_split(folder):
    for options in ({}, {"valid_fraction": 0.5}, {"seed": 3}):
        found = placed(opened(folder, **options))
        tested = {name for name, (split, _) in found.items() if split == "test"}
        assert tested == {f"{name}.wav" for name in NAMES if int(name.split("_")[2]) < 5}
    splits = [split for split, _ in placed(opened(folder, valid_fraction=0.5)).values()]
    assert 5 <= splits.count("valid") <= 23 and "train" in splits
    assert opened(folder, valid_fraction=0.0).splits == ("train", "test")
    assert opened(folder, seed=1).fingerprint() != opened(folder).fingerprint()


def test_both_forms_give_the_same_clips_labels_and_splits(folder, tmp_path):
    given = own_examples("spoken_digit", folder.parent, tmp_path)
    assert list(given) == ["train"], "the builder's own split names"
    files = sorted(example["audio/filename"] for example in given["train"])
    assert files == sorted(f"{name}.wav" for name in NAMES)
    ours = opened(folder, valid_fraction=0.3)
    with fake_tfds(list(given), **as_examples()):
        theirs = SpokenDigit(RATE, LENGTH, valid_fraction=0.3)
        assert theirs.labels == ours.labels and theirs.splits == ours.splits == ("train", "valid", "test")
        assert placed(theirs) == placed(ours)
        examples = sounds(theirs)
        copy = pickle.loads(pickle.dumps(theirs))
        assert copy.fingerprint() == theirs.fingerprint()
        assert "the test split is the official one" in theirs.report()
    for name, clip in sounds(ours).items():
        np.testing.assert_array_equal(examples[name], clip)


def test_digits_are_those_of_tensorflow_datasets(tmp_path):
    features = tfds.builder("spoken_digit", data_dir=str(tmp_path)).info.features
    assert tuple(features["label"].names) == DIGITS and features["audio"].sample_rate == 8000


@pytest.mark.parametrize("place", ["..", ".", "recordings"])
def test_its_folder_is_found(folder, place):
    assert opened(folder / place).fingerprint() == opened(folder).fingerprint()


def test_new_speakers_follow_the_known_ones(folder, tmp_path):
    shutil.copytree(folder / "recordings", tmp_path / "recordings")
    put(tmp_path, "recordings/3_ann_5.wav", tone(333, 0.3, RATE), RATE)
    put(tmp_path, "recordings/three_ann_6.wav", tone(334, 0.3, RATE), RATE)
    dataset = opened(tmp_path, valid_fraction=0.0)
    assert dataset.labels["speaker"] == (*SPEAKERS, "ann")
    assert placed(dataset)["3_ann_5.wav"] == ("train", ("3", "ann"))
    assert dataset.left_out == {"three_ann_6.wav": "is not named digit_speaker_index"}


def test_the_test_split_stays_as_it_is_for_equal_files(folder, tmp_path):
    shutil.copytree(folder / "recordings", tmp_path / "recordings")
    shutil.copy(folder / "recordings" / "0_george_10.wav", tmp_path / "recordings" / "0_george_4.wav")
    dataset = opened(tmp_path, valid_fraction=0.0)
    assert placed(dataset)["0_george_4.wav"][0] == "test" and placed(dataset)["0_george_10.wav"][0] == "train"


def test_the_real_set_is_whole_and_balanced(shared_directory):
    dataset = opened(shared_directory / "data" / "fsdd")
    sizes = {split: len(dataset.rows(split)) for split in dataset.splits}
    assert sum(sizes.values()) == 3000 and sizes["test"] == 300
    assert 200 < sizes["valid"] < 340
    rows = np.concatenate([dataset.rows(split) for split in dataset.splits])
    np.testing.assert_array_equal(np.bincount(rows[:, 0]), [300] * 10)
    np.testing.assert_array_equal(np.bincount(rows[:, 1]), [500] * 6)
    np.testing.assert_array_equal(np.unique(dataset.rows("test"), axis=0, return_counts=True)[1], [5] * 60)
    assert dataset.left_out == {}
    clip = next(iter(dataset.clips("test", [7]).as_numpy_iterator()))
    assert 0.01 < np.abs(clip).max() <= 1.0


def test_what_is_not_there_is_not_fetched(tmp_path, monkeypatch):
    expected = "spoken_digit is not in .*CC BY-SA 4.0.*--spoken_digit.folder=FOLDER.*--download"
    with nothing_is_fetched(monkeypatch), pytest.raises(UserError, match=expected):
        SpokenDigit(RATE, LENGTH, data_dir=str(tmp_path))


def test_wrong_folders_are_refused(folder, tmp_path):
    for name, message in (
        ("nowhere", "does not exist"),
        ("", "does not hold it. Expected recordings/0_george_0"),
    ):
        with pytest.raises(UserError, match=message):
            opened(tmp_path / name)
    with pytest.raises(UserError, match="is a file"):
        opened(folder / "recordings" / f"{NAMES[0]}.wav")
    with pytest.raises(ValueError, match="must not be negative"):
        opened(folder, valid_fraction=-0.1)


def test_one_digit_left_is_refused(tmp_path):
    for index in range(5, 8):
        put(tmp_path, f"7_theo_{index}.wav", tone(100 + index, 0.3, RATE), RATE)
    with pytest.raises(UserError, match="only the class '7'"):
        Labels(opened(tmp_path))


def test_stereo_holds_the_same_twice(folder):
    stereo = SpokenDigit(RATE, LENGTH, 2, folder=str(folder))
    (clip,) = stereo.clips("test", [0]).as_numpy_iterator()
    assert clip.shape == (LENGTH, 2) and (clip[:, 0] == clip[:, 1]).all()
