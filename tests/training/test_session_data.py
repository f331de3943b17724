"""What a run makes of its data before it trains: only the clips it uses, in a folder that runs may share."""

import json
import os
import signal

import numpy as np
import pytest

from gansynth_tf.experiment import Experiment
from gansynth_tf.options import UserError
from gansynth_tf.training import loop, session

SETTINGS = {
    "length_samples": 2000,
    "grooves.num_clips": 70,
    "grooves.num_test_clips": 6,
    "mel_if.num_frames": 16,
    "mel_if.num_bins": 128,
    "mel_if.num_mel_bins": 16,
    "progressive.latent_size": 4,
    "progressive.filters": (4, 4),
    "batch_size": 8,
    "stable_images": (8,),
    "fade_images": (8,),
    "total_images": 24,
    "precision": "float32",
    "preview_minutes": 0.0,
    "log_seconds": 0.0,
}


class Told(Exception):
    """Ends a run when its facts are known."""


def start(run_dir, announce=lambda line: None, **changes):
    """Returns the facts of a run that ends before it trains, or its outcome if it ends before that."""
    told = []

    def make_observers(facts):
        told.append(facts)
        raise Told

    run_dir.mkdir(exist_ok=True)
    try:
        return session.train(Experiment.from_settings(SETTINGS | changes), run_dir, make_observers, announce)
    except Told:
        return told[0]


def test_only_clips_that_the_label_map_keeps_are_made_and_go_with_their_rows(tmp_path):
    lines = []
    dropped = ("genre:jazz_waltz=", "genre:rock=")
    some = start(tmp_path / "some", lines.append, label_map=dropped, cache_dir=str(tmp_path / "cache"))
    # 70 clips take turns over six genres; the fourth and the last are dropped.
    assert some.data.shape == (47, 16, 16, 2) and some.rows.shape == (47, 1)
    assert any("Spectra: 47 of 47 clips to make" in line for line in lines)
    lines.clear()
    whole = start(tmp_path / "whole", lines.append, cache_dir=str(tmp_path / "cache"))
    assert any("Spectra: 23 of 70 clips to make" in line for line in lines)
    kept = [i for i in range(70) if i % 6 not in (3, 5)]
    np.testing.assert_array_equal(some.data[:], whole.data[kept])
    assert not (tmp_path / "whole" / "cache").exists()


def test_runs_share_a_folder_and_the_second_makes_nothing(tmp_path):
    lines = []
    start(tmp_path / "first", cache_dir=str(tmp_path / "cache"))
    start(tmp_path / "second", lines.append, cache_dir=str(tmp_path / "cache"), seed=3)
    assert lines and not any("to make" in line for line in lines)


def test_without_an_option_the_cache_is_in_the_run(tmp_path):
    start(tmp_path / "run")
    assert list((tmp_path / "run" / "cache").glob("*/shard-*.npy"))


def test_a_run_whose_clips_changed_is_refused_before_any_spectrum_is_made(tmp_path):
    start(tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_text()
    lines = []
    for changes in ({"grooves.seed": 1}, {"grooves.num_clips": 76}):
        with pytest.raises(
            UserError, match="was trained on other clips than the data have now .70 clips then, 7"
        ):
            start(tmp_path / "run", lines.append, **changes)
    assert not any("to make" in line for line in lines)
    assert (tmp_path / "run" / "run.json").read_text() == before
    changed = Experiment.from_settings(SETTINGS | {"grooves.num_clips": 76})
    with pytest.raises(UserError, match="other clips"):  # As a dry run asks.
        session.known_record(changed, tmp_path / "run", lines.append)


def test_a_run_goes_on_with_changed_clips_if_told_to_and_remembers_them(tmp_path):
    lines = []
    first = start(tmp_path / "run")
    changes = {"grooves.num_clips": 76}
    facts = start(tmp_path / "run", lines.append, accept_changed_data=True, **changes)
    assert len(facts.rows) == 76 and facts.record.scale == first.record.scale
    assert (
        "The training clips are others than before: 70 clips then, 76 now. The run goes on with these."
        in lines
    )
    assert start(tmp_path / "run", **changes).record == facts.record


def test_a_run_of_before_its_clips_were_recorded_goes_on(tmp_path):
    start(tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    fields = json.loads(path.read_text())
    del fields["data"], fields["num_clips"]
    path.write_text(json.dumps(fields))
    assert len(start(tmp_path / "run").rows) == 70


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_while_it_makes_its_data_keeps_them_and_goes_on(tmp_path, number):
    lines = []

    def announce(line):
        lines.append(line)
        if "to make" in line:
            os.kill(os.getpid(), number)

    assert start(tmp_path / "run", announce) == loop.INTERRUPTED
    assert lines[-1] == "Interrupted before training. What was made of the data is kept."
    assert not (tmp_path / "run" / "run.json").exists()
    assert start(tmp_path / "run").data.shape[0] == 70


def test_the_end_of_a_run_says_how_long_it_waited_on_input(tmp_path):
    lines = []
    (tmp_path / "run").mkdir()
    experiment = Experiment.from_settings(SETTINGS)
    assert session.train(experiment, tmp_path / "run", lambda facts: [], lines.append) == loop.FINISHED
    assert "; waited " in lines[-1] and lines[-1].endswith(" % of the time on input.")
