"""Distances by matrix products are those of differences, to the last digit where it matters."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gansynth_tf.metrics import distances, pairs
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage

RNG = np.random.default_rng(0)
LATTICE = RNG.integers(3, size=[2, 150, 3]).astype(float)  # Most distances are equal to many others.
CLUSTERS = RNG.normal(size=[8, 40])[RNG.integers(8, size=[2, 150])] + 1e-9 * RNG.normal(size=[2, 150, 40])
SETS = {
    "spread": RNG.normal(size=[2, 150, 40]),
    "far from the origin": RNG.normal(size=[2, 150, 40]) + 1e6,
    "on a lattice": LATTICE,
    "a few clips again and again": np.repeat(RNG.normal(size=[2, 15, 40]), 10, axis=1),
    "almost the same": CLUSTERS,
    "almost the same, far away": CLUSTERS + 1e3,
    "single precision": RNG.normal(size=[2, 150, 40]).astype(np.float32),
}


@pytest.fixture(params=list(SETS))
def sets(request):
    return SETS[request.param]


@pytest.fixture(params=[2_000_000, 300])
def block_values(request, monkeypatch):
    """The size of blocks: all at once, and parts of a few rows."""
    monkeypatch.setattr(pairs, "BLOCK_VALUES", request.param)


def brute(first, second):
    """Returns all distances from differences, [num_first, num_second]."""
    return cdist(first.astype(np.float64), second.astype(np.float64))


def test_errors_of_products_are_within_the_slack(sets, block_values):
    first, second = sets
    seen = np.zeros([len(first), len(second)], int)
    exact = brute(first, second) ** 2
    for rows, columns, squares, slack in pairs.square_blocks(first, second):
        assert np.all(np.abs(squares - exact[rows, columns]) <= slack + 1e-15 * exact[rows, columns])
        seen[rows, columns] += 1
    assert np.all(seen == 1)


def test_nearest_is_that_of_all_distances_and_the_first_of_equals(sets, block_values):
    queries, candidates = sets
    expected = brute(queries, candidates)
    values, indices = distances.nearest_distances(queries, candidates)
    np.testing.assert_allclose(values, expected.min(axis=1), rtol=1e-13, atol=0)
    np.testing.assert_array_equal(indices, expected.argmin(axis=1))


@pytest.mark.parametrize("k", [1, 4])
def test_kth_other_is_that_of_all_distances(sets, block_values, k):
    features = sets[0]
    expected = brute(features, features)
    np.fill_diagonal(expected, np.inf)
    values = distances.nearest_other_distances(features, k)
    np.testing.assert_allclose(values, np.sort(expected, axis=1)[:, k - 1], rtol=1e-13, atol=0)


def test_mean_is_that_of_all_distances(sets, block_values):
    features = sets[0]
    expected = brute(features, features).sum() / (150 * 149)
    assert distances.mean_pairwise_distance(features) == pytest.approx(expected, rel=1e-9)


def test_clips_on_the_rim_of_a_ball_are_outside(sets, block_values):
    reals, fakes = sets
    radii = []
    for features in (reals, fakes):
        own = brute(features, features)
        np.fill_diagonal(own, np.inf)
        radii.append(np.sort(own, axis=1)[:, 2])
    across = brute(reals, fakes)
    inside = across < radii[0][:, None]
    assert precision_recall_density_coverage(reals, fakes, k=3) == pytest.approx(
        {
            "precision": inside.any(axis=0).mean(),
            "recall": (across < radii[1]).any(axis=1).mean(),
            "density": inside.sum() / (3 * len(fakes)),
            "coverage": inside.any(axis=1).mean(),
        },
        abs=1e-12,
    )


def test_a_file_is_read_block_by_block(tmp_path, monkeypatch):
    candidates = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (500, 64))
    candidates[:] = RNG.normal(size=[500, 64])
    monkeypatch.setattr(pairs, "BLOCK_VALUES", 400)
    values, indices = distances.nearest_distances(candidates[::7], candidates)
    assert np.all(values == 0.0)
    np.testing.assert_array_equal(indices, np.arange(0, 500, 7))
