"""Data sets of TensorFlow Datasets: a small one prepared here, and TFDS's own fakes; nothing is downloaded."""

import numpy as np
import pytest

from gansynth_tf.data.labels import Labels
from gansynth_tf.data.tfds_audio import TfdsAudio
from gansynth_tf.options import UserError
from tests.data.tfds_fakes import fake_tfds

tfds = pytest.importorskip("tensorflow_datasets")


class TinyTones(tfds.core.GeneratorBasedBuilder):
    """Twelve tones of growing level, in one split or two."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name="one", description="one split"),
        tfds.core.BuilderConfig(name="two", description="two splits"),
    ]

    def _info(self):
        features = {
            "audio": tfds.features.Audio(shape=(None,), dtype=np.int64, sample_rate=8000),
            "kind": tfds.features.ClassLabel(names=["low", "high"]),
            "player": {"name": tfds.features.ClassLabel(names=["ann", "bob", "cy"])},
            "title": tfds.features.Text(),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        if self.builder_config.name == "one":
            return {"train": self._generate_examples(range(12))}
        return {
            "train": self._generate_examples(range(8)),
            "validation": self._generate_examples(range(8, 12)),
        }

    def _generate_examples(self, numbers):
        for i in numbers:
            audio = np.full([2000 + 500 * i], 1000 * (i + 1), np.int64)
            yield i, {"audio": audio, "kind": i % 2, "player": {"name": i % 3}, "title": f"tone {i}"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tfds")
    for config in ("one", "two"):
        TinyTones(config=config, data_dir=str(directory)).download_and_prepare()
    return str(directory)


def opened(prepared, config="two", sample_rate=8000, download=False, **options):
    return TfdsAudio(
        sample_rate, 4000, 1, download, builder=f"tiny_tones/{config}", data_dir=prepared, **options
    )


def levels(dataset, split):
    return [round(float(clip[1000]) * 32768 / 1000) - 1 for clip in dataset.clips(split).as_numpy_iterator()]


def test_labels_are_the_class_features(prepared):
    dataset = opened(prepared)
    assert dataset.labels == {"kind": ("low", "high"), "player_name": ("ann", "bob", "cy")}
    assert Labels(dataset, ("player_name",)).class_counts == (3,)


def test_splits_are_its_own(prepared):
    dataset = opened(prepared)
    assert dataset.splits == ("train", "valid")
    assert sorted(levels(dataset, "train")) == list(range(8))
    assert sorted(levels(dataset, "valid")) == list(range(8, 12))


def test_clips_follow_their_rows(prepared):
    dataset = opened(prepared)
    for split in dataset.splits:
        numbers = np.array(levels(dataset, split))
        np.testing.assert_array_equal(dataset.rows(split), np.stack([numbers % 2, numbers % 3], 1))
    assert dataset.rows("train").dtype == np.int32


def test_one_split_is_divided(prepared):
    dataset = opened(prepared, "one", valid_fraction=0.25, test_fraction=0.25)
    numbers = {split: levels(dataset, split) for split in dataset.splits}
    assert sorted(sum(numbers.values(), [])) == list(range(12))
    assert len(numbers["train"]) >= 4 and len(numbers) > 1
    for split, found in numbers.items():
        np.testing.assert_array_equal(dataset.rows(split)[:, 0], np.array(found) % 2)
    assert "its one split is divided" in dataset.report()


def test_recordings_are_cut_padded_and_resampled(prepared):
    lengths = [int(np.count_nonzero(clip)) for clip in opened(prepared).clips("train").as_numpy_iterator()]
    assert min(lengths) == 2000 and max(lengths) == 4000
    for clip in opened(prepared, sample_rate=4000).clips("train").as_numpy_iterator():
        assert clip.shape == (4000,) and abs(clip[500]) > 0.02 and not clip[3000:].any()
    doubled = opened(prepared, file_sample_rate=4000)
    assert min(int((np.abs(c) > 1e-3).sum()) for c in doubled.clips("train").as_numpy_iterator()) > 3900


def test_the_fingerprint_tells_what_determines_the_samples(prepared):
    assert opened(prepared).fingerprint() == opened(prepared).fingerprint()
    others = [
        opened(prepared, "one"),
        opened(prepared, "one", seed=1),
        opened(prepared, file_sample_rate=4000),
    ]
    assert len({one.fingerprint() for one in [opened(prepared), *others]}) == 4


def test_what_is_not_on_disk_is_not_fetched(tmp_path):
    with pytest.raises(UserError, match="Download it with --download"):
        opened(str(tmp_path))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    dataset = opened(str(tmp_path), download=True)
    assert len(dataset.rows("train")) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs the data set's name: --tfds_audio.builder=NAME"),
        ({"builder": "gtzann"}, "no data set 'gtzann'. Did you mean gtzan?"),
        ({"builder": "tiny_tones/three"}, "refuses 'tiny_tones/three'"),
        ({"builder": "gtzan", "valid_fraction": 0.6, "test_fraction": 0.6}, "must leave recordings"),
        ({"builder": "gtzan", "seed": -1}, "`seed` must not be negative"),
    ],
)
def test_a_mistake_is_named(tmp_path, options, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        TfdsAudio(8000, 4000, data_dir=str(tmp_path), **options)


def test_a_data_set_without_audio_is_refused(monkeypatch):
    with tfds.testing.mock_data(num_examples=2):
        monkeypatch.setattr(tfds.core.DatasetInfo, "splits", property(lambda info: {"train": None}))
        with pytest.raises(UserError, match="mnist has no audio; it has image, label"):
            TfdsAudio(8000, 4000, builder="mnist")


@pytest.mark.parametrize(
    ("name", "splits", "labels"),
    [
        ("gtzan", ["train"], {"label": 10}),
        (
            "nsynth/gansynth_subset",
            ["train", "valid", "test"],
            {
                "pitch": 128,
                "velocity": 128,
                "instrument_label": 1006,
                "instrument_family": 11,
                "instrument_source": 3,
            },
        ),
        ("speech_commands", ["train", "validation", "test"], {"label": 12}),
    ],
)
def test_known_data_sets(name, splits, labels):
    with fake_tfds(splits, num_examples=12):
        dataset = TfdsAudio(16000, 4000, builder=name)
        assert {label: len(classes) for label, classes in dataset.labels.items()} == labels
        total = sum(len(dataset.rows(split)) for split in dataset.splits)
        assert total == 12 * len(splits)
        clips = np.stack(list(dataset.clips("train").as_numpy_iterator()))
        assert clips.shape == (len(dataset.rows("train")), 4000) and np.abs(clips).max() <= 1
