"""A data set whose recordings are not there tells its classes, and nothing else."""

import numpy as np
import pytest

from gansynth_tf.data.labels import Labels
from gansynth_tf.data.missing import ClassesAlone, RecordingsMissing
from gansynth_tf.data.nsynth import NSynth
from gansynth_tf.experiment import Experiment
from gansynth_tf.options import UserError, build
from tests.data.nsynth_files import put_folders

LABELS = {"pitch": ("60", "61", "62"), "quality": ("no", "yes")}


def alone():
    return ClassesAlone(RecordingsMissing("notes are not in /data.", LABELS), 16000, 8000, 1)


def test_its_rows_give_every_class_and_only_to_training():
    dataset = alone()
    np.testing.assert_array_equal(dataset.rows("train"), [[0, 0], [1, 1], [2, 0]])
    assert dataset.rows("train").dtype == np.int32
    assert dataset.splits == ("train",) and dataset.rows("valid").shape == (0, 2)
    assert Labels(dataset, ("quality", "pitch")).classes == {
        "quality": ("no", "yes"),
        "pitch": LABELS["pitch"],
    }
    assert "clips are not counted: notes are not in /data." in dataset.report()


def test_one_without_labels_has_no_rows():
    assert ClassesAlone(RecordingsMissing("gone", {}), 16000, 8000, 1).rows("train").shape == (0, 0)


def test_nsynth_tells_the_same_classes_with_and_without_recordings(tmp_path):
    folder = str(put_folders(tmp_path / "found"))
    for options in (
        {},
        {"lowest_pitch": 60, "highest_pitch": 64, "families": ("brass", "flute"), "lowest_velocity": 60},
    ):
        with pytest.raises(RecordingsMissing, match="nsynth/full is not in") as caught:
            NSynth(16000, 8000, data_dir=str(tmp_path / "nothing"), **options)
        found = NSynth(16000, 8000, folder=folder, **options)
        assert list(caught.value.labels.items()) == list(found.labels.items())
    assert found.labels["pitch"] == ("60", "61", "62", "63", "64")


def test_a_folder_that_the_user_names_must_hold_them(tmp_path):
    with pytest.raises(UserError, match="does not hold NSynth") as caught:
        NSynth(16000, 8000, folder=str(tmp_path))
    assert not isinstance(caught.value, RecordingsMissing)


def test_an_error_of_a_part_keeps_what_it_carries():
    def part(*, size: int = 1):
        """A part.

        Args:
            size: Its size.
        """
        raise RecordingsMissing("not there", LABELS)

    with pytest.raises(RecordingsMissing, match="^part: not there$") as caught:
        build(part, settings={}, prefix="part")
    assert caught.value.labels == LABELS


def settings_of(tmp_path, **more):
    return {"nsynth.data_dir": str(tmp_path), "labels": ("pitch",), **more}


def test_an_experiment_goes_on_with_classes_alone_only_when_it_plans(tmp_path):
    settings = settings_of(tmp_path, dataset=("nsynth",), label_map=("pitch:84=",))
    with pytest.raises(UserError, match="nsynth/full is not in"):
        Experiment.from_settings(settings).check()
    experiment = Experiment.from_settings(settings)
    experiment.planning = True
    experiment.check()
    assert experiment.labels.classes == {"pitch": tuple(map(str, range(24, 84)))}
    assert list(experiment.missing) == ["nsynth"] and "nsynth/full is not in" in experiment.missing["nsynth"]


def test_one_of_several_data_sets_may_be_missing(tmp_path):
    settings = settings_of(tmp_path, dataset=("notes", "nsynth"), dataset_weights=(1.0, 2.0))
    settings |= {"notes.num_clips": 12, "notes.num_test_clips": 12, "notes.highest_pitch": 60}
    settings |= {"notes.lowest_pitch": 59, "nsynth.lowest_pitch": 60, "nsynth.highest_pitch": 61}
    experiment = Experiment.from_settings(settings)
    experiment.planning = True
    experiment.check()
    experiment.check_labels()
    assert experiment.labels.classes == {"pitch": ("59", "60", "61")}
    assert list(experiment.missing) == ["nsynth"]
    assert "clips are not counted" in experiment.dataset.report()
