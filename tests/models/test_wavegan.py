"""WaveGAN: the published sizes, both networks restated in NumPy, phase shuffle, and what is refused."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.models import WaveGAN

NO_PROGRESS = tf.constant(0.0)


def made(length=64, class_counts=(3, 2), scale=(1.0,), offset=(0.0,), **options):
    options = {"dim": 2, "latent_size": 5} | options
    return WaveGAN((length, 1, len(scale)), class_counts, scale, offset, 1, **options)


def num_parameters(network):
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)


def latents_and_labels(architecture, num=3):
    rng = np.random.default_rng(0)
    latents = tf.constant(rng.normal(size=[num, architecture.latent_size]), tf.float32)
    columns = [np.eye(count)[rng.integers(count, size=num)] for count in architecture.class_counts]
    labels = np.concatenate(columns, axis=1) if columns else np.zeros([num, 0])
    return latents, tf.constant(labels, tf.float32)


def waveforms(architecture, num=3):
    return tf.constant(np.random.default_rng(1).uniform(-1, 1, [num, *architecture.data_shape]), tf.float32)


def judged(discriminator, data, noise=None):
    """Returns the scores of `data`; labels do not matter."""
    return discriminator(data, tf.zeros([len(data), 0]), NO_PROGRESS, noise=noise)[0].numpy()


def weights(network, name):
    layer = network.layers_by_name[name]
    return layer.kernel.numpy().astype(np.float64), layer.bias.numpy().astype(np.float64)


def randomize_biases(network):
    """Gives the biases, which start at 0, values, so that a missing one would be seen."""
    rng = np.random.default_rng(5)
    for variable in network.trainable_variables:
        if variable.path.endswith("bias"):
            variable.assign(0.3 * rng.normal(size=variable.shape))


def test_published_sizes_without_labels():
    architecture = WaveGAN((16384, 1, 1), (), (1.0,), (0.0,), 0)
    assert num_parameters(architecture.make_generator()) == 19_065_345
    assert num_parameters(architecture.make_discriminator()) == 17_427_969


@pytest.mark.parametrize(
    "length, start, channels, strides",
    [
        (16384, 16, [8, 4, 2, 1, 1], [4, 4, 4, 4, 4]),
        (32768, 32, [16, 8, 4, 2, 1, 1], [4, 4, 4, 4, 4, 2]),
        (65536, 32, [16, 8, 4, 2, 1, 1], [4, 4, 4, 4, 4, 4]),
    ],
)
def test_layers_are_those_of_the_published_table(length, start, channels, strides):
    architecture = made(length, class_counts=(), dim=1, latent_size=2)
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    assert generator.layers_by_name["dense"].kernel.shape == (2, 16 * start)
    ups = [generator.layers_by_name[f"up_{i}"] for i in range(len(strides))]
    downs = [discriminator.layers_by_name[f"down_{i}"] for i in range(len(strides))]
    assert len(generator.layers_by_name) == len(strides) + 1
    assert [layer.filters for layer in ups] == channels
    assert [layer.stride for layer in ups] == [layer.stride for layer in downs] == strides
    assert [layer.filters for layer in downs] == [2**i for i in range(len(strides))]
    assert discriminator.layers_by_name["logits"].kernel.shape == (16 * start, 1)
    assert all(layer.kernel_size == 25 for layer in ups + downs)


def generated_by_numpy(generator, latents, labels, strides):
    """Returns what the generator should make of float64 inputs, before the data's range."""
    kernel, bias = weights(generator, "dense")
    uniform = np.vectorize(math.erf)(latents / math.sqrt(2.0))
    values = (np.concatenate([uniform, labels], axis=1) @ kernel + bias).reshape(len(latents), 16, -1)
    for index, stride in enumerate(strides):
        kernel, bias = weights(generator, f"up_{index}")
        values = np.maximum(values, 0.0)
        longer = np.zeros([len(values), values.shape[1] * stride + 50, len(bias)])
        for sample in range(values.shape[1]):
            for tap in range(25):
                # 25 samples of room in front; "same" padding takes (25 - stride) // 2 of them away.
                at = 25 + sample * stride - (25 - stride) // 2 + tap
                longer[:, at] += values[:, sample] @ kernel[0, tap].T
        values = longer[:, 25:-25] + bias
    return np.tanh(values)[:, :, np.newaxis]


@pytest.mark.parametrize("length", [32, 64, 128, 256])
def test_generator_equals_its_restatement(length):
    architecture = made(length, scale=(0.5, 2.0), offset=(0.1, -0.2))
    generator, (latents, labels) = architecture.make_generator(), latents_and_labels(architecture)
    randomize_biases(generator)
    expected = generated_by_numpy(generator, latents.numpy(), labels.numpy(), architecture.strides)
    found = generator(latents, labels, NO_PROGRESS).numpy()
    assert found.shape == (3, length, 1, 2)
    np.testing.assert_allclose(found * [0.5, 2.0] + [0.1, -0.2], expected, atol=1e-5)


def features_by_numpy(discriminator, data, strides, shifts):
    """Returns the discriminator's features of normalised data, each layer's output moved by its shift."""
    values = data[:, :, 0].astype(np.float64)
    for index, stride in enumerate(strides):
        kernel, bias = weights(discriminator, f"down_{index}")
        padded = np.pad(values, [(0, 0), ((25 - stride) // 2, 25), (0, 0)])
        length = values.shape[1] // stride
        values = bias + sum(
            padded[:, tap : tap + length * stride : stride] @ kernel[0, tap] for tap in range(25)
        )
        values = np.where(values > 0, values, 0.2 * values)
        shift = shifts[index] if index < len(shifts) else 0
        padded = np.pad(values, [(0, 0), (2, 2), (0, 0)], "reflect")
        values = padded[:, 2 - shift : 2 - shift + length]
    return values.reshape(len(data), -1)


@pytest.mark.parametrize(
    "length, noise, shifts",
    [
        (64, None, []),
        (1024, [0.1, 0.9], [-2, 2]),
        # Six layers: the first four are shuffled, the fifth and the last are not.
        (32768, [0.99, 0.01, 0.7, 0.3], [2, -2, 1, -1]),
    ],
)
def test_discriminator_equals_its_restatement(length, noise, shifts):
    architecture = made(length, dim=1)
    discriminator, data = architecture.make_discriminator(), waveforms(architecture, 2)
    randomize_biases(discriminator)
    assert architecture.judge_noise_size == len(shifts)
    features = features_by_numpy(discriminator, data.numpy(), architecture.strides, shifts)
    noise = None if noise is None else tf.constant(noise)
    score, heads = discriminator(data, tf.zeros([2, 5]), NO_PROGRESS, noise=noise)
    names = ["logits", "class_logits_0", "class_logits_1"]
    for found, name in zip([score, *heads], names, strict=True):
        kernel, bias = weights(discriminator, name)
        np.testing.assert_allclose(found, features @ kernel + bias, atol=2e-5)


@pytest.mark.parametrize(
    "length, size", [(32, 0), (64, 0), (128, 1), (256, 1), (512, 2), (4096, 3), (16384, 4), (262144, 4)]
)
def test_no_more_than_four_layers_are_shuffled_and_never_the_last(length, size):
    assert made(length).judge_noise_size == size
    assert made(length, phase_shuffle=0).judge_noise_size == 0


def test_without_noise_or_with_no_shift_nothing_is_shuffled():
    architecture = made(1024)
    discriminator, data = architecture.make_discriminator(), waveforms(architecture)
    still = judged(discriminator, data)
    np.testing.assert_array_equal(judged(discriminator, data, tf.constant([0.5, 0.5])), still)
    for noise in ([0.9, 0.5], [0.5, 0.1]):
        assert np.all(judged(discriminator, data, tf.constant(noise)) != still)


def test_discriminator_sees_data_in_the_networks_range():
    plain, scaled = made(), made(scale=(0.5,), offset=(0.25,))
    data = waveforms(plain)
    scores = judged(plain.make_discriminator(), data)
    np.testing.assert_allclose(
        judged(scaled.make_discriminator(), (data - 0.25) / 0.5), scores, rtol=1e-4, atol=1e-6
    )


def test_constants_of_the_only_bin_are_those_of_the_channels():
    (latents, labels), found = latents_and_labels(made()), []
    for scale, offset in (((0.5,), (0.25,)), (((0.5,),), ((0.25,),))):
        architecture = WaveGAN((64, 1, 1), (3, 2), scale, offset, 1, dim=2, latent_size=5)
        found.append(architecture.make_generator()(latents, labels, NO_PROGRESS))
    np.testing.assert_array_equal(*found)


def test_latents_are_taken_to_a_uniform_distribution_unless_they_stay_normal():
    kernels = {}
    for latent in ("uniform", "normal"):
        generator = made(class_counts=(), latent=latent, latent_size=1).make_generator()
        first = []
        dense = generator.layers_by_name["dense"]
        generator.layers_by_name["dense"] = lambda values, first=first, dense=dense: (
            first.append(values.numpy()) or dense(values)
        )
        # Quartiles of the normal distribution.
        latents = tf.constant([[-0.6744898], [0.0], [0.6744898], [9.0]])
        generator(latents, tf.zeros([4, 0]), NO_PROGRESS)
        kernels[latent] = first[0][:, 0]
    np.testing.assert_allclose(kernels["uniform"], [-0.5, 0.0, 0.5, 1.0], atol=1e-6)
    np.testing.assert_allclose(kernels["normal"], [-0.6744898, 0.0, 0.6744898, 9.0])


def test_labels_move_the_generator_and_not_the_judgement():
    architecture = made()
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    latents, labels = latents_and_labels(architecture)
    other = tf.roll(labels, 1, axis=1)
    fakes = generator(latents, labels, NO_PROGRESS)
    assert np.abs(fakes - generator(latents, other, NO_PROGRESS)).max() > 1e-5
    np.testing.assert_array_equal(
        discriminator(fakes, labels, NO_PROGRESS)[0], discriminator(fakes, other, NO_PROGRESS)[0]
    )


def test_each_layer_has_first_weights_of_its_own():
    architecture = made(1024, class_counts=(3, 3), dim=1)
    discriminator = architecture.make_discriminator()
    heads = [weights(discriminator, f"class_logits_{i}")[0] for i in range(2)]
    assert np.abs(heads[0] - heads[1]).max() > 0.01
    other = WaveGAN((1024, 1, 1), (3, 3), (1.0,), (0.0,), 2, dim=1, latent_size=5).make_discriminator()
    assert np.abs(weights(other, "down_0")[0] - weights(discriminator, "down_0")[0]).max() > 0.01


def test_bfloat16_keeps_the_waveform_in_float32_and_nearly_its_value():
    fakes, scores = [], []
    for compute_dtype in ("float32", "bfloat16"):
        architecture = WaveGAN((256, 1, 1), (3,), (1.0,), (0.0,), 1, compute_dtype, dim=8)
        generator, (latents, labels) = architecture.make_generator(), latents_and_labels(architecture)
        fakes.append(generator(latents, labels, NO_PROGRESS).numpy())
        scores.append(judged(architecture.make_discriminator(), waveforms(architecture), tf.constant([0.9])))
    assert 0 < np.abs(fakes[1] - fakes[0]).max() < 0.02 * np.abs(fakes[0]).max()
    # A waveform of eight bits would have at most so many values.
    assert not np.array_equal(fakes[1], tf.cast(tf.cast(fakes[1], tf.bfloat16), tf.float32))
    np.testing.assert_allclose(scores[1], scores[0], atol=0.02 * np.abs(scores[0]).max() + 1e-3)


@pytest.mark.parametrize(
    "length, nearest", [(1, 32), (16, 32), (33, 32), (49, 64), (8000, 8192), (64000, 65536), (300000, 262144)]
)
def test_a_length_that_no_layers_lead_to_is_refused_with_the_nearest_that_is(length, nearest):
    with pytest.raises(ValueError, match=f"Received: {length}. Nearest valid: {nearest}"):
        made(length)


def test_spectrograms_are_refused():
    with pytest.raises(ValueError, match="the data are 128 x 256 x 2. Choose --representation=waveform"):
        WaveGAN((128, 256, 2), (), (1.0, 1.0), (0.0, 0.0), 0)


@pytest.mark.parametrize("options", [{"latent_size": 0}, {"dim": 0}, {"phase_shuffle": -1}])
def test_an_option_out_of_range_is_refused(options):
    with pytest.raises(ValueError, match="Expected latent_size >= 1, dim >= 1 and phase_shuffle >= 0"):
        made(**options)


def test_a_shift_longer_than_the_features_is_refused():
    assert made(128, phase_shuffle=31).judge_noise_size == 1
    with pytest.raises(ValueError, match="`phase_shuffle` must be below 32"):
        made(128, phase_shuffle=32)
