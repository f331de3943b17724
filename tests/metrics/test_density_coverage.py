"""Golden numbers: tests/golden/metrics/{in_features,out_prdc}.npz, made with the package prdc 0.2 (Naeem et al.)."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics import pairs
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics"


@pytest.fixture(scope="module")
def features():
    return dict(np.load(GOLDEN / "in_features.npz"))


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize(
    ("pair", "real_name", "fake_name"),
    [
        ("eq", "real", "fake_eq"),
        ("ne", "real", "fake_ne"),
        ("self", "real", "real"),
        ("rankdef", "real_rd", "fake_rd"),
    ],
)
def test_four_numbers_equal_those_of_the_reference_implementation(features, pair, real_name, fake_name, k):
    golden = np.load(GOLDEN / "out_prdc.npz")
    values = precision_recall_density_coverage(features[real_name], features[fake_name], k=k)
    for name, value in values.items():
        assert value == pytest.approx(float(golden[f"{pair}_k{k}_prdc_{name}"]), abs=1e-12), name
    # Of float32 distances, and with clips on a ball's rim inside: here none makes a difference.
    for name in ("precision", "recall"):
        assert values[name] == pytest.approx(float(golden[f"{pair}_k{k}_torchfidelity_{name}"]), abs=1e-6), (
            name
        )


def test_blocks_change_nothing(features, monkeypatch):
    whole = precision_recall_density_coverage(features["real"], features["fake_ne"])
    monkeypatch.setattr(pairs, "BLOCK_VALUES", 1000)
    assert precision_recall_density_coverage(features["real"], features["fake_ne"]) == whole


def test_order_of_examples_and_a_common_offset_do_not_matter(features):
    random = np.random.default_rng(0)
    reals, fakes = features["real"], features["fake_eq"]
    expected = precision_recall_density_coverage(reals, fakes)
    shuffled = precision_recall_density_coverage(random.permutation(reals), random.permutation(fakes))
    assert shuffled == pytest.approx(expected)
    assert precision_recall_density_coverage(reals + 1e4, fakes + 1e4) == pytest.approx(expected)


def test_fakes_far_away_score_zero_and_collapsed_fakes_cover_little(features):
    far = precision_recall_density_coverage(features["real"], features["real"] + 1e3)
    assert set(far.values()) == {0.0}
    collapsed = np.repeat(features["real"][:1], 50, axis=0)
    values = precision_recall_density_coverage(features["real"], collapsed)
    assert values["precision"] == 1.0
    assert values["coverage"] < 0.1


def test_wrong_input_is_refused_in_one_line(features):
    with pytest.raises(ValueError, match="at least 6 examples. Received: 5"):
        precision_recall_density_coverage(features["real"], features["fake_eq"][:5])
    with pytest.raises(ValueError, match="same number of features"):
        precision_recall_density_coverage(features["real"], features["fake_rd"])
    with pytest.raises(ValueError, match="1 examples with NaN"):
        broken = features["real"].copy()
        broken[3, 3] = np.nan
        precision_recall_density_coverage(broken, features["fake_eq"])
    with pytest.raises(ValueError, match="`k` must be at least 1"):
        precision_recall_density_coverage(features["real"], features["fake_eq"], k=0)
