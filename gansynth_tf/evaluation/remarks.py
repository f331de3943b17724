"""What no number of some clips should be believed without."""

from collections.abc import Sequence

from gansynth_tf.evaluation.suite.rows import MODEL, Row

_WORDS = ("memorised", "repeats itself", "clips are not finite", "clips are silent")


def remarks(rows: Sequence[Row]) -> list[str]:
    """Returns what rows say of a model's clips that no number should be believed without, in sentences.

    Args:
        rows: Of all kinds; what is said of real clips is left out.
    """
    found = {}
    for row in rows:
        told = [part for part in row.status.split("; ") if any(word in part for word in _WORDS)]
        if row.kind == MODEL and told:
            where = "" if row.step is None else f" after {row.step:,} images"
            found[f"{row.run}{where}: {told[0]} ({row.metric})."] = True
    return list(found)
