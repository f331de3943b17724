"""NSynth: four-second notes of a thousand instruments, from files on disk or TensorFlow Datasets."""

import dataclasses
import importlib.util
import os
from pathlib import Path
from typing import Literal

from gansynth_tf.data import nsynth_folder
from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.example_set import ExampleSet
from gansynth_tf.data.folder_listing import SPLITS, check_shares
from gansynth_tf.data.forms import DatasetInForms
from gansynth_tf.data.labels import listed
from gansynth_tf.data.missing import RecordingsMissing
from gansynth_tf.data.nsynth_notes import (
    QUALITIES,
    SPLIT_TABLE,
    InstrumentDivision,
    NoteFilter,
    SplitTable,
)
from gansynth_tf.data.nsynth_records import NoteRecords
from gansynth_tf.data.recording_set import RecordingSet
from gansynth_tf.data.tfds_reader import TfdsReader
from gansynth_tf.options import UserError

TFDS_BUILDERS = {"own": "nsynth/full", "gansynth": "nsynth/gansynth_subset"}
# Any version with the same examples, so that one that was prepared years ago is found.
_TFDS_VERSION = ":2.3.*"
_TFDS_PATHS = {
    "note": ("id",),
    "pitch": ("pitch",),
    "instrument_family": ("instrument", "family"),
    "instrument_source": ("instrument", "source"),
    "velocity": ("velocity",),
    **{f"quality_{name}": ("qualities", name) for name in QUALITIES},
}
_TFDS_NEEDS = {"apache_beam": "apache-beam", "google_crc32c": "google-crc32c"}
_HOW_TO_GET = (
    "NSynth (305,979 notes, CC BY 4.0) is at https://magenta.tensorflow.org/datasets/nsynth: as json/wav, 25 GB "
    "to download and 39 GB unpacked (nsynth-test alone, 4,096 notes, is 0.5 GB unpacked), or as TFRecords, 78 GB. "
    "Unpack it and name the folder by --nsynth.folder=FOLDER."
)
_ARCHIVES = (".tar", ".tar.gz", ".tgz")


class NSynth(DatasetInForms):
    """NSynth, notes of 4 s at 16 kHz. Its labels are pitch, instrument_family, instrument_source, velocity, and
    quality_<name> (no or yes) for each of its ten qualities, the same whatever form it is in.

    The form is the first of these that is in `folder`: NSynth's json/wav folders (nsynth-train, nsynth-valid and
    nsynth-test, or the inside of one of them: examples.json and audio/), or its files nsynth-train.tfrecord,
    nsynth-valid.tfrecord and nsynth-test.tfrecord. Without a folder it is TensorFlow Datasets' nsynth/full, or
    nsynth/gansynth_subset.

    In NSynth's own splits no instrument of train is in valid or test. In the GANSynth paper's splits instruments are
    in several splits, exact notes are not: scores on held-out notes then say nothing of unheard instruments. A single
    split on its own is divided so that no instrument is in two splits.

    The defaults are the paper's notes: acoustic, MIDI pitches 24 to 84. A note that no file holds, and a file that is
    broken or silent, is left out and named in the report.

    Args:
        sample_rate: Hertz; notes are resampled if it is not 16000.
        length_samples: Length of a clip: the start of a note, or all of it and silence.
        num_channels: 1; with 2 both sides are the same.
        download: Let TensorFlow Datasets fetch and build what it lacks; needs apache-beam. Nothing is fetched without.
        folder: Folder of NSynth's own files; empty looks in TensorFlow Datasets.
        data_dir: Folder of prepared data sets of TensorFlow Datasets; empty is its own. Not used with `folder`.
        splits: "own" are NSynth's. "gansynth" are the paper's, which leave out all notes that they do not name; a
            folder must hold nsynth-gansynth_splits.csv for it.
        sources: Sources to keep: acoustic, electronic, synthetic.
        families: Families to keep, as brass,flute; empty keeps all.
        lowest_pitch: Lowest MIDI pitch to keep.
        highest_pitch: Highest MIDI pitch to keep.
        lowest_velocity: Lowest velocity to keep; NSynth has 25, 50, 75, 100 and 127.
        highest_velocity: Highest velocity to keep.
        qualities: Qualities that a note must have, all of them, as bright,reverb.
        without_qualities: Qualities that a note must not have, as distortion.
        valid_fraction: Part of the instruments that becomes the validation split, where one split is divided.
        test_fraction: Part of the instruments that becomes the test split, where one split is divided.
        seed: Of that division.

    Raises:
        RecordingsMissing: If no folder is given, and TensorFlow Datasets has nothing either.
        UserError: If the folder holds nothing, a name is unknown, or no note is left.
        ValueError: If an option is out of range.

    Source: Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, ICML 2017.
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
        splits: Literal["own", "gansynth"] = "own",
        sources: tuple[str, ...] = ("acoustic",),
        families: tuple[str, ...] = (),
        lowest_pitch: int = 24,
        highest_pitch: int = 84,
        lowest_velocity: int = 0,
        highest_velocity: int = 127,
        qualities: tuple[str, ...] = (),
        without_qualities: tuple[str, ...] = (),
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
    ):
        cutting = Cutting(sample_rate, length_samples, num_channels)
        shares = check_shares(valid_fraction, test_fraction, seed)
        wanted = NoteFilter(
            sources,
            families,
            (lowest_pitch, highest_pitch),
            (lowest_velocity, highest_velocity),
            qualities,
            without_qualities,
        )
        if not folder:
            form = _from_tfds(TFDS_BUILDERS[splits], data_dir, download, cutting, wanted)
        else:
            root = _readable(folder)
            wavs, records = _wav_folders(root), _record_files(root)
            found = wavs or records
            if not found:
                raise UserError(_why_nothing(root))
            division: SplitTable | InstrumentDivision | None = None
            if splits == "gansynth":
                division = _split_table(root)
                wanted = dataclasses.replace(wanted, table=division)
            elif len(found) == 1:
                division = InstrumentDivision(shares, seed)
            form = (_from_wavs if wavs else _from_records)(root, found, cutting, wanted, division)
        super().__init__(form)


def _from_wavs(root, parts, cutting, wanted, division):
    """Returns NSynth of folders with examples.json and wavs."""
    listing = nsynth_folder.list_notes(root, parts, wanted, division)
    return RecordingSet("nsynth", str(root), listing, cutting, classes=wanted.labels)


def _from_records(root, files, cutting, wanted, division):
    """Returns NSynth of TFRecord files."""
    return ExampleSet(
        "nsynth",
        NoteRecords(root, files),
        cutting,
        {split: split for split in files},
        selection=wanted,
        labels=wanted.labels,
        division=division,
        divided_by=division.text if division else "",
        named_by="note",
    )


def _from_tfds(builder, data_dir, download, cutting, wanted):
    """Returns NSynth of TensorFlow Datasets."""
    how_to_get = (
        f"{_HOW_TO_GET} Or name the folder of prepared data sets of TensorFlow Datasets by --nsynth.data_dir, or let "
        "it fetch 73 GiB and build it by --download."
    )
    try:
        found = _reader(builder, data_dir, how_to_get=how_to_get)
    except UserError as error:
        if not download:
            text = str(error).replace(_TFDS_VERSION, "")
            raise RecordingsMissing(f"{text}{_other_splits(builder, data_dir)}", wanted.labels) from error
        _refuse_without_beam(builder)
        found = _reader(builder, data_dir, True)
    own_splits = {split: split for split in SPLITS}
    return ExampleSet(
        "nsynth", found, cutting, own_splits, selection=wanted, labels=wanted.labels, named_by="note"
    )


def _reader(builder, data_dir, download=False, how_to_get=""):
    """Returns the reader of a data set of TensorFlow Datasets."""
    name = f"{builder}{_TFDS_VERSION}"
    return TfdsReader(name, data_dir, download, label_paths=_TFDS_PATHS, how_to_get=how_to_get)


def _readable(folder):
    """Returns the folder, if it is one."""
    root = Path(folder)
    if not root.is_dir():
        what = (
            "is a file; name the folder that it is in" if root.exists() else f"does not exist. {_HOW_TO_GET}"
        )
        raise UserError(f"--nsynth.folder={folder} {what}".rstrip(".") + ".")
    try:
        os.listdir(root)
    except OSError as error:
        raise UserError(f"--nsynth.folder={folder} cannot be read: {error.strerror}.") from error
    return root


def _wav_folders(root):
    """Returns {split: folder with an examples.json}; a folder that is itself one counts as train."""
    if (root / nsynth_folder.NOTES_NAME).is_file():
        return {"train": root}
    parts = {split: root / f"nsynth-{split}" for split in SPLITS}
    return {split: part for split, part in parts.items() if (part / nsynth_folder.NOTES_NAME).is_file()}


def _record_files(root):
    """Returns {split: its TFRecord files}, whole or in shards, beside each other or each in a folder."""
    files = {}
    for split in SPLITS:
        name = f"nsynth-{split}"
        places = [*root.glob(f"{name}.tfrecord*"), *root.glob(f"{name}*/*tfrecord*")]
        files[split] = sorted(path for path in places if path.is_file() and not _is_archive(path))
    return {split: paths for split, paths in files.items() if paths}


def _is_archive(path):
    return path.name.endswith(_ARCHIVES)


def _split_table(root):
    """Returns the table of the paper's splits."""
    path = root / SPLIT_TABLE
    if not path.is_file():
        raise UserError(
            f"--nsynth.splits=gansynth needs the file {SPLIT_TABLE} in {str(root)!r}: get it (3 MB) where the archives "
            "of NSynth are, http://download.magenta.tensorflow.org/datasets/nsynth/."
        )
    return SplitTable(path)


def _why_nothing(root):
    """Returns why a folder does not hold NSynth, and what to do."""
    expected = (
        "Expected nsynth-train/, nsynth-valid/ and nsynth-test/ with examples.json and audio/ in each, the inside of "
        "one of them, or nsynth-train.tfrecord, nsynth-valid.tfrecord and nsynth-test.tfrecord."
    )
    archives = sorted(path.name for path in root.iterdir() if _is_archive(path) and "nsynth" in path.name)
    if archives:
        return (
            f"{str(root)!r} holds NSynth only packed: unpack {listed(archives)} by tar -xf FILE. {expected}"
        )
    if (root / "nsynth").is_dir():
        return (
            f"{str(root)!r} does not hold NSynth's own files. If it holds data sets of TensorFlow Datasets, name it "
            f"by --nsynth.data_dir instead of --nsynth.folder. {expected}"
        )
    return f"{str(root)!r} does not hold NSynth. {expected} {_HOW_TO_GET}"


def _other_splits(builder, data_dir):
    """Returns a hint if the other choice of splits is on disk."""
    for splits, other in TFDS_BUILDERS.items():
        if other != builder:
            try:
                _reader(other, data_dir)
            except UserError:
                continue
            return f" But {other} is there: choose it by --nsynth.splits={splits}."
    return ""


def _refuse_without_beam(builder):
    """Refuses to fetch what could not be built afterwards."""
    missing = [name for module, name in _TFDS_NEEDS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise UserError(
            f"To build {builder}, TensorFlow Datasets needs {' and '.join(missing)}: pip install {' '.join(missing)}. "
            f"It is simpler to read NSynth's own files. {_HOW_TO_GET}"
        )
