"""Constants that take data to the networks' range."""

import numpy as np
import pytest
from original_program import goldens

from gansynth_tf.representations import normalization


def test_the_original_constants_normalise_as_the_original():
    golden = goldens("normalizers")
    normalized = golden["prespec_in"] * normalization.ORIGINAL_SCALE + normalization.ORIGINAL_OFFSET
    np.testing.assert_allclose(np.clip(normalized, -1, 1), golden["prespec_normalized"], atol=1e-6)
    beyond = np.mean(np.abs(normalized) > 1.0, axis=(0, 1, 2))
    np.testing.assert_array_equal(beyond, golden["prespec_clipped_fraction"])


@pytest.mark.parametrize("kind", ["mel", "spec_if", "spec_phase"])
def test_fitted_constants_equal_the_original_for_the_same_extremes(kind):
    golden = goldens("normalizers")
    # The data themselves are large; their least and greatest values decide.
    lowest_0, highest_0, lowest_1, highest_1 = golden[f"minmax_{kind}"].astype(np.float64)
    extremes = np.array([[lowest_0, lowest_1], [highest_0, highest_1]]).reshape(1, 1, 2, 2)
    scale, offset = normalization.fitted_constants(extremes)
    # The original forms the constants in float32.
    np.testing.assert_allclose(np.stack([scale, offset], axis=1).ravel(), golden[f"simple_{kind}"], atol=1e-5)


@pytest.mark.parametrize("kind", ["mel", "spec_if", "spec_phase"])
def test_bin_constants_equal_the_original_for_the_same_extremes_of_each_bin(kind):
    golden = goldens("normalizers")
    with np.errstate(invalid="ignore"):
        factors, offsets = golden[f"freq_{kind}"][:, 0::2], golden[f"freq_{kind}"][:, 1::2]
        lowest, highest = (-0.8 - offsets) / factors, (0.8 - offsets) / factors
    # Bin 0 of mel data is constant, and the original's constants are not finite there.
    constant = ~np.all(np.isfinite(lowest), axis=1)
    assert np.flatnonzero(constant).tolist() == ([0] if kind == "mel" else [])
    lowest[constant] = highest[constant] = [-13.8, 0.0]
    # The golden's extremes over all bins were kept apart from its constants.
    extremes = np.stack([lowest.min(axis=0), highest.max(axis=0)], axis=1).ravel()
    np.testing.assert_allclose(extremes, golden[f"minmax_{kind}"], atol=2e-5)
    clips = np.stack([lowest, highest])[:, np.newaxis]
    scale, offset = normalization.fitted_bin_constants(clips)
    assert np.all(np.isfinite(scale)) and np.all(np.isfinite(offset))
    np.testing.assert_allclose(scale[~constant], factors[~constant], rtol=1e-6)
    np.testing.assert_allclose(offset[~constant], offsets[~constant], atol=1e-6)
    np.testing.assert_allclose((clips * scale + offset)[:, 0, constant], 0.0, atol=1e-9)


def test_the_originals_bin_constants_put_its_data_between_the_margins():
    golden = goldens("normalizers")
    constants = golden["freq_mel"][::16][1:]  # The data are every 16th bin; bin 0 is constant.
    normalized = golden["prespec_in"][:, :, 1:] * constants[:, 0::2] + constants[:, 1::2]
    np.testing.assert_allclose(normalized.min(axis=(0, 1, 2)), -0.8, atol=1e-5)
    np.testing.assert_allclose(normalized.max(axis=(0, 1, 2)), 0.8, atol=1e-5)
    scale, offset = normalization.fitted_bin_constants(golden["prespec_in"])
    # Of fewer frames, so that no range is wider.
    assert np.all(scale[1:] > constants[:, 0::2] * 0.9999)


def test_extremes_of_each_bin_go_to_the_margin_times_the_weight():
    data = np.random.default_rng(0).normal(size=[130, 4, 3, 2]) * [3.0, 0.1] + [-7.0, 2.0]
    data[:, :, 1] *= 2.0
    scale, offset = normalization.fitted_bin_constants(data, (1.0, 0.25), margin=0.9)
    assert scale.shape == offset.shape == (3, 2)
    normalized = data * scale + offset
    np.testing.assert_allclose(normalized.max(axis=(0, 1)), [[0.9, 0.225]] * 3)
    np.testing.assert_allclose(normalized.min(axis=(0, 1)), [[-0.9, -0.225]] * 3)


def test_moments_of_each_bin_are_those_of_all_frames_of_all_clips(monkeypatch):
    monkeypatch.setattr(normalization, "_PIECE_SIZE", 1000)  # 41 clips at once, and a rest.
    data = np.random.default_rng(1).normal(size=[130, 4, 3, 2]).astype(np.float32)
    data = data * np.float32([1.0, 5.0]) + np.float32([[0.0, 900.0], [1.0, 2.0], [-13.0, 4.0]])
    data[70:] += 3.0  # The pieces have means of their own.
    means, deviations = normalization.bin_moments(data)
    flat = data.astype(np.float64).reshape(-1, 3, 2)
    np.testing.assert_allclose(means, flat.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(deviations, flat.std(axis=0), rtol=1e-8)


def test_standard_constants_are_mean_and_three_deviations():
    frames = np.array([[1.0, -4.0], [3.0, 0.0], [1.0, -4.0], [3.0, 0.0]])  # Means 2, -2; deviations 1, 2.
    data = frames.reshape(2, 2, 2, 1)
    scale, offset = normalization.standard_bin_constants(data)
    np.testing.assert_allclose(scale, [[1 / 3], [1 / 6]])
    np.testing.assert_allclose(offset, [[-2 / 3], [2 / 6]])
    np.testing.assert_allclose((data * scale + offset)[0, 0].ravel(), [-1 / 3, -1 / 3])


def test_standard_constants_of_a_memory_map_are_the_same(tmp_path):
    data = np.random.default_rng(2).normal(size=[20, 8, 4, 1]).astype(np.float32)
    np.save(tmp_path / "data.npy", data)
    mapped = np.load(tmp_path / "data.npy", mmap_mode="r")
    for ours, other in zip(
        normalization.standard_bin_constants(mapped), normalization.standard_bin_constants(data), strict=True
    ):
        np.testing.assert_array_equal(ours, other)


@pytest.mark.parametrize("fit", [normalization.standard_bin_constants, normalization.fitted_bin_constants])
def test_a_constant_bin_gets_finite_constants_and_stays_at_the_middle(fit):
    data = np.random.default_rng(3).normal(size=[20, 8, 4, 1]).astype(np.float32)
    data[:, :, 2] = np.float32(np.log(1e-6))
    scale, offset = (values.astype(np.float32) for values in fit(data))
    normalized = data * scale + offset
    assert np.all(np.isfinite(normalized))
    # In the float32 of the networks; a smaller least deviation would magnify the rounding.
    np.testing.assert_allclose(normalized[:, :, 2], 0.0, atol=1e-3)
    assert scale[2, 0] < 200 * scale[0, 0]


def test_extremes_of_each_channel_go_to_the_margin():
    data = np.random.default_rng(0).normal(size=[130, 4, 4, 2]) * [3.0, 0.1] + [-7.0, 2.0]
    scale, offset = normalization.fitted_constants(data, margin=0.9)
    normalized = data * scale + offset
    np.testing.assert_allclose(normalized.min(axis=(0, 1, 2)), -0.9)
    np.testing.assert_allclose(normalized.max(axis=(0, 1, 2)), 0.9)


FITS = [
    normalization.fitted_constants,
    normalization.fitted_bin_constants,
    normalization.standard_bin_constants,
]


@pytest.mark.parametrize("fit", FITS)
def test_a_constant_channel_is_refused(fit):
    data = np.random.default_rng(4).normal(size=[2, 4, 4, 2])
    data[..., 1] = -13.8
    with pytest.raises(ValueError, match="vary in every channel.*silent"):
        fit(data)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_data_that_are_not_finite_are_refused(fit, value):
    data = np.random.default_rng(5).normal(size=[2, 4, 4, 2])
    data[1, 2, 3, 0] = value
    with pytest.raises(ValueError, match="vary in every channel"), np.errstate(invalid="ignore"):
        fit(data)


@pytest.mark.parametrize("fit", FITS)
def test_no_data_are_refused(fit):
    with pytest.raises(ValueError, match="at least one clip"):
        fit(np.zeros([0, 4, 4, 2]))
