"""A run that starts from another one's weights: its first save, its constants, its average, a kill, a lost source."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.experiment import Experiment
from gansynth_tf.options import UserError
from gansynth_tf.training import loop, session
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord

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
# Another pitch, and another seed, so that nothing is the same by chance.
OTHER = {"notes.highest_pitch": 62, "seed": 5}
FULL_SIZE = {"stable_images": (0, 8), "fade_images": (0,)}


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


def test_the_first_save_holds_the_weights_of_the_source_and_all_else_that_a_resume_needs(source, tmp_path):
    lines = []
    assert train(tmp_path / "run", lines, init_from=str(source), **OTHER, **FULL_SIZE) == loop.FINISHED
    before, _ = saved(source)
    after, counters = saved(tmp_path / "run", 0)
    assert counters == {
        "num_images": 0, "progress": 1.0, "phase_index": 2, "stage": 1, "average_head_start": 16,
    }  # fmt: skip
    networks = [name for name in before if not name.partition("/")[0].endswith("_optimizer")]
    for name in networks:
        if before[name].shape == after[name].shape:
            np.testing.assert_array_equal(after[name], before[name], err_msg=name)
    first = "ema/block_1_conv0/kernel"
    np.testing.assert_array_equal(after[first][:, :, :6], before[first])
    assert not any(array.any() for name, array in after.items() if "_optimizer/" in name)
    text = "\n".join(lines)
    assert f"Starting from {source}, after its 16 images: " in text
    assert "Label pitch: 2 of 3 classes are known there; these start fresh: 62." in text
    assert "It had reached" not in text


def test_constants_belong_to_the_networks_and_come_with_them(source, tmp_path):
    lines = []
    train(tmp_path / "run", lines, init_from=str(source), **OTHER, **FULL_SIZE)
    record, there = RunRecord.load(tmp_path / "run"), RunRecord.load(source)
    assert (record.scale, record.offset) == (there.scale, there.offset)
    assert record.started_from == {"run_dir": str(source), "num_images": 16}
    assert there.started_from == {}
    assert list(record.labels["pitch"]) == ["60", "61", "62"]
    told = f"The constants that normalise mel_if are those of {source}, since they belong to its networks"
    assert f"{told}." in lines


def test_constants_are_fitted_to_other_data_or_those_that_are_asked_for(source, tmp_path):
    lines = []
    other = {"mel_if.num_mel_bins": 32, "progressive.filters": (4, 4, 4)}
    train(tmp_path / "other", lines, init_from=str(source), **FULL_SIZE, **other)
    assert (
        "The constants that normalise the data are fitted anew: those of the source are of other data."
        in lines
    )
    assert RunRecord.load(tmp_path / "other").scale != RunRecord.load(source).scale
    train(tmp_path / "original", lines, init_from=str(source), normalization="original", **FULL_SIZE)
    assert RunRecord.load(tmp_path / "original").scale == (0.0661371661726, 0.8)


def test_a_changed_option_of_the_same_data_is_told(source, tmp_path):
    lines = []
    train(tmp_path / "run", lines, init_from=str(source), **FULL_SIZE, **{"mel_if.phase_iterations": 2})
    assert any(
        line.endswith("networks, although options differ: --mel_if.phase_iterations 16 there, 2 here.")
        for line in lines
    )


def test_values_beyond_the_range_of_the_constants_are_told(source, tmp_path):
    loud = tmp_path / "loud"
    shutil.copytree(source, loud)
    fields = json.loads((loud / "run.json").read_text())
    fields["scale"] = [4 * fields["scale"][0], fields["scale"][1]]
    fields["offset"] = [4 * fields["offset"][0], fields["offset"][1]]
    (loud / "run.json").write_text(json.dumps(fields))
    lines = []
    train(tmp_path / "run", lines, init_from=str(loud), **FULL_SIZE)
    (line,) = [line for line in lines if line.startswith("Beyond the range")]
    assert " % of log mel power." in line and "frequency" not in line


def test_a_run_goes_on_without_its_source_and_ends_as_if_it_were_there(source, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(source, moved)
    options = {"init_from": str(moved), **OTHER, **FULL_SIZE}
    train(tmp_path / "whole", **options)
    train(tmp_path / "broken", total_images=4, **options)
    shutil.rmtree(moved)
    lines = []
    assert train(tmp_path / "broken", lines, **options) == loop.FINISHED
    assert "Going on after 4 images." in lines
    assert f"--init_from={moved} is ignored: the run goes on with its own weights." in lines
    assert_equal_saves(saved(tmp_path / "broken"), saved(tmp_path / "whole"))


def test_a_run_that_was_killed_before_its_first_save_starts_again_from_its_source(
    source, tmp_path, monkeypatch
):
    options = {"init_from": str(source), **OTHER, **FULL_SIZE}
    train(tmp_path / "whole", **options)
    with monkeypatch.context() as patch:

        def killed(*_):
            raise Killed

        patch.setattr(session.CheckpointStore, "save", killed)
        with pytest.raises(Killed):
            train(tmp_path / "broken", **options)
    assert (tmp_path / "broken" / "run.json").exists() and not (tmp_path / "broken" / "checkpoints").exists()
    lines = []
    assert train(tmp_path / "broken", lines, **options) == loop.FINISHED
    assert any(line.startswith(f"Starting from {source}") for line in lines)
    assert_equal_saves(saved(tmp_path / "broken"), saved(tmp_path / "whole"))
    # Killed at its first step, it has all that it needs.
    with pytest.raises(Killed):
        train(tmp_path / "early", kill=True, **options)
    options["init_from"] = "gone"
    assert train(tmp_path / "early", **options) == loop.FINISHED
    assert_equal_saves(saved(tmp_path / "early"), saved(tmp_path / "whole"))


def test_another_source_before_the_first_save_brings_its_own_constants(source, tmp_path, monkeypatch):
    other = tmp_path / "other"
    shutil.copytree(source, other)
    fields = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps(fields | {"offset": [0.25, 0.5]}))
    with monkeypatch.context() as patch:

        def killed(*_):
            raise Killed

        patch.setattr(session.CheckpointStore, "save", killed)
        with pytest.raises(Killed):
            train(tmp_path / "run", init_from=str(source), **FULL_SIZE)
        with pytest.raises(Killed):
            train(tmp_path / "run", init_from=str(other), **FULL_SIZE)
        assert RunRecord.load(tmp_path / "run").offset == (0.25, 0.5)
        with pytest.raises(Killed):
            train(tmp_path / "run", init_from=str(source), **FULL_SIZE)
    train(tmp_path / "run", **FULL_SIZE)
    assert RunRecord.load(tmp_path / "run").started_from == {}
    train(tmp_path / "fresh", **FULL_SIZE)
    assert_equal_saves(saved(tmp_path / "run"), saved(tmp_path / "fresh"))


def test_a_schedule_without_small_stages_begins_at_the_full_size_and_says_so(source, tmp_path):
    lines, logged = [], []
    train(tmp_path / "run", lines, logged, init_from=str(source), **FULL_SIZE)
    assert logged == [(4, 1.0, 1.0), (8, 1.0, 1.0)]
    lines, logged = [], []
    train(tmp_path / "small", lines, logged, init_from=str(source))
    assert logged[:2] == [(4, 0.0, 0.0), (8, 1.0, 1.0)] and len(logged) == 4
    assert any(line.endswith("To begin where it was: --stable_images=0,8 --fade_images=0.") for line in lines)
    zeros = {"stable_images": (0,), "fade_images": (0,), "total_images": 4}
    logged = []
    train(tmp_path / "zeros", [], logged, init_from=str(source), **zeros)
    assert logged == [(4, 1.0, 1.0)]


def test_the_average_keeps_the_source_at_first_and_then_follows(source, tmp_path):
    options = {"init_from": str(source), "ema_half_life_images": 12, "ema_ramp_up": 0.5, **FULL_SIZE}
    train(tmp_path / "run", **options)
    name = "block_2_conv1/kernel"
    (first, _), (second, counters) = saved(tmp_path / "run", 0), saved(tmp_path / "run", 4)
    # The source was trained on 16 images, more than a half-life: 12 count. Half of (12 + 4) is the half-life now.
    assert counters["average_head_start"] == 12
    decay = 0.5 ** (4 / 8)
    expected = decay * first[f"ema/{name}"] + (1 - decay) * second[f"generator/{name}"]
    np.testing.assert_allclose(second[f"ema/{name}"], expected, rtol=1e-5, atol=1e-6)


def test_a_run_that_was_started_from_another_may_be_a_source_itself(source, tmp_path):
    train(tmp_path / "second", init_from=str(source), **OTHER, **FULL_SIZE)
    lines = []
    train(tmp_path / "third", lines, init_from=str(tmp_path / "second"), **FULL_SIZE)
    before, _ = saved(tmp_path / "second")
    after, counters = saved(tmp_path / "third", 0)
    np.testing.assert_array_equal(
        after["ema/block_1_conv0/kernel"], before["ema/block_1_conv0/kernel"][:, :, :6]
    )
    assert "Label pitch: all 2 classes are known there." in lines
    assert counters["average_head_start"] == 16 + 8
    assert RunRecord.load(tmp_path / "third").scale == RunRecord.load(source).scale


def test_a_newer_save_that_is_damaged_is_passed_over_and_told(source, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(source, damaged)
    newest = CheckpointStore(damaged / "checkpoints").latest()
    newest.write_bytes(newest.read_bytes()[:-100])
    lines = []
    train(tmp_path / "run", lines, init_from=str(damaged), **FULL_SIZE)
    assert any(f"{newest} is damaged and was skipped" in line for line in lines)
    assert any(f"Starting from {damaged}, after its 12 images" in line for line in lines)
    for path in (damaged / "checkpoints").iterdir():
        path.write_bytes(b"no save")
    with pytest.raises(UserError, match="holds no good save yet. .* is damaged and was skipped"):
        train(tmp_path / "none", init_from=str(damaged), **FULL_SIZE)
