"""What all sets of recordings share: clips with classes, cut by one rule, addressed by their content."""

import abc
import collections
import dataclasses
import functools
import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.folder_listing import SPLITS, shown
from gansynth_tf.data.sources import Source
from gansynth_tf.options import UserError

Progress = Callable[[int, int], None]

# Raised when the same recording and options give other samples.
DECODING_VERSION = 2
_NUM_NAMED = 5
_PLURALS = {"is": "are", "was": "were", "has": "have", "does": "do", "holds": "hold", "lies": "lie"}
_PLURAL_VERBS = re.compile(rf"^({'|'.join(_PLURALS)})\b")
_MAX_COUNTED = 12


@dataclasses.dataclass(frozen=True)
class Clip:
    """One clip of a recording.

    Args:
        source: The recording.
        split: One of SPLITS.
        classes: The class of each label, "" where it has none.
        start_frame: First frame, at the recording's own rate.
        gain: What keeps a float recording within full scale.
        part: Where the recording is among others in a bigger file: in which part of the whole,
        place: and its number there.
        whole_plain_wav: See decoding.decode_stretch.
        state: Size and time of change of the file when it was first read.
    """

    source: Source
    split: str
    classes: tuple[str, ...]
    start_frame: int
    gain: float
    part: str = ""
    place: int = 0
    whole_plain_wav: bool = False
    state: tuple[int, ...] = ()


@dataclasses.dataclass
class Scan:
    """What reading all recordings told.

    Args:
        clips: In the order of training.
        left_out: {recording: why none of its clips is used}.
        num_silent_slices: Clips left out of recordings that are in use.
    """

    clips: list[Clip]
    left_out: dict[str, str]
    num_silent_slices: int = 0

    def count_slices(self, name: str, num_cut: int, num_used: int) -> None:
        """Takes in that `num_used` of the `num_cut` clips of the recording `name` sound."""
        if num_used:
            self.num_silent_slices += num_cut - num_used
        else:
            self.left_out[name] = "is silent where its clips would be"


class ClipSet(abc.ABC):
    """A dataset of recordings, whatever holds them. Subclasses scan the recordings and decode clips.

    Args:
        name: Heads the report.
        where: Where the recordings are, for people.
        cutting: How recordings become clips.
        labels: {label: its classes in order}, in the order of `Clip.classes`; one without classes is dropped.
        notes: Lines of the report that are known before any recording is read.
    """

    def __init__(
        self,
        name: str,
        where: str,
        cutting: Cutting,
        labels: dict[str, tuple[str, ...]],
        notes: Sequence[str] = (),
    ):
        self.name = name
        self.where = where
        self.notes = tuple(notes)
        self.cutting = cutting
        self.sample_rate = cutting.sample_rate
        self.length_samples = cutting.length_samples
        self.num_channels = cutting.num_channels
        self.labels = {label: classes for label, classes in labels.items() if classes}
        self.labels_known = tuple(labels)
        self._columns = [column for column, classes in enumerate(labels.values()) if classes]
        self._scanned: Scan | None = None

    @abc.abstractmethod
    def _scan(self, cache_dir: str | os.PathLike | None, progress: Progress | None) -> Scan:
        """Reads all recordings, or what is remembered of them in `cache_dir`."""

    @abc.abstractmethod
    def _nothing_left(self, scan: Scan) -> str:
        """Returns the words for a set none of whose recordings can be used."""

    @abc.abstractmethod
    def _decoded(self, split: str, clips: Sequence[Clip]) -> tf.data.Dataset:
        """Returns the samples of some clips of a split in their order, float32, not yet scaled by their gain."""

    def prepare(self, cache_dir: str | os.PathLike | None = None, progress: Progress | None = None) -> None:
        """Reads all recordings once, so that the rest knows what can be used.

        Args:
            cache_dir: Folder that remembers the result, made if needed; None remembers it in this object only.
            progress: Called as progress(recordings done, recordings in all).

        Raises:
            UserError: If no recording can be used.
        """
        if self._scanned is None:
            self._scanned = self._scan(cache_dir, progress)
        if not self._scanned.clips:
            raise UserError(self._nothing_left(self._scanned))

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have clips."""
        return tuple(split for split in SPLITS if self._clips(split))

    @property
    def left_out(self) -> dict[str, str]:
        """{recording: why it is not used}; known also of a set that has nothing left."""
        return (self._scanned or self._known_scan()).left_out

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [num_clips, num_labels]: the class of each label of each clip, -1 where it has none."""
        clips = self._clips(split)
        rows = np.full([len(clips), len(self.labels)], -1, np.int32)
        for i, (column, classes) in enumerate(zip(self._columns, self.labels.values(), strict=True)):
            numbers = {name: number for number, name in enumerate(classes)}
            rows[:, i] = [numbers.get(clip.classes[column], -1) for clip in clips]
        return rows

    def clips(self, split: str, indices: Sequence[int] | np.ndarray | None = None) -> tf.data.Dataset:
        """Returns clips in the order of the rows, float32 [length_samples(, 2)] in [-1, 1].

        Args:
            split: Name of the split.
            indices: Increasing numbers of the wanted clips; None is all.
        """
        clips = self._clips(split)
        chosen = clips if indices is None else [clips[int(i)] for i in indices]
        shape = [self.length_samples] if self.num_channels == 1 else [self.length_samples, self.num_channels]
        if not chosen:
            return tf.data.Dataset.from_tensor_slices(np.zeros([0, *shape], np.float32))
        gains = tf.data.Dataset.from_tensor_slices(np.array([clip.gain for clip in chosen], np.float32))

        def scaled(audio, gain):
            return tf.clip_by_value(tf.ensure_shape(audio, shape) * gain, -1.0, 1.0)

        return tf.data.Dataset.zip((self._decoded(split, chosen), gains)).map(scaled)

    def clip_keys(self, split: str) -> list[str]:
        """Returns one address a clip: equal keys have equal samples."""
        sizes = (DECODING_VERSION, self.sample_rate, self.length_samples, self.num_channels)
        return [
            _hashed([*sizes, clip.source.group, clip.source.sample_rate, clip.start_frame, clip.gain])
            for clip in self._clips(split)
        ]

    def sources(self, split: str) -> list[Source]:
        """Returns the recording of each clip."""
        return [clip.source for clip in self._clips(split)]

    def fingerprint(self) -> str:
        """Returns a hash of everything that determines samples and labels; where the files lie does not matter."""
        contents = [[split, self.clip_keys(split), self.rows(split).tolist()] for split in SPLITS]
        return _hashed([list(self.labels.items()), contents])

    def report(self) -> str:
        """Returns lines for people: classes, clips of each split, and what was left out and why."""
        scan = self._known_scan()
        num_recordings = len({clip.source.name for clip in scan.clips})
        lines = [f"{self.name}: {num_recordings} recordings in use in {self.where}"]
        for split in SPLITS:
            rows = self.rows(split)
            lines.append(f"{split}: {len(rows)} clips of {self.length_samples / self.sample_rate:g} s")
            for column, (name, classes) in enumerate(self.labels.items()):
                if len(rows):
                    lines.append(f"  {name}: {_counted(rows[:, column], classes)}")
        lines += [*self.notes, *left_out_lines(scan.left_out)]
        if scan.num_silent_slices:
            lines.append(f"{scan.num_silent_slices} silent slices of other recordings are left out.")
        return "\n".join(lines)

    def _known_scan(self):
        self.prepare()
        return self._scanned

    def _clips(self, split):
        if split not in SPLITS:
            raise ValueError(f"`split` must be one of {', '.join(SPLITS)}. Received: split={split!r}.")
        return self._clips_of[split]

    @functools.cached_property
    def _clips_of(self):
        """{split: its clips}."""
        clips_of = {split: [] for split in SPLITS}
        for clip in self._known_scan().clips:
            clips_of[clip.split].append(clip)
        return clips_of


def left_out_lines(left_out: dict[str, str]) -> list[str]:
    """Returns lines that count and name what is left out, one line a reason."""
    by_reason = collections.defaultdict(list)
    for name, reason in left_out.items():
        # "is the same file as a.wav": one line for all of a kind.
        by_reason[reason.partition(" as ")[0]].append((shown(name), reason))
    lines = []
    for kind, named in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        more = f" and {len(named) - _NUM_NAMED:,} more" if len(named) > _NUM_NAMED else ""
        names = [name + reason[len(kind) :].replace(" as", " =") for name, reason in named[:_NUM_NAMED]]
        other = " as another" if named[0][1] != kind else ""
        words = kind if len(named) == 1 else _PLURAL_VERBS.sub(lambda verb: _PLURALS[verb[0]], kind, count=1)
        lines.append(f"Left out, {len(named):,} that {words}{other}: {', '.join(names)}{more}.")
    return lines


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


def _hashed(values):
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:24]
