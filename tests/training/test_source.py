"""How a run is read as the source of another one: its newest good save, also while it is at work."""

import os

import numpy as np
import pytest

from gansynth_tf.experiment import FLAGFILE_NAME, Experiment
from gansynth_tf.options import UserError
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord
from gansynth_tf.training.source import is_same_folder, load_source

SETTINGS = {
    "length_samples": 1000,
    "mel_if.num_frames": 16,
    "mel_if.num_bins": 64,
    "mel_if.num_mel_bins": 16,
    "progressive.filters": (4, 4, 4),
}
FIRST = "ema/block_1_conv0/kernel"


@pytest.fixture
def run(tmp_path):
    """A folder with two saves, after 8 and 16 images, whose only array is full of that number."""
    Experiment.from_settings(SETTINGS).save(tmp_path)
    RunRecord({"genre": ("a", "b")}, (1.0, 1.0), (0.0, 0.0), 16000, 1000, (16, 16, 2)).save(tmp_path)
    store = CheckpointStore(tmp_path / "checkpoints")
    for num_images in (8, 16):
        arrays = {
            FIRST: np.full([8, 8, 66, 4], num_images, np.float32),
            "generator_optimizer/000": np.zeros(3),
        }
        store.save(num_images, arrays, {"num_images": num_images, "stage": 1})
    return tmp_path


def load(run_dir):
    return load_source(run_dir, FLAGFILE_NAME, Experiment.from_flagfile)


def test_a_source_is_its_newest_save_without_optimisers(run):
    source = load(run)
    assert list(source.arrays) == [FIRST] and (source.arrays[FIRST] == 16).all()
    assert source.facts == {"run_dir": str(run), "num_images": 16} and source.averaged_images == 16
    assert source.stage_shapes == ((8, 8, 2), (16, 16, 2)) and source.notes == ()
    (first,) = (named for name, named in source.named_slices.items() if name.startswith("generator/"))
    assert len(first.keys) == 66


def test_a_damaged_newest_save_is_passed_over_and_told(run):
    newest = run / "checkpoints" / "images-000000016.npz"
    newest.write_bytes(newest.read_bytes()[:-100])
    source = load(run)
    assert (source.arrays[FIRST] == 8).all() and source.counters["num_images"] == 8
    (note,) = source.notes
    assert note.startswith(f"{newest} is damaged and was skipped")


def test_a_save_that_goes_while_it_is_read_is_no_error(run, monkeypatch):
    """As when the source is at work, and removes old saves."""
    read = CheckpointStore.load

    def gone_at_first(store, path):
        monkeypatch.setattr(CheckpointStore, "load", read)
        os.remove(path)
        return read(store, path)

    monkeypatch.setattr(CheckpointStore, "load", gone_at_first)
    assert load(run).counters["num_images"] == 8


def test_without_a_good_save_the_damaged_one_is_named(run):
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(b"no save")
    with pytest.raises(
        UserError, match=r"holds no good save yet. .*16.npz is damaged and was skipped: .* Ctrl-C"
    ):
        load(run)


@pytest.mark.parametrize(
    ("scale", "shape"), [((1.0,), (16, 16, 2)), ((1.0, 1.0), (16, 32, 2)), (np.ones([8, 2]), (16, 16, 2))]
)
def test_a_record_of_other_data_than_the_options_say_is_refused(run, scale, shape):
    RunRecord({"genre": ("a", "b")}, scale, np.zeros_like(scale), 16000, 1000, shape).save(run)
    with pytest.raises(UserError, match=r"ask for data of 16 x 16 x 2, and its run.json is of data of 16 x"):
        load(run)


def test_constants_of_each_bin_are_those_of_a_record_too(run):
    constants = np.ones([16, 2])
    RunRecord({"genre": ("a", "b")}, constants, 0 * constants, 16000, 1000, (16, 16, 2)).save(run)
    assert np.shape(load(run).record.scale) == (16, 2)


@pytest.mark.parametrize("counters", [[], {}, {"stage": 1}, {"stage": "1", "num_images": 24}])
def test_a_save_that_counts_nothing_is_refused(run, counters):
    CheckpointStore(run / "checkpoints").save(24, {FIRST: np.zeros([8, 8, 66, 4], np.float32)}, counters)
    with pytest.raises(UserError, match=r"24.npz is no save of a run: it does not tell its stage and images"):
        load(run)


def test_weights_that_are_not_finite_are_refused_where_they_come_from(run):
    """And not after the first step of the new run, with the advice to lower its learning rate."""
    weights = np.zeros([8, 8, 66, 4], np.float32)
    weights[-1, 0, 3, 2] = np.nan
    CheckpointStore(run / "checkpoints").save(24, {FIRST: weights}, {"stage": 1, "num_images": 24})
    with pytest.raises(UserError, match=rf"24.npz holds weights that are not finite, as in {FIRST}"):
        load(run)


def test_options_that_no_version_knows_are_told_with_their_line(run):
    with open(run / FLAGFILE_NAME, "a") as file:
        file.write("--from_the_future=1\n")
    with pytest.raises(UserError, match=r"experiment.cfg:\d+: There is no option --from_the_future"):
        load(run)


def test_one_folder_has_many_names(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "run")
    for name in ("run", "./run", "other/../run", "link"):
        assert is_same_folder(f"{tmp_path}/{name}", tmp_path / "run")
    assert not is_same_folder(tmp_path / "run2", tmp_path / "run")
