"""Trains a classifier of a data set's labels, and examines it on clips that it never heard."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import gansynth_tf
from gansynth_tf.evaluation.calibration import fitted_temperature
from gansynth_tf.metrics.accuracy import (
    expected_calibration_error,
    negative_log_likelihood,
    share_as_asked,
)
from gansynth_tf.models.classifier_training import TrainingResult
from gansynth_tf.models.listening import ListeningNetwork
from gansynth_tf.options import UserError

TRAIN, VALID, TEST = "train", "valid", "test"
_BATCH = 64


@dataclasses.dataclass(frozen=True)
class Hearable:
    """Clips of one split as a classifier sees them.

    Args:
        spectrograms: [num_clips, frames, bins], of the classifier's `stored_type`.
        rows: [num_clips, num_labels] int32 class indices, -1 where missing.
    """

    spectrograms: np.ndarray
    rows: np.ndarray


def chosen_clips(num_clips: int, most: int, seed: int) -> np.ndarray:
    """Returns which clips are used: all, or `most` of them drawn at random; increasing, int64.

    Args:
        num_clips: Clips there are.
        most: At most so many; 0 is all.
        seed: Of the draw.
    """
    if not most or num_clips <= most:
        return np.arange(num_clips)
    return np.sort(np.random.default_rng(seed).permutation(num_clips)[:most])


def check_splits(dataset) -> None:
    """Refuses a data set that lacks what training, early stopping or the examination needs.

    Raises:
        UserError: Names the split that is missing.
    """
    needs = {
        TRAIN: "a classifier learns from them",
        VALID: "training stops by them, so that it does not learn the training clips by heart",
        TEST: "how good the classifier is can only be told by clips that it never heard",
    }
    for split, reason in needs.items():
        if split not in dataset.splits or not len(dataset.rows(split)):
            raise UserError(
                f"The data set has no clips of the split {split!r}, but {', '.join(dataset.splits)}: {reason}. "
                "Divide it otherwise, as by --audio_folder.valid_fraction and --audio_folder.test_fraction."
            )


def hearable(
    classifier: ListeningNetwork,
    dataset,
    labels,
    split: str,
    *,
    most: int = 0,
    seed: int = 0,
    count: Callable[[int, int], None] | None = None,
) -> Hearable:
    """Returns (some) clips of a split as the classifier sees them, read a few at a time.

    Args:
        classifier: With the data set's sample rate and length.
        dataset: With `clips(split, indices)`.
        labels: With `clips(split)` and `rows(split)`, its columns being the classifier's labels.
        split: Name of the split.
        most: At most so many clips; 0 is all.
        seed: Draws which.
        count: Called with clips done and their number, or None.
    """
    chosen = chosen_clips(len(labels.clips(split)), most, seed)
    spectrograms = np.empty([len(chosen), *classifier.spectrogram_shape], classifier.stored_type)
    done = 0
    for batch in dataset.clips(split, labels.clips(split)[chosen]).batch(_BATCH).as_numpy_iterator():
        if count is not None:
            count(done, len(chosen))
        spectrograms[done : done + len(batch)] = classifier.spectrograms(batch)
        done += len(batch)
    if count is not None:
        count(done, len(chosen))
    return Hearable(spectrograms, labels.rows(split)[chosen])


def temperatures(classifier: ListeningNetwork, clips: Hearable) -> dict[str, float]:
    """Returns, a label, what its logits are to be divided by to be believed: fitted on clips that were not learnt."""
    _, logits = classifier.hear(clips.spectrograms)
    columns = enumerate(classifier.labels)
    return {name: fitted_temperature(logits[name], clips.rows[:, column]) for column, name in columns}


def examined(
    classifier: ListeningNetwork, clips: Hearable, fitted: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Returns, a label, how good the classifier is.

    Args:
        classifier: Trained.
        clips: Which it never heard.
        fitted: The `temperatures`.

    Returns:
        {label: numbers}: `accuracy` (share of right classes), `num_clips` that have one, `chance` (the share that
        always naming the most frequent class would have), `negative_log_likelihood` in nats,
        `expected_calibration_error`, and both as `calibrated_...` of logits divided by the temperature.
    """
    _, logits = classifier.hear(clips.spectrograms)
    found = {}
    for column, (name, classes) in enumerate(classifier.labels.items()):
        truths = clips.rows[:, column]
        counts = np.bincount(truths[truths >= 0], minlength=len(classes))
        calibrated = logits[name] / fitted[name]
        found[name] = {
            "accuracy": share_as_asked(truths, np.argmax(logits[name], axis=1)),
            "num_clips": int(counts.sum()),
            "chance": float(counts.max() / max(1, counts.sum())),
            "negative_log_likelihood": negative_log_likelihood(logits[name], truths),
            "expected_calibration_error": expected_calibration_error(logits[name], truths),
            "calibrated_negative_log_likelihood": negative_log_likelihood(calibrated, truths),
            "calibrated_expected_calibration_error": expected_calibration_error(calibrated, truths),
        }
    return found


def facts_of(
    classifier: ListeningNetwork, training: TrainingResult, parts: dict[str, Hearable], experiment
) -> dict[str, Any]:
    """Returns what is stored beside the weights: how good the classifier is, and what it was made from.

    Args:
        classifier: Trained.
        training: What its training returned.
        parts: {split: its clips}.
        experiment: Has chosen, identity_settings, dataset and seed.
    """
    fitted = temperatures(classifier, parts[VALID])
    held_out = examined(classifier, parts[TEST], fitted)
    settings = {
        name: value
        for name, value in experiment.identity_settings.items()
        if name in ("labels", "label_map", "dataset_weights", "channels", "sample_rate", "length_samples")
        or name.rpartition(".")[0] in experiment.chosen["dataset"]
    }
    return {
        "held_out_accuracy": {name: found["accuracy"] for name, found in held_out.items()},
        "held_out": held_out,
        "temperatures": fitted,
        "validation_accuracy": training.validation_accuracy,
        "best_epoch": training.best_epoch,
        "num_epochs": len(training.history),
        "interrupted": training.interrupted,
        "num_clips": {split: len(clips.rows) for split, clips in parts.items()},
        "dataset": list(experiment.chosen["dataset"]),
        "dataset_fingerprint": experiment.dataset.fingerprint(),
        "settings": settings,
        "seed": experiment.seed,
        "versions": {
            "gansynth_tf": gansynth_tf.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
