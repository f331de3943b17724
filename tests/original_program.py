"""Goldens of the original GANSynth program, and its variables under our networks' names.

What the arrays are: tests/golden/gansynth/README.md.
"""

import functools
import json
from pathlib import Path

import numpy as np

from gansynth_tf.losses import LOSSES
from gansynth_tf.models import Progressive
from gansynth_tf.representations import normalization
from gansynth_tf.training.adversarial import AdversarialLosses

GOLDEN_DIRECTORY = Path(__file__).resolve().parent / "golden" / "gansynth"
NUM_CLASSES = 5
NUM_BLOCKS = 4
# Takes every block's output and input into account, as the original does, so that any progress is right at full size.
GENERAL_SUM = {"generator": {"first_output": 1}, "discriminator": {"first_input": 1}}


@functools.cache
def goldens(name):
    """Returns the arrays of a golden file as a dict; do not write to them."""
    with np.load(GOLDEN_DIRECTORY / f"{name}.npz") as arrays:
        return {key: arrays[key] for key in arrays.files}


def progress_points(name):
    """Returns the keys under which a golden file holds the networks' outputs, such as "p2.50", in order."""
    return sorted(
        {key.split("/")[0] for key in goldens(name) if key.startswith("p") and key[1:5].count(".") == 1}
    )


def relative_difference(values, golden):
    """Returns the L2 norm of the difference over the L2 norm of the golden."""
    values, golden = np.asarray(values, np.float64), np.asarray(golden, np.float64)
    assert values.shape == golden.shape
    return np.linalg.norm(values - golden) / np.linalg.norm(golden)


def original_name(network, variable):
    """Returns the name in the original's checkpoints of a variable of one of our networks."""
    layer, kind = variable.path.split("/")[-2:]
    if layer.startswith("class_logits"):
        scope = "Discriminator/discriminator_cond/classification_logits"
    else:
        _, block, part = layer.split("_", 2)
        part_of = "Discriminator" if hasattr(network, "class_counts") else "Generator"
        scope = f"{part_of}/progressive_gan_{part_of.lower()}/progressive_gan_block_{block}/{part}"
    if kind == "bias":
        return f"{scope}/bias"
    return f"{scope}/{'dense' if 'logits' in layer else 'conv2d'}/kernel"


class TinyNetworks:
    """Our networks of a golden file's sizes, filled with its variables.

    Args:
        name: "tiny" or "tiny_linear_rgb".
    """

    def __init__(self, name):
        self.golden = goldens(name)
        self.config = json.loads(str(self.golden["config_json"]))
        config = self.config
        filters = [
            min(config["fmap_base"] // 2**block, config["fmap_max"])
            for block in range(config["num_resolutions"] + 1)
        ]
        self.architecture = Progressive(
            self.golden["real"].shape[1:],
            (NUM_CLASSES,),
            normalization.ORIGINAL_SCALE,
            normalization.ORIGINAL_OFFSET,
            0,
            latent_size=config["latent_vector_size"],
            filters=tuple(filters),
            rgb_activation=config["to_rgb_activation"],
            condition="classifier",
        )
        self.generator = self.architecture.make_generator()
        self.discriminator = self.architecture.make_discriminator()
        self.latents = self.golden["z"]
        self.fake_labels = np.eye(NUM_CLASSES, dtype=np.float32)[self.golden["labels_gen"]]
        self.real_labels = np.eye(NUM_CLASSES, dtype=np.float32)[self.golden["labels_real"]]
        self.fill()

    def fill(self, prefix="var0", suffix=""):
        """Assigns the golden variables; with a suffix ("/ExponentialMovingAverage") those of the generator only."""
        networks = [self.generator] if suffix else [self.generator, self.discriminator]
        for network in networks:
            for variable in network.trainable_variables:
                variable.assign(self.golden[f"{prefix}/{original_name(network, variable)}{suffix}"])

    def losses(self, stage=NUM_BLOCKS - 1, pixels_per_value=1.0, network_options=None):
        """Returns AdversarialLosses with the golden run's weights."""
        loss = LOSSES["wgan_gp"](
            penalty_weight=10.0,
            penalty_target=self.config["gradient_penalty_target"],
            drift_weight=self.config["real_score_penalty_weight"],
        )
        return AdversarialLosses(
            self.generator,
            self.discriminator,
            loss,
            stage=stage,
            pixels_per_value=pixels_per_value,
            generator_label_weight=self.config["generator_ac_loss_weight"],
            discriminator_label_weight=self.config["discriminator_ac_loss_weight"],
            network_options=network_options,
        )
