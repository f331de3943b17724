"""Losses, gradients and steps of both networks against the original program, and stages worked at their own size."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from original_program import (
    GENERAL_SUM,
    TinyNetworks,
    original_name,
    progress_points,
    relative_difference,
)

from gansynth_tf.layers import downscale
from gansynth_tf.losses import LOSSES
from gansynth_tf.models import Progressive
from gansynth_tf.training.adversarial import AdversarialLosses

POINTS = [(name, point) for name in ("tiny", "tiny_linear_rgb") for point in progress_points(name)]
tiny_networks = functools.cache(TinyNetworks)


class GoldenStep:
    """Losses and gradients of the original's training step at progress 2.5, on its fixed draws."""

    def __init__(self):
        self.tiny = TinyNetworks("tiny")
        self.progress = tf.constant(2.5)
        self.reals = tf.constant(self.tiny.golden["p2.50/real_blended"])
        self.losses = self.tiny.losses()
        self.generator_step = tf.function(self._generator_step)
        self.discriminator_step = tf.function(self._discriminator_step)

    def _generator_step(self, latents):
        tiny = self.tiny
        with tf.GradientTape() as tape:
            losses, _ = self.losses.generator_losses(latents, tiny.fake_labels, self.progress)
            loss = tf.reduce_mean(losses)
        return loss, tape.gradient(loss, [variable.value for variable in tiny.generator.stage_variables(3)])

    def _discriminator_step(self, latents):
        tiny = self.tiny
        fakes = self.losses.generate(latents, tiny.fake_labels, self.progress)
        with tf.GradientTape() as tape:
            losses, _ = self.losses.discriminator_losses(
                self.reals, tiny.real_labels, fakes, tiny.fake_labels, self.progress
            )
            mixing = tf.constant(tiny.golden["gp_alpha"])
            penalties, _ = self.losses.penalties(self.reals, tiny.real_labels, fakes, mixing, self.progress)
            loss = tf.reduce_mean(losses + penalties)
        return loss, tape.gradient(
            loss, [variable.value for variable in tiny.discriminator.stage_variables(3)]
        )


@pytest.fixture(scope="module")
def golden_step():
    return GoldenStep()


@pytest.mark.parametrize("at_own_size", [False, True], ids=["full size", "own size"])
@pytest.mark.parametrize("name, point", POINTS)
def test_losses_equal_the_original(name, point, at_own_size):
    tiny, progress = tiny_networks(name), tf.constant(float(point[1:]))
    reals = tf.constant(tiny.golden[f"{point}/real_blended"])
    if at_own_size:
        stage = int(np.ceil(float(point[1:])))
        factor = 2 ** (3 - stage)
        losses, reals = tiny.losses(stage, float(factor**2)), downscale(reals, (factor, factor))
    else:
        losses = tiny.losses(network_options=GENERAL_SUM)
    generator_losses, parts = losses.generator_losses(tiny.latents, tiny.fake_labels, progress)
    fakes = losses.generate(tiny.latents, tiny.fake_labels, progress)
    discriminator_losses, more = losses.discriminator_losses(
        reals, tiny.real_labels, fakes, tiny.fake_labels, progress
    )
    penalties, _ = losses.penalties(reals, tiny.real_labels, fakes, tiny.golden["gp_alpha"], progress)
    ours = {
        "loss_gen_wass": parts["generator_loss"],
        "loss_ac_fake": parts["generator_label_loss"],
        "loss_gen_total": generator_losses,
        "loss_dis_wass_gp_drift": more["discriminator_loss"] + penalties,
        "loss_ac_real": more["discriminator_label_loss"],
        "loss_gp_unweighted": penalties / 10.0,
        "loss_dis_total": discriminator_losses + penalties,
    }
    for loss, values in ours.items():
        np.testing.assert_allclose(np.mean(values), tiny.golden[f"{point}/{loss}"], rtol=1e-5, err_msg=loss)
    for key, values in (("D_fake", more["fake_score"]), ("D_real", more["real_score"])):
        assert relative_difference(values[:, tf.newaxis], tiny.golden[f"{point}/{key}"]) < 1e-5


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_gradients_equal_the_original(golden_step, network):
    tiny = golden_step.tiny
    tiny.fill()
    step = golden_step.generator_step if network == "generator" else golden_step.discriminator_step
    prefix = "grad_gen_p2.50" if network == "generator" else "grad_dis_p2.50"
    _, gradients = step(tf.constant(tiny.latents))
    variables = getattr(tiny, network).stage_variables(3)
    compared = set()
    for variable, gradient in zip(variables, gradients, strict=True):
        name = f"{prefix}/{original_name(getattr(tiny, network), variable)}"
        golden = tiny.golden[name]
        compared.add(name)
        np.testing.assert_allclose(gradient, golden, rtol=0, atol=1e-4 * np.abs(golden).max(), err_msg=name)
    # What does not take part at this point must have had no gradient in the original either.
    for name in {key for key in tiny.golden if key.startswith(prefix)} - compared:
        assert not tiny.golden[name].any(), name


def apply_golden_steps(golden_step, num_steps):
    """Fills the networks and trains them: generator first, then discriminator with its own latents.

    Returns the gradients that each of the two was last moved by, {original name: gradient}.
    """
    tiny = golden_step.tiny
    tiny.fill()
    optimizers = []
    for network in (tiny.generator, tiny.discriminator):
        config = tiny.config
        optimizer = keras.optimizers.Adam(
            config["generator_learning_rate"], config["adam_beta1"], config["adam_beta2"], epsilon=1e-8
        )
        optimizer.build(network.stage_variables(3))
        optimizers.append(optimizer)
    moved_by = {}
    for _ in range(num_steps):
        for network, optimizer, step, latents in (
            (tiny.generator, optimizers[0], golden_step.generator_step, tiny.latents),
            (tiny.discriminator, optimizers[1], golden_step.discriminator_step, tiny.golden["z_for_d_step"]),
        ):
            variables = network.stage_variables(3)
            _, gradients = step(tf.constant(latents))
            optimizer.apply(gradients, variables)
            names = [original_name(network, variable) for variable in variables]
            moved_by |= dict(zip(names, gradients, strict=True))
    return moved_by


def test_one_whole_step_equals_the_original(golden_step):
    tiny = golden_step.tiny
    moved_by = apply_golden_steps(golden_step, 1)
    num_exceptions = 0
    for network in (tiny.generator, tiny.discriminator):
        for variable in network.trainable_variables:
            name = original_name(network, variable)
            # Adam without momentum moves by the gradient's sign first; where that is noise, either way is right. The
            # gradient is that of this very step: golden ones are at other latents and fakes.
            gradient = np.asarray(moved_by.get(name, np.zeros(variable.shape)))
            vanishing = np.abs(gradient) < 1e-4 * np.abs(gradient).max()
            difference = np.abs(variable.numpy() - tiny.golden[f"var_after1/{name}"])
            assert difference[~vanishing].max(initial=0.0) < 2e-5, name
            assert difference.max() <= 2 * tiny.config["generator_learning_rate"] + 1e-6, name
            num_exceptions += np.sum(difference >= 2e-5)
    assert num_exceptions < 5


def test_losses_after_three_steps_equal_the_original(golden_step):
    apply_golden_steps(golden_step, 3)
    tiny, latents = golden_step.tiny, tf.constant(golden_step.tiny.latents)
    golden = {key: value for key, value in tiny.golden.items() if key.startswith("after3_p2.50/")}
    ours = {
        "after3_p2.50/loss_gen_total": golden_step.generator_step(latents)[0],
        "after3_p2.50/loss_dis_total": golden_step.discriminator_step(latents)[0],
    }
    assert golden.keys() == ours.keys()
    for key, value in ours.items():
        np.testing.assert_allclose(value, golden[key], rtol=1e-4, err_msg=key)


@pytest.mark.parametrize("loss_name", ["wgan_gp", "non_saturating"])
@pytest.mark.parametrize("stage, progress", [(0, 0.0), (1, 0.4), (1, 1.0), (2, 1.5), (2, 2.0)])
def test_a_stage_at_its_own_size_equals_the_same_stage_on_full_size_images(loss_name, stage, progress):
    """Full size: block-constant images, averaged before the network; the penalty's slopes are taken there."""
    architecture = Progressive(
        (8, 16, 2),
        (3,),
        (0.5, 2.0),
        (0.1, -0.2),
        4,
        latent_size=6,
        filters=(8, 8, 6, 4),
        condition="projection",
    )
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    factor = 2 ** (2 - stage)
    rng = np.random.default_rng(0)
    latents = tf.constant(rng.normal(size=[4, 6]), tf.float32)
    labels, real_labels = tf.one_hot([0, 1, 2, 0], 3), tf.one_hot([2, 2, 1, 0], 3)
    mixing = tf.constant(rng.uniform(size=[4, 1, 1, 1]), tf.float32)
    full_reals = tf.constant(rng.normal(size=[4, 8, 16, 2]), tf.float32)
    progress = tf.constant(progress)

    def full_generator(latents, labels, progress, stage):
        return architecture.full_data(generator(latents, labels, progress, stage=stage))

    def full_discriminator(data, labels, progress, stage):
        return discriminator(downscale(data, (factor, factor)), labels, progress, stage=stage)

    loss = LOSSES[loss_name]()
    small = AdversarialLosses(generator, discriminator, loss, stage=stage, pixels_per_value=float(factor**2))
    full = AdversarialLosses(full_generator, full_discriminator, loss, stage=stage)
    small_reals = architecture.stage_data(full_reals, stage, progress)
    results = []
    for losses, reals in ((small, small_reals), (full, architecture.full_data(small_reals))):
        with tf.GradientTape(persistent=True) as tape:
            generator_losses, _ = losses.generator_losses(latents, labels, progress)
            fakes = losses.generate(latents, labels, progress)
            judged, _ = losses.discriminator_losses(reals, real_labels, fakes, labels, progress)
            penalties, slopes = losses.penalties(
                reals, real_labels, tf.stop_gradient(fakes), mixing, progress
            )
            generator_loss, discriminator_loss = (
                tf.reduce_mean(generator_losses),
                tf.reduce_mean(judged + penalties),
            )
        variables = [
            [v.value for v in network.stage_variables(stage)] for network in (generator, discriminator)
        ]
        gradients = tape.gradient(generator_loss, variables[0]) + tape.gradient(
            discriminator_loss, variables[1]
        )
        results.append(([generator_loss, discriminator_loss, slopes], gradients))
    (small_values, small_gradients), (full_values, full_gradients) = results
    for ours, expected in zip(small_values, full_values, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5)
    for ours, expected in zip(small_gradients, full_gradients, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-4 * max(1e-3, np.abs(expected).max()))


def test_a_missing_label_is_masked_out_of_both_losses():
    tiny = tiny_networks("tiny")
    losses, progress = tiny.losses(), tf.constant(3.0)
    missing = tf.zeros([4, 5])
    _, parts = losses.generator_losses(tiny.latents, missing, progress)
    np.testing.assert_array_equal(parts["generator_label_loss"], 0.0)
    reals = tf.constant(tiny.golden["real"])
    total, parts = losses.discriminator_losses(reals, missing, reals, missing, progress)
    np.testing.assert_array_equal(parts["discriminator_label_loss"], 0.0)
    np.testing.assert_array_equal(total, parts["discriminator_loss"])
