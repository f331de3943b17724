"""Sound from a run's folder alone."""

from pathlib import Path

import numpy as np
import pytest

from gansynth_tf import synthesis
from gansynth_tf.options import UserError
from gansynth_tf.training.checkpoints import CheckpointStore

GENRES = ("funk", "jazz", "rock")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory, make_run):
    """The folder of a run of smoke.cfg with random weights and labels of no dataset."""
    return make_run(tmp_path_factory.mktemp("run"), {"genre": GENRES, "pitch": ("60", "61")})


@pytest.fixture(scope="module")
def instrument(run_dir):
    return synthesis.load(run_dir)


def test_a_path_equals_the_original_program():
    # From tests/golden/gansynth/slerp.npz: outputs of the original GANSynth's generate_util.slerp.
    golden = np.load(Path(__file__).parent / "golden" / "gansynth" / "slerp.npz")
    path = synthesis.spherical_path(golden["start"], golden["end"], golden["positions"])
    np.testing.assert_allclose(path, golden["path"], rtol=0, atol=1e-14)


def test_a_path_keeps_the_length_of_its_ends_and_turns_evenly():
    start, end = np.array([2.0, 0.0]), np.array([0.0, 2.0])
    path = synthesis.spherical_path(start, end, [0.0, 1 / 3, 1.0])
    np.testing.assert_allclose(
        path, [[2, 0], [2 * np.cos(np.pi / 6), 2 * np.sin(np.pi / 6)], [0, 2]], atol=1e-12
    )


def test_a_path_between_equal_directions_is_finite_and_between_opposite_ones_refused():
    start = np.array([1.0, 1.0])
    np.testing.assert_allclose(synthesis.spherical_path(start, start, [0.0, 0.5]), [start, start])
    with pytest.raises(ValueError, match="opposite"):
        synthesis.spherical_path(start, -start, [0.5])


def test_clips_have_the_stated_shape_and_are_finite(instrument):
    clips = instrument.generate({"genre": "jazz"}, 3, seed=1)
    assert clips.shape == (3, 8000)
    assert clips.dtype == np.float32
    assert np.all(np.isfinite(clips))
    assert np.std(clips) > 0


def test_a_clip_depends_on_seed_labels_and_number_only(instrument):
    many = instrument.generate({"genre": "jazz", "pitch": "60"}, 11, seed=1)
    one = instrument.generate({"pitch": "60", "genre": "jazz"}, 1, seed=1)
    nine = instrument.generate({"genre": "jazz", "pitch": "60"}, 9, seed=1)
    assert one.tobytes() == many[:1].tobytes()
    assert nine.tobytes() == many[:9].tobytes()


def test_another_seed_label_or_number_gives_another_clip(instrument):
    first, second = instrument.generate({"genre": "jazz", "pitch": "60"}, 2, seed=1)
    other_seed = instrument.generate({"genre": "jazz", "pitch": "60"}, 1, seed=2)[0]
    other_label = instrument.generate({"genre": "rock", "pitch": "60"}, 1, seed=1)[0]
    for other in (second, other_seed, other_label):
        assert np.max(np.abs(first - other)) > 1e-3


def test_a_second_load_gives_the_same_bytes(run_dir, instrument):
    again = synthesis.load(run_dir).generate({"genre": "funk"}, 2, seed=5)
    assert again.tobytes() == instrument.generate({"genre": "funk"}, 2, seed=5).tobytes()


def test_a_label_that_is_left_out_is_drawn_and_told(instrument):
    clips, rows = instrument.generate_with_rows({"genre": "rock"}, 24, seed=0)
    assert clips.shape == (24, 8000)
    assert set(rows[:, 0]) == {2}
    assert set(rows[:, 1]) == {0, 1}


def test_a_path_leads_from_one_seed_to_the_other(instrument):
    labels = {"genre": "jazz", "pitch": "61"}
    path = instrument.generate(labels, 5, seed=3, interpolate_to=4)
    ends = [instrument.generate(labels, 1, seed=seed)[0] for seed in (3, 4)]
    np.testing.assert_allclose(path[0], ends[0], atol=1e-5)
    np.testing.assert_allclose(path[-1], ends[1], atol=1e-5)
    assert np.max(np.abs(path[2] - ends[0])) > 1e-3


def test_the_average_weights_are_played(run_dir, instrument, tmp_path, make_run):
    louder = make_run(tmp_path, instrument.labels)
    store = CheckpointStore(louder / "checkpoints")
    arrays, metadata = store.load(store.latest())
    store.save(metadata["num_images"], arrays | {"generator/other": np.zeros(3)}, metadata)
    labels = {"genre": "jazz", "pitch": "60"}
    assert (
        synthesis.load(louder).generate(labels, 1, 0).tobytes() == instrument.generate(labels, 1, 0).tobytes()
    )
    name = next(iter(arrays))
    store.save(metadata["num_images"], arrays | {name: arrays[name] * 2}, metadata)
    assert (
        np.max(np.abs(synthesis.load(louder).generate(labels, 1, 0) - instrument.generate(labels, 1, 0)))
        > 1e-4
    )


def test_a_run_that_has_not_grown_up_plays_already(tmp_path, make_run):
    clips = synthesis.load(make_run(tmp_path, {"genre": GENRES}, stage=0)).generate({"genre": "jazz"}, 2, 0)
    assert clips.shape == (2, 8000)


def test_a_run_without_labels_plays(tmp_path, make_run):
    instrument = synthesis.load(make_run(tmp_path, {}))
    assert instrument.generate({}, 2, 0).shape == (2, 8000)
    with pytest.raises(UserError, match="trained without labels. Received: genre=jazz"):
        instrument.generate({"genre": "jazz"}, 1, 0)


@pytest.mark.parametrize(
    ("labels", "num_samples", "seed", "message"),
    [
        ({"gener": "jazz"}, 1, 0, "no label 'gener' in this run, but genre, pitch. Did you mean genre?"),
        ({"genre": "jaz"}, 1, 0, "no genre 'jaz' in this run, but funk, jazz, rock. Did you mean jazz?"),
        ({"genre": "jazz"}, 0, 0, "`num_samples` of at least 1. Received: 0"),
        ({"genre": "jazz"}, 1, -1, "Seeds are 0 or more. Received: -1"),
    ],
)
def test_mistakes_are_named(instrument, labels, num_samples, seed, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        instrument.generate(labels, num_samples, seed)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"experiment\.cfg is missing\. Train one first"):
        synthesis.load(tmp_path)


def test_a_run_without_a_good_save_is_refused(tmp_path, make_run):
    make_run(tmp_path, {"genre": GENRES})
    (save,) = (tmp_path / "checkpoints").glob("*.npz")
    save.write_bytes(save.read_bytes()[:1000])
    with pytest.raises(UserError, match="holds no good save yet"):
        synthesis.load(tmp_path)


def test_a_save_of_other_options_is_refused(tmp_path, make_run):
    make_run(tmp_path, {"genre": GENRES})
    cfg = tmp_path / "experiment.cfg"
    cfg.write_text(cfg.read_text().replace("--progressive.latent_size=16", "--progressive.latent_size=8"))
    with pytest.raises(UserError, match=r"should have the shape .* Was experiment\.cfg edited\?"):
        synthesis.load(tmp_path)
