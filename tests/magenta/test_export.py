"""Runs as training folders of the original."""

import json

import numpy as np
import pytest
import tensorflow as tf
from original_program import GOLDEN_DIRECTORY

from gansynth_tf.experiment import Experiment
from gansynth_tf.magenta import names, translation
from gansynth_tf.magenta.exporting import export_run, write_checkpoint
from gansynth_tf.magenta.importing import import_run
from gansynth_tf.options import WorkFailed
from gansynth_tf.training.run_record import RunRecord
from tests.magenta.made_folders import arrays_of, make_folder

SMALL_CHECKPOINT = GOLDEN_DIRECTORY / "small_ckpt"
PITCHES = translation.pitches(61)
# As a run of the paper's networks is started here.
PAPER = {
    "dataset": ("notes",),
    "labels": ("pitch",),
    "length_samples": 64000,
    "loss": "wgan_gp",
    "normalization": "original",
    "mel_if.num_frames": 128,
    "mel_if.num_bins": 1024,
    "mel_if.num_mel_bins": 1024,
    "mel_if.overlap": 0.75,
    "mel_if.phase_iterations": 0,
    "progressive.latent_size": 256,
    "progressive.filters": (256, 256, 256, 256, 256, 128, 64, 32),
    "progressive.condition": "classifier",
    "stable_images": (800_000,),
    "fade_images": (800_000,),
    "total_images": 11_000_000,
    "generator_learning_rate": 0.0008,
    "discriminator_learning_rate": 0.0008,
    "generator_label_weight": 10.0,
    "discriminator_label_weight": 10.0,
    "ema_decay": 0.999,
}


def record_of(labels=None, shape=(128, 1024, 2)):
    """Returns a record of a run as PAPER."""
    labels = {"pitch": PITCHES} if labels is None else labels
    return RunRecord(labels, (0.0661371661726, 0.8), (0.113718730221, 0.0), 16000, 64000, shape)


def exported_json(settings, record=None):
    """Returns the content of experiment.json for a run of `settings`; builds no network."""
    return translation.original_json(Experiment.from_settings(settings), record or record_of(), "here")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(the folder of an imported run, the folder of its export), of the checkpoint that the original wrote."""
    folder = tmp_path_factory.mktemp("exported")
    import_run(SMALL_CHECKPOINT, folder / "run")
    export_run(folder / "run", folder / "theirs", "here")
    return folder / "run", folder / "theirs"


def test_a_checkpoint_of_the_original_comes_back_to_the_last_bit(exported):
    first = arrays_of(SMALL_CHECKPOINT / "stage_00012" / "model.ckpt-216")
    second = arrays_of(exported[1] / "stage_00012" / "model.ckpt-216")
    # The seconds that training took are not kept.
    first.pop(names.TRAIN_TIME), second.pop(names.TRAIN_TIME)
    assert first.keys() == second.keys() and len(first) == 311
    for name, array in first.items():
        assert (array.dtype, array.shape) == (second[name].dtype, second[name].shape)
        assert array.tobytes() == second[name].tobytes(), name


def test_experiment_json_says_what_the_originals_own_says(exported):
    first = json.loads((SMALL_CHECKPOINT / "experiment.json").read_text())
    second = json.loads((exported[1] / "experiment.json").read_text())
    assert first.keys() == second.keys()
    # How often and how many clips it shows, and where it finds data.
    for key in ("save_summaries_num_images", "fake_batch_size", "tfds_data_dir"):
        first.pop(key), second.pop(key)
    assert first == second


def test_import_of_an_export_is_the_same_run(exported, tmp_path):
    run_dir, theirs = exported
    import_run(theirs, tmp_path / "run")
    for name in ("experiment.cfg", "run.json", "checkpoints/images-000000216.npz"):
        assert (tmp_path / "run" / name).read_bytes() == (run_dir / name).read_bytes(), name


def test_tensorflow_1_restores_every_variable_by_name_shape_and_type(exported):
    # A graph with the variables that the original has, restored as it does: by the newest checkpoint of the folder.
    layout = names.Layout((2, 16), (8, 8, 8, 8, 8, 8, 8, 4), 32, 61)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = {
            name: tf.compat.v1.get_variable(name, shape, kind, tf.compat.v1.zeros_initializer())
            for name, (shape, kind) in names.all_variables(layout, 7).items()
        }
        prefix = tf.train.latest_checkpoint(str(exported[1] / "stage_00012"))
        tf.compat.v1.train.Saver().restore(session, prefix)
        values = session.run(variables)
    assert values["global_step"] == 216
    name = "Generator/progressive_gan_generator/progressive_gan_block_7/conv0/conv2d/kernel"
    theirs = arrays_of(SMALL_CHECKPOINT / "stage_00012" / "model.ckpt-216")
    np.testing.assert_array_equal(values[name], theirs[name])


def test_the_number_of_stage_folders_tells_the_original_where_to_go_on(exported):
    folders = sorted(path.name for path in exported[1].glob("stage_*"))
    assert folders == [f"stage_{number:05d}" for number in range(13)]


@pytest.mark.parametrize("stage", [0, 1])
def test_a_run_in_the_middle_of_growth_comes_back(tmp_path, stage):
    made = make_folder(tmp_path / "theirs", stages=(0, 1))
    import_run(tmp_path / "theirs", tmp_path / "run", stage=stage)
    export_run(tmp_path / "run", tmp_path / "back", "here")
    (prefix,) = (tmp_path / "back" / f"stage_{stage:05d}").glob("*.index")
    back = arrays_of(str(prefix).removesuffix(".index"))
    assert back.keys() == made[stage].keys()
    different = {name for name, array in made[stage].items() if back[name].tobytes() != array.tobytes()}
    assert different == {names.TRAIN_TIME}
    assert len(list((tmp_path / "back").glob("stage_*"))) == stage + 1


@pytest.mark.parametrize(
    ("data_type", "normalizer"),
    [("linear", "specgrams_freq_normalizer"), ("phase", "specgrams_simple_normalizer")],
)
def test_every_representation_and_normaliser_comes_back(tmp_path, data_type, normalizer):
    make_folder(tmp_path / "theirs", data_type=data_type, data_normalizer=normalizer)
    (tmp_path / "theirs" / "assets").mkdir()
    shape = (64, 4) if "freq" in normalizer else (4,)
    numbers = 0.1 + np.random.default_rng(1).random(shape)
    np.savez(tmp_path / "theirs" / "assets" / f"{normalizer}.npz", normalizer=numbers)
    import_run(tmp_path / "theirs", tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "back", "here")
    import_run(tmp_path / "back", tmp_path / "again")
    for name in ("run.json", "checkpoints/images-000000248.npz"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    content = json.loads((tmp_path / "back" / "experiment.json").read_text())
    assert content["data_type"] == data_type
    if "freq" in normalizer:
        assets = tmp_path / "back" / "assets"
        np.testing.assert_array_equal(np.load(assets / f"{normalizer}.npz")["normalizer"], numbers)
        assert (assets / f"DONE_{normalizer}.npz").exists()
        assert content["train_root_dir"] == str(tmp_path / "back")


def test_a_training_without_growth_comes_back(tmp_path):
    make_folder(tmp_path / "theirs", train_progressive=False, **{"total_num_images": 240})
    import_run(tmp_path / "theirs", tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "back", "here")
    content = json.loads((tmp_path / "back" / "experiment.json").read_text())
    assert content["train_progressive"] is False
    assert [path.name for path in (tmp_path / "back").glob("stage_*")] == ["stage_00002"]
    import_run(tmp_path / "back", tmp_path / "again")
    first, second = ((tmp_path / name / "experiment.cfg").read_bytes() for name in ("run", "again"))
    assert first == second


def test_a_run_of_the_papers_size_has_the_papers_settings():
    content = exported_json(PAPER)
    expected = {
        "data_type": "mel",
        "start_height": 2,
        "start_width": 16,
        "num_resolutions": 7,
        "fmap_base": 4096,
        "fmap_decay": 1.0,
        "fmap_max": 256,
        "latent_vector_size": 256,
        "stable_stage_num_images": 800_000,
        "transition_stage_num_images": 800_000,
        "total_num_images": 11_000_000,
        "batch_size_schedule": [8],
        "generator_ac_loss_weight": 10.0,
        "to_rgb_activation": "tanh",
        "tfds_data_dir": "here",
    }
    assert {key: content[key] for key in expected} == expected
    # Their 312 variables: test_names.


@pytest.mark.parametrize(
    ("changes", "labels", "message"),
    [
        ({"progressive.condition": "projection"}, None, "knows --progressive.condition=classifier only"),
        ({"loss": "non_saturating"}, None, "knows --loss=wgan_gp only. This run has non_saturating"),
        ({"mel_if.num_mel_bins": 512}, None, "knows --mel_if.num_mel_bins=1024 only. This run has 512"),
        (
            {"mel_if.left_out_bin": "nyquist"},
            None,
            "knows --mel_if.left_out_bin=dc only. This run has nyquist",
        ),
        ({"mel_if.overlap": 0.5}, None, "knows --mel_if.overlap=0.75 only. This run has 0.5"),
        (
            {"stable_images": (1, 2, 3, 4, 5, 6, 7)},
            None,
            "one number of images for all stages, .*1,2,3,4,5,6,7",
        ),
        (
            {"fade_images": (0,)},
            None,
            "one number of images for all stages, at least 1. This run has --fade_images=0",
        ),
        (
            {"progressive.filters": (8, 4, 8, 8, 8, 8, 8, 8)},
            None,
            "This run has --progressive.filters=8,4,8,8,8,8,8,8",
        ),
        ({}, {"genre": ("jazz", "rock")}, r"one label, pitch, .*24 to 84. This run has genre \(2 classes\)"),
        ({}, {"pitch": PITCHES[1:]}, r"24 to 84. This run has pitch \(60 classes\)"),
        ({}, {}, "24 to 84. This run has none"),
    ],
)
def test_what_the_original_cannot_express_is_refused(changes, labels, message):
    with pytest.raises(WorkFailed, match=message):
        exported_json(PAPER | changes, record_of(labels))


@pytest.mark.parametrize(
    ("filters", "rule"),
    [
        ((256, 256, 256, 256, 256, 128, 64, 32), (4096, 1.0, 256)),
        ((8, 8, 8, 8, 8, 8, 8, 4), (512, 1.0, 8)),
        ((300, 300, 250, 125, 62, 31, 15, 7), (1000, 1.0, 300)),
        ((7, 7, 7, 7, 7, 7, 7, 7), (896, 1.0, 7)),
    ],
)
def test_filters_are_put_into_the_originals_words(filters, rule):
    content = exported_json(PAPER | {"progressive.filters": filters})
    assert (content["fmap_base"], content["fmap_decay"], content["fmap_max"]) == rule


def test_filters_that_fall_by_less_than_half_are_expressed_too():
    content = exported_json(PAPER | {"progressive.filters": (100, 70, 50, 35, 25, 17, 12, 8)})
    assert (content["fmap_decay"], content["fmap_max"]) == (0.5, 100)


def test_what_only_training_or_sound_there_would_lack_is_told():
    settings = Experiment.from_settings(PAPER | {"ema_decay": 0.0, "mel_if.phase_iterations": 16}).settings
    lines = translation.what_the_original_lacks(settings)
    assert any("phase_iterations=16" in line for line in lines)
    assert any("--ema_decay=0.0: the original goes on training with 0.999" in line for line in lines)
    assert not translation.what_the_original_lacks(Experiment.from_settings(PAPER).settings)


def test_a_rate_and_a_length_that_the_original_does_not_look_at_are_told():
    settings = Experiment.from_settings(PAPER | {"sample_rate": 8000, "length_samples": 32000}).settings
    rate, length = translation.what_the_original_lacks(settings)
    assert rate.startswith("--sample_rate=8000: the original writes its wavs as of 16000 Hz")
    assert length.startswith("--length_samples=32000:") and "64000 samples of each note" in length


def test_a_disk_that_refuses_is_told_without_where_in_tensorflow_it_was(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError) as raised:
        write_checkpoint(tmp_path / "file" / "model.ckpt-8", {"global_step": np.int64(8)})
    assert raised.value.strerror.endswith("; Not a directory") and "{{" not in raised.value.strerror
