"""NSynth as its authors publish it in TFRecord files."""

import functools
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from gansynth_tf.data.nsynth_notes import FIELDS, NO_YES, QUALITIES, SAMPLE_RATE
from gansynth_tf.options import UserError

_TEXTS = {
    "note": "note_str",
    "instrument": "instrument_str",
    "instrument_family": "instrument_family_str",
    "instrument_source": "instrument_source_str",
}
_NUMBERS = ("pitch", "velocity")
# A record is its length and a checksum of that, its bytes, and a checksum of those.
_HEADER = struct.Struct("<QI")
_CHECKSUM_BYTES = 4
_GET_ANEW = "Get it anew and compare its size with the publisher's."


class NoteRecords:
    """Reads NSynth's TFRecord files; see example_set.Reader. Its classes are all fields of a note.

    Args:
        folder: Where the files are, for people.
        files: {split: its files}.
    """

    encoding = "TFRecord float32"
    sample_rate = SAMPLE_RATE
    labels: dict[str, tuple[str, ...]] = dict.fromkeys(FIELDS, ())

    def __init__(self, folder: str | os.PathLike, files: Mapping[str, list[Path]]):
        self.name = str(folder)
        self._files = {split: [str(path) for path in paths] for split, paths in files.items()}

    @functools.cached_property
    def sizes(self) -> dict[str, int]:
        """{split: number of notes}, by a look at the head of each record.

        Raises:
            UserError: If a file is cut off or no TFRecord.
        """
        return {split: len(places) for split, places in self._places.items()}

    @property
    def identity(self) -> list:
        """What changes when the files do."""
        states = [(path, os.stat(path)) for paths in self._files.values() for path in paths]
        return [[os.path.abspath(path), state.st_size, state.st_mtime_ns] for path, state in states]

    def scan(self, source_split: str) -> Iterator[tuple[np.ndarray, list[str]]]:
        """Yields (audio, fields) of all notes of a split, and finds what is damaged.

        Raises:
            UserError: If a file is damaged, or holds something else than notes of NSynth.
        """
        self.sizes  # noqa: B018  A file that is cut off is found at once.
        for path in self._files[source_split]:
            number = 0
            notes = tf.data.TFRecordDataset([path]).map(
                _parsed, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
            )
            try:
                for audio, fields in notes.as_numpy_iterator():
                    yield audio, [field.decode() for field in fields]
                    number += 1
            except tf.errors.DataLossError as error:
                raise UserError(f"{path} is damaged after {number} notes. {_GET_ANEW}") from error
            except tf.errors.InvalidArgumentError as error:
                raise UserError(
                    f"{path}: record {number} is no note of NSynth ({_missing_feature(error)})."
                ) from error

    def audio_of(self, source_split: str, numbers: np.ndarray) -> tf.data.Dataset:
        """Returns the audio of some notes of a split; reads nothing else of the files."""
        paths = tf.constant(self._files[source_split])

        def audio(place):
            where = [tf.gather(paths, place[0]), place[1], place[2]]
            record = tf.numpy_function(_read_bytes, where, tf.string, stateful=False)
            return _parsed(tf.ensure_shape(record, []))[0]

        places = tf.data.Dataset.from_tensor_slices(self._places[source_split][np.asarray(numbers)])
        return places.map(audio, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    @functools.cached_property
    def _places(self):
        """{split: [number of notes, 3] of the number of the file, the first byte and the number of bytes}."""
        places = {}
        for split, paths in self._files.items():
            of_files = [_record_places(path) for path in paths]
            numbers = [np.full([len(one), 1], i) for i, one in enumerate(of_files)]
            places[split] = np.concatenate(
                [np.concatenate([a, b], axis=1) for a, b in zip(numbers, of_files, strict=True)]
            )
        return places


def _parsed(record):
    """Returns (audio [samples] float32, fields [num_fields] string) of a serialized note."""
    one_text, one_number = tf.io.FixedLenFeature([], tf.string), tf.io.FixedLenFeature([], tf.int64)
    features = {
        **dict.fromkeys(_TEXTS.values(), one_text),
        **dict.fromkeys(_NUMBERS, one_number),
        "qualities": tf.io.FixedLenFeature([len(QUALITIES)], tf.int64),
        "audio": tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
    }
    note = tf.io.parse_single_example(record, features)
    told = {field: note[feature] for field, feature in _TEXTS.items()}
    told |= {field: tf.strings.as_string(note[field]) for field in _NUMBERS}
    qualities = tf.gather(tf.constant(NO_YES), tf.cast(note["qualities"] != 0, tf.int32))
    told |= {f"quality_{name}": qualities[i] for i, name in enumerate(QUALITIES)}
    return note["audio"], tf.stack([told[field] for field in FIELDS])


def _record_places(path):
    """Returns the first byte and the number of bytes of each record of a TFRecord file, int64 [num_records, 2]."""
    places = []
    try:
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            position = 0
            while position < size:
                header = file.read(_HEADER.size)
                if len(header) < _HEADER.size:
                    raise UserError(f"{path} is cut off after {len(places)} notes. {_GET_ANEW}")
                length, checksum = _HEADER.unpack(header)
                if checksum != _masked_checksum(header[:8]):
                    what = f"is damaged after {len(places)} notes" if places else "is no TFRecord file"
                    raise UserError(f"{path} {what}. {_GET_ANEW}")
                places.append((position + _HEADER.size, length))
                position += _HEADER.size + length + _CHECKSUM_BYTES
                file.seek(position)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    if position > size:
        raise UserError(f"{path} is cut off after {len(places) - 1} notes. {_GET_ANEW}")
    return np.array(places, np.int64).reshape([-1, 2])


def _read_bytes(path, start, length):
    """Returns some bytes of a file."""
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        return file.read(length)


def _checksum_table():
    """Returns the remainder of every byte: CRC-32C, the polynomial of Castagnoli, with its bits reversed."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CHECKSUM_TABLE = _checksum_table()


def _masked_checksum(data):
    """Returns the checksum of a few bytes as TFRecord files store it: rotated by 15 bits, and a constant added."""
    checksum = 0xFFFFFFFF
    for byte in data:
        checksum = _CHECKSUM_TABLE[(checksum ^ byte) & 0xFF] ^ checksum >> 8
    checksum ^= 0xFFFFFFFF
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _missing_feature(error):
    """Returns in a few words what a record lacks."""
    text = error.message
    start = text.find("Feature: ")
    if start < 0:
        return "it cannot be parsed"
    return f"it lacks the feature {text[start + len('Feature: ') :].split(' ', 1)[0]}"
