"""Inception score, and the entropies it is made of, from a classifier's logits."""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.special import entr, logsumexp

from gansynth_tf.metrics.arrays import class_vector, logit_matrix


@dataclasses.dataclass(frozen=True)
class InceptionScore:
    """An inception score.

    Args:
        value: Mean over splits, in 1 ... num_classes.
        deviation: Standard deviation over splits (ddof 0, as the literature's "+-"): neither a standard error nor an
            interval. 0 for one split.
        scores: The score of each split.
    """

    value: float
    deviation: float
    scores: tuple[float, ...]


def inception_score(logits, num_splits: int = 1, order=None) -> InceptionScore:
    """Returns exp(mean_x KL(p(y|x) || p(y))), natural logarithm, where p(y) is the mean of p(y|x) within one split.

    Split s of S holds the examples s N // S ... (s + 1) N // S, in `order`. A score is biased low where a split is not
    much larger than the number of classes: compare at equal N and S only. A class that no example of a split has is
    exact: probabilities that underflow count as 0 log 0 = 0, where others give not-a-number.

    Args:
        logits: [num_examples, num_classes].
        num_splits: 1 as GANSynth's, 10 as WaveGAN's.
        order: [num_examples] permutation that says which examples share a split; None for that of `logits`.

    Returns:
        The mean over splits, their deviation, and each split's score.

    Raises:
        ValueError: If logits are not finite, there are fewer examples than splits, or `order` is no permutation.

    Source: Salimans et al., Improved techniques for training GANs, NeurIPS 2016, section 4.
    """
    logits = logit_matrix("logits", logits)
    num = len(logits)
    if not 1 <= num_splits <= num:
        raise ValueError(
            f"`num_splits` must lie in 1 ... {num}, the number of examples. Received: {num_splits}."
        )
    if order is not None:
        order = class_vector("order", order, num_examples=num)
        if not np.array_equal(np.sort(order), np.arange(num)):
            raise ValueError(f"`order` must hold each of 0 ... {num - 1} once.")
        logits = logits[order]
    log_probabilities = _log_probabilities(logits)
    edges = [split * num // num_splits for split in range(num_splits + 1)]
    scores = [
        float(np.exp(_mean_divergence(log_probabilities[start:stop])))
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)), tuple(scores))


def label_entropy(logits) -> float:
    """Returns how undecided the classifier is about a clip: mean_x H(p(y|x)) in nats ("pitch entropy").

    With one split, ln(inception score) + label entropy = marginal entropy, exactly.

    Args:
        logits: [num_examples, num_classes].

    Returns:
        A number in 0 ... ln(num_classes).

    Raises:
        ValueError: If logits are not finite.

    Source: Engel et al., GANSynth, ICLR 2019, section 4.
    """
    return float(np.mean(label_entropies(logits)))


def label_entropies(logits) -> np.ndarray:
    """Returns each example's entropy of classes, H(p(y|x)) in nats, [num_examples]; arguments as `label_entropy`."""
    log_probabilities = _log_probabilities(logit_matrix("logits", logits))
    return -np.sum(np.exp(log_probabilities) * log_probabilities, axis=1)


def marginal_entropy(logits) -> float:
    """Returns how varied the classes of a set are: H(mean_x p(y|x)) in nats.

    Args:
        logits: [num_examples, num_classes].

    Returns:
        A number in 0 ... ln(num_classes).

    Raises:
        ValueError: If logits are not finite.
    """
    log_marginal = _log_marginal(_log_probabilities(logit_matrix("logits", logits)))
    return float(-np.sum(np.exp(log_marginal) * log_marginal))


def statistics_of_rows(logits) -> Callable[[np.ndarray], tuple[float, float, float]]:
    """Returns a function of chosen rows that tells score, label entropy and marginal entropy of these, quickly.

    For intervals: softmax is taken once, and a replicate costs no more than the mean of the rows' probabilities.

    Args:
        logits: [num_examples, num_classes].

    Returns:
        A function that takes [num_rows] indices, maybe repeated, and returns the un-split inception score, the label
        entropy and the marginal entropy.

    Raises:
        ValueError: If logits are not finite.
    """
    log_probabilities = _log_probabilities(logit_matrix("logits", logits))
    probabilities = np.exp(log_probabilities)
    entropies = -np.sum(probabilities * log_probabilities, axis=1)

    def statistics(rows):
        times = np.bincount(rows, minlength=len(entropies)) / len(rows)
        within, whole = float(times @ entropies), float(np.sum(entr(times @ probabilities)))
        return float(np.exp(whole - within)), within, whole

    return statistics


def _log_probabilities(logits):
    """Returns the log softmax [num_examples, num_classes]: finite wherever logits are."""
    return logits - logsumexp(logits, axis=1, keepdims=True)


def _log_marginal(log_probabilities):
    """Returns ln p(y), [num_classes]; finite also where every probability underflows."""
    return logsumexp(log_probabilities, axis=0) - np.log(len(log_probabilities))


def _mean_divergence(log_probabilities):
    """Returns mean_x KL(p(y|x) || p(y)); logarithms are finite, so that a probability of 0 contributes 0."""
    ratios = log_probabilities - _log_marginal(log_probabilities)
    return np.mean(np.sum(np.exp(log_probabilities) * ratios, axis=1))
