"""The Groove MIDI Dataset: drummers playing beats and fills of many styles, recorded."""

import csv
from pathlib import Path
from typing import Literal

from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.example_set import ExampleSet
from gansynth_tf.data.folder_listing import Listing, Recording
from gansynth_tf.data.forms import DatasetInForms
from gansynth_tf.data.labels import listed, suggestion
from gansynth_tf.data.original_layout import root_of
from gansynth_tf.data.recording_set import RecordingSet
from gansynth_tf.data.tfds_reader import TfdsReader
from gansynth_tf.options import UserError

LABELS: dict[str, tuple[str, ...]] = {
    "style": (
        ("afrobeat", "afrocuban", "blues", "country", "dance", "funk", "gospel", "highlife", "hiphop", "jazz")
        + ("latin", "middleeastern", "neworleans", "pop", "punk", "reggae", "rock", "soul")
    ),
    "drummer": tuple(f"drummer{number}" for number in range(1, 11)),
    "type": ("beat", "fill"),
    "time_signature": ("3-4", "4-4", "5-4", "5-8", "6-8"),
}
HOW_TO_GET = (
    "Groove MIDI Dataset 1.0.0 (1,090 recordings, 10.8 hours; CC BY 4.0): unpack groove-v1.0.0.zip (5.1 GB, "
    "https://magenta.tensorflow.org/datasets/groove) and name its folder by --groove.folder=FOLDER; or let TensorFlow "
    "Datasets fetch it by --download (preparing it needs pydub, and pretty_midi for 2bar-16000hz), or name where it "
    "did by --groove.data_dir."
)
_TABLE = "info.csv"
_COLUMNS = {"style": "style", "drummer": "drummer", "type": "beat_type", "time_signature": "time_signature"}
_AUDIO, _SPLIT = "audio_filename", "split"
_SPLITS = {"train": "train", "valid": "validation", "test": "test"}
_PATHS = {
    "style": ("style", "primary"),
    "drummer": ("drummer",),
    "type": ("type",),
    "time_signature": ("time_signature",),
}


class Groove(DatasetInForms):
    """The Groove MIDI Dataset; labels `style`, `drummer`, `type` (beat or fill) and `time_signature`.

    It is found in its original layout, info.csv beside drummer1 to drummer10, or as TensorFlow Datasets prepared it.
    The style is the first of those that a performance has, rock of rock/halftime. The splits are the set's own.
    Performances that were not recorded are left out.

    Args:
        sample_rate: Hertz; the recordings are resampled.
        length_samples: Length of a clip.
        num_channels: 1 mixes all channels, 2 keeps stereo, which TensorFlow Datasets' form does not have.
        download: Let TensorFlow Datasets download and prepare the set if it is not there.
        folder: The folder of info.csv, or the one above it; empty takes TensorFlow Datasets' form.
        data_dir: Where TensorFlow Datasets keeps its data sets; empty is its own default.
        variant: Of TensorFlow Datasets' form: whole performances, or pieces of two bars that overlap by one.
        length_policy: "slices" cuts a recording into clips one after another, "pad_or_cut" takes its start; "auto"
            slices performances and takes the start of pieces of two bars.
        min_seconds: Shorter recordings, and shorter ends of sliced ones, are left out.
        max_clips_per_file: The most clips that "slices" takes from the start of a recording; 0 for all.

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
        variant: Literal["full-16000hz", "2bar-16000hz"] = "full-16000hz",
        length_policy: Literal["auto", "slices", "pad_or_cut"] = "auto",
        min_seconds: float = 0.5,
        max_clips_per_file: int = 0,
    ):
        pieces = variant.startswith("2bar")
        if pieces and folder:
            raise UserError(
                f"--groove.variant={variant} is cut by TensorFlow Datasets; --groove.folder={folder} holds whole "
                "performances. Leave one of the two out."
            )
        if length_policy == "auto":
            length_policy = "pad_or_cut" if pieces else "slices"
        cutting = Cutting(
            sample_rate, length_samples, num_channels, length_policy, min_seconds, max_clips_per_file
        )
        if folder:
            expected = f"the folder of {_TABLE}, as groove-v1.0.0.zip unpacks it"
            below = ("groove", "groove-v1.0.0", "groove-v1.0.0/groove")
            root = root_of(folder, "groove.folder", below, lambda path: (path / _TABLE).is_file(), expected)
            super().__init__(RecordingSet("groove", folder, _listing(root), cutting, classes=LABELS))
        else:
            reader = TfdsReader(
                f"groove/{variant}", data_dir, download, label_paths=_PATHS, how_to_get=HOW_TO_GET
            )
            super().__init__(ExampleSet("groove", reader, cutting, _SPLITS, labels=LABELS))


def _listing(root):
    """Returns the recordings that info.csv names."""
    table = root / _TABLE
    recordings, unusable, num_absent = [], {}, 0
    for number, row in _read_table(table):
        classes = {label: row[column] for label, column in _COLUMNS.items()}
        classes["style"] = classes["style"].partition("/")[0]
        for label, known in LABELS.items():
            if classes[label] not in known:
                raise UserError(
                    f"{table}, line {number}: the {label} is one of {listed(known)}. "
                    f"Received: {classes[label]!r}.{suggestion(classes[label], known)}"
                )
        splits = {theirs: ours for ours, theirs in _SPLITS.items()}
        if row[_SPLIT] not in splits:
            raise UserError(
                f"{table}, line {number}: the split is one of {', '.join(splits)}. Received: {row[_SPLIT]!r}."
            )
        name = row[_AUDIO]
        if not name:
            unusable[row["id"]] = "was not recorded, there is only its MIDI"
        elif not (root / name).is_file():
            unusable[name] = f"does not exist, but {_TABLE} names it"
            num_absent += 1
        else:
            recordings.append(Recording(name, str(root / name), tuple(classes.values()), splits[row[_SPLIT]]))
    if not recordings:
        raise UserError(
            f"{root} has no audio: none of the {num_absent} recordings that {_TABLE} names is there. The audio is in "
            "the full archive, groove-v1.0.0.zip (5.1 GB), not in the MIDI-only one."
        )
    recordings.sort(key=lambda recording: recording.name)
    source = f"labels and splits from {_TABLE}"
    return Listing(tuple(_COLUMNS), recordings, source, unusable, drawn_splits=False)


def _read_table(table: Path):
    """Returns [(line number, {column: cell})] of info.csv."""
    needed = {*_COLUMNS.values(), "id", _AUDIO, _SPLIT}
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            lines = [(reader.line_num, {key: cell for key, cell in row.items() if key}) for row in reader]
            missing = sorted(needed - set(reader.fieldnames or ()))
    except OSError as error:
        raise UserError(f"{table} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} is no table of comma-separated values: {error}.") from error
    if missing:
        raise UserError(f"{table} lacks the columns {', '.join(missing)}. Take the one of groove-v1.0.0.zip.")
    return lines
