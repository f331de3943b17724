"""The committed judges on held-out clips of grooves, and what they must refuse."""

import json
import pathlib

import numpy as np
import pytest

from gansynth_tf.data.grooves import Grooves
from gansynth_tf.evaluation import judge_report
from gansynth_tf.evaluation.baselines import comparison_clips, mean_clips, white_noise
from gansynth_tf.evaluation.forest import ForestJudge, handcrafted_features
from gansynth_tf.evaluation.judges import (
    BOUNDS,
    Judges,
    Reference,
    build_reference,
    clip_space,
    in_turns,
    judge,
    split_clips,
)
from gansynth_tf.evaluation.judges_training import train_judges

JUDGES_DIR = pathlib.Path(__file__).parents[2] / "eval" / "judges"
SAMPLE_RATE, LENGTH_SAMPLES, NUM_CLASSES = 16000, 32000, 6


class PlainAudio:
    """Stands for a representation: the data are the samples."""

    shape = (LENGTH_SAMPLES, 1, 1)

    def to_data(self, audio):
        return audio[:, :, None, None]

    def to_audio(self, data):
        return data[:, :, 0, 0]


@pytest.fixture(scope="module")
def dataset():
    return Grooves(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=360, num_test_clips=120)


@pytest.fixture(scope="module")
def judges():
    return Judges.load(JUDGES_DIR)


@pytest.fixture(scope="module")
def held_out(dataset):
    return split_clips(dataset, "test"), dataset.rows("test")[:, 0]


@pytest.fixture(scope="module")
def reference(dataset, judges, held_out):
    return build_reference(dataset, judges, *held_out, num_per_class=20)


@pytest.fixture(scope="module")
def results(dataset, judges, held_out, reference):
    clips = comparison_clips(dataset, 0, *held_out, NUM_CLASSES, PlainAudio(), seed=3)
    return {name: judge(audio, asked, judges, reference) for name, audio, asked in clips}


def test_committed_judges_know_held_out_clips(judges, held_out):
    audio, truths = held_out
    assert np.mean(judges.classifier.predict(audio)[:, 0] == truths) >= 0.9
    assert np.mean(judges.forest.predict(audio) == truths) >= 0.9


def test_committed_facts_say_how_good_the_judges_are(dataset):
    facts = json.loads((JUDGES_DIR / "classifier" / "classifier.json").read_text())["facts"]
    assert facts["held_out_accuracy_classifier"] >= 0.95
    assert facts["held_out_accuracy_forest"] >= 0.85


def test_real_clips_pass(results):
    result = results["real test clips"]
    assert result["passed"], result["passes"]
    assert result["within_distance_ratio"] == pytest.approx(1.0)
    assert result["nearest_train_ratio"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        (
            "white noise",
            {"share_by_classifier", "share_by_forest", "within_distance_ratio", "coverage_ratio"},
        ),
        ("mean clip of each class", {"within_distance_ratio", "coverage_ratio"}),
        ("real, labels shuffled", {"share_by_classifier", "share_by_forest"}),
        ("copied training clips", {"nearest_train_ratio"}),
    ],
)
def test_what_must_fail_fails_for_the_right_reason(results, name, failing):
    passes = results[name]["passes"]
    assert not results[name]["passed"]
    assert failing <= {key for key, passed in passes.items() if not passed}


def test_shuffled_labels_show_in_the_labels_only(results):
    real, shuffled = results["real test clips"], results["real, labels shuffled"]
    for name in ("density", "coverage", "nearest_train_distance"):
        assert shuffled[name] == pytest.approx(real[name])


def test_copies_are_at_distance_zero(results):
    assert results["copied training clips"]["nearest_train_distance"] == pytest.approx(0.0, abs=1e-3)


def test_a_perfect_representation_changes_nothing(results):
    assert (
        results["real, through representation"]["share_by_forest"]
        == results["real test clips"]["share_by_forest"]
    )


def test_forest_is_the_same_at_every_start(judges, held_out):
    again = ForestJudge(SAMPLE_RATE, judges.classes, judges.forest.table, judges.forest.truths, num_trees=20)
    once_more = ForestJudge(
        SAMPLE_RATE, judges.classes, judges.forest.table, judges.forest.truths, num_trees=20
    )
    table = judges.forest.table[:50]
    np.testing.assert_array_equal(again.forest.predict_proba(table), once_more.forest.predict_proba(table))


def test_level_does_not_matter_to_the_features(held_out):
    clip = held_out[0][0]
    np.testing.assert_allclose(
        handcrafted_features(clip, SAMPLE_RATE), handcrafted_features(clip * 0.1, SAMPLE_RATE), atol=2e-2
    )
    np.testing.assert_allclose(
        clip_space(clip[None], SAMPLE_RATE), clip_space(clip[None] * 0.1, SAMPLE_RATE), atol=1e-3
    )


def test_silence_and_noise_give_finite_features(held_out):
    assert np.all(np.isfinite(handcrafted_features(np.zeros(LENGTH_SAMPLES), SAMPLE_RATE)))
    assert np.all(np.isfinite(handcrafted_features(white_noise(held_out[0][:1], 0)[0], SAMPLE_RATE)))


def test_mean_clips_are_means_of_the_data():
    audio = np.stack([np.full(LENGTH_SAMPLES, value, np.float32) for value in (0.0, 0.2, 0.6)])
    means = mean_clips(audio, np.array([0, 0, 1]), 2, PlainAudio(), batch_size=2)
    np.testing.assert_allclose(means[:, 0], [0.1, 0.6], rtol=1e-6)


def test_clips_take_turns_and_too_few_are_refused():
    assert in_turns(np.array([0, 0, 1, 1, 0, 1]), 2, 2).tolist() == [0, 2, 1, 3]
    assert in_turns(np.array([0, 0, 1, 1, 0, 1]), 1, 2, skip=2).tolist() == [4, 5]
    with pytest.raises(ValueError, match="ask for fewer clips"):
        in_turns(np.array([0, 1, 1]), 2, 2)


def test_reference_is_saved_and_loaded(reference, judges, held_out, tmp_path):
    reference.save(tmp_path / "reference.npz")
    loaded = Reference.load(tmp_path / "reference.npz")
    audio, asked = held_out
    assert judge(audio[:24], asked[:24], judges, loaded) == judge(audio[:24], asked[:24], judges, reference)


def test_report_marks_what_missed_its_bound_and_writes_three_files(results, judges, tmp_path):
    text = judge_report.table(results)
    assert "*" in text.split("white noise")[1].splitlines()[0]
    assert "*" not in text.split("real test clips")[1].splitlines()[0]
    paths = judge_report.write_files(results, judges.classes, {"seed": 1}, tmp_path)
    stored = json.loads(paths[0].read_text())
    assert stored["results"]["white noise"]["passes"] == results["white noise"]["passes"]
    assert set(stored["bounds"]) == set(BOUNDS)
    assert paths[1].read_text().count("\n") > 50 and paths[2].stat().st_size > 10_000


def test_strangers_are_refused_in_one_line(judges, held_out):
    with pytest.raises(ValueError, match=r"hear clips of 32000 samples at 16000 Hz"):
        build_reference(Grooves(SAMPLE_RATE, 16000, num_clips=12, num_test_clips=6), judges, *held_out)
    with pytest.raises(ValueError, match="train the judges first"):
        ForestJudge.load(JUDGES_DIR / "nowhere")
    with pytest.raises(ValueError, match="at least 1.28 s"):
        handcrafted_features(np.zeros(100), SAMPLE_RATE)
    with pytest.raises(ValueError, match="same classes"):
        Judges(
            judges.classifier, ForestJudge(SAMPLE_RATE, ("a", "b"), np.eye(2), np.array([0, 1]), num_trees=1)
        )


def test_judges_can_be_trained_on_a_few_clips(tmp_path):
    small = Grooves(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=72, num_test_clips=12)
    trained, facts = train_judges(small, "genre", num_epochs=1, num_forest_clips_per_class=4)
    assert trained.classes == small.labels["genre"] and facts["num_forest"] == 24
    assert 0.0 <= facts["held_out_accuracy_forest"] <= 1.0
    with pytest.raises(ValueError, match="must be one of genre"):
        train_judges(small, "pitch")
