"""The temperature by which a classifier's logits are divided so that its probabilities can be believed."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from gansynth_tf.metrics.arrays import class_vector, feature_matrix

_LOWEST, _HIGHEST = 0.02, 50.0


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
        ValueError: If they disagree in length, a class is out of range, or a logit is not finite.

    Source: Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2. The clip of doubt is our own.
    """
    logits = feature_matrix("logits", logits)
    classes = class_vector("classes", classes, num_examples=len(logits), num_classes=logits.shape[1])
    known = np.flatnonzero(classes >= 0)
    if not len(known):
        return 1.0
    logits, classes = logits[known], classes[known]

    def loss(log_temperature):
        logarithms = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -np.sum(logarithms[np.arange(len(classes)), classes]) - np.mean(logarithms)

    found = minimize_scalar(loss, bounds=(np.log(_LOWEST), np.log(_HIGHEST)), method="bounded")
    return float(np.exp(found.x))
