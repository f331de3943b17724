"""The compiled training step and the state it changes, with networks of a few hundred weights."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.losses import LOSSES
from gansynth_tf.models import Progressive, WaveGAN
from gansynth_tf.training import draws
from gansynth_tf.training.options import AdversarialTraining
from gansynth_tf.training.state import TrainingState
from gansynth_tf.training.step import TrainingStep

BATCH_SIZE = 4


@pytest.fixture(autouse=True)
def eager(request):
    """Runs steps without compiling them, which is quicker for a few; tests that ask for `compiled` do compile."""
    tf.config.run_functions_eagerly("compiled" not in request.fixturenames)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def compiled():
    """Asks for compiled steps."""


def make_state(compute_dtype="float32", filters=(6, 6, 4), **options):
    architecture = Progressive(
        (4, 8, 2), (3,), (0.5, 0.5), (0.0, 0.0), 3, compute_dtype, latent_size=5, filters=filters
    )
    return TrainingState(
        architecture, tf.distribute.get_strategy(), AdversarialTraining(batch_size=BATCH_SIZE, **options)
    )


def make_wave_state(**options):
    architecture = WaveGAN((128, 1, 1), (3,), (1.0,), (0.0,), 3, latent_size=5, dim=2)
    return TrainingState(
        architecture, tf.distribute.get_strategy(), AdversarialTraining(batch_size=BATCH_SIZE, **options)
    )


def batch(num_images, data_shape=(4, 8, 2)):
    rng = np.random.default_rng(num_images)
    reals = rng.normal(size=[BATCH_SIZE, *data_shape]).astype(np.float32)
    rows = rng.integers(3, size=[3, BATCH_SIZE, 1]).astype(np.int32)
    return reals, rows[0], rows[1:], num_images


def train(state, num_steps, start=0, loss="wgan_gp", progress=0.5, seed=7, **loss_options):
    """Trains `num_steps` steps and returns their scalars."""
    step = TrainingStep(state, LOSSES[loss](**loss_options), seed=seed)
    shape = state.architecture.data_shape
    return [step(*batch(start + i * BATCH_SIZE, shape), progress) for i in range(num_steps)]


def arrays_of(state, prefix):
    return {name: value for name, value in state.arrays()[0].items() if name.startswith(f"{prefix}/")}


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_step_moves_all_three_networks_and_returns_finite_means(loss):
    state = make_state()
    state.enter_phase(1, 1)
    before = state.arrays()[0]
    (scalars,) = train(state, 1, loss=loss)
    assert set(scalars) >= {
        "generator_loss", "generator_label_loss", "discriminator_loss", "discriminator_label_loss",
        "real_score", "fake_score", "penalty", "slope",
    }  # fmt: skip
    assert all(np.isfinite(value) for value in scalars.values())
    after = state.arrays()[0]
    for prefix in ("generator", "discriminator", "ema"):
        moved = [np.abs(after[name] - before[name]).max() for name in before if name.startswith(f"{prefix}/")]
        assert max(moved) > 1e-4


def test_a_compiled_step_equals_an_eager_one_and_a_fade_needs_no_new_trace(compiled):
    state = make_state()
    state.enter_phase(1, 1)
    step = TrainingStep(state, LOSSES["wgan_gp"](), seed=7)
    scalars = [step(*batch(0), 0.5)]
    after_compiled = arrays_of(state, "generator")
    scalars.append(step(*batch(4), 0.6))
    assert step._compiled.experimental_get_tracing_count() == 1
    tf.config.run_functions_eagerly(True)
    state = make_state()
    state.enter_phase(1, 1)
    (expected,) = train(state, 1)
    assert scalars[0] == pytest.approx(expected, rel=1e-4, abs=1e-5)
    for name, value in arrays_of(state, "generator").items():
        np.testing.assert_allclose(after_compiled[name], value, atol=1e-4)


def test_variables_beyond_the_stage_stay_as_they_are():
    state = make_state()
    state.enter_phase(0, 0)
    before = state.arrays()[0]
    train(state, 1, progress=0.0)
    after = state.arrays()[0]
    beyond = [name for name in before if "block_2" in name]
    assert beyond
    for name in beyond:
        np.testing.assert_array_equal(after[name], before[name])


def test_average_moves_by_the_half_life():
    state = make_state(ema_half_life_images=8, ema_ramp_up=0.0)
    state.enter_phase(1, 1)
    before = arrays_of(state, "ema")
    train(state, 1)
    after, generator = arrays_of(state, "ema"), arrays_of(state, "generator")
    decay = 0.5 ** (BATCH_SIZE / 8)
    for name, average in after.items():
        expected = decay * before[name] + (1 - decay) * generator[name.replace("ema", "generator", 1)]
        np.testing.assert_allclose(average, expected, atol=1e-6)


@pytest.mark.parametrize(
    "num_images, options, expected",
    [
        (0, {"ema_half_life_images": 100, "ema_ramp_up": 0.5}, 0.5 ** (4 / 2.0)),
        (96, {"ema_half_life_images": 100, "ema_ramp_up": 0.5}, 0.5 ** (4 / 50.0)),
        (996, {"ema_half_life_images": 100, "ema_ramp_up": 0.5}, 0.5 ** (4 / 100.0)),
        (
            1000,
            {"ema_half_life_images": 100, "ema_ramp_up": 0.5, "discriminator_steps": 5},
            0.5 ** (20 / 100.0),
        ),
        (996, {"ema_decay": 0.999}, 0.999),
    ],
)
def test_half_life_ramps_up_with_the_images(num_images, options, expected):
    state = make_state(**options)
    state.enter_phase(1, 1)
    before = arrays_of(state, "ema")
    train(state, 1, start=num_images)
    after, generator = arrays_of(state, "ema"), arrays_of(state, "generator")
    name = "ema/block_1_conv0/kernel"
    target = generator["generator/block_1_conv0/kernel"]
    moved = np.sum((after[name] - before[name]) * (target - before[name])) / np.sum(
        (target - before[name]) ** 2
    )
    # Float32 rounding of weights near 1 limits how well the share of a small move can be seen.
    assert 1.0 - moved == pytest.approx(expected, abs=1e-3)


def test_penalty_is_taken_every_interval_only_and_weighs_more():
    results = []
    for interval in (1, 3):
        state = make_state()
        state.enter_phase(1, 1)
        scalars = train(state, 4, penalty_interval=interval)
        results.append(
            (["penalty" in each for each in scalars], scalars[0], arrays_of(state, "discriminator"))
        )
    assert results[0][0] == [True] * 4
    assert results[1][0] == [True, False, False, True]
    assert results[0][1]["penalty"] == pytest.approx(results[1][1]["penalty"])


def test_lazy_penalty_has_the_gradient_of_its_interval():
    slots = {}
    for interval, weight in ((4, 10.0), (1, 40.0), (1, 10.0)):
        state = make_state()
        state.enter_phase(1, 1)
        train(state, 1, penalty_interval=interval, penalty_weight=weight)
        slots[interval, weight] = arrays_of(state, "discriminator_optimizer")
    for name, value in slots[4, 10.0].items():
        np.testing.assert_allclose(value, slots[1, 40.0][name], rtol=1e-3, atol=1e-6)
    assert any(
        not np.allclose(value, slots[1, 10.0][name], rtol=1e-2, atol=1e-6)
        for name, value in slots[4, 10.0].items()
    )


@pytest.mark.parametrize("make", [make_state, make_wave_state])
def test_the_generator_and_its_average_move_on_every_so_manyth_batch_only(make):
    state = make(discriminator_steps=3)
    state.enter_phase(0, 0)
    moved, of_generator = [], []
    for index in range(5):
        before = state.arrays()[0]
        (scalars,) = train(state, 1, start=index * BATCH_SIZE, progress=0.0)
        after = state.arrays()[0]
        names = [name.partition("/")[0] for name in before if np.any(after[name] != before[name])]
        moved.append(sorted(set(names)))
        of_generator.append(sorted(name for name in scalars if name.startswith("generator")))
        assert {"discriminator_loss", "real_score", "fake_score", "penalty"} <= scalars.keys()
    of_discriminator = ["discriminator", "discriminator_optimizer"]
    every = sorted([*of_discriminator, "ema", "generator", "generator_optimizer"])
    assert moved == [every, of_discriminator, of_discriminator, every, of_discriminator]
    losses = ["generator_label_loss", "generator_loss"]
    assert of_generator == [losses, [], [], losses, []]


def test_the_turns_of_generator_and_penalty_do_not_depend_on_each_other():
    state = make_state(discriminator_steps=2)
    state.enter_phase(0, 0)
    scalars = train(state, 7, progress=0.0, penalty_interval=3)
    assert ["generator_loss" in each for each in scalars] == [True, False] * 3 + [True]
    assert ["penalty" in each for each in scalars] == [True, False, False] * 2 + [True]


def test_each_judging_has_noise_of_its_own_that_seed_and_images_determine(monkeypatch):
    state = make_wave_state()
    state.enter_phase(0, 0)
    heard = []
    judge = type(state.discriminator).call

    def listening(self, data, labels, progress, stage=None, noise=None):
        heard.append(noise.numpy().tolist())
        return judge(self, data, labels, progress, stage, noise)

    monkeypatch.setattr(type(state.discriminator), "call", listening)
    for images, seed in ((0, 7), (4, 7), (0, 8)):
        train(state, 1, start=images, progress=0.0, seed=seed)
    assert len(heard) == 12 and len({tuple(noise) for noise in heard}) == 12
    assert heard[4:8] == draws.uniform([4, 1], 7, 4, draws.JUDGE_NOISE).numpy().tolist()


def test_streams_stay_as_they_are_so_that_trainings_keep_their_draws():
    assert draws.NUM_STREAMS == 8
    assert (draws.GENERATOR_LATENTS, draws.DISCRIMINATOR_LATENTS, draws.MIXING) == (0, 1, 2)
    assert (draws.PREVIEW_LATENTS, draws.ROWS, draws.PREVIEW_ROWS, draws.JUDGE_NOISE) == (3, 4, 5, 6)


def test_the_penalty_of_waveforms_is_that_of_the_whole_clip():
    state = make_wave_state()
    state.enter_phase(0, 0)
    discriminator = state.discriminator
    reals, fakes = (tf.constant(batch(i, (128, 1, 1))[0]) for i in (0, 4))
    mixing = tf.constant([0.0, 0.25, 0.5, 1.0], shape=[4, 1, 1, 1])
    step = TrainingStep(state, LOSSES["wgan_gp"](), seed=7)
    labels, progress = tf.zeros([4, 3]), tf.constant(0.0)
    noise = tf.constant([0.9])
    _, slopes = step._losses.penalties(reals, labels, fakes, mixing, progress, noise)
    between = reals.numpy() + mixing.numpy() * (fakes.numpy() - reals.numpy())
    for example in range(4):
        with tf.GradientTape() as tape:
            data = tf.constant(between[example : example + 1])
            tape.watch(data)
            score = discriminator(data, labels[:1], progress, noise=noise)[0]
        norm = np.sqrt(np.sum(np.square(tape.gradient(score, data).numpy())))
        assert slopes[example].numpy() == pytest.approx(norm, rel=1e-5)


def test_same_seed_same_steps_and_another_seed_other_draws():
    results = []
    for seed in (7, 7, 8):
        state = make_state()
        state.enter_phase(1, 1)
        train(state, 2, seed=seed)
        results.append(state.arrays()[0])
    first, same, other = results
    for name in first:
        np.testing.assert_allclose(same[name], first[name], atol=1e-5)
    assert any(np.abs(other[name] - first[name]).max() > 1e-4 for name in first)


def run_program(name, repository, output_path):
    """Runs a program beside this file and returns the arrays that it saved."""
    finished = subprocess.run(
        [sys.executable, Path(__file__).with_name(name), output_path],
        env=os.environ | {"PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    with np.load(output_path) as file:
        return dict(file)


@pytest.fixture(scope="module")
def resumed_steps(tmp_path_factory, repository):
    """Arrays of trainings that were interrupted and of such that were not."""
    return run_program("resumed_steps.py", repository, tmp_path_factory.mktemp("resumed") / "steps.npz")


@pytest.mark.parametrize("architecture", ["progressive", "wavegan"])
def test_a_restored_state_goes_on_bit_by_bit(resumed_steps, architecture):
    saved = {
        name.removeprefix(f"{architecture}/"): value
        for name, value in resumed_steps.items()
        if name.startswith(f"{architecture}/")
    }
    names = [name.removeprefix("resumed/") for name in saved if name.startswith("resumed/")]
    assert sum(name.startswith("generator_optimizer/") for name in names) > 10
    for name in names:
        np.testing.assert_array_equal(saved[f"resumed/{name}"], saved[f"uninterrupted/{name}"], err_msg=name)
        if name.endswith("kernel"):
            assert np.abs(saved[f"resumed/{name}"] - saved[f"midway/{name}"]).max() > 0.0


def test_counters_are_restored():
    state = make_state()
    state.enter_phase(1, 1)
    state.num_images, state.progress, state.average_head_start = 8, 0.5, 3
    restored = make_state()
    restored.restore(*state.arrays())
    expected = {"num_images": 8, "progress": 0.5, "phase_index": 1, "stage": 1, "average_head_start": 3}
    assert restored.arrays()[1] == expected


def test_a_state_saved_before_its_first_step_is_restored():
    untouched, restored = make_state(), make_state()
    restored.restore(*untouched.arrays())
    assert restored.stage == -1 and restored.enter_phase(0, 0)


def test_a_new_phase_of_a_stage_forgets_the_optimisers_only():
    state = make_state()
    state.enter_phase(1, 1)
    train(state, 1)
    weights = arrays_of(state, "generator")
    assert not state.enter_phase(2, 1)
    for prefix in ("generator_optimizer", "discriminator_optimizer"):
        assert all(not value.any() for value in arrays_of(state, prefix).values())
    for name, value in arrays_of(state, "generator").items():
        np.testing.assert_array_equal(value, weights[name])


@pytest.mark.parametrize("change", ["missing", "reshaped"])
def test_arrays_that_do_not_fit_are_refused(change):
    state = make_state()
    state.enter_phase(1, 1)
    arrays, counters = state.arrays()
    name = "generator/block_1_conv0/kernel"
    array = arrays.pop(name)
    if change == "reshaped":
        arrays[name] = array[:1]
    with pytest.raises(ValueError, match=f"should hold {name} of shape"):
        make_state().restore(arrays, counters)


def test_the_average_begins_as_the_generator():
    state = make_state()
    generator = arrays_of(state, "generator")
    for name, value in arrays_of(state, "ema").items():
        np.testing.assert_array_equal(value, generator[name.replace("ema", "generator", 1)])


def test_bfloat16_takes_nearly_the_same_step():
    results = []
    for compute_dtype in ("float32", "bfloat16"):
        state = make_state(compute_dtype, filters=(16, 16, 16))
        state.enter_phase(1, 1)
        (scalars,) = train(state, 1)
        results.append((scalars, state.arrays()[0]))
    (exact, _), (coarse, arrays) = results
    assert all(value.dtype != np.float16 and np.all(np.isfinite(value)) for value in arrays.values())
    for name in ("generator_label_loss", "discriminator_label_loss", "real_score", "fake_score", "slope"):
        assert coarse[name] == pytest.approx(exact[name], rel=0.1, abs=0.1), name


@pytest.fixture(scope="module")
def replica_steps(tmp_path_factory, repository):
    """Arrays of one step on one replica and on two."""
    return run_program("replica_steps.py", repository, tmp_path_factory.mktemp("replicas") / "steps.npz")


@pytest.mark.parametrize("architecture", ["progressive", "wavegan"])
def test_two_replicas_equal_one(replica_steps, architecture):
    one, two = (
        {
            name.removeprefix(f"{architecture}/{number}/"): value
            for name, value in replica_steps.items()
            if name.startswith(f"{architecture}/{number}/")
        }
        for number in (1, 2)
    )
    assert one.keys() == two.keys() and len(one) > 20
    # The minibatch deviation is that of each replica's share, so its weights' gradients differ.
    deviation_kernel = "discriminator/block_1_conv0/kernel"
    deviation_shape = one[deviation_kernel].shape if architecture == "progressive" else None
    for name, expected in one.items():
        found = two[name]
        if name == deviation_kernel:
            found, expected = found[:, :, :-1], expected[:, :, :-1]
        if name.startswith(("generator/", "discriminator/", "ema/")):
            # A first step of Adam is the gradient's sign times the rate; a vanishing gradient has no sign.
            np.testing.assert_array_less(np.mean(np.abs(found - expected) > 1e-5), 0.01, err_msg=name)
        elif found.shape != deviation_shape:
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5, err_msg=name)
    for name in ("generator_loss", "discriminator_loss", "penalty", "slope", "real_score", "fake_score"):
        np.testing.assert_allclose(two[name], one[name], rtol=1e-5, atol=1e-5, err_msg=name)
