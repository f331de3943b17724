"""Whether clips are judged to be what was asked for, and whether the judge is as sure as it is right."""

import numpy as np
from scipy.special import logsumexp

from gansynth_tf.metrics.arrays import class_vector, logit_matrix

_SEMITONES = 12


def share_as_asked(asked, judged) -> float:
    """Returns the share of examples whose judged class is the asked one: mean[judged_i = asked_i].

    Args:
        asked: [num_examples] class indices; examples with -1 (nothing asked) are left out.
        judged: [num_examples] class indices.

    Returns:
        A share in [0, 1]; NaN if nothing was asked.

    Raises:
        ValueError: If the vectors disagree in length or are no integers.

    Source: Engel et al., GANSynth, ICLR 2019, section 4 ("pitch accuracy"), here for any label.
    """
    asked, judged = _asked_and_judged(asked, judged)
    return _share(judged == asked, asked >= 0)


def share_within(asked, judged, tolerance: int) -> float:
    """Returns the share judged within a number of steps of what was asked: mean[|judged_i - asked_i| <= tolerance].

    Args:
        asked: [num_examples] numbers whose distance means something, such as MIDI pitches, or their classes where they
            lie a semitone apart; examples with -1 (nothing asked) are left out.
        judged: [num_examples] likewise.
        tolerance: In steps; 1 is the "pitch accuracy" of GANSynth's own evaluation, 0 is `share_as_asked`.

    Returns:
        A share in [0, 1]; NaN if nothing was asked.

    Raises:
        ValueError: If the vectors disagree in length or are no integers, or the tolerance is negative.

    Source: the evaluation once checked in with magenta's GANSynth, whose default tolerance is 1.
    """
    if tolerance < 0:
        raise ValueError(f"`tolerance` must be at least 0. Received: {tolerance}.")
    asked, judged = _asked_and_judged(asked, judged)
    return _share(np.abs(judged - asked) <= tolerance, asked >= 0)


def share_octave_tolerant(asked, judged) -> float:
    """Returns the share of notes judged to have the asked pitch in some octave: mean[judged_i = asked_i modulo 12].

    Args:
        asked: [num_examples] MIDI pitches, or classes where they lie a semitone apart; -1 is left out.
        judged: [num_examples] likewise.

    Returns:
        A share in [0, 1]; NaN if nothing was asked.

    Raises:
        ValueError: If the vectors disagree in length or are no integers.
    """
    asked, judged = _asked_and_judged(asked, judged)
    return _share((judged - asked) % _SEMITONES == 0, asked >= 0)


def share_in_top(asked, logits, num_best: int) -> float:
    """Returns the share of examples whose asked class is among the classifier's `num_best` likeliest.

    Args:
        asked: [num_examples] class indices; -1 is left out.
        logits: [num_examples, num_classes]. Of equally likely classes the first counts as likelier, as in argmax.
        num_best: From 1, `share_as_asked` of the argmax, to num_classes, where all are right.

    Returns:
        A share in [0, 1]; NaN if nothing was asked.

    Raises:
        ValueError: If shapes disagree, logits are not finite, or a class or `num_best` is out of range.
    """
    logits, asked = _judgements(logits, asked)
    if not 1 <= num_best <= logits.shape[1]:
        raise ValueError(f"`num_best` must lie in 1 ... {logits.shape[1]}. Received: {num_best}.")
    best = np.argsort(-logits, axis=1, kind="stable")[:, :num_best]
    return _share((best == asked[:, None]).any(axis=1), asked >= 0)


def expected_calibration_error(logits, classes, num_bins: int = 15) -> float:
    """Returns how far a classifier's confidence is from its accuracy: sum_b n_b / n |accuracy_b - confidence_b|.

    Confidence is the largest softmax probability; bins b are of equal width, (b / B, (b + 1) / B]. A classifier that is
    too sure raises inception scores and lowers entropies, without any change of the sounds.

    Args:
        logits: [num_examples, num_classes].
        classes: [num_examples] true class indices; -1 is left out.
        num_bins: B.

    Returns:
        A number in [0, 1], 0 for a classifier as sure as it is right; NaN if no class is known.

    Raises:
        ValueError: If shapes disagree, logits are not finite, a class is out of range, or there is no bin.

    Source: Guo et al., On calibration of modern neural networks, ICML 2017, equation 3.
    """
    logits, classes = _judgements(logits, classes)
    if num_bins < 1:
        raise ValueError(f"`num_bins` must be at least 1. Received: {num_bins}.")
    logits, classes = logits[classes >= 0], classes[classes >= 0]
    if not len(classes):
        return float("nan")
    confidences = np.exp(np.max(logits, axis=1) - logsumexp(logits, axis=1))
    right = np.argmax(logits, axis=1) == classes
    numbers = np.clip(np.ceil(confidences * num_bins).astype(int) - 1, 0, num_bins - 1)
    gaps = np.bincount(numbers, right - confidences, minlength=num_bins)
    return float(np.sum(np.abs(gaps)) / len(classes))


def negative_log_likelihood(logits, classes) -> float:
    """Returns mean[-ln p(class_i | x_i)] in nats: small where a classifier is right, and no surer than that.

    Args:
        logits: [num_examples, num_classes].
        classes: [num_examples] true class indices; -1 is left out.

    Returns:
        A number from 0; NaN if no class is known.

    Raises:
        ValueError: If shapes disagree, logits are not finite, or a class is out of range.
    """
    logits, classes = _judgements(logits, classes)
    known = np.flatnonzero(classes >= 0)
    if not len(known):
        return float("nan")
    return float(np.mean(logsumexp(logits[known], axis=1) - logits[known, classes[known]]))


def confusion(asked, judged, num_classes: int) -> np.ndarray:
    """Returns the confusion counts: entry [a, j] is the number of examples asked as a and judged as j.

    Args:
        asked: [num_examples] class indices; -1 is left out.
        judged: [num_examples] class indices.
        num_classes: Number of classes.

    Returns:
        [num_classes, num_classes] int64.

    Raises:
        ValueError: If the vectors disagree in length or a class is out of range.
    """
    asked, judged = _asked_and_judged(asked, judged, num_classes)
    known = (asked >= 0) & (judged >= 0)
    counts = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(counts, (asked[known], judged[known]), 1)
    return counts


def per_class_share(asked, judged, num_classes: int) -> np.ndarray:
    """Returns the share judged as asked within each asked class (recall of each class).

    Args:
        asked: [num_examples] class indices; -1 is left out.
        judged: [num_examples] class indices.
        num_classes: Number of classes.

    Returns:
        [num_classes] float64, NaN for a class that was never asked.

    Raises:
        ValueError: As `confusion`.
    """
    asked, judged = _asked_and_judged(asked, judged, num_classes)
    shares = np.full(num_classes, np.nan)
    for index in range(num_classes):
        if np.any(asked == index):
            shares[index] = np.mean(judged[asked == index] == index)
    return shares


def _share(right, known):
    """Returns the share of the known ones that are right; NaN if there are none."""
    return float(np.mean(right[known])) if known.any() else float("nan")


def _asked_and_judged(asked, judged, num_classes=None):
    """Returns both vectors of classes, or pitches, checked."""
    asked = class_vector("asked", asked, num_classes=num_classes)
    return asked, class_vector("judged", judged, num_examples=len(asked), num_classes=num_classes)


def _judgements(logits, classes):
    """Returns logits and the classes that belong to them, checked."""
    logits = logit_matrix("logits", logits)
    return logits, class_vector("classes", classes, num_examples=len(logits), num_classes=logits.shape[1])
