"""Scores of sets of points whose worth is known, without any audio."""

import numpy as np
import pytest

from gansynth_tf.evaluation.scores import Clips, RealClips, nearest_train_distances, remarks, scores

NUM, NUM_CLASSES = 120, 4
CENTRES = np.random.default_rng(7).normal(size=[NUM_CLASSES, 12]) * 2.0


def drawn(seed, *, scale=1.0, offset=0.0, heard=None):
    """Returns clips of every class in turns, normal around the class's centre; features and points are the same."""
    classes = np.arange(NUM) % NUM_CLASSES
    points = CENTRES[classes] + offset + scale * np.random.default_rng(seed).normal(size=[NUM, 12])
    return Clips(classes[:, None], {"pitch": classes if heard is None else heard}, points, points)


@pytest.fixture(scope="module")
def reals():
    real, others, held_out = drawn(1), drawn(2), drawn(3)
    train_points, own = np.concatenate([real.points, others.points]), np.arange(NUM, 2 * NUM)
    nearest = nearest_train_distances(others.points, train_points, own)
    return RealClips({"pitch": tuple("abcd")}, real, others, held_out, train_points, nearest)


def scored(clips, reals, nearest=None):
    return scores(clips, reals, nearest, num_halves=20)


def test_clips_like_real_ones_have_ratios_near_one_and_no_remark(reals):
    found = scored(drawn(4), reals)
    for name in ("within", "density", "coverage", "nearest"):
        assert found[f"{name}_low"] < 1.0 < found[f"{name}_high"]
        assert found[f"{name}_high"] - found[f"{name}_low"] < 0.5
    assert found["accuracy/pitch"] == 1.0 and found["accuracy/pitch_low"] == pytest.approx(0.969, abs=1e-3)
    assert remarks(found) == []


def test_other_training_clips_are_the_measure_of_density_coverage_and_nearest(reals):
    found = scored(reals.others, reals, reals.others_nearest)
    assert [found[name] for name in ("density", "coverage", "nearest")] == [1.0, 1.0, 1.0]


def test_held_out_clips_are_the_measure_of_variety(reals):
    found = scored(reals.held_out, reals)
    assert found["within"] == 1.0


def test_variety_is_the_ratio_of_mean_distances_within_a_class(reals):
    doubled = Clips(
        reals.held_out.asked, reals.held_out.heard, reals.held_out.features, 2.0 * reals.held_out.points
    )
    assert scored(doubled, reals)["within"] == pytest.approx(2.0)
    assert "too different within a class" in remarks(scored(doubled, reals))


def test_one_clip_a_class_is_told_from_variety(reals):
    same = drawn(5).chosen(np.arange(NUM) % NUM_CLASSES)
    found = scored(same, reals)
    assert found["within"] == 0.0 and found["coverage"] < 0.3 and found["accuracy/pitch"] == 1.0
    assert "all the same" in remarks(found)


def test_one_class_for_all_is_heard_and_covers_little(reals):
    only = drawn(5).chosen(np.arange(NUM) // NUM_CLASSES * NUM_CLASSES)
    clips = Clips(drawn(5).asked, only.heard, only.features, only.points)
    found = scored(clips, reals)
    assert found["accuracy/pitch"] == 0.25 and found["coverage"] < 0.4
    assert "pitch not as asked" in remarks(found)


def test_copies_are_at_distance_zero(reals):
    found = scored(reals.real, reals)
    assert found["nearest"] == 0.0 and remarks(found) == ["copies of training clips"]


def test_clips_far_from_real_ones_are_unlike_them(reals):
    found = scored(drawn(6, offset=9.0), reals)
    assert found["density"] == 0.0 and found["coverage"] == 0.0 and found["nearest"] > 2.0
    assert {"unlike real clips", "few of the kinds of real clips"} <= set(remarks(found))


def test_swapped_labels_show_in_accuracy_and_variety_only(reals):
    right = drawn(4)
    asked = (right.asked + (np.arange(NUM)[:, None] % 8 >= 4)) % NUM_CLASSES
    found = scored(Clips(asked, right.heard, right.features, right.points), reals)
    honest = scored(right, reals)
    assert found["accuracy/pitch"] == 0.5 and found["within"] > 1.2 * honest["within"]
    for name in ("density", "coverage", "nearest"):
        assert found[name] == honest[name]


def test_only_what_is_certain_is_remarked():
    sure = {"pitch": 0.9, "within": 1.0, "density": 1.0, "coverage": 1.0, "nearest": 1.0}
    found = {f"{name}{end}": value for name, value in sure.items() for end in ("", "_low", "_high")}
    found = {name.replace("pitch", "accuracy/pitch"): value for name, value in found.items()}
    doubtful = {"density": 0.2, "density_low": 0.05, "density_high": 0.35, "accuracy/pitch": 0.79}
    assert remarks(found) == remarks(found | doubtful) == []
    assert remarks(found | doubtful | {"density_high": 0.29}) == ["unlike real clips"]
    assert remarks(found | {"accuracy/pitch_high": 0.79}) == ["pitch not as asked"]
    assert remarks(found | {"within_low": 1.6, "nearest_high": float("nan")}) == [
        "too different within a class"
    ]


def test_fewer_clips_are_compared_with_as_few_real_ones(reals):
    few = drawn(4).chosen(np.arange(40))
    found = scored(few, reals)
    assert found["num_clips"] == 40 and 0.6 < found["coverage"] < 1.6
    assert found["raw_coverage"] < scored(drawn(4), reals)["raw_coverage"]
    with pytest.raises(ValueError, match="at least 14 clips"):
        scored(few.chosen(np.arange(13)), reals)


def test_labels_that_are_missing_or_not_known_to_the_classifier_are_not_counted(reals):
    clips = drawn(4)
    asked = clips.asked.copy()
    asked[: NUM // 2] = -1
    found = scored(Clips(asked, clips.heard, clips.features, clips.points), reals)
    assert found["accuracy/pitch"] == 1.0 and found["accuracy/pitch_low"] == pytest.approx(0.940, abs=1e-3)
    deaf = Clips(clips.asked, {"family": clips.heard["pitch"]}, clips.features, clips.points)
    assert not any(name.startswith("accuracy") for name in scored(deaf, reals))


def test_clips_without_labels_are_one_class(reals):
    nothing = np.zeros([NUM, 0], int)
    sets = [
        Clips(nothing, {}, some.features, some.points) for some in (reals.real, reals.others, reals.held_out)
    ]
    unlabelled = RealClips({}, *sets, reals.train_points, reals.others_nearest)
    clips = drawn(4)
    found = scored(Clips(nothing, {}, clips.features, clips.points), unlabelled)
    assert found["within"] == pytest.approx(1.0, abs=0.1) and remarks(found) == []


def test_order_of_the_clips_and_the_seed_change_the_interval_only(reals):
    clips, order = drawn(4), np.random.default_rng(0).permutation(NUM)
    first, second = scored(clips, reals), scores(clips.chosen(order), reals, num_halves=20, seed=9)
    for name in ("accuracy/pitch", "within", "density", "coverage", "nearest"):
        assert second[name] == pytest.approx(first[name], rel=1e-9)
    assert scored(clips, reals) == first and second["density_low"] != first["density_low"]


def test_nearest_training_clip_passes_over_the_clip_itself():
    train = np.array([[0.0], [3.0], [4.0]])
    np.testing.assert_allclose(nearest_train_distances(train, train), 0.0)
    np.testing.assert_allclose(nearest_train_distances(train, train, np.arange(3)), [3.0, 1.0, 1.0])
