"""GTZAN: thousand half-minute recordings of ten genres of music."""

import dataclasses
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

from gansynth_tf.data.cutting import Cutting, LengthPolicy
from gansynth_tf.data.example_set import ExampleSet
from gansynth_tf.data.folder_listing import Listing, Recording, check_shares, split_of
from gansynth_tf.data.forms import DatasetInForms
from gansynth_tf.data.gtzan_faults import IN_TWO_GENRES, REPETITIONS
from gansynth_tf.data.labels import suggestion
from gansynth_tf.data.original_layout import audio_files, read_list, root_of, sub_folders
from gansynth_tf.data.recording_set import RecordingSet
from gansynth_tf.data.tfds_reader import TfdsReader
from gansynth_tf.options import UserError

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
HOW_TO_GET = (
    "GTZAN (1,000 recordings, 1.2 GB; commercial music, no licence was ever given) is fetched by nobody any more: its "
    "authors' site has gone, and with it the download of TensorFlow Datasets. Take a copy from where others keep one "
    "(genres.tar.gz, or genres_original on Kaggle), unpack it and name it by --gtzan.folder=FOLDER."
)
_LISTS = {split: f"{split}_filtered.txt" for split in ("train", "valid", "test")}
_EXCERPT = re.compile(r"([a-z]+)\.[0-9]{5}")
_FILE = "file"


class Gtzan(DatasetInForms):
    """GTZAN, recordings of 30 s at 22,050 Hz, 100 of each of ten genres; label `genre`.

    It is found in its original layout, genres/<genre>/<genre>.00042.au or .wav, or as TensorFlow Datasets prepared
    it. It has no splits of its own. Exact repetitions are left out: those found by their content, and those that are
    known by their numbers (Sturm, 2013); so is the one excerpt that lies in two genres. Damaged files, as
    jazz.00054.wav in one copy that is in circulation, are left out and named in the report.

    Args:
        sample_rate: Hertz; the recordings are resampled.
        length_samples: Length of a clip.
        num_channels: 1 mixes all channels, 2 keeps stereo; GTZAN is mono.
        download: There is nothing left to download.
        folder: The folder genres or genres_original, or the one above it; empty takes TensorFlow Datasets' form.
        data_dir: Where TensorFlow Datasets keeps its data sets; empty is its own default.
        splits: "drawn" draws them by recording, in both forms alike. "fault_filtered" takes the lists
            train_filtered.txt, valid_filtered.txt and test_filtered.txt of Kereliuk, Sturm and Larsen (2015), which
            share no artist, from folder or data_dir.
        length_policy: "slices" cuts a recording into clips one after another, "pad_or_cut" takes its start.
        min_seconds: Shorter recordings, and shorter ends of sliced ones, are left out; 0 is the length of a clip,
            so that none is padded.
        max_clips_per_file: The most clips that "slices" takes from the start of a recording; 0 for all.
        duplicates: Repeated recordings: "drop" all but the first, or "keep" them, the known ones in one split.
        valid_fraction: Part of the recordings that becomes the validation split, where splits are drawn.
        test_fraction: Part of the recordings that becomes the test split, where splits are drawn.
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
        splits: Literal["drawn", "fault_filtered"] = "drawn",
        length_policy: LengthPolicy = "slices",
        min_seconds: float = 0.0,
        max_clips_per_file: int = 0,
        duplicates: Literal["drop", "keep"] = "drop",
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
    ):
        # A clip's length in samples need not be a whole number of the recording's own; half a sample is no fault.
        least_seconds = min_seconds or (length_samples - 0.5) / sample_rate
        cutting = Cutting(
            sample_rate, length_samples, num_channels, length_policy, least_seconds, max_clips_per_file
        )
        shares = check_shares(valid_fraction, test_fraction, seed)
        root = _genres_folder(folder) if folder else None
        lists = None
        if splits == "fault_filtered":
            near = [root, root.parent] if root else [Path(data_dir)] if data_dir else []
            lists = _split_lists(near)
        if root:
            listing = _listing(root, _Excerpts(lists, duplicates == "drop", shares, seed))
            classes = {"genre": GENRES}
            form = RecordingSet("gtzan", folder, listing, cutting, duplicates=duplicates, classes=classes)
        else:
            paths = {"genre": ("label",), _FILE: ("audio/filename",)}
            reader = TfdsReader("gtzan", data_dir, label_paths=paths, how_to_get=HOW_TO_GET)
            excerpts = _Excerpts(lists, duplicates == "drop", shares, seed)
            form = ExampleSet(
                "gtzan",
                reader,
                cutting,
                {"train": "train"},
                division=excerpts.split_of_example,
                divided_by=excerpts.source,
                named_by=_FILE,
                faults=excerpts.fault_of_example,
                duplicates=duplicates,
            )
        super().__init__(form)


@dataclasses.dataclass(frozen=True)
class _Excerpts:
    """What is known of an excerpt by its name, as "jazz.00042".

    Args:
        lists: {excerpt: split} of given lists; None draws the splits.
        drop: Whether known repetitions are left out; lists have seen to that themselves.
        shares: Parts for the validation and the test split, where they are drawn.
        seed: Of that division.
    """

    lists: Mapping[str, str] | None
    drop: bool
    shares: tuple[float, float]
    seed: int

    @property
    def source(self) -> str:
        """Where the splits come from, for people."""
        return "splits are drawn by recording" if self.lists is None else "the fault-filtered splits"

    def split(self, excerpt: str) -> str:
        """Returns the split of an excerpt; its repetitions have the same."""
        if self.lists is not None:
            return self.lists[excerpt]
        return split_of(_FIRST_OF.get(excerpt, excerpt), self.shares, self.seed)

    def fault(self, excerpt: str, present: Collection[str] | None = None) -> str | None:
        """Returns why an excerpt is left out, or None; `present` are the excerpts that there are, None is all."""
        if self.lists is not None:
            return None if excerpt in self.lists else "is in none of the fault-filtered lists"
        if not self.drop:
            return None
        if excerpt in IN_TWO_GENRES and all(present is None or one in present for one in IN_TWO_GENRES):
            (other,) = set(IN_TWO_GENRES) - {excerpt}
            return f"is known to be the same as {other}, of another genre"
        for group in REPETITIONS:
            first = next((one for one in group if present is None or one in present), excerpt)
            if excerpt in group and excerpt != first:
                return f"is known to be the same as {first}"
        return None

    def split_of_example(self, classes: Mapping[str, str]) -> str:
        """Returns the split of an example of TensorFlow Datasets."""
        return self.split(Path(classes[_FILE]).stem)

    def fault_of_example(self, classes: Mapping[str, str]) -> str | None:
        """Returns why an example of TensorFlow Datasets is left out, or None."""
        return self.fault(Path(classes[_FILE]).stem)


_FIRST_OF = {excerpt: group[0] for group in (*REPETITIONS, IN_TWO_GENRES) for excerpt in group}


def _genres_folder(folder):
    """Returns the folder that holds one folder a genre."""
    expected = f"one folder a genre, as genres/blues/blues.00000.wav ({', '.join(GENRES)})"
    below = ("genres", "genres_original", "*/genres", "*/genres_original")
    return root_of(
        folder, "gtzan.folder", below, lambda path: bool(set(sub_folders(path)) & set(GENRES)), expected
    )


def _listing(root, excerpts):
    """Returns the recordings in the folder of genres."""
    unusable, paths = {}, {}
    for genre in sub_folders(root):
        names = audio_files(root / genre)
        if names and genre not in GENRES:
            raise UserError(
                f"{root / genre}: {genre!r} is no genre of GTZAN, which has {', '.join(GENRES)}."
                f"{suggestion(genre, GENRES)} For recordings of your own choose --dataset=audio_folder."
            )
        for name in names:
            excerpt = Path(name).stem
            match = _EXCERPT.fullmatch(excerpt)
            if not match or match[1] != genre:
                unusable[f"{genre}/{name}"] = f"is not named as a recording of {genre}"
            elif excerpt in paths:
                unusable[f"{genre}/{name}"] = f"is the same excerpt as {paths[excerpt].name}"
            else:
                paths[excerpt] = root / genre / name
    recordings = []
    for excerpt, path in sorted(paths.items()):
        name, fault = f"{path.parent.name}/{path.name}", excerpts.fault(excerpt, paths)
        if fault:
            unusable[name] = fault
        else:
            recordings.append(Recording(name, str(path), (path.parent.name,), excerpts.split(excerpt)))
    for excerpt, split in (excerpts.lists or {}).items():
        if excerpt not in paths:
            unusable[excerpt] = f"does not exist, but {_LISTS[split]} names it"
    if not recordings:
        reasons = "".join(f" {name} {reason}." for name, reason in list(unusable.items())[:3])
        raise UserError(f"{root} holds no recording of GTZAN, as blues/blues.00000.wav.{reasons}")
    drawn = excerpts.lists is None
    return Listing(("genre",), recordings, excerpts.source, unusable, drawn_splits=drawn)


def _split_lists(folders):
    """Returns {excerpt: split} of the fault-filtered lists, which lie in one of the folders."""
    folder = next(
        (folder for folder in folders if all((folder / n).is_file() for n in _LISTS.values())), None
    )
    if folder is None:
        where = " or ".join(map(str, folders)) or "the folder that --gtzan.data_dir names"
        raise UserError(
            f"--gtzan.splits=fault_filtered needs the three lists {', '.join(_LISTS.values())} in {where}; they are "
            "published with Kereliuk, Sturm and Larsen, Deep learning and music adversaries, 2015."
        )
    split_of_excerpt: dict[str, str] = {}
    for split, name in _LISTS.items():
        for line in read_list(folder / name):
            excerpt = Path(line).stem
            match = _EXCERPT.fullmatch(excerpt)
            if not match or match[1] not in GENRES:
                raise UserError(
                    f"{folder / name}: expected lines as jazz/jazz.00042.wav. Received: {line!r}."
                )
            if split_of_excerpt.setdefault(excerpt, split) != split:
                raise UserError(
                    f"{folder / name}: {excerpt} is also in {_LISTS[split_of_excerpt[excerpt]]}. "
                    "An excerpt belongs to one split."
                )
    return split_of_excerpt
