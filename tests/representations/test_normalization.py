"""Constants that take data to the networks' range."""

import numpy as np
import pytest
from original_program import goldens

from gansynth_tf.representations import normalization


def test_the_original_constants_normalise_as_the_original():
    golden = goldens("normalizers")
    normalized = golden["prespec_in"] * normalization.ORIGINAL_SCALE + normalization.ORIGINAL_OFFSET
    np.testing.assert_allclose(np.clip(normalized, -1, 1), golden["prespec_normalized"], atol=1e-6)


@pytest.mark.parametrize("kind", ["mel", "spec_if", "spec_phase"])
def test_fitted_constants_equal_the_original_for_the_same_extremes(kind):
    golden = goldens("normalizers")
    # The data themselves are large; their least and greatest values decide.
    lowest_0, highest_0, lowest_1, highest_1 = golden[f"minmax_{kind}"].astype(np.float64)
    extremes = np.array([[lowest_0, lowest_1], [highest_0, highest_1]]).reshape(1, 1, 2, 2)
    scale, offset = normalization.fitted_constants(extremes)
    # The original forms the constants in float32.
    np.testing.assert_allclose(np.stack([scale, offset], axis=1).ravel(), golden[f"simple_{kind}"], atol=1e-5)


def test_extremes_of_each_channel_go_to_the_margin():
    data = np.random.default_rng(0).normal(size=[130, 4, 4, 2]) * [3.0, 0.1] + [-7.0, 2.0]
    scale, offset = normalization.fitted_constants(data, margin=0.9)
    normalized = data * scale + offset
    np.testing.assert_allclose(normalized.min(axis=(0, 1, 2)), -0.9)
    np.testing.assert_allclose(normalized.max(axis=(0, 1, 2)), 0.9)


def test_a_constant_channel_is_refused():
    with pytest.raises(ValueError, match="vary in every channel.*silent"):
        normalization.fitted_constants(np.zeros([2, 4, 4, 2]))


def test_no_data_are_refused():
    with pytest.raises(ValueError, match="at least one clip"):
        normalization.fitted_constants(np.zeros([0, 4, 4, 2]))
