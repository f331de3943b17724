"""Evaluations as the suite writes them, of few rows."""

from gansynth_tf.evaluation.suite.rows import FLOOR, MODEL, Row, write_csv, write_json

ALIKE = {
    "num_samples": 1000,
    "num_reference": 1000,
    "splits": 1,
    "features": "classifier:logits/genre",
    "classifier": "c1a551f1e7",
    "reference": "9efe7e9ce0",
    "dataset": "grooves",
    "split": "train",
    "protocol": "default",
    "fingerprint": "00112233aabbccdd",
    "version": "0.1.0",
}


def row(run, metric, value, half=None, step=64, kind=MODEL, **changes):
    """Returns a row whose interval is value - half ... value + half; without a half it has none."""
    ends = {} if half is None else {"ci_low": value - half, "ci_high": value + half, "interval": "bootstrap"}
    return Row(run, step, kind, metric, value=value, **ends, **(ALIKE | changes))


def real(metric, value, half=0.1, **changes):
    """Returns the row of real held-out clips."""
    return row("real clips", metric, value, half, step=None, kind=FLOOR, **changes)


def write(folder, rows, spaces=None):
    """Writes folder/evaluation.csv, and a JSON beside it if there are spaces; returns the CSV's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "evaluation.csv", rows)
    if spaces is not None:
        write_json(folder / "evaluation.json", rows, {"spaces": spaces})
    return str(folder / "evaluation.csv")
