"""Clips that are evaluated, and the saves of a run where they come from."""

import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gansynth_tf import __version__, synthesis
from gansynth_tf.data.labels import listed
from gansynth_tf.evaluation.suite.evidence import LATENT_STREAM
from gansynth_tf.experiment import FLAGFILE_NAME, Experiment
from gansynth_tf.options import UserError
from gansynth_tf.training import devices
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord

NEWEST, ALL = "newest", "all"
_BATCH = 64
_TIMED_RUNS = 10


@dataclasses.dataclass(frozen=True)
class Clips:
    """A set of clips that can be made again and again, the same each time.

    Args:
        step: Images that the generator was trained on; None for a folder.
        rows: [num_clips, num_labels] class of each label, -1 for none.
        latents: [num_clips, latent_size], or None.
        facts: What the clips follow from, fit for JSON.
        play: Returns [num, length_samples] float32 of the numbers of some clips.
        time_factor: Returns what a second of sound takes, and by what; None for a folder.
    """

    step: int | None
    rows: np.ndarray
    latents: np.ndarray | None
    facts: dict[str, Any]
    play: Callable[[np.ndarray], np.ndarray]
    time_factor: Callable[[], "TimeFactor"] | None = None

    def batches(self) -> Iterator[np.ndarray]:
        """Yields all clips, a few at a time."""
        for start in range(0, len(self.rows), _BATCH):
            yield self.play(np.arange(start, min(start + _BATCH, len(self.rows))))


@dataclasses.dataclass(frozen=True)
class TimeFactor:
    """What it takes to make sound.

    Args:
        seconds_a_second: Wall time of a second of sound, of each of some runs after the first.
        conditions: {what: value}: the device, clips at a time, arithmetic.
    """

    seconds_a_second: tuple[float, ...]
    conditions: dict[str, Any]


class RunSource:
    """The saves of a run, each played by the same labels and latents.

    Args:
        run_dir: Folder of the run.
        checkpoints: NEWEST, ALL, or numbers of images.
        experiment: The run's own where it is open already; None opens it.

    Attributes:
        name: What rows call the run.
        experiment: With its data.
        notes: What the user should know, lines of text.
        sample_rate: In hertz.
        length_samples: Length of a clip.
        representation: What the model works in, with its size.
        steps: Numbers of images, increasing.
        num_clips: None: as many as are wanted.

    Raises:
        UserError: If the folder holds no run or no such save.
    """

    num_clips = None
    notes: tuple[str, ...] = ()

    def __init__(
        self, run_dir: str, checkpoints: Sequence[str] = (NEWEST,), experiment: Experiment | None = None
    ):
        self._folder = Path(run_dir)
        if not (self._folder / FLAGFILE_NAME).is_file():
            raise UserError(f"--run_dir={run_dir} is not the folder of a run: {FLAGFILE_NAME} is missing.")
        try:
            record = RunRecord.load(self._folder)
        except FileNotFoundError as error:
            raise UserError(f"--run_dir={run_dir} has not started training yet.") from error
        except ValueError as error:
            raise UserError(str(error)) from error
        self.experiment = experiment or Experiment.from_flagfile(self._folder / FLAGFILE_NAME)
        if self.experiment.num_channels != 1:
            raise UserError(f"--run_dir={run_dir} plays stereo, and the suite hears one channel.")
        self.name = self._folder.absolute().name
        self._labels = {name: tuple(classes) for name, classes in record.labels.items()}
        self.sample_rate, self.length_samples = record.sample_rate, record.length_samples
        frames, bins, _ = record.representation_shape
        self.representation = f"{self.experiment.chosen['representation'][0]} {frames}x{bins}"
        self.steps = self._chosen_steps(checkpoints)

    def prepare(self, counted: Callable[[str, str], Any]) -> None:
        """Does nothing: saves were looked at already."""

    def take_labels(self, labels: Mapping[str, tuple[str, ...]]) -> None:
        """Refuses labels {label: class names} of the data that are not the run's."""
        found = {name: tuple(classes) for name, classes in labels.items()}
        if found != self._labels:
            raise UserError(
                f"The data have other classes now than when {self._folder} was trained. Trained on: {self._labels}. "
                f"Found: {found}. Give the former data."
            )

    def facts(self, step: int, rows: np.ndarray, seed: int) -> dict[str, Any]:
        """Returns what the clips of a save follow from, one clip for each row of labels [num_clips, num_labels]."""
        saves, digest = CheckpointStore(self._folder / "checkpoints").saves(), hashlib.sha256()
        if step not in saves:
            raise UserError(
                f"{self._folder} holds no save of {step:,} images any more: training removed it. Start again."
            )
        with open(saves[step], "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return {
            "save": digest.hexdigest()[:32],
            "data": self.experiment.data_fingerprint,
            "seed": seed,
            "rows": hashlib.sha256(np.asarray(rows, np.int32).tobytes()).hexdigest()[:32],
            "version": __version__,
        }

    def clips(self, step: int, rows: np.ndarray, seed: int) -> Clips:
        """Returns the clips of a save, one for each row of labels [num_clips, num_labels]."""
        instrument = synthesis.load(self._folder, step)
        latents = latents_of(len(rows), instrument.latent_size, seed)
        rows = np.asarray(rows, np.int32)

        def play(chosen):
            return instrument.play(latents[chosen], rows[chosen])

        facts = self.facts(step, rows, seed)
        return Clips(step, rows, latents, facts, play, lambda: self._timed(play, len(rows)))

    def _timed(self, play, num_clips):
        """Times a batch of the size that every call has, transforms included, files not."""
        batch = np.arange(min(synthesis.BATCH_SIZE, num_clips))
        play(batch)
        seconds = []
        for _ in range(_TIMED_RUNS):
            began = time.perf_counter()
            play(batch)
            seconds.append(time.perf_counter() - began)
        gpus = tf.config.list_logical_devices("GPU")
        names = [
            tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")
        ]
        audio_seconds = len(batch) * self.length_samples / self.sample_rate
        conditions = {
            "device": names[0].get("device_name", "GPU") if gpus and names else _processor(),
            "batch": len(batch),
            "precision": devices.compute_dtype(self.experiment.training.precision),
            "covers": "network and transform to audio, no files",
        }
        return TimeFactor(tuple(one / audio_seconds for one in seconds), conditions)

    def _chosen_steps(self, checkpoints):
        store = CheckpointStore(self._folder / "checkpoints")
        saves = list(store.saves())
        if store.latest() is None:
            raise UserError(
                f"--run_dir={self._folder} holds no good save yet. Train it first, or wait for one."
            )
        if tuple(checkpoints) == (ALL,):
            return saves
        if tuple(checkpoints) in ((), (NEWEST,)):
            return [next(images for images, path in store.saves().items() if path == store.latest())]
        if not all(text.isdecimal() for text in checkpoints):
            raise UserError(
                f"--checkpoints takes {ALL}, {NEWEST}, or numbers of images with commas. "
                f"Received: {','.join(checkpoints)}."
            )
        missing = [int(text) for text in checkpoints if int(text) not in saves]
        if missing:
            raise UserError(
                f"--checkpoints: the run has no save of {missing[0]} images, but of "
                f"{listed([str(images) for images in saves])}. --keep_images=N keeps more of them while training."
            )
        return sorted({int(text) for text in checkpoints})


def latents_of(num: int, size: int, seed: int) -> np.ndarray:
    """Returns [num, size] float32 standard normal latents; the first ones are the same for any `num`."""
    return np.random.default_rng([seed, LATENT_STREAM]).standard_normal([num, size]).astype(np.float32)


def _processor() -> str:
    """Returns what the processor is called."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "CPU"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else "CPU"
