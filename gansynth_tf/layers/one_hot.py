"""Classes as the networks read them."""

import tensorflow as tf


def one_hot(rows, class_counts):
    """Returns the labels of `rows` side by side, one 1 a label; a missing one, -1, is all zeros.

    Args:
        rows: [num, labels] integers, numbers of classes; also a tensor of a compiled graph.
        class_counts: [labels] number of classes of each label.

    Returns:
        [num, sum of classes] float32.

    Raises:
        ValueError: If `rows` has not as many columns as there are labels.
    """
    if rows.shape[1] not in (None, len(class_counts)):
        raise ValueError(f"Expected rows [num, {len(class_counts)}]. Received: {list(rows.shape)}.")
    columns = [tf.one_hot(rows[:, i], count) for i, count in enumerate(class_counts)]
    return tf.concat(columns, axis=1) if columns else tf.zeros([tf.shape(rows)[0], 0])
