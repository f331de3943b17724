"""What `train.py` does with its flags, before and around the training itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gansynth_tf.locks import FolderLock
from gansynth_tf.programs import train
from gansynth_tf.training import loop

REPOSITORY = Path(__file__).resolve().parents[2]
SMOKE = f"--flagfile={REPOSITORY / 'flags' / 'smoke.cfg'}"


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Lists the run directories that would be trained; the working directory is empty."""
    calls = []

    def fake_training(experiment, run_dir, make_observers, announce):
        calls.append((run_dir, experiment.settings))
        return loop.FINISHED

    monkeypatch.setattr(train.session, "train", fake_training)
    monkeypatch.chdir(tmp_path)
    return calls


def directories(calls):
    return [str(run_dir) for run_dir, _ in calls]


def refused(capsys, arguments):
    """Returns the one line that the program ends with."""
    assert train.main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("ERROR: ") and "Traceback" not in shown.err
    return shown.err


def test_the_run_directory_follows_the_flagfile(trained, tmp_path):
    assert train.main([SMOKE]) == 0
    assert train.main([SMOKE, "--run_dir=elsewhere/a"]) == 0
    assert train.main([f"--flagfile={tmp_path / 'runs/smoke/experiment.cfg'}"]) == 0
    assert directories(trained) == ["runs/smoke", "elsewhere/a", str(tmp_path / "runs/smoke")]
    assert trained[0][1] == trained[2][1]


def test_without_a_flagfile_the_defaults_are_those_of_genre_cfg(trained):
    assert train.main([]) == 0
    assert directories(trained) == ["runs/genre"]


def test_a_second_start_goes_on_and_a_moved_run_too(trained, capsys, tmp_path):
    train.main([SMOKE])
    assert "New run in runs/smoke" in capsys.readouterr().out
    train.main([SMOKE])
    assert "Going on with the run in runs/smoke" in capsys.readouterr().out
    (tmp_path / "runs" / "smoke").rename(tmp_path / "moved")
    assert train.main(["--flagfile=moved/experiment.cfg"]) == 0
    assert "Going on with the run in moved" in capsys.readouterr().out


def test_another_identity_is_refused_and_nothing_is_overwritten(trained, capsys, tmp_path):
    train.main([SMOKE])
    before = (tmp_path / "runs/smoke/experiment.cfg").read_bytes()
    capsys.readouterr()
    text = refused(capsys, [SMOKE, "--seed=5", "--progressive.latent_size=3"])
    assert "--seed                     0      5" in text
    assert "--progressive.latent_size  16     3" in text
    assert "--flagfile=runs/smoke/experiment.cfg" in text
    assert (tmp_path / "runs/smoke/experiment.cfg").read_bytes() == before
    assert len(trained) == 1


def test_how_to_run_may_change_and_is_said_and_kept(trained, capsys, tmp_path):
    train.main([SMOKE])
    assert train.main([SMOKE, "--total_images=9000", "--save_minutes=1"]) == 0
    text = capsys.readouterr().out
    assert "--total_images" in text and "9000" in text and "--save_minutes" in text
    assert "--total_images=9000" in (tmp_path / "runs/smoke/experiment.cfg").read_text()


def test_what_is_on_the_command_line_wins_wherever_the_flagfile_stands(trained):
    train.main(["--seed=5", SMOKE, "--run_dir=a"])
    train.main([SMOKE, "--seed=5", "--run_dir=b"])
    assert trained[0][1] == trained[1][1]
    assert trained[0][1]["seed"] == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batchsize=3"], "There is no option --batchsize. Did you mean --batch_size?"),
        (["--num_clips=3"], "Did you mean --grooves.num_clips"),
        (["--batch_size=three"], "--batch_size takes a whole number. Received: 'three'."),
        (["--batch_size=1"], "`batch_size` must be at least 2"),
        (["--dry_run=maybe"], "--dry_run takes true or false. Received: 'maybe'."),
        (["--batch_size"], "Missing value for flag --batch_size"),
        (["stray"], "Unexpected argument 'stray'"),
        (["--labels=genre,", "pitch"], "Unexpected argument 'pitch'"),
        (["--labels=composer"], "composer"),
        (["--loss=wgan_gp", "--non_saturating.penalty_weight=3"], "choose --loss=non_saturating"),
        (["--label_map=genre:rock=", "--label_map=genre:house="], "--label_map is given twice"),
        ([f"--cache_dir={__file__}"], "is a file. Name a folder."),
        ([f"--cache_dir={__file__}/below", "--dry_run"], "is a file. Name a folder."),
        (["--flagfile=none.cfg"], "The flagfile none.cfg cannot be read: No such file or directory."),
        (["--flagfile"], "Expected one --flagfile=FILE"),
        (["--flagfile=a.cfg", "--flagfile=b.cfg"], "Expected one --flagfile=FILE"),
    ],
)
def test_a_mistake_ends_with_one_line_before_any_work(trained, capsys, tmp_path, arguments, message):
    text = refused(capsys, arguments)
    assert message in text
    assert text.count("\n") == 1
    assert not trained and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "message"),
    [("--seed=5  # five", "a comment needs a line of its own"), ("seed=5", "expected --name=value")],
)
def test_a_mistake_in_a_flagfile_is_named_with_its_line(trained, capsys, tmp_path, line, message):
    (tmp_path / "mine.cfg").write_text(f"# mine\n{line}\n")
    text = refused(capsys, ["--flagfile=mine.cfg"])
    assert "mine.cfg:2: " in text and message in text
    assert not (tmp_path / "runs").exists()


def test_a_folder_with_something_else_is_not_touched(trained, capsys, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("text")
    assert "holds no run" in refused(capsys, ["--run_dir=thesis"])
    assert "is a file" in refused(capsys, ["--run_dir=thesis/chapter.tex"])
    assert [entry.name for entry in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_run_that_another_process_trains_is_refused(trained, capsys, tmp_path):
    train.main([SMOKE])
    with FolderLock(tmp_path / "runs" / "smoke", "is training in", "--run_dir"):
        assert train.main([SMOKE]) == 2
    expected = (
        rf"ERROR: Another process \(pid {os.getpid()}\) is training in runs/smoke\. .* another --run_dir\.\n"
    )
    assert re.fullmatch(expected, capsys.readouterr().err)
    assert len(trained) == 1


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        (loop.FINISHED, 0, ""),
        (loop.INTERRUPTED, 130, "To go on: python train.py --flagfile=runs/smoke/experiment.cfg"),
        (loop.TrainingDiverged("penalty is not finite after 80 images."), 1, "ERROR: penalty is not finite"),
        (
            OSError(28, "No space left on device", "runs/smoke/checkpoints/x"),
            1,
            "ERROR: No space left on device",
        ),
    ],
)
def test_the_exit_status_tells_how_it_ended(trained, monkeypatch, capsys, outcome, status, words):
    def ending(experiment, run_dir, make_observers, announce):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(train.session, "train", ending)
    assert train.main([SMOKE]) == status
    shown = capsys.readouterr()
    assert words in shown.out + shown.err


def test_a_dry_run_prints_the_forecast_and_leaves_nothing_behind(trained, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(train.forecast, "BUDGET_SECONDS", 0.0)
    assert train.main([SMOKE, "--dry_run"]) == 0
    text = capsys.readouterr().out
    for words in ("parameters", "MiB", "GFLOP", "genre", "grooves: synthesised loops", "train: 48 clips"):
        assert words in text
    assert not trained and not list(tmp_path.iterdir())


def test_a_dry_run_needs_no_recordings_where_the_options_tell_the_classes(
    trained, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr(train.forecast, "BUDGET_SECONDS", 0.0)
    arguments = [
        "--dataset=nsynth",
        f"--nsynth.data_dir={tmp_path}",
        "--nsynth.splits=gansynth",
        "--labels=pitch,instrument_source",
        "--nsynth.sources=acoustic,electronic",
    ]
    assert train.main([*arguments, "--dry_run"]) == 0
    text = capsys.readouterr().out
    for words in (
        "clips are not counted: nsynth/gansynth_subset is not in",
        "--nsynth.folder=FOLDER",
        "Label pitch: 61 classes: 24, 25,",
        "Label instrument_source: 2 classes: acoustic, electronic.",
        "Training clips: not counted; the data of each take 0.062 MiB of disk.",
    ):
        assert words in text, words
    assert not trained and not list(tmp_path.iterdir())
    assert "nsynth/gansynth_subset is not in" in refused(capsys, arguments)


def test_the_doorstep_lists_its_flags_and_ends_with_0_or_2():
    command = [sys.executable, "train.py"]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    help_run = subprocess.run(
        [*command, "--help"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert help_run.returncode == 0
    for words in ("--flagfile", "--dry_run", "--dataset=grooves", "--grooves.num_clips", "--total_images"):
        assert words in help_run.stdout
    wrong = subprocess.run(
        [*command, "--sede=1"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert wrong.stderr == "ERROR: There is no option --sede. Did you mean --seed?\n"


def test_help_that_nobody_reads_to_the_end_is_no_error(repository):
    program = (
        "import sys; from gansynth_tf.programs import command_line\n"
        "def program(arguments): raise command_line.HelpWanted('line\\n' * 100000)\n"
        "sys.exit(command_line.exit_status(program, []))"
    )
    command = f'"{sys.executable}" -c "$PROGRAM" | head -n 1'
    done = subprocess.run(
        command,
        shell=True,
        cwd=repository,
        env={**os.environ, "PROGRAM": program},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("line\n", "")
