"""experiment.json of the original: its keys, their defaults, and what it says that our networks cannot do."""

import dataclasses
import math
from typing import Any

from gansynth_tf.magenta.names import Layout
from gansynth_tf.magenta.schedule import StageSchedule
from gansynth_tf.options import WorkFailed

NAME = "experiment.json"
# What the original takes for a key that the file lacks, and writes into new ones. The keys of how and where it ran
# (master, ps_tasks, task, debug_hook, train_root_dir, tfds_data_dir, ...) mean nothing to us and are written only.
DEFAULTS: dict[str, Any] = {
    "data_type": "mel",
    "audio_length": 64000,
    "sample_rate": 16000,
    "data_normalizer": "specgrams_prespecified_normalizer",
    "normalizer_margin": 0.8,
    "normalizer_num_examples": 1000,
    "mag_normalizer_a": 0.0661371661726,
    "mag_normalizer_b": 0.113718730221,
    "p_normalizer_a": 0.8,
    "p_normalizer_b": 0.0,
    "gradient_penalty_target": 1.0,
    "gradient_penalty_weight": 10.0,
    "real_score_penalty_weight": 0.001,
    "generator_ac_loss_weight": 1.0,
    "discriminator_ac_loss_weight": 1.0,
    "gen_gl_consistency_loss_weight": 0.0,
    "generator_learning_rate": 0.0004,
    "discriminator_learning_rate": 0.0004,
    "adam_beta1": 0.0,
    "adam_beta2": 0.99,
    "fake_batch_size": 16,
    "batch_size_schedule": [16, 8],
    "stable_stage_num_images": 32,
    "transition_stage_num_images": 32,
    "total_num_images": 320,
    "save_summaries_num_images": 100,
    "train_progressive": True,
    "train_time_limit": None,
    "train_time_stage_multiplier": 1.0,
    "g_fn": "specgram",
    "d_fn": "specgram",
    "latent_vector_size": 256,
    "kernel_size": 3,
    "start_height": 4,
    "start_width": 8,
    "scale_mode": "ALL",
    "scale_base": 2,
    "num_resolutions": 7,
    "simple_arch": False,
    "to_rgb_activation": "tanh",
    "fmap_base": 512,
    "fmap_decay": 1.0,
    "fmap_max": 128,
}
PRESPECIFIED = "specgrams_prespecified_normalizer"
FITTED = "specgrams_simple_normalizer"
FITTED_BINS = "specgrams_freq_normalizer"
# (key, what is allowed, why nothing else).
_ALLOWED = (
    ("data_type", ("mel", "linear", "phase"), "the other kinds of data have no counterpart here"),
    ("simple_arch", (False,), "networks of the simple kind have no counterpart here"),
    ("g_fn", ("specgram",), "other networks have no counterpart here"),
    ("d_fn", ("specgram",), "other networks have no counterpart here"),
    ("data_normalizer", (PRESPECIFIED, FITTED, FITTED_BINS), "our discriminator always normalises and clips"),
    ("scale_mode", ("ALL",), "our networks double frames and bins"),
    ("scale_base", (2,), "our networks double frames and bins"),
    ("kernel_size", (3,), "our kernels are 3 x 3"),
    ("to_rgb_activation", ("tanh", "linear"), "there are no others"),
    ("train_time_limit", (None,), "growth by the clock has no counterpart here"),
)
_AT_LEAST = {
    "audio_length": 1,
    "sample_rate": 1,
    "stable_stage_num_images": 1,
    "transition_stage_num_images": 1,
    "total_num_images": 1,
    "latent_vector_size": 1,
    "start_height": 1,
    "start_width": 1,
    "num_resolutions": 1,
    "fmap_base": 1,
    "fmap_max": 1,
    "fmap_decay": 0,
    "generator_ac_loss_weight": 0,
    "discriminator_ac_loss_weight": 0,
}
# More would be a slip: sixteen sizes are 2**15 times the start.
_AT_MOST = {"num_resolutions": 16, "fmap_decay": 16}


@dataclasses.dataclass(frozen=True)
class OriginalSettings:
    """The settings of a folder of the original, complete and checked.

    Args:
        values: Those of experiment.json that are known, and the original's defaults.

    Raises:
        WorkFailed: Names the key whose value is no such value, out of range or not to be had here.
    """

    values: dict[str, Any]

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "OriginalSettings":
        """Returns the settings of the content of experiment.json; keys that are not known are not looked at."""
        values = {}
        for key, default in DEFAULTS.items():
            values[key] = _checked(key, content.get(key, default), default)
        for key, allowed, reason in _ALLOWED:
            if values[key] not in allowed:
                expected = " or ".join(repr(value) for value in allowed)
                raise WorkFailed(f"{NAME}: {key} is {values[key]!r}, expected {expected}: {reason}.")
        for bounds, words in ((_AT_LEAST, "at least"), (_AT_MOST, "at most")):
            for key, bound in bounds.items():
                if values[key] < bound if bounds is _AT_LEAST else values[key] > bound:
                    raise WorkFailed(f"{NAME}: {key} is {values[key]!r}, expected {words} {bound}.")
        return cls(values)

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    @property
    def filters(self) -> tuple[int, ...]:
        """Channels of the blocks from 0."""
        return filters(self["fmap_base"], self["fmap_decay"], self["fmap_max"], self["num_resolutions"] + 1)

    @property
    def data_shape(self) -> tuple[int, int]:
        """(frames, bins) at the full size."""
        factor = 2 ** (self["num_resolutions"] - 1)
        return self["start_height"] * factor, self["start_width"] * factor

    @property
    def schedule(self) -> StageSchedule:
        """The stages."""
        return StageSchedule(
            self["num_resolutions"],
            self["stable_stage_num_images"],
            self["transition_stage_num_images"],
            self["total_num_images"],
            self["train_progressive"],
        )

    def layout(self, num_classes: int) -> Layout:
        """Returns the sizes of the networks' variables."""
        start_shape = self["start_height"], self["start_width"]
        return Layout(start_shape, self.filters, self["latent_vector_size"], num_classes)


def filters(base: float, decay: float, most: int, count: int) -> tuple[int, ...]:
    """Returns the channels of the first `count` blocks, from 0: halved from block to block where decay is 1."""
    return tuple(int(min(base / 2.0 ** (block * decay), most)) for block in range(count))


def _checked(key: str, value: Any, default: Any) -> Any:
    """Returns a value of experiment.json in the type of its default, or says what was expected."""
    if default is None:  # Only `train_time_limit`, of which nothing but None is allowed.
        return value
    if isinstance(default, bool) and isinstance(value, bool):
        return value
    if isinstance(default, str) and isinstance(value, str):
        return value
    if isinstance(default, list) and isinstance(value, list) and value:
        sizes = tuple(_checked(key, size, default[0]) for size in value)
        if min(sizes) > 0:
            return sizes
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
    if is_number and isinstance(default, float):
        return float(value)
    if (
        is_number
        and isinstance(default, int)
        and not isinstance(default, bool)
        and value == math.floor(value)
    ):
        return int(value)
    kinds = {bool: "true or false", str: "text", list: "a list of whole numbers", float: "a number"}
    expected = kinds.get(type(default), "a whole number")
    raise WorkFailed(f"{NAME}: {key} is {value!r}, expected {expected}.")
