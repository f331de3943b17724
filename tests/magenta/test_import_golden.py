"""A checkpoint that the original wrote, imported, against what the original made of it."""

import json

import numpy as np
import pytest
import tensorflow as tf
from original_program import GOLDEN_DIRECTORY, TinyNetworks, goldens, original_name

from gansynth_tf.experiment import Experiment
from gansynth_tf.magenta.exporting import write_checkpoint
from gansynth_tf.magenta.importing import import_run
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord
from tests.magenta.made_folders import arrays_of

SMALL_CHECKPOINT = GOLDEN_DIRECTORY / "small_ckpt"
POINTS = ("final", "fading")


class ImportedRun:
    """The networks of an imported run, filled from its save.

    Args:
        run_dir: Its folder.
    """

    def __init__(self, run_dir):
        self.experiment = Experiment.from_flagfile(run_dir / "experiment.cfg")
        self.record = RunRecord.load(run_dir)
        store = CheckpointStore(run_dir / "checkpoints")
        self.arrays, self.counters = store.load(store.latest())
        counts = tuple(map(len, self.record.labels.values()))
        self.architecture = self.experiment.architecture(
            self.record.scale, self.record.offset, class_counts=counts
        )
        self.generator = self.filled(self.architecture.make_generator(), "ema")
        self.raw_generator = self.filled(self.architecture.make_generator(), "generator")
        self.discriminator = self.filled(self.architecture.make_discriminator(), "discriminator")

    def filled(self, network, prefix):
        """Returns `network` with the arrays of the save under `prefix`."""
        for variable in network.trainable_variables:
            variable.assign(self.arrays[f"{prefix}/{variable.path}"])
        return network


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("imported") / "small"
    import_run(SMALL_CHECKPOINT, run_dir)
    return ImportedRun(run_dir)


def spectra(run, network, point):
    """Returns the outputs of a generator for the golden latents, [8, frames, bins, 2]."""
    golden = goldens("small")
    labels = np.eye(61, dtype=np.float32)[golden["labels"]]
    assert [run.record.labels["pitch"][i] for i in golden["labels"]] == [str(p) for p in golden["pitches"]]
    return network(golden["z"], labels, tf.constant(golden[f"{point}_progress"]), stage=6)


def shares_of_range(values, golden):
    """Returns how far values are from the golden, as shares of the range of each channel."""
    golden = np.asarray(golden, np.float64)
    axes = tuple(range(golden.ndim - 1))
    return np.abs(values - golden) / (golden.max(axis=axes) - golden.min(axis=axes))


def statistics(values):
    """Returns [batch, 4]: sum of magnitudes, length, greatest and least value of each example."""
    flat = np.asarray(values, np.float64).reshape(len(values), -1)
    return np.stack([np.abs(flat).sum(1), np.linalg.norm(flat, axis=1), flat.max(1), flat.min(1)], axis=1)


@pytest.mark.parametrize("point", POINTS)
def test_the_averaged_generators_spectra_and_audio_equal_the_originals(small, point):
    golden = goldens("small")
    made = spectra(small, small.generator, point)
    seen = made.numpy()[:3][:, golden["frames"], :: golden["freq_stride"]]
    assert shares_of_range(seen, golden[f"{point}_G_ema"]).max() < 1e-4
    np.testing.assert_allclose(statistics(made), golden[f"{point}_G_ema_stats"], rtol=1e-4)
    audio = small.experiment.representation.to_audio(made).numpy()
    waves = golden[f"{point}_waves_every8"]
    assert audio.shape == (8, 64000)
    assert np.abs(audio[:3, ::8] - waves).max() < 1e-3 * (waves.max() - waves.min())
    np.testing.assert_allclose(statistics(audio), golden[f"{point}_waves_stats"], rtol=1e-3)


@pytest.mark.parametrize("point", POINTS)
def test_the_trained_generators_spectra_equal_the_originals(small, point):
    golden = goldens("small")
    made = spectra(small, small.raw_generator, point).numpy()
    shares = shares_of_range(
        made[:3][:, golden["frames"], :: golden["freq_stride"]], golden[f"{point}_G_raw"]
    )
    # Pixel norm stretches vectors of four channels near zero, and float32's rounding with them: a double precision
    # restatement lies 5e-5 from the original and 1.4e-4 from ours, in two of 6,144 values.
    assert np.mean(shares > 1e-4) < 1e-3 and shares.max() < 4e-4
    assert np.sqrt(np.mean(shares**2)) < 1e-5
    np.testing.assert_allclose(statistics(made), golden[f"{point}_G_raw_stats"], rtol=1e-4)


@pytest.mark.parametrize("point", POINTS)
def test_the_discriminators_outputs_equal_the_originals(small, point):
    golden = goldens("small")
    random = np.random.RandomState(7)
    shape = (8, 128, 1024)
    data = np.stack([random.uniform(-13.8, 10, shape), random.uniform(-1, 1, shape)], -1).astype(np.float32)
    np.testing.assert_array_equal(data[:, ::32, ::256], golden["D_input_check"])
    progress = tf.constant(golden[f"{point}_progress"])
    scores, (logits,) = small.discriminator(data, np.zeros((8, 61), np.float32), progress, stage=6)
    assert shares_of_range(scores, golden[f"{point}_D_logits"]).max() < 1e-4
    assert shares_of_range(logits, golden[f"{point}_D_class_logits"]).max() < 1e-4


def test_every_variable_is_the_originals_to_the_last_bit(small):
    theirs = arrays_of(SMALL_CHECKPOINT / "stage_00012" / "model.ckpt-216")
    compared = 0
    for prefix, network, suffix in (
        ("generator", small.raw_generator, ""),
        ("ema", small.generator, "/ExponentialMovingAverage"),
        ("discriminator", small.discriminator, ""),
    ):
        for variable in network.trainable_variables:
            name = original_name(network, variable) + suffix
            assert small.arrays[f"{prefix}/{variable.path}"].tobytes() == theirs[name].tobytes(), name
            compared += 1
    assert compared == 42 + 42 + 46


def test_counters_and_record_are_those_of_the_originals_run(small):
    content = json.loads((SMALL_CHECKPOINT / "experiment.json").read_text())
    assert content == json.loads(str(goldens("small")["config_json"]))
    standing = {name: small.counters[name] for name in ("num_images", "progress", "phase_index", "stage")}
    assert standing == {"num_images": 216, "progress": 6.0, "phase_index": 12, "stage": 6}
    assert int(goldens("small")["global_step_in_ckpt"]) == 216
    assert small.record.labels == {"pitch": tuple(str(pitch) for pitch in range(24, 85))}
    assert small.record.scale == (0.0661371661726, 0.8)
    assert small.record.representation_shape == (128, 1024, 2)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The golden checkpoint after three steps, imported as what it is: stage 5, half of its fade."""
    folder = tmp_path_factory.mktemp("tiny")
    arrays = arrays_of(GOLDEN_DIRECTORY / "tiny_ckpt_after3" / "model.ckpt")
    # It was written without a count of images; 176 of stages of 32 are progress 2.5.
    write_stage = folder / "theirs" / "stage_00005"
    write_stage.mkdir(parents=True)
    write_checkpoint(write_stage / "model.ckpt-176", arrays | {"global_step": np.int64(176)})
    # 16 x 128 data hold 1,216 samples, where the file says 64,000.
    config = json.loads(str(goldens("tiny")["config_json"])) | {"audio_length": 1216}
    (folder / "theirs" / "experiment.json").write_text(json.dumps(config))
    lines = import_run(folder / "theirs", folder / "run")
    assert any("5 classes where the original has 61" in line for line in lines)
    return ImportedRun(folder / "run")


def test_a_checkpoint_of_other_sizes_has_the_originals_losses(tiny):
    golden = goldens("tiny")
    networks = TinyNetworks("tiny")
    tiny.filled(networks.generator, "generator")
    tiny.filled(networks.discriminator, "discriminator")
    losses, progress = networks.losses(), tf.constant(tiny.counters["progress"], tf.float32)
    generator_losses, _ = losses.generator_losses(networks.latents, networks.fake_labels, progress)
    fakes = losses.generate(networks.latents, networks.fake_labels, progress)
    reals = tf.constant(golden["p2.50/real_blended"])
    discriminator_losses, _ = losses.discriminator_losses(
        reals, networks.real_labels, fakes, networks.fake_labels, progress
    )
    penalties, _ = losses.penalties(reals, networks.real_labels, fakes, golden["gp_alpha"], progress)
    np.testing.assert_allclose(np.mean(generator_losses), golden["after3_p2.50/loss_gen_total"], rtol=1e-5)
    total = np.mean(discriminator_losses + penalties)
    np.testing.assert_allclose(total, golden["after3_p2.50/loss_dis_total"], rtol=1e-5)


def test_a_checkpoint_of_other_sizes_is_a_run_of_its_own_options(tiny):
    assert tiny.architecture.start_shape == (2, 16)
    assert tiny.architecture.latent_size == 16
    assert tiny.record.labels == {"pitch": ("24", "25", "26", "27", "28")}
    assert (tiny.counters["phase_index"], tiny.counters["stage"], tiny.counters["progress"]) == (5, 3, 2.5)
