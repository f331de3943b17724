"""The original's variables, by name and shape."""

import numpy as np
import tensorflow as tf
from original_program import GOLDEN_DIRECTORY

from gansynth_tf.magenta import names
from gansynth_tf.models import Progressive

# Of the original's only configuration, mel_prog_hires.
PAPER = names.Layout((2, 16), (256, 256, 256, 256, 256, 128, 64, 32), 256, 61)


def test_the_papers_networks_have_the_312_variables_of_the_original():
    lines = (GOLDEN_DIRECTORY / "variables_mel_prog_hires.txt").read_text().splitlines()
    golden = {}
    for line in lines:
        name, kind, shape = line.split("\t")
        golden[name] = (tuple(map(int, shape.strip("[]").split(","))) if shape != "[]" else (), kind)
    assert len(golden) == 312
    assert names.all_variables(PAPER, 7) == golden


def test_a_checkpoint_that_the_original_wrote_has_these_variables_and_no_others():
    reader = tf.train.load_checkpoint(str(GOLDEN_DIRECTORY / "small_ckpt/stage_00012/model.ckpt-216"))
    layout = names.Layout((2, 16), (8, 8, 8, 8, 8, 8, 8, 4), 32, 61)
    found = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    assert found == {name: shape for name, (shape, _) in names.all_variables(layout, 7).items()}


def test_smaller_stages_hold_the_lower_blocks_and_both_heads_only():
    found = {variable.original for variable in names.discriminator_variables(PAPER, 1)}
    blocks = {name.split("progressive_gan_block_")[1].split("/")[0] for name in found if "block" in name}
    assert blocks == {"1"}
    assert "Discriminator/discriminator_cond/classification_logits/dense/kernel" in found
    whole = names.generator_variables(PAPER, 7)
    assert names.generator_variables(PAPER, 3) == [v for v in whole if int(v.path.split("_")[1]) <= 3]


def test_paths_and_shapes_are_those_of_our_networks():
    layout = names.Layout((2, 4), (6, 5, 4, 3), 7, 9)
    ours = Progressive(
        (8, 16, 2),
        (9,),
        (1.0, 1.0),
        (0.0, 0.0),
        0,
        latent_size=7,
        filters=layout.filters,
        condition="classifier",
    )
    for network, variables in (
        (ours.make_generator(), names.generator_variables(layout, 3)),
        (ours.make_discriminator(), names.discriminator_variables(layout, 3)),
    ):
        shapes = {variable.path: tuple(variable.shape) for variable in network.trainable_variables}
        assert shapes == {variable.path: variable.shape for variable in variables}


def test_no_two_variables_share_a_name():
    variables = names.generator_variables(PAPER, 7) + names.discriminator_variables(PAPER, 7)
    assert len({variable.original for variable in variables}) == len(variables) == 88
    assert sum(np.prod(variable.shape) for variable in variables) > 1e7
