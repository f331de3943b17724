"""NSynth of TensorFlow Datasets: as that library's own code names, writes and prepares it."""

import importlib.util
import os
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.data import nsynth_notes
from gansynth_tf.data.nsynth import TFDS_BUILDERS, NSynth
from gansynth_tf.options import UserError
from tests.data.nsynth_files import (
    ALL_SOURCES,
    FAMILIES,
    NOTES,
    QUALITIES,
    TABLE,
    chosen,
    expected,
    fields,
    is_papers,
    put_table,
    serialized,
    tfds_example,
    told,
)

RATE, LENGTH = 16000, 8000


@pytest.fixture(params=["own", "gansynth"])
def tfds_builder(request, tmp_path):
    """TensorFlow Datasets' own code for both choices of splits, unprepared."""
    tfds = pytest.importorskip("tensorflow_datasets")
    return request.param, tfds.builder(TFDS_BUILDERS[request.param], data_dir=str(tmp_path / "tfds"))


def test_its_names_are_those_of_tensorflow_datasets(tfds_builder, tmp_path):
    splits, builder = tfds_builder
    features = builder.info.features
    assert tuple(features["instrument"]["family"].names) == nsynth_notes.FAMILIES == tuple(FAMILIES)
    assert tuple(features["instrument"]["source"].names) == nsynth_notes.SOURCES == ALL_SOURCES
    assert tuple(features["qualities"]) == nsynth_notes.QUALITIES == tuple(QUALITIES)
    assert features["audio"].sample_rate == nsynth_notes.SAMPLE_RATE
    assert tuple(features["pitch"].names) == tuple(map(str, range(128)))
    put_table(tmp_path)
    (tmp_path / "labels.txt").write_text("\n".join(f"instrument_{i}" for i in range(1006)))
    paths = {
        "examples": dict.fromkeys(("train", "valid", "test"), str(tmp_path)),
        "instrument_labels": str(tmp_path / "labels.txt"),
        "gansynth_splits": str(tmp_path / "nsynth-gansynth_splits.csv"),
    }
    downloads = mock.Mock()
    downloads.download_and_extract.return_value = paths
    generators = builder._split_generators(downloads)
    assert [generator.name for generator in generators] == ["train", "valid", "test"]
    asked = downloads.download_and_extract.call_args[0][0]
    assert ("gansynth_splits" in asked) == (splits == "gansynth")
    if splits == "gansynth":
        assert asked["gansynth_splits"].endswith(nsynth_notes.SPLIT_TABLE)
        ids = {generator.name: generator.gen_kwargs["ids"] for generator in generators}
        assert {name: split for split in ids for name in ids[split]} == TABLE


def test_notes_are_written_here_as_tensorflow_datasets_reads_them(monkeypatch):
    module = pytest.importorskip("tensorflow_datasets.datasets.nsynth.nsynth_dataset_builder")
    monkeypatch.setattr(module, "tfds", mock.Mock())  # It counts by a package that is not there.
    for number, name in enumerate(NOTES["train"]):
        note = tf.train.Example.FromString(serialized(name))
        key, theirs = module._emit_base_example(note, "train")
        ours = tfds_example("train", number, {})
        np.testing.assert_array_equal(theirs.pop("audio"), ours.pop("audio"))
        ours["id"] = ours["id"].encode()
        ours["instrument"] = {
            "label": fields(name)["instrument_str"],
            "family": FAMILIES[ours["instrument"]["family"]],
            "source": ALL_SOURCES[ours["instrument"]["source"]],
        }
        assert key == name.encode() and theirs == ours


def test_each_choice_of_splits_asks_for_its_own_data_set(tmp_path):
    for splits, builder in (("own", "nsynth/full"), ("gansynth", "nsynth/gansynth_subset")):
        with pytest.raises(UserError, match=f"^{builder} is not in "):
            NSynth(RATE, LENGTH, splits=splits, data_dir=str(tmp_path))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The notes as TensorFlow Datasets keeps them on disk, in an older version of both data sets."""
    tfds = pytest.importorskip("tensorflow_datasets")
    features = tfds.builder("nsynth/full").info.features
    directory = tmp_path_factory.mktemp("prepared")
    with tfds.core.registered.skip_registration():

        class Nsynth(tfds.core.GeneratorBasedBuilder):
            VERSION = tfds.core.Version("2.3.2")
            BUILDER_CONFIGS = [
                tfds.core.BuilderConfig(name=name, description=name) for name in ("full", "gansynth_subset")
            ]

            def _info(self):
                return tfds.core.DatasetInfo(builder=self, features=features)

            def _split_generators(self, dl_manager):
                return {split: self._generate_examples(split) for split in NOTES}

            def _generate_examples(self, split):
                for number, name in enumerate(NOTES[split]):
                    yield name, tfds_example(split, number, {})

    for config in ("full", "gansynth_subset"):
        Nsynth(config=config, data_dir=str(directory)).download_and_prepare()
    return directory


@pytest.mark.parametrize("splits", ["own", "gansynth"])
def test_what_was_prepared_is_read_whatever_its_version(prepared, splits):
    dataset = NSynth(RATE, LENGTH, data_dir=str(prepared), splits=splits)
    assert "2.3.2" in dataset.report() and ("full" in dataset.report()) == (splits == "own")
    for split, names in chosen(lambda note: is_papers(note["note_str"])).items():
        assert told(dataset, split) == expected(names)


def test_the_other_splits_are_pointed_at_if_they_are_there(prepared, tmp_path):
    os.makedirs(tmp_path / "nsynth")
    os.symlink(prepared / "nsynth" / "full", tmp_path / "nsynth" / "full")
    with pytest.raises(UserError, match="nsynth/full is there: choose it by --nsynth.splits=own"):
        NSynth(RATE, LENGTH, data_dir=str(tmp_path), splits="gansynth")


def test_what_is_not_on_disk_is_not_fetched(tmp_path, monkeypatch):
    with pytest.raises(UserError) as caught:
        NSynth(RATE, LENGTH, data_dir=str(tmp_path))
    message = str(caught.value)
    assert "nsynth/full is not in" in message and "--nsynth.folder=FOLDER" in message
    assert "CC BY 4.0" in message and "\n" not in message
    assert not list(tmp_path.rglob("*"))
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name in ("apache_beam", "google_crc32c") else found(name),
    )
    with pytest.raises(UserError, match="pip install apache-beam google-crc32c"):
        NSynth(RATE, LENGTH, download=True, data_dir=str(tmp_path))
    assert not list(tmp_path.rglob("*"))
