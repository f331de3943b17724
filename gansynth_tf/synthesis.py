"""Sound from a trained run: needs the run's folder only, no dataset and no GPU."""

import difflib
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from gansynth_tf.experiment import FLAGFILE_NAME, Experiment
from gansynth_tf.layers.one_hot import one_hot
from gansynth_tf.options import UserError
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import FILE_NAME, RunRecord

# Every network call has this many clips, whatever is asked for: the same clip always stands in the same place of a
# batch of the same size, so that its bytes do not depend on how many are asked for.
BATCH_SIZE = 8


def load(run_dir: str | os.PathLike, num_images: int | None = None) -> "Synthesizer":
    """Returns the instrument that a save of a run makes.

    Args:
        run_dir: Folder of the run.
        num_images: Images that the save was trained on; None takes the newest good one.

    Raises:
        UserError: If the folder holds no run, or no save yet, or not this one.
    """
    run_dir = Path(run_dir)
    for name in (FLAGFILE_NAME, FILE_NAME):
        if not (run_dir / name).is_file():
            raise UserError(
                f"{run_dir} is not the folder of a run that has started training: {name} is missing. "
                f"Train one first: python train.py --flagfile=flags/genre.cfg --run_dir={run_dir}"
            )
    experiment = Experiment.from_flagfile(run_dir / FLAGFILE_NAME)
    try:
        record = RunRecord.load(run_dir)
    except ValueError as error:
        raise UserError(str(error)) from error
    store = CheckpointStore(run_dir / "checkpoints")
    checkpoint = store.latest() if num_images is None else store.saves().get(num_images)
    if checkpoint is None:
        which = "no good save yet" if num_images is None else f"no save of {num_images} images"
        raise UserError(
            f"{run_dir} holds {which}. Training saves every few minutes and when it is stopped with Ctrl-C."
        )
    try:
        arrays, metadata = store.load(checkpoint)
    except OSError as error:
        raise UserError(f"{checkpoint} cannot be read: {error.strerror}. Start again.") from error
    except ValueError as error:
        raise UserError(str(error)) from error
    return Synthesizer(experiment, record, arrays, metadata, notes=tuple(store.notes))


def spherical_path(start, end, positions):
    """Returns the points of the great arc from one latent to another.

    Gaussian latents lie near a sphere, whose inside the generator has never seen; a straight line would cut through
    it.

    Args:
        start: [latent_size] float.
        end: [latent_size] float.
        positions: [num] float; 0 is `start`, 1 is `end`.

    Returns:
        [num, latent_size] float64. Latents that point the same way are joined by a straight line.

    Raises:
        ValueError: If the two point in opposite ways, so that there is no one shortest arc.

    Source: Shoemake, Animating rotation with quaternion curves, 1985; GANSynth's generate_util.slerp.
    """
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    positions = np.asarray(positions, np.float64)[:, np.newaxis]
    cosine = np.dot(start / np.linalg.norm(start), end / np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if np.pi - angle < 1e-6:
        raise ValueError("`start` and `end` point in opposite directions. Choose another end.")
    if angle < 1e-6:
        return (1.0 - positions) * start + positions * end
    return (np.sin((1.0 - positions) * angle) * start + np.sin(positions * angle) * end) / np.sin(angle)


class Synthesizer:
    """A trained generator with its representation: labels and a seed in, audio out.

    Args:
        experiment: The run's experiment; its dataset is not opened.
        record: What the run's dataset was like.
        arrays: {name: array} of a save; those under `ema/` are used, the averaged weights.
        metadata: Its `num_images` and `stage`.
        notes: What the user should know about the save, as that a newer one is damaged.

    Attributes:
        labels: {label: its class names}.
        sample_rate: In hertz.
        length_samples: Samples of a clip.
        num_images: Images that the generator was trained on.
        latent_size: Numbers of a latent.
        notes: As given.

    Raises:
        UserError: If the save does not fit the experiment.
    """

    def __init__(
        self,
        experiment: Experiment,
        record: RunRecord,
        arrays: Mapping[str, np.ndarray],
        metadata: Mapping[str, int],
        notes: tuple[str, ...] = (),
    ):
        self.labels = record.labels
        self.sample_rate = record.sample_rate
        self.length_samples = record.length_samples
        self.num_images = metadata["num_images"]
        self.notes = notes
        self._class_counts = tuple(len(classes) for classes in record.labels.values())
        self._architecture = experiment.architecture(
            record.scale, record.offset, class_counts=self._class_counts
        )
        self.latent_size = self._architecture.latent_size
        self._representation = experiment.representation
        self._generator = self._architecture.make_generator()
        _take_weights(self._generator, arrays)
        self._stage = metadata["stage"]
        # A save at the very start of a fade still belongs to the stage before.
        self._progress = min(float(self._stage), experiment.growth.progress(self.num_images))
        self._render = tf.function(self._rendered)

    def generate(
        self,
        labels: Mapping[str, str],
        num_samples: int,
        seed: int,
        *,
        interpolate_to: int | None = None,
    ) -> np.ndarray:
        """Returns newly made clips.

        Clip i depends on the seed, the labels and i only, not on `num_samples`; its bytes are the same wherever the
        same versions run on the same kind of processor.

        Args:
            labels: {label: class}, as {"genre": "jazz"}. A label that is left out is drawn anew for each clip.
            num_samples: Number of clips.
            seed: Not negative. Another seed, other clips.
            interpolate_to: If given, the clips lie on the spherical path from this seed's first clip to that of
                `interpolate_to`; then clip i depends on `num_samples` too.

        Returns:
            [num_samples, length_samples] float32; 1 is full scale, which peaks may exceed.

        Raises:
            UserError: If a label or class is unknown or a number out of range.
        """
        return self.generate_with_rows(labels, num_samples, seed, interpolate_to=interpolate_to)[0]

    def generate_with_rows(
        self,
        labels: Mapping[str, str],
        num_samples: int,
        seed: int,
        *,
        interpolate_to: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns newly made clips and which class of each label each of them has.

        Args:
            labels: As in `generate`.
            num_samples: As in `generate`.
            seed: As in `generate`.
            interpolate_to: As in `generate`.

        Returns:
            audio: [num_samples, length_samples] float32.
            rows: [num_samples, labels] int32, the class of each label, in the order of `labels`.
        """
        labels = self.checked_labels(labels)
        if num_samples < 1:
            raise UserError(f"Expected `num_samples` of at least 1. Received: {num_samples}.")
        if min(seed, interpolate_to or 0) < 0:
            raise UserError(f"Seeds are 0 or more. Received: {seed}, {interpolate_to}.")
        latents, rows = self._draw(labels, num_samples, seed)
        if interpolate_to is not None:
            last_latents, _ = self._draw(labels, 1, interpolate_to)
            positions = np.linspace(0.0, 1.0, num_samples)
            latents = spherical_path(latents[0], last_latents[0], positions).astype(np.float32)
            rows[:] = rows[0]
        return self.play(latents, rows), rows

    def play(self, latents: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Returns the clips of given latents.

        Args:
            latents: [num, latent_size] float32, standard normal.
            rows: [num, labels] int32, the class of each label; -1 for none.

        Returns:
            [num, length_samples] float32; 1 is full scale, which peaks may exceed.
        """
        audio = []
        for start in range(0, len(latents), BATCH_SIZE):
            one_hot_labels = one_hot(_padded(rows[start : start + BATCH_SIZE]), self._class_counts)
            audio.append(self._render(_padded(latents[start : start + BATCH_SIZE]), one_hot_labels).numpy())
        return np.concatenate(audio)[: len(latents)]

    def checked_labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Returns `labels` in the order of the model's labels.

        Raises:
            UserError: Names the unknown label or class and what there is.
        """
        for label, class_name in labels.items():
            if not self.labels:
                raise UserError(f"This run was trained without labels. Received: {label}={class_name}.")
            if label not in self.labels:
                raise UserError(
                    f"There is no label {label!r} in this run, but {', '.join(self.labels)}."
                    + _suggestion(label, self.labels)
                )
            if class_name not in self.labels[label]:
                raise UserError(
                    f"There is no {label} {class_name!r} in this run, but {_listed(self.labels[label])}."
                    + _suggestion(class_name, self.labels[label])
                )
        return {label: labels[label] for label in self.labels if label in labels}

    def _draw(self, labels, num_samples, seed):
        """Returns latents [num_samples, latent_size] float32 and rows [num_samples, labels] int32."""
        label_hash = zlib.crc32("\n".join(f"{label}={name}" for label, name in labels.items()).encode())
        latents = np.empty([num_samples, self._architecture.latent_size], np.float32)
        rows = np.empty([num_samples, len(self.labels)], np.int32)
        for i in range(num_samples):
            rng = np.random.default_rng([seed, label_hash, i])
            latents[i] = rng.standard_normal(self._architecture.latent_size)
            for column, (label, classes) in enumerate(self.labels.items()):
                drawn = rng.integers(len(classes))
                rows[i, column] = classes.index(labels[label]) if label in labels else drawn
        return latents, rows

    def _rendered(self, latents, one_hot_labels):
        """Returns the audio of one batch."""
        progress = tf.constant(self._progress, tf.float32)
        data = self._generator(latents, one_hot_labels, progress, stage=self._stage)
        return self._representation.to_audio(self._architecture.full_data(data))


def _take_weights(generator, arrays):
    """Assigns the averaged weights of a save to `generator`, or says what does not fit."""
    for variable in generator.trainable_variables:
        array = arrays.get(f"ema/{variable.path}")
        if array is None or array.shape != tuple(variable.shape):
            raise UserError(
                f"The save does not fit the run's options: ema/{variable.path} should have the shape "
                f"{tuple(variable.shape)}. Received: {'nothing' if array is None else array.shape}. "
                f"Was {FLAGFILE_NAME} edited?"
            )
        variable.assign(array)


def _padded(values):
    """Returns `values` with zeros after them up to BATCH_SIZE."""
    missing = BATCH_SIZE - len(values)
    return np.concatenate([values, np.zeros((missing, *values.shape[1:]), values.dtype)])


def _listed(names: Sequence[str]) -> str:
    """Returns the first of many names, readable."""
    shown = ", ".join(names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"


def _suggestion(name: str, known) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""
