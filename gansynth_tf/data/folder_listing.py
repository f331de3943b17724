"""What a folder of recordings says of itself: its files, their labels and splits, before any audio is read."""

import csv
import dataclasses
import hashlib
import os
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from gansynth_tf.audio.files import FORMATS
from gansynth_tf.data.labels import listed
from gansynth_tf.options import UserError

TABLE_NAME = "labels.csv"
SPLITS = ("train", "valid", "test")
_PATH_COLUMNS = ("path", "file", "filename", "file_name", "filepath", "file_path", "audio")
_SPLIT_COLUMN = "split"
_SPLIT_NAMES = {
    **{name: "train" for name in ("train", "training")},
    **{name: "valid" for name in ("valid", "validation", "val", "dev")},
    **{name: "test" for name in ("test", "testing", "eval", "evaluation")},
}
_JUNK_FOLDERS = ("__MACOSX",)


@dataclasses.dataclass(frozen=True)
class Recording:
    """One file.

    Args:
        name: Path relative to the folder, with slashes, as its users see it.
        path: Path on disk.
        classes: The class of each label, "" where it has none.
        split: One of SPLITS.
    """

    name: str
    path: str
    classes: tuple[str, ...]
    split: str


@dataclasses.dataclass
class Listing:
    """A folder's recordings.

    Args:
        label_names: Names of the labels.
        recordings: In the order of their names.
        source: One line: where labels and splits come from.
        unusable: {name: reason} of what was named, but cannot be used.
        num_other_files: Visible files that are no audio by their names.
        num_unlisted: Audio files that the table does not name.
        drawn_splits: Whether the splits are a matter of chance, not of the set.
    """

    label_names: tuple[str, ...]
    recordings: list[Recording]
    source: str
    unusable: dict[str, str]
    num_other_files: int = 0
    num_unlisted: int = 0
    drawn_splits: bool = True

    @property
    def notes(self) -> list[str]:
        """Lines for people about files that are not used."""
        lines = []
        if self.num_other_files:
            lines.append(f"{self.num_other_files} other files are no audio by their names.")
        if self.num_unlisted:
            lines.append(f"{self.num_unlisted} audio files are not used: {TABLE_NAME} does not name them.")
        return lines


def list_folder(
    folder: str | os.PathLike,
    shares: tuple[float, float],
    seed: int,
    is_left_out: Callable[[Path], bool] = lambda folder: False,
) -> Listing:
    """Returns the recordings of a folder, by labels.csv if it has one, else by its sub-folders.

    Args:
        folder: The folder.
        shares: Parts of the files for the validation and the test split, where the table names no splits.
        seed: Of that division.
        is_left_out: Takes a folder below, and says whether nothing of it counts.

    Raises:
        UserError: If the folder cannot be read, holds no audio file, or its table is wrong.
    """
    root = Path(folder)
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise UserError(f"The folder {str(root)!r} {what}. Name the folder that holds the recordings.")
    unusable: dict[str, str] = {}
    try:
        os.listdir(root)
    except OSError as error:
        raise UserError(f"The folder {str(root)!r} cannot be read: {error.strerror}.") from error
    found, num_others = {}, 0
    # Of two names that differ in the spelling of an accent only the composed one comes first, and has the name.
    by_path = sorted(_files(root, unusable, is_left_out), key=lambda file: file[1], reverse=True)
    for name, path in sorted(by_path, key=lambda file: file[0]):
        if name in found:
            name = Path(path).relative_to(root).as_posix()
        if Path(name).suffix.lower() in FORMATS:
            found[name] = path
        elif name != TABLE_NAME:
            num_others += 1
    table = root / TABLE_NAME
    listing = (
        _from_table(table, root, found, shares, seed)
        if table.is_file()
        else _from_folders(found, shares, seed)
    )
    listing.unusable = unusable | listing.unusable
    listing.num_other_files = num_others
    if not listing.recordings:
        others = f" ({num_others} files of other kinds)" if num_others else ""
        raise UserError(
            f"The folder {str(root)!r} holds no recording that could be used{others}. Expected files ending in "
            f"{', '.join(FORMATS)}, in one folder a class, or named in {TABLE_NAME}."
            + "".join(f" {shown(name)} {reason}." for name, reason in list(listing.unusable.items())[:3])
        )
    return listing


def check_shares(valid_fraction: float, test_fraction: float, seed: int) -> tuple[float, float]:
    """Returns the two parts of a set that are kept from training.

    Raises:
        ValueError: If they are negative or leave nothing to train on, or the seed is negative.
    """
    if min(valid_fraction, test_fraction, seed) < 0 or valid_fraction + test_fraction >= 1:
        raise ValueError(
            "`valid_fraction`, `test_fraction` and `seed` must not be negative, and the two parts must leave "
            f"recordings to train on. Received: {valid_fraction}, {test_fraction}, {seed}."
        )
    return valid_fraction, test_fraction


def split_of(name: str, shares: tuple[float, float], seed: int) -> str:
    """Returns the split of a file: a function of its name and the seed, whatever other files there are."""
    digest = hashlib.blake2b(f"{seed}:{name}".encode("utf-8", "surrogateescape"), digest_size=8).digest()
    position = int.from_bytes(digest, "big") / 2**64
    valid_share, test_share = shares
    if position < test_share:
        return "test"
    return "valid" if position < test_share + valid_share else "train"


def shown(name: str) -> str:
    """Returns a file's name fit for one line of text, whatever characters it holds."""
    return (
        name.encode("unicode_escape", "surrogateescape").decode("ascii") if not name.isprintable() else name
    )


def _files(
    root: Path, unusable: dict[str, str], is_left_out: Callable[[Path], bool]
) -> Iterator[tuple[str, str]]:
    """Yields (name, path) of all visible files; follows links, but into no folder twice."""
    seen = set()

    def refuse(error):
        unusable[_name(error.filename, root)] = f"cannot be opened: {error.strerror}"

    for directory, folders, files in os.walk(root, onerror=refuse, followlinks=True):
        status = os.stat(directory)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(
            name
            for name in folders
            if not (name.startswith(".") or name in _JUNK_FOLDERS or is_left_out(Path(directory, name)))
        )
        for name in files:
            if not name.startswith("."):
                path = os.path.join(directory, name)
                yield _name(path, root), path


def _name(path, root):
    """Returns a path relative to the root, with slashes, in one spelling of accents."""
    return unicodedata.normalize("NFC", Path(path).relative_to(root).as_posix())


def _from_folders(found, shares, seed):
    """Returns the listing of genre/file and genre/subgenre/file."""
    recordings = []
    for name, path in found.items():
        folders = name.split("/")[:-1]
        genre = folders[0] if folders else ""
        subgenre = "/".join(folders[:2]) if len(folders) > 1 else ""
        recordings.append(Recording(name, path, (genre, subgenre), split_of(name, shares, seed)))
    depth = max((sum(map(bool, recording.classes)) for recording in recordings), default=0)
    recordings = [dataclasses.replace(one, classes=one.classes[:depth]) for one in recordings]
    source = (
        "no labels, since the files lie in no sub-folders",
        "genre is the folder",
        "genre is the folder, subgenre the folder below it",
    )
    labels = ("genre", "subgenre")[:depth]
    return Listing(labels, recordings, f"{source[depth]}; splits are drawn by file", {})


def _from_table(table, root, found, shares, seed):
    """Returns the listing of a labels.csv."""
    header, lines = _read_table(table)
    path_column = next((i for i, name in enumerate(header) if name.lower() in _PATH_COLUMNS), 0)
    split_column = next((i for i, name in enumerate(header) if name.lower() == _SPLIT_COLUMN), None)
    label_columns = [i for i in range(len(header)) if i not in (path_column, split_column)]
    recordings: dict[str, Recording] = {}
    unusable = {}
    for number, cells in lines:
        name = unicodedata.normalize("NFC", os.path.normpath(cells[path_column]).replace(os.sep, "/"))
        where = f"{table}, line {number}"
        if name in recordings:
            raise UserError(f"{where}: {shown(name)} is named twice. Give each file one line.")
        if name not in found:
            unusable[name] = _why_missing(cells[path_column], root)
            continue
        split = split_of(name, shares, seed)
        if split_column is not None:
            split = _SPLIT_NAMES.get(cells[split_column].lower(), "")
            if not split:
                raise UserError(
                    f"{where}: the split is one of {', '.join(SPLITS)}. Received: {cells[split_column]!r}."
                )
        classes = tuple(cells[i] for i in label_columns)
        recordings[name] = Recording(name, found[name], classes, split)
    given = "its own splits" if split_column is not None else "splits are drawn by file"
    return Listing(
        tuple(header[i] for i in label_columns),
        [recordings[name] for name in sorted(recordings)],
        f"labels from {TABLE_NAME}, {given}",
        unusable,
        num_unlisted=len(found.keys() - recordings.keys()),
        drawn_splits=split_column is None,
    )


def _read_table(table):
    """Returns (header, [(line number, cells)]) of a labels.csv."""
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(",;\t", key=first.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except OSError as error:
        raise UserError(f"{table} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{table} is not UTF-8 text ({error.reason}). Save it as UTF-8.") from error
    except csv.Error as error:
        raise UserError(f"{table} is no table of comma-separated values: {error}.") from error
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if len(lines) == 1 and len(lines[0][1]) > 1:
        raise UserError(f"{table} names no file: it has a first line only. Add one line a file.")
    header = lines[0][1] if lines else []
    if len(header) < 2 or "" in header or len(set(header)) < len(header):
        raise UserError(
            f"{table}: the first line names the columns: path, then one name a label, no name twice. "
            f"Received: {listed(header) or 'nothing'}."
        )
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            raise UserError(f"{table}, line {number}: expected {len(header)} cells. Received: {len(cells)}.")
    return header, lines[1:]


def _why_missing(cell, root):
    """Returns why a path of the table leads to no recording."""
    path = Path(cell)
    if path.is_absolute():
        return f"is an absolute path; {TABLE_NAME} names files by their path inside the folder"
    if ".." in path.parts:
        return f"lies outside the folder; {TABLE_NAME} names files by their path inside it"
    try:
        exists = (root / path).exists()
    except OSError as error:
        return f"cannot be looked for: {error.strerror}"
    if not exists:
        hint = " (folders are written with /, not with \\)" if "\\" in cell else ""
        return f"does not exist, but {TABLE_NAME} names it{hint}"
    if path.suffix.lower() not in FORMATS:
        return f"is named in {TABLE_NAME}, but is no audio file by its name"
    return f"is named in {TABLE_NAME}, but is hidden"
