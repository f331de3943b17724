"""eval/train_classifier.py in miniature: what it learns, stores and refuses."""

import functools
import json
import os
import signal

import numpy as np
import pytest
import soundfile

from gansynth_tf.models.classifier import Classifier
from gansynth_tf.models.classifier_training import train_classifier as training
from gansynth_tf.models.classifiers import CLASSIFIERS
from gansynth_tf.options import options_of
from gansynth_tf.programs import train_classifier

MINIATURE = [
    "--dataset=notes",
    "--notes.families=flute,organ",
    "--notes.lowest_pitch=60",
    "--notes.highest_pitch=62",
    "--notes.num_clips=48",
    "--notes.num_test_clips=12",
    "--sample_rate=8000",
    "--length_samples=4000",
    "--classifier.filters=8,8",
    "--classifier.num_mel_bins=32",
    "--classifier_training.num_epochs=2",
    "--classifier_training.batch_size=16",
    "--classifier_training.least_steps=1",
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classifiers") / "notes"
    labels = "--classifier_labels=pitch,instrument_family"
    assert train_classifier.main([*MINIATURE, labels, f"--classifier_dir={folder}", "--seed=3"]) == 0
    return folder


def test_what_scores_rest_on_is_stored_beside_the_weights(stored):
    classifier, facts = Classifier.load(stored)
    assert classifier.labels == {"pitch": ("60", "61", "62"), "instrument_family": ("flute", "organ")}
    assert classifier.options["num_mel_bins"] == 32 and classifier.options["seed"] == 3
    assert set(facts["held_out_accuracy"]) == set(classifier.labels)
    assert facts["held_out"]["pitch"]["num_clips"] == 12
    assert facts["held_out"]["instrument_family"]["chance"] == 0.5
    assert facts["num_clips"] == {"train": 48, "valid": 12, "test": 12}
    assert facts["seed"] == 3 and facts["settings"]["notes.num_clips"] == 48 and not facts["interrupted"]
    assert len(facts["dataset_fingerprint"]) == 16 and {"tensorflow", "gansynth_tf"} <= set(facts["versions"])
    assert sorted(path.name for path in stored.iterdir()) == ["classifier.json", "weights.npz"]


def test_how_far_probabilities_can_be_believed_is_stored_and_told(stored, tmp_path, capsys):
    _, facts = Classifier.load(stored)
    assert set(facts["temperatures"]) == {"pitch", "instrument_family"}
    names = {"negative_log_likelihood", "expected_calibration_error"}
    for label, temperature in facts["temperatures"].items():
        assert 0.02 <= temperature <= 50.0
        found = facts["held_out"][label]
        assert names | {f"calibrated_{name}" for name in names} <= set(found)
        assert found["negative_log_likelihood"] >= 0.0 and 0.0 <= found["expected_calibration_error"] <= 1.0


def test_the_kind_of_the_original_is_trained_in_its_own_way(tmp_path, capsys, monkeypatch):
    given = {}
    training = train_classifier.train_classifier

    @functools.wraps(training)
    def watched(*clips, **options):
        given.update(options)
        return training(*clips, **options)

    monkeypatch.setattr(train_classifier, "train_classifier", watched)
    few = [argument for argument in MINIATURE if not argument.startswith("--classifier.")]
    kind = ["--classifier=nsynth", "--nsynth_classifier.filters=4,4", "--nsynth_classifier.num_hidden=8"]
    kind += ["--nsynth_classifier.num_features=8", "--classifier_training.weight_decay=0.5"]
    assert train_classifier.main([*few, *kind, f"--classifier_dir={tmp_path / 'c'}"]) == 0
    classifier, facts = Classifier.load(tmp_path / "c")
    assert classifier.kind == "nsynth" and classifier.options["filters"] == (4, 4)
    assert (given["learning_rate"], given["first_decay"], given["label_smoothing"]) == (1e-4, 0.5, 0.0)
    assert given["weight_decay"] == 0.5 and given["num_epochs"] == 2
    said = capsys.readouterr().out
    temperature = facts["temperatures"]["pitch"]
    assert f"logits divided by {temperature:.3f}" in said and "512 bands" in said
    assert f"{facts['held_out']['pitch']['expected_calibration_error']:.4f} and" in said


def test_the_kinds_that_can_be_asked_for_are_those_of_the_catalogue():
    asked = options_of(train_classifier.program)["classifier"].choices
    assert set(asked) == set(CLASSIFIERS) == set(train_classifier._PREFIXES)


def test_the_hash_is_that_of_the_weights(stored):
    classifier, _ = Classifier.load(stored)
    config = json.loads((stored / "classifier.json").read_text())
    assert classifier.weights_hash == config["weights_hash"]
    classifier.network.weights[0].assign_add(np.full(classifier.network.weights[0].shape, 1e-6))
    assert classifier.weights_hash != config["weights_hash"]


def test_weights_of_another_classifier_are_found_out(stored, tmp_path):
    classifier, facts = Classifier.load(stored)
    classifier.save(tmp_path, facts)
    classifier.network.weights[0].assign(0.0 * classifier.network.weights[0])
    classifier.save(tmp_path / "other", facts)
    os.replace(tmp_path / "other" / "weights.npz", tmp_path / "weights.npz")
    with pytest.raises(ValueError, match="other weights than"):
        Classifier.load(tmp_path)


def test_a_classifier_that_is_there_is_not_overwritten(stored, capsys):
    before = (stored / "weights.npz").read_bytes()
    assert train_classifier.main([*MINIATURE, f"--classifier_dir={stored}"]) == 2
    assert "holds a classifier already" in capsys.readouterr().err
    assert (stored / "weights.npz").read_bytes() == before


def test_one_that_is_not_good_enough_is_not_stored(tmp_path, capsys):
    arguments = [*MINIATURE, "--max_clips=20", f"--classifier_dir={tmp_path / 'c'}", "--least_accuracy=1"]
    assert train_classifier.main(arguments) == 1
    said = capsys.readouterr()
    assert "Nothing was stored" in said.err and not (tmp_path / "c").exists()
    assert "20 clips to learn from" in said.out and "Epoch 2 of 2" in said.out and "left at most" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--classifier_dir="], "Expected --classifier_dir"),
        (["--labels=none"], "Choose some by --classifier_labels: pitch"),
        (["--classifier_labels=pitsch"], "Did you mean pitch?"),
        (["--notes.highest_pitch=60"], "only the class '60'"),
        (["--classifier.filters=8,8,8,8,8,8,8,8"], "blocks need"),
        (["--classifier.num_mel_bins=-1"], "Expected windows"),
        (
            ["--classifier_training.batch_size=64"],
            "Received: 64, for 48 clips of the split train. Choose a smaller",
        ),
        (
            ["--classifier_training.batch_size=0"],
            "--classifier_training.batch_size takes a whole number from 1",
        ),
        (["--max_clips=15"], "--classifier_training.batch_size takes"),
        (["--max_clips=-1"], "--max_clips"),
        (["--classifier=large"], "--classifier takes one of small, nsynth"),
        (["--nsynth_classifier.num_bins=64"], "is an option of --classifier=nsynth, but --classifier=small"),
        (["--classifier=nsynth"], "is an option of --classifier=small, but --classifier=nsynth"),
        (["--clasifier_dir=x"], "Did you mean --classifier_dir"),
    ],
)
def test_mistakes_get_one_line_and_leave_nothing(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    names = {argument.partition("=")[0] for argument in arguments}
    others = [argument for argument in MINIATURE if argument.partition("=")[0] not in names]
    assert train_classifier.main([*others, "--classifier_dir=c", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error and error.startswith("ERROR:")
    assert not list(tmp_path.iterdir())


def test_a_batch_of_more_clips_than_there_are_is_told_before_any_is_read(tmp_path, capsys, monkeypatch):
    def read(*its, **options):
        raise AssertionError("clips were read")

    monkeypatch.setattr(train_classifier.label_classifier, "hearable", read)
    arguments = [*MINIATURE, f"--classifier_dir={tmp_path / 'c'}", "--classifier_training.batch_size=49"]
    assert train_classifier.main(arguments) == 2
    assert "49, for 48 clips of the split train" in capsys.readouterr().err
    monkeypatch.setattr(train_classifier, "_experiment", read)
    assert train_classifier.main([*MINIATURE, f"--classifier_dir={tmp_path / 'c'}", "--max_clips=15"]) == 2
    assert "16, for 15 clips of --max_clips" in capsys.readouterr().err


def test_recordings_without_a_validation_split_are_refused(tmp_path, capsys):
    for index in range(4):
        (tmp_path / "r" / "ab"[index % 2]).mkdir(parents=True, exist_ok=True)
        noise = 0.1 * np.random.default_rng(index).standard_normal(4000)
        soundfile.write(tmp_path / "r" / "ab"[index % 2] / f"{index}.wav", noise, 8000)
    arguments = ["--dataset=audio_folder", f"--audio_folder.folder={tmp_path / 'r'}", "--sample_rate=8000"]
    arguments += [
        "--audio_folder.valid_fraction=0",
        "--length_samples=4000",
        f"--classifier_dir={tmp_path / 'c'}",
    ]
    assert train_classifier.main(arguments) == 2
    assert "no clips of the split 'valid'" in capsys.readouterr().err


def test_being_asked_to_stop_keeps_the_best_epoch_so_far(stored):
    classifier, _ = Classifier.load(stored)
    spectrograms = (
        np.random.default_rng(0).normal(size=[32, *classifier.spectrogram_shape]).astype(np.float32)
    )
    rows = np.zeros([32, 2], np.int32)
    asked = iter([False] * 3 + [True] * 100)
    clips = spectrograms, rows, spectrograms, rows
    result = training(
        classifier, *clips, None, lambda: next(asked), num_epochs=9, batch_size=16, least_steps=1
    )
    assert result.interrupted and len(result.history) == 1 and result.best_epoch == 0
    with pytest.raises(KeyboardInterrupt):
        training(classifier, *clips, None, lambda: True, num_epochs=9, batch_size=16, least_steps=1)


def test_ctrl_c_ends_the_program_with_its_work_stored(tmp_path, capsys, monkeypatch):
    tell = train_classifier._epoch_lines

    def telling_and_pressing(num_epochs):
        line = tell(num_epochs)
        return lambda row: (line(row), row["epoch"] == 1 and os.kill(os.getpid(), signal.SIGINT))

    monkeypatch.setattr(train_classifier, "_epoch_lines", telling_and_pressing)
    few = [argument for argument in MINIATURE if "num_epochs" not in argument]
    arguments = [*few, "--classifier_training.num_epochs=9", f"--classifier_dir={tmp_path / 'c'}"]
    assert train_classifier.main(arguments) == 130
    said = capsys.readouterr().out
    assert "Epoch 2 of 9" in said and "Epoch 3 of 9" not in said
    assert "Interrupted: these are the best weights so far." in said
    assert Classifier.load(tmp_path / "c")[1]["interrupted"]
