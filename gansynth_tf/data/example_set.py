"""Recordings that are examples of a bigger file: of TensorFlow Datasets, or of TFRecords."""

import collections
import functools
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, Protocol

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import files
from gansynth_tf.data.clip_set import Clip, ClipSet, Scan, left_out_lines
from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.folder_listing import SPLITS, split_of
from gansynth_tf.data.scan_memory import ScanMemory
from gansynth_tf.data.sources import Source

Selection = Callable[[Mapping[str, str]], str | None]
Division = Callable[[Mapping[str, str]], str]
Faults = Callable[[Mapping[str, str]], str | None]


class Reader(Protocol):
    """Reads the examples of one data set, always in the same order; can be pickled.

    Audio is [samples] or [samples, channels]: floats, 1 being full scale, or 16-bit integers of any type.

    Attributes:
        name: Of the data set, with its version.
        encoding: How the audio is stored, for people.
        sample_rate: Of the recordings, hertz.
        labels: {label: its classes in order}; a text, as a file's name, has none.
        sizes: {source split: number of examples}.
        identity: What changes when the examples do, in words that JSON knows.
    """

    name: str
    encoding: str
    sample_rate: int
    labels: dict[str, tuple[str, ...]]
    sizes: dict[str, int]
    identity: list

    def scan(self, source_split: str) -> Iterator[tuple[np.ndarray, list[str]]]:
        """Yields (audio, names of its classes in the order of `labels`, "" for none) of all examples of a split.

        Raises:
            UserError: If they cannot be read.
        """
        ...

    def audio_of(self, source_split: str, numbers: np.ndarray) -> tf.data.Dataset:
        """Returns the audio of some examples of a split by their increasing numbers."""
        ...


class ExampleSet(ClipSet):
    """Examples of any length and number of channels, cut into clips.

    Args:
        name: Heads the report.
        reader: Reads the examples.
        cutting: How recordings become clips.
        own_splits: {split: the reader's name of it}. With one entry the examples are divided by chance.
        shares: Parts of the examples for the validation and the test split, where they are divided.
        seed: Of that division.
        selection: Function of {label: class} that returns the option by which an example is not wanted, as
            "--nsynth.sources=acoustic", or None.
        labels: The labels to keep, {label: its classes in order}; None is the reader's.
        division: Function of {label: class} that returns the split of an example, instead of `own_splits`.
        divided_by: What the division goes by, for people.
        named_by: The label whose class names an example; "" names it by its number.
        faults: Function of {label: class} that returns what is wrong with an example, or None.
        duplicates: Examples of equal samples: "keep" them, or "drop" all but the first.
    """

    def __init__(
        self,
        name: str,
        reader: Reader,
        cutting: Cutting,
        own_splits: dict[str, str],
        shares: tuple[float, float] = (0.1, 0.1),
        seed: int = 0,
        *,
        selection: Selection | None = None,
        labels: dict[str, tuple[str, ...]] | None = None,
        division: Division | None = None,
        divided_by: str = "",
        named_by: str = "",
        faults: Faults | None = None,
        duplicates: Literal["keep", "drop"] = "keep",
    ):
        self._divided = len(own_splits) == 1 or division is not None
        divided = "; its one split is divided" if self._divided else ""
        if division is not None:
            divided = f"; {divided_by}"
        super().__init__(
            name, f"{reader.name}{divided}", cutting, reader.labels if labels is None else labels
        )
        self._reader = reader
        self._own_splits = own_splits
        self._shares = shares
        self._seed = seed
        self._selection = selection or _nothing
        self._division = division
        self._named_by = named_by
        self._faults = faults or _nothing
        self._duplicates = duplicates

    @property
    def _sources(self):
        """{the reader's name of a split: what it is here, or None if it is divided}."""
        return {theirs: None if self._divided else ours for ours, theirs in self._own_splits.items()}

    def _scan(self, cache_dir, progress):
        """Reads every example once; see ClipSet.prepare."""
        rule = self.cutting
        report = progress or (lambda done, total: None)
        total = sum(self._reader.sizes[theirs] for theirs in self._sources)
        identity = [self._reader.identity, self._reader.sample_rate]
        identity += [
            rule.sample_rate,
            rule.length_samples,
            rule.length_policy,
            rule.min_seconds,
            rule.max_clips,
        ]
        scan, num_done = Scan([], {}), 0
        unwanted: collections.Counter[str] = collections.Counter()
        first_of: dict[str, str] = {}
        report(0, total)
        with ScanMemory(cache_dir, identity) as memory:
            for theirs, ours in self._sources.items():
                for number, found in self._found(theirs, memory):
                    num_done += 1
                    report(min(num_done, total), total)
                    classes = dict(zip(self._reader.labels, found["classes"], strict=True))
                    option = self._selection(classes)
                    if option is not None:
                        unwanted[option] += 1
                        continue
                    name = f"{self.name}/{theirs}/{classes.get(self._named_by) or number}"
                    fault = self._faults(classes)
                    if fault is None and first_of.setdefault(found["hash"], name) != name:
                        fault = f"is the same recording as {first_of[found['hash']]}"
                        fault = fault if self._duplicates == "drop" else None
                    if fault is not None:
                        scan.left_out[name] = fault
                        continue
                    split = ours or self._drawn_split(number, classes)
                    self._add_clips(scan, name, split, (theirs, number), classes, found)
        self.notes = tuple(unwanted_lines(unwanted))
        # Those of a split stay in the order of the examples.
        scan.clips.sort(key=lambda clip: SPLITS.index(clip.split))
        return scan

    def _nothing_left(self, scan):
        """Says why no clip is left; see ClipSet."""
        reasons = " ".join([*self.notes, *left_out_lines(scan.left_out)])
        total = sum(self._reader.sizes[theirs] for theirs in self._sources)
        return f"None of the {total} examples of {self._reader.name} can be used. {reasons}".rstrip()

    def _drawn_split(self, number, classes):
        """Returns the split of an example that its data set does not tell."""
        if self._division is not None:
            return self._division(classes)
        return split_of(str(number), self._shares, self._seed)

    def _found(self, theirs, memory):
        """Yields (number, what reading it told) of the examples of a split, from memory where all are remembered."""
        size = self._reader.sizes[theirs]
        known = [memory.get(f"{theirs}/{number}", []) for number in range(size)]
        if size and all(found is not None for found in known):
            yield from enumerate(known)
            return
        for number, (audio, classes) in enumerate(self._reader.scan(theirs)):
            found = known[number] if number < size else None
            if found is None:
                found = self._read_once(audio, classes)
                memory.put(f"{theirs}/{number}", [], found)
            yield number, found

    def _read_once(self, audio, classes):
        """Returns classes, hash, size, starts and peaks of an example, in words that JSON knows."""
        rule, rate = self.cutting, self._reader.sample_rate
        content = hashlib.blake2b(np.ascontiguousarray(audio).tobytes(), digest_size=12).hexdigest()
        frames = _as_float(audio)
        starts = rule.starts(len(frames), rate) if len(frames) else []
        finite = bool(np.isfinite(frames).all())
        mono = files.mixed(frames, 1)

        def blocks(block_frames):
            return (mono[i : i + block_frames] for i in range(0, len(mono), block_frames))

        return {
            "classes": classes,
            "hash": content,
            "frames": len(frames),
            "channels": frames.shape[1],
            "starts": starts if finite else [],
            "peaks": rule.peaks(blocks, starts, rate) if starts and finite else [],
            "finite": finite,
        }

    def _add_clips(self, scan, name, split, place, classes, found):
        """Adds the clips of an example that are not silent."""
        if not found["starts"]:
            short = f"is shorter than {self.cutting.min_seconds:g} s"
            scan.left_out[name] = short if found["finite"] else "holds values that are not finite"
            return
        rate = self._reader.sample_rate
        gain = 1.0 / max(1.0, max(found["peaks"]))
        # Of the labels that the set keeps, in their order; the reader may know more.
        kept = tuple(classes[label] for label in self.labels_known)
        num_before = len(scan.clips)
        for start, peak in zip(found["starts"], found["peaks"], strict=True):
            if peak >= self.cutting.silence_peak:
                seconds = found["frames"] / rate
                source = Source(
                    name,
                    rate,
                    found["channels"],
                    self._reader.encoding,
                    start / rate,
                    seconds,
                    group=found["hash"],
                )
                scan.clips.append(Clip(source, split, kept, start, gain, *place))
        scan.count_slices(name, len(found["starts"]), len(scan.clips) - num_before)

    def _decoded(self, split, clips):
        """Returns the samples of clips; see ClipSet."""
        parts = [self._decoded_of(*part) for part in itertools.groupby(clips, lambda clip: clip.part)]
        return functools.reduce(tf.data.Dataset.concatenate, parts)

    def _decoded_of(self, theirs, clips):
        """Returns the samples of clips that lie in one split of the reader."""
        starts: dict[int, list[int]] = {}
        for clip in clips:
            starts.setdefault(clip.place, []).append(clip.start_frame)
        numbers = np.array(list(starts), np.int64)

        def cut(number, audio):
            return np.stack([self._stretch(audio, start) for start in starts[int(number)]])

        def decoded(number, audio):
            return tf.numpy_function(cut, [number, audio], tf.float32, stateful=False)

        examples = tf.data.Dataset.zip(
            (tf.data.Dataset.from_tensor_slices(numbers), self._reader.audio_of(theirs, numbers))
        )
        return examples.map(decoded, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).unbatch()

    def _stretch(self, audio, start_frame):
        """Returns one clip of an example."""
        rule, rate = self.cutting, self._reader.sample_rate
        frames = files.mixed(_as_float(audio), rule.num_channels)
        stretch = files.stretch_of(frames, start_frame, rate, rule.sample_rate, rule.length_samples)
        return np.ascontiguousarray(stretch, np.float32)


def unwanted_lines(unwanted: Mapping[str, int]) -> list[str]:
    """Returns the line that counts what options leave out, {option as the user gives it: count}, or none."""
    if not unwanted:
        return []
    by = ", ".join(
        f"{count} by {option}" for option, count in sorted(unwanted.items(), key=lambda item: -item[1])
    )
    return [f"{sum(unwanted.values())} are not wanted: {by}."]


def _as_float(audio):
    """Returns audio as float32 [frames, channels], 1 being full scale; integers are 16-bit, whatever their type."""
    full_scale = -float(np.iinfo(np.int16).min) if audio.dtype.kind in "iu" else 1.0
    audio = audio.astype(np.float32) / np.float32(full_scale)
    return audio[:, np.newaxis] if audio.ndim == 1 else audio


def _nothing(classes):
    return None
