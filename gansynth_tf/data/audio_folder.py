"""A folder of the user's own recordings."""

import collections
import concurrent.futures
import dataclasses
import functools
import hashlib
import json
import math
import os
from typing import Literal

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import decoding, files
from gansynth_tf.data import folder_listing
from gansynth_tf.data.folder_listing import Recording, shown
from gansynth_tf.data.labels import ordered_classes
from gansynth_tf.options import UserError

# Raised when the same file and options give other samples.
_DECODING_VERSION = 1
_NUM_NAMED = 5
_MAX_COUNTED = 12
# A wav longer than this many clips is not read whole for its first one.
_MAX_CLIPS_READ_AT_ONCE = 4


class AudioFolder:
    """Recordings in a folder: wav, flac, mp3, ogg, aiff or au of any rate, length and number of channels.

    The label `genre` is the folder that a file lies in, `subgenre` the folder below it, named genre/subgenre.
    A file `labels.csv` in the folder replaces both: a column `path` of paths inside the folder, then one column a
    label (an empty cell: no class), and a column `split` (train, valid, test) if the set has splits of its own.
    Otherwise files are divided by their names, so that no file has clips in two splits.

    The first question about clips reads every file once: what is silent, cut off, too short, not audio, or another
    kind of file than its name tells is left out and named in the report.

    Args:
        sample_rate: Hertz; recordings of other rates are resampled.
        length_samples: Length of a clip.
        folder: The folder; it may be moved between two starts of a run.
        length_policy: "pad_or_cut" makes one clip of a file: its start, followed by silence if it is shorter. "slices"
            cuts a file into clips one after another; what is left at the end is padded if it has min_seconds.
        min_seconds: Shorter files, and shorter ends of sliced files, are left out.
        max_clips_per_file: The most clips that "slices" takes from the start of a file; 0 for all.
        silence_db: A clip whose peak is below this level, relative to full scale, is left out.
        valid_fraction: Part of the files that becomes the validation split, unless labels.csv names splits.
        test_fraction: Part of the files that becomes the test split, unless labels.csv names splits.
        seed: Of that division.

    Raises:
        UserError: If the folder or its labels.csv cannot be used.
        ValueError: If an option is out of range.
    """

    how_to_run = frozenset({"folder"})

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        *,
        folder: str = "",
        length_policy: Literal["pad_or_cut", "slices"] = "pad_or_cut",
        min_seconds: float = 0.1,
        max_clips_per_file: int = 0,
        silence_db: float = -60.0,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
    ):
        if sample_rate < 1 or length_samples < 1:
            raise ValueError(
                "`sample_rate` and `length_samples` must be at least 1. "
                f"Received: {sample_rate}, {length_samples}."
            )
        if min(min_seconds, max_clips_per_file, seed) < 0:
            raise ValueError(
                "`min_seconds`, `max_clips_per_file` and `seed` must not be negative. "
                f"Received: {min_seconds}, {max_clips_per_file}, {seed}."
            )
        if min(valid_fraction, test_fraction) < 0 or valid_fraction + test_fraction >= 1:
            raise ValueError(
                "`valid_fraction` and `test_fraction` must not be negative and must leave files to train on. "
                f"Received: {valid_fraction}, {test_fraction}."
            )
        if not folder:
            raise UserError(
                "--dataset=audio_folder needs the folder of the recordings: --audio_folder.folder=FOLDER."
            )
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.folder = folder
        self._sliced = length_policy == "slices"
        self._min_seconds = min_seconds
        self._max_clips = max_clips_per_file if self._sliced else 1
        self._silence_peak = 10.0 ** (silence_db / 20.0)
        self._listing = folder_listing.list_folder(folder, (valid_fraction, test_fraction), seed)
        self._class_names = [
            ordered_classes(one.classes[column] for one in self._listing.recordings if one.classes[column])
            for column in range(len(self._listing.label_names))
        ]
        self._usable = [bool(names) for names in self._class_names]
        self.labels = {
            name: classes
            for name, classes in zip(self._listing.label_names, self._class_names, strict=True)
            if classes
        }

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have clips."""
        return tuple(split for split in folder_listing.SPLITS if self._clips_of[split])

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [num_clips, num_labels]: the class of each label of each clip, -1 where it has none."""
        rows = np.zeros([len(self._clips(split)), len(self.labels)], np.int32)
        numbers = [{name: i for i, name in enumerate(classes)} for classes in self.labels.values()]
        columns = [column for column, usable in enumerate(self._usable) if usable]
        for row, clip in zip(rows, self._clips(split), strict=True):
            for i, column in enumerate(columns):
                row[i] = numbers[i].get(clip.recording.classes[column], -1)
        return rows

    def clips(self, split: str) -> tf.data.Dataset:
        """Returns the clips of a split in the order of its rows, float32 [length_samples] in [-1, 1]."""
        clips = self._clips(split)
        if not clips:
            return tf.data.Dataset.from_tensor_slices(np.zeros([0, self.length_samples], np.float32))
        columns = (
            np.array([os.fsencode(clip.recording.path) for clip in clips], object),
            np.array([clip.start_frame for clip in clips], np.int64),
            np.array([clip.whole_plain_wav for clip in clips], bool),
            np.array([clip.gain for clip in clips], np.float32),
        )

        def decoded(path, start_frame, whole_plain_wav, gain):
            audio = decoding.decode_stretch(
                path, start_frame, whole_plain_wav, self.sample_rate, self.length_samples
            )
            return tf.clip_by_value(audio * gain, -1.0, 1.0)

        clips = tf.data.Dataset.from_tensor_slices(columns)
        return clips.map(decoded, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def fingerprint(self) -> str:
        """Returns a hash of everything that determines the samples: contents of the files, not where they lie."""
        contents = [
            (split, clip.content_hash, clip.start_frame, clip.gain)
            for split in folder_listing.SPLITS
            for clip in self._clips_of[split]
        ]
        values = [_DECODING_VERSION, self.sample_rate, self.length_samples, contents]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]

    def report(self) -> str:
        """Returns lines for people: classes, clips of each split, and what was left out and why."""
        listing = self._listing
        num_files = len({clip.recording.name for clips in self._clips_of.values() for clip in clips})
        lines = [f"audio_folder: {num_files} files in use in {self.folder}; {listing.source}"]
        for split in folder_listing.SPLITS:
            clips, rows = self._clips(split), self.rows(split)
            lines.append(f"{split}: {len(clips)} clips of {self.length_samples / self.sample_rate:g} s")
            for column, (name, classes) in enumerate(self.labels.items()):
                if len(clips):
                    lines.append(f"  {name}: {_counted(rows[:, column], classes)}")
        if listing.num_other_files:
            lines.append(f"{listing.num_other_files} other files are no audio by their names.")
        if listing.num_unlisted:
            lines.append(
                f"{listing.num_unlisted} audio files are not used: {folder_listing.TABLE_NAME} does not name them."
            )
        lines += _left_out(listing.unusable | self._scan.unusable)
        if self._scan.num_silent_slices:
            lines.append(f"{self._scan.num_silent_slices} silent slices of other files are left out.")
        return "\n".join(lines)

    @functools.cached_property
    def _scan(self):
        """What reading all files told; done once, when clips are first asked for."""
        recordings = self._listing.recordings
        scan = _Scan({}, {}, 0)
        with concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            for recording, result in zip(recordings, pool.map(self._checked, recordings), strict=True):
                if isinstance(result, str):
                    scan.unusable[recording.name] = result
                else:
                    scan.clips[recording.name], num_silent = result
                    scan.num_silent_slices += num_silent
        if not scan.clips:
            raise UserError(
                f"None of the {len(recordings)} recordings in {self.folder!r} can be used. "
                + " ".join(_left_out(self._listing.unusable | scan.unusable))
            )
        return scan

    def _checked(self, recording):
        """Returns (its clips, number of silent slices) of a file that can be used, or why it cannot."""
        try:
            header = files.read_header(recording.path)
            seconds = header.num_frames / header.sample_rate
            if seconds < self._min_seconds:
                return f"is shorter than {self._min_seconds:g} s"
            with open(recording.path, "rb") as file:
                content_hash = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=12)).hexdigest()
            return self._cut(recording, header, content_hash)
        except files.AudioFileError as error:
            return str(error)
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def _cut(self, recording, header, content_hash):
        """Returns (its clips, number of silent slices) of a file, or why it has none."""
        clip_frames = self.length_samples * header.sample_rate / self.sample_rate
        starts = self._starts(header, clip_frames)
        num_samples = math.ceil(header.num_frames * self.sample_rate / header.sample_rate)
        plain = decoding.is_plain_wav(header) and header.sample_rate == self.sample_rate
        plain = plain and num_samples <= _MAX_CLIPS_READ_AT_ONCE * self.length_samples
        peaks = _peaks(recording.path, header, starts, clip_frames)
        gain = 1.0 / max(1.0, max(peaks))
        clips = [
            _Clip(recording, content_hash, start, gain, plain and start == 0)
            for start, peak in zip(starts, peaks, strict=True)
            if peak >= self._silence_peak
        ]
        return (clips, len(starts) - len(clips)) if clips else "is silent where its clips would be"

    def _starts(self, header, clip_frames):
        """Returns the first frame of each clip of a file."""
        num_whole = int(header.num_frames / clip_frames)
        rest_seconds = (header.num_frames - num_whole * clip_frames) / header.sample_rate
        num_clips = num_whole + (rest_seconds > 0 and rest_seconds >= self._min_seconds)
        num_clips = max(1, min(num_clips, self._max_clips or num_clips))
        return [round(i * clip_frames) for i in range(num_clips)]

    @functools.cached_property
    def _clips_of(self):
        """{split: its clips}."""
        clips_of = {split: [] for split in folder_listing.SPLITS}
        for recording in self._listing.recordings:
            clips_of[recording.split] += self._scan.clips.get(recording.name, [])
        return clips_of

    def _clips(self, split):
        if split not in self._clips_of:
            known = ", ".join(folder_listing.SPLITS)
            raise ValueError(f"`split` must be one of {known}. Received: split={split!r}.")
        return self._clips_of[split]


@dataclasses.dataclass(frozen=True)
class _Clip:
    """Where a clip's samples come from.

    Args:
        recording: The file.
        content_hash: Of the file.
        start_frame: First frame, at the file's own rate.
        gain: What keeps a float file within full scale.
        whole_plain_wav: See decoding.decode_stretch.
    """

    recording: Recording
    content_hash: str
    start_frame: int
    gain: float
    whole_plain_wav: bool


@dataclasses.dataclass
class _Scan:
    """What reading all files told.

    Args:
        clips: {file: its clips}.
        unusable: {file: reason}.
        num_silent_slices: Slices left out of files that are in use.
    """

    clips: dict[str, list[_Clip]]
    unusable: dict[str, str]
    num_silent_slices: int


def _peaks(path, header, starts, clip_frames):
    """Returns the largest magnitude in each clip of a file; reads all of it, so that damage anywhere is found."""
    peaks = [0.0] * len(starts)
    # Blocks of clips, in the end rounded like the starts; a block's border may be a frame off, which no peak minds.
    block_frames = max(1, round(clip_frames))
    position = 0
    for block in files.read_blocks(path, header, block_frames):
        i = min(len(starts) - 1, int((position + block_frames / 2) / clip_frames))
        if position < starts[-1] + clip_frames:
            peaks[i] = max(peaks[i], float(np.abs(block).max()))
        position += len(block)
    return peaks


def _counted(column, classes):
    """Returns "a 3, b 4" of class numbers, or a summary of many classes, and how many clips have none."""
    counts = np.bincount(column[column >= 0], minlength=len(classes))
    if len(classes) > _MAX_COUNTED:
        there = counts[counts > 0]
        text = f"{len(there)} of {len(classes)} classes" + (
            f", {there.min()} to {there.max()} clips each" if len(there) else ""
        )
    else:
        text = ", ".join(f"{name} {count}" for name, count in zip(classes, counts, strict=True))
    num_missing = int((column < 0).sum())
    return f"{text}; {num_missing} clips have none" if num_missing else text


def _left_out(unusable):
    """Returns lines that count and name files that are left out, one line a reason."""
    by_reason = collections.defaultdict(list)
    for name, reason in unusable.items():
        by_reason[reason].append(shown(name))
    lines = []
    for reason, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        more = f" and {len(names) - _NUM_NAMED} more" if len(names) > _NUM_NAMED else ""
        lines.append(f"Left out, {len(names)} that {reason}: {', '.join(names[:_NUM_NAMED])}{more}.")
    return lines
