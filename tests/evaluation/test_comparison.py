"""Which numbers may be ranked, and which cannot be told apart."""

import statistics

import pytest
from evaluation_files import real, row, write

from gansynth_tf.evaluation.comparison.collection import Entry, collect
from gansynth_tf.evaluation.comparison.ranking import BEST, TIED, UNRANKED, WORSE, marks, quarrels
from gansynth_tf.evaluation.comparison.reading import read_evaluation
from gansynth_tf.options import UserError

ANOTHER = {"fingerprint": "ffff0000ffff0000"}


def collected(tmp_path, *files, **options):
    """Returns what is compared of files of these rows, and why it may not be."""
    evaluations = [read_evaluation(write(tmp_path / str(place), rows)) for place, rows in enumerate(files)]
    found = collect(evaluations, **options)
    return found, quarrels(found, evaluations)


def marks_of(tmp_path, *rows):
    """Returns {run: mark} of one metric."""
    found, quarrel = collected(tmp_path, rows)
    assert not quarrel
    (line,) = found.lines
    return {entry.name: mark for entry, mark in marks(line).items()}


def test_higher_is_better_where_the_metric_says_so(tmp_path):
    rows = [row("a", "accuracy/genre", 0.7, 0.01), row("b", "accuracy/genre", 0.8, 0.01)]
    assert marks_of(tmp_path, *rows) == {"a": WORSE, "b": BEST}


def test_lower_is_better_where_the_metric_says_so(tmp_path):
    rows = [row("a", "frechet_distance", 0.7, 0.01), row("b", "frechet_distance", 0.8, 0.01)]
    assert marks_of(tmp_path, *rows) == {"a": BEST, "b": WORSE}


def test_intervals_that_touch_are_tied_and_those_that_do_not_are_told_apart(tmp_path):
    rows = [row("a", "frechet_distance", 10.0, 1.0), row("b", "frechet_distance", 12.0, 1.0)]
    rows += [row("c", "frechet_distance", 12.0, 0.99), row("d", "frechet_distance", 40.0, 29.0)]
    assert marks_of(tmp_path, *rows) == {"a": BEST, "b": TIED, "c": WORSE, "d": TIED}


def test_touching_intervals_are_told_apart_by_mistake_in_six_of_a_thousand_pairs():
    """The number that the rule's words state: two equal intervals that touch are 2 * 1.96 standard errors apart."""
    normal = statistics.NormalDist()
    apart = 2 * normal.inv_cdf(0.975) / 2**0.5
    assert apart == pytest.approx(2.77, abs=0.005)
    assert 2 * normal.cdf(-apart) == pytest.approx(0.0056, abs=5e-5)


def test_a_number_without_an_interval_cannot_be_told_from_the_best(tmp_path):
    rows = [row("a", "frechet_distance", 10.0, 1.0), row("b", "frechet_distance", 90.0)]
    assert marks_of(tmp_path, *rows) == {"a": BEST, "b": TIED}
    rows = [row("a", "frechet_distance", 10.0), row("b", "frechet_distance", 90.0, 1.0)]
    assert marks_of(tmp_path / "best", *rows) == {"a": BEST, "b": TIED}


def test_an_interval_that_misses_its_own_number_is_stretched_to_hold_it(tmp_path):
    rows = [
        row("a", "frechet_distance", 10.0, ci_low=7.0, ci_high=8.0),
        row("b", "frechet_distance", 9.0, 0.1),
    ]
    rows.append(row("c", "frechet_distance", 10.5, 0.6))
    assert marks_of(tmp_path / "worse", *rows) == {"a": TIED, "b": BEST, "c": WORSE}
    rows = [
        row("a", "frechet_distance", 9.0, ci_low=7.0, ci_high=8.0),
        row("b", "frechet_distance", 10.0, 1.5),
    ]
    assert marks_of(tmp_path / "best", *rows) == {"a": BEST, "b": TIED}


def test_equal_values_are_both_best(tmp_path):
    rows = [row("a", "accuracy/genre", 1.0, 0.0), row("b", "accuracy/genre", 1.0, 0.0)]
    assert marks_of(tmp_path, *rows) == {"a": BEST, "b": BEST}


def test_distances_are_best_where_real_clips_have_them(tmp_path):
    values = {"copies": 0.0, "good": 19.0, "also good": 21.2, "noise": 90.0}
    rows = [row(name, "distance_train", value, 0.5) for name, value in values.items()]
    rows.append(real("distance_train", 20.0))
    assert marks_of(tmp_path, *rows) == {"copies": WORSE, "good": BEST, "also good": TIED, "noise": WORSE}


def test_how_sure_one_is_of_real_clips_counts_as_well(tmp_path):
    """19 ± 0.5 is 0.4 to 1.6 away from 20 ± 0.1, and 22 ± 0.5 is 1.4 to 2.6 away."""
    rows = [row("a", "distance_train", 19.0, 0.5), row("b", "distance_train", 22.0, 0.5)]
    assert marks_of(tmp_path / "sure", *rows, real("distance_train", 20.0, 0.0)) == {"a": BEST, "b": TIED}
    rows[1] = row("b", "distance_train", 22.1, 0.5)
    assert marks_of(tmp_path / "surer", *rows, real("distance_train", 20.0, 0.0)) == {"a": BEST, "b": WORSE}
    assert marks_of(tmp_path / "less", *rows, real("distance_train", 20.0, 0.1)) == {"a": BEST, "b": TIED}


def test_an_interval_around_real_clips_is_no_distance_away(tmp_path):
    rows = [row("a", "distance_train", 20.05, 0.01), row("b", "distance_train", 21.5, 2.0)]
    assert marks_of(tmp_path, *rows, real("distance_train", 20.0, 0.1)) == {"a": BEST, "b": TIED}


def test_without_real_clips_distances_are_not_ranked(tmp_path):
    rows = [row("a", "distance_train", 1.0, 0.1), row("b", "distance_train", 9.0, 0.1)]
    assert marks_of(tmp_path, *rows) == {"a": UNRANKED, "b": UNRANKED}


def test_what_has_no_better_and_what_is_alone_are_not_ranked(tmp_path):
    rows = [row("a", "number_of_tomorrow", 1.0, 0.1), row("b", "number_of_tomorrow", 2.0, 0.1)]
    assert set(marks_of(tmp_path, *rows).values()) == {UNRANKED}
    assert marks_of(tmp_path / "alone", row("a", "frechet_distance", 1.0, 0.1)) == {"a": UNRANKED}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("seed", 1, "the seed of the draws: 0 in a @ 64, 1 in b @ 64"),
        ("num_samples", 500, "the number of generated clips: 1000 in a @ 64, 500 in b @ 64"),
        (
            "classifier",
            "",
            "the classifier (hash of its weights): c1a551f1e7 in a @ 64, nothing in b @ 64",
        ),
        ("protocol", "gansynth", "the protocol: default in a @ 64, gansynth in b @ 64"),
    ],
)
def test_other_fingerprints_are_refused_with_what_differs(tmp_path, column, value, words):
    metrics = ("frechet_distance", "recall")
    first = [row("a", metric, 1.0, 0.1) for metric in metrics]
    second = [row("b", metric, 2.0, 0.1, **ANOTHER, **{column: value}) for metric in metrics]
    _, (quarrel,) = collected(tmp_path, first, second)
    paths = [str(tmp_path / name / "evaluation.csv") for name in "01"]
    assert quarrel.metrics == metrics
    assert quarrel.words == (words,)
    assert quarrel.places == (f"a @ 64 is in {paths[0]}", f"b @ 64 is in {paths[1]}")


def test_how_features_are_made_is_read_from_the_json_beside(tmp_path):
    def of(run, num_bands, **changes):
        rows = [row(run, "different_bins", 3.0, features="ndb:log_magnitude", **changes)]
        return write(tmp_path / run, rows, {"ndb": {"num_frames": 32, "num_bands": num_bands}, "log_mel": {}})

    evaluations = [read_evaluation(path) for path in (of("a", 64), of("b", 32, **ANOTHER))]
    (quarrel,) = quarrels(collect(evaluations), evaluations)
    (words,) = quarrel.words
    assert (
        words.startswith("how the features are made, num_bands: 64 in a @ 64") and ", 32 in b @ 64" in words
    )


def test_a_json_that_cannot_be_read_is_told_and_does_no_harm(tmp_path):
    path = write(tmp_path, [row("a", "recall", 0.1)])
    for content in ("", "[1]", '{"facts": []}', '{"facts": {"spaces": 3}}'):
        (tmp_path / "evaluation.json").write_text(content)
        assert "evaluation.json beside it cannot be read" in read_evaluation(path).notes[0]


def test_what_nothing_holds_is_said_to_be_unknown(tmp_path):
    _, (quarrel,) = collected(
        tmp_path, [row("a", "recall", 0.1)], [row("b", "recall", 0.2, version="0.2.0", **ANOTHER)]
    )
    assert "differ in what no column holds" in quarrel.words[0] and "0.1.0, 0.2.0" in quarrel.words[0]


def test_numbers_without_a_fingerprint_are_not_compared(tmp_path):
    _, (quarrel,) = collected(
        tmp_path, [row("a", "recall", 0.1, fingerprint="")], [row("b", "recall", 0.2, fingerprint="")]
    )
    assert "no fingerprint in a @ 64" in quarrel.words[0] and "and b @ 64" in quarrel.words[0]


def test_equal_fingerprints_of_other_data_are_not_compared(tmp_path):
    _, (quarrel,) = collected(tmp_path, [row("a", "recall", 0.1)], [row("b", "recall", 0.2, dataset="notes")])
    assert quarrel.words[0].startswith("dataset: grooves in a @ 64")


def test_a_number_that_failed_stands_against_no_ranking(tmp_path):
    failed = row("b", "recall", None, status="fewer than 500 clips", **ANOTHER)
    found, quarrel = collected(tmp_path, [row("a", "recall", 0.1, 0.1)], [failed])
    assert not quarrel
    assert found.missing == {("recall", ""): {Entry("b", 64): "fewer than 500 clips"}}


def test_runs_that_share_one_of_two_protocols_are_compared_by_it(tmp_path):
    both = [row("a", "recall", 0.1, 0.01), row("a", "recall", 0.3, 0.01, **ANOTHER)]
    found, quarrel = collected(tmp_path, both, [row("b", "recall", 0.2, 0.01)])
    assert not quarrel and len(found.lines) == 2
    assert sorted(marks(found.lines[0]).values()) == sorted([BEST, WORSE])
    assert list(marks(found.lines[1]).values()) == [UNRANKED]


def test_classes_and_timings_that_were_measured_otherwise_stand_apart_and_refuse_nothing(tmp_path):
    def rows(run, **changes):
        yield row(run, "accuracy/genre", 0.5, 0.1, class_name="genre=jazz", **changes)
        yield row(run, "real_time_factor", 0.5, 0.1, kind="timing", **changes)

    found, quarrel = collected(tmp_path, list(rows("a")), list(rows("b", **ANOTHER)))
    assert not quarrel and len(found.lines) == 4
    assert all(set(marks(line).values()) == {UNRANKED} for line in found.lines)


def test_classes_without_a_fingerprint_are_not_ranked(tmp_path):
    rows = [row(run, "recall", 0.1, 0.01, class_name="genre=jazz", fingerprint="") for run in "ab"]
    assert marks_of(tmp_path, *rows) == {"a": UNRANKED, "b": UNRANKED}


def test_a_row_that_stands_twice_is_taken_once(tmp_path):
    rows = [row("a", "recall", 0.1, 0.01)]
    found, _ = collected(tmp_path, rows, rows)
    assert found.entries == [Entry("a", 64)] and len(found.lines[0].cells) == 1
    assert found.notes == ["1 rows stand there twice with the same numbers: each is taken once."]


def test_one_run_with_two_numbers_is_refused_unless_the_files_are_named(tmp_path):
    files = [[row("genre", "recall", value, 0.01)] for value in (0.1, 0.2)]
    with pytest.raises(
        UserError, match=r"genre @ 64 has two numbers of recall.*0\.1 in .*line 2.*0\.2 in .*--names"
    ):
        collected(tmp_path, *files)
    found, _ = collected(tmp_path, *files, names=("mine", "yours"))
    assert [str(entry) for entry in found.entries] == ["mine @ 64", "yours @ 64"]


def test_of_a_number_that_failed_in_one_file_the_other_is_taken(tmp_path):
    failed = row("a", "recall", None, status="killed")
    for files in ([[failed], [row("a", "recall", 0.1)]], [[row("a", "recall", 0.1)], [failed]]):
        found, _ = collected(tmp_path, *files)
        assert found.missing[("recall", "")] == {} and found.lines[0].cells[Entry("a", 64)].row.value == 0.1


def test_a_file_of_several_runs_has_its_name_before_theirs(tmp_path):
    found, _ = collected(tmp_path, [row("a", "recall", 0.1), row("b", "recall", 0.1)], names=("mine",))
    assert [entry.name for entry in found.entries] == ["mine/a", "mine/b"]


def test_checkpoints_of_a_run_are_entries_and_the_newest_can_be_had_alone(tmp_path):
    rows = [row("a", "recall", 0.1 * step, step=step) for step in (1, 3, 2)]
    assert [entry.step for entry in collected(tmp_path, rows)[0].entries] == [1, 3, 2]
    assert [entry.step for entry in collected(tmp_path, rows, newest_only=True)[0].entries] == [3]


def test_metrics_are_chosen_by_name_or_by_its_first_part(tmp_path):
    rows = [row("a", name, 0.1) for name in ("accuracy/genre", "accuracy/pitch", "recall")]
    found, _ = collected(tmp_path, rows, metrics=("accuracy",))
    assert [line.metric for line in found.lines] == ["accuracy/genre", "accuracy/pitch"]
    with pytest.raises(UserError, match="--metrics=accurac: no file has it. They have accuracy/genre"):
        collected(tmp_path, rows, metrics=("accurac",))


def test_real_clips_are_found_also_under_another_fingerprint_and_left_out_where_files_disagree(tmp_path):
    rows = [row("a", "recall", 0.1), real("recall", 0.9, **ANOTHER)]
    found, _ = collected(tmp_path, rows)
    assert found.lines[0].real.value == 0.9
    found, _ = collected(tmp_path, rows, [row("b", "recall", 0.2), real("recall", 0.8, **ANOTHER)])
    assert found.lines[0].real is None
    assert found.notes == ["recall: the files disagree on real held-out clips (0.8, 0.9), so none are shown."]


def test_files_without_a_model_are_nothing_to_compare(tmp_path):
    with pytest.raises(UserError, match="no numbers of a model"):
        collected(tmp_path, [real("recall", 0.9)])


def test_remarks_are_of_the_entries_that_are_compared(tmp_path):
    copies, twins = "memorised: 9 of 10 clips are copies of training clips", "repeats itself: 2 of 10 clips"
    rows = [row("a", "distance_train", 1.0, 0.1, step=8, status=copies)]
    rows += [row("a", "distance_self", 1.0, 0.1, step=16, status=f"10 pairs; {twins}; few clips")]
    rows += [row("a", "recall", 0.5, 0.1, step=step) for step in (8, 16)]
    rows.append(real("distance_train", 1.0, status=copies))
    found, _ = collected(tmp_path, rows)
    told = [f"a after 8 images: {copies} (distance_train)."], [f"a after 16 images: {twins} (distance_self)."]
    assert found.remarks == {Entry("a", 8): told[0], Entry("a", 16): told[1]}
    found, _ = collected(tmp_path, rows, newest_only=True, metrics=("recall",))
    assert found.remarks == {Entry("a", 16): told[1]}
    (line,) = found.lines
    assert found.is_remarked(line, Entry("a", 16)) and not found.is_remarked(line, Entry("a", 8))
