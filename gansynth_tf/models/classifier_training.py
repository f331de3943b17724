"""Trains a classifier of any kind on real clips: augmented spectrograms, early stopping, best weights."""

import dataclasses
import math
import time

import keras
import numpy as np
import tensorflow as tf

from gansynth_tf.models.classifier_augmentation import rolled
from gansynth_tf.models.listening import ListeningNetwork


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """What `train_classifier` did.

    Args:
        history: A row an epoch: loss, validation loss and accuracy.
        best_epoch: The one whose weights were kept, from 0.
        validation_accuracy: Its share of right classes, a label.
        interrupted: Whether it was asked to stop.
    """

    history: list[dict[str, float]]
    best_epoch: int
    validation_accuracy: dict[str, float]
    interrupted: bool = False


def _loss(labels, logits, rows, smoothing):
    """Returns the summed cross-entropy of all labels; missing classes (-1) are masked out."""
    total = 0.0
    for column, (name, classes) in enumerate(labels.items()):
        wanted = tf.one_hot(rows[:, column], len(classes)) * (1.0 - smoothing) + smoothing / len(classes)
        known = tf.cast(rows[:, column] >= 0, tf.float32)
        entropies = -tf.reduce_sum(wanted * tf.nn.log_softmax(logits[name]), axis=1)
        total += tf.math.divide_no_nan(tf.reduce_sum(entropies * known), tf.reduce_sum(known))
    return total


def _evaluate(classifier, spectrograms, rows):
    """Returns the loss over clips and, a label, the share of known classes that is right."""
    _, logits = classifier.hear(spectrograms)
    loss = float(_loss(classifier.labels, {name: tf.constant(logits[name]) for name in logits}, rows, 0.0))
    accuracies = {}
    for column, name in enumerate(classifier.labels):
        known = rows[:, column] >= 0
        right = np.argmax(logits[name], axis=1)[known] == rows[known, column]
        accuracies[name] = float(np.mean(right)) if known.any() else math.nan
    return loss, accuracies


def _compiled_step(classifier, learning_rate, first_decay, weight_decay, smoothing, roll):
    """Returns step(spectrograms, rows, seed) -> loss, which trains the classifier's network in place."""
    network = classifier.network
    optimizer = keras.optimizers.AdamW(learning_rate, weight_decay=weight_decay, beta_1=first_decay)
    optimizer.build(network.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(spectrograms, rows, seed):
        shown = classifier.augmented(rolled(tf.cast(spectrograms, tf.float32), seed, roll), seed)
        with tf.GradientTape() as tape:
            _, logits = network(shown, training=True)
            loss = _loss(classifier.labels, logits, rows, smoothing)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss

    return step


def train_classifier(
    classifier: ListeningNetwork,
    spectrograms: np.ndarray,
    rows: np.ndarray,
    validation_spectrograms: np.ndarray,
    validation_rows: np.ndarray,
    progress=None,
    should_stop=None,
    *,
    num_epochs: int = 30,
    patience: int = 6,
    batch_size: int = 64,
    least_steps: int = 32,
    learning_rate: float = 2e-3,
    first_decay: float = 0.9,
    weight_decay: float = 1e-3,
    label_smoothing: float = 0.05,
    roll: float = 0.03125,
    seed: int = 0,
) -> TrainingResult:
    """Trains until the validation loss stops falling, and leaves the best epoch's weights in `classifier`.

    Args:
        classifier: The one to train, in place.
        spectrograms: [num_clips, frames, bins] from `classifier.spectrograms`.
        rows: [num_clips, num_labels] int32 class indices, -1 where missing.
        validation_spectrograms: [num_validation, frames, bins], clips that training never sees.
        validation_rows: [num_validation, num_labels] int32.
        progress: Called with each epoch's row of the history, or None.
        should_stop: Asked before every step whether the user wants to stop; the best epoch so far is kept. Or None.
        num_epochs: At most so many; the learning rate falls along half a cosine.
        patience: Epochs without a lower validation loss before it stops.
        batch_size: Clips a step.
        least_steps: Steps of an epoch, at least: where clips are few, they are shown several times before it is asked
            whether training still helps.
        learning_rate: Of AdamW.
        first_decay: Of AdamW's mean of gradients, its beta 1.
        weight_decay: Of AdamW.
        label_smoothing: Share of the label's mass that is spread over all classes.
        roll: Share of a clip by which it may be rolled in time, forth or back, as if it had been cut elsewhere. More
            makes attack and decay of notes, which families of instruments are told by, hard to hear.
        seed: Orders the clips and draws the augmentation.

    Returns:
        The history, the best epoch (from 0) and its validation accuracy.

    Raises:
        ValueError: If shapes disagree, there are too few clips for a batch or none for validation, or the loss is
            not finite.
        KeyboardInterrupt: If it was asked to stop before the first epoch ended.
    """
    rows, validation_rows = np.asarray(rows, np.int32), np.asarray(validation_rows, np.int32)
    for what, clips, wanted in (
        ("", spectrograms, rows),
        ("validation_", validation_spectrograms, validation_rows),
    ):
        expected = (len(clips), len(classifier.labels))
        if wanted.shape != expected:
            raise ValueError(f"`{what}rows` must have the shape {expected}. Received: {wanted.shape}.")
    if len(rows) < batch_size or not len(validation_rows):
        raise ValueError(
            f"Training needs at least a batch of clips and one for validation. "
            f"Received: {len(rows)} and {len(validation_rows)}, batch_size={batch_size}."
        )
    if not 0.0 <= roll <= 0.5:
        raise ValueError(f"Expected `roll` between 0 and 0.5. Received: {roll}.")
    if least_steps < 1:
        raise ValueError(f"Expected `least_steps` of 1 or more. Received: {least_steps}.")
    # A pass takes whole batches; what is left over is another part of the clips each time.
    pass_steps = len(rows) // batch_size
    num_passes = math.ceil(least_steps / pass_steps)
    steps = num_passes * pass_steps
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps * num_epochs, alpha=0.02)
    step = _compiled_step(classifier, schedule, first_decay, weight_decay, label_smoothing, roll)
    asked = should_stop or (lambda: False)
    history, best_loss, best_epoch, best_weights = [], math.inf, -1, None
    for epoch in range(num_epochs):
        began = time.monotonic()
        random = np.random.default_rng([seed, epoch])
        passes = [random.permutation(len(rows))[: pass_steps * batch_size] for _ in range(num_passes)]
        order, losses = np.concatenate(passes), []
        for index, chosen in enumerate(order.reshape(steps, batch_size)):
            if asked():
                break
            draw = tf.constant([seed, epoch * steps + index], tf.int32)
            losses.append(step(spectrograms[chosen], rows[chosen], draw))
        if len(losses) < steps:
            break
        loss, accuracies = _evaluate(classifier, validation_spectrograms, validation_rows)
        row = {
            "epoch": epoch,
            "loss": float(np.mean([float(value) for value in losses])),
            "validation_loss": loss,
        }
        row |= {f"validation_accuracy/{name}": value for name, value in accuracies.items()}
        history.append(row | {"seconds": time.monotonic() - began})
        if progress is not None:
            progress(history[-1])
        if loss < best_loss:
            best_loss, best_epoch, best_accuracies = loss, epoch, accuracies
            best_weights = [variable.numpy() for variable in classifier.network.weights]
        elif epoch - best_epoch >= patience:
            break
    if best_weights is None and not history:
        raise KeyboardInterrupt
    if best_weights is None:
        raise ValueError(
            "Training diverged: the validation loss was never finite. Use a lower `learning_rate`."
        )
    for variable, value in zip(classifier.network.weights, best_weights, strict=True):
        variable.assign(value)
    return TrainingResult(history, best_epoch, best_accuracies, interrupted=asked())
