"""Speech Commands: single words of a second, spoken by many; its ten digits are SC09."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.example_set import ExampleSet
from gansynth_tf.data.folder_listing import Listing, Recording, check_shares, split_of
from gansynth_tf.data.forms import DatasetInForms
from gansynth_tf.data.labels import listed, suggestion
from gansynth_tf.data.original_layout import audio_files, read_list, root_of, sub_folders
from gansynth_tf.data.recording_set import RecordingSet
from gansynth_tf.data.tfds_reader import TfdsReader
from gansynth_tf.options import UserError

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COMMANDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
ARCHIVE = (
    "speech_commands_v0.02.tar.gz (2.4 GB, http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz)"
)
HOW_TO_GET = (
    f"Speech Commands 0.02 (105,829 clips; CC BY 4.0): unpack {ARCHIVE} into a folder and name it by "
    "--speech_commands.folder=FOLDER; or let TensorFlow Datasets fetch it by --download (preparing it needs pydub), "
    "or name where it did by --speech_commands.data_dir."
)
_ALL = "all"
_LISTS = {"valid": "validation_list.txt", "test": "testing_list.txt"}
_SPLITS = {"train": "train", "valid": "validation", "test": "test"}
_LABEL = "word"


class SpeechCommands(DatasetInForms):
    """Words spoken by thousands of people, one second at 16 kHz; label `word`. Its default, the ten digits, is SC09.

    It is found in its original layout, <word>/<speaker>_nohash_0.wav beside validation_list.txt and
    testing_list.txt, versions 0.01 and 0.02, or as TensorFlow Datasets prepared it, which keeps ten command words
    and has put the digits together with all others into one class. Splits are the set's own lists; where both lists
    are missing splits are drawn by speaker. A speaker has no clip in two splits. Shorter clips end with silence.

    Args:
        sample_rate: Hertz; the recordings are resampled.
        length_samples: Length of a clip.
        num_channels: 1 mixes all channels, 2 keeps stereo; the recordings are mono.
        download: Let TensorFlow Datasets download and prepare the set if it is not there; command words only.
        folder: The folder of the words; empty takes TensorFlow Datasets' form.
        data_dir: Where TensorFlow Datasets keeps its data sets; empty is its own default.
        words: The words to take, which are the classes in this order; all takes every word that there is.
        valid_fraction: Part of the speakers that becomes the validation split, where the lists are missing.
        test_fraction: Part of the speakers that becomes the test split, where the lists are missing.
        seed: Of that division.

    Raises:
        UserError: If the set or a word is not there.
        ValueError: If an option is out of range.
    """

    how_to_run = frozenset({"folder", "data_dir"})

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        num_channels: int = 1,
        download: bool = False,
        *,
        folder: str = "",
        data_dir: str = "",
        words: tuple[str, ...] = DIGITS,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
    ):
        cutting = Cutting(sample_rate, length_samples, num_channels)
        shares = check_shares(valid_fraction, test_fraction, seed)
        twice = sorted({word for word in words if words.count(word) > 1})
        if not words or twice:
            what = f"names {twice[0]!r} twice" if twice else "names none"
            raise UserError(f"--speech_commands.words {what}. Name each word once, or take {_ALL}.")
        if folder:
            expected = "one folder a word, as zero/0a7c2a8d_nohash_0.wav"
            below = ("speech_commands*", "SpeechCommands/speech_commands*")
            root = root_of(folder, "speech_commands.folder", below, _has_words, expected)
            there = [word for word in sub_folders(root) if not word.startswith("_")]
            chosen = _chosen_words(words, there, f"{root} has")
            listing = _listing(root, chosen, shares, seed)
            classes = {_LABEL: chosen}
            super().__init__(RecordingSet("speech_commands", folder, listing, cutting, classes=classes))
            return
        _refuse_digits(words, data_dir)
        chosen = _chosen_words(words, COMMANDS, "TensorFlow Datasets keeps")
        reader = TfdsReader(
            "speech_commands", data_dir, download, label_paths={_LABEL: ("label",)}, how_to_get=HOW_TO_GET
        )
        wanted = _Wanted(chosen)
        labels = {_LABEL: chosen}
        super().__init__(
            ExampleSet("speech_commands", reader, cutting, _SPLITS, selection=wanted.option, labels=labels)
        )


@dataclasses.dataclass(frozen=True)
class _Wanted:
    """Tells which examples have one of the chosen words."""

    words: tuple[str, ...]

    def option(self, classes: Mapping[str, str]) -> str | None:
        """Returns the option by which an example is not wanted, or None."""
        return None if classes[_LABEL] in self.words else "--speech_commands.words"


def _has_words(path):
    """Tells whether a folder holds words, or the lists of their splits."""
    return bool(set(sub_folders(path)) & {*DIGITS, *COMMANDS}) or any(
        (path / name).is_file() for name in _LISTS.values()
    )


def _chosen_words(words: Sequence[str], there: Sequence[str], who_has: str) -> tuple[str, ...]:
    """Returns the classes in their order."""
    if tuple(words) == (_ALL,):
        return tuple(word for word in DIGITS if word in there) + tuple(sorted(set(there) - set(DIGITS)))
    for word in words:
        if word not in there:
            raise UserError(
                f"--speech_commands.words: there is no word {word!r}; {who_has} {listed(there) or 'none'}."
                + suggestion(word, there)
            )
    return tuple(words)


def _refuse_digits(words, data_dir):
    """Refuses words that TensorFlow Datasets has put together into one class."""
    lost = [word for word in words if word in DIGITS]
    if lost:
        place = Path(data_dir or "~/tensorflow_datasets") / "downloads"
        raise UserError(
            f"The word {lost[0]!r} cannot be had from TensorFlow Datasets: its speech_commands keeps ten command words "
            f"({', '.join(COMMANDS)}) and holds all others, the digits too, as one class _unknown_. Unpack the "
            f"original archive {ARCHIVE}, which lies in {place} if TensorFlow Datasets fetched it, into a folder and "
            f"name it by --speech_commands.folder=FOLDER; or take --speech_commands.words={_ALL}."
        )


def _listing(root, words, shares, seed):
    """Returns the recordings of some words."""
    lists = {split: root / name for split, name in _LISTS.items() if (root / name).is_file()}
    if len(lists) == 1:
        (missing,) = set(_LISTS) - set(lists)
        raise UserError(
            f"{root} lacks {_LISTS[missing]}, which belongs to {_LISTS[next(iter(lists))]}. "
            "Take both from the archive; without either the splits are drawn by speaker."
        )
    given, unusable = {}, {}
    for split, path in lists.items():
        for line in read_list(path):
            if line.partition("/")[0] in words:
                given[line] = split
    recordings = []
    for word in words:
        for name in audio_files(root / word):
            # What stands before it is a hash of who speaks.
            speaker = name.partition("_nohash_")[0]
            split = given.pop(f"{word}/{name}", "train") if lists else split_of(speaker, shares, seed)
            recordings.append(Recording(f"{word}/{name}", str(root / word / name), (word,), split))
    for name, split in given.items():
        unusable[name] = f"does not exist, but {_LISTS[split]} names it"
    if not recordings:
        raise UserError(f"{root} holds no recording of {listed(words)}, as {words[0]}/0a7c2a8d_nohash_0.wav.")
    recordings.sort(key=lambda recording: recording.name)
    source = f"splits from {' and '.join(_LISTS.values())}"
    if not lists:
        source = "its lists of splits are missing: splits are drawn by speaker"
    # Drawn or not, a speaker stays whole, even if two share a recording.
    return Listing((_LABEL,), recordings, source, unusable, drawn_splits=False)
