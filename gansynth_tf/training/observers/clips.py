"""Which clips of a preview belong to which class."""

import numpy as np

UNLABELLED = "clips"


def clips_by_class(rows, class_names):
    """Returns {class name: indices of its clips} of the first label, in the order of the classes.

    Args:
        rows: [num, num_labels] int32 classes of each clip, -1 where unknown; without columns all clips are one class.
        class_names: Names of the classes of the first label; empty without labels.

    Returns:
        dict of int64 arrays; a class without clips is left out.
    """
    rows = np.asarray(rows)
    if not class_names or not rows.shape[1]:
        return {UNLABELLED: np.arange(len(rows))} if len(rows) else {}
    members = {name: np.flatnonzero(rows[:, 0] == number) for number, name in enumerate(class_names)}
    return {name: indices for name, indices in members.items() if len(indices)}
