"""How far a classifier's probabilities can be believed, and the temperature that mends them."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from gansynth_tf.metrics.arrays import class_vector, feature_matrix

_LOWEST, _HIGHEST = 0.02, 50.0


def known_logits(logits, classes) -> tuple[np.ndarray, np.ndarray]:
    """Returns the logits and classes of the clips whose class is known.

    Args:
        logits: [num_clips, num_classes].
        classes: [num_clips] class indices, -1 where missing.

    Returns:
        [num_known, num_classes] float64 and [num_known] int64.

    Raises:
        ValueError: If they disagree in length, a class is out of range, or a logit is not finite.
    """
    logits = feature_matrix("logits", logits)
    classes = class_vector("classes", classes, num_examples=len(logits), num_classes=logits.shape[1])
    return logits[classes >= 0], classes[classes >= 0]


def negative_log_likelihood(logits, classes) -> float:
    """Returns -mean ln p(true class), in nats: 0 for a classifier that is sure and right, ln K for one that guesses.

    Args:
        logits: [num_clips, num_classes].
        classes: [num_clips] class indices; clips with -1 are left out.

    Returns:
        Nats; NaN if no class is known.

    Raises:
        ValueError: As `known_logits`.
    """
    logits, classes = known_logits(logits, classes)
    if not len(classes):
        return float("nan")
    return float(-np.mean(log_softmax(logits, axis=1)[np.arange(len(classes)), classes]))


def fitted_temperature(logits, classes) -> float:
    """Returns the T > 0 for which softmax(logits / T) gives the known classes the highest likelihood.

    Above 1 the classifier is too sure of itself, below too modest. One more clip, all of whose classes are equally
    likely, is thought of beside the others: without it T would be 0 where every clip is named right.

    Args:
        logits: [num_clips, num_classes] of clips that were not learnt from.
        classes: [num_clips] class indices; clips with -1 are left out.

    Returns:
        T in [0.02, 50]; 1 if no class is known.

    Raises:
        ValueError: As `known_logits`.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2. The clip of doubt is our own.
    """
    logits, classes = known_logits(logits, classes)
    if not len(classes):
        return 1.0
    rows = np.arange(len(classes))

    def loss(log_temperature):
        logarithms = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -np.sum(logarithms[rows, classes]) - np.mean(logarithms)

    found = minimize_scalar(loss, bounds=(np.log(_LOWEST), np.log(_HIGHEST)), method="bounded")
    return float(np.exp(found.x))
