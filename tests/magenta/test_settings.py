"""What experiment.json says, and what has no counterpart here."""

import json

import pytest
from original_program import GOLDEN_DIRECTORY

from gansynth_tf.magenta import settings, translation
from gansynth_tf.magenta.settings import OriginalSettings
from gansynth_tf.options import WorkFailed

GOLDEN = json.loads((GOLDEN_DIRECTORY / "small_ckpt" / "experiment.json").read_text())


def test_keys_that_lack_have_the_originals_defaults():
    theirs = OriginalSettings.from_json({})
    assert theirs.data_shape == (256, 512)
    assert theirs.filters == (128, 128, 128, 64, 32, 16, 8, 4)
    assert (theirs["latent_vector_size"], theirs["generator_learning_rate"]) == (256, 0.0004)


def test_the_originals_own_file_is_read_and_unknown_keys_are_not_looked_at():
    theirs = OriginalSettings.from_json(GOLDEN | {"a_key_of_another_version": {"any": "thing"}})
    assert theirs.data_shape == (128, 1024)
    assert theirs.filters == (8, 8, 8, 8, 8, 8, 8, 4)
    assert "a_key_of_another_version" not in theirs.values


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data_type": "wave"}, "data_type is 'wave', expected 'mel' or 'linear' or 'phase'"),
        ({"simple_arch": True}, "simple_arch is True, expected False: networks of the simple kind"),
        ({"data_normalizer": "none"}, "data_normalizer is 'none', expected 'specgrams_prespecified"),
        ({"scale_mode": "H"}, "scale_mode is 'H', expected 'ALL'"),
        ({"scale_base": 4}, "scale_base is 4, expected 2"),
        ({"kernel_size": 5}, "kernel_size is 5, expected 3"),
        ({"to_rgb_activation": "relu"}, "to_rgb_activation is 'relu', expected 'tanh' or 'linear'"),
        ({"train_time_limit": 60.0}, "train_time_limit is 60.0, expected None: growth by the clock"),
        ({"fmap_base": "many"}, "fmap_base is 'many', expected a whole number"),
        ({"fmap_base": 0.5}, "fmap_base is 0.5, expected a whole number"),
        ({"adam_beta2": None}, "adam_beta2 is None, expected a number"),
        ({"mag_normalizer_a": float("nan")}, "mag_normalizer_a is nan, expected a number"),
        ({"train_progressive": 1}, "train_progressive is 1, expected true or false"),
        ({"batch_size_schedule": []}, r"batch_size_schedule is \[\], expected a list of whole numbers"),
        ({"batch_size_schedule": [8, "8"]}, "batch_size_schedule is '8', expected a whole number"),
        ({"num_resolutions": 0}, "num_resolutions is 0, expected at least 1"),
        ({"num_resolutions": 10**9}, "num_resolutions is 1000000000, expected at most 16"),
        ({"fmap_decay": 1e9}, "fmap_decay is 1000000000.0, expected at most 16"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_its_key(changes, message):
    with pytest.raises(WorkFailed, match=f"^experiment.json: {message}"):
        OriginalSettings.from_json(GOLDEN | changes)


def test_filters_halve_from_the_largest_that_is_allowed():
    assert settings.filters(4096, 1.0, 256, 8) == (256, 256, 256, 256, 256, 128, 64, 32)
    assert settings.filters(100, 0.5, 1000, 3) == (100, 70, 50)


def test_our_options_are_those_of_the_papers_run():
    ours = translation.our_settings(OriginalSettings.from_json(GOLDEN), stage=12)
    expected = {
        "representation": "mel_if",
        "mel_if.num_frames": 128,
        "mel_if.num_bins": 1024,
        "mel_if.num_mel_bins": 1024,
        "mel_if.overlap": 0.75,
        "mel_if.left_out_bin": "dc",
        "mel_if.phase_iterations": 0,
        "progressive.filters": (8, 8, 8, 8, 8, 8, 8, 4),
        "progressive.latent_size": 32,
        "progressive.condition": "classifier",
        "loss": "wgan_gp",
        "batch_size": 8,
        "stable_images": (16,),
        "fade_images": (16,),
        "total_images": 208,
        "generator_learning_rate": 0.0008,
        "generator_label_weight": 10.0,
        "ema_decay": 0.999,
        "normalization": "original",
        "length_samples": 64000,
    }
    assert {name: ours[name] for name in expected} == expected


def test_each_number_goes_to_its_own_option():
    # {the original's key: (our option, a number that no other key has)}.
    numbers = {
        "sample_rate": ("sample_rate", 8000),
        "audio_length": ("length_samples", 32000),
        "total_num_images": ("total_images", 999),
        "generator_learning_rate": ("generator_learning_rate", 0.001),
        "discriminator_learning_rate": ("discriminator_learning_rate", 0.002),
        "adam_beta1": ("adam_beta1", 0.5),
        "adam_beta2": ("adam_beta2", 0.95),
        "generator_ac_loss_weight": ("generator_label_weight", 3.0),
        "discriminator_ac_loss_weight": ("discriminator_label_weight", 4.0),
        "gradient_penalty_weight": ("wgan_gp.penalty_weight", 5.0),
        "gradient_penalty_target": ("wgan_gp.penalty_target", 6.0),
        "real_score_penalty_weight": ("wgan_gp.drift_weight", 7.0),
        "latent_vector_size": ("progressive.latent_size", 9),
        "stable_stage_num_images": ("stable_images", (11,)),
        "transition_stage_num_images": ("fade_images", (12,)),
    }
    values = {key: value[0] if isinstance(value, tuple) else value for key, (_, value) in numbers.items()}
    ours = translation.our_settings(OriginalSettings.from_json(GOLDEN | values), stage=12)
    assert {name: ours[name] for name, _ in numbers.values()} == dict(numbers.values())


def test_other_constants_are_not_called_the_originals():
    theirs = OriginalSettings.from_json(GOLDEN | {"p_normalizer_a": 0.7})
    assert translation.our_settings(theirs, 12)["normalization"] == "fitted"
    assert translation.constants(theirs, None) == ((0.0661371661726, 0.7), (0.113718730221, 0.0))


def test_a_training_without_growth_has_one_stage_that_trains():
    ours = translation.our_settings(OriginalSettings.from_json(GOLDEN | {"train_progressive": False}), 12)
    # 16 + 32 + ... + 12 * 16, and 208 of the last stage.
    assert ours["total_images"] == 16 * 78 + 208
    assert ours["stable_images"] == (0,) * 6 + (16 * 78 + 208,)
    assert ours["fade_images"] == (0,)


def test_what_further_training_lacks_is_told():
    theirs = OriginalSettings.from_json(
        GOLDEN | {"batch_size_schedule": [16, 8], "gen_gl_consistency_loss_weight": 0.5}
    )
    assert len(translation.what_training_lacks(theirs, 12)) == 1
    lines = translation.what_training_lacks(theirs, 3)
    assert "gen_gl_consistency_loss_weight is 0.5" in lines[0]
    assert "other batch sizes" in lines[1]
    assert translation.our_settings(theirs, 3)["batch_size"] == 16
