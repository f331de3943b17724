"""An experiment joins the chosen parts, refuses what does not fit, and is written so that it reads back the same."""

import numpy as np
import pytest

from gansynth_tf import options
from gansynth_tf.experiment import CATALOGUES, Experiment, specification
from gansynth_tf.options import UserError

SMALL = {
    "length_samples": 8000,
    "grooves.num_clips": 12,
    "grooves.num_test_clips": 6,
    "mel_if.num_frames": 32,
    "mel_if.num_bins": 512,
    "mel_if.num_mel_bins": 32,
    "progressive.filters": (8, 8, 4),
    "stable_images": (64,),
    "fade_images": (64,),
}


def test_every_option_of_every_part_is_documented_and_has_a_default():
    spec = specification()
    assert all(option.help for option in spec.values())
    for chooser, catalogue in CATALOGUES.items():
        assert spec[chooser].choices == tuple(catalogue)
        for key, part in catalogue.items():
            assert {f"{key}.{name}" for name in options.options_of(part)} <= set(spec)


def test_the_same_key_in_two_catalogues_is_a_mistake_in_the_code(monkeypatch):
    monkeypatch.setitem(CATALOGUES["loss"], "grooves", CATALOGUES["loss"]["wgan_gp"])
    with pytest.raises(TypeError, match="'grooves'"):
        specification.__wrapped__()


def test_the_parts_fit_together():
    experiment = Experiment.from_settings(SMALL)
    experiment.check()
    assert experiment.representation.shape == (32, 32, 2)
    assert experiment.dataset.length_samples == 8000
    assert list(experiment.labels.classes) == ["genre"]
    assert experiment.growth.num_stages == 2
    architecture = experiment.architecture((1.0, 1.0), (0.0, 0.0))
    assert architecture.class_counts == (len(experiment.labels.classes["genre"]),)
    latents = np.zeros([2, architecture.latent_size], np.float32)
    labels = np.zeros([2, sum(architecture.class_counts)], np.float32)
    generated = architecture.make_generator()(latents, labels, progress=1.0)
    assert generated.shape == (2, *experiment.representation.shape)


def test_parts_are_built_once():
    experiment = Experiment.from_settings(SMALL)
    assert experiment.dataset is experiment.dataset
    assert experiment.representation is experiment.representation


def test_a_saved_experiment_reads_back_the_same(tmp_path):
    experiment = Experiment.from_settings(SMALL | {"total_images": 5000})
    path = experiment.save(tmp_path)
    again = Experiment.from_flagfile(path)
    assert again.settings == experiment.settings
    assert [entry.name for entry in tmp_path.iterdir()] == ["experiment.cfg"]


def test_settings_hold_the_chosen_parts_only():
    experiment = Experiment.from_settings({"loss": "wgan_gp"})
    prefixes = {name.rpartition(".")[0] for name in experiment.settings}
    assert prefixes == {"", "alarm", "evaluate", "grooves", "mel_if", "progressive", "wgan_gp"}
    assert experiment.chosen["loss"] == ("wgan_gp",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"datset": "grooves"}, "There is no option --datset. Did you mean --dataset?"),
        ({"dataset": "grovves"}, "Did you mean grooves?"),
        ({"batch_size": "16"}, "--batch_size takes a whole number. Received: '16'."),
        ({"batch_size": 1}, "`batch_size` must be at least 2"),
        ({"sample_rate": 0}, "--sample_rate"),
        ({"seed": -1}, "--seed takes a whole number from 0"),
        ({"labels": ("composer",)}, "composer"),
        ({"grooves.num_clips": 0}, "grooves: `num_clips` must be at least 1"),
        ({"mel_if.num_bins": 1000}, "mel_if: "),
        ({"progressive.filters": (8,) * 12}, "progressive: `filters` has 12 entries"),
        ({"fade_images": (1, 2)}, "`fade_images` needs 1 or 3 numbers"),
        ({"loss": "wgan_gp", "non_saturating.penalty_weight": 1.0}, "choose --loss=non_saturating"),
    ],
)
def test_a_mistake_is_one_line_before_any_work(settings, message):
    with pytest.raises(UserError) as caught:
        Experiment.from_settings(settings).check()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_class_only_is_refused():
    classes = Experiment.from_settings(SMALL).labels.classes["genre"]
    dropped = tuple(f"genre:{name}=" for name in classes[1:])
    with pytest.raises(UserError, match="class"):
        _ = Experiment.from_settings(SMALL | {"label_map": dropped}).labels


def test_none_trains_without_labels():
    experiment = Experiment.from_settings(SMALL | {"labels": None})
    experiment.check()
    assert experiment.labels.classes == {}
    assert experiment.architecture((1.0, 1.0), (0.0, 0.0)).class_counts == ()
