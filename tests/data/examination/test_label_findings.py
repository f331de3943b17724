"""Classes and their balance, and labels of pitch against what is heard."""

import math
import re

import numpy as np
import pytest

from gansynth_tf.data.examination import label_findings
from gansynth_tf.data.examination.examination import examine
from gansynth_tf.data.labels import Labels
from tests.data.examination.planted import Planted, ordinary, ordinary_set


def kinds(found):
    return [finding.kind for finding in found]


def balance(counts, **others):
    """What is found of a label whose training classes have these sizes."""
    classes = tuple("abcdefgh"[: len(counts)])
    column = np.repeat(np.arange(len(counts)), counts)[:, np.newaxis]
    return list(label_findings.class_findings({"train": column} | others, {"genre": classes}))


def test_classes_of_much_different_size_are_found():
    (finding,) = balance([33, 10, 20])
    assert (finding.kind, finding.clip) == ("imbalance", "label genre")
    assert finding.value == "a has 33 training clips, b 10"
    assert balance([30, 10, 20]) == []


def test_a_class_of_few_training_clips_is_found():
    assert [(one.kind, one.clip, one.value) for one in balance([7, 8])] == [
        ("few_clips", "genre a", "7 training clips")
    ]
    assert balance([8, 8]) == []


def test_a_class_without_a_clip_anywhere_is_no_matter():
    assert balance([10, 0, 10]) == []


def test_a_class_that_only_other_splits_have_is_found():
    rows = {"train": np.array([[0], [0]]), "valid": np.array([[1], [0]]), "test": np.array([[1], [1]])}
    (finding,) = label_findings.missing_findings(rows, {"genre": ("a", "b")}, ["genre"])
    assert (finding.kind, finding.clip) == ("unlearnt_class", "genre b")
    assert finding.value == "1 clips in valid, 2 clips in test"
    assert not list(label_findings.missing_findings(rows, {"genre": ("a", "b")}, []))
    rows["train"][0] = 1
    assert not list(label_findings.missing_findings(rows, {"genre": ("a", "b")}, ["genre"]))


def test_clips_without_a_class_are_counted_by_split():
    rows = {"train": np.array([[0], [-1], [-1]]), "test": np.array([[0]])}
    (finding,) = label_findings.missing_findings(rows, {"genre": ("a",)}, ["genre"])
    assert (finding.kind, finding.split, finding.value) == (
        "unlabelled",
        "train",
        "2 of 3 clips have no genre",
    )


def test_classes_that_are_never_together_are_found():
    classes = {"genre": ("a", "b"), "pitch": ("60", "61")}
    rows = np.tile([[0, 0], [0, 1], [1, 1]], [8, 1])
    (finding,) = label_findings.class_findings({"train": rows}, classes)
    assert (finding.kind, finding.value) == ("absent_combinations", "1 of 4 have no training clip, as b 60")
    whole = np.tile([[0, 0], [0, 1], [1, 1], [1, 0]], [8, 1])
    assert not list(label_findings.class_findings({"train": whole}, classes))
    unknown = np.tile([[0, -1], [1, -1]], [8, 1])
    assert "absent_combinations" not in kinds(label_findings.class_findings({"train": unknown}, classes))


def test_the_classes_of_training_are_judged_not_those_of_the_dataset():
    dataset = ordinary_set(20, {"genre": ("a", "b", "c"), "mood": ("d", "e")})
    dataset.add(ordinary(70), classes=(2, 0))
    merged = Labels(dataset, ("genre",), ("genre:c=a",))
    examination = examine(dataset, merged)
    assert dict(examination.classes) == {"genre": ("a", "b")}
    assert kinds(examination.findings) == ["few_clips"]
    dropped = examine(dataset, Labels(dataset, ("mood",), ("genre:c=",)))
    assert dropped.used["train"].sum() == 14
    assert not dropped.used["train"][20]


def test_without_labels_nothing_is_said_of_classes():
    dataset = ordinary_set(10, {"genre": ("a", "b")})
    assert kinds(examine(dataset, Labels(dataset, None)).findings) == []
    assert kinds(examine(dataset, Labels(dataset)).findings) == ["few_clips", "few_clips"]


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"genre": ("60", "61"), "pitch": ("60", "61")}, "pitch"),
        ({"MIDI": ("21", "108")}, "MIDI"),
        ({"note": ("60.5",)}, "note"),
        ({"pitch": ("c4", "d4")}, ""),
        ({"pitch": ("440", "880")}, ""),
        ({"genre": ("60", "61")}, ""),
        ({}, ""),
    ],
)
def test_a_label_of_pitch_is_known_by_its_name_and_numbers(labels, name):
    assert label_findings.pitch_label(labels) == name


PITCHES = tuple(map(str, range(40, 90)))


def pitched(midis, heard=None):
    """A dataset of notes: labels, and where they sound if that is not there."""
    dataset = Planted({"pitch": PITCHES})
    for number, (label, midi) in enumerate(zip(midis, heard or midis, strict=True)):
        f0_hz = 440.0 * 2 ** ((midi - 69) / 12)
        classes = (PITCHES.index(str(label)) if label else -1,)
        dataset.add(ordinary(number, f0_hz), classes=classes)
    return dataset


def pitch_kinds(dataset):
    examination = examine(dataset, Labels(dataset, None))
    return [(finding.kind, finding.clip, finding.value) for finding in examination.findings]


def test_a_clip_that_sounds_at_another_pitch_than_its_label_is_found():
    found = pitch_kinds(pitched([50, 55, 60, 65, 70], [50, 55, 62, 65, 70]))
    assert [(kind, clip) for kind, clip, _ in found] == [("pitch_disagrees", "2.wav")]
    assert found[0][2] == "heard at MIDI 62.0, +2.0 semitones from its label 60"


def test_a_clip_that_sounds_lower_is_told_so():
    assert "-3.0 semitones" in pitch_kinds(pitched([50, 60], [50, 57]))[0][2]


@pytest.mark.parametrize("distance", [12, -12, 24, 19])
def test_an_octave_is_a_milder_finding(distance):
    ((kind, clip, _),) = pitch_kinds(pitched([55, 64, 60], [55, 64 + distance, 60]))
    assert (kind, clip) == ("pitch_octave", "1.wav")


def test_detuned_notes_and_those_without_a_label_agree():
    assert pitch_kinds(pitched([50, 55, 60], [50.4, 54.6, 60.2])) == []
    assert pitch_kinds(pitched([50, None, 60], [50, 57, 60])) == []


def test_a_clip_that_is_no_note_is_not_judged():
    dataset = pitched([50, 55, 60])
    chord = sum(ordinary(i, f0_hz) for i, f0_hz in enumerate((220.0, 311.1, 466.2)))
    dataset.add(0.4 * chord, classes=(3,))
    assert pitch_kinds(dataset) == []


@pytest.mark.parametrize("rates", [(44100, 48000), (48000, 44100), (22050, 16000)])
def test_a_whole_set_of_wrong_rates_is_told_once(rates):
    offset = 12 * math.log2(rates[0] / rates[1])
    midis = [50, 53, 57, 60, 64, 70]
    found = pitch_kinds(pitched(midis, [midi + offset for midi in midis]))
    assert [kind for kind, _, _ in found] == ["pitch_offset"] + ["pitch_disagrees"] * 6
    assert f"6 of 6 pitched clips are {offset:+.2f}"[:-1] in found[0][2]
    factor = float(re.search(r"a factor of ([\d.]+)", found[0][2]).group(1))
    assert factor == pytest.approx(rates[0] / rates[1], rel=1e-3)


def test_some_wrong_labels_are_no_common_offset():
    found = pitch_kinds(pitched([50, 53, 57, 60, 64, 70, 72, 75], [52, 50, 62, 59, 68, 70, 72, 75]))
    assert [kind for kind, _, _ in found] == ["pitch_disagrees"] * 5
