import hashlib

import numpy as np
import pytest

from gansynth_tf.evaluation.suite.fingerprint import FACTS, differences, fingerprint

FACTS_OF_ONE = dict.fromkeys(FACTS) | {
    "metric": "different_bins",
    "metric_version": 1,
    "parameters": {"num_bins": 50, "space": "ndb"},
    "protocol": "default",
    "num_samples": 2000,
    "seed": 0,
    "classifier": "",
    "space": {"num_frames": 32, "floor": 1e-6},
}


def test_a_fingerprint_is_the_same_on_every_machine_and_at_every_start():
    text = (
        '{"facts":{"classifier":"","features":null,"metric":"different_bins","metric_version":1,"num_reference":null,'
        '"num_samples":2000,"parameters":{"num_bins":50,"space":"ndb"},"protocol":"default","reference":null,"seed":0,'
        '"space":{"floor":1e-06,"num_frames":32},"splits":null},"fingerprint_version":1}'
    )
    assert fingerprint(FACTS_OF_ONE) == hashlib.sha256(text.encode()).hexdigest()[:16] == "83cfb8b860e76c79"


def test_order_and_kind_of_numbers_make_no_difference():
    again = {name: FACTS_OF_ONE[name] for name in reversed(FACTS_OF_ONE)}
    again |= {"num_samples": np.int64(2000), "seed": 0.0, "metric_version": np.float32(1)}
    again["parameters"] = {"space": "ndb", "num_bins": 50.0}
    assert fingerprint(again) == fingerprint(FACTS_OF_ONE)
    listed = [fingerprint(FACTS_OF_ONE | {"splits": kind(("a", "b"))}) for kind in (tuple, list)]
    assert listed[0] == listed[1]


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_counts(name):
    assert fingerprint(FACTS_OF_ONE | {name: "another"}) != fingerprint(FACTS_OF_ONE)


def test_facts_beyond_those_that_all_numbers_have_count_as_well():
    assert fingerprint(FACTS_OF_ONE | {"device": "CPU"}) != fingerprint(FACTS_OF_ONE)


def test_true_is_not_one_and_nothing_is_not_an_empty_text():
    def of(value):
        return fingerprint(FACTS_OF_ONE | {"splits": value})

    assert len({of(True), of(1), of("1"), of(None), of("")}) == 5


def test_a_forgotten_fact_is_refused():
    with pytest.raises(ValueError, match="Missing: seed. Give None"):
        fingerprint({name: value for name, value in FACTS_OF_ONE.items() if name != "seed"})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="Expected finite numbers"):
        fingerprint(FACTS_OF_ONE | {"parameters": {"floor": value}})


@pytest.mark.parametrize("value", [np.zeros(3), {1: "a"}, {"a", "b"}, b"hash", object()])
def test_a_value_that_has_no_one_spelling_is_refused(value):
    with pytest.raises(TypeError, match="Give its parts, or a hash of it"):
        fingerprint(FACTS_OF_ONE | {"space": value})


def test_differences_name_the_fact_and_both_values():
    other = FACTS_OF_ONE | {"seed": 1, "classifier": "abc"}
    assert differences(FACTS_OF_ONE, other, ("a.csv", "b.csv")) == [
        "the seed of the draws: 0 in a.csv, 1 in b.csv",
        "the classifier (hash of its weights): nothing in a.csv, abc in b.csv",
    ]
    assert differences(FACTS_OF_ONE, dict(FACTS_OF_ONE)) == []


def test_differences_of_parameters_name_the_parameter():
    other = FACTS_OF_ONE | {"parameters": {"num_bins": 100, "space": "ndb"}, "space": {"num_frames": 32}}
    assert differences(FACTS_OF_ONE, other) == [
        "the metric's parameters, num_bins: 50 in the first, 100 in the second",
        "how the features are made, floor: 1e-06 in the first, nothing in the second",
    ]


def test_a_fact_that_one_side_does_not_know_is_no_difference():
    assert differences({"seed": 0, "dataset": "notes"}, {"dataset": "grooves"}) == [
        "dataset: notes in the first, grooves in the second"
    ]
