"""Recordings that are examples of a bigger file: of TensorFlow Datasets, or of TFRecords."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import files
from gansynth_tf.data.clip_set import Clip, ClipSet, Scan, left_out_lines
from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.folder_listing import SPLITS, split_of
from gansynth_tf.data.scan_memory import ScanMemory
from gansynth_tf.data.sources import Source
from gansynth_tf.options import UserError

Selection = Callable[[Mapping[str, str]], str | None]


class Reader(Protocol):
    """Reads the examples of one data set, always in the same order; can be pickled.

    Attributes:
        name: Of the data set, with its version.
        encoding: How the audio is stored, for people.
        sample_rate: Of the recordings, hertz.
        labels: {label: its classes in order}.
        sizes: {source split: number of examples}.
        identity: What changes when the examples do, in words that JSON knows.
    """

    name: str
    encoding: str
    sample_rate: int
    labels: dict[str, tuple[str, ...]]
    sizes: dict[str, int]
    identity: list

    def examples(self, source_split: str) -> tf.data.Dataset:
        """Returns (audio [samples(, channels)] of any type, names of its classes [num_labels] string, "" for none)."""
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
        selection: Function of {label: class} that returns why an example is not wanted, or None.
        labels: The labels to keep, {label: its classes in order}; None is the reader's.
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
    ):
        self._divided = len(own_splits) == 1
        divided = "; its one split is divided" if self._divided else ""
        super().__init__(
            name, f"{reader.name}{divided}", cutting, reader.labels if labels is None else labels
        )
        self._reader = reader
        self._own_splits = own_splits
        self._shares = shares
        self._seed = seed
        self._selection = selection or _everything

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
        scan, num_done, num_unwanted = Scan([], {}), 0, 0
        report(0, total)
        with ScanMemory(cache_dir, identity) as memory:
            for theirs, ours in self._sources.items():
                for number, found in self._found(theirs, memory):
                    num_done += 1
                    report(min(num_done, total), total)
                    name = f"{self.name}/{theirs}/{number}"
                    classes = dict(zip(self._reader.labels, found["classes"], strict=True))
                    if self._selection(classes) is not None:
                        num_unwanted += 1
                        continue
                    split = ours or split_of(str(number), self._shares, self._seed)
                    self._add_clips(scan, name, split, number, classes, found)
        if num_unwanted:
            self.notes = (f"{num_unwanted} examples are not wanted by the options.",)
        if not scan.clips:
            raise UserError(
                f"None of the {num_done} examples of {self._reader.name} can be used: {num_unwanted} are not wanted "
                "by the options. " + " ".join(left_out_lines(scan.left_out))
            )
        scan.clips.sort(key=lambda clip: (SPLITS.index(clip.split), clip.place, clip.start_frame))
        return scan

    def _found(self, theirs, memory):
        """Yields (number, what reading it told) of the examples of a split, from memory where all are remembered."""
        size = self._reader.sizes[theirs]
        known = [memory.get(f"{theirs}/{number}", []) for number in range(size)]
        if size and all(found is not None for found in known):
            yield from enumerate(known)
            return
        for number, (audio, classes) in enumerate(self._reader.examples(theirs).as_numpy_iterator()):
            found = known[number] if number < size else None
            if found is None:
                found = self._read_once(audio, [name.decode() for name in classes])
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

    def _add_clips(self, scan, name, split, number, classes, found):
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
                scan.clips.append(Clip(source, split, kept, start, gain, number))
        num_used = len(scan.clips) - num_before
        if num_used:
            scan.num_silent_slices += len(found["starts"]) - num_used
        else:
            scan.left_out[name] = "is silent where its clips would be"

    def _decoded(self, split, clips):
        """Returns the samples of clips; see ClipSet."""
        (theirs,) = {theirs for theirs, ours in self._sources.items() if ours in (None, split)}
        last = max(clip.place for clip in clips)
        starts: dict[int, list[int]] = {}
        for clip in clips:
            starts.setdefault(clip.place, []).append(clip.start_frame)
        wanted = np.zeros(last + 1, bool)
        wanted[list(starts)] = True
        wanted = tf.constant(wanted)

        def is_wanted(number, example):
            return wanted[number]

        def cut(number, audio):
            return np.stack([self._stretch(audio, start) for start in starts[int(number)]])

        def decoded(number, example):
            return tf.numpy_function(cut, [number, example[0]], tf.float32, stateful=False)

        examples = self._reader.examples(theirs).take(last + 1).enumerate().filter(is_wanted)
        return examples.map(decoded, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).unbatch()

    def _stretch(self, audio, start_frame):
        """Returns one clip of an example."""
        rule, rate = self.cutting, self._reader.sample_rate
        frames = files.mixed(_as_float(audio), rule.num_channels)
        stretch = files.stretch_of(frames, start_frame, rate, rule.sample_rate, rule.length_samples)
        return np.ascontiguousarray(stretch, np.float32)


def _as_float(audio):
    """Returns audio as float32 [frames, channels], 1 being full scale; integers are 16-bit, whatever their type."""
    full_scale = -float(np.iinfo(np.int16).min) if audio.dtype.kind in "iu" else 1.0
    audio = audio.astype(np.float32) / np.float32(full_scale)
    return audio[:, np.newaxis] if audio.ndim == 1 else audio


def _everything(classes):
    return None
