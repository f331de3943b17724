"""Whether clips are judged to be what was asked for."""

import numpy as np

from gansynth_tf.metrics.arrays import class_vector


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
    asked = class_vector("asked", asked)
    judged = class_vector("judged", judged, num_examples=len(asked))
    known = asked >= 0
    return float(np.mean(judged[known] == asked[known])) if known.any() else float("nan")


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
    asked = class_vector("asked", asked, num_classes=num_classes)
    judged = class_vector("judged", judged, num_examples=len(asked), num_classes=num_classes)
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
    asked = class_vector("asked", asked, num_classes=num_classes)
    judged = class_vector("judged", judged, num_examples=len(asked), num_classes=num_classes)
    shares = np.full(num_classes, np.nan)
    for index in range(num_classes):
        if np.any(asked == index):
            shares[index] = np.mean(judged[asked == index] == index)
    return shares
