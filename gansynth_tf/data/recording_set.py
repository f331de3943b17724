"""Recordings that are files of their own, listed by whoever knows the folder."""

import concurrent.futures
import hashlib
import os
from typing import Literal

import numpy as np
import tensorflow as tf

from gansynth_tf.audio import decoding, files
from gansynth_tf.data.clip_set import Clip, ClipSet, Scan, left_out_lines
from gansynth_tf.data.cutting import Cutting
from gansynth_tf.data.folder_listing import Listing
from gansynth_tf.data.labels import ordered_classes
from gansynth_tf.data.scan_memory import ScanMemory, is_settled, state_of_file
from gansynth_tf.data.sources import Source

# A wav longer than this many clips is not read whole for its first one.
_MAX_CLIPS_READ_AT_ONCE = 4
# Files read ahead of the one whose turn it is.
_NUM_AHEAD = 256


class RecordingSet(ClipSet):
    """Files of any rate, length and number of channels, cut into clips.

    The first question about clips reads every file once: what is silent, cut off, too short, not audio, or another
    kind of file than its name tells is left out and named in the report.

    Args:
        name: Heads the report.
        folder: Where the files are, for people and for what is remembered of them.
        listing: The files with their labels and splits.
        cutting: How files become clips.
        duplicates: Files of equal content: "keep" them, in one split if the splits are drawn; or "drop" all but the
            first.
        classes: {label: its classes in order} where they are fixed; others are those that occur.
    """

    def __init__(
        self,
        name: str,
        folder: str,
        listing: Listing,
        cutting: Cutting,
        *,
        duplicates: Literal["keep", "drop"] = "keep",
        classes: dict[str, tuple[str, ...]] | None = None,
    ):
        labels = {
            label: ordered_classes(one.classes[column] for one in listing.recordings if one.classes[column])
            for column, label in enumerate(listing.label_names)
        }
        labels |= classes or {}
        super().__init__(name, f"{folder}; {listing.source}", cutting, labels, listing.notes)
        self._folder = folder
        self._listing = listing
        self._duplicates = duplicates

    def _scan(self, cache_dir, progress):
        """Reads every file once; see ClipSet.prepare."""
        recordings = self._listing.recordings
        scan = Scan([], dict(self._listing.unusable))
        first_of: dict[str, tuple] = {}
        found = self._found(recordings, cache_dir, progress or (lambda done, total: None))
        for recording, (state, result) in zip(recordings, found, strict=True):
            if isinstance(result, str):
                scan.left_out[recording.name] = result
                continue
            first = first_of.setdefault(result["hash"], recording)
            if first is not recording and self._duplicates == "drop":
                other = "" if first.classes == recording.classes else ", which has other labels"
                scan.left_out[recording.name] = f"is the same file as {first.name}{other}"
                continue
            self._add_clips(scan, recording, result, state, first.split)
        scan.clips.sort(key=lambda clip: (clip.source.name, clip.start_frame))
        return scan

    def _nothing_left(self, scan):
        """Says why no clip is left; see ClipSet."""
        reasons = " ".join(left_out_lines(scan.left_out))
        return f"None of the {len(self._listing.recordings)} recordings in {self._folder!r} can be used. {reasons}"

    def _found(self, recordings, cache_dir, progress):
        """Returns (state, what `_read_once` tells) of each file, from memory where the file has not changed."""
        rule = self.cutting
        identity = [
            os.path.abspath(self._folder),
            *[rule.sample_rate, rule.length_samples, rule.length_policy, rule.min_seconds, rule.max_clips],
        ]
        results = []
        with (
            ScanMemory(cache_dir, identity) as memory,
            concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool,
        ):
            waiting = []
            progress(0, len(recordings))
            try:
                for number, recording in enumerate(recordings):
                    for ahead in recordings[len(waiting) : number + _NUM_AHEAD]:
                        state = state_of_file(ahead.path)
                        known = memory.get(ahead.name, state) if state else None
                        waiting.append((state, known, None if known else pool.submit(self._read_once, ahead)))
                    state, known, future = waiting[number]
                    waiting[number] = None
                    result = known or future.result()
                    if state and not known and is_settled(state):
                        memory.put(recording.name, state, result)
                    results.append((state, result))
                    progress(number + 1, len(recordings))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        return results

    def _read_once(self, recording):
        """Returns header, hash, starts and peaks of a file, in words that JSON knows, or why it cannot be used."""
        rule = self.cutting
        try:
            header = files.read_header(recording.path)
            starts = rule.starts(header.num_frames, header.sample_rate)
            if not starts:
                return f"is shorter than {rule.min_seconds:g} s"
            with open(recording.path, "rb") as file:
                content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=12)).hexdigest()

            def blocks(block_frames):
                return files.read_blocks(recording.path, header, block_frames)

            peaks = rule.peaks(blocks, starts, header.sample_rate)
        except files.AudioFileError as error:
            return str(error)
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return {
            "hash": content,
            "rate": header.sample_rate,
            "frames": header.num_frames,
            "channels": header.num_channels,
            "format": header.format,
            "subtype": header.subtype,
            "plain_wav": decoding.is_plain_wav(header),
            "starts": starts,
            "peaks": peaks,
        }

    def _add_clips(self, scan, recording, found, state, first_split):
        """Adds the clips of a file that are not silent."""
        rate, rule = found["rate"], self.cutting
        short = rule.num_samples(found["frames"], rate) <= _MAX_CLIPS_READ_AT_ONCE * rule.length_samples
        plain = found["plain_wav"] and rate == rule.sample_rate
        gain = 1.0 / max(1.0, max(found["peaks"]))
        num_before = len(scan.clips)
        for start, peak in zip(found["starts"], found["peaks"], strict=True):
            if peak < rule.silence_peak:
                continue
            source = Source(
                recording.name,
                rate,
                found["channels"],
                f"{found['format']} {found['subtype']}",
                start / rate,
                found["frames"] / rate,
                recording.path,
                found["hash"],
            )
            split = first_split if self._listing.drawn_splits else recording.split
            whole = plain and short and start == 0
            scan.clips.append(
                Clip(
                    source,
                    split,
                    recording.classes,
                    start,
                    gain,
                    whole_plain_wav=whole,
                    state=tuple(state[:2]),
                )
            )
        scan.count_slices(recording.name, len(found["starts"]), len(scan.clips) - num_before)

    def _decoded(self, split, clips):
        """Returns the samples of clips; see ClipSet."""
        columns = (
            np.array([os.fsencode(clip.source.path) for clip in clips], object),
            np.array([clip.start_frame for clip in clips], np.int64),
            np.array([clip.whole_plain_wav for clip in clips], bool),
            np.array([clip.state for clip in clips], np.int64),
        )

        def checked(path, state):
            return tf.numpy_function(refuse_changed, [path, state], tf.bool)

        def decoded(path, start_frame, whole_plain_wav, state):
            # Before, since a decoder may choke on what has come instead; after, since it may come while it decodes.
            with tf.control_dependencies([checked(path, state)]):
                audio = decoding.decode_stretch(
                    tf.identity(path),
                    start_frame,
                    whole_plain_wav,
                    self.sample_rate,
                    self.length_samples,
                    self.num_channels,
                )
            with tf.control_dependencies([audio]):
                unchanged = checked(path, state)
            with tf.control_dependencies([unchanged]):
                return tf.identity(audio)

        clips = tf.data.Dataset.from_tensor_slices(columns)
        return clips.map(decoded, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def refuse_changed(path, state):
    """Returns True if a file is as it was when it was first read: what is known of it tells of that content.

    Args:
        path: The file.
        state: The first two numbers of its `state_of_file` then.

    Raises:
        AudioFileError: If it was changed or is gone.
    """
    now = state_of_file(path)
    if now is None or now[:2] != list(state):
        what = "is gone" if now is None else "was changed"
        raise files.AudioFileError(f"{what} since it was first read")
    return True
