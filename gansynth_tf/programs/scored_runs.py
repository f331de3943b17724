"""Runs that are to be compared: opened, checked to be comparable, and played."""

import csv
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from gansynth_tf import synthesis
from gansynth_tf.experiment import FLAGFILE_NAME, Experiment
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.options import UserError
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.run_record import RunRecord


@dataclasses.dataclass(frozen=True)
class ScoredRun:
    """A run whose clips are scored.

    Args:
        name: The end of its path that tells it from the others.
        folder: Its folder.
        experiment: What it was trained with; its dataset is opened by whoever asks for it.
        record: What it read from the data.
    """

    name: str
    folder: Path
    experiment: Experiment
    record: RunRecord

    @property
    def representation_name(self) -> str:
        """The representation and its size, as "mel_if 64x256"."""
        (key,) = self.experiment.chosen["representation"]
        frames, bins, _ = self.record.representation_shape
        return f"{key} {frames}x{bins}"

    def seconds_trained(self, num_images: int) -> float | None:
        """Returns the seconds of training up to a save, of all starts together; None where no history tells."""
        try:
            with (self.folder / "history.csv").open(newline="", encoding="utf-8") as stream:
                rows = [(int(row["num_images"]), float(row["seconds"])) for row in csv.DictReader(stream)]
        except (OSError, KeyError, TypeError, ValueError):
            return None
        until = [seconds for images, seconds in rows if images <= num_images]
        return max(until) if until else None

    def parameters(self) -> dict[str, int]:
        """Returns the numbers of trainable parameters of both networks."""
        counts = tuple(len(classes) for classes in self.record.labels.values())
        architecture = self.experiment.architecture(
            self.record.scale, self.record.offset, class_counts=counts
        )
        networks = {
            "generator_parameters": architecture.make_generator(),
            "discriminator_parameters": architecture.make_discriminator(),
        }
        return {
            name: int(sum(np.prod(variable.shape) for variable in network.trainable_variables))
            for name, network in networks.items()
        }


def opened(run_dirs: Sequence[str]) -> list[ScoredRun]:
    """Returns the runs of some folders.

    Raises:
        UserError: If a folder holds no run, or no save yet, or two are the same.
    """
    names = _names([Path(run_dir) for run_dir in run_dirs])
    runs = []
    for name, run_dir in zip(names, run_dirs, strict=True):
        folder = Path(run_dir)
        if not (folder / FLAGFILE_NAME).is_file():
            raise UserError(f"--run_dirs: {folder} is not the folder of a run: {FLAGFILE_NAME} is missing.")
        try:
            record = RunRecord.load(folder)
        except FileNotFoundError as error:
            raise UserError(f"--run_dirs: {folder} has not started training yet. Leave it out.") from error
        except ValueError as error:
            raise UserError(str(error)) from error
        if CheckpointStore(folder / "checkpoints").latest() is None:
            raise UserError(f"--run_dirs: {folder} holds no good save yet. Leave it out, or wait for one.")
        runs.append(ScoredRun(name, folder, Experiment.from_flagfile(folder / FLAGFILE_NAME), record))
    return runs


def check_comparable(runs: Sequence[ScoredRun]) -> None:
    """Refuses runs that learnt from other clips than the first.

    Raises:
        UserError: Names two runs and what differs.
    """
    first = runs[0]
    for run in runs[1:]:
        facts = [
            ("sample rate", first.record.sample_rate, run.record.sample_rate),
            ("length in samples", first.record.length_samples, run.record.length_samples),
            ("labels", _listed(first.record.labels), _listed(run.record.labels)),
            (
                "data",
                first.experiment.dataset.fingerprint(),
                run.experiment.dataset.fingerprint(),
            ),
            ("training clips", first.record.data, run.record.data),
        ]
        for what, wanted, received in facts:
            if wanted != received and wanted and received:
                raise UserError(
                    f"{run.folder} cannot be compared with {first.folder}, its {what} differ: expected {wanted}. "
                    f"Received: {received}. Score it into another table."
                )


def check_classifier(runs: Sequence[ScoredRun], classifier: Classifier, folder: str) -> tuple[str, ...]:
    """Returns the labels of the runs that the classifier knows, and refuses one that hears other clips.

    Raises:
        UserError: Says what does not fit.
    """
    record = runs[0].record
    expected = record.length_samples, record.sample_rate
    if (classifier.length_samples, classifier.sample_rate) != expected:
        raise UserError(
            f"--classifier_dir={folder}: expected a classifier of {expected[0]} samples at {expected[1]} Hz, as the "
            f"runs are. Received: {classifier.length_samples} samples at {classifier.sample_rate} Hz. Train one by "
            f"eval/train_classifier.py --flagfile={runs[0].folder / FLAGFILE_NAME}"
        )
    known = tuple(name for name in record.labels if name in classifier.labels)
    if record.labels and not known:
        raise UserError(
            f"--classifier_dir={folder}: expected a classifier of {', '.join(record.labels)}, as the runs are asked "
            f"for. Received: one of {', '.join(classifier.labels)}."
        )
    for name in known:
        if classifier.labels[name] != record.labels[name]:
            raise UserError(
                f"--classifier_dir={folder}: expected the classes {', '.join(record.labels[name])} of {name}. "
                f"Received: {', '.join(classifier.labels[name])}."
            )
    return known


def representations(runs: Sequence[ScoredRun]) -> dict[str, object]:
    """Returns {name: representation} of every one that some run works in, once."""
    found: dict[str, tuple[str, object]] = {}
    for run in runs:
        fingerprint = run.experiment.data_fingerprint
        if fingerprint in (seen for seen, _ in found.values()):
            continue
        name, number = run.representation_name, 2
        while name in found:
            name, number = f"{run.representation_name} ({number})", number + 1
        found[name] = fingerprint, run.experiment.representation
    return {name: representation for name, (_, representation) in found.items()}


def played(
    instrument: synthesis.Synthesizer, asked: np.ndarray, seed: int, count: Callable[[int, int], None]
) -> np.ndarray:
    """Returns one clip for each row of labels, none chosen.

    Args:
        instrument: The run's averaged generator.
        asked: [num, num_labels] class of each label.
        seed: Of the clips.
        count: Called with clips done and their number.

    Returns:
        [num, length_samples] float32.
    """
    audio = np.empty([len(asked), instrument.length_samples], np.float32)
    combinations, place = np.unique(asked, axis=0, return_inverse=True)
    done = 0
    for number, row in enumerate(combinations):
        count(done, len(asked))
        labels = {
            name: classes[index]
            for (name, classes), index in zip(instrument.labels.items(), row, strict=True)
            if index >= 0
        }
        members = np.flatnonzero(place.ravel() == number)
        audio[members] = instrument.generate(labels, len(members), seed)
        done += len(members)
    count(done, len(asked))
    return audio


def _names(folders: Sequence[Path]) -> list[str]:
    """Returns the shortest ends of some paths that tell them apart."""
    absolute = [folder.absolute() for folder in folders]
    for folder in absolute:
        if absolute.count(folder) > 1:
            raise UserError(f"--run_dirs names {folder.name} twice. Name each run once.")
    for depth in range(1, max(len(folder.parts) for folder in absolute) + 1):
        names = ["/".join(folder.parts[-depth:]).lstrip("/") for folder in absolute]
        if len(set(names)) == len(names):
            break
    return names


def _listed(labels) -> str:
    return "; ".join(f"{name} {','.join(classes)}" for name, classes in labels.items()) or "none"
