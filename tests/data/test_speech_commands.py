"""Speech Commands: words, lists of splits, and what TensorFlow Datasets cannot give."""

import pickle
import shutil
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds

from gansynth_tf.data.labels import Labels
from gansynth_tf.data.speech_commands import COMMANDS, DIGITS, SpeechCommands
from gansynth_tf.options import UserError
from tests.data.small_sets import nothing_is_fetched, own_splits, put, tone
from tests.data.tfds_fakes import fake_tfds

RATE = 16000
LENGTH = 16000
WORDS = ("zero", "one", "nine", "bed", "no", "yes")
SPEAKERS = ("0a7c2a8d", "1b4c9b89", "2fcb6397", "a1cb91b9")
VALID, TEST = SPEAKERS[2], SPEAKERS[3]


def spoken(word, speaker, again=0, seconds=0.4):
    f0_hz = 200 + 100 * WORDS.index(word) + 10 * SPEAKERS.index(speaker) + 3 * again
    return np.round(32767 * tone(f0_hz, seconds)).astype(np.int16)


def put_words(folder, words=WORDS, lists=True):
    for word in words:
        for speaker in SPEAKERS:
            for again in range(2):
                put(folder, f"{word}/{speaker}_nohash_{again}.wav", spoken(word, speaker, again))
    put(folder, "_background_noise_/running_tap.wav", tone(50, 3.0))
    if lists:
        for name, speaker in (("validation_list.txt", VALID), ("testing_list.txt", TEST)):
            lines = [f"{word}/{speaker}_nohash_{again}.wav" for word in words for again in range(2)]
            (folder / name).write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("speech") / "speech_commands_v0.02"
    put_words(folder)
    return folder


def opened(folder, words=("zero", "one", "nine"), **options):
    return SpeechCommands(RATE, LENGTH, folder=str(folder), words=words, **options)


def contents(dataset):
    """Returns {split: [(word, clip)]}."""
    (words,) = dataset.labels.values()
    return {
        split: [
            (words[row[0]], clip)
            for row, clip in zip(dataset.rows(split), dataset.clips(split).as_numpy_iterator(), strict=True)
        ]
        for split in dataset.splits
    }


def speakers_of(dataset, split):
    return {source.name.split("/")[1].split("_")[0] for source in dataset.sources(split)}


def test_words_are_the_folders_and_splits_the_lists(folder):
    dataset = opened(folder)
    assert dataset.labels == {"word": ("zero", "one", "nine")}
    assert [len(dataset.rows(split)) for split in ("train", "valid", "test")] == [12, 6, 6]
    assert speakers_of(dataset, "train") == set(SPEAKERS[:2])
    assert speakers_of(dataset, "valid") == {VALID} and speakers_of(dataset, "test") == {TEST}
    for split in dataset.splits:
        for source, row in zip(dataset.sources(split), dataset.rows(split), strict=True):
            assert source.name.split("/")[0] == dataset.labels["word"][row[0]]


def test_clips_are_padded_to_a_second(folder):
    for _, clip in contents(opened(folder))["train"]:
        assert clip.shape == (LENGTH,) and np.abs(clip[:6000]).max() > 0.4 and not clip[6500:].any()


def test_the_digits_are_the_default_in_their_order(folder, tmp_path):
    with pytest.raises(UserError, match="there is no word 'two'; .* has bed, nine, no, one, yes, zero"):
        SpeechCommands(RATE, LENGTH, folder=str(folder))
    for number, word in enumerate(DIGITS):
        put(tmp_path, f"{word}/0a7c2a8d_nohash_0.wav", tone(200 + 10 * number, 0.1))
    dataset = SpeechCommands(RATE, LENGTH, folder=str(tmp_path), valid_fraction=0.0, test_fraction=0.0)
    assert dataset.labels["word"] == (
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
    )
    assert sorted(dataset.rows("train")[:, 0]) == list(range(10))


def test_words_can_be_chosen(folder):
    assert opened(folder, ("yes", "no", "bed")).labels["word"] == ("yes", "no", "bed")
    everything = opened(folder, ("all",))
    # The digits first, in their order; background noise is no word.
    assert everything.labels["word"] == ("zero", "one", "nine", "bed", "no", "yes")
    assert len(everything.rows("train")) == 4 * 6


def test_without_lists_no_speaker_is_in_two_splits(folder, tmp_path):
    put_words(tmp_path, lists=False)
    for seed in range(4):
        dataset = opened(tmp_path, ("all",), valid_fraction=0.3, test_fraction=0.3, seed=seed)
        speakers = [speakers_of(dataset, split) for split in dataset.splits]
        assert sum(map(len, speakers)) == len(set.union(*speakers)) == len(SPEAKERS)
        assert "splits are drawn by speaker" in dataset.report()
    assert "splits are drawn" not in opened(folder).report()


@pytest.mark.parametrize("lists", [False, True])
def test_a_speaker_stays_whole_though_two_share_a_recording(tmp_path, lists):
    put_words(tmp_path, lists=lists)
    for speaker in SPEAKERS[1:]:
        shutil.copy(
            tmp_path / "one" / f"{SPEAKERS[0]}_nohash_0.wav", tmp_path / "one" / f"{speaker}_nohash_0.wav"
        )
    dataset = opened(tmp_path, valid_fraction=0.3, test_fraction=0.3)
    speakers = [speakers_of(dataset, split) for split in dataset.splits]
    assert len(speakers) > 1 and sum(map(len, speakers)) == len(SPEAKERS)


@pytest.mark.parametrize("missing", ["validation_list.txt", "testing_list.txt"])
def test_one_list_alone_is_refused(tmp_path, missing):
    put_words(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(UserError, match=f"lacks {missing}"):
        opened(tmp_path)


def test_what_a_list_names_but_is_missing_is_told(tmp_path):
    put_words(tmp_path)
    (tmp_path / "one" / f"{TEST}_nohash_1.wav").unlink()
    (tmp_path / "yes" / f"{TEST}_nohash_1.wav").unlink()
    dataset = opened(tmp_path)
    assert dataset.left_out == {f"one/{TEST}_nohash_1.wav": "does not exist, but testing_list.txt names it"}
    assert len(dataset.rows("test")) == 5


@pytest.mark.parametrize("above", ["", "SpeechCommands/speech_commands_v0.02", "speech_commands_v0.01"])
def test_its_folder_is_found(folder, tmp_path, above):
    (tmp_path / above).parent.mkdir(parents=True, exist_ok=True)
    if above:
        (tmp_path / above).symlink_to(folder)
    assert opened(tmp_path if above else folder).fingerprint() == opened(folder).fingerprint()


def test_the_command_words_are_those_of_tensorflow_datasets(tmp_path):
    names = tfds.builder("speech_commands", data_dir=str(tmp_path)).info.features["label"].names
    assert tuple(names) == (*COMMANDS, "_silence_", "_unknown_")
    assert not set(names) & set(DIGITS)


def as_examples():
    """Returns what fake_tfds takes to hold the words of WORDS, under the classes of TensorFlow Datasets."""
    by_split = {"train": SPEAKERS[:2], "validation": (VALID,), "test": (TEST,)}
    names = (*COMMANDS, "_silence_", "_unknown_")

    def change(split, number, example):
        speakers = by_split[split]
        word = WORDS[number // 2 % len(WORDS)]
        audio = spoken(word, speakers[number // (2 * len(WORDS)) % len(speakers)], number % 2)
        label = names.index(word) if word in names else names.index("_unknown_")
        return example | {"audio": audio, "label": label}

    return {"num_examples": 2 * 2 * len(WORDS), "change": change}


def test_both_forms_give_the_same_command_words(folder, tmp_path):
    archive = tmp_path / "speech_commands.tar"
    with tarfile.open(archive, "w") as tar:
        for name in ("validation_list.txt", "testing_list.txt", "yes", "no", "one", "_background_noise_"):
            tar.add(folder / name, name)
    names = list(own_splits("speech_commands", archive, tmp_path))
    assert names == ["train", "validation", "test"], "the builder's own split names"
    ours = opened(folder, ("yes", "no"))
    with fake_tfds(names, **as_examples()):
        theirs = SpeechCommands(RATE, LENGTH, words=("yes", "no"))
        assert theirs.labels == ours.labels and theirs.splits == ours.splits
        mine, examples = contents(ours), contents(theirs)
        assert len(examples["train"]) == 8
        for split in ours.splits:
            heard = {(word, clip.tobytes()) for word, clip in mine[split]}
            assert {(word, clip.tobytes()) for word, clip in examples[split]} == heard
        assert "not wanted: 48 by --speech_commands.words" in theirs.report()
        assert pickle.loads(pickle.dumps(theirs)).fingerprint() == theirs.fingerprint()
        everything = SpeechCommands(RATE, LENGTH, words=("all",))
        assert everything.labels == {"word": COMMANDS}
        assert Labels(everything).classes == {"word": ("no", "yes")}


@pytest.mark.parametrize("download", [False, True])
def test_digits_cannot_be_had_from_tensorflow_datasets(tmp_path, monkeypatch, download):
    expected = "'zero' cannot be had .* one class _unknown_.*downloads.*--speech_commands.folder=FOLDER"
    with nothing_is_fetched(monkeypatch), pytest.raises(UserError, match=expected) as error:
        SpeechCommands(RATE, LENGTH, 1, download, data_dir=str(tmp_path))
    assert str(tmp_path / "downloads") in str(error.value) and "\n" not in str(error.value)


def test_what_is_not_there_is_not_fetched(tmp_path, monkeypatch):
    expected = "speech_commands is not in .*CC BY 4.0.*2.4 GB.*--download"
    with nothing_is_fetched(monkeypatch), pytest.raises(UserError, match=expected):
        SpeechCommands(RATE, LENGTH, data_dir=str(tmp_path), words=("yes", "no"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("yes", "noo"), "there is no word 'noo'; TensorFlow Datasets keeps down, .* Did you mean no?"),
        (("_silence_", "yes"), "there is no word '_silence_'"),
        (("all", "yes"), "there is no word 'all'"),
        (("yes", "no", "yes"), "names 'yes' twice"),
        ((), "names none"),
    ],
)
def test_wrong_words_are_refused(words, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        SpeechCommands(RATE, LENGTH, words=words)


def test_wrong_folders_are_refused(tmp_path):
    for name, message in (
        ("nowhere", "does not exist"),
        ("", "does not hold it. Expected one folder a word"),
    ):
        with pytest.raises(UserError, match=message):
            opened(tmp_path / name)
    (tmp_path / "one").mkdir()
    with pytest.raises(UserError, match="holds no recording of one"):
        opened(tmp_path, ("one",))


def test_one_word_left_is_refused_as_a_label(folder):
    with pytest.raises(UserError, match="only the class 'yes'"):
        Labels(opened(folder, ("yes",)))


def test_stereo_holds_the_same_twice(folder):
    stereo = SpeechCommands(RATE, LENGTH, 2, folder=str(folder), words=("one",))
    (clip,) = stereo.clips("train", [0]).as_numpy_iterator()
    assert clip.shape == (LENGTH, 2) and (clip[:, 0] == clip[:, 1]).all()
