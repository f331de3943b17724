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
