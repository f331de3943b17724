"""The exam that every dataset of the catalogue takes."""

import numpy as np
import pytest
import soundfile

from gansynth_tf import options
from gansynth_tf.data import DATASETS

RATE = 8000
LENGTH = 4000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of tones: two genres, enough files for three splits."""
    directory = tmp_path_factory.mktemp("recordings")
    for genre, f0_hz in (("high", 800), ("low", 200)):
        (directory / genre).mkdir()
        for i in range(15):
            audio = 0.5 * np.sin(2 * np.pi * (f0_hz + 5 * i) * np.arange(LENGTH + 100 * i) / RATE)
            soundfile.write(directory / genre / f"{i}.wav", audio, RATE)
    return str(directory)


@pytest.fixture(scope="module", params=DATASETS)
def make(request, folder):
    """Returns a function that makes the small form of a dataset, with other options if given."""
    small = {
        "grooves": {"num_clips": 8, "num_test_clips": 6},
        "audio_folder": {"folder": folder, "valid_fraction": 0.2, "test_fraction": 0.2},
        "tfds_audio": {"builder": "gtzan", "valid_fraction": 0.2, "test_fraction": 0.2},
    }
    # A new dataset is examined with its defaults, unless it says above what is small.
    chosen = small.get(request.param, {})
    if request.param != "tfds_audio":
        yield lambda: DATASETS[request.param](RATE, LENGTH, **chosen)
        return
    tfds = pytest.importorskip("tensorflow_datasets")
    with pytest.MonkeyPatch.context() as patch, tfds.testing.mock_data(num_examples=20):
        patch.setattr(tfds.core.DatasetInfo, "splits", property(lambda info: {"train": None}))
        yield lambda: DATASETS["tfds_audio"](RATE, LENGTH, **chosen)


@pytest.fixture(scope="module")
def dataset(make):
    return make()


def test_it_tells_what_it_was_asked_for(dataset):
    assert (dataset.sample_rate, dataset.length_samples) == (RATE, LENGTH)
    assert isinstance(dataset.how_to_run, frozenset)
    assert options.options_of(type(dataset))


def test_labels_have_distinct_classes(dataset):
    assert dataset.labels
    for name, classes in dataset.labels.items():
        assert isinstance(name, str) and isinstance(classes, tuple) and classes
        assert len(set(classes)) == len(classes) and all(isinstance(one, str) and one for one in classes)


def test_it_has_known_splits_with_clips(dataset):
    assert "train" in dataset.splits
    assert set(dataset.splits) <= {"train", "valid", "test"}
    assert all(len(dataset.rows(split)) for split in dataset.splits)


def test_labels_are_in_range(dataset):
    counts = [len(classes) for classes in dataset.labels.values()]
    for split in dataset.splits:
        rows = dataset.rows(split)
        assert rows.dtype == np.int32 and rows.shape[1:] == (len(counts),)
        assert (rows >= -1).all() and (rows < counts).all()


def test_there_is_one_clip_a_row(dataset):
    for split in dataset.splits:
        clips = dataset.clips(split)
        assert clips.element_spec.shape == [LENGTH] and clips.element_spec.dtype == np.float32
        samples = np.stack(list(clips.as_numpy_iterator()))
        assert len(samples) == len(dataset.rows(split))
        assert np.isfinite(samples).all() and np.abs(samples).max() <= 1.0


def test_the_same_options_give_the_same_clips_in_the_same_order(make, dataset):
    again = make()
    assert again.fingerprint() == dataset.fingerprint()
    assert again.labels == dataset.labels and again.splits == dataset.splits
    for split in dataset.splits[:2]:
        np.testing.assert_array_equal(again.rows(split), dataset.rows(split))
        for _ in range(2):
            first = list(dataset.clips(split).take(4).as_numpy_iterator())
            np.testing.assert_array_equal(list(again.clips(split).take(4).as_numpy_iterator()), first)


def test_an_unknown_split_is_refused(dataset):
    with pytest.raises(ValueError, match="tset"):
        dataset.rows("tset")


def test_the_report_tells_the_number_of_clips(dataset):
    report = dataset.report()
    for split in dataset.splits:
        assert f"{split}: {len(dataset.rows(split))} clips" in report
