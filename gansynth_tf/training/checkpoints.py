"""Saves of a run that survive a kill and a full disk."""

import json
import pathlib
import re
import zipfile
import zlib

import numpy as np

from gansynth_tf.whole_file import force_to_disk, whole_file

METADATA = "metadata"
_NAME = re.compile(r"images-(\d{9,})\.npz")
_PARTIAL = ".partial"


class CheckpointStore:
    """The saves of a run: one uncompressed .npz for each saved count of images.

    A save is complete or absent: it is written beside its final name, forced to the disk and renamed. Older saves go
    only after the new one was read back.

    Args:
        directory: Folder of the saves; made with the first one.
        keep: Number of newest saves that stay.
        keep_images: Of the older saves, the first after each so many images stays as well; 0 for none.

    Attributes:
        notes: What `latest` skipped and why, a list of lines for the user.

    Raises:
        ValueError: If `keep` is less than 1 or `keep_images` is negative.
    """

    def __init__(self, directory, *, keep=3, keep_images=0):
        if keep < 1:
            raise ValueError(
                f"`keep` must be at least 1, since the last save must stay. Received: keep={keep}."
            )
        if keep_images < 0:
            raise ValueError(f"`keep_images` must not be negative. Received: keep_images={keep_images}.")
        self.directory = pathlib.Path(directory)
        self.keep = keep
        self.keep_images = keep_images
        self.notes = []

    def save(self, num_images, arrays, metadata):
        """Writes a save and removes the ones that are too old.

        Args:
            num_images: Images that training has seen; names the file.
            arrays: dict of names, which may hold slashes, to arrays of numbers.
            metadata: dict that JSON can hold.

        Returns:
            The path of the save.

        Raises:
            ValueError: If an array or the metadata cannot be saved and read back as they are.
            OSError: If the disk is full or fails; what was saved before stays, and nothing else is left behind.
        """
        members = _members(arrays, metadata)
        path = self.directory / f"images-{num_images:09d}.npz"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            for leftover in self.directory.glob(f"images-*{_PARTIAL}"):
                leftover.unlink()
            with whole_file(path, part=path.with_name(path.name + _PARTIAL)) as file:
                _write(file, members)
            force_to_disk(self.directory)
        except OSError as error:
            reason = f"The save after {num_images} images was not written: {error.strerror or error}"
            raise OSError(error.errno, reason, str(self.directory)) from error
        self._prune(num_images, path)
        return path

    def latest(self):
        """Returns the path of the newest save that can be read to its end, or None; see also `notes`."""
        self.notes = []
        for _, path in reversed(self._saves()):
            damage = _damage(path)
            if not damage:
                return path
            self.notes.append(f"{path} is damaged and was skipped: {damage}.")
        return None

    def load(self, path):
        """Returns (arrays, metadata) of a save, as they were given to `save`.

        Raises:
            ValueError: If the file is damaged or no save.
            OSError: If it cannot be read.
        """
        damage = _damage(path)
        if damage:
            raise ValueError(f"{path} is no save that can be read: {damage}.")
        with np.load(path, allow_pickle=False) as members:
            metadata = json.loads(members[METADATA].tobytes().decode("utf-8"))
            return {name: members[name] for name in members.files if name != METADATA}, metadata

    def saves(self):
        """Returns {images: path} of all saves, oldest first; whether they can be read is not looked at."""
        return dict(self._saves())

    def _saves(self):
        """Returns (images, path) of all saves, oldest first."""
        found = [(_NAME.fullmatch(path.name), path) for path in self.directory.glob("images-*.npz")]
        return sorted((int(match.group(1)), path) for match, path in found if match)

    def _prune(self, num_images, path):
        """Removes old saves, if the newest at `path` can be read.

        Saves of more images are damaged ones that the run went back behind: they neither count nor go.
        """
        if _damage(path):
            return
        past = [(images, old) for images, old in self._saves() if images <= num_images]
        marked = self._marked(images for images, _ in past)
        for images, old in past[: -self.keep]:
            if images not in marked:
                old.unlink(missing_ok=True)

    def _marked(self, counts):
        """Returns those of increasing counts of images that are the first after a multiple of `keep_images`."""
        if not self.keep_images:
            return set()
        first = {}
        for images in counts:
            first.setdefault(images // self.keep_images, images)
        return {images for multiple, images in first.items() if multiple}


def _members(arrays, metadata):
    """Returns the arrays of the file by name, the metadata among them as bytes of JSON."""
    if METADATA in arrays:
        raise ValueError(f"No array may be called {METADATA!r}: the name is taken.")
    members = {name: np.asarray(array) for name, array in arrays.items()}
    strange = [
        f"{name} ({array.dtype})" for name, array in members.items() if array.dtype.kind not in "biufc"
    ]
    if strange:
        raise ValueError(f"Arrays of a save must hold plain numbers. Received: {', '.join(strange)}.")
    try:
        text = json.dumps(metadata, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"`metadata` must be what JSON can hold: {error}.") from error
    members[METADATA] = np.frombuffer(text.encode("utf-8"), np.uint8)
    return members


def _write(file, members):
    """Writes what np.savez would write, without a place for pickles."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _damage(path):
    """Returns what is wrong with a save, read to its end, or None."""
    try:
        with zipfile.ZipFile(path) as archive:
            if f"{METADATA}.npy" not in archive.namelist():
                return "it holds no metadata"
            broken = archive.testzip()
            return f"{broken} does not match its checksum" if broken else None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return str(error) or "it ends too early"
