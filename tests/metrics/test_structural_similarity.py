"""Golden numbers: tests/golden/metrics/{out_extra,out_extra_tf}.npz, of torchmetrics and of tf.image."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics import structural_similarity
from gansynth_tf.metrics.structural_similarity import multi_scale_ssim, scale_weights

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics"


@pytest.fixture(scope="module")
def golden():
    return {**np.load(GOLDEN / "out_extra.npz"), **np.load(GOLDEN / "out_extra_tf.npz")}


def test_similarity_equals_that_of_tensorflow(golden):
    values = multi_scale_ssim(golden["ssim_a"], golden["ssim_b"], 255.0)
    np.testing.assert_allclose(values, golden["msssim_tf"], atol=1e-5)
    # Which treats borders otherwise.
    np.testing.assert_allclose(values, golden["msssim_torchmetrics_default"], atol=1e-4)


def test_similarity_of_one_scale_equals_that_of_tensorflow(golden, monkeypatch):
    monkeypatch.setattr(structural_similarity, "_WEIGHTS", (1.0,))
    values = multi_scale_ssim(golden["ssim_a"], golden["ssim_b"], 255.0)
    np.testing.assert_allclose(values, golden["ssim_tf"], atol=1e-5)
    np.testing.assert_allclose(values, golden["ssim_torchmetrics"], atol=3e-3)


@pytest.mark.parametrize(
    ("height", "width", "num_scales"),
    [
        (192, 192, 5),
        (176, 176, 5),
        (160, 160, 4),
        (128, 1024, 4),
        (1024, 128, 4),
        (64, 256, 3),
        (21, 21, 2),
        (128, 16, 1),
        (11, 11, 1),
    ],
)
def test_as_many_scales_are_taken_as_fit(height, width, num_scales):
    weights = scale_weights(height, width)
    assert len(weights) == num_scales and weights.sum() == pytest.approx(1.0, abs=2e-4)
    pictures = np.random.default_rng(0).normal(size=[2, height, width])
    noisy = pictures + np.array([0.1, 1.0])[:, None, None] * np.random.default_rng(1).normal(
        size=pictures.shape
    )
    np.testing.assert_allclose(multi_scale_ssim(pictures, pictures, 8.0), 1.0, rtol=1e-12)
    little, much = multi_scale_ssim(pictures, noisy, 8.0)
    assert 1.0 > little > 0.9 > much > 0.1


def test_a_constant_shift_is_seen_by_luminance_alone():
    # No structure: cs is 1 everywhere, and l = (2 a b + c) / (a^2 + b^2 + c), to the weight of the last scale.
    dark, light = np.full([1, 64, 256], 0.2), np.full([1, 64, 256], 0.6)
    luminance = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    (value,) = multi_scale_ssim(dark, light, 1.0)
    assert value == pytest.approx(luminance ** scale_weights(64, 256)[-1], rel=1e-9)


def test_inverted_pictures_are_at_zero_and_pairs_and_order_do_not_matter():
    pictures = np.random.default_rng(0).uniform(-1.0, 1.0, size=[3, 32, 40])
    assert np.all(multi_scale_ssim(pictures, -pictures, 2.0) == 0.0)
    others = pictures[::-1]
    values = multi_scale_ssim(pictures, others, 2.0)
    np.testing.assert_allclose(multi_scale_ssim(others, pictures, 2.0), values, rtol=1e-12)
    np.testing.assert_allclose(values, values[::-1], rtol=1e-12)
    turned = multi_scale_ssim(pictures.swapaxes(1, 2), others.swapaxes(1, 2), 2.0)
    np.testing.assert_allclose(turned, values, rtol=1e-9)


def test_channels_are_averaged():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=[2, 2, 24, 30, 2])
    second[..., 0] = first[..., 0]
    both = multi_scale_ssim(first, second, 6.0)
    np.testing.assert_allclose(both, 0.5 + 0.5 * multi_scale_ssim(first[..., 1], second[..., 1], 6.0))


def test_wrong_input_is_refused_in_one_line():
    with pytest.raises(ValueError, match="at least 11 x 11, the size of the window. Received: 128 x 8"):
        multi_scale_ssim(np.zeros([1, 128, 8]), np.zeros([1, 128, 8]), 1.0)
    with pytest.raises(ValueError, match="of one shape"):
        multi_scale_ssim(np.zeros([1, 16, 16]), np.zeros([2, 16, 16]), 1.0)
    with pytest.raises(ValueError, match="`data_range` must be above 0. Received: 0"):
        multi_scale_ssim(np.zeros([1, 16, 16]), np.zeros([1, 16, 16]), 0)
    with pytest.raises(ValueError, match="Pair 0 is not"):
        multi_scale_ssim(np.full([1, 16, 16], np.nan), np.zeros([1, 16, 16]), 1.0)
