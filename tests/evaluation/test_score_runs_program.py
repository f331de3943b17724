"""eval/score_runs.py in miniature: runs of random weights, what is written, and what is refused."""

import csv
import shutil

import numpy as np
import pytest

from gansynth_tf.data.grooves import Grooves
from gansynth_tf.experiment import Experiment
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.programs import score_runs, scored_runs
from gansynth_tf.training.checkpoints import CheckpointStore

SAMPLE_RATE, LENGTH = 16000, 8000
GENRES = {"genre": Grooves(SAMPLE_RATE, LENGTH).labels["genre"]}
REFERENCES = [
    "real, held out",
    "real, training",
    "held out, through mel_if 32x32",
    "white noise",
    "copied training clips",
    "one training clip a class",
    "labels shuffled",
]


def small_classifier(labels=GENRES, length_samples=LENGTH, seed=0):
    sizes = {"num_mel_bins": 16, "frame_length": 512, "frame_step": 256, "filters": (4, 4)}
    return Classifier(SAMPLE_RATE, length_samples, labels, **sizes, seed=seed)


class Instrument:
    """Stands for a run's generator: noise that depends on the seed and the class."""

    labels = GENRES
    length_samples = LENGTH
    notes = ()

    def __init__(self, run_dir):
        store = CheckpointStore(run_dir / "checkpoints")
        self.num_images = store.load(store.latest())[1]["num_images"]

    def generate(self, labels, num_samples, seed):
        rng = np.random.default_rng([seed, GENRES["genre"].index(labels["genre"])])
        return rng.normal(scale=0.1, size=[num_samples, LENGTH]).astype(np.float32)


@pytest.fixture
def quick(monkeypatch):
    """Runs play at once, and no picture is drawn."""
    monkeypatch.setattr(score_runs.synthesis, "load", Instrument)
    monkeypatch.setattr(scored_runs.ScoredRun, "parameters", lambda run: {"generator_parameters": 7})
    monkeypatch.setattr(score_runs.score_pictures, "save_bars", lambda *its: None)
    monkeypatch.setattr(score_runs.score_pictures, "save_sheet", lambda *its: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_run):
    """A folder with the runs a and b, and an untrained classifier of their labels."""
    folder = tmp_path_factory.mktemp("scored")
    (folder / "a").mkdir()
    make_run(folder / "a", GENRES, stage=0)
    shutil.copytree(folder / "a", folder / "b")
    (folder / "a" / "history.csv").write_text("num_images,seconds\n-8,60.0\n0,90.5\n512,200.0\n")
    small_classifier().save(folder / "classifier", {"held_out_accuracy": {"genre": 0.5}})
    return folder


def score(folder, *others, runs=("a", "b"), output="out/x.csv", classifier="classifier"):
    run_dirs = ",".join(str(folder / name) for name in runs)
    arguments = [f"--run_dirs={run_dirs}", f"--classifier_dir={folder / classifier}"]
    return score_runs.main(
        [*arguments, f"--output_csv={folder / output}", "--num_samples=18", "--num_wavs=1", *others]
    )


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def table(folder):
    assert score(folder, runs=("a",)) == 0
    return rows(folder / "out" / "x.csv")


def test_every_run_stands_beside_real_clips_and_what_must_fail(table):
    assert [row["name"] for row in table] == ["a", *REFERENCES]
    assert [row["kind"] for row in table] == ["run"] + ["reference"] * 3 + ["must fail"] * 4
    by_name = {row["name"]: row for row in table}
    assert (
        by_name["copied training clips"]["nearest"] == by_name["one training clip a class"]["within"] == "0"
    )
    assert by_name["real, held out"]["within"] == by_name["real, training"]["coverage"] == "1"
    for row in table:
        assert row["num_clips"] == "18" and 0.0 <= float(row["accuracy/genre_low"]) < 1.0
        assert float(row["within_low"]) <= float(row["within"]) <= float(row["within_high"])


def test_a_run_is_told_with_its_size_and_its_training(table):
    run = table[0]
    assert run["num_images"] == "0"
    assert int(run["generator_parameters"]) > 1000 and int(run["discriminator_parameters"]) > 1000
    # What was trained up to the save, not after it.
    assert run["seconds_trained"] == "90.5"


def test_table_bars_spectrograms_and_wavs_are_written(folder, table):
    out = folder / "out"
    assert "| a | 0 |" in (out / "x.md").read_text() and (out / "x.png").stat().st_size > 5000
    assert (out / "x_spectrograms.png").stat().st_size > 5000
    for name in ("a", "real_held_out"):
        assert {path.name for path in (out / "x_clips" / name).iterdir()} == {
            f"{genre}_0.wav" for genre in GENRES["genre"]
        }


def test_the_same_seed_gives_the_same_table_and_another_seed_another(folder, quick):
    for output, seed in (("one/x.csv", 3), ("two/x.csv", 3), ("three/x.csv", 4)):
        assert score(folder, f"--seed={seed}", "--references=false", output=output) == 0
    one, two, three = (folder / name / "x.csv" for name in ("one", "two", "three"))
    assert one.read_bytes() == two.read_bytes()
    for first, other in zip(rows(one), rows(three), strict=True):
        assert first["within"] != other["within"]
    first, second = rows(one)
    told_apart = ("name", "seconds_trained")
    assert {name: first[name] for name in first if name not in told_apart} == {
        name: second[name] for name in second if name not in told_apart
    }
    assert second["seconds_trained"] == ""  # Without a history nobody knows.


def test_scored_runs_are_not_scored_again_and_newer_saves_are(folder, table, quick, capsys, tmp_path):
    shutil.copytree(folder / "out", tmp_path / "out")
    for name in ("a", "b", "classifier"):
        shutil.copytree(folder / name, tmp_path / name)
    assert score(tmp_path) == 0
    assert "a: in the table already, at 0 images" in capsys.readouterr().out
    store = CheckpointStore(tmp_path / "b" / "checkpoints")
    arrays, metadata = store.load(store.latest())
    store.save(300, arrays, metadata | {"num_images": 300})
    assert score(tmp_path) == 0
    after = rows(tmp_path / "out" / "x.csv")
    assert [(row["name"], row["num_images"]) for row in after[:2]] == [("a", "0"), ("b", "300")]
    assert [row for row in after if row["name"] != "b"] == table


def test_what_was_scored_before_a_kill_is_there(folder, quick, monkeypatch):
    measured, put = score_runs.scores.scores, []

    def killed(*its, **options):
        if put:
            raise KeyboardInterrupt
        put.append(measured(*its, **options))
        return put[0]

    monkeypatch.setattr(score_runs.scores, "scores", killed)
    assert score(folder, output="killed/x.csv") == 130
    assert [row["name"] for row in rows(folder / "killed" / "x.csv")] == ["a"]


def test_a_run_that_plays_no_numbers_gets_none(folder, quick, monkeypatch):
    played = scored_runs.played

    def broken(*its):
        audio = played(*its)
        audio[:2, 5] = np.nan
        return audio

    monkeypatch.setattr(scored_runs, "played", broken)
    assert score(folder, "--references=false", runs=("a",), output="broken/x.csv") == 0
    (row,) = rows(folder / "broken" / "x.csv")
    assert row["remarks"] == "2 of 18 clips are not finite: no numbers"
    assert row["within"] == row["accuracy/genre"] == "" and row["num_images"] == "0"


def changed_run(folder, name, *changes):
    """Copies the run a, with lines of its options replaced."""
    shutil.copytree(folder / "a", folder / name, dirs_exist_ok=True)
    for path in ("experiment.cfg", "run.json"):
        text = (folder / name / path).read_text()
        for old, new in changes:
            text = text.replace(old, new)
        (folder / name / path).write_text(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("--grooves.seed=0", "--grooves.seed=1")], "its data differ"),
        ([("16000", "8000")], "its sample rate differ: expected 16000. Received: 8000"),
        ([("8000,", "4000,"), ("samples=8000", "samples=4000")], "its length in samples differ"),
        ([(f'"{GENRES["genre"][0]}"', '"another"')], "its labels differ"),
    ],
)
def test_runs_that_learnt_from_other_clips_are_refused(folder, capsys, changes, message):
    changed_run(folder, "other", *changes)
    assert score(folder, runs=("a", "other"), output="refused/x.csv") == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error and not (folder / "refused").exists()
    shutil.rmtree(folder / "other")


@pytest.mark.parametrize(
    ("labels", "length_samples", "message"),
    [
        (GENRES, 4000, "expected a classifier of 8000 samples at 16000 Hz"),
        ({"pitch": ("60", "61")}, LENGTH, "expected a classifier of genre"),
        ({"genre": GENRES["genre"][::-1]}, LENGTH, "expected the classes"),
    ],
)
def test_a_classifier_of_other_clips_is_refused(folder, capsys, tmp_path, labels, length_samples, message):
    small_classifier(labels, length_samples).save(tmp_path / "c")
    assert score(folder, classifier=tmp_path / "c", output="refused/x.csv") == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


def test_mistakes_get_one_line(folder, table, capsys, tmp_path):
    cases = [
        (score_runs.main([]), "Expected --run_dirs"),
        (score(folder, runs=("a", "a")), "twice"),
        (score(folder, runs=("classifier",)), "not the folder of a run"),
        (score(folder, classifier="a"), "train one first"),
        (score(folder, output="x.txt"), "ends in .csv"),
        (score(folder, "--seed=-1"), "--seed and --num_wavs from 0"),
        (score(folder, "--seed=7"), "holds scores with seed=0"),
        (score_runs.main(["--num_sample=3"]), "Did you mean --num_samples"),
    ]
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == len(cases)
    for (status, message), line in zip(cases, lines, strict=True):
        assert status == 2 and message in line and line.startswith("ERROR:")
    shutil.copytree(folder / "a", tmp_path / "a", ignore=shutil.ignore_patterns("*.npz"))
    shutil.copytree(folder / "classifier", tmp_path / "classifier")
    assert score(tmp_path, runs=("a",)) == 2 and "no good save" in capsys.readouterr().err


def test_runs_of_one_name_are_told_apart_by_their_folders(folder, tmp_path):
    for place in ("one", "two"):
        shutil.copytree(folder / "a", tmp_path / place / "a")
    names = [run.name for run in scored_runs.opened([str(tmp_path / "one/a"), str(tmp_path / "two" / "a")])]
    assert names == ["one/a", "two/a"]


def test_each_representation_is_measured_once(folder):
    runs = scored_runs.opened([str(folder / "a"), str(folder / "b")])
    (name,) = scored_runs.representations(runs)
    assert name == "mel_if 32x32"
    other = Experiment.from_settings(runs[1].experiment.settings | {"mel_if.phase_iterations": 3})
    mixed = [runs[0], scored_runs.ScoredRun("c", folder, other, runs[1].record)]
    assert list(scored_runs.representations(mixed)) == ["mel_if 32x32", "mel_if 32x32 (2)"]
