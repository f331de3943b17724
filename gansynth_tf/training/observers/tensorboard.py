"""TensorBoard logs that can be cut back to a save: scalars, sounds and spectrograms."""

import contextlib
import errno
import pathlib
import re

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import pictures
from gansynth_tf.training.observers.clips import clips_by_class

MAX_CLASSES = 12
_BEGINS = re.compile(r".*\.images-(\d+)")


class TensorBoardLog:
    """Observer that writes event files for TensorBoard.

    Each save begins a new file, whose name ends with the images at that point. A file therefore holds nothing from
    beyond the save that ended it, and cutting back is removing the files that began at the save or later.

    Args:
        directory: Folder of the event files.
        sample_rate: In hertz.
        class_names: Names of the classes of the first label; empty without labels. A clip of each of the first
            `MAX_CLASSES` is logged.

    Raises:
        OSError: From any method, if the files cannot be written.
    """

    def __init__(self, directory, sample_rate, class_names):
        self._directory = pathlib.Path(directory)
        self._sample_rate = sample_rate
        self._class_names = tuple(class_names)
        self._begins = 0
        self._writer = None

    def on_log(self, num_images, scalars):
        """Writes scalars."""
        with self._disk_errors(), self._open().as_default(step=num_images):
            for name, value in scalars.items():
                tf.summary.scalar(name, value)

    def on_preview(self, num_images, audio, rows, data):
        """Writes a sound and a spectrogram of each class."""
        groups = list(clips_by_class(rows, self._class_names).items())[:MAX_CLASSES]
        with self._disk_errors(), self._open().as_default(step=num_images):
            for name, members in groups:
                clip = np.nan_to_num(audio[members[0]])
                clip = clip / max(1.0, np.abs(clip).max(initial=0.0))
                tf.summary.audio(f"audio/{name}", clip[None, :, None].astype(np.float32), self._sample_rate)
                image = pictures.spectrogram_image(clip, self._sample_rate)
                tf.summary.image(f"spectrogram/{name}", image[None])
            self._writer.flush()

    def on_save(self, num_images):
        """Ends the file; what comes next begins another one."""
        self.close()
        self._begins = num_images

    def on_resume(self, num_images):
        """Removes what was written after the save at `num_images`."""
        self.close()
        for path in self._directory.glob("*tfevents*"):
            match = _BEGINS.fullmatch(path.name)
            if match and int(match.group(1)) >= num_images:
                path.unlink()
        self._begins = num_images

    def close(self):
        """Closes the file; a later call begins another one."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with self._disk_errors():
                writer.close()

    @contextlib.contextmanager
    def _disk_errors(self):
        """Turns what TensorFlow raises when a file cannot be written into the OSError that it is."""
        try:
            yield
        except tf.errors.OpError as error:
            is_full = "No space left" in str(error)
            reason = f"The TensorBoard log was not written: {error.message}"
            raise OSError(errno.ENOSPC if is_full else errno.EIO, reason, str(self._directory)) from error

    def _open(self):
        """Returns the writer, a new one if none is open."""
        if self._writer is None:
            suffix = f".images-{self._begins:09d}"
            self._writer = tf.summary.create_file_writer(str(self._directory), filename_suffix=suffix)
        return self._writer
