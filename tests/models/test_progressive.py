"""The progressive networks against the original program, and what holds at any size."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from original_program import GENERAL_SUM, TinyNetworks, goldens, progress_points, relative_difference

from gansynth_tf.layers import downscale, upscale
from gansynth_tf.models import Progressive
from gansynth_tf.representations import normalization

POINTS = [(name, point) for name in ("tiny", "tiny_linear_rgb") for point in progress_points(name)]
TOLERANCE = 1e-5
tiny_networks = functools.cache(TinyNetworks)


def at(point):
    """Returns the progress of a point such as "p2.50", and the stage whose size suffices for it."""
    progress = float(point[1:])
    return tf.constant(progress), int(np.ceil(progress))


def test_golden_points_are_stable_and_fading():
    assert progress_points("tiny") == ["p0.00", "p0.30", "p1.00", "p1.75", "p2.00", "p2.50", "p3.00"]


@pytest.mark.parametrize("name, point", POINTS)
def test_generator_equals_the_original(name, point):
    tiny, (progress, _) = tiny_networks(name), at(point)
    fakes = tiny.generator(tiny.latents, tiny.fake_labels, progress, **GENERAL_SUM["generator"])
    golden = tiny.golden[f"{point}/G"]
    assert relative_difference(fakes, golden) < TOLERANCE
    # Element by element float32 rounds more: see the next test.
    assert np.abs(fakes - golden).max() < 1e-4 * np.abs(golden).max()


def test_rounding_of_float32_alone_explains_the_generators_largest_differences():
    tiny = tiny_networks("tiny")
    precise = generated_in_float64(tiny, 3.0)
    golden = tiny.golden["p3.00/G"]
    ours = tiny.generator(tiny.latents, tiny.fake_labels, tf.constant(3.0)).numpy()
    scale = np.abs(golden).max()
    # Pixel norm stretches vectors of four channels near zero: the original's float32 is as far from the truth as ours.
    original_error, our_error = np.abs(golden - precise).max() / scale, np.abs(ours - precise).max() / scale
    assert our_error < 1e-4 and original_error < 1e-4
    assert np.abs(ours - golden).max() / scale < our_error + original_error
    assert relative_difference(ours, precise) < TOLERANCE


def generated_in_float64(tiny, progress):
    """Returns the generator's output restated in NumPy, double precision, from the original's own variables."""

    def variable(name):
        scope = "var0/Generator/progressive_gan_generator/progressive_gan_block"
        return tiny.golden[f"{scope}_{name}"].astype(np.float64)

    def pixel_norm(values):
        return values / np.sqrt(np.mean(values**2, axis=-1, keepdims=True) + 1e-8)

    def convolve(values, name, pads, gain):
        kernel = variable(f"{name}/conv2d/kernel")
        frames, bins, fan_in = kernel.shape[0], kernel.shape[1], np.prod(kernel.shape[:3])
        padded = np.pad(values, [[0, 0], [pads[0]] * 2, [pads[1]] * 2, [0, 0]])
        windows = np.lib.stride_tricks.sliding_window_view(padded, (frames, bins), axis=(1, 2))
        products = np.einsum("btfchw,hwco->btfo", windows, kernel, optimize=True)
        return np.sqrt(gain / fan_in) * products + variable(f"{name}/bias")

    def block_layer(values, name, pads):
        values = convolve(values, name, pads, 2.0)
        return pixel_norm(np.where(values > 0, values, 0.2 * values))

    inputs = np.concatenate([tiny.latents, tiny.fake_labels], axis=1).astype(np.float64)
    values = pixel_norm(inputs[:, np.newaxis, np.newaxis])
    start = tiny.architecture.start_shape
    total = 0.0
    for block in range(1, 5):
        if block > 1:
            values = values.repeat(2, axis=1).repeat(2, axis=2)
        pads = (start[0] - 1, start[1] - 1) if block == 1 else (1, 1)
        values = block_layer(block_layer(values, f"{block}/conv0", pads), f"{block}/conv1", (1, 1))
        rgb = np.tanh(convolve(values, f"{block}/to_rgb", (0, 0), 1.0))
        factor = 2 ** (4 - block)
        weight = max(0.0, min(progress - (block - 2), block - progress))
        total = total + weight * rgb.repeat(factor, axis=1).repeat(factor, axis=2)
    return (total - normalization.ORIGINAL_OFFSET) / np.array(normalization.ORIGINAL_SCALE)


@pytest.mark.parametrize("name, point", POINTS)
def test_generator_at_its_stages_own_size_equals_the_original_repeated(name, point):
    tiny, (progress, stage) = tiny_networks(name), at(point)
    fakes = tiny.generator(tiny.latents, tiny.fake_labels, progress, stage=stage)
    assert fakes.shape[1:] == tiny.architecture.stage_shape(stage)
    assert relative_difference(tiny.architecture.full_data(fakes), tiny.golden[f"{point}/G"]) < TOLERANCE


@pytest.mark.parametrize("name, point", [(n, p) for n, p in POINTS if f"{p}/G_ema" in goldens(n)])
def test_averaged_generator_equals_the_original(name, point):
    tiny = TinyNetworks(name)
    tiny.fill("var0", "/ExponentialMovingAverage")
    fakes = tiny.generator(tiny.latents, tiny.fake_labels, at(point)[0], **GENERAL_SUM["generator"])
    assert relative_difference(fakes, tiny.golden[f"{point}/G_ema"]) < TOLERANCE


@pytest.mark.parametrize("name, point", POINTS)
def test_reals_are_blended_as_in_the_original(name, point):
    tiny, (progress, stage) = tiny_networks(name), at(point)
    blended = tiny.architecture.full_data(tiny.architecture.stage_data(tiny.golden["real"], stage, progress))
    assert relative_difference(blended, tiny.golden[f"{point}/real_blended"]) < TOLERANCE


@pytest.mark.parametrize("at_own_size", [False, True], ids=["full size", "own size"])
@pytest.mark.parametrize("name, point", POINTS)
def test_discriminator_equals_the_original(name, point, at_own_size):
    tiny, (progress, stage) = tiny_networks(name), at(point)
    for data, labels, score, classes in (
        ("G", tiny.fake_labels, "D_fake", "cls_fake"),
        ("real_blended", tiny.real_labels, "D_real", "cls_real"),
    ):
        spectrograms = tf.constant(tiny.golden[f"{point}/{data}"])
        options = GENERAL_SUM["discriminator"]
        if at_own_size:
            spectrograms, options = downscale(spectrograms, (2 ** (3 - stage),) * 2), {"stage": stage}
        scores, heads = tiny.discriminator(spectrograms, labels, progress, **options)
        assert len(heads) == 1
        assert relative_difference(scores, tiny.golden[f"{point}/{score}"]) < TOLERANCE
        assert relative_difference(heads[0], tiny.golden[f"{point}/{classes}"]) < TOLERANCE


@pytest.mark.parametrize("name, point", POINTS)
def test_last_features_equal_the_original(name, point):
    tiny, (progress, _) = tiny_networks(name), at(point)
    features = tiny.discriminator.features(tf.constant(tiny.golden[f"{point}/real_blended"]), progress, 4, 1)
    assert relative_difference(features, tiny.golden[f"{point}/last_conv_real"][:, 0, 0]) < TOLERANCE


def test_the_networks_range_is_the_originals():
    golden = goldens("normalizers")
    restored = golden["prespec_normalized"] - np.float32(normalization.ORIGINAL_OFFSET)
    np.testing.assert_allclose(
        restored / np.float32(normalization.ORIGINAL_SCALE), golden["prespec_denormalized"], atol=1e-5
    )


def small(data_shape=(8, 16, 2), class_counts=(3, 2), seed=1, compute_dtype="float32", **options):
    options = {"latent_size": 6, "filters": (8, 8, 6, 4)} | options
    return Progressive(data_shape, class_counts, (0.5, 2.0), (0.1, -0.2), seed, compute_dtype, **options)


def latents_and_labels(num, class_counts=(3, 2), latent_size=6, seed=0):
    rng = np.random.default_rng(seed)
    one_hot = [np.eye(count)[rng.integers(count, size=num)] for count in class_counts]
    return tf.constant(rng.normal(size=[num, latent_size]), tf.float32), tf.constant(
        np.concatenate([np.zeros([num, 0]), *one_hot], axis=1), tf.float32
    )


@pytest.mark.parametrize(
    "data_shape, filters, stage_shapes",
    [
        ((8, 16, 2), (8, 8, 6, 4), [(2, 4, 2), (4, 8, 2), (8, 16, 2)]),
        ((4, 4, 1), (3, 5), [(4, 4, 1)]),
        ((16, 8, 2), (4, 4, 4, 4, 4), [(2, 1, 2), (4, 2, 2), (8, 4, 2), (16, 8, 2)]),
        ((12, 20, 3), (4, 6, 2), [(6, 10, 3), (12, 20, 3)]),
    ],
)
def test_any_start_size_number_of_blocks_filters_and_channels(data_shape, filters, stage_shapes):
    ones = (1.0,) * data_shape[2]
    architecture = Progressive(data_shape, (3,), ones, ones, 0, latent_size=5, filters=filters)
    assert architecture.num_stages == len(stage_shapes)
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    latents, labels = latents_and_labels(2, (3,), 5)
    for stage, shape in enumerate(stage_shapes):
        assert architecture.stage_shape(stage) == shape
        fakes = generator(latents, labels, tf.constant(float(stage)), stage=stage)
        assert fakes.shape == (2, *shape)
        scores, heads = discriminator(fakes, labels, tf.constant(float(stage)), stage=stage)
        assert scores.shape == (2, 1) and [head.shape for head in heads] == [(2, 3)]


@pytest.mark.parametrize("class_counts", [(), (4,), (3, 2)])
@pytest.mark.parametrize("condition", ["classifier", "projection"])
def test_one_classifier_head_a_label(class_counts, condition):
    architecture = small(class_counts=class_counts, condition=condition)
    latents, labels = latents_and_labels(3, class_counts)
    fakes = architecture.make_generator()(latents, labels, tf.constant(2.0))
    scores, heads = architecture.make_discriminator()(fakes, labels, tf.constant(2.0))
    assert scores.shape == (3, 1)
    assert [head.shape for head in heads] == [(3, count) for count in class_counts]


@pytest.mark.parametrize("data_shape", [(6, 16, 2), (8, 2, 2)])
def test_data_that_cannot_be_halved_often_enough_are_refused(data_shape):
    with pytest.raises(ValueError, match="halved 2 times"):
        small(data_shape)


def test_outputs_stay_in_the_range_that_tanh_and_the_constants_allow():
    latents, labels = latents_and_labels(4)
    generator = small().make_generator()
    for variable in generator.trainable_variables:
        variable.assign(100.0 * variable)
    fakes = generator(latents, labels, tf.constant(2.0)).numpy() * [0.5, 2.0] + [0.1, -0.2]
    assert np.abs(fakes).max() <= 1.0 + 1e-5 and np.abs(fakes).max() > 0.99


def test_the_discriminator_sees_nothing_beyond_the_normalised_range():
    discriminator = small().make_discriminator()
    _, labels = latents_and_labels(2)
    largest = np.broadcast_to((np.array([1.0, 1.0]) - [0.1, -0.2]) / [0.5, 2.0], [2, 8, 16, 2]).astype(
        np.float32
    )
    at_edge, beyond = (
        discriminator(values, labels, tf.constant(2.0))[0] for values in (largest, largest + 3.0)
    )
    np.testing.assert_allclose(at_edge, beyond, atol=1e-5)


def test_a_missing_label_is_a_row_of_zeros_and_stays_finite():
    architecture = small()
    latents, labels = latents_and_labels(3)
    missing = tf.concat([labels[:1], tf.zeros_like(labels[1:])], axis=0)
    fakes = architecture.make_generator()(latents, missing, tf.constant(2.0))
    scores, heads = architecture.make_discriminator()(fakes, missing, tf.constant(2.0))
    for values in (fakes, scores, *heads):
        assert np.all(np.isfinite(values))


def test_generator_follows_its_labels_and_its_latents():
    generator = small().make_generator()
    latents, labels = latents_and_labels(2)
    other = tf.roll(labels[:, :3], 1, axis=1)
    fakes = generator(latents, labels, tf.constant(2.0)).numpy()
    changed = generator(latents, tf.concat([other, labels[:, 3:]], 1), tf.constant(2.0)).numpy()
    assert np.abs(fakes - changed).max() > 1e-3
    assert np.abs(fakes[0] - fakes[1]).max() > 1e-3


@pytest.mark.parametrize("condition, depends", [("projection", True), ("classifier", False)])
def test_only_the_projections_score_depends_on_the_labels(condition, depends):
    discriminator = small(condition=condition).make_discriminator()
    data = tf.random.stateless_normal([2, 8, 16, 2], [1, 2])
    labels = tf.constant([[1.0, 0, 0, 1, 0]] * 2)
    other = tf.constant([[0.0, 1, 0, 1, 0]] * 2)
    progress = tf.constant(2.0)
    difference = np.abs(
        discriminator(data, labels, progress)[0] - discriminator(data, other, progress)[0]
    ).max()
    assert (difference > 1e-4) == depends


def test_without_labels_the_projection_adds_its_bias_only():
    discriminator = small(condition="projection").make_discriminator()
    data = tf.random.stateless_normal([2, 8, 16, 2], [1, 2])
    features = discriminator.features(data, tf.constant(2.0), 3, 2)
    scores, _ = discriminator(data, tf.zeros([2, 5]), tf.constant(2.0))
    np.testing.assert_allclose(scores, discriminator.layers_by_name["block_1_logits"](features), atol=1e-5)


def test_a_fade_begins_as_the_smaller_stage_repeated():
    architecture = small()
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    latents, labels = latents_and_labels(3)
    progress = tf.constant(1.0)
    before = generator(latents, labels, progress, stage=1)
    after = generator(latents, labels, progress, stage=2)
    np.testing.assert_allclose(after, upscale(before, (2, 2)), atol=1e-5)
    np.testing.assert_allclose(
        discriminator(after, labels, progress, stage=2)[0],
        discriminator(before, labels, progress, stage=1)[0],
        atol=1e-5,
    )


def test_a_fade_moves_with_progress_and_needs_no_new_trace():
    architecture = small()
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    latents, labels = latents_and_labels(2)

    @tf.function
    def scores(progress):
        fakes = generator(latents, labels, progress, stage=2)
        return fakes, discriminator(fakes, labels, progress, stage=2)[0]

    results = [scores(tf.constant(progress)) for progress in (1.0, 1.25, 1.5, 2.0)]
    assert scores.experimental_get_tracing_count() == 1
    fakes = [result[0].numpy() for result in results]
    np.testing.assert_allclose(fakes[2], 0.5 * (fakes[0] + fakes[3]), atol=1e-4)
    np.testing.assert_allclose(fakes[1], 0.75 * fakes[0] + 0.25 * fakes[3], atol=1e-4)
    assert np.abs(results[0][1] - results[3][1]).max() > 1e-4


def test_stage_data_is_the_mean_of_blocks_mixed_with_coarser_ones():
    architecture = small()
    data = tf.random.stateless_normal([2, 8, 16, 2], [3, 4])
    blocks = data.numpy().reshape(2, 4, 2, 8, 2, 2).mean(axis=(2, 4))
    coarse = data.numpy().reshape(2, 2, 4, 4, 4, 2).mean(axis=(2, 4)).repeat(2, 1).repeat(2, 2)
    np.testing.assert_allclose(architecture.stage_data(data, 1, tf.constant(1.0)), blocks, atol=1e-6)
    np.testing.assert_allclose(architecture.stage_data(data, 1, tf.constant(0.0)), coarse, atol=1e-6)
    mixed = architecture.stage_data(data, 1, tf.constant(0.25))
    np.testing.assert_allclose(mixed, 0.25 * blocks + 0.75 * coarse, atol=1e-6)


@pytest.mark.parametrize("make", ["make_generator", "make_discriminator"])
def test_same_seed_same_weights(make):
    first, same, other = (
        [variable.numpy() for variable in getattr(small(seed=seed), make)().trainable_variables]
        for seed in (1, 1, 2)
    )
    for ours, copy, changed in zip(first, same, other, strict=True):
        np.testing.assert_array_equal(ours, copy)
        assert not ours.any() or np.abs(ours - changed).max() > 0.1


def test_layers_of_one_network_begin_with_different_weights():
    discriminator = small(filters=(6, 6, 6, 6)).make_discriminator()
    kernels = [discriminator.layers_by_name[f"block_{block}_conv0"].kernel.numpy() for block in (2, 3)]
    assert np.abs(kernels[0] - kernels[1]).max() > 0.1


@pytest.mark.parametrize("make", ["make_generator", "make_discriminator"])
def test_config_makes_the_same_network(make):
    network = getattr(small(), make)()
    copy = type(network).from_config(network.get_config())
    assert copy.get_config() == network.get_config()
    for variable, copied in zip(network.trainable_variables, copy.trainable_variables, strict=True):
        assert copied.path == variable.path
        np.testing.assert_array_equal(copied, variable)


@pytest.mark.parametrize("make", ["make_generator", "make_discriminator"])
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_stage_variables_are_those_with_a_gradient(make, stage):
    architecture = small()
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    latents, labels = latents_and_labels(3)
    network = generator if make == "make_generator" else discriminator
    with tf.GradientTape() as tape:
        fakes = generator(latents, labels, tf.constant(max(0.0, stage - 0.5)), stage=stage)
        scores, heads = discriminator(fakes, labels, tf.constant(max(0.0, stage - 0.5)), stage=stage)
        total = tf.add_n([tf.reduce_sum(values) for values in (scores, *heads)])
    variables = network.trainable_variables
    gradients = tape.gradient(total, [variable.value for variable in variables])
    used = {
        variable.path for variable, gradient in zip(variables, gradients, strict=True) if gradient is not None
    }
    assert used == {variable.path for variable in network.stage_variables(stage)}


def test_bfloat16_is_close_and_hands_out_float32():
    latents, labels = latents_and_labels(4)
    progress = tf.constant(1.5)
    exact, coarse = small(filters=(32, 32, 16, 16)), small(filters=(32, 32, 16, 16), compute_dtype="bfloat16")
    fakes = [architecture.make_generator()(latents, labels, progress) for architecture in (exact, coarse)]
    scores = [each.make_discriminator()(fakes[0], labels, progress)[0] for each in (exact, coarse)]
    assert fakes[1].dtype == scores[1].dtype == tf.float32
    assert relative_difference(fakes[1], fakes[0]) < 0.05
    assert relative_difference(scores[1], scores[0]) < 0.1
