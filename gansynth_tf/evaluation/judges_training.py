"""Trains both judges on real clips of a data set."""

from collections.abc import Callable

import numpy as np

from gansynth_tf.evaluation.forest import ForestJudge, handcrafted_table
from gansynth_tf.evaluation.judges import CLASSIFIER_FOLDER, FOREST_FOLDER, Judges, in_turns, split_clips
from gansynth_tf.metrics.accuracy import share_as_asked
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.models.classifier_training import train_classifier

# Coarse, as befits a genre, and as the stored judges hear.
_RESOLUTION = {"num_mel_bins": 64, "frame_length": 1024, "frame_step": 256}
# Loops are of the same genre wherever they begin.
_ROLL = 0.25


def train_judges(
    dataset,
    label: str,
    *,
    num_epochs: int = 20,
    num_forest_clips_per_class: int = 200,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> tuple[Judges, dict]:
    """Returns judges of one label, trained on `train`, the network stopped by `valid`, both examined on `test`.

    Args:
        dataset: With the splits train, valid and test.
        label: The label to judge.
        num_epochs: At most so many for the network.
        num_forest_clips_per_class: Clips a class in the forest's table, which is stored.
        seed: Of first weights, order, augmentation and trees.
        progress: Called with lines for people, or None.

    Returns:
        The judges, and facts: held-out accuracies, numbers of clips, the data set's fingerprint.

    Raises:
        ValueError: If the label is unknown or there are too few clips.
    """
    tell = progress or (lambda line: None)
    if label not in dataset.labels:
        raise ValueError(f"`label` must be one of {', '.join(dataset.labels)}. Received: label={label!r}.")
    column, classes = list(dataset.labels).index(label), tuple(dataset.labels[label])
    truths = {split: dataset.rows(split)[:, column].astype(np.int32) for split in ("train", "valid", "test")}
    sizes = dataset.sample_rate, dataset.length_samples
    classifier = Classifier(*sizes, {label: classes}, **_RESOLUTION, seed=seed)
    tell("spectrograms of real clips")
    spectrograms = {
        split: classifier.spectrograms(split_clips(dataset, split)) for split in ("train", "valid")
    }
    training = train_classifier(
        classifier,
        spectrograms["train"],
        truths["train"][:, None],
        spectrograms["valid"],
        truths["valid"][:, None],
        num_epochs=num_epochs,
        roll=_ROLL,
        seed=seed,
        progress=lambda row: tell("  ".join(f"{name} {value:.4g}" for name, value in row.items())),
    )
    tell("handcrafted features of real clips")
    chosen = in_turns(truths["train"], num_forest_clips_per_class, len(classes))
    table = handcrafted_table(split_clips(dataset, "train", chosen), dataset.sample_rate)
    forest = ForestJudge(dataset.sample_rate, classes, table, truths["train"][chosen], seed=seed)
    test = split_clips(dataset, "test")
    facts = {
        "held_out_accuracy_classifier": share_as_asked(truths["test"], classifier.predict(test)[:, 0]),
        "held_out_accuracy_forest": share_as_asked(truths["test"], forest.predict(test)),
        "num_train": len(truths["train"]),
        "num_forest": len(chosen),
        "num_valid": len(truths["valid"]),
        "num_test": len(test),
        "best_epoch": training.best_epoch,
        "dataset": type(dataset).__name__.lower(),
        "dataset_fingerprint": dataset.fingerprint(),
        "seed": seed,
    }
    return Judges(classifier, forest), facts


def save_judges(judges: Judges, facts: dict, directory) -> None:
    """Writes both judges below `directory` (pathlib.Path), each with the facts of its training."""
    judges.classifier.save(directory / CLASSIFIER_FOLDER, facts)
    judges.forest.save(directory / FOREST_FOLDER, facts)
