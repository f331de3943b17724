"""What every metric of the suite must do, whichever it is."""

import dataclasses
import json
import math

import numpy as np
import pytest

from gansynth_tf.evaluation.suite import directions
from gansynth_tf.evaluation.suite.distributions import OfFeatures
from gansynth_tf.evaluation.suite.evidence import ClipArrays
from gansynth_tf.evaluation.suite.metrics_catalogue import METRICS, make_metric, parameters_of
from gansynth_tf.evaluation.suite.protocols import PROTOCOLS
from gansynth_tf.evaluation.suite.recognition import OfLabels
from gansynth_tf.options import UserError
from gansynth_tf.programs.evaluated_clips import TimeFactor
from tests.evaluation.suite_world import ASKED, NUM, evidence, measured, set_of

# Beside a metric's own key, what its rows may be called.
OTHER_NAMES = ("jensen_shannon",)
MEMORY: dict = {}


def time_factor():
    return TimeFactor((0.5, 0.25, 0.75), {"device": "none", "batch": 8})


@pytest.fixture(scope="module")
def clips():
    return set_of(NUM, 3)


@pytest.fixture(scope="module", params=METRICS)
def job(request, clips):
    # The four shares of neighbourhoods are computed together, once.
    return request.param, measured(
        dataclasses.replace(evidence(clips, time_factor=time_factor), memory=MEMORY), request.param
    )


def test_it_finds_numbers_under_its_own_name_with_intervals_that_hold_them(job):
    key, found = job
    assert found.rows[0].metric.partition("/")[0] == key and found.rows[0].value is not None
    for row in found.rows:
        assert row.metric.partition("/")[0] in (key, *OTHER_NAMES)
        assert directions.direction_of(row.metric) in directions.WORDS
        if row.ci_low is not None and row.ci_high is not None:
            assert row.ci_low <= row.value <= row.ci_high and row.interval
            least, most = directions.range_of(row.metric)
            assert least <= row.ci_low and row.ci_high <= most
        assert len(row.fingerprint) == 16 and row.num_samples > 0


def test_what_it_shows_and_draws_can_be_kept(job):
    _, found = job
    json.dumps(found.shown, allow_nan=False)
    assert all(isinstance(array, np.ndarray) and array.dtype.kind in "fiub" for array in found.drawn.values())


def test_the_same_clips_have_the_same_numbers_with_or_without_intervals(job, clips):
    key, found = job
    again = measured(evidence(clips, time_factor=time_factor, with_intervals=False), key)
    assert [row.value for row in again.rows] == [row.value for row in found.rows]
    assert [row.fingerprint for row in again.rows] == [row.fingerprint for row in found.rows]


def test_the_order_of_clips_does_not_matter_where_nothing_is_drawn(clips):
    order = np.random.default_rng(0).permutation(NUM)
    turned = ClipArrays(clips.rows[order], {name: array[order] for name, array in clips.arrays.items()})
    for key in (
        "inception_score",
        "accuracy",
        "frechet_distance",
        "kernel_distance",
        "recall",
        "distance_train",
    ):
        first, second = (
            measured(evidence(its, with_intervals=False), key).rows[0].value for its in (clips, turned)
        )
        assert second == pytest.approx(first, rel=1e-9)


@pytest.mark.parametrize("key", METRICS)
def test_clips_that_are_not_finite_get_a_reason(key, clips):
    broken = ClipArrays(clips.rows, {}, num_broken=2)
    rows = measured(evidence(broken), key).rows
    assert rows and all(row.value is None and row.status for row in rows)


@pytest.mark.parametrize("key", METRICS)
def test_two_clips_get_numbers_or_a_reason_and_no_error(key, clips):
    rows = measured(evidence(clips.chosen(np.arange(2)), time_factor=time_factor), key).rows
    assert rows and all(row.status or math.isfinite(row.value) for row in rows)


def test_every_protocol_asks_for_metrics_that_there_are_with_parameters_that_they_have():
    for protocol in PROTOCOLS.values():
        for asked in protocol.metrics:
            metric = make_metric(asked.metric, asked.parameters)
            assert metric.key == asked.metric
            assert json.dumps(parameters_of(metric), allow_nan=False)
    assert set(ASKED) == set(METRICS), "the default protocol asks for every metric"


@pytest.mark.parametrize(("base", "missing"), [(OfFeatures, "_of_pair"), (OfLabels, "_of_label")])
def test_a_metric_that_forgets_what_it_measures_cannot_be_made(base, missing):
    class Forgetful(base):
        key = "forgetful"

    with pytest.raises(TypeError, match=missing):
        Forgetful()


def test_unknown_metrics_and_parameters_are_refused():
    with pytest.raises(UserError, match="no metric 'frechet'"):
        make_metric("frechet", {})
    with pytest.raises(UserError, match="no parameter 'num_bin', but space, num_bins"):
        make_metric("different_bins", {"num_bin": 3})
