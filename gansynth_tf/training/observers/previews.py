"""Sounds and pictures of a run, one folder a preview: `samples/images-000012800/`."""

import pathlib
import re
import shutil

import numpy as np

from gansynth_tf.audio import files, pictures
from gansynth_tf.training.observers.clips import clips_by_class

CONTACT_SHEET = "contact_sheet.png"
_MAX_COLUMNS = 8
_MAX_ROWS = 4
_PARTIAL = ".partial"


class Previews:
    """Observer that writes a wav and a picture of each class, and a contact sheet of more clips.

    A folder is complete or absent. Folders stay when a run goes on from an earlier save: they are sounds that it
    made, and a later preview after the same images takes their place.

    Args:
        directory: The folder of all previews.
        sample_rate: In hertz.
        class_names: Names of the classes of the first label; empty without labels.
    """

    def __init__(self, directory, sample_rate, class_names):
        self._directory = pathlib.Path(directory)
        self._sample_rate = sample_rate
        self._class_names = tuple(class_names)

    def on_log(self, num_images, scalars):
        """Writes nothing: numbers are no clips."""

    def on_preview(self, num_images, audio, rows, data):
        """Writes the folder of one preview."""
        groups = clips_by_class(rows, self._class_names)
        if not groups:
            return
        folder = self._directory / f"images-{num_images:09d}"
        partial = folder.with_name(folder.name + _PARTIAL)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for (name, members), stem in zip(groups.items(), file_stems(groups), strict=True):
            clip = audio[members[0]]
            _write_wav(partial / f"{stem}.wav", clip, self._sample_rate)
            title = f"{name}, after {num_images:,} images"
            pictures.save_spectrogram(partial / f"{stem}.png", clip, self._sample_rate, title)
        self._save_sheet(partial / CONTACT_SHEET, audio, groups)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)

    def on_save(self, num_images):
        """Does nothing."""

    def on_resume(self, num_images):
        """Removes a folder that a kill left half-written."""
        for partial in self._directory.glob(f"images-*{_PARTIAL}"):
            shutil.rmtree(partial, ignore_errors=True)

    def close(self):
        """Does nothing."""

    def _save_sheet(self, path, audio, groups):
        """Draws a column a class; where there are too many for that, one clip a class; without labels, a square."""
        if len(groups) == 1:
            (members,) = groups.values()
            order, columns = members[: _MAX_ROWS**2], None
        elif len(groups) > _MAX_COLUMNS:
            order, columns = [members[0] for members in groups.values()], _MAX_COLUMNS
        else:
            depth = min(_MAX_ROWS, *(len(members) for members in groups.values()))
            order = [members[row] for row in range(depth) for members in groups.values()]
            columns = len(groups)
        titles = list(groups)[: len(order)]
        titles += [""] * (len(order) - len(titles))
        pictures.save_contact_sheet(
            path, audio[np.asarray(order)], titles, self._sample_rate, num_columns=columns
        )


def file_stems(names):
    """Returns a file name for each of `names`, in order: plain characters only, no two the same.

    Args:
        names: Class names, any text.
    """
    stems, taken = [], set()
    for name in names:
        plain = re.sub(r"[^\w.+#-]+", "-", name).strip("-.") or "class"
        stem, number = plain, 2
        while stem.casefold() in taken:
            stem, number = f"{plain}-{number}", number + 1
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


def _write_wav(path, clip, sample_rate):
    """Writes one clip as a 16-bit wav; one louder than full scale is made just as loud as that."""
    clip = np.nan_to_num(clip, nan=0.0, posinf=0.0, neginf=0.0)
    files.write(path, clip / max(1.0, float(np.max(np.abs(clip)))), sample_rate)
