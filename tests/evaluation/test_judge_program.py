"""eval/judge.py and eval/train_judges.py: what they print, write and refuse."""

import csv
import importlib.util
import json
import pathlib

import pytest
import soundfile

from gansynth_tf.data.grooves import Grooves
from gansynth_tf.programs import command_line

EVAL_DIR = pathlib.Path(__file__).parents[2] / "eval"


def program(name):
    """Returns the module of a program in eval/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"{name}_program", EVAL_DIR / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def judge_program():
    return program("judge")


@pytest.fixture
def clips_dir(tmp_path):
    grooves = Grooves(16000, 32000, num_clips=6, num_test_clips=36)
    with (tmp_path / "labels.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "genre"])
        for index, clip in enumerate(grooves.clips("valid").as_numpy_iterator()):
            soundfile.write(tmp_path / f"{index}.wav", clip, 16000)
            writer.writerow([f"{index}.wav", grooves.labels["genre"][grooves.rows("valid")[index, 0]]])
    return tmp_path


def test_a_folder_of_real_clips_is_judged_beside_what_must_fail(judge_program, clips_dir, capsys):
    arguments = [f"--audio_dir={clips_dir}", "--num_samples_per_class=6", "--num_clips=120"]
    assert command_line.exit_status(judge_program.main, arguments) == 0
    printed = capsys.readouterr().out
    for name in ("real, through representation", "white noise", "mean clip of each class", "labels shuffled"):
        assert name in printed
    results = json.loads((clips_dir / "judge" / "judge.json").read_text())["results"]
    assert results["generated"]["share_by_classifier"] >= 0.9
    assert not any(results[name]["passed"] for name in ("white noise", "mean clip of each class"))
    assert (clips_dir / "judge" / "judge.csv").is_file() and (clips_dir / "judge" / "judge.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "either --run_dir or --audio_dir"),
        (["--run_dir=a", "--audio_dir=b"], "either --run_dir or --audio_dir"),
        (["--audio_dir=nowhere"], "labels.csv"),
        (["--run_dir=nowhere"], "nowhere"),
        (["--audio_dir=x", "--num_samples_per_class=2"], "at least 6"),
        (["--audio_dir=x", "--judges_dir=nowhere"], "train one first"),
        (["--no_such=1"], "no_such"),
    ],
)
def test_mistakes_get_one_line_and_status_2(judge_program, capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert command_line.exit_status(judge_program.main, arguments) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error and error.startswith("ERROR:")


def test_a_file_that_is_no_audio_is_named(judge_program, clips_dir, capsys):
    (clips_dir / "3.wav").write_text("no audio")
    assert command_line.exit_status(judge_program.main, [f"--audio_dir={clips_dir}"]) == 2
    assert "3.wav could not be read as audio" in capsys.readouterr().err


def test_help_lists_the_options(judge_program, capsys):
    for module, option in (
        (judge_program, "--num_samples_per_class"),
        (program("train_judges"), "--judges_dir"),
    ):
        assert command_line.exit_status(module.main, ["--help"]) == 0
        assert option in capsys.readouterr().out


def test_judges_that_are_not_good_enough_are_not_stored(capsys, tmp_path):
    arguments = [f"--judges_dir={tmp_path / 'judges'}", "--num_clips=72", "--num_test_clips=12"]
    arguments += ["--num_epochs=1", "--num_forest_clips_per_class=2", "--num_threads=0"]
    assert command_line.exit_status(program("train_judges").main, arguments) == 1
    assert "Nothing was stored" in capsys.readouterr().err
    assert not (tmp_path / "judges").exists()
