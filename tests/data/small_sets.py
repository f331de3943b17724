"""Small files for public data sets, and what TensorFlow Datasets' own builders make of such files."""

import contextlib
import io
import tarfile
from pathlib import Path

import numpy as np
import soundfile
import tensorflow_datasets as tfds


def tone(f0_hz, seconds=0.5, rate=16000, level=0.5):
    """Returns float32 [samples]."""
    return (level * np.sin(2 * np.pi * f0_hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def put(folder, name, audio, rate=16000):
    """Writes a recording and returns its path."""
    path = Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate)
    return path


class Downloads:
    """Stands in for TensorFlow Datasets' download manager: everything was downloaded long ago.

    Args:
        place: What each download gives: a folder where it was unpacked, or an archive.
    """

    def __init__(self, place):
        self._place = str(place)

    def download_and_extract(self, urls):
        return {name: self._place for name in urls} if isinstance(urls, dict) else self._place

    def download(self, urls):
        return [self._place for _ in urls]

    def iter_archive(self, path):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile():
                    yield member.name, io.BytesIO(archive.extractfile(member).read())


def put_public_sets(folder):
    """Writes a few recordings of each public set in its original layout; returns {its name: its folder}."""
    folders = {name: folder / name for name in ("gtzan", "groove", "speech_commands", "spoken_digit")}
    rows = ["drummer,id,style,beat_type,time_signature,audio_filename,split"]
    for number in range(10):
        # No two stretches of it are equal.
        audio = tone(200.3 + 20.7 * number, 1.1, 8000) * np.linspace(1.0, 0.8, 8800, dtype=np.float32)
        for genre in ("blues", "rock"):
            level = 0.9 if genre == "rock" else 0.7
            put(folders["gtzan"], f"genres/{genre}/{genre}.{number:05d}.au", level * audio, 8000)
        split = ("train", "validation", "test")[number % 3]
        name = f"drummer{number + 1}/session1/1.wav"
        rows.append(f"drummer{number + 1},{number},{('rock', 'funk')[number % 2]},beat,4-4,{name},{split}")
        put(folders["groove"], name, audio, 8000)
        put(folders["speech_commands"], f"yes/{number:08x}_nohash_0.wav", audio[:3000], 8000)
        put(folders["speech_commands"], f"no/{number:08x}_nohash_0.wav", 0.8 * audio[:3000], 8000)
        put(folders["spoken_digit"], f"recordings/{number}_theo_{number}.wav", audio[:3000], 8000)
    (folders["groove"] / "info.csv").write_text("\n".join(rows) + "\n")
    return folders


def own_splits(builder_name, place, tmp_path):
    """Returns {split: its generator} as the builder itself would prepare the files in `place`."""
    builder = tfds.builder(builder_name, data_dir=str(tmp_path))
    generators = builder._split_generators(Downloads(place))
    return {str(one.name): one for one in generators}


def own_examples(builder_name, place, tmp_path):
    """Returns {split: [example]} as the builder reads them, where it leaves decoding to TensorFlow Datasets."""
    builder = tfds.builder(builder_name, data_dir=str(tmp_path))
    splits = own_splits(builder_name, place, tmp_path)
    return {
        name: [example for _, example in builder._generate_examples(**one.gen_kwargs)]
        for name, one in splits.items()
    }


@contextlib.contextmanager
def nothing_is_fetched(monkeypatch):
    """Fails if a data set is downloaded."""

    def refuse(builder, *arguments, **options):
        raise AssertionError(f"{builder.name} would be downloaded")

    with monkeypatch.context() as patch:
        patch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", refuse)
        yield
