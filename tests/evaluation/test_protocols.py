import math

import pytest

from gansynth_tf.evaluation.suite import published
from gansynth_tf.evaluation.suite.directions import (
    DIRECTIONS,
    HIGHER,
    LOWER,
    NEAR_REAL,
    NONE,
    badness,
    direction_of,
)
from gansynth_tf.evaluation.suite.fingerprint import canonical
from gansynth_tf.evaluation.suite.protocols import PROTOCOLS

ALL = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)


def test_there_are_our_own_protocol_and_the_three_of_published_tables():
    assert list(PROTOCOLS) == ["default", "gansynth", "wavegan", "report11"]


@ALL
def test_a_protocol_asks_for_a_metric_once_and_knows_its_direction(protocol):
    keys = [asked.metric for asked in protocol.metrics]
    assert len(set(keys)) == len(keys) and set(keys) <= set(DIRECTIONS)
    assert all(canonical(asked.parameters) is not None for asked in protocol.metrics)
    assert protocol.reference_split != protocol.floor_split and protocol.notes


@ALL
def test_every_published_number_says_where_it_is_from_and_stands_beside_a_metric_of_the_protocol(protocol):
    keys = {asked.metric for asked in protocol.metrics}
    for row in protocol.published:
        assert row.metric.partition("/")[0] in keys and row.provenance in published.PROVENANCES and row.source
        shown = row.as_page_row()
        assert set(shown) == {"name", "metric", "value", "note", "source"}
        assert shown["note"].endswith(published.PROVENANCES[row.provenance])


def test_the_numbers_of_the_original_paper_are_marked_as_recalled():
    assert {row.provenance for row in published.GANSYNTH} == {published.RECALLED}
    assert "recalled" in published.GANSYNTH[0].as_page_row()["note"]


def test_recalled_scores_agree_with_the_entropy_of_the_pitches():
    """ln IS + PE is the entropy of the mean softmax, at most that of the pitches that were drawn: 4.0751 nats."""
    scores = {row.name: row.value for row in published.GANSYNTH if row.metric.startswith("inception_score")}
    entropies = {row.name: row.value for row in published.GANSYNTH if row.metric.startswith("label_entropy")}
    sums = {name: math.log(scores[name]) + entropies[name] for name in scores}
    assert sums["Real data"] == pytest.approx(4.072, abs=5e-4)
    assert len(sums) == 9 and all(3.96 < total < 4.0751 for total in sums.values())


def test_published_shares_are_no_per_cents_and_deviations_are_told_as_such():
    accuracies = [row.value for row in published.GANSYNTH if row.metric.startswith("accuracy")]
    assert max(accuracies) == 0.983 and min(accuracies) == 0.827
    (row,) = [row for row in published.REPORT11 if row.name == "DCGAN" and row.deviation]
    assert row.as_page_row()["note"].startswith("±0.046 over splits; trained on uniform latents")


def test_what_departs_from_a_protocol_is_told_in_words():
    gansynth = PROTOCOLS["gansynth"]
    assert gansynth.departures(12800, 12800, "nsynth", ("pitch", "velocity"), 16000, 64000) == []
    assert gansynth.departures(1000, 12800, "small", ("genre",), 16000, 16384) == [
        "1,000 generated clips instead of 12,800",
        "16,384 samples a clip instead of 64,000",
        "a classifier of kind small instead of nsynth",
        "a classifier without pitch: it hears genre",
    ]
    assert PROTOCOLS["default"].departures(2000, 2000, "small", (), 8000, 8192) == []


def test_directions_follow_the_first_part_of_a_name():
    assert direction_of("accuracy/pitch/within_semitone") == HIGHER
    assert direction_of("different_bins/share") == direction_of("frechet_distance") == LOWER
    assert direction_of("distance_train") == NEAR_REAL
    assert direction_of("split_inception_score/word/deviation_over_splits") == NONE
    assert direction_of("a_metric_of_tomorrow") == NONE


def test_badness_is_least_for_the_better_value():
    assert badness(3.0, HIGHER) < badness(2.0, HIGHER)
    assert badness(2.0, LOWER) < badness(3.0, LOWER)
    assert badness(9.0, NEAR_REAL, 10.0) == badness(11.0, NEAR_REAL, 10.0) < badness(0.0, NEAR_REAL, 10.0)
    assert math.isnan(badness(1.0, NEAR_REAL)) and math.isnan(badness(1.0, NONE))


def test_the_readme_states_the_published_numbers_and_where_they_are_from(repository):
    text = (repository / "eval" / "README.md").read_text(encoding="utf-8")
    tables = {
        published.GANSYNTH: "GANSynth, NSynth",
        published.WAVEGAN: "SC09, Donahue",
        published.REPORT11: "NSynth, 1.024 s",
    }
    for rows, start in tables.items():
        part = text.partition(f"\n{start}")[2].partition("\n\n|")[2].partition("\n\n")[0]
        lines = {line.split("|")[1].strip(): line for line in part.splitlines()}
        for row in rows:
            value = 100 * row.value if row.metric.startswith("accuracy") else row.value
            cells = [float(cell.split("±")[0]) for cell in lines[row.name].split("|")[2:] if cell.strip()]
            assert any(cell == pytest.approx(value) for cell in cells), (row.name, row.metric)
            assert row.deviation is None or f"± {row.deviation:g}" in lines[row.name]
    assert all(f"*{mark}*" in text.lower() for mark in published.PROVENANCES)
    assert all(f"`{key}`" in text for key in PROTOCOLS)
