"""The Free Spoken Digit Dataset: ten digits, spoken fifty times by each of a few people."""

import dataclasses
import re
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.example_set import ExampleSet
from gansynth_tf.data.folder_listing import Listing, Recording, check_shares, split_of
from gansynth_tf.data.forms import DatasetInForms
from gansynth_tf.data.original_layout import audio_files, root_of
from gansynth_tf.data.recording_set import RecordingSet
from gansynth_tf.data.tfds_reader import TfdsReader
from gansynth_tf.options import UserError

DIGITS = tuple("0123456789")
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
HOW_TO_GET = (
    "The Free Spoken Digit Dataset (3,000 recordings, 21 MB; CC BY-SA 4.0): clone or unpack "
    "https://github.com/Jakobovski/free-spoken-digit-dataset and name its folder by --spoken_digit.folder=FOLDER; or "
    "let TensorFlow Datasets fetch version 1.0.9 (2,500 recordings) by --download (preparing it needs pydub), or name "
    "where it did by --spoken_digit.data_dir."
)
_NAME = re.compile(r"([0-9])_([^_]+)_([0-9]+)")
_NUM_TEST = 5
_FILE = "file"


class SpokenDigit(DatasetInForms):
    """The Free Spoken Digit Dataset, recordings of 0.1 to 2.3 s at 8 kHz; labels `digit` and `speaker`.

    It is found in its original layout, recordings/7_theo_42.wav, or as TensorFlow Datasets prepared it (spoken_digit,
    which has fewer speakers). The test split is the official one, the first five recordings of each digit by each
    speaker; the validation split is drawn from the others, in both forms alike. Short recordings end with silence.

    Args:
        sample_rate: Hertz; the recordings are resampled.
        length_samples: Length of a clip.
        num_channels: 1 mixes all channels, 2 keeps stereo; the recordings are mono.
        download: Let TensorFlow Datasets download and prepare the set if it is not there.
        folder: The folder recordings, or the one above it; empty takes TensorFlow Datasets' form.
        data_dir: Where TensorFlow Datasets keeps its data sets; empty is its own default.
        valid_fraction: Part of the recordings outside the test split that becomes the validation split.
        seed: Of that division.

    Raises:
        UserError: If the set is not there or is not as expected.
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
        valid_fraction: float = 0.1,
        seed: int = 0,
    ):
        cutting = Cutting(sample_rate, length_samples, num_channels)
        check_shares(valid_fraction, 0.0, seed)
        division = _Division(valid_fraction, seed)
        if folder:
            root = root_of(
                folder,
                "spoken_digit.folder",
                ("recordings", "free-spoken-digit-dataset*/recordings"),
                _has_digits,
                "recordings/0_george_0.wav and others named likewise",
            )
            listing = _listing(root, division)
            speakers = {recording.classes[1] for recording in listing.recordings}
            # People go on adding recordings of their own.
            classes = {"digit": DIGITS, "speaker": SPEAKERS + tuple(sorted(speakers - set(SPEAKERS)))}
            super().__init__(RecordingSet("spoken_digit", folder, listing, cutting, classes=classes))
            return
        paths = {"digit": ("label",), _FILE: ("audio/filename",)}
        reader = _WithSpeaker(
            TfdsReader("spoken_digit", data_dir, download, label_paths=paths, how_to_get=HOW_TO_GET)
        )
        super().__init__(
            ExampleSet(
                "spoken_digit",
                reader,
                cutting,
                {"train": "train"},
                division=division.of_example,
                divided_by=division.source,
                named_by=_FILE,
                labels={"digit": DIGITS, "speaker": SPEAKERS},
            )
        )


@dataclasses.dataclass(frozen=True)
class _Division:
    """The splits of recordings by their names.

    Args:
        valid_fraction: Part for the validation split of what is not tested on.
        seed: Of that division.
    """

    valid_fraction: float
    seed: int

    source = (
        f"the test split is the official one (indices 0 to {_NUM_TEST - 1}), the validation split is drawn"
    )

    def split(self, file: str) -> str:
        """Returns the split of 7_theo_42.wav."""
        stem = file.rpartition(".")[0]
        match = _NAME.fullmatch(stem)
        if match and int(match[3]) < _NUM_TEST:
            return "test"
        return split_of(stem, (self.valid_fraction, 0.0), self.seed)

    def of_example(self, classes: Mapping[str, str]) -> str:
        """Returns the split of an example of TensorFlow Datasets."""
        return self.split(classes[_FILE])


class _WithSpeaker:
    """Examples of TensorFlow Datasets whose speaker is read from the name of their file.

    Args:
        reader: Tells digit and file.
    """

    def __init__(self, reader: TfdsReader):
        self._reader = reader
        self.name = reader.name
        self.encoding = reader.encoding
        self.sample_rate = reader.sample_rate
        self.labels = {**reader.labels, "speaker": SPEAKERS}

    @property
    def sizes(self) -> dict[str, int]:
        """{source split: number of examples}."""
        return self._reader.sizes

    @property
    def identity(self) -> list:
        """What changes when the examples do."""
        return [*self._reader.identity, "speaker"]

    def scan(self, source_split: str) -> Iterator[tuple[np.ndarray, list[str]]]:
        """Yields (audio, [digit, file, speaker]) of all examples."""
        for audio, (digit, file) in self._reader.scan(source_split):
            match = _NAME.fullmatch(file.rpartition(".")[0])
            yield audio, [digit, file, match[2] if match else ""]

    def audio_of(self, source_split: str, numbers: np.ndarray) -> tf.data.Dataset:
        """Returns the audio of some examples by their increasing numbers."""
        return self._reader.audio_of(source_split, numbers)


def _has_digits(path):
    """Tells whether a folder holds recordings named as 7_theo_42.wav."""
    return any(_NAME.fullmatch(name.rpartition(".")[0]) for name in audio_files(path))


def _listing(root, division):
    """Returns the recordings in a folder."""
    recordings, unusable = [], {}
    for name in audio_files(root):
        match = _NAME.fullmatch(name.rpartition(".")[0])
        if not match:
            unusable[name] = "is not named digit_speaker_index"
            continue
        recordings.append(Recording(name, str(root / name), (match[1], match[2]), division.split(name)))
    if not recordings:
        raise UserError(f"{root} holds no recording named as 7_theo_42.wav.")
    return Listing(("digit", "speaker"), recordings, division.source, unusable, drawn_splits=False)
