"""Several datasets as one: rows, clips and labels go together, whichever set they come from."""

import pickle

import numpy as np
import pytest
import soundfile

from gansynth_tf.data.audio_folder import AudioFolder
from gansynth_tf.data.grooves import Grooves
from gansynth_tf.data.labels import Labels, renames_and_changes
from gansynth_tf.data.union import Union
from gansynth_tf.experiment import Experiment
from gansynth_tf.options import UserError

RATE, LENGTH = 8000, 1000
LEVELS = {"rock": 0.3, "samba": 0.5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two styles of twelve files each, told apart by their level, one file that is none, and a second label."""
    root = tmp_path_factory.mktemp("union")
    lines = ["path,style,pitch"]
    for number in range(24):
        style = list(LEVELS)[number % 2]
        tone = LEVELS[style] * np.sin(2 * np.pi * (200 + 10 * number) * np.arange(LENGTH) / RATE)
        soundfile.write(root / f"{number:02d}.wav", tone, RATE)
        lines.append(f"{number:02d}.wav,{style},{60 + number % 3}")
    (root / "bad.wav").write_bytes(b"nonsense")
    lines.append("bad.wav,rock,60")
    (root / "labels.csv").write_text("\n".join(lines))
    return str(root)


def joined(folder, renames=None):
    parts = {
        "grooves": Grooves(RATE, LENGTH, num_clips=12, num_test_clips=6),
        "audio_folder": AudioFolder(RATE, LENGTH, folder=folder, valid_fraction=0.0, test_fraction=0.3),
    }
    return Union(parts, renames)


def test_labels_stand_side_by_side_without_a_map(folder):
    union = joined(folder)
    assert list(union.labels) == ["genre", "style", "pitch"]
    assert union.labels["style"] == ("rock", "samba") and union.labels["pitch"] == ("60", "61", "62")
    rows = union.rows("train")
    assert rows.dtype == np.int32 and (rows[:12, 1:] == -1).all() and (rows[12:, 0] == -1).all()
    assert (rows[:12, 0] >= 0).all() and (rows[12:, 1:] >= 0).all()


def test_a_label_of_one_name_is_one_and_equal_classes_merge(folder):
    for renames in ({"style": "genre"}, {"audio_folder.style": "genre"}):
        union = joined(folder, renames)
        assert list(union.labels) == ["genre", "pitch"]
        assert union.labels["genre"].count("rock") == 1 and union.labels["genre"][-1] == "samba"
        levels = [np.abs(clip).max() for clip in union.clips("train", range(12, 24)).as_numpy_iterator()]
        names = [union.labels["genre"][number] for number in union.rows("train")[12:24, 0]]
        np.testing.assert_allclose(levels, [LEVELS[name] for name in names], atol=0.02)


def test_clips_are_those_of_the_sets_in_their_order(folder):
    union = joined(folder)
    whole = list(union.clips("train").as_numpy_iterator())
    assert len(whole) == len(union.rows("train")) == len(union.sources("train")) > 24
    chosen = [0, 11, 12, len(whole) - 1]
    picked = list(union.clips("train", chosen).as_numpy_iterator())
    np.testing.assert_array_equal(picked, [whole[i] for i in chosen])
    np.testing.assert_array_equal(union.groups("train"), [0] * 12 + [1] * (len(whole) - 12))
    names = [union.sources("train")[i].name for i in chosen[:3]]
    assert names[:2] == ["grooves/train/0", "grooves/train/11"] and names[2].startswith("audio_folder/")


def test_splits_are_those_of_any_set(folder):
    union = joined(folder)
    assert union.splits == ("train", "valid", "test")
    assert len(list(union.clips("valid").as_numpy_iterator())) == len(union.rows("valid")) == 6
    with pytest.raises(ValueError, match="tset"):
        union.rows("tset")


def test_it_tells_what_it_leaves_out_and_what_it_is(folder):
    union = joined(folder, {"style": "genre"})
    assert list(union.left_out) == ["audio_folder/bad.wav"]
    report = union.report()
    assert "grooves + audio_folder" in report and "style is called genre" in report
    assert f"train: {len(union.rows('train'))} clips" in report
    assert (
        union.fingerprint()
        == joined(folder, {"style": "genre"}).fingerprint()
        != joined(folder).fingerprint()
    )
    assert pickle.loads(pickle.dumps(union)).clip_keys("test") == union.clip_keys("test")


@pytest.mark.parametrize(
    ("renames", "message"),
    [
        ({"styl": "genre"}, "no label 'styl', but genre, pitch, style. Did you mean style?"),
        ({"grooves.style": "genre"}, "no label 'grooves.style'"),
        ({"pitch": "style"}, "gives two labels of audio_folder the name 'style'"),
        ({"style": ""}, "a label needs a name"),
    ],
)
def test_a_mistake_in_a_name_is_told(folder, renames, message):
    with pytest.raises(UserError) as caught:
        joined(folder, renames)
    assert message in str(caught.value)


def test_a_label_map_holds_both_kinds_of_entries():
    renames, changes = renames_and_changes(["style=genre", "a.b = c", "genre:x=y", "genre:z="])
    assert renames == {"style": "genre", "a.b": "c"} and changes == ("genre:x=y", "genre:z=")
    for wrong in (["nonsense"], ["=genre"], ["a=b", "a=c"]):
        with pytest.raises(UserError, match="--label_map"):
            renames_and_changes(wrong)


def experiment(folder, **options):
    settings = {
        "dataset": ("grooves", "audio_folder"),
        "sample_rate": RATE,
        "length_samples": LENGTH,
        "grooves.num_clips": 12,
        "grooves.num_test_clips": 6,
        "audio_folder.folder": folder,
        "label_map": ("style=genre", "genre:samba=rock", "genre:house="),
    }
    return Experiment.from_settings(settings | options)


def test_an_experiment_trains_on_the_union(folder):
    parts = experiment(folder)
    assert isinstance(parts.labels, Labels)
    assert "samba" not in parts.labels.classes["genre"] and "house" not in parts.labels.classes["genre"]
    assert parts.mixture is None
    assert len(parts.labels.clips("train")) == len(parts.dataset.rows("train")) - 2


def test_an_experiment_knows_the_shares(folder):
    parts = experiment(folder, dataset_weights=(1.0, 3.0))
    groups, shares = parts.mixture
    assert shares == (1.0, 3.0) and list(groups[:10]) == [0] * 10 and set(groups[10:]) == {1}
    assert len(groups) == len(parts.labels.clips("train"))


def test_a_share_for_a_set_without_clips_is_refused(folder):
    dropped = ("style=genre", *(f"genre:{name}=" for name in ("samba",)), "audio_folder.pitch=height")
    parts = experiment(
        folder,
        dataset_weights=(1.0, 1.0),
        label_map=(*dropped, "height:60=", "height:61=", "height:62="),
    )
    with pytest.raises(
        UserError, match="gives audio_folder a share of the images, but it has no training clip"
    ):
        parts.check_labels()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset_weights": (1.0,)}, "one positive number for each of grooves,audio_folder"),
        ({"dataset_weights": (1.0, -1.0)}, "one positive number"),
        ({"dataset": ("grooves", "audio_folder", "grooves")}, "none twice"),
        ({"dataset": ("grooves", "groov")}, "Did you mean groov"),
        ({"dataset": ("grooves",)}, "--audio_folder.folder is an option of --dataset=audio_folder"),
    ],
)
def test_a_mistake_in_the_choice_is_told(folder, options, message):
    with pytest.raises(UserError, match=message):
        experiment(folder, **options)


def test_stereo_needs_a_representation_that_can():
    with pytest.raises(UserError, match="--channels=stereo: the representation mel_if takes mono only"):
        Experiment.from_settings({"channels": "stereo"}).check()
