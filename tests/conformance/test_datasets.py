"""The exam that every dataset of the catalogue takes."""

import pickle

import numpy as np
import pytest

from gansynth_tf import options
from gansynth_tf.data import DATASETS
from gansynth_tf.data.sources import Source
from tests.data.small_forms import LENGTH, RATE, put_small_forms, surroundings_of


@pytest.fixture(scope="module")
def small_forms(tmp_path_factory):
    """{dataset: options of its small form}."""
    return put_small_forms(tmp_path_factory.mktemp("small_forms"))


@pytest.fixture(scope="module", params=DATASETS)
def make(request, small_forms):
    """Returns a function that makes the small form of a dataset, in mono or stereo."""
    chosen = small_forms.get(request.param, {})
    with surroundings_of(request.param):
        yield lambda num_channels=1: DATASETS[request.param](RATE, LENGTH, num_channels, **chosen)


@pytest.fixture(scope="module")
def dataset(make):
    return make()


def test_it_tells_what_it_was_asked_for(dataset):
    assert (dataset.sample_rate, dataset.length_samples, dataset.num_channels) == (RATE, LENGTH, 1)
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


def test_chosen_clips_are_those_of_the_whole(dataset):
    for split in dataset.splits:
        everything = list(dataset.clips(split).as_numpy_iterator())
        chosen = np.flatnonzero(np.arange(len(everything)) % 3 != 1)
        np.testing.assert_array_equal(
            list(dataset.clips(split, chosen).as_numpy_iterator()), [everything[i] for i in chosen]
        )
        assert not list(dataset.clips(split, np.zeros([0], int)).as_numpy_iterator())


def test_equal_keys_have_equal_samples_and_others_differ(dataset):
    samples_of = {}
    for split in dataset.splits:
        keys = dataset.clip_keys(split)
        assert len(keys) == len(dataset.rows(split)) and all(isinstance(key, str) for key in keys)
        for key, clip in zip(keys, dataset.clips(split).as_numpy_iterator(), strict=True):
            assert samples_of.setdefault(key, clip.tobytes()) == clip.tobytes()
    assert len(set(samples_of.values())) == len(samples_of)


def test_every_clip_has_a_source(dataset):
    names = []
    for split in dataset.splits:
        sources = dataset.sources(split)
        assert len(sources) == len(dataset.rows(split))
        for source in sources:
            assert isinstance(source, Source) and source.sample_rate > 0 and source.num_channels > 0
            assert 0 <= source.start_seconds < source.seconds and source.name and source.encoding
        names += [(source.name, source.start_seconds) for source in sources]
    assert len(set(names)) == len(names)


def test_what_it_leaves_out_has_reasons(dataset):
    assert all(isinstance(reason, str) and reason for reason in dataset.left_out.values())


def test_preparing_changes_nothing(make, dataset, tmp_path):
    prepared = make()
    seen = []
    for _ in range(2):
        prepared.prepare(tmp_path, lambda done, total: seen.append((done, total)))
    assert all(0 <= done <= total for done, total in seen)
    again = make()
    again.prepare(tmp_path)
    for other in (prepared, again):
        assert other.fingerprint() == dataset.fingerprint()
        assert other.report() == dataset.report()


def test_it_can_be_sent_to_another_process(dataset):
    copy = pickle.loads(pickle.dumps(dataset))
    split = dataset.splits[0]
    assert copy.clip_keys(split) == dataset.clip_keys(split)
    np.testing.assert_array_equal(
        list(copy.clips(split).take(3).as_numpy_iterator()),
        list(dataset.clips(split).take(3).as_numpy_iterator()),
    )


def test_stereo_is_kept_or_refused(request, make):
    try:
        stereo = make(num_channels=2)
    except ValueError as error:
        assert "num_channels" in str(error)
        return
    assert stereo.num_channels == 2
    split = stereo.splits[0]
    assert stereo.clips(split).element_spec.shape == [LENGTH, 2]
    assert make().clip_keys(split) != stereo.clip_keys(split)


def test_an_unknown_split_is_refused(dataset):
    with pytest.raises(ValueError, match="tset"):
        dataset.rows("tset")


def test_the_report_tells_the_number_of_clips(dataset):
    report = dataset.report()
    for split in dataset.splits:
        assert f"{split}: {len(dataset.rows(split))} clips" in report
