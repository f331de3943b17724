"""Which real clips stand where, and what checkpoints say."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from gansynth_tf.evaluation.suite.real_sets import RealClips, drawn_sets, next_set_interval
from gansynth_tf.evaluation.suite.rows import Row
from gansynth_tf.evaluation.suite.sweep import swept
from gansynth_tf.options import UserError


def test_sets_share_no_clip_where_there_are_enough():
    sets = drawn_sets(1000, 300, 100, seed=1, num_splits=5, max_train_clips=250)
    assert (sets.num, sets.status, sets.independence) == (100, "", 1.0)
    drawn = np.concatenate([sets.reference, *sets.splits])
    assert len(np.unique(drawn)) == len(drawn) == 600 and len(sets.near) == 600
    assert len(sets.training) == 250 and np.isin(sets.reference, sets.training).all()
    assert len(np.unique(sets.held_out)) == 100 and sets.held_out.max() < 300
    for chosen in (sets.reference, sets.training, sets.held_out, *sets.splits):
        assert np.all(np.diff(chosen) > 0)


def test_all_sets_have_the_size_of_the_smallest_and_it_is_told():
    sets = drawn_sets(1000, 80, 500, seed=1)
    assert sets.num == 80 and sets.status == "small_reference: 80 of 500 clips"
    assert drawn_sets(90, 80, 500, seed=1).num == 30
    without = drawn_sets(1000, 0, 500, seed=1, floor=False)
    assert without.num == 500 and not len(without.held_out) and not without.splits
    with pytest.raises(UserError, match="Expected at least 48 training clips, 16 test clips"):
        drawn_sets(1000, 10, 500, seed=1)


def test_splits_that_share_clips_leave_the_reference_alone_and_their_overlap_is_known():
    sets = drawn_sets(300, 200, 100, seed=1, num_splits=5)
    assert sets.independence == 0.5 and len(sets.splits) == 5
    for split in sets.splits:
        assert len(np.unique(split)) == 100 and not np.isin(split, sets.reference).any()


def test_the_seed_draws():
    first, again, other = (drawn_sets(1000, 300, 100, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.reference, again.reference)
    assert not np.array_equal(first.reference, other.reference)
    more = drawn_sets(1000, 300, 200, seed=1)
    assert np.isin(first.reference, more.reference).all() and np.isin(first.held_out, more.held_out).all()


def test_the_interval_of_the_next_set_is_students():
    # Mean 2, deviation 1, t of 2 degrees of freedom 4.302653: half is 4.302653 * sqrt(4 / 3).
    low, high = next_set_interval([1.0, 2.0, 3.0])
    assert (low, high) == pytest.approx((2 - 4.968275, 2 + 4.968275), abs=1e-5)
    assert next_set_interval([1.0, 2.0, 3.0], 0.25)[1] == pytest.approx(2 + 2 * 4.968275, abs=1e-5)
    with pytest.raises(ValueError, match="at least two"):
        next_set_interval([1.0])


@pytest.mark.parametrize("independence_seed", [0, 1])
def test_the_next_set_lies_in_its_interval_19_times_of_20(independence_seed):
    rng = np.random.default_rng(independence_seed)
    draws = rng.standard_normal([2000, 6])
    inside = [low <= row[5] <= high for row in draws for low, high in [next_set_interval(row[:5])]]
    assert 0.935 < np.mean(inside) < 0.965


def checkpoint(step, value, half=0.5, metric="frechet_distance", kind="model"):
    return Row("a", step, kind, metric, value=value, ci_low=value - half, ci_high=value + half, interval="x")


def test_the_best_checkpoint_is_named_with_its_interval_and_those_level_with_it():
    found = swept([checkpoint(300, 5.0), checkpoint(100, 9.0), checkpoint(200, 5.8), checkpoint(400, 9.5)])
    assert found.best.step == 300 and found.level == (200,) and found.metric == "frechet_distance"
    assert "that of 300 images: 5 (4.5 to 5.5)" in found.text and "apart from it: 200 images" in found.text


@pytest.mark.parametrize(
    ("values", "still_helps"),
    [
        ((9.0, 7.0, 5.0, 3.0), True),
        ((9.0, 5.0, 4.9, 4.8), False),
        ((9.0, 5.0, 7.0, 8.0), False),
        ((9.0, 7.0, 3.0, 3.4), False),
        ((9.0, 5.0), None),
    ],
)
def test_training_still_helps_if_the_newest_is_the_best_and_better_than_the_middle_by_more_than_chance(
    values, still_helps
):
    found = swept([checkpoint(100 * number, value) for number, value in enumerate(values, 1)])
    assert found.still_helps is still_helps


def test_it_is_told_since_when_nothing_better_came():
    found = swept([checkpoint(100 * number, value) for number, value in enumerate((9.0, 7.0, 3.0, 3.4), 1)])
    assert "nothing better came in the 100 images since, 3.4 (2.9 to 3.9) after 400." in found.text


def test_what_is_better_depends_on_the_metric():
    rows = [
        checkpoint(step, value, metric="inception_score/genre")
        for step, value in ((1, 2.0), (2, 4.0), (3, 3.0))
    ]
    assert swept(rows).best.step == 2
    real = [checkpoint(None, 3.0, metric="distance_train", kind="floor")]
    rows = [
        checkpoint(step, value, metric="distance_train") for step, value in ((1, 9.0), (2, 3.2), (3, 0.1))
    ]
    assert swept([*rows, *real]).best.step == 2


def test_a_checkpoint_without_an_interval_cannot_be_told_from_the_best():
    bare = dataclasses.replace(checkpoint(200, 99.0), ci_low=None, ci_high=None, interval="")
    found = swept([checkpoint(100, 5.0), bare, checkpoint(300, 9.0)])
    assert found.best.step == 100 and found.level == (200,)


def test_what_must_be_as_real_clips_have_it_is_not_ranked_without_these():
    assert swept([checkpoint(step, float(step), metric="distance_train") for step in (1, 2, 3)]) is None


def test_one_checkpoint_is_no_sweep_and_rows_without_numbers_do_not_count():
    empty = dataclasses.replace(checkpoint(2, 1.0), value=None, ci_low=None, ci_high=None, status="why")
    assert swept([checkpoint(1, 1.0), empty]) is None
    assert swept([checkpoint(1, 1.0), checkpoint(None, 1.0)]) is None


def test_the_same_clips_by_other_labels_are_another_reference():
    dataset = SimpleNamespace(clip_keys=lambda split: ["a", "b", "c"], fingerprint=lambda: "data")

    def reference(classes, rows, chosen=(0, 2)):
        labels = SimpleNamespace(
            classes=classes, clips=lambda split: np.arange(3), rows=lambda split: np.array(rows)
        )
        return RealClips(dataset, labels).facts("train", list(chosen))["clips"]

    pitches = {"pitch": ("60", "61")}, [[0], [1], [1]]
    told = reference(*pitches)
    assert told == reference(*pitches) == reference(pitches[0], [[0], [0], [1]]), "b is not chosen"
    assert told != reference({"family": ("60", "61")}, pitches[1])
    assert told != reference({"pitch": ("60", "62")}, pitches[1])
    assert told != reference(pitches[0], [[1], [1], [1]])
    assert told != reference(*pitches, chosen=(0, 1))
