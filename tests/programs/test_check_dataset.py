"""The doctor as a program: what it prints, writes and returns, on folders sound and broken."""

import csv
import fcntl
import importlib.util
import json
import os

import numpy as np
import pytest
import soundfile

from gansynth_tf.data.folder_listing import shown
from gansynth_tf.programs import check_dataset
from tests.data.examination.planted import RATE, ordinary

SMALL = ("--length_samples=16000", "--mel_if.num_frames=32")


def put(folder, count=10, genres=("funk", "jazz"), first=0):
    """Writes ordinary notes into a folder a genre."""
    for number in range(count):
        path = folder / genres[number % len(genres)] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, ordinary(first + number), RATE)
    return folder


@pytest.fixture
def check(tmp_path, capsys):
    """Runs the doctor on a folder; returns (status, what it prints, on stderr, its findings)."""

    def run(folder, *arguments):
        output = tmp_path / "out"
        status = check_dataset.main(
            [
                "--dataset=audio_folder",
                f"--audio_folder.folder={folder}",
                f"--output_dir={output}",
                *SMALL,
                *arguments,
            ]
        )
        told = capsys.readouterr()
        table = output / "findings.csv"
        findings = list(csv.DictReader(table.open(newline="", encoding="utf-8"))) if table.exists() else None
        return status, told.out, told.err, findings

    return run


def test_a_sound_set_would_train(check, tmp_path):
    status, out, err, findings = check(put(tmp_path / "in", 40))
    assert status == 0
    assert "Training would start." in out and "label genre, 2 classes" in out
    assert [finding["kind"] for finding in findings if finding["weight"] == "refusal"] == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "clips.csv",
        "findings.csv",
        "page.png",
    ]
    assert "40 of 40" in err and "clips" in err


def test_a_second_check_in_the_same_folder_is_refused(check, tmp_path):
    folder = put(tmp_path / "in", 6)
    (tmp_path / "out").mkdir()
    with open(tmp_path / "out" / ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, _, err, findings = check(folder)
    assert status == 2 and "Another check writes to" in err and findings is None


def test_faults_are_told_and_do_not_bar_the_way(check, tmp_path):
    folder = put(tmp_path / "in", 40)
    (folder / "funk" / "empty.wav").touch()
    soundfile.write(folder / "jazz" / "off.wav", ordinary(80) + 0.1, RATE)
    soundfile.write(folder / "jazz" / "loud.wav", np.clip(5 * ordinary(81), -0.5, 0.5), RATE)
    status, out, _, findings = check(folder)
    assert status == 0
    told = {(finding["kind"], finding["clip"]): finding["training"] for finding in findings}
    assert told["unreadable", "funk/empty.wav"] == "left out"
    assert told["dc_offset", "jazz/off.wav"] == "used as it is"
    assert ("clipped", "jazz/loud.wav") in told
    assert "not centred on zero" in out and "cut off at the rail" in out


@pytest.mark.parametrize(
    ("count", "genres", "arguments", "message"),
    [
        (6, ("funk",), (), "The label 'genre' has only the class 'funk'"),
        (6, ("funk", "jazz"), ("--labels=mood",), "there is no label 'mood'"),
        (6, ("funk", "jazz"), ("--mel_if.num_frames=8",), "cover"),
        (6, ("funk", "jazz"), ("--label_map=genre:funk=,genre:jazz=",), "No training clip is left"),
    ],
)
def test_what_would_not_train_is_told_with_all_reasons(check, tmp_path, count, genres, arguments, message):
    status, out, _, findings = check(put(tmp_path / "in", count, genres), *arguments)
    assert status == 1
    assert "Training would not start:" in out and message in out
    assert any(finding["kind"] == "refusal" and message in finding["value"] for finding in findings)
    assert (tmp_path / "out" / "page.png").exists()


def test_two_reasons_are_told_at_once(check, tmp_path):
    status, out, _, _ = check(put(tmp_path / "in", 6, ("funk",)), "--mel_if.num_frames=8")
    assert status == 1
    reasons = out.split("Training would not start:\n")[1].splitlines()
    assert len(reasons) == 2 and all(reason.startswith("  ") for reason in reasons)


@pytest.mark.parametrize("content", ["nothing", "a text", "a broken wav"])
def test_a_folder_without_audio_is_one_line(check, tmp_path, content):
    folder = tmp_path / "in"
    folder.mkdir()
    if content != "nothing":
        (folder / ("notes.mid" if content == "a text" else "a.wav")).write_bytes(b"MThd")
    status, out, err, findings = check(folder)
    assert status == 1 and "Traceback" not in err
    assert len(out.split("Training would not start:\n")[1].splitlines()) == 1
    assert [finding["kind"] for finding in findings if finding["kind"] != "unreadable"] == ["refusal"]
    assert not (tmp_path / "out" / "page.png").exists()


def test_a_folder_that_is_not_there_is_a_reason(check, tmp_path):
    status, out, _, _ = check(tmp_path / "nowhere")
    assert status == 1 and "does not exist" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--audio_folder.foldr=x"],
            "There is no option --audio_folder.foldr. Did you mean --audio_folder.folder?",
        ),
        (["--dataset=audio_foldr"], "Did you mean audio_folder?"),
        (["recordings"], "Unexpected argument 'recordings'"),
        (["--length_samples=0"], "--length_samples"),
    ],
)
def test_a_mistake_in_the_options_is_one_line_and_status_2(arguments, message, capsys):
    assert check_dataset.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1


def test_an_output_folder_that_cannot_be_made_is_told_before_any_work(tmp_path, capsys):
    (tmp_path / "file").touch()
    arguments = ["--dataset=grooves", f"--output_dir={tmp_path / 'file' / 'out'}"]
    assert check_dataset.main(arguments) == 2
    error = capsys.readouterr().err
    assert "Choose an --output_dir that can be written." in error and len(error.strip().splitlines()) == 1


def test_help_teaches(capsys):
    assert check_dataset.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert "status 0 if training would start" in text and "--audio_folder.folder=TEXT" in text


def test_the_results_are_called_after_what_was_examined(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "my recordings", 6)
    check_dataset.main(["--dataset=audio_folder", "--audio_folder.folder=my recordings", *SMALL])
    assert (tmp_path / "runs" / "check_my_recordings" / "page.png").exists()
    assert "runs/check_my_recordings" in capsys.readouterr().out


def test_synthesised_sets_are_examined_too(tmp_path, capsys):
    small = ["--grooves.num_clips=24", "--grooves.num_test_clips=6", f"--output_dir={tmp_path}"]
    assert check_dataset.main(small) == 0
    assert "train: 24 clips" in capsys.readouterr().out


def broken_folder_maker(repository):
    path = repository / "scripts" / "make_broken_folder.py"
    spec = importlib.util.spec_from_file_location("make_broken_folder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names_of(output):
    """{clip: whether it is used} of the doctor's tables."""
    with (output / "clips.csv").open(newline="", encoding="utf-8") as file:
        names = {line["clip"]: True for line in csv.DictReader(file)}
    with (output / "findings.csv").open(newline="", encoding="utf-8") as file:
        return names | {
            line["clip"]: False for line in csv.DictReader(file) if line["training"] == "left out"
        }


def test_every_file_of_a_broken_folder_is_named(check, repository, tmp_path, monkeypatch):
    maker = broken_folder_maker(repository)
    # Three hours are read by hand; here they are three minutes.
    monkeypatch.setattr(maker, "HOUR_SAMPLES", 8000 * 60)
    manifest = maker.make(tmp_path / "broken", 200)
    assert len(manifest) == 200
    _, out, err, _ = check(tmp_path / "broken" / "recordings", "--labels=none")
    assert "Traceback" not in out + err
    used = names_of(tmp_path / "out")
    for one in manifest:
        if one["usable"] != "folder":
            assert shown(one["name"]) in used, one
        if one["usable"] in ("yes", "no"):
            assert used[shown(one["name"])] == (one["usable"] == "yes"), one


def test_the_broken_folder_is_the_same_each_time_and_the_seed_changes_it(repository, tmp_path, monkeypatch):
    maker = broken_folder_maker(repository)
    monkeypatch.setattr(maker, "HOUR_SAMPLES", 8000)
    contents = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        maker.make(tmp_path / name, 200, seed)
        # libsndfile numbers every ogg at random.
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file() and "ogg" not in path.name]
        contents.append({os.fsencode(path.relative_to(tmp_path / name)): path.read_bytes() for path in files})
    assert contents[0] == contents[1] != contents[2]
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())[0]["usable"] == "yes"
