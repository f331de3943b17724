"""Every flagfile reads without a complaint and builds its experiment."""

from pathlib import Path

import pytest

from gansynth_tf.experiment import Experiment

FLAGFILES = sorted((Path(__file__).resolve().parents[1] / "flags").glob("*"))


def test_there_are_flagfiles():
    assert {"genre.cfg", "genre_full.cfg", "smoke.cfg"} <= {path.name for path in FLAGFILES}


@pytest.mark.parametrize("path", FLAGFILES, ids=lambda path: path.name)
def test_a_flagfile_builds_its_experiment(path):
    experiment = Experiment.from_flagfile(path)
    if "audio_folder" in experiment.chosen["dataset"]:
        # Its recordings are the user's; everything else must fit.
        assert experiment.representation.shape and experiment.growth and experiment.training
    else:
        experiment.check()


@pytest.mark.parametrize("path", FLAGFILES, ids=lambda path: path.name)
def test_a_flagfile_opens_with_what_it_is_and_its_command(path):
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# What: ")
    assert lines[1].startswith("# Command: python train.py --flagfile=flags/" + path.name)
    for word in ("Hardware:", "Time:", "Scores:"):
        assert any(word in line for line in lines if line.startswith("#")), word


def test_the_defaults_are_genre_cfg():
    genre = next(path for path in FLAGFILES if path.name == "genre.cfg")
    assert Experiment.from_flagfile(genre).settings == Experiment.from_settings({}).settings


def test_genre_full_is_the_size_and_the_schedule_of_the_paper():
    experiment = Experiment.from_flagfile(FLAGFILES[0].with_name("genre_full.cfg"))
    assert experiment.length_samples / experiment.sample_rate == 4.0
    assert experiment.representation.shape == (128, 1024, 2)
    assert experiment.settings["progressive.filters"] == (256, 256, 256, 256, 256, 128, 64, 32)
    assert experiment.settings["progressive.latent_size"] == 256
    phases = experiment.growth.phases()
    ends = [phase.end_images for phase in phases]
    assert ends == [800_000 * (index + 1) for index in range(12)] + [11_000_000]
    settings = experiment.settings
    assert (settings["wgan_gp.penalty_weight"], settings["wgan_gp.drift_weight"]) == (10.0, 0.001)
    training = experiment.training
    assert (training.batch_size, training.adam_beta1, training.adam_beta2, training.ema_decay) == (
        8,
        0.0,
        0.99,
        0.999,
    )
    assert training.generator_learning_rate == training.discriminator_learning_rate == 8e-4
    assert training.generator_label_weight == training.discriminator_label_weight == 10.0
