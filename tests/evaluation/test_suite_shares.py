"""Shares of neighbourhoods: what the suite claims to know of them."""

import pytest

from gansynth_tf.evaluation.suite.rows import Row
from gansynth_tf.evaluation.suite.telling import badness_of
from gansynth_tf.evaluation.suite.uncertainty import widened
from gansynth_tf.metrics.intervals import share_interval
from tests.evaluation import suite_world as world
from tests.evaluation.suite_world import NUM, evidence, set_of, values, with_features

SHARES = ("precision", "recall", "density", "coverage")


def test_shares_of_0_and_1_are_not_known_for_certain():
    clips = set_of(NUM, 3)
    far = with_features(clips, clips.array("features/x") + 100.0)
    edge = share_interval(0, NUM / 5)[1]
    for name, row in values(evidence(far), SHARES).items():
        assert (row.value, row.ci_low) == (0.0, 0.0) and row.ci_high == pytest.approx(edge), name
        assert row.interval == "subsampling, widened to Wilson"
    # The middle of each class, with little around it.
    middle = with_features(clips, world.CENTRES[clips.rows[:, 0]] + 0.01 * clips.latents)
    row = values(evidence(middle), ["precision"])["precision"]
    assert (row.value, row.ci_high) == (1.0, 1.0) and row.ci_low == pytest.approx(1.0 - edge)


def test_no_recall_and_next_to_none_cannot_be_told_apart():
    narrow = {0.0: (0.0, 0.0), 0.002: (0.001, 0.003)}

    def told_apart(widen):
        none, few = (
            Row("a", 5, "model", "recall", value=value, ci_low=ends[0], ci_high=ends[1])
            for value, ends in ((value, widen(value, ends)) for value, ends in narrow.items())
        )
        return badness_of(few).told_from(badness_of(none))

    assert told_apart(lambda value, ends: ends)
    assert not told_apart(lambda value, ends: widened("recall", value, (*ends, "subsampling"), NUM / 5))
    assert widened("recall", 0.5, (None, None, ""), NUM / 5) == (None, None, "")


def test_shares_that_subsets_tell_of_keep_their_interval():
    good = values(evidence(set_of(NUM, 3)), SHARES)
    assert {good[name].interval for name in ("recall", "density")} == {"subsampling"}
