"""Golden numbers: tests/golden/metrics/{in_nn,out_nn}.npz, made with WaveGAN's eval/similarity/sim.py."""

import pathlib

import numpy as np
import pytest

from gansynth_tf.metrics import distances, pairs

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metrics"


@pytest.fixture(scope="module")
def sets():
    inputs = np.load(GOLDEN / "in_nn.npz")
    return inputs["train"], inputs["gen"], dict(np.load(GOLDEN / "out_nn.npz"))


def test_distances_to_nearest_training_clip_equal_the_reference(sets):
    train, generated, golden = sets
    values, indices = distances.nearest_distances(generated, train)
    assert values.mean() == pytest.approx(float(golden["D_train_mean"]), rel=1e-6)
    assert values.mean() == pytest.approx(float(golden["own_D_train_mean"]), rel=1e-9)
    assert values.std() == pytest.approx(float(golden["D_train_std"]), rel=1e-6)
    np.testing.assert_allclose(values, golden["own_train_min"], rtol=1e-9, atol=1e-12)
    assert values[20] == 0.0 and indices[20] == 33  # A planted copy.


def test_distances_to_nearest_other_equal_the_reference_and_a_duplicate_is_at_zero(sets):
    train, generated, golden = sets
    own = distances.nearest_other_distances(train)
    assert own.mean() == pytest.approx(float(golden["D_trainself_mean"]), rel=1e-6)
    assert own.std() == pytest.approx(float(golden["D_trainself_std"]), rel=1e-6)
    values = distances.nearest_other_distances(generated)
    assert values.mean() == pytest.approx(float(golden["D_self_mean"]), rel=1e-6)
    assert values.mean() == pytest.approx(float(golden["own_D_self_mean"]), rel=1e-9)
    assert values.std() == pytest.approx(float(golden["D_self_std"]), rel=1e-6)
    np.testing.assert_allclose(values, golden["own_self_min"], rtol=1e-9, atol=1e-12)
    assert values[10] == values[11] == 0.0


def test_a_copied_set_is_at_exactly_zero_even_far_from_the_origin(sets):
    train, _, _ = sets
    shifted = train.astype(np.float64) + 100.0
    assert np.all(distances.nearest_distances(shifted, shifted)[0] == 0.0)
    assert np.all(distances.nearest_other_distances(np.concatenate([shifted, shifted])) == 0.0)


def test_blocks_change_nothing(sets, monkeypatch):
    train, generated, _ = sets
    whole = distances.nearest_distances(generated, train)[0], distances.nearest_other_distances(train, 3)
    monkeypatch.setattr(pairs, "BLOCK_VALUES", 200)
    np.testing.assert_array_equal(distances.nearest_distances(generated, train)[0], whole[0])
    np.testing.assert_array_equal(distances.nearest_other_distances(train, 3), whole[1])


def test_a_query_that_is_a_candidate_itself_is_passed_over_and_its_copies_are_not():
    line = np.array([[0.0], [3.0], [3.0], [7.0]])
    values, indices = distances.nearest_distances(line, line, np.arange(4))
    assert values.tolist() == [3.0, 0.0, 0.0, 4.0] and indices.tolist() == [1, 2, 1, 1]
    values, indices = distances.nearest_distances(line[:2], line, [0, -1])
    assert values.tolist() == [3.0, 0.0] and indices.tolist() == [1, 1]


def test_the_nearest_of_others_is_the_first_neighbour(sets):
    train, _, _ = sets
    values, _ = distances.nearest_distances(train, train, np.arange(len(train)))
    np.testing.assert_array_equal(values, distances.nearest_other_distances(train))


def test_a_clip_that_is_alone_has_no_nearest_one():
    values, indices = distances.nearest_distances(np.ones([1, 3]), np.ones([1, 3]), own=[0])
    assert np.isinf(values[0]) and indices[0] == -1


def test_kth_neighbours_on_a_line():
    line = np.arange(5.0)[:, None]
    np.testing.assert_array_equal(distances.nearest_other_distances(line, 1), [1, 1, 1, 1, 1])
    np.testing.assert_array_equal(distances.nearest_other_distances(line, 2), [2, 1, 1, 1, 2])


def test_mean_pairwise_distance_of_a_triangle_and_of_equal_clips():
    triangle = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert distances.mean_pairwise_distance(triangle) == pytest.approx((3 + 4 + 5) / 3)
    assert distances.mean_pairwise_distance(np.ones([4, 7])) == 0.0


def test_within_class_distances_ignore_other_classes_and_do_not_guess():
    features = np.array([[0.0], [2.0], [100.0], [104.0], [7.0], [50.0]])
    values = distances.within_class_distances(features, np.array([0, 0, 1, 1, 2, -1]), 4)
    np.testing.assert_array_equal(values, [2.0, 4.0, np.nan, np.nan])


def test_wrong_input_is_refused_in_one_line():
    with pytest.raises(ValueError, match="at least 3 examples"):
        distances.nearest_other_distances(np.zeros([2, 2]), 2)
    with pytest.raises(ValueError, match="`classes` must have 3 entries"):
        distances.within_class_distances(np.zeros([3, 2]), np.array([0, 1]), 2)
    with pytest.raises(ValueError, match="`own` must lie in -1 .* 2. Received: 0 ... 3"):
        distances.nearest_distances(np.zeros([2, 2]), np.zeros([3, 2]), [0, 3])
    with pytest.raises(ValueError, match="shape"):
        distances.mean_pairwise_distance(np.zeros(3))
