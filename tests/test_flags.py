"""Every flagfile reads without a complaint and builds its experiment."""

import re
from pathlib import Path

import pytest

from gansynth_tf.experiment import Experiment, specification
from gansynth_tf.programs.forecast import count_parameters

FLAGS = Path(__file__).resolve().parents[1] / "flags"
FLAGFILES = sorted(path for path in FLAGS.rglob("*") if path.is_file())
SPECTRAL_ROWS = {
    "if_mel_h": ("mel_if", (128, 1024, 2), (2, 16)),
    "if_h": ("linear_if", (128, 1024, 2), (2, 16)),
    "phase_h": ("linear_phase", (128, 1024, 2), (2, 16)),
    "if_mel": ("mel_if", (256, 512, 2), (4, 8)),
    "if": ("linear_if", (256, 512, 2), (4, 8)),
    "phase": ("linear_phase", (256, 512, 2), (4, 8)),
}
ROWS = (*SPECTRAL_ROWS, "wavegan")


def name_of(path):
    return path.relative_to(FLAGS).as_posix()


def planned(path):
    """Returns the experiment of a flagfile, for which recordings need not be there."""
    experiment = Experiment.from_flagfile(path)
    experiment.planning = True
    return experiment


def paper_row(name):
    return planned(FLAGS / "paper" / f"{name}.cfg")


def test_there_are_flagfiles_at_most_one_folder_deep():
    names = {name_of(path) for path in FLAGFILES}
    assert {"genre.cfg", "genre_full.cfg", "smoke.cfg", *(f"paper/{row}.cfg" for row in ROWS)} <= names
    assert all(name.endswith(".cfg") and name.count("/") < 2 for name in names)


@pytest.mark.parametrize("path", FLAGFILES, ids=name_of)
def test_a_flagfile_builds_its_experiment(path):
    experiment = planned(path)
    if "audio_folder" in experiment.chosen["dataset"]:
        # Its recordings are the user's; everything else must fit.
        assert experiment.representation.shape and experiment.growth and experiment.training
    else:
        experiment.check()


@pytest.mark.parametrize("path", FLAGFILES, ids=name_of)
def test_a_flagfile_opens_with_what_it_is_and_its_command(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# What: ")
    assert lines[1].startswith(f"# Command: python train.py --flagfile=flags/{name_of(path)}")
    for word in ("Hardware:", "Time:", "Scores:"):
        assert any(word in line for line in lines if line.startswith("#")), word


def test_the_defaults_are_genre_cfg():
    genre = FLAGS / "genre.cfg"
    assert Experiment.from_flagfile(genre).settings == Experiment.from_settings({}).settings


def assert_training_of_the_paper(experiment):
    """Checks the networks, the loss, the rates and the schedule, which all spectral rows share."""
    settings = experiment.settings
    assert settings["progressive.filters"] == (256, 256, 256, 256, 256, 128, 64, 32)
    assert settings["progressive.latent_size"] == 256
    assert settings["progressive.condition"] == "classifier"
    assert settings["progressive.rgb_activation"] == "tanh"
    ends = [phase.end_images for phase in experiment.growth.phases()]
    assert ends == [800_000 * (index + 1) for index in range(12)] + [11_000_000]
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
    assert training.discriminator_steps == 1


def assert_data_of_the_paper(experiment):
    """Checks the notes and the label, which all rows share."""
    assert experiment.length_samples / experiment.sample_rate == 4.0 and experiment.sample_rate == 16000
    assert experiment.chosen["dataset"] == ("nsynth",)
    settings = experiment.settings
    assert settings["nsynth.splits"] == "gansynth" and settings["nsynth.sources"] == ("acoustic",)
    assert experiment.labels.classes == {"pitch": tuple(map(str, range(24, 85)))}


def test_genre_full_is_the_size_and_the_schedule_of_the_paper():
    experiment = Experiment.from_flagfile(FLAGS / "genre_full.cfg")
    assert experiment.length_samples / experiment.sample_rate == 4.0
    assert experiment.representation.shape == (128, 1024, 2)
    assert_training_of_the_paper(experiment)


@pytest.mark.parametrize("row", SPECTRAL_ROWS)
def test_a_spectral_row_of_the_papers_table_has_the_papers_values(row):
    experiment = paper_row(row)
    assert_data_of_the_paper(experiment)
    assert_training_of_the_paper(experiment)
    representation, shape, start = SPECTRAL_ROWS[row]
    assert experiment.chosen["representation"] == (representation,)
    assert experiment.representation.shape == shape
    settings = experiment.settings
    assert settings[f"{representation}.num_bins"] == shape[1]
    assert settings[f"{representation}.overlap"] == 0.75
    assert settings[f"{representation}.phase_iterations"] == 0
    # The paper scales both channels to the same range, by the extremes of a hundred examples.
    assert experiment.representation.channel_weights == (1.0, 1.0)
    assert (experiment.training.normalization, experiment.training.normalization_clips) == ("fitted", 100)
    architecture = experiment.architecture((1.0, 1.0), (0.0, 0.0))
    assert architecture.num_stages == 7 and architecture.stage_shape(0)[:2] == start


@pytest.mark.parametrize("row", ["if_mel_h", "phase"])
def test_the_networks_have_as_many_parameters_as_the_originals(row):
    # Counted in the variables of the released program's mel_prog_hires, tests/golden/gansynth; with 4 x 8 to begin
    # with the first kernels have another form, and as many entries.
    architecture = paper_row(row).architecture((1.0, 1.0), (0.0, 0.0))
    assert count_parameters(architecture.make_generator()) == 7_311_246
    assert count_parameters(architecture.make_discriminator()) == 6_831_230


def test_the_row_of_wavegan_is_wavegan_with_labels_for_four_seconds():
    experiment = paper_row("wavegan")
    assert_data_of_the_paper(experiment)
    assert experiment.representation.shape == (65536, 1, 1)
    assert experiment.chosen["architecture"] == ("wavegan",)
    settings, training = experiment.settings, experiment.training
    assert (settings["wavegan.dim"], settings["wavegan.latent_size"]) == (64, 100)
    assert (settings["wavegan.phase_shuffle"], settings["wavegan.latent"]) == (2, "uniform")
    assert (settings["wgan_gp.penalty_weight"], settings["wgan_gp.drift_weight"]) == (10.0, 0.0)
    assert (training.batch_size, training.discriminator_steps) == (64, 5)
    assert (training.adam_beta1, training.adam_beta2) == (0.5, 0.9)
    assert training.generator_learning_rate == training.discriminator_learning_rate == 1e-4
    assert training.generator_label_weight == training.discriminator_label_weight == 10.0
    # No average: a half-life of nothing is the generator itself.
    assert (training.ema_decay, training.ema_half_life_images) == (0.0, 0)
    (phase,) = experiment.growth.phases()
    assert phase.end_images == 11_000_000


@pytest.mark.parametrize("row", [row for row in ROWS if (FLAGS / "mini" / f"{row}.cfg").exists()])
def test_the_small_twin_of_a_row_has_the_same_parts(row):
    twin, whole = Experiment.from_flagfile(FLAGS / "mini" / f"{row}.cfg"), paper_row(row)
    for part in ("representation", "architecture", "loss"):
        assert twin.chosen[part] == whole.chosen[part]
    assert twin.representation.channel_weights == whole.representation.channel_weights
    assert len(twin.representation.shape) == len(whole.representation.shape)


def test_the_page_about_the_table_names_the_rows_and_options_that_there_are():
    text = (FLAGS.parent / "docs" / "reproducing.md").read_text(encoding="utf-8")
    assert all(f"`{row}.cfg`" in text for row in ROWS)
    code = " ".join(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))
    options = set(re.findall(r"--([a-z_]+(?:\.[a-z_]+)?)=", code))
    assert options > {"nsynth.splits", "normalization_clips", "stable_images"}
    assert not [name for name in options if name not in specification()]
