"""What a run takes over from another one's weights: exact values, by path, shape and name of class."""

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.models import Progressive
from gansynth_tf.options import UserError
from gansynth_tf.training.growth import GrowthSchedule
from gansynth_tf.training.run_record import RunRecord
from gansynth_tf.training.source import Source
from gansynth_tf.training.transfer import TakenOver, first_arrays, growth_lines, refuse_misfit

DATA_SHAPE = (4, 8, 2)
PITCHES = {"pitch": ("60", "61")}
CHOSEN = {"architecture": ("progressive",), "representation": ("mel_if",)}
FIRST = "block_1_conv0"


def progressive(labels, seed=0, data_shape=DATA_SHAPE, **options):
    options = {"latent_size": 5, "filters": (6, 6, 4)} | options
    counts = tuple(map(len, labels.values()))
    return Progressive(data_shape, counts, (0.5, 0.5), (0.0, 0.1), seed, **options)


def source_of(labels, stage=1, without=(), **options):
    """Returns a source whose every weight is a random number, another one in each network."""
    architecture = progressive(labels, seed=9, **options)
    rng = np.random.default_rng(4)
    first = first_arrays(architecture)
    first |= {
        f"ema/{name.partition('/')[2]}": a for name, a in first.items() if name.startswith("generator/")
    }
    arrays = {name: rng.normal(size=array.shape).astype(np.float32) for name, array in first.items()}
    shapes = tuple(architecture.stage_shape(stage) for stage in range(architecture.num_stages))
    return Source(
        run_dir="runs/notes",
        record=RunRecord(labels, (0.5, 0.5), (0.0, 0.1), 8000, 800, architecture.data_shape),
        chosen=CHOSEN,
        settings={"progressive.latent_size": architecture.latent_size, "progressive.filters": (6, 6, 4)},
        named_slices=architecture.named_slices(),
        stage_shapes=shapes,
        arrays={name: array for name, array in arrays.items() if name.partition("/")[0] not in without},
        counters={"num_images": 75000, "stage": stage},
    )


def taken_over(source, labels, seed=0, **options):
    """Returns (TakenOver, fresh arrays, architecture) of a new run with `labels`."""
    architecture = progressive(labels, seed, **options)
    fresh = first_arrays(architecture)
    fresh |= {
        f"ema/{name.partition('/')[2]}": a for name, a in fresh.items() if name.startswith("generator/")
    }
    return TakenOver(source, fresh, architecture.named_slices(), labels), fresh, architecture


def networks(architecture, arrays, generator_prefix="generator"):
    """Returns the generator and the discriminator with the weights of `arrays`."""
    generator, discriminator = architecture.make_generator(), architecture.make_discriminator()
    for prefix, network in ((generator_prefix, generator), ("discriminator", discriminator)):
        for variable in network.trainable_variables:
            variable.assign(arrays[f"{prefix}/{variable.path}"])
    return generator, discriminator


def latents(num=3, size=5):
    return np.random.default_rng(1).normal(size=[num, size]).astype(np.float32)


def one_hot(labels, **classes):
    """Returns three rows of the labels' input."""
    columns = [np.eye(len(names))[[names.index(classes[label])] * 3] for label, names in labels.items()]
    return np.concatenate(columns, axis=1).astype(np.float32)


def test_where_classes_are_added_an_old_class_sounds_as_before_and_is_judged_as_before():
    source = source_of(PITCHES)
    labels = {"pitch": ("59", "60", "60.5", "61", "62")}
    taken, _, architecture = taken_over(source, labels)
    old, new = networks(progressive(PITCHES), source.arrays), networks(architecture, taken.arrays)
    for pitch in ("60", "61"):
        inputs = [one_hot(names, pitch=pitch) for names in (PITCHES, labels)]
        for progress, stage in ((1.0, 1), (0.4, 1), (0.0, 0)):
            data = [
                generator(latents(), each, tf.constant(progress), stage=stage)
                for generator, each in zip((old[0], new[0]), inputs, strict=True)
            ]
            np.testing.assert_allclose(data[1], data[0], rtol=1e-4, atol=2e-5)
            (score, (logits,)), (new_score, (new_logits,)) = (
                discriminator(data[0], each, tf.constant(progress), stage=stage)
                for discriminator, each in zip((old[1], new[1]), inputs, strict=True)
            )
            np.testing.assert_allclose(new_score, score, rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(new_logits.numpy()[:, [1, 3]], logits, rtol=1e-4, atol=1e-4)


def test_rows_of_latents_stay_and_rows_of_classes_go_with_their_names():
    source = source_of(PITCHES)
    taken, fresh, _ = taken_over(source, {"pitch": ("59", "61", "60")})
    for prefix in ("generator", "ema"):
        before, after = (arrays[f"{prefix}/{FIRST}/kernel"] for arrays in (source.arrays, taken.arrays))
        np.testing.assert_array_equal(after[:, :, :5], before[:, :, :5])
        np.testing.assert_array_equal(after[:, :, [7, 6]], before[:, :, [5, 6]])
        np.testing.assert_array_equal(after[:, :, 5], fresh[f"{prefix}/{FIRST}/kernel"][:, :, 5])
        np.testing.assert_array_equal(
            taken.arrays[f"{prefix}/{FIRST}/bias"], source.arrays[f"{prefix}/{FIRST}/bias"]
        )
    for variable in ("kernel", "bias"):
        name = f"discriminator/class_logits_0/{variable}"
        before, after = source.arrays[name], taken.arrays[name]
        np.testing.assert_array_equal(after[..., [2, 1]], before[..., [0, 1]])
        np.testing.assert_array_equal(after[..., 0], fresh[name][..., 0])
    # The projection divides by the root of its number of inputs: three now, two before.
    name = "discriminator/projection/kernel"
    before, after = source.arrays[name], taken.arrays[name]
    np.testing.assert_allclose(after[[2, 1]], before[[0, 1]] * np.sqrt(3 / 2), rtol=1e-6)
    np.testing.assert_array_equal(after[0], fresh[name][0])


def test_the_average_comes_from_the_average():
    source = source_of(PITCHES)
    taken, _, _ = taken_over(source, PITCHES)
    assert taken.arrays.keys() == source.arrays.keys()
    for name, array in source.arrays.items():
        np.testing.assert_array_equal(taken.arrays[name], array, err_msg=name)
    assert not np.array_equal(taken.arrays[f"ema/{FIRST}/kernel"], taken.arrays[f"generator/{FIRST}/kernel"])


def test_labels_are_matched_by_name_wherever_they_stand():
    source = source_of({"pitch": ("60", "61"), "family": ("flute", "organ")})
    labels = {"family": ("organ", "vocal"), "velocity": ("50", "100"), "pitch": ("61", "60")}
    taken, fresh, _ = taken_over(source, labels)
    before = source.arrays[f"generator/{FIRST}/kernel"]
    after = taken.arrays[f"generator/{FIRST}/kernel"]
    # Inputs are normalised: beside five latents stand three labels now, two before.
    stretch = np.sqrt(8 / 7)
    np.testing.assert_allclose(after[:, :, :5], before[:, :, :5] * stretch, rtol=1e-6)
    np.testing.assert_allclose(after[:, :, [5, 9, 10]], before[:, :, [8, 6, 5]] * stretch, rtol=1e-6)
    for new in (6, 7, 8):
        np.testing.assert_array_equal(after[:, :, new], fresh[f"generator/{FIRST}/kernel"][:, :, new])
    heads = [f"discriminator/class_logits_{label}/kernel" for label in range(3)]
    np.testing.assert_array_equal(taken.arrays[heads[2]], source.arrays[heads[0]][:, [1, 0]])
    np.testing.assert_array_equal(taken.arrays[heads[0]][:, 0], source.arrays[heads[1]][:, 1])
    np.testing.assert_array_equal(taken.arrays[heads[1]], fresh[heads[1]])
    assert taken.lines()[1:] == [
        "Label family: 1 of 2 classes are known there; these start fresh: vocal.",
        "Label velocity: unknown there, starts fresh.",
        "Label pitch: all 2 classes are known there.",
    ]


def test_an_added_label_changes_an_old_sound_only_by_its_own_rows():
    source = source_of(PITCHES)
    labels = PITCHES | {"family": ("flute", "organ")}
    taken, _, architecture = taken_over(source, labels)
    generator, _ = networks(architecture, taken.arrays)
    # A clip without the new label has inputs as long as before; they are fewer than the layer counts on.
    without = np.concatenate([one_hot(PITCHES, pitch="60"), np.zeros([3, 2], np.float32)], axis=1)
    kernel = generator.layers_by_name["block_1_conv0"].kernel
    kernel.assign(kernel / np.sqrt(7 / 6))
    before = networks(progressive(PITCHES), source.arrays)[0](
        latents(), one_hot(PITCHES, pitch="60"), tf.constant(1.0)
    )
    np.testing.assert_allclose(generator(latents(), without, tf.constant(1.0)), before, rtol=1e-4, atol=2e-5)


def test_latents_of_another_size_start_fresh_and_classes_stay():
    source = source_of(PITCHES)
    taken, fresh, _ = taken_over(source, PITCHES, latent_size=7)
    before, after = (arrays[f"generator/{FIRST}/kernel"] for arrays in (source.arrays, taken.arrays))
    np.testing.assert_array_equal(after[:, :, :7], fresh[f"generator/{FIRST}/kernel"][:, :, :7])
    np.testing.assert_allclose(after[:, :, 7:], before[:, :, 5:] * np.sqrt(8 / 6), rtol=1e-6)
    assert taken.lines()[1] == "The latent vector has 7 numbers, 5 there: what it feeds starts fresh."


def test_blocks_of_the_same_path_and_shape_are_shared_and_the_others_named():
    source = source_of(PITCHES)
    taken, fresh, _ = taken_over(source, PITCHES, data_shape=(8, 16, 2), filters=(6, 6, 4, 4))
    for name, array in taken.arrays.items():
        expected = fresh[name] if "/block_3_" in name else source.arrays[name]
        np.testing.assert_array_equal(array, expected, err_msg=name)
    (line,) = taken.lines()[2:]
    assert line == (
        "These layers, unknown there, start fresh: generator block_3_conv0, generator block_3_conv1, generator "
        "block_3_to_rgb, discriminator block_3_from_rgb, discriminator block_3_conv0, discriminator block_3_conv1."
    )
    # Fewer blocks of as large a first one: all of it fits.
    fewer, _, _ = taken_over(source, PITCHES, data_shape=(2, 4, 2), filters=(6, 6))
    assert fewer.lines()[0].count("100 %") == 2
    for name, array in fewer.arrays.items():
        np.testing.assert_array_equal(array, source.arrays[name], err_msg=name)


def test_a_layer_whose_kernel_does_not_fit_leaves_its_bias_too():
    source = source_of(PITCHES)
    # The first block is half as large.
    taken, fresh, _ = taken_over(source, PITCHES, filters=(6, 6, 6, 4))
    for layer in (f"generator/{FIRST}", "discriminator/block_1_conv1"):
        for variable in ("kernel", "bias"):
            name = f"{layer}/{variable}"
            np.testing.assert_array_equal(taken.arrays[name], fresh[name])
    name = "generator/block_1_conv1/kernel"
    np.testing.assert_array_equal(taken.arrays[name], source.arrays[name])
    assert any(
        line.startswith("These layers, of another shape there, start fresh: generator block_1_conv0, ")
        for line in taken.lines()
    )


def test_the_first_line_tells_the_shares():
    source = source_of(PITCHES)
    labels = {"pitch": ("60", "62")}
    taken, fresh, _ = taken_over(source, labels)
    weights = sum(array.size for name, array in fresh.items() if name.startswith("generator/"))
    assert taken.num_taken("generator") == weights - 2 * 4 * 6
    share = math.floor(1000 * (weights - 48) / weights) / 10
    assert taken.lines()[0].startswith(
        f"Starting from runs/notes, after its 75,000 images: {share} % of the generator's weights and "
    )
    assert taken.lines()[1] == "Label pitch: 1 of 2 classes are known there; these start fresh: 62."


def test_a_label_of_the_source_that_is_lost_is_named():
    taken, _, _ = taken_over(source_of({"genre": ("jazz", "rock")}), {"style": ("jazz", "rock")})
    assert taken.lines()[1:3] == [
        "Label style: unknown there, starts fresh.",
        "Known there, and no label of this run: genre.",
    ]


def test_what_had_no_labels_and_what_has_none_fit():
    with_labels, _, _ = taken_over(source_of({}), PITCHES)
    assert with_labels.lines()[1] == "Label pitch: unknown there, starts fresh."
    without, _, _ = taken_over(source_of(PITCHES), {})
    assert without.lines()[0].count("100 %") == 2
    both, _, _ = taken_over(source_of({}), {})
    assert len(both.lines()) == 1


@pytest.mark.parametrize(("missing", "stand_in"), [("ema", "generator"), ("generator", "ema")])
def test_a_save_with_one_generator_gives_both(missing, stand_in):
    source = source_of(PITCHES, without=(missing, "discriminator"))
    taken, fresh, _ = taken_over(source, PITCHES)
    for name, array in source.arrays.items():
        assert name.startswith(stand_in)
        np.testing.assert_array_equal(taken.arrays[f"{missing}/{name.partition('/')[2]}"], array)
    name = "discriminator/block_1_logits/kernel"
    np.testing.assert_array_equal(taken.arrays[name], fresh[name])
    assert "100 % of the generator's weights and 0 % of the discriminator's" in taken.lines()[0]


def test_the_source_is_left_as_it_is():
    source = source_of(PITCHES)
    before = {name: array.copy() for name, array in source.arrays.items()}
    taken_over(source, {"pitch": ("61", "62")})
    for name, array in source.arrays.items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_nothing_that_fits_is_refused_in_one_line_that_names_the_sizes():
    source = source_of(PITCHES)
    other = progressive({}, filters=(5, 7, 9), data_shape=(8, 8, 3))
    settings = {"progressive.latent_size": 5, "progressive.filters": (5, 7, 9)}
    with pytest.raises(UserError) as caught:
        refuse_misfit(source, other, CHOSEN, settings)
    assert str(caught.value) == (
        "--init_from=runs/notes: nothing of it fits this run (data of 4x8x2 there, 8x8x3 here; --progressive.filters "
        "6,6,4 there, 5,7,9 here). Choose its sizes, or leave out --init_from."
    )
    refuse_misfit(source, progressive({}), CHOSEN, settings)
    with pytest.raises(UserError, match="has --architecture=progressive, and this run wavegan"):
        refuse_misfit(source, progressive({}), CHOSEN | {"architecture": ("wavegan",)}, settings)


def test_a_save_that_does_not_fit_its_own_options_is_refused():
    source = source_of(PITCHES)
    edited = source_of({"pitch": ("60", "61", "62")})
    broken = dataclasses.replace(source, named_slices=edited.named_slices, record=edited.record)
    with pytest.raises(UserError, match="has 7 slices where 8 are expected"):
        taken_over(broken, PITCHES)


def test_a_schedule_that_begins_small_is_told_how_to_begin_where_the_source_was():
    source, architecture = source_of(PITCHES), progressive(PITCHES)
    schedule = GrowthSchedule(2, stable_images=(8, 24), fade_images=(16,))
    assert growth_lines(source, architecture, schedule) == [
        "It had reached 4 x 8, and this run begins at 2 x 4. To begin where it was: --stable_images=0,24 "
        "--fade_images=0."
    ]
    full = GrowthSchedule(2, stable_images=(0, 24), fade_images=(0,))
    assert growth_lines(source, architecture, full) == []
    small = source_of(PITCHES, stage=0)
    assert growth_lines(small, architecture, full) == [
        "It had reached 2 x 4, and this run begins at 4 x 8: layers above may never have been trained there."
    ]
    assert growth_lines(small, architecture, schedule) == []
    # Sizes of another first block: neither stage stands for the other's.
    assert growth_lines(source, progressive(PITCHES, data_shape=(8, 8, 2)), schedule) == []
