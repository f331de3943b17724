"""What run.json keeps."""

import dataclasses

import numpy as np
import pytest

from gansynth_tf.training.run_record import RunRecord

RECORD = RunRecord(
    labels={"genre": ("hip-hop", "jazz"), "pitch": ("9", "10")},
    scale=(0.25, 1.0),
    offset=(0.1, 0.0),
    sample_rate=16000,
    length_samples=8000,
    representation_shape=(16, 32, 2),
    versions={"gansynth_tf": "0.1.0"},
    settings={"seed": 3, "progressive.filters": (16, 8)},
)


def test_a_record_comes_back_as_it_was(tmp_path):
    RECORD.save(tmp_path)
    loaded = RunRecord.load(tmp_path)
    assert loaded.labels == RECORD.labels
    assert list(loaded.labels) == ["genre", "pitch"]
    assert (loaded.scale, loaded.offset) == (RECORD.scale, RECORD.offset)
    assert loaded.representation_shape == (16, 32, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_constants_of_each_bin_come_back_as_they_were(tmp_path):
    scale, offset = np.random.default_rng(0).normal(size=[2, 32, 2])
    dataclasses.replace(RECORD, scale=scale, offset=offset).save(tmp_path)
    loaded = RunRecord.load(tmp_path)
    assert loaded.scale == tuple(map(tuple, scale.tolist()))  # Bins first, then channels, to the last bit.
    assert loaded.offset == tuple(map(tuple, offset.tolist()))


@pytest.mark.parametrize(
    "scale, offset",
    [((1.0,), (1.0, 2.0)), (((1.0, 2.0),), (1.0, 2.0)), ((1.0, np.nan), (0.0, 0.0)), (1.0, 0.0)],
)
def test_what_cannot_be_constants_is_refused(scale, offset):
    with pytest.raises(ValueError, match=r"of one shape, \[channels\] or \[bins, channels\], finite"):
        dataclasses.replace(RECORD, scale=scale, offset=offset)


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "run.json").write_text('{"labels": {}}')
    with pytest.raises(ValueError, match=r"run\.json is no record of a run \(KeyError\('scale'\)\)"):
        RunRecord.load(tmp_path)
    RECORD.save(tmp_path)
    damaged = (tmp_path / "run.json").read_text().replace("0.25", "null")
    (tmp_path / "run.json").write_text(damaged)
    with pytest.raises(ValueError, match=r"run\.json is no record of a run.*of one shape"):
        RunRecord.load(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(ValueError, match="no record of a run"):
        RunRecord.load(tmp_path)


def test_a_failed_write_leaves_the_last_good_record(tmp_path, monkeypatch):
    RECORD.save(tmp_path)
    before = (tmp_path / "run.json").read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gansynth_tf.training.run_record.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        RECORD.save(tmp_path)
    assert (tmp_path / "run.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
