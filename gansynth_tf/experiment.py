"""An experiment: the chosen parts and their options; the only place that knows every catalogue."""

import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gansynth_tf import __version__, flagfiles, options
from gansynth_tf.data import DATASETS
from gansynth_tf.data.labels import Labels, check_names, renames_and_changes
from gansynth_tf.data.missing import ClassesAlone, RecordingsMissing
from gansynth_tf.data.union import Union
from gansynth_tf.losses import LOSSES
from gansynth_tf.models import ARCHITECTURES
from gansynth_tf.options import Settings, Specification, UserError
from gansynth_tf.representations import REPRESENTATIONS
from gansynth_tf.training import devices, record_making
from gansynth_tf.training.growth import GrowthSchedule
from gansynth_tf.training.observers.alarm import DiversityAlarm
from gansynth_tf.training.observers.evaluations import Evaluations
from gansynth_tf.training.options import AdversarialTraining
from gansynth_tf.training.source import Source, load_source

CATALOGUES = {
    "dataset": DATASETS,
    "representation": REPRESENTATIONS,
    "architecture": ARCHITECTURES,
    "loss": LOSSES,
}
ALWAYS_CHOSEN = {"alarm": DiversityAlarm, "evaluate": Evaluations}
FLAGFILE_NAME = "experiment.cfg"


class Experiment:
    """The parts that make a run, built from settings when they are first asked for.

    Args:
        settings: Values of all options by full name, from `specification()`.
        dataset: Where clips and their labels come from; several are trained on together, as groove,gtzan.
        representation: What the networks see of the audio.
        architecture: The generator and the discriminator.
        loss: The adversarial loss.
        labels: Labels that condition the model, as genre,pitch. Empty is the first label of the dataset; none trains
            without labels.
        label_map: Changes of classes: genre:hip-hop=rap renames (or merges, if rap exists), genre:noise= drops the
            class and its clips. Changes of labels come first: style=genre, or groove.style=genre for one dataset of
            several; labels of one name are one.
        dataset_weights: Shares of the images that are drawn of each dataset, in their order, as 1,2; empty draws every
            clip equally often.
        download: Fetch datasets that are not on disk, where that is possible. Nothing is fetched without it.
        channels: Mix recordings to mono, or keep stereo where the representation can.
        sample_rate: In hertz; recordings of other rates are resampled.
        length_samples: Samples of a clip, 32000 being 2 s at the default sample rate.
        seed: Of everything that is drawn: first weights, order of clips, latents.

    Attributes:
        planning: Set to True before a dataset is asked for, lets one whose recordings are missing stand there with the
            classes that its options tell: for a dry run.
        missing: What is missing of the datasets that stand there in this way, {dataset: text}.

    Raises:
        UserError: If an option is out of range.
    """

    how_to_run = frozenset({"download"})

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        dataset: tuple[str, ...] = ("grooves",),
        representation: str = "mel_if",
        architecture: str = "progressive",
        loss: str = "non_saturating",
        labels: tuple[str, ...] | None = (),
        label_map: tuple[str, ...] = (),
        dataset_weights: tuple[float, ...] = (),
        download: bool = False,
        channels: Literal["mono", "stereo"] = "mono",
        sample_rate: int = 16000,
        length_samples: int = 32000,
        seed: int = 0,
    ):
        if sample_rate < 1 or length_samples < 1:
            raise UserError(
                "Expected --sample_rate and --length_samples of at least 1. "
                f"Received: {sample_rate}, {length_samples}."
            )
        if not 0 <= seed < 2**31:
            raise UserError(f"--seed takes a whole number from 0 to 2147483647. Received: {seed}.")
        if not dataset or len(set(dataset)) < len(dataset):
            raise UserError(
                f"--dataset takes one or more names, none twice. Received: {','.join(dataset)!r}."
            )
        if dataset_weights and (len(dataset_weights) != len(dataset) or min(dataset_weights) <= 0):
            raise UserError(
                f"--dataset_weights takes one positive number for each of {','.join(dataset)}. "
                f"Received: {','.join(map(str, dataset_weights))}."
            )
        self.chosen = {
            "dataset": tuple(dataset),
            "representation": (representation,),
            "architecture": (architecture,),
            "loss": (loss,),
        }
        self.settings = _of_chosen_parts(settings, self.chosen)
        self.sample_rate = sample_rate
        self.length_samples = length_samples
        self.seed = seed
        self.num_channels = {"mono": 1, "stereo": 2}[channels]
        self._label_names = labels
        self._renames, self._label_map = renames_and_changes(label_map)
        self._dataset_weights = dataset_weights
        self._download = download
        self.planning = False
        self.missing: dict[str, str] = {}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], given: Iterable[str] | None = None) -> "Experiment":
        """Returns the experiment of `settings`; what they lack keeps its default.

        Args:
            settings: Values by full name.
            given: The names that the user gave; None means all of `settings`.

        Raises:
            UserError: If a name or a value is wrong, or an option of a part that is not chosen was given.
        """
        spec = specification()
        complete = options.defaults(spec)
        for name, value in settings.items():
            if name not in spec:
                raise options.unknown_option(name, spec)
            complete[name] = spec[name].checked(value)
        chosen = {chooser: _keys(complete[chooser]) for chooser in CATALOGUES}
        options.refuse_unchosen(settings if given is None else given, chosen, CATALOGUES)
        return options.build(cls, complete, settings=complete)

    @classmethod
    def from_flagfile(cls, path) -> "Experiment":
        """Returns the experiment of a flagfile."""
        return cls.from_settings(flagfiles.read_flagfile(path, specification()))

    def starting_from(self, init_from: str) -> "Experiment":
        """Returns the same experiment with another source; its parts are built anew."""
        other = Experiment.from_settings(self.settings | {"init_from": init_from})
        other.planning = self.planning
        return other

    def save(self, run_dir) -> Path:
        """Writes the flagfile that repeats this run into `run_dir`, atomically, and returns its path."""
        path = Path(run_dir) / FLAGFILE_NAME
        header = [
            "Everything that this run was started with. To continue it, also after the folder was moved:",
            f"  python train.py --flagfile=<this folder>/{FLAGFILE_NAME}",
            f"gansynth_tf {__version__}",
        ]
        flagfiles.write_flagfile(path, self.settings, specification(), header)
        return path

    @property
    def identity_settings(self) -> Settings:
        """The settings that make this run what it is: all but those of how to run."""
        spec = specification()
        return {name: value for name, value in self.settings.items() if not spec[name].how_to_run}

    @property
    def data_fingerprint(self) -> str:
        """What determines the data of a clip besides the dataset: the representation, its code and its options."""
        (prefix,) = self.chosen["representation"]
        own = {name: value for name, value in self.settings.items() if name.rpartition(".")[0] == prefix}
        sizes = {"sample_rate": self.sample_rate, "length_samples": self.length_samples}
        return json.dumps([prefix, REPRESENTATIONS[prefix].data_version, own | sizes], sort_keys=True)

    def check(self) -> None:
        """Builds every part that costs little, so that a mistake is found before any work and any recording is read.

        Raises:
            UserError: Names the part and the option.
        """
        for name in ("strategy", "loss", "representation", "training", "growth", "dataset"):
            getattr(self, name)
        if self.training.normalization == "original":
            record_making.original_constants(self.representation)
        check_names(self.dataset.labels, self._label_names, self._label_map)

    def check_labels(self) -> None:
        """Refuses labels and shares that the recordings cannot teach; reads the recordings, if nobody has.

        Raises:
            UserError: Names the label, and what it lacks.
        """
        _ = self.labels, self.mixture

    def build(self, part, *positional: Any, prefix: str = "") -> Any:
        """Returns `part` with its options of this experiment; see `options.build`."""
        return options.build(part, *positional, settings=self.settings, prefix=prefix)

    @functools.cached_property
    def dataset(self):
        """The dataset, or the union of several; it knows its labels, and reads audio only when asked for clips."""
        chosen = {key: self._chosen_dataset(key) for key in self.chosen["dataset"]}
        if len(chosen) == 1 and not self._renames:
            return next(iter(chosen.values()))
        return Union(chosen, self._renames)

    def _chosen_dataset(self, key: str) -> Any:
        """Returns a dataset of the catalogue, or its classes alone if that is enough and all that is known."""
        sizes = self.sample_rate, self.length_samples, self.num_channels
        try:
            return self.build(DATASETS[key], *sizes, self._download, prefix=key)
        except RecordingsMissing as error:
            if not self.planning:
                raise
            self.missing[key] = str(error)
            return ClassesAlone(error, *sizes)

    @functools.cached_property
    def mixture(self) -> tuple[np.ndarray, tuple[float, ...]] | None:
        """(which dataset each used training clip is of, the datasets' shares of the images), or None without shares."""
        if not self._dataset_weights or len(self.chosen["dataset"]) == 1:
            return None
        groups = self.dataset.groups("train")[self.labels.clips("train")]
        for number, key in enumerate(self.chosen["dataset"]):
            if number not in groups:
                raise UserError(
                    f"--dataset_weights gives {key} a share of the images, but it has no training clip that is used. "
                    "Give it clips, drop fewer of its classes, or leave it out of --dataset."
                )
        return groups, self._dataset_weights

    @functools.cached_property
    def labels(self) -> Labels:
        """The labels that condition the model, their classes after `label_map`."""
        return Labels(self.dataset, self._label_names, self._label_map)

    @functools.cached_property
    def representation(self):
        """The representation of this experiment's clips."""
        representation = self._part("representation", self.sample_rate, self.length_samples)
        if self.num_channels not in representation.channel_counts:
            (key,) = self.chosen["representation"]
            raise UserError(f"--channels=stereo: the representation {key} takes mono only. Leave it out.")
        return representation

    @functools.cached_property
    def loss(self):
        """The adversarial loss."""
        return self._part("loss")

    @functools.cached_property
    def growth(self) -> GrowthSchedule:
        """The schedule of stages."""
        num_channels = self.representation.shape[-1]
        plain = self.architecture((1.0,) * num_channels, (0.0,) * num_channels, class_counts=())
        return self.build(GrowthSchedule, plain.num_stages)

    @functools.cached_property
    def strategy(self):
        """The tf.distribute strategy of this machine's devices; asked for before TensorFlow computes anything."""
        try:
            strategy = devices.make_strategy(self.training.num_replicas)
            self.training.check_replicas(strategy.num_replicas_in_sync)
        except ValueError as error:
            raise UserError(str(error)) from error
        return strategy

    @functools.cached_property
    def training(self) -> AdversarialTraining:
        """How the networks are trained."""
        return self.build(AdversarialTraining)

    def source(self) -> Source | None:
        """Returns the run that `init_from` names, its newest good save read now; None if none is named.

        Raises:
            UserError: If there is no such run, or no good save of it.
        """
        named = self.training.init_from
        return load_source(named, FLAGFILE_NAME, Experiment.from_flagfile) if named else None

    def architecture(self, scale, offset, *, class_counts=None, compute_dtype=None):
        """Returns the pair of networks.

        Args:
            scale: [channels] factor that normalises data.
            offset: [channels] added after it.
            class_counts: Classes of each label; None means those of this experiment's labels.
            compute_dtype: Of the convolutions: "float32" or "bfloat16"; None follows the option `precision`.
        """
        if compute_dtype is None:
            compute_dtype = devices.compute_dtype(self.training.precision)
        if class_counts is None:
            class_counts = tuple(len(classes) for classes in self.labels.classes.values())
        data_shape = self.representation.shape
        return self._part("architecture", data_shape, class_counts, scale, offset, self.seed, compute_dtype)

    def _part(self, chooser: str, *positional: Any) -> Any:
        (key,) = self.chosen[chooser]
        return self.build(CATALOGUES[chooser][key], *positional, prefix=key)


@functools.cache
def specification() -> Specification:
    """Returns every option of an experiment: bare ones first, then those of every part in the catalogues."""
    parts: dict[str, Any] = {"": (Experiment, GrowthSchedule, AdversarialTraining), **ALWAYS_CHOSEN}
    for chooser, catalogue in CATALOGUES.items():
        twice = parts.keys() & catalogue.keys()
        if twice:
            raise TypeError(f"{sorted(twice)} of the catalogue `{chooser}` are already keys of another one.")
        parts |= catalogue
    spec = options.specification(parts)
    for chooser, catalogue in CATALOGUES.items():
        spec[chooser] = dataclasses.replace(spec[chooser], choices=tuple(catalogue))
    return spec


def _keys(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """Returns the value of an option that chooses as a tuple, whether it takes one key or several."""
    return value if isinstance(value, tuple) else (value,)


def _of_chosen_parts(settings: Mapping[str, Any], chosen: Mapping[str, tuple[str, ...]]) -> Settings:
    """Returns the settings without those of parts that are not chosen."""
    keys = {"", *ALWAYS_CHOSEN, *(key for keys in chosen.values() for key in keys)}
    return {name: value for name, value in settings.items() if name.rpartition(".")[0] in keys}
