"""A run that starts from another one's weights: its first save, its constants, its average, a kill, a lost source."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.experiment import Experiment
from gansynth_tf.training import loop, session
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord

pytestmark = pytest.mark.filterwarnings("ignore:Even though the")

SETTINGS = {
    "dataset": ("notes",),
    "labels": ("pitch",),
    "notes.families": ("flute", "organ"),
    "notes.lowest_pitch": 60,
    "notes.highest_pitch": 61,
    "notes.num_clips": 8,
    "notes.num_test_clips": 4,
    "sample_rate": 8000,
    "length_samples": 1000,
    "mel_if.num_frames": 16,
    "mel_if.num_bins": 64,
    "mel_if.num_mel_bins": 16,
    "progressive.latent_size": 4,
    "progressive.filters": (4, 4, 4),
    "batch_size": 4,
    "stable_images": (4, 8),
    "fade_images": (4,),
    "precision": "float32",
    "save_minutes": 0.0,
    "preview_minutes": 0.0,
    "log_seconds": 0.0,
    "keep_saves": 9,
}
FULL_SIZE = {"stable_images": (0, 8), "fade_images": (0,)}
# One more pitch, and another seed, so that nothing is the same by chance.
OTHER = {"notes.highest_pitch": 62, "seed": 5, **FULL_SIZE}


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Runs steps without compiling them, which is quicker for a few."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The folder of a run that was trained to its end."""
    run_dir = tmp_path_factory.mktemp("runs") / "source"
    assert train(run_dir) == loop.FINISHED
    return run_dir


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    """(folder, lines, what was logged) of a run that was started from the source and trained to its end."""
    run_dir = tmp_path_factory.mktemp("runs") / "whole"
    lines, logged = [], []
    assert train(run_dir, lines, logged, init_from=str(source), **OTHER) == loop.FINISHED
    return run_dir, lines, logged


class Killed(Exception):
    """Stands for a kill."""


class Watcher:
    """Observer that keeps what is logged, and kills a run at its first log if it is told to."""

    def __init__(self, logged, kill):
        self._logged = logged
        self._kill = kill

    def on_log(self, num_images, scalars):
        if self._kill:
            raise Killed
        self._logged.append((num_images, scalars["stage"], scalars["progress"]))

    def on_save(self, num_images):
        pass

    def on_resume(self, num_images):
        pass

    def close(self):
        pass


def train(run_dir, lines=None, logged=None, kill=False, **changes):
    """Trains a run as the program would; returns the outcome."""
    run_dir.mkdir(exist_ok=True)
    experiment = Experiment.from_settings(SETTINGS | changes)
    experiment.save(run_dir)
    observers = [Watcher([] if logged is None else logged, kill)]
    return session.train(
        experiment, run_dir, lambda facts: observers, ([] if lines is None else lines).append
    )


def saved(run_dir, num_images=None):
    """Returns the arrays and the counters of a save; the newest if no number is given."""
    store = CheckpointStore(run_dir / "checkpoints")
    path = store.latest() if num_images is None else store.directory / f"images-{num_images:09d}.npz"
    return store.load(path)


def assert_equal_saves(one, other):
    assert one[1] == other[1] and list(one[0]) == list(other[0])
    for name, array in one[0].items():
        np.testing.assert_array_equal(array, other[0][name], err_msg=name)


def killed(*_):
    raise Killed


def test_the_first_save_holds_the_weights_of_the_source_and_all_else_that_a_resume_needs(source, whole):
    run_dir, lines, _ = whole
    before, _ = saved(source)
    after, counters = saved(run_dir, 0)
    assert counters == {
        "num_images": 0, "progress": 1.0, "phase_index": 2, "stage": 1, "average_head_start": 16,
    }  # fmt: skip
    first = "block_1_conv0/kernel"
    for name, array in before.items():
        if name in (f"generator/{first}", f"ema/{first}"):
            np.testing.assert_array_equal(after[name][:, :, :6], array)
        elif name.startswith(("generator/", "ema/")):
            np.testing.assert_array_equal(after[name], array, err_msg=name)
    slots = [name for name in after if "_optimizer/" in name]
    assert slots and not any(after[name].any() for name in slots)
    text = "\n".join(lines)
    assert f"Starting from {source}, after its 16 images: " in text
    assert "Label pitch: 2 of 3 classes are known there; these start fresh: 62." in text
    record, there = RunRecord.load(run_dir), RunRecord.load(source)
    assert (record.scale, record.offset) == (there.scale, there.offset)
    assert record.started_from == {"run_dir": str(source), "num_images": 16}


def test_a_schedule_without_small_stages_begins_at_the_full_size(whole):
    _, lines, logged = whole
    assert logged == [(4, 1.0, 1.0), (8, 1.0, 1.0)]
    assert not any("It had reached" in line for line in lines)


def test_a_schedule_of_all_stages_begins_small_and_tells_how_not_to(source, tmp_path):
    lines, logged = [], []
    train(tmp_path / "run", lines, logged, init_from=str(source), total_images=8)
    assert logged == [(4, 0.0, 0.0), (8, 1.0, 1.0)]
    assert any(line.endswith("To begin where it was: --stable_images=0,8 --fade_images=0.") for line in lines)


def test_zeros_and_a_total_begin_at_the_full_size_of_any_architecture(source, tmp_path):
    zeros, logged = {"stable_images": (0,), "fade_images": (0,), "total_images": 4}, []
    train(tmp_path / "run", [], logged, init_from=str(source), **zeros)
    assert logged == [(4, 1.0, 1.0)]


def test_a_run_goes_on_without_its_source_and_ends_as_if_it_were_there(source, whole, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(source, moved)
    options = {"init_from": str(moved), **OTHER}
    train(tmp_path / "run", total_images=4, **options)
    shutil.rmtree(moved)
    lines = []
    assert train(tmp_path / "run", lines, **options) == loop.FINISHED
    assert "Going on after 4 images." in lines
    assert f"--init_from={moved} is ignored: the run goes on with its own weights." in lines
    assert_equal_saves(saved(tmp_path / "run"), saved(whole[0]))


def test_a_run_that_was_killed_before_its_first_save_starts_again_from_its_source(
    source, whole, tmp_path, monkeypatch
):
    options = {"init_from": str(source), **OTHER}
    with monkeypatch.context() as patch:
        patch.setattr(session.CheckpointStore, "save", killed)
        with pytest.raises(Killed):
            train(tmp_path / "run", **options)
    assert (tmp_path / "run" / "run.json").exists() and not (tmp_path / "run" / "checkpoints").exists()
    # Now at its first step: it has all that it needs.
    lines = []
    with pytest.raises(Killed):
        train(tmp_path / "run", lines, kill=True, **options)
    assert any(line.startswith(f"Starting from {source}") for line in lines)
    assert train(tmp_path / "run", **options | {"init_from": "gone"}) == loop.FINISHED
    assert_equal_saves(saved(tmp_path / "run"), saved(whole[0]))


def test_another_source_before_the_first_save_brings_its_own_constants(source, tmp_path, monkeypatch):
    other = tmp_path / "other"
    shutil.copytree(source, other)
    fields = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps(fields | {"offset": [0.25, 0.5]}))
    monkeypatch.setattr(session.CheckpointStore, "save", killed)
    for init_from, offset in ((source, tuple(fields["offset"])), (other, (0.25, 0.5))):
        with pytest.raises(Killed):
            train(tmp_path / "run", init_from=str(init_from))
        assert RunRecord.load(tmp_path / "run").offset == offset
    with pytest.raises(Killed):
        train(tmp_path / "run")
    record = RunRecord.load(tmp_path / "run")
    # The same clips as the source's.
    assert record.started_from == {} and record.offset == tuple(fields["offset"])


def test_the_average_keeps_the_source_at_first_and_then_follows(source, tmp_path):
    options = {"init_from": str(source), "ema_half_life_images": 12, "ema_ramp_up": 0.5, "total_images": 4}
    train(tmp_path / "run", **options, **FULL_SIZE)
    name = "block_2_conv1/kernel"
    (first, _), (second, counters) = saved(tmp_path / "run", 0), saved(tmp_path / "run", 4)
    # The source was trained on 16 images, more than a half-life: 12 count. Half of (12 + 4) is the half-life now.
    assert counters["average_head_start"] == 12
    decay = 0.5 ** (4 / 8)
    expected = decay * first[f"ema/{name}"] + (1 - decay) * second[f"generator/{name}"]
    np.testing.assert_allclose(second[f"ema/{name}"], expected, rtol=1e-5, atol=1e-6)


def test_a_run_that_was_started_from_another_may_be_a_source_itself(source, whole, tmp_path, monkeypatch):
    lines = []
    with pytest.raises(Killed):
        train(tmp_path / "third", lines, kill=True, init_from=str(whole[0]), **FULL_SIZE)
    before, _ = saved(whole[0])
    after, counters = saved(tmp_path / "third", 0)
    name = "ema/block_1_conv0/kernel"
    np.testing.assert_array_equal(after[name], before[name][:, :, :6])
    assert "Label pitch: all 2 classes are known there." in lines
    # The source's 16 images and its own 8.
    assert counters["average_head_start"] == 24
    assert RunRecord.load(tmp_path / "third").scale == RunRecord.load(source).scale
