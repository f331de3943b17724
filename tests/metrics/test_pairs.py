"""Distances by matrix products are those of differences, to the last digit where it matters."""

import tracemalloc

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
    "single precision, on a lattice": LATTICE.astype(np.float32),
    "single precision, almost the same, far away": (
        CLUSTERS + 1e3 + RNG.normal(size=[2, 150, 40]) / 1e4
    ).astype("f4"),
    "single precision, tiny": (1e-21 * RNG.normal(size=[2, 150, 40])).astype(np.float32),
    "single precision, huge": (1e38 * RNG.uniform(-3, 3, size=[2, 150, 40])).astype(np.float32),
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


@pytest.mark.parametrize("name", [name for name in SETS if name.startswith("single")])
def test_errors_of_products_in_single_precision_are_within_a_wider_slack(name, block_values, monkeypatch):
    monkeypatch.setattr(pairs, "_SINGLE_FEATURES", 16)
    first, second = SETS[name]
    exact = brute(first, second) ** 2
    errors, slacks = np.empty([2, *exact.shape])
    for rows, columns, squares, slack in pairs.square_blocks(first, second, np.float32):
        errors[rows, columns], slacks[rows, columns] = np.abs(squares - exact[rows, columns]), slack
    assert np.all(errors <= slacks + 1e-15 * exact)
    # What could overflow is done in double precision.
    assert (slacks.max() < 1e-12 * exact.max()) == (name == "single precision, huge")


@pytest.mark.parametrize("num_pairs", [1, 7, 11, 12, 13])
def test_the_square_of_a_pair_does_not_depend_on_which_others_are_asked_for(num_pairs):
    clips = RNG.normal(size=[num_pairs + 1, 9000]).astype(np.float32)
    found = pairs.squares_of_pairs(clips, clips, np.arange(num_pairs), np.arange(num_pairs) + 1)
    turned = pairs.squares_of_pairs(clips, clips, np.arange(num_pairs)[::-1] + 1, np.arange(num_pairs)[::-1])
    np.testing.assert_array_equal(found, turned[::-1])
    np.testing.assert_array_equal(found[:1], pairs.squares_of_pairs(clips, clips, [0], [1]))


def test_nearest_is_that_of_all_distances_and_the_first_of_equals(sets, block_values):
    queries, candidates = sets
    expected = brute(queries, candidates)
    values, indices = distances.nearest_distances(queries, candidates)
    np.testing.assert_allclose(values, expected.min(axis=1), rtol=1e-13, atol=0)
    np.testing.assert_array_equal(indices, expected.argmin(axis=1))


def test_nearest_other_is_that_of_all_distances_and_the_first_of_equals(sets, block_values):
    features = sets[0]
    expected = brute(features, features)
    np.fill_diagonal(expected, np.inf)
    values, indices = distances.nearest_distances(features, features, np.arange(len(features)))
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


def test_few_pairs_of_collapsed_clips_are_measured_one_by_one(monkeypatch):
    num_measured, measure = [], distances.squares_of_pairs

    def counting(rows, columns, row_numbers, column_numbers):
        num_measured.append(len(row_numbers))
        return measure(rows, columns, row_numbers, column_numbers)

    monkeypatch.setattr(distances, "squares_of_pairs", counting)
    ten = RNG.normal(size=[10, 64])[np.arange(400) % 10]
    for clips in (ten, ten.astype(np.float32), (ten + 1e-4 * RNG.normal(size=ten.shape)).astype(np.float32)):
        values, indices = distances.nearest_distances(clips, clips, np.arange(400))
        expected = brute(clips, clips)
        np.fill_diagonal(expected, np.inf)
        np.testing.assert_allclose(values, expected.min(axis=1), rtol=1e-13)
        np.testing.assert_array_equal(indices, expected.argmin(axis=1))
        assert sum(num_measured) <= 400 * 2
        num_measured.clear()


def test_a_file_is_read_block_by_block_and_never_held_whole(tmp_path, monkeypatch):
    candidates = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (5000, 64))
    candidates[:] = RNG.normal(size=[5000, 64])
    monkeypatch.setattr(pairs, "BLOCK_VALUES", 2000)
    tracemalloc.start()
    values, indices = distances.nearest_distances(candidates[::70], candidates)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < candidates.nbytes / 2
    assert np.all(values == 0.0)
    np.testing.assert_array_equal(indices, np.arange(0, 5000, 70))
