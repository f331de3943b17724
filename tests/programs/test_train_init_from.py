"""What `train.py` says of `--init_from` before any work, and what it keeps of it."""

import shutil
from pathlib import Path

import pytest

from gansynth_tf.programs import train
from gansynth_tf.training import loop
from gansynth_tf.training.checkpoints import CheckpointStore

SMOKE = f"--flagfile={Path(__file__).resolve().parents[2] / 'flags' / 'smoke.cfg'}"
GENRES = {"genre": ("drum_and_bass", "house")}


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Lists the sources of the runs that would be trained; the working directory is empty."""
    sources = []

    def fake_training(experiment, run_dir, make_observers, announce):
        sources.append(experiment.training.init_from)
        return loop.FINISHED

    monkeypatch.setattr(train.session, "train", fake_training)
    monkeypatch.setattr(train, "_read_recordings", lambda experiment, cache_dir: None)
    monkeypatch.chdir(tmp_path)
    return sources


@pytest.fixture
def make_source(make_run):
    """A function that makes a run in a folder."""

    def make(folder):
        Path(folder).mkdir(parents=True)
        make_run(Path(folder), GENRES)

    return make


def recorded(run_dir):
    """Returns the line of the source in a run's flagfile."""
    lines = (Path(run_dir) / "experiment.cfg").read_text().splitlines()
    return next(line for line in lines if line.startswith("--init_from"))


def refused(capsys, *arguments):
    """Returns the one line that the program ends with."""
    assert train.main([SMOKE, *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("ERROR: ") and error.count("\n") == 1
    return error


def test_a_new_run_keeps_the_name_of_its_source(trained, make_source):
    make_source("source")
    assert train.main([SMOKE, "--init_from=source", "--run_dir=new"]) == 0
    assert trained == ["source"] and recorded("new") == "--init_from=source"


@pytest.mark.parametrize(
    "kind", ["missing", "file", "no run", "not started", "no save", "damaged", "untrained"]
)
def test_a_source_that_cannot_be_used_is_refused_before_any_work(trained, make_source, capsys, kind):
    source = Path("source")
    if kind not in ("missing", "file", "no run"):
        make_source(source)
    if kind == "file":
        source.write_text("text")
    elif kind == "no run":
        source.mkdir()
    elif kind == "not started":
        (source / "run.json").unlink()
    elif kind == "no save":
        shutil.rmtree(source / "checkpoints")
    elif kind == "damaged":
        for path in (source / "checkpoints").iterdir():
            path.write_bytes(b"no save")
    elif kind == "untrained":
        store = CheckpointStore(source / "checkpoints")
        arrays, counters = store.load(store.latest())
        store.save(counters["num_images"] + 1, arrays, counters | {"stage": -1})
    error = refused(capsys, "--init_from=source", "--run_dir=new")
    assert {
        "missing": "--init_from=source: there is no such folder. Name the folder of a run.",
        "file": "--init_from=source: there is no such folder.",
        "no run": "is not the folder of a run that has started training: experiment.cfg is missing.",
        "not started": "is not the folder of a run that has started training: run.json is missing.",
        "no save": "--init_from=source holds no good save yet. Training saves every few minutes",
        "damaged": ".npz is damaged and was skipped",
        "untrained": "--init_from=source has not trained yet",
    }[kind] in error
    assert not trained and not Path("new").exists()


def test_a_damaged_record_of_the_source_is_named(trained, make_source, capsys):
    make_source("source")
    Path("source/run.json").write_text("{")
    assert "--init_from=source: source/run.json is no record of a run" in refused(
        capsys, "--init_from=source"
    )


def test_a_run_is_no_source_of_itself(trained, make_source, capsys):
    make_source("runs/smoke")
    for name in ("runs/smoke", "runs/../runs/smoke/", str(Path("runs/smoke").resolve())):
        assert "is the run itself. Choose another --run_dir" in refused(capsys, f"--init_from={name}")
    assert "is the run itself" in refused(capsys, "--init_from=not_there", "--run_dir=not_there")


def test_networks_of_which_nothing_fits_are_refused_before_any_work(trained, make_source, capsys):
    make_source("source")
    error = refused(capsys, "--init_from=source", "--run_dir=new", "--progressive.filters=12,6,3")
    assert "nothing of it fits this run (--progressive.filters 16,16,8 there, 12,6,3 here)" in error
    assert not trained and not Path("new").exists()


def with_save(run_dir, source):
    """Gives a run that was started the saves of another one, as if it had trained."""
    shutil.copytree(Path(source) / "checkpoints", Path(run_dir) / "checkpoints")


def test_a_run_that_goes_on_needs_no_source_and_keeps_the_name_of_its_first(trained, make_source, capsys):
    make_source("source")
    train.main([SMOKE, "--init_from=source", "--run_dir=new"])
    with_save("new", "source")
    shutil.rmtree("source")
    capsys.readouterr()
    for arguments, is_told in (
        (["--init_from=source"], False),
        ([], False),
        (["--init_from=elsewhere"], True),
        (["--init_from="], False),
    ):
        assert train.main([SMOKE, "--run_dir=new", *arguments]) == 0
        told = capsys.readouterr().out
        assert ("--init_from=elsewhere is ignored: the run goes on with its own weights." in told) == is_told
        assert trained[-1] == "source" and recorded("new") == "--init_from=source"
    assert train.main(["--flagfile=new/experiment.cfg"]) == 0
    # Moved to where its source was, it is no source of itself.
    Path("new").rename("source")
    assert train.main(["--flagfile=source/experiment.cfg"]) == 0


def test_a_run_that_began_without_a_source_ignores_one(trained, make_source, capsys):
    make_source("run")
    assert train.main([SMOKE, "--run_dir=run", "--init_from=elsewhere"]) == 0
    assert "--init_from=elsewhere is ignored" in capsys.readouterr().out
    assert trained == [""]


def test_a_run_without_a_save_begins_again_from_the_source_it_is_given_or_remembers(
    trained, make_source, capsys
):
    make_source("source")
    train.main([SMOKE, "--init_from=source", "--run_dir=new"])
    assert train.main([SMOKE, "--run_dir=new"]) == 0
    Path("source").rename("moved")
    assert "--init_from=source: there is no such folder" in refused(capsys, "--run_dir=new")
    assert train.main([SMOKE, "--run_dir=new", "--init_from=moved"]) == 0
    assert trained == ["source", "source", "moved"] and recorded("new") == "--init_from=moved"


def test_a_dry_run_tells_what_would_be_taken_over(trained, make_source, monkeypatch, capsys):
    monkeypatch.setattr(train.forecast, "BUDGET_SECONDS", 0.0)
    make_source("source")
    assert train.main([SMOKE, "--init_from=source", "--run_dir=new", "--dry_run"]) == 0
    told = capsys.readouterr().out
    assert "Starting from source, after its 256 images: " in told
    assert "Label genre: 2 of 6 classes are known there; these start fresh: " in told
    assert "--stable_images=0,64 --fade_images=0" in told
    assert not Path("new").exists()
