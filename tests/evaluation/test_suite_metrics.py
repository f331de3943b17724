"""Metrics of the suite on planted cases: each fault is caught by the numbers that it belongs to, and by no others."""

import dataclasses

import numpy as np
import pytest

from gansynth_tf.evaluation.suite.directions import range_of
from gansynth_tf.evaluation.suite.evidence import ClipArrays
from gansynth_tf.evaluation.suite.measuring import measured_job, outside, spread_job
from gansynth_tf.evaluation.suite.metrics_catalogue import make_metric
from gansynth_tf.evaluation.suite.rows import FLOOR, SPREAD
from gansynth_tf.metrics import frechet, inception
from gansynth_tf.metrics.intervals import bootstrap_interval, share_interval
from tests.evaluation import suite_world as world
from tests.evaluation.suite_world import (
    ASKED,
    NUM,
    SETTING,
    evidence,
    measured,
    set_of,
    values,
    with_features,
)

KEYS = (
    "inception_score",
    "label_entropy",
    "accuracy",
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "density",
    "coverage",
    "different_bins",
    "distance_self",
    "distance_train",
    "within_class_distance",
    "multi_scale_ssim",
)


@pytest.fixture(scope="module")
def floor():
    return world.floor_values(KEYS)


@pytest.fixture(scope="module")
def floor_numbers(floor):
    return {name: row.value for name, row in floor.items() if row.value is not None}


@pytest.fixture(scope="module")
def good(floor_numbers):
    """A generator that is as good as real clips."""
    return values(evidence(set_of(NUM, 3), floor_numbers), KEYS)


def test_a_good_generator_has_every_number_and_no_remark(good, floor):
    assert all(row.value is not None for row in good.values())
    # What may be said of good clips: how many bins differ by chance, and how many pairs there are.
    told = ("different_bins", "multi_scale_ssim")
    assert {row.status for name, row in good.items() if name not in told} == {""}
    for name in ("accuracy/pitch", "precision", "recall", "coverage", "distance_train"):
        assert (
            good[name].ci_low <= floor[name].value * 1.05 and good[name].ci_high >= floor[name].value * 0.95
        )


def test_one_clip_a_class_is_caught_by_bins_recall_and_distances_among_themselves(floor_numbers, floor):
    one = set_of(NUM, 3)
    first = np.array([np.flatnonzero(one.rows[:, 0] == number)[0] for number in range(3)])
    clips = ClipArrays(
        one.rows,
        {name: array[first[one.rows[:, 0]]] for name, array in one.arrays.items()},
        latents=one.latents,
    )
    found = values(evidence(clips, floor_numbers, with_intervals=False), [*KEYS, "mode_seeking_ratio"])
    assert found["distance_self"].value == found["within_class_distance"].value == 0.0
    assert found["mode_seeking_ratio"].value == 0.0
    assert found["distance_self"].status.startswith("repeats itself: 510 of 510")
    assert found["recall"].value < 0.05 < 0.5 < floor["recall"].value
    assert found["different_bins"].value > 20 > 10 > floor["different_bins"].value
    assert found["multi_scale_ssim"].value == pytest.approx(1.0)
    # And by no others: they are of their class, and among real ones.
    assert found["accuracy/pitch"].value == pytest.approx(1.0) and found["precision"].value > 0.3


def noise_clips():
    """Returns clips that all sound alike, far from any real clip, and like no class."""
    rng = np.random.default_rng(5)
    arrays = world.arrays_of(20.0 + 0.3 * rng.standard_normal([NUM, world.NUM_FEATURES]))
    arrays["logits/pitch"] = (0.1 * rng.standard_normal([NUM, 3])).astype(np.float32)
    return ClipArrays(world.some_rows(NUM, 3), arrays)


def test_noise_loses_on_all(floor_numbers, floor, good):
    noise = values(evidence(noise_clips(), floor_numbers, with_intervals=False), KEYS)
    for name in ("inception_score/pitch", "accuracy/pitch", "precision", "recall", "coverage", "density"):
        assert noise[name].value < good[name].ci_low and noise[name].value < 0.7 * floor[name].value
    for name in ("frechet_distance", "kernel_distance"):
        assert noise[name].value > 10 * good[name].ci_high
    for name in ("label_entropy/pitch", "different_bins", "jensen_shannon", "distance_train"):
        assert noise[name].value > 1.5 * good[name].value


def test_swapped_labels_show_in_the_accuracy_and_nowhere_else(good, floor_numbers):
    clips = set_of(NUM, 3)
    swapped = dataclasses.replace(clips, rows=np.array([1, 0, 2])[clips.rows])
    found = values(evidence(swapped, floor_numbers, with_intervals=False), KEYS)
    changed = {
        name.split("/")[0]
        for name, row in found.items()
        if row.value != pytest.approx(good[name].value, rel=0.02)
    }
    assert changed == {"accuracy"}
    # 60 and 61 are swapped, which are a semitone apart; 72 is an octave above 60.
    job = measured(evidence(swapped, floor_numbers), "accuracy")
    by_name = {(row.metric, row.class_name): row for row in job.rows}
    assert by_name["accuracy/pitch", ""].value == pytest.approx(1 / 3, abs=0.06)
    assert by_name["accuracy/pitch/within_semitone", ""].value > 0.95
    assert by_name["accuracy/pitch/octave_tolerant", ""].value < 0.5
    assert (
        by_name["accuracy/pitch", "pitch=60"].value
        < 0.05
        < 0.95
        < by_name["accuracy/pitch", "pitch=72"].value
    )
    counts = np.array(job.shown["confusions"]["pitch"]["counts"])
    assert counts[0].argmax() == 1 and counts[1].argmax() == 0 and counts.sum() == NUM


def test_the_best_and_worst_clips_of_a_class_are_those_most_and_least_heard_as_asked():
    clips = set_of(NUM, 3)
    (told,) = (
        one
        for one in measured(evidence(clips), "accuracy").shown["examples"]["pitch"]
        if one["class"] == "72"
    )
    logits = clips.arrays["logits/pitch"].astype(np.float64)
    sure = np.exp(logits[:, 2]) / np.exp(logits).sum(axis=1)
    members = np.flatnonzero(clips.rows[:, 0] == 2)
    assert [number for number, _ in told["worst"]][0] == members[np.argmin(sure[members])]
    assert told["worst"][0][1] == pytest.approx(sure[members].min())
    assert told["best"][0][1] == pytest.approx(sure[members].max())


def test_real_test_clips_lie_where_training_clips_say(floor):
    sets = [evidence(set_of(NUM, seed)) for seed in range(11, 16)]
    subject = world.Subject("real, training", None, SPREAD)
    spread = [
        row
        for key in KEYS
        for row in spread_job(
            make_metric(key, ASKED[key].parameters), ASKED[key], sets, 1.0, subject, SETTING
        ).rows
    ]
    rows = [*spread, *(dataclasses.replace(row, kind=FLOOR) for row in floor.values())]
    assert len([row for row in spread if row.ci_low is not None]) >= len(KEYS)
    assert len(outside(rows)) <= 1
    for row in spread:
        least, most = range_of(row.metric)
        assert row.ci_low is None or least <= row.ci_low <= row.value <= row.ci_high <= most
    # Five sets that differ by chance reach below 0 bins.
    assert 0.0 in [row.ci_low for row in spread if row.metric.startswith("different_bins")]
    far = [
        dataclasses.replace(row, value=row.value + 100.0)
        for row in rows
        if row.kind == FLOOR and row.metric == "frechet_distance"
    ]
    assert outside([*spread, *far]) == ["frechet_distance"]


def test_sets_that_are_right_to_the_last_clip_promise_nothing_of_the_next_one():
    sets = []
    for seed in range(11, 16):
        rows = world.some_rows(NUM, seed)
        arrays = world.arrays_of(world.CENTRES[rows[:, 0]])
        sets.append(evidence(ClipArrays(rows, arrays)))
    subject = world.Subject("real, training", None, SPREAD)
    row = spread_job(make_metric("accuracy", {}), ASKED["accuracy"], sets, 1.0, subject, SETTING).rows[0]
    assert row.metric == "accuracy/pitch" and row.value == row.ci_high == 1.0
    assert row.ci_low == pytest.approx(share_interval(NUM, NUM)[0]) and 0.99 < row.ci_low < 0.995
    assert row.interval == "next of 5 sets of training clips, widened to Wilson"


def beside(clips, features_of):
    """Returns clips and reference with other features of each."""
    its = evidence(clips)
    reals = with_features(
        its.reference.chosen(np.arange(NUM)), features_of(its.features("classifier", its.reference))
    )
    reals = dataclasses.replace(reals, rows=its.reference.rows)
    return dataclasses.replace(
        its, clips=with_features(clips, features_of(its.features("classifier"))), reference=reals
    )


def test_the_frechet_distance_keeps_its_interval_where_features_are_dead():
    clips = set_of(NUM, 3)
    (row,) = measured(evidence(clips), "frechet_distance").rows

    def with_dead(features):
        return np.concatenate([features, np.zeros([len(features), 2])], axis=1)

    (dead,) = measured(beside(clips, with_dead), "frechet_distance").rows
    assert dead.status == "reals rank 6 of 8 features, fakes rank 6 of 8 features"
    np.testing.assert_allclose([dead.value, dead.ci_low, dead.ci_high], [row.value, row.ci_low, row.ci_high])


def test_the_kernel_distance_knows_neither_offset_nor_scale_of_features():
    clips = set_of(NUM, 3)
    (row,) = measured(evidence(clips), "kernel_distance").rows
    assert row.features == "classifier:features/x, standardised" and abs(row.value) < 1.0
    (moved,) = measured(beside(clips, lambda features: 300.0 + 64.0 * features), "kernel_distance").rows
    # Features are stored in single precision.
    np.testing.assert_allclose(
        [moved.value, moved.ci_low, moved.ci_high], [row.value, row.ci_low, row.ci_high], atol=1e-4
    )


@pytest.mark.parametrize("key", ["frechet_distance", "frechet_infinity"])
def test_frechet_distances_of_few_clips_a_dimension_have_no_interval(key):
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal([world.NUM_FEATURES, 260])

    def wide(features):
        return features @ mixing + rng.standard_normal([len(features), 260])

    (row,) = measured(beside(set_of(NUM, 3), wide), key).rows
    assert row.value is not None and row.ci_low is row.ci_high is None and row.interval == ""


def test_frechet_infinity_has_neither_bias_and_an_interval_of_both_errors():
    clips = set_of(NUM, 3)
    its = evidence(clips)
    job = measured(its, "frechet_infinity")
    (row,) = job.rows
    drawn = [
        [job.drawn[f"{name}_{number:02d}"] for number in range(15)] for name in ("subset", "real_subset")
    ]
    reals, fakes = its.features("classifier", its.reference), its.features("classifier")
    found = frechet.frechet_infinity(reals, fakes, *drawn)
    half = 1.959964 * np.hypot(frechet.frechet_standard_error(reals, fakes), found.fit_error)
    expected = [found.value, found.value - half, found.value + half]
    np.testing.assert_allclose([row.value, row.ci_low, row.ci_high], expected, rtol=1e-6)
    # Both sets are of one kind: what is left is nothing, and less than the biased distance.
    (biased,) = measured(its, "frechet_distance").rows
    assert row.ci_low < 0.0 < row.ci_high and row.value < 0.5 * biased.value


def test_inception_scores_have_the_bootstrap_of_their_definition():
    its = evidence(set_of(NUM, 3))
    (row,) = measured(its, "inception_score").rows
    logits = its.logits("pitch")
    interval = bootstrap_interval(
        lambda chosen: inception.inception_score(logits[chosen]).value, [NUM], its.rng(row.metric), 200
    )
    np.testing.assert_allclose([row.ci_low, row.ci_high], [interval.low, interval.high], rtol=1e-9)
    split = measured(its, "split_inception_score").rows[0]
    logits = logits[its.rng("split_inception_score").permutation(NUM)]
    interval = bootstrap_interval(
        lambda chosen: inception.inception_score(logits[chosen], 10).value, [NUM], its.rng(split.metric), 200
    )
    np.testing.assert_allclose([split.ci_low, split.ci_high], [interval.low, interval.high], rtol=1e-9)


def test_the_interval_of_a_split_score_holds_it_where_classes_stand_in_turn():
    # Three classes in turn fill every part evenly, which parts that are drawn are not.
    rows = np.arange(NUM)[:, np.newaxis] % 3
    points, _ = world.real_points(rows, 8)
    (row, _) = measured(evidence(ClipArrays(rows, world.arrays_of(points))), "split_inception_score").rows
    assert row.ci_low < row.value - 0.2 * (row.ci_high - row.ci_low) < row.ci_high
    assert row.ci_low < row.value + 0.2 * (row.ci_high - row.ci_low) < row.ci_high


def test_every_interval_holds_its_number(good):
    for row in [*good.values(), *measured(evidence(set_of(NUM, 3)), "split_inception_score").rows]:
        assert row.ci_low is None or row.ci_low <= row.value <= row.ci_high, row


def test_the_reference_is_part_of_every_fingerprint_but_a_timings(floor):
    its = evidence(set_of(NUM, 3), with_intervals=False)
    for key in ("accuracy", "distance_self", "within_class_distance", "real_time_factor"):
        prints = []
        for reference in ("one", "another"):
            asked, setting = ASKED[key], dataclasses.replace(SETTING, reference=reference)
            job = measured_job(
                make_metric(key, asked.parameters), asked, its, world.Subject("a", 5, "model"), setting
            )
            prints.append(job.rows[0].fingerprint)
        assert (prints[0] == prints[1]) == (key == "real_time_factor")


@pytest.mark.parametrize(
    ("key", "change", "status"),
    [
        ("accuracy", {"arrays": {}}, "the classifier does not know the label pitch"),
        ("frechet_distance", {"arrays": {}}, "no features of classifier"),
        ("accuracy", {"rows": np.full([NUM, 1], -1)}, "no clip was asked for a pitch"),
        ("mode_seeking_ratio", {"latents": None}, "no latents"),
        ("kernel_distance", {"num_broken": 3}, "3 of 510 clips are not finite"),
        ("accuracy", {"num_broken": 3}, "3 of 510 clips are not finite"),
        ("real_time_factor", {}, "nothing made these clips"),
    ],
)
def test_what_cannot_be_measured_has_a_reason_and_no_number(key, change, status):
    clips = dataclasses.replace(set_of(NUM, 3), **change)
    rows = measured(evidence(clips), key).rows
    assert rows and all(row.value is None and status in row.status for row in rows)


def test_without_a_classifier_what_needs_one_says_so():
    its = dataclasses.replace(evidence(set_of(NUM, 3)), feature_arrays={"log_mel": "log_mel"})
    for key in ("accuracy", "inception_score", "frechet_distance", "recall"):
        assert [row.status for row in measured(its, key).rows] == ["no classifier was given"]


def test_numbers_over_pairs_say_how_many_and_at_which_scales():
    its = evidence(set_of(NUM, 3), with_intervals=False)
    job = measured(its, "multi_scale_ssim")
    # A clip is in one pair: three classes of 510 clips leave at most 255, of which 500 are asked for.
    pairs = len(job.drawn["pairs"][0])
    assert 250 < pairs <= 255 and job.rows[0].status == f"{pairs} pairs"
    assert job.rows[0].features == "log_mel:log_mel, scales 1"
    assert measured(its, "mode_seeking_ratio").rows[0].status == f"{pairs} pairs"
    assert measured(its, "mode_seeking_ratio", parameters={"num_pairs": 20}).rows[0].status == "20 pairs"


def test_bins_need_500_clips_and_say_so():
    few = measured(evidence(set_of(NUM, 3)).limited(499, None), "different_bins").rows
    assert [row.status for row in few] == ["too few clips for bins: 499 of 500"]


def test_bins_have_intervals_that_tell_noise_from_real_clips_and_end_at_their_number(good):
    rows = {row.metric: row for row in measured(evidence(noise_clips()), "different_bins").rows}
    for name in ("different_bins", "different_bins/corrected", "jensen_shannon"):
        assert good[name].interval == "same bins, other clips"
        assert 0.0 <= good[name].ci_low <= good[name].value <= good[name].ci_high < rows[name].ci_low
    assert rows["different_bins"].ci_high <= 50.0 and rows["jensen_shannon"].ci_high <= np.log(2.0)
    assert measured(evidence(set_of(NUM, 3), with_intervals=False), "different_bins").rows[0].ci_low is None


def test_constant_features_of_the_reference_have_no_neighbourhoods():
    its = evidence(set_of(NUM, 3))
    constant = {name: np.zeros_like(array) for name, array in its.reference.arrays.items()}
    its = dataclasses.replace(its, reference=ClipArrays(its.reference.rows, constant))
    for key in ("precision", "different_bins", "multi_scale_ssim", "kernel_distance"):
        assert measured(its, key).rows[0].status == "constant features of the reference"


def test_clips_are_limited_by_the_seed_and_keep_their_numbers():
    its = evidence(dataclasses.replace(set_of(NUM, 3), own=np.arange(NUM)))
    some = its.limited(100, 700)
    assert (len(some.clips), len(some.reference), len(some.training)) == (100, 100, 700)
    assert some.clips.numbers.tolist() == its.limited(100, 700).clips.numbers.tolist()
    np.testing.assert_array_equal(some.features("ndb"), its.features("ndb")[some.clips.numbers])
    for own, number in zip(some.clips.own, some.clips.numbers, strict=True):
        assert own == -1 or some.training.numbers[own] == number
    assert np.sum(some.clips.own >= 0) > 10
    assert its.limited(None, None) is its and its.limited(NUM, None) is its
