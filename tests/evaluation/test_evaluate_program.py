"""eval/evaluate.py in miniature: runs of fake sounds, what is written, gone on with, and refused."""

import csv
import dataclasses
import inspect
import json
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from gansynth_tf.audio import files
from gansynth_tf.data.grooves import Grooves
from gansynth_tf.evaluation.suite import page_data
from gansynth_tf.evaluation.suite.rows import Row
from gansynth_tf.experiment import Experiment
from gansynth_tf.locks import FolderLock
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.options import UserError, build, options_of
from gansynth_tf.programs import evaluate, evaluated_clips, evaluation_work, observers
from gansynth_tf.programs.evaluation_setup import Setup
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.observers.evaluations import Evaluations

SAMPLE_RATE, LENGTH = 16000, 8000
GENRES = {"genre": Grooves(SAMPLE_RATE, LENGTH).labels["genre"]}
FEW = "--metrics=accuracy,frechet_distance"
NUM = 16


class Instrument:
    """Stands for a run's generator: a tone of the class, in noise that falls as training goes on."""

    latent_size = 4
    broken = False

    def __init__(self, run_dir, num_images):
        self._noise = 0.3 / (1 + num_images / 100)

    def play(self, latents, rows):
        time = np.arange(LENGTH) / SAMPLE_RATE
        audio = [
            0.3 * np.sin(2 * np.pi * (200 + 100 * row[0]) * time)
            + self._noise * np.random.default_rng(abs(int(1e6 * latent[0]))).standard_normal(LENGTH)
            for latent, row in zip(latents, rows, strict=True)
        ]
        if self.broken:
            audio[0][7] = np.nan
        return np.asarray(audio, np.float32)


def hasten(monkeypatch):
    """Runs play at once, and no picture is drawn."""
    monkeypatch.setattr(evaluated_clips.synthesis, "load", Instrument)
    monkeypatch.setattr(page_data, "save_thumbnail", lambda path, *its: path.write_bytes(b"picture"))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    hasten(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_run):
    """A folder with the run a of three saves, and an untrained classifier of its labels."""
    folder = tmp_path_factory.mktemp("evaluated")
    (folder / "a").mkdir()
    make_run(folder / "a", GENRES, stage=0)
    store = CheckpointStore(folder / "a" / "checkpoints")
    arrays, metadata = store.load(store.latest())
    small = {name: array for name, array in list(arrays.items())[:1]}
    for images in (200, 400):
        store.save(images, small, metadata | {"num_images": images})
    sizes = {"num_mel_bins": 16, "frame_length": 512, "frame_step": 256, "filters": (4, 4)}
    Classifier(SAMPLE_RATE, LENGTH, GENRES, **sizes).save(
        folder / "classifier", {"held_out_accuracy": {"genre": 0.5}}
    )
    return folder


def run(folder, *others, output="out", classifier="classifier", run_dir="a"):
    arguments = [f"--run_dir={folder / run_dir}", f"--classifier_dir={folder / classifier}"]
    return evaluate.main([*arguments, f"--output_dir={folder / output}", *others])


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def plain(rows):
    """Returns rows without what differs from start to start."""
    return [
        {name: cell for name, cell in row.items() if name != "seconds"}
        for row in rows
        if row["kind"] != "timing"
    ]


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """The rows of an evaluation by the default protocol."""
    patch = pytest.MonkeyPatch()
    hasten(patch)
    try:
        assert run(folder, "--num_splits=2", output="whole") == 0
    finally:
        patch.undo()
    return table(folder / "whole" / "evaluation.csv")


def test_every_metric_stands_beside_the_same_of_real_clips(whole):
    by_kind = {
        kind: [row for row in whole if row["kind"] == kind] for kind in ("model", "floor", "spread", "timing")
    }
    assert [row["metric"] for row in by_kind["timing"]] == ["real_time_factor"]
    names = {row["metric"] for row in by_kind["model"]}
    assert {"accuracy/genre", "frechet_distance", "different_bins", "distance_train", "recall"} <= names
    assert {row["metric"] for row in by_kind["floor"]} == names
    assert {row["run"] for row in by_kind["model"]} == {"a"} and {
        row["step"] for row in by_kind["model"]
    } == {"400"}
    assert {row["run"] for row in by_kind["floor"]} == {"real, held out"}
    for row in by_kind["model"]:
        assert bool(row["value"]) or row["status"]
        assert row["fingerprint"] and row["version"] and row["dataset"] == "grooves"
        assert "small_reference: 16 of 2,000 clips" in row["status"]


def test_model_and_floor_may_be_compared_and_numbers_that_cannot_be_had_are_empty(whole):
    by_name = {(row["kind"], row["metric"], row["class_name"]): row for row in whole}
    model, floor = (by_name[kind, "frechet_distance", ""] for kind in ("model", "floor"))
    assert model["num_samples"] == floor["num_samples"] == model["num_reference"] == "16"
    assert model["fingerprint"] == floor["fingerprint"]
    assert float(model["value"]) > float(floor["value"]) and "rank" in model["status"]
    assert by_name["model", "different_bins", ""]["value"] == ""
    assert "too few clips for bins: 16 of 500" in by_name["model", "different_bins", ""]["status"]
    assert by_name["floor", "mode_seeking_ratio", ""]["value"] == ""
    spread = by_name["spread", "frechet_distance", ""]
    assert float(spread["ci_low"]) < float(spread["value"]) < float(spread["ci_high"])
    assert by_name["model", "accuracy/genre", f"genre={GENRES['genre'][0]}"]["num_samples"] != "16"


def test_the_page_its_data_its_sounds_and_the_evidence_are_written(folder, whole):
    out = folder / "whole"
    data = json.loads((out / "page_data.json").read_text())
    assert (out / "index.html").stat().st_size > 5000 and data["step"] == 400
    assert len(data["neighbours"]) == 6 and data["confusions"]["genre"]["classes"] == list(GENRES["genre"])
    for pair in data["neighbours"]:
        for which in ("generated", "training"):
            assert (out / pair[which]["wav"]).is_file() and (out / pair[which]["picture"]).is_file()
    assert any("too few" in row["status"] for row in data["rows"])
    assert json.loads((out / "evaluation.json").read_text())["rows"] == data["rows"]
    evidence = np.load(out / "evidence.npz")
    assert evidence["labels_asked"].shape == (NUM, 1) and evidence["split_1"].shape == (NUM,)
    assert evidence["model/400/multi_scale_ssim/pairs"].shape[0] == 2
    # The model's features go, the real clips' stay.
    assert [path.name for path in (out / "features").iterdir()] == ["real"]


def test_the_same_seed_gives_the_same_table_and_another_seed_another(folder):
    for output, seed in (("one", 3), ("two", 3), ("three", 4)):
        assert run(folder, FEW, f"--seed={seed}", "--num_splits=2", output=output) == 0
    one, two, three = (table(folder / name / "evaluation.csv") for name in ("one", "two", "three"))
    assert plain(one) == plain(two)
    assert [row["value"] for row in one] != [row["value"] for row in three]


def test_a_kill_loses_one_metric_and_the_next_start_goes_on(folder, monkeypatch, capsys):
    measured, done = evaluation_work.measured_job, []

    def killed(metric, *others):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(metric.key)
        return measured(metric, *others)

    monkeypatch.setattr(evaluation_work, "measured_job", killed)
    assert run(folder, FEW, "--seed=3", "--num_splits=2", output="killed") == 130
    lines = (folder / "killed" / "rows.jsonl").read_text().splitlines()
    assert (
        len(lines) == 1 + 3 + 2
    )  # Its identity, two of real clips and one of the model, two of training clips.
    done.clear()
    monkeypatch.setattr(
        evaluation_work, "measured_job", lambda *its: done.append(its[0].key) or measured(*its)
    )
    assert run(folder, FEW, "--seed=3", "--num_splits=2", output="killed") == 0
    assert done == ["frechet_distance"]
    assert plain(table(folder / "killed" / "evaluation.csv")) == plain(
        table(folder / "one" / "evaluation.csv")
    )
    assert run(folder, FEW, "--seed=3", "--num_splits=2", output="killed") == 0
    assert done == ["frechet_distance"] and " left" in capsys.readouterr().out


def test_a_sweep_names_the_best_and_goes_on(folder, capsys):
    options = ("--num_splits=0", "--metrics=frechet_distance")
    assert run(folder, "--checkpoints=0,200", *options, output="sweep") == 0
    assert run(folder, "--checkpoints=all", *options, output="sweep") == 0
    told = capsys.readouterr().out
    assert "a, 200 images: measured already." in told
    assert "of 3 checkpoints by frechet_distance is that of 400 images" in told
    rows = [row for row in table(folder / "sweep" / "evaluation.csv") if row["metric"] == "frechet_distance"]
    assert [row["step"] for row in rows] == ["0", "200", "400", ""]
    assert json.loads((folder / "sweep" / "page_data.json").read_text())["checkpoints"] == [0, 200, 400]


def test_a_save_that_cannot_be_read_is_left_out_of_a_sweep(folder, monkeypatch, capsys):
    class Damaged(Instrument):
        def __init__(self, run_dir, num_images):
            super().__init__(run_dir, num_images)
            if num_images == 200:
                raise UserError("images-000000200.npz is no save that can be read.")

    monkeypatch.setattr(evaluated_clips.synthesis, "load", Damaged)
    options = ("--num_splits=0", "--metrics=accuracy")
    assert run(folder, "--checkpoints=all", *options, output="damaged") == 0
    assert "200 images are left out: images-000000200.npz is no save" in capsys.readouterr().out
    rows = table(folder / "damaged" / "evaluation.csv")
    assert {row["step"] for row in rows} == {"0", "400", ""}
    assert run(folder, "--checkpoints=200", *options, output="damaged_alone") == 2


def test_clips_that_are_not_finite_get_no_numbers(folder, monkeypatch):
    monkeypatch.setattr(Instrument, "broken", True)
    assert run(folder, FEW, "--num_splits=0", output="broken") == 0
    rows = [row for row in table(folder / "broken" / "evaluation.csv") if row["kind"] == "model"]
    assert len(rows) == 2
    assert all(row["value"] == "" and "1 of 16 clips are not finite" in row["status"] for row in rows)


def test_a_page_is_written_without_sounds_where_training_removed_the_save(folder, monkeypatch, capsys):
    assert run(folder, "--metrics=accuracy", "--num_splits=0", output="gone") == 0
    shutil.rmtree(folder / "gone" / "media")
    (folder / "gone" / "index.html").unlink()

    def load(run_dir, num_images):
        raise UserError("holds no save any more")

    monkeypatch.setattr(evaluated_clips.synthesis, "load", load)
    assert run(folder, "--metrics=accuracy", "--num_splits=0", output="gone") == 0
    assert "without sounds: holds no save any more" in capsys.readouterr().out
    page = (folder / "gone" / "index.html").read_text()
    assert "<table" in page and "<audio" not in page


@pytest.fixture(scope="module")
def copies(folder):
    """A folder of wavs that are training clips, with their labels."""
    experiment = Experiment.from_flagfile(folder / "a" / "experiment.cfg")
    rows = experiment.dataset.rows("train")[:20, 0]
    (folder / "wavs").mkdir()
    lines = ["path,genre"]
    for number, clip in enumerate(experiment.dataset.clips("train", np.arange(20)).as_numpy_iterator()):
        files.write(folder / "wavs" / f"{number}.wav", clip, SAMPLE_RATE)
        lines.append(f"{number}.wav,{GENRES['genre'][rows[number]]}")
    (folder / "wavs" / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder / "wavs"


def of_folder(folder, audio_dir, *others):
    return evaluate.main(
        [
            f"--audio_dir={audio_dir}",
            f"--flagfile={folder / 'a' / 'experiment.cfg'}",
            f"--classifier_dir={folder / 'classifier'}",
            *others,
        ]
    )


def test_a_folder_of_wavs_is_measured_and_copied_training_clips_are_flagged(folder, copies, capsys):
    assert of_folder(folder, copies, "--metrics=accuracy,distance_train", "--num_splits=0") == 0
    rows = table(copies / "evaluation" / "evaluation.csv")
    (row,) = (row for row in rows if row["kind"] == "model" and row["metric"] == "distance_train")
    real = next(
        float(one["value"]) for one in rows if one["kind"] == "floor" and one["metric"] == "distance_train"
    )
    assert float(row["value"]) < 0.1 * real and row["status"].startswith(
        "memorised: 16 of 16 clips are copies"
    )
    assert row["step"] == "" and row["run"] == "wavs"
    assert "memorised" in capsys.readouterr().out
    assert any(
        "memorised" in line
        for line in json.loads((copies / "evaluation/page_data.json").read_text())["warnings"]
    )


def test_training_clips_that_another_program_dithered_and_made_quieter_are_flagged(folder, copies, tmp_path):
    rng = np.random.default_rng(2)
    for number in range(20):
        clip, _ = soundfile.read(copies / f"{number}.wav")
        dither = rng.uniform(-0.5, 0.5, len(clip)) + rng.uniform(-0.5, 0.5, len(clip))
        files.write(tmp_path / f"{number}.wav", 0.8 * clip + dither / 32768.0, SAMPLE_RATE)
    shutil.copy(copies / "labels.csv", tmp_path)
    assert of_folder(folder, tmp_path, "--metrics=distance_train", "--num_splits=0") == 0
    rows = {
        row["metric"]: row
        for row in table(tmp_path / "evaluation" / "evaluation.csv")
        if row["kind"] == "model"
    }
    assert list(rows) == ["distance_train", "distance_train/at_equal_level"]
    assert rows["distance_train"]["status"].startswith("memorised: 16 of 16 clips are copies")


def test_numbers_of_wavs_that_were_changed_do_not_stay_in_the_table(folder, copies, tmp_path):
    shutil.copytree(copies, tmp_path / "wavs", ignore=shutil.ignore_patterns("evaluation"))

    def measured(metrics):
        assert of_folder(folder, tmp_path / "wavs", f"--metrics={metrics}", "--num_splits=0") == 0
        rows = table(tmp_path / "wavs" / "evaluation" / "evaluation.csv")
        return {row["metric"]: row["value"] for row in rows if row["kind"] == "model"}

    before = measured("distance_train,distance_self")
    assert measured("distance_self") == before, "an earlier call's numbers of the same clips stay"
    noise = np.random.default_rng(1).uniform(-1, 1, LENGTH)
    for number in range(20):
        files.write(tmp_path / "wavs" / f"{number}.wav", noise, SAMPLE_RATE)
    after = measured("distance_self")
    assert list(after) == ["distance_self", "distance_self/at_equal_level"]
    assert set(map(float, after.values())) == {0.0}


def test_mistakes_get_one_line_before_any_work(folder, copies, capsys, tmp_path):
    strange = tmp_path / "strange"
    shutil.copytree(copies, strange, ignore=shutil.ignore_patterns("evaluation"))
    text = (strange / "labels.csv").read_text()
    (strange / "labels.csv").write_text(text.replace(GENRES["genre"][0], "polka"))
    sizes = {"num_mel_bins": 16, "frame_length": 512, "frame_step": 256, "filters": (4, 4)}
    Classifier(SAMPLE_RATE, 4000, GENRES, **sizes).save(tmp_path / "short")
    Classifier(SAMPLE_RATE, LENGTH, {"genre": GENRES["genre"][::-1]}, **sizes).save(tmp_path / "turned")
    cases = [
        (evaluate.main([]), "Expected --run_dir or --audio_dir"),
        (evaluate.main(["--run_dir=a", "--audio_dir=b"]), "exclude each other"),
        (evaluate.main(["--audio_dir=b"]), "--audio_dir needs the data set"),
        (of_folder(folder, copies, "--channels=stereo"), "hears one channel"),
        (run(folder, "--flagfile=flags/smoke.cfg"), "belong to --audio_dir"),
        (run(folder, run_dir="classifier"), "is not the folder of a run"),
        (run(folder, "--checkpoints=7"), "no save of 7 images, but of 0, 200, 400"),
        (run(folder, "--checkpoints=best"), "all, newest, or numbers"),
        (run(folder, "--protocol=gansinth"), "--protocol takes one of default, gansynth"),
        (run(folder, "--metrics=fid"), "no metric 'fid'"),
        (run(folder, "--num_splits=1"), "--num_splits 0 or at least 2"),
        (run(folder, classifier="a"), "train one first"),
        (run(folder, classifier=tmp_path / "short"), "expected a classifier of 8000 samples"),
        (run(folder, classifier=tmp_path / "turned"), "expected the classes"),
        (run(folder, "--num_samples=9"), "Expected at least 48 training"),
        (of_folder(folder, strange), "has the genre 'polka'"),
        (evaluate.main(["--checkpoint=3"]), "Did you mean --checkpoints"),
    ]
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == len(cases)
    for (status, message), line in zip(cases, lines, strict=True):
        assert status == 2 and message in line and line.startswith("ERROR:")
    assert not (folder / "out").exists()


def test_a_folder_of_other_results_is_not_gone_on_with(folder, whole, capsys):
    before = (folder / "whole" / "evaluation.csv").read_bytes()
    assert run(folder, "--num_splits=2", "--seed=5", output="whole") == 2
    assert "the seed of the draws: 0 in that folder, 5 in this call" in capsys.readouterr().err
    assert (folder / "whole" / "evaluation.csv").read_bytes() == before


def test_a_second_evaluation_into_a_folder_is_refused_before_any_work(folder, monkeypatch, capsys):
    def work(*its):
        raise AssertionError("work was begun")

    monkeypatch.setattr(Setup, "prepare", work)
    with FolderLock(folder / "busy", "is evaluating into", "--output_dir"):
        before = os.listdir(folder / "busy")
        assert run(folder, FEW, output="busy") == 2
        assert os.listdir(folder / "busy") == before
    (line,) = capsys.readouterr().err.splitlines()
    assert f"Another process (pid {os.getpid()}) is evaluating into {folder / 'busy'}." in line
    assert "another --output_dir" in line


def test_training_goes_on_where_its_evaluation_meets_another_one(folder):
    notes = []
    watcher = Evaluations(observers.evaluating(None, folder / "a"), notes.append, every_images=400)
    with FolderLock(folder / "a" / "evaluation", "is evaluating into", "--output_dir"):
        watcher.on_save(400)
    assert len(notes) == 2 and notes[1].startswith(
        "The evaluation failed, and training goes on: Another process"
    )


def test_real_test_clips_outside_of_real_training_clips_are_told_as_a_matter_of_the_split():
    spread = Row("real, training", None, "spread", "density", value=1.0, ci_low=0.9, ci_high=1.1)
    floor = dataclasses.replace(spread, run="real, held out", kind="floor", ci_low=None, ci_high=None)
    few = SimpleNamespace(_num_splits=5)
    assert Setup.told_of_real(few, [spread, floor]) == []
    (line,) = Setup.told_of_real(few, [spread, dataclasses.replace(floor, value=0.5)])
    assert "outside of what 5 sets of training clips have in density" in line
    assert "says nothing of the model" in line and "surer of clips that it learnt from" in line


def test_an_option_has_one_default_wherever_it_comes_from_and_a_misspelt_one_is_refused():
    options = options_of(evaluate.Options)
    assert [field.name for field in dataclasses.fields(evaluate.Options)] == list(options)
    assert build(evaluate.Options, settings={"run_dir": "a"}) == evaluate.Options(run_dir="a")
    assert list(inspect.signature(evaluate.run).parameters) == ["told", "experiment"]
    with pytest.raises(TypeError, match="num_sample'"):
        evaluate.Options(num_sample=3)


def test_help_teaches_protocols_and_files(capsys):
    assert evaluate.main(["--help"]) == 0
    told = capsys.readouterr().out
    for word in (
        "--checkpoints=all",
        "gansynth",
        "frechet_distance",
        "evaluation.csv",
        "--classifier_dir",
        "rows.jsonl",
    ):
        assert word in told
    assert told.count("\n  --seed=") == 1 and "Of the clips that are made" in told
