"""NSynth in miniature: 24 notes, written in its authors' layouts, by their names alone."""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile
import tensorflow as tf

RATE = 16000
NOTE_SAMPLES = 64000
ALL_SOURCES = ("acoustic", "electronic", "synthetic")
# In NSynth's own order, which the numbers in its files go by.
FAMILIES = "bass brass flute guitar keyboard mallet organ reed string synth_lead vocal".split()
QUALITIES = (
    "bright dark distortion fast_decay long_release multiphonic nonlinear_env percussive reverb tempo-synced"
).split()
# {split: notes with their qualities}; eight in each split.
NOTES = {
    "train": {
        "brass_acoustic_000-023-050": [],
        "brass_acoustic_000-024-025": ["dark"],
        "brass_acoustic_000-060-100": ["bright"],
        "string_acoustic_001-084-127": ["bright", "reverb"],
        "string_acoustic_001-085-127": [],
        "bass_electronic_002-040-075": ["distortion"],
        "synth_lead_synthetic_003-050-075": ["distortion", "long_release"],
        "flute_acoustic_004-061-075": ["percussive", "tempo-synced"],
    },
    "valid": {
        "brass_acoustic_010-060-100": ["fast_decay"],
        "brass_acoustic_010-061-100": ["bright", "fast_decay"],
        "guitar_acoustic_011-062-025": ["multiphonic"],
        "guitar_acoustic_011-063-050": ["nonlinear_env"],
        "guitar_electronic_012-064-075": [],
        "vocal_synthetic_013-065-100": ["reverb"],
        "keyboard_acoustic_014-066-127": [],
        "keyboard_acoustic_014-108-127": [],
    },
    "test": {
        "reed_acoustic_020-070-025": [],
        "reed_acoustic_020-071-050": ["bright"],
        "reed_acoustic_020-072-075": [],
        "mallet_acoustic_021-021-100": ["percussive"],
        "mallet_acoustic_021-084-127": ["percussive"],
        "organ_electronic_022-060-075": ["dark"],
        "organ_electronic_022-061-075": ["dark"],
        "organ_acoustic_023-062-075": [],
    },
}
# As the paper's: instruments are in several splits, and many notes in none.
TABLE = {
    "brass_acoustic_000-024-025": "test",
    "brass_acoustic_000-060-100": "train",
    "brass_acoustic_010-060-100": "train",
    "guitar_acoustic_011-062-025": "valid",
    "reed_acoustic_020-070-025": "train",
    "reed_acoustic_020-071-050": "valid",
}


def fields(name):
    """Returns the fields of a note of its name, as examples.json has them."""
    split = next(split for split, notes in NOTES.items() if name in notes)
    instrument, pitch, velocity = name.split("-")
    family, source, number = instrument.rsplit("_", 2)
    qualities = NOTES[split][name]
    return {
        "note": 1000 + int(pitch),
        "note_str": name,
        "instrument": int(number),
        "instrument_str": instrument,
        "pitch": int(pitch),
        "velocity": int(velocity),
        "sample_rate": RATE,
        "qualities": [int(quality in qualities) for quality in QUALITIES],
        "qualities_str": qualities,
        "instrument_family": FAMILIES.index(family),
        "instrument_family_str": family,
        "instrument_source": ALL_SOURCES.index(source),
        "instrument_source_str": source,
    }


def whole_audio(name):
    """Returns the samples of a note, int16: no two notes have the same."""
    note = fields(name)
    f0_hz = 440.0 * 2.0 ** ((note["pitch"] - 69) / 12.0) + note["instrument"]
    wave = np.sin(2.0 * np.pi * f0_hz * np.arange(NOTE_SAMPLES) / RATE)
    return np.round(20000.0 * note["velocity"] / 127.0 * wave).astype(np.int16)


def put_folder(folder, names):
    (folder / "audio").mkdir(parents=True)
    (folder / "examples.json").write_text(json.dumps({name: fields(name) for name in names}))
    for name in names:
        soundfile.write(folder / "audio" / f"{name}.wav", whole_audio(name), RATE)
    return folder


def serialized(name, **changes):
    """Returns a note as the TFRecord files have it."""

    def feature(value):
        values = value if isinstance(value, (list, np.ndarray)) else [value]
        if isinstance(value, np.ndarray):
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))
        if all(isinstance(one, str) for one in values):
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=[one.encode() for one in values]))
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    note = fields(name) | {"audio": (whole_audio(name) / 32768).astype(np.float32)} | changes
    features = {key: feature(value) for key, value in note.items() if value is not None}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def put_records(path, names, **changes):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for name in names:
            writer.write(serialized(name, **changes))
    return path


def put_table(folder, lines=None):
    with open(folder / "nsynth-gansynth_splits.csv", "w", newline="") as file:
        csv.writer(file).writerows([("id", "split"), *(TABLE.items() if lines is None else lines)])


def tfds_example(split, number, example):
    """Returns a note as TensorFlow Datasets has it, in place of a random one."""
    name = list(NOTES[split])[number]
    note = fields(name)
    return example | {
        "id": name,
        "audio": (whole_audio(name) / 32768).astype(np.float32),
        "pitch": note["pitch"],
        "velocity": note["velocity"],
        "instrument": {
            "label": note["instrument"],
            "family": note["instrument_family"],
            "source": note["instrument_source"],
        },
        "qualities": {name: bool(value) for name, value in zip(QUALITIES, note["qualities"], strict=True)},
    }


def put_folders(directory):
    """Writes the three json/wav folders and the table of the paper's splits."""
    for split, names in NOTES.items():
        put_folder(directory / f"nsynth-{split}", names)
    put_table(directory)
    return directory


def put_record_files(directory):
    """Writes the three TFRecord files and the table of the paper's splits."""
    for split, names in NOTES.items():
        put_records(directory / f"nsynth-{split}.tfrecord", names)
    put_table(directory)
    return directory


def names_of(dataset, split):
    return [Path(source.name).stem for source in dataset.sources(split)]


def all_names(dataset):
    """Returns the notes in use as {split: sorted names}."""
    return {split: sorted(names_of(dataset, split)) for split in dataset.splits}


def is_papers(name):
    note = fields(name)
    return note["instrument_source_str"] == "acoustic" and 24 <= note["pitch"] <= 84


def chosen(keep):
    """Returns {split: sorted names} of the notes that a function of their fields keeps."""
    found = {split: sorted(name for name in names if keep(fields(name))) for split, names in NOTES.items()}
    return {split: names for split, names in found.items() if names}


def all_clips(dataset, split):
    return np.stack(list(dataset.clips(split).as_numpy_iterator()))


def told(dataset, split):
    """Returns {samples: classes} of the clips of a split."""
    rows = dataset.rows(split)
    return {
        np.round(clip * 32768).astype(np.int16).tobytes(): tuple(
            classes[number] for number, classes in zip(row, dataset.labels.values(), strict=True)
        )
        for clip, row in zip(all_clips(dataset, split), rows, strict=True)
    }


def expected(names, length=8000):
    """Returns what `told` must return for some notes, from their names alone."""
    found = {}
    for name in names:
        note = fields(name)
        qualities = ["yes" if quality else "no" for quality in note["qualities"]]
        head = (str(note["pitch"]), note["instrument_family_str"], note["instrument_source_str"])
        found[whole_audio(name)[:length].tobytes()] = (*head, str(note["velocity"]), *qualities)
    return found
