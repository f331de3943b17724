"""Copies of training clips and of each other are told, however another program stored them; silence is no copy."""

import dataclasses

import numpy as np
import pytest

from gansynth_tf.evaluation.suite import nearest_clips
from gansynth_tf.evaluation.suite.evidence import ClipArrays
from gansynth_tf.evaluation.suite.rows import FLOOR
from tests.evaluation import suite_world as world
from tests.evaluation.suite_world import NUM, TRAINING, evidence, measured, set_of, values


@pytest.fixture(scope="module")
def floor_numbers():
    rows = world.floor_values(("distance_self", "distance_train"))
    return {name: row.value for name, row in rows.items()}


def test_copies_of_training_clips_are_at_distance_0_and_flagged(floor_numbers):
    copies = TRAINING.chosen(np.arange(1000, 1000 + NUM))
    copies = ClipArrays(copies.rows, {name: copies.array(name) for name in copies.arrays})
    row = values(evidence(copies, floor_numbers), ["distance_train"])["distance_train"]
    assert row.value == 0.0 and row.status == "memorised: 510 of 510 clips are copies of training clips"
    # A clip that is a training clip itself, and known to be that one, is no copy of itself.
    itself = dataclasses.replace(copies, own=np.arange(1000, 1000 + NUM))
    row = values(evidence(itself, floor_numbers), ["distance_train"])["distance_train"]
    assert row.value > 0 and row.status == ""


def made_otherwise(clips):
    """Returns clips as another program would store them: all 1 louder, and other values where they are quiet."""
    pictures = clips.array("log_mel")
    noise = np.random.default_rng(9).uniform(-40.0, -8.0, pictures.shape).astype(np.float32)
    other = np.where(pictures < -7.0, noise, pictures) + np.float32(1.0)
    return ClipArrays(clips.rows, {name: clips.array(name) for name in clips.arrays} | {"log_mel": other})


@pytest.mark.parametrize("key", ["distance_train", "distance_self"])
def test_copies_that_another_program_stored_are_flagged_at_equal_level(key):
    # All of this world is so far above the edge that levels are taken out.
    others = {"audible_from": {"log_mel": -20.0}}
    held_out = dataclasses.replace(evidence(set_of(NUM, 2), **others), floor=None)
    real = {row.metric: row.value for row in measured(held_out, key, FLOOR).rows}
    originals = TRAINING.chosen(np.arange(600, 600 + NUM))
    copies = made_otherwise(originals)
    if key == "distance_self":
        half = originals.chosen(np.arange(NUM // 2))
        pairs = [{name: one.array(name) for name in one.arrays} for one in (half, made_otherwise(half))]
        together = {name: np.concatenate([one[name] for one in pairs]) for name in pairs[0]}
        copies = ClipArrays(np.tile(half.rows, (2, 1)), together)
    plain, equal = measured(evidence(copies, real, **others), key).rows
    assert equal.metric == f"{key}/at_equal_level"
    flag = "memorised" if key == "distance_train" else "repeats itself"
    assert plain.status.startswith(f"{flag}: {NUM} of {NUM} clips")
    assert plain.value > 0.2 * real[key] and equal.value < 1e-4 * real[equal.metric]
    (blind,) = measured(evidence(copies, real), key).rows
    assert blind.value == plain.value and "of 510" not in blind.status


def test_silence_is_told_and_is_nobodys_copy():
    def with_silence(clips, num):
        pictures = clips.array("log_mel").copy()
        pictures[:num] = -13.8
        return dataclasses.replace(clips, arrays=dict(clips.arrays) | {"log_mel": pictures})

    real = {f"distance_{one}/at_equal_level": 5.0 for one in ("self", "train")}
    its = evidence(with_silence(set_of(NUM, 3), 5), real, audible_from={"log_mel": -13.0})
    its = dataclasses.replace(its, training=with_silence(TRAINING, 2))
    job = measured(its, "distance_self")
    assert job.rows[0].status == f"5 of {NUM} clips are silent in the part that is looked at"
    job = measured(its, "distance_train")
    assert job.rows[0].status == ""
    assert not {0, 1, 2, 3, 4}.intersection(pair[0] for pair in job.shown["neighbours"])


def test_the_nearest_at_equal_level_are_found_in_blocks_and_are_none_of_themselves(monkeypatch):
    rng = np.random.default_rng(4)
    queries, candidates = rng.standard_normal([40, 7]), rng.standard_normal([90, 7])
    queries, candidates = queries.astype(np.float32), candidates.astype(np.float32)
    own = np.full(40, -1)
    own[:3] = 0, 31, 89
    candidates[own[:3]] = queries[:3]
    both = (nearest_clips.levelled(one, -9.0) for one in (queries, candidates))
    expected = np.linalg.norm(next(both)[:, None] - next(both), axis=2)
    expected[np.arange(3), own[:3]] = np.inf
    monkeypatch.setattr(nearest_clips, "_BLOCK", 32)
    found, which = nearest_clips.nearest_at_equal_level(queries, candidates, own, -9.0)
    np.testing.assert_array_equal(which, np.argmin(expected, axis=1))
    np.testing.assert_allclose(found, np.min(expected, axis=1), rtol=1e-5)


def test_clips_near_training_clips_are_flagged_without_being_copies(floor_numbers):
    points = TRAINING.arrays["features/x"][:NUM] + 0.08 * np.random.default_rng(3).standard_normal([NUM, 6])
    near = ClipArrays(TRAINING.rows[:NUM], world.arrays_of(points))
    row = values(evidence(near, floor_numbers), ["distance_train"])["distance_train"]
    assert row.value > 0 and row.status.startswith("memorised: ")


def test_distances_relative_to_real_ones_are_1_for_these(floor_numbers):
    parameters = {"space": "log_mel", "relative_to_floor": True}
    clips = set_of(NUM, 2)
    rows = {
        row.metric: row
        for row in measured(
            dataclasses.replace(evidence(clips), floor=None), "distance_self", FLOOR, parameters
        ).rows
    }
    assert rows["distance_self"].value == pytest.approx(1.0)
    real = {"distance_self/absolute": rows["distance_self/absolute"].value}
    again = measured(evidence(clips, real), "distance_self", parameters=parameters).rows[0]
    assert again.value == pytest.approx(1.0) and again.ci_low < 1.0 < again.ci_high
    unknown = measured(evidence(clips), "distance_self", parameters=parameters).rows[0]
    assert unknown.value is None and unknown.status == "no real held-out clips to divide by"
