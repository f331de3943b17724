"""Where an imported run stands, and how it goes on."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf import synthesis
from gansynth_tf.experiment import Experiment
from gansynth_tf.magenta import names
from gansynth_tf.magenta.exporting import export_run
from gansynth_tf.magenta.folder import find_stage
from gansynth_tf.magenta.importing import import_run
from gansynth_tf.options import UserError
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord
from gansynth_tf.training.state import TrainingState
from tests.magenta.made_folders import IMAGES, STEPS, make_folder

GENERATOR = "Generator/progressive_gan_generator/progressive_gan_block"


def saved(run_dir):
    """Returns the arrays and the counters of a run's save."""
    store = CheckpointStore(run_dir / "checkpoints")
    return store.load(store.latest())


def resumed_state(run_dir):
    """Returns the training state that a run goes on with."""
    experiment, record = Experiment.from_flagfile(run_dir / "experiment.cfg"), RunRecord.load(run_dir)
    counts = tuple(map(len, record.labels.values()))
    architecture = experiment.architecture(record.scale, record.offset, class_counts=counts)
    state = TrainingState(architecture, tf.distribute.get_strategy(), experiment.training)
    state.restore(*saved(run_dir))
    return state


def test_an_imported_run_plays(tmp_path):
    make_folder(tmp_path / "theirs")
    import_run(tmp_path / "theirs", tmp_path / "run")
    instrument = synthesis.load(tmp_path / "run")
    clips = instrument.generate({"pitch": "60"}, 2, seed=1)
    assert clips.shape == (2, 608)
    assert np.all(np.isfinite(clips)) and np.std(clips) > 0
    assert not np.array_equal(clips, instrument.generate({"pitch": "61"}, 2, seed=1))


def test_folders_may_be_called_what_tensorflow_takes_for_a_pattern(tmp_path):
    made = make_folder(tmp_path / "theirs")
    strange = tmp_path / 'acoustic [1]*? \\ "ü"'
    (tmp_path / "theirs").rename(strange)
    import_run(strange, strange / "run")
    arrays, _ = saved(strange / "run")
    kernel = made[2][f"{GENERATOR}_2/to_rgb/conv2d/kernel"]
    assert arrays["generator/block_2_to_rgb/kernel"].tobytes() == kernel.tobytes()
    export_run(strange / "run", strange / "back", "")
    import_run(strange / "back", strange / "again")
    assert saved(strange / "again")[0].keys() == arrays.keys()


@pytest.mark.parametrize(
    ("stage", "standing"), [(0, (0, 0, 0.0)), (1, (1, 1, 1.0)), (2, (2, 1, 1.0)), (None, (2, 1, 1.0))]
)
def test_a_run_stands_where_the_original_stood(tmp_path, stage, standing):
    made = make_folder(tmp_path / "theirs", stages=(0, 1, 2))
    import_run(tmp_path / "theirs", tmp_path / "run", stage=stage)
    arrays, counters = saved(tmp_path / "run")
    assert tuple(counters[name] for name in ("phase_index", "stage", "progress")) == standing
    last = 2 if stage is None else stage
    assert counters["num_images"] == IMAGES[last]
    kernel = made[last][f"{GENERATOR}_1/conv0/conv2d/kernel"]
    assert arrays["generator/block_1_conv0/kernel"].tobytes() == kernel.tobytes()


def test_blocks_that_a_stage_has_not_get_first_weights_the_averages_too(tmp_path):
    make_folder(tmp_path / "theirs", stages=(0,))
    import_run(tmp_path / "theirs", tmp_path / "run")
    arrays, _ = saved(tmp_path / "run")
    fresh = arrays["generator/block_2_conv0/kernel"]
    assert 0.8 < np.std(fresh) < 1.2
    assert arrays["ema/block_2_conv0/kernel"].tobytes() == fresh.tobytes()
    assert not arrays["generator/block_2_conv0/bias"].any()
    state = resumed_state(tmp_path / "run")
    state.enter_phase(1, 1)
    assert int(state.generator_optimizer.iterations.numpy()) == 0


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_adam_goes_on_as_tensorflow_1_would(tmp_path, network):
    (made,) = make_folder(tmp_path / "theirs").values()
    import_run(tmp_path / "theirs", tmp_path / "run")
    state = resumed_state(tmp_path / "run")
    variables = getattr(state, network).stage_variables(1)
    optimizer = getattr(state, f"{network}_optimizer")
    assert int(optimizer.iterations.numpy()) == STEPS
    gradients = [np.random.default_rng(3).standard_normal(v.shape).astype(np.float32) for v in variables]
    optimizer.apply(gradients, variables)
    layout = names.Layout((8, 32), (4, 4, 2), 6, 61)
    listed = {"generator": names.generator_variables, "discriminator": names.discriminator_variables}[network]
    originals = {variable.path: variable.original for variable in listed(layout, 2)}
    rate = 0.0004 * np.sqrt(1 - 0.99 ** (STEPS + 1))
    assert len(variables) > 10
    for variable, gradient in zip(variables, gradients, strict=True):
        name = originals[variable.path]
        square = 0.99 * made[names.slot_names(name)[1]] + 0.01 * gradient.astype(np.float64) ** 2
        expected = made[name] - rate * gradient / (np.sqrt(square) + 1e-8)
        np.testing.assert_allclose(variable.numpy(), expected, rtol=0, atol=1e-6, err_msg=name)
        # The step itself is a thousand times larger.
        assert np.abs(variable.numpy() - made[name]).max() > 1e-4


def test_a_checkpoint_without_adam_starts_it_afresh(tmp_path):
    kinds = names.all_variables(names.Layout((8, 32), (4, 4, 2), 6, 61), 2)
    adam = [name for name in kinds if name.startswith(names.OPTIMIZERS)]
    make_folder(tmp_path / "theirs", without=adam)
    lines = import_run(tmp_path / "theirs", tmp_path / "run")
    assert "The checkpoint holds no state of Adam: further training starts Adam afresh." in lines
    assert int(resumed_state(tmp_path / "run").generator_optimizer.iterations.numpy()) == 0


def test_the_time_of_training_may_lack_and_unknown_variables_are_not_looked_at(tmp_path):
    make_folder(tmp_path / "theirs", without=[names.TRAIN_TIME])
    import_run(tmp_path / "theirs", tmp_path / "run")
    assert (tmp_path / "run" / "run.json").is_file()


@pytest.mark.parametrize(
    ("data_type", "representation"), [("mel", "mel_if"), ("linear", "linear_if"), ("phase", "linear_phase")]
)
def test_every_kind_of_data_has_its_representation(tmp_path, data_type, representation):
    make_folder(tmp_path / "theirs", data_type=data_type, to_rgb_activation="linear", num_resolutions=2)
    import_run(tmp_path / "theirs", tmp_path / "run")
    experiment = Experiment.from_flagfile(tmp_path / "run" / "experiment.cfg")
    assert experiment.chosen["representation"] == (representation,)
    assert experiment.representation.shape == (16, 64, 2)
    assert experiment.settings["progressive.rgb_activation"] == "linear"
    assert synthesis.load(tmp_path / "run").generate({"pitch": "84"}, 1, 0).shape == (1, 608)


def test_constants_fitted_by_the_original_are_taken_from_its_assets(tmp_path):
    make_folder(tmp_path / "theirs", data_normalizer="specgrams_simple_normalizer")
    (tmp_path / "theirs" / "assets").mkdir()
    numbers = [0.1, 0.2, 0.3, 0.4]
    np.savez(tmp_path / "theirs" / "assets" / "specgrams_simple_normalizer.npz", normalizer=numbers)
    import_run(tmp_path / "theirs", tmp_path / "run")
    record = RunRecord.load(tmp_path / "run")
    assert (record.scale, record.offset) == ((0.1, 0.3), (0.2, 0.4))


def test_constants_of_each_bin_are_used_in_each_bin(tmp_path):
    make_folder(tmp_path / "theirs", data_normalizer="specgrams_freq_normalizer")
    (tmp_path / "theirs" / "assets").mkdir()
    numbers = 0.1 + np.random.default_rng(0).random((64, 4))
    np.savez(tmp_path / "theirs" / "assets" / "specgrams_freq_normalizer.npz", normalizer=numbers)
    import_run(tmp_path / "theirs", tmp_path / "run")
    record = RunRecord.load(tmp_path / "run")
    np.testing.assert_array_equal(record.scale, numbers[:, [0, 2]])
    np.testing.assert_array_equal(record.offset, numbers[:, [1, 3]])
    state = resumed_state(tmp_path / "run")
    latents, labels = np.ones((1, 6), np.float32), np.eye(61, dtype=np.float32)[:1]
    made = state.generator(latents, labels, tf.constant(1.0), stage=1).numpy()
    normalized = made * numbers[:, [0, 2]] + numbers[:, [1, 3]]
    # What tanh gave lies in (-1, 1); with another bin's constants it would not, and not be what one constant gives.
    assert np.abs(normalized).max() <= 1 + 1e-6
    assert len(np.unique(np.round(made[0, 0, :, 0], 4))) > 32


def test_a_training_without_growth_goes_on_at_the_full_size(tmp_path):
    make_folder(tmp_path / "theirs", train_progressive=False)
    import_run(tmp_path / "theirs", tmp_path / "run")
    growth = Experiment.from_flagfile(tmp_path / "run" / "experiment.cfg").growth
    assert growth.total_images == 80 + 160 + 240
    assert (growth.phase(0).stage, growth.progress(0)) == (1, 1.0)
    assert saved(tmp_path / "run")[1]["progress"] == 1.0


def test_options_that_the_folder_does_not_decide_are_taken(tmp_path):
    make_folder(tmp_path / "theirs")
    given = {"nsynth.sources": ("acoustic", "electronic"), "total_images": 999, "save_minutes": 1.0}
    import_run(tmp_path / "theirs", tmp_path / "run", given=given)
    settings = Experiment.from_flagfile(tmp_path / "run" / "experiment.cfg").settings
    assert {name: settings[name] for name in given} == given
    assert settings["nsynth.splits"] == "gansynth"
    assert settings["precision"] == "float32"


def test_options_against_the_folder_are_refused(tmp_path):
    make_folder(tmp_path / "theirs")
    with pytest.raises(UserError, match="--batch_size=4 contradicts the folder, which says 8. Leave it out"):
        import_run(tmp_path / "theirs", tmp_path / "run", given={"batch_size": 4})
    assert not (tmp_path / "run").exists()


def test_paths_of_another_machine_are_not_followed(tmp_path):
    make_folder(tmp_path / "theirs", stages=(2,))
    state_file = tmp_path / "theirs" / "stage_00002" / "checkpoint"
    state_file.write_text('model_checkpoint_path: "/mnt/elsewhere/stage_00002/model.ckpt-248"\n')
    import_run(tmp_path / "theirs", tmp_path / "run")
    state_file.unlink()
    import_run(tmp_path / "theirs", tmp_path / "again")
    first, second = (saved(tmp_path / name)[0] for name in ("run", "again"))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_of_several_checkpoints_the_one_that_the_state_file_names_is_taken(tmp_path):
    make_folder(tmp_path / "theirs", stages=(2,))
    make_folder(tmp_path / "other", stages=(2,))
    stage_dir = tmp_path / "theirs" / "stage_00002"
    for path in (tmp_path / "other" / "stage_00002").glob("model*"):
        path.rename(stage_dir / path.name.replace("-248", "-1024"))
    assert find_stage(tmp_path / "theirs", None) == (2, str(stage_dir / "model.ckpt-248"))
    (stage_dir / "checkpoint").unlink()
    # The newest by its number, not by its name.
    assert find_stage(tmp_path / "theirs", None) == (2, str(stage_dir / "model.ckpt-1024"))
