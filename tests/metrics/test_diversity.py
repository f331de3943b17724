"""Golden numbers: tests/golden/metrics/out_extra.npz, with the formula of MSGAN's model.py."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics.diversity import mode_seeking_ratio

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics" / "out_extra.npz"


def test_ratio_equals_the_reference():
    golden = np.load(GOLDEN)
    pairs = [golden[name] for name in ("ms_x1", "ms_x2", "ms_z1", "ms_z2")]
    ratio = mode_seeking_ratio(*pairs)
    assert ratio == pytest.approx(float(golden["ms_ratio_of_means"]), rel=1e-6)
    assert 1.0 / (ratio + 1e-5) == pytest.approx(float(golden["ms_loss"]), rel=1e-6)
    # Another number, which ours is not.
    assert abs(ratio - golden["ms_mean_of_ratios"]) > 0.01
    order = np.random.default_rng(0).permutation(8)
    assert mode_seeking_ratio(*(one[order] for one in pairs)) == pytest.approx(ratio, rel=1e-12)
    assert mode_seeking_ratio(pairs[1], pairs[0], pairs[3], pairs[2]) == pytest.approx(ratio, rel=1e-12)


def test_ratio_by_hand():
    ratio = mode_seeking_ratio([[0.0, 6.0]], [[0.0, 0.0]], [[1.0], [0.0]][:1], [[3.0]])
    assert ratio == pytest.approx(3.0 / 2.0)
    assert (
        mode_seeking_ratio(np.ones([2, 3, 3]), np.ones([2, 3, 3]), np.zeros([2, 4]), np.ones([2, 4])) == 0.0
    )


def test_wrong_input_is_refused_in_one_line():
    with pytest.raises(ValueError, match="latents that differ"):
        mode_seeking_ratio(np.zeros([2, 3]), np.ones([2, 3]), np.ones([2, 4]), np.ones([2, 4]))
    with pytest.raises(ValueError, match="in pairs. Received: 2, 2, 3, 3"):
        mode_seeking_ratio(np.zeros([2, 3]), np.ones([2, 3]), np.zeros([3, 4]), np.ones([3, 4]))
