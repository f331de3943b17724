"""A folder of recordings that is evaluated."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gansynth_tf import __version__
from gansynth_tf.audio import files
from gansynth_tf.data.folder_listing import list_folder, shown
from gansynth_tf.data.labels import listed, suggestion
from gansynth_tf.data.recording_set import refuse_changed
from gansynth_tf.data.scan_memory import state_of_file
from gansynth_tf.evaluation.suite.evidence import LATENT_STREAM
from gansynth_tf.evaluation.suite.page_data import MEDIA
from gansynth_tf.evaluation.suite.rows import ROWS_NAME
from gansynth_tf.experiment import Experiment
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs.evaluated_clips import Clips

_BLOCK_FRAMES = 1 << 20
_NUM_NAMED = 5


class FolderSource:
    """A folder of recordings with labels.csv, as generate.py writes one; read as its data set's clips are.

    Args:
        audio_dir: The folder.
        experiment: Names the data set that the clips are compared with.

    Attributes:
        As those of `RunSource`; `steps` holds None alone.

    Raises:
        UserError: If the folder cannot be used.
    """

    representation = ""
    steps = (None,)
    notes: tuple[str, ...] = ()

    def __init__(self, audio_dir: str, experiment: Experiment):
        if experiment.num_channels != 1:
            raise UserError("The suite hears one channel. Leave out --channels=stereo.")
        listing = list_folder(audio_dir, (0.0, 0.0), 0, _is_of_a_page)
        self.name = Path(audio_dir).absolute().name
        self.experiment = experiment
        self.sample_rate, self.length_samples = experiment.sample_rate, experiment.length_samples
        self.num_clips = len(listing.recordings)
        self._folder, self._listing = audio_dir, listing
        self._rows = np.zeros([self.num_clips, 0], np.int64)
        self._states: dict[str, list] = {}

    def prepare(self, counted: Callable[[str, str], Any]) -> None:
        """Reads every recording to its end, so that one which cannot be used is told before any work.

        Args:
            counted: Given the name of the work and of what is counted, returns what is called with how many are done
                and their number.

        Raises:
            UserError: If any cannot be used; the first few are named.
        """
        unusable, recordings = dict(self._listing.unusable), self._listing.recordings
        progress = counted("Recordings to evaluate", "files")
        progress(0, len(recordings))
        for number, recording in enumerate(recordings, 1):
            # Before it is read: a change in between is then found when it is read again.
            self._states[recording.name] = (state_of_file(recording.path) or [])[:2]
            if reason := _fault(recording.path):
                unusable[recording.name] = reason
            progress(number, len(recordings))
        progress.close()
        if unusable:
            raise UserError(f"--audio_dir={self._folder}: {_named(unusable)}")

    def take_labels(self, labels: Mapping[str, tuple[str, ...]]) -> None:
        """Reads the clips' classes of labels {label: class names}; refuses a class that none of these is."""
        names = self._listing.label_names
        self.notes = tuple(
            f"--audio_dir={self._folder} tells nothing of the label {name}: there are no numbers of it."
            for name in labels
            if name not in names
        )
        self._rows = np.full([self.num_clips, len(labels)], -1, np.int64)
        for column, (name, classes) in enumerate(labels.items()):
            if name in names:
                self._rows[:, column] = self._numbers(name, tuple(classes))

    def facts(self, step: None, rows: np.ndarray, seed: int) -> dict[str, Any]:
        """Returns what the clips follow from: as many as there are `rows`, drawn by the seed."""
        digest = hashlib.sha256(repr((self.sample_rate, self.length_samples)).encode())
        for number in self._chosen(len(rows), seed):
            digest.update(hashlib.sha256(Path(self._listing.recordings[number].path).read_bytes()).digest())
        return {"files": digest.hexdigest()[:32], "version": __version__}

    def clips(self, step: None, rows: np.ndarray, seed: int) -> Clips:
        """Returns as many clips as there are `rows`; the labels are the folder's own."""
        chosen = self._chosen(len(rows), seed)

        def play(numbers):
            return np.stack([self._read(self._listing.recordings[chosen[number]]) for number in numbers])

        return Clips(None, self._rows[chosen], None, self.facts(step, rows, seed), play)

    def _chosen(self, num, seed):
        return np.sort(np.random.default_rng([seed, LATENT_STREAM]).permutation(self.num_clips)[:num])

    def _read(self, recording):
        try:
            audio = files.read_stretch(recording.path, 0, self.sample_rate, self.length_samples)
            refuse_changed(recording.path, self._states[recording.name])
        except files.AudioFileError as error:
            raise WorkFailed(
                f"--audio_dir={self._folder}: {shown(recording.name)} {error}. Start again when it stays as it is."
            ) from error
        return audio

    def _numbers(self, label, classes):
        """Returns the class number of each recording, -1 for none."""
        place, numbers = list(self._listing.label_names).index(label), []
        for recording in self._listing.recordings:
            class_name = recording.classes[place]
            if class_name and class_name not in classes:
                raise UserError(
                    f"--audio_dir={self._folder}: {recording.name} has the {label} {class_name!r}, the data set has "
                    f"{listed(classes)}.{suggestion(class_name, classes)}"
                )
            numbers.append(classes.index(class_name) if class_name else -1)
        return numbers


def _is_of_a_page(folder: Path) -> bool:
    """Returns whether a folder holds the sounds of an evaluation, training clips among them, which lies there too."""
    return folder.name == MEDIA and (folder.parent / ROWS_NAME).exists()


def _fault(path: str) -> str:
    """Returns why a recording cannot be used, "" if it can; silence is no fault."""
    try:
        for _ in files.read_blocks(path, files.read_header(path), _BLOCK_FRAMES):
            pass
    except files.AudioFileError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return ""


def _named(unusable: Mapping[str, str]) -> str:
    """Returns a sentence about recordings {name: reason} that cannot be used, the first ones named."""
    named = [f"{shown(name)} {reason}" for name, reason in sorted(unusable.items())[:_NUM_NAMED]]
    rest = len(unusable) - len(named)
    others = f"; and {rest:,} more" if rest else ""
    what = "1 recording" if len(unusable) == 1 else f"{len(unusable):,} recordings"
    return (
        f"{what} cannot be used: {'; '.join(named)}{others}. Mend or remove what is named; what labels.csv names must "
        "be there."
    )
