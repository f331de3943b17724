"""Checks shared by the metrics: what comes in becomes finite float64 or a clear refusal."""

import numpy as np

# Values that are looked at together, so that a check of a large file stays small.
_CHECKED_VALUES = 4_000_000


def feature_matrix(name: str, features, *, minimum: int = 1) -> np.ndarray:
    """Returns `features` as a finite float64 matrix.

    Args:
        name: Name of the argument, for the message.
        features: [num_examples, num_features] or [num_examples, ...]; further axes are flattened.
        minimum: The least number of examples that the metric can work with.

    Returns:
        [num_examples, num_features] float64.

    Raises:
        ValueError: If there are fewer than `minimum` examples, no features, or a value that is not finite.
    """
    return checked_matrix(name, features, minimum=minimum).astype(np.float64)


def checked_matrix(name: str, features, *, minimum: int = 1) -> np.ndarray:
    """Returns `features` as a finite matrix of their own precision, uncopied: for metrics that convert block by block.

    Args:
        name: Name of the argument, for the message.
        features: [num_examples, num_features, ...], in memory or mapped from a file.
        minimum: The least number of examples that the metric can work with.

    Returns:
        [num_examples, num_features].

    Raises:
        ValueError: As `feature_matrix`.
    """
    matrix = np.asarray(features)
    if matrix.ndim < 2:
        raise ValueError(
            f"`{name}` must have the shape [num_examples, num_features, ...]. Received: {matrix.shape}."
        )
    if matrix.dtype.kind not in "fiub":
        raise ValueError(f"`{name}` must hold real numbers. Received: dtype={matrix.dtype}.")
    if matrix.shape[0] < minimum:
        raise ValueError(f"`{name}` must have at least {minimum} examples. Received: {matrix.shape[0]}.")
    if matrix.size == 0:
        raise ValueError(f"`{name}` must have at least one feature. Received: shape {matrix.shape}.")
    matrix = matrix.reshape(matrix.shape[0], -1)
    step = max(1, _CHECKED_VALUES // matrix.shape[1])
    bad = sum(
        int(np.sum(~np.all(np.isfinite(matrix[start : start + step]), axis=1)))
        for start in range(0, len(matrix), step)
    )
    if bad:
        raise ValueError(f"`{name}` must be finite. Received: {bad} examples with NaN or infinity.")
    return matrix


def matching_matrices(
    names: tuple[str, str], first, second, *, minimum: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Returns two feature matrices that live in one space.

    Args:
        names: Names of the arguments, for the message.
        first: [num_first, num_features, ...].
        second: [num_second, num_features, ...].
        minimum: The least number of examples in each.

    Returns:
        Two float64 matrices with the same number of columns.

    Raises:
        ValueError: As `feature_matrix`, or if the numbers of features differ.
    """
    first, second = matching_checked(names, first, second, minimum=minimum)
    return first.astype(np.float64), second.astype(np.float64)


def matching_checked(
    names: tuple[str, str], first, second, *, minimum: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Returns two matrices as `checked_matrix` does, or refuses them as `matching_matrices` does."""
    first = checked_matrix(names[0], first, minimum=minimum)
    second = checked_matrix(names[1], second, minimum=minimum)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"`{names[0]}` and `{names[1]}` must have the same number of features. "
            f"Received: {first.shape[1]} and {second.shape[1]}."
        )
    return first, second


def logit_matrix(name: str, logits) -> np.ndarray:
    """Returns `logits` as finite float64 [num_examples, num_classes].

    Args:
        name: Name of the argument, for the message.
        logits: [num_examples, num_classes], at least one of each.

    Returns:
        [num_examples, num_classes] float64.

    Raises:
        ValueError: If the shape is another, or a value is not finite.
    """
    if np.ndim(logits) != 2:
        raise ValueError(
            f"`{name}` must have the shape [num_examples, num_classes]. Received: {np.shape(logits)}."
        )
    return feature_matrix(name, logits)


def class_vector(
    name: str, classes, *, num_examples: int | None = None, num_classes: int | None = None
) -> np.ndarray:
    """Returns `classes` as an int64 vector of class indices.

    Args:
        name: Name of the argument, for the message.
        classes: [num_examples] integers; -1 means missing.
        num_examples: The length that is expected, if it is known.
        num_classes: Indices must be below it, if it is known.

    Returns:
        [num_examples] int64.

    Raises:
        ValueError: If the shape, the type or the range is wrong.
    """
    vector = np.asarray(classes)
    if vector.ndim != 1 or vector.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` must be a vector of integers. Received: shape {vector.shape}, dtype={vector.dtype}."
        )
    if num_examples is not None and vector.shape[0] != num_examples:
        raise ValueError(f"`{name}` must have {num_examples} entries. Received: {vector.shape[0]}.")
    vector = vector.astype(np.int64)
    if vector.size and (vector.min() < -1 or (num_classes is not None and vector.max() >= num_classes)):
        raise ValueError(
            f"`{name}` must lie in -1 (missing) ... {'' if num_classes is None else num_classes - 1}. "
            f"Received: {vector.min()} ... {vector.max()}."
        )
    return vector
