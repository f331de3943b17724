"""The table of scores: a CSV that grows by a row a run, and the same for people."""

import csv
import math
import pathlib
from collections.abc import Mapping, Sequence

from gansynth_tf.options import UserError
from gansynth_tf.whole_file import whole_file

# Raised when the same clips would be given other numbers.
SCORES_VERSION = 1
RATIOS = ("within", "density", "coverage", "nearest")
RAW = ("within_distance", "raw_density", "raw_coverage", "nearest_distance")
FACTS = ("num_images", "generator_parameters", "discriminator_parameters", "seconds_trained")
# A table holds scores that may be compared, and nothing else.
IDENTITY = ("num_samples", "seed", "classifier", "data", "scores_version")
RUN, REFERENCE, MUST_FAIL = "run", "reference", "must fail"

Row = dict[str, str]


def columns(labels: Sequence[str]) -> list[str]:
    """Returns the columns of a table.

    Args:
        labels: Labels whose accuracy is measured.
    """
    ratios = [f"{name}{end}" for name in RATIOS for end in ("", "_low", "_high")]
    return ["name", "kind", "remarks", *FACTS, "num_clips", *accuracies(labels), *ratios, *RAW, *IDENTITY]


def accuracies(labels: Sequence[str]) -> list[str]:
    """Returns the columns of how often clips are heard as asked, each with its interval."""
    return [f"accuracy/{name}{end}" for name in labels for end in ("", "_low", "_high")]


def cell(value) -> str:
    """Returns a value as it stands in the CSV: six digits, so that rounding on another processor does not show."""
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else ""
    return "" if value is None else str(value)


class ScoreTable:
    """A CSV of scores. Every row that is put in is on the disk at once; a kill loses none.

    Args:
        path: The file. One that is there is gone on with.
        labels: Labels whose accuracy is measured.
        identity: Values of `IDENTITY`, which all rows share.

    Attributes:
        rows: The rows, runs first.

    Raises:
        UserError: If the file holds something else, or scores that were measured otherwise.
    """

    def __init__(self, path, labels: Sequence[str], identity: Mapping[str, object]):
        self.path = pathlib.Path(path)
        self.columns = columns(labels)
        self.identity = {name: cell(identity[name]) for name in IDENTITY}
        self.rows: list[Row] = self._read() if self.path.exists() else []

    def known(self, name: str, num_images: int | None) -> bool:
        """Returns whether there is a row of this name, and of this save if it is a run's."""
        return any(row["name"] == name and row["num_images"] == cell(num_images) for row in self.rows)

    def put(self, name: str, kind: str, remarks: Sequence[str], numbers: Mapping[str, object]) -> None:
        """Writes a row, in the place of one of the same name.

        Args:
            name: Of the run or of the clips.
            kind: RUN, REFERENCE or MUST_FAIL.
            remarks: What is to be said about the numbers.
            numbers: Values by column; what is missing stays empty, and what has no column is left out.
        """
        words = {"name": name, "kind": kind, "remarks": "; ".join(remarks)}
        values = {**numbers, **words, **self.identity}
        row = {column: cell(values.get(column)) for column in self.columns}
        names = [row["name"] for row in self.rows]
        if name in names:
            self.rows[names.index(name)] = row
        else:
            self.rows.append(row)
        self.rows.sort(key=lambda row: (RUN, REFERENCE, MUST_FAIL).index(row["kind"]))
        self._write()

    def _read(self):
        try:
            with self.path.open(newline="", encoding="utf-8") as stream:
                reader = csv.DictReader(stream)
                rows = list(reader)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"--output_csv={self.path} cannot be read: {error}.") from error
        if reader.fieldnames != self.columns:
            raise UserError(
                f"--output_csv={self.path} is no table of scores of the same labels. Name another file."
            )
        for name, value in self.identity.items():
            others = {row[name] for row in rows} - {value}
            if others:
                raise UserError(
                    f"--output_csv={self.path} holds scores with {name}={others.pop()}, which cannot be compared with "
                    f"{name}={value}. Name another file."
                )
        return rows

    def _write(self):
        with whole_file(self.path, text=True) as stream:
            writer = csv.DictWriter(stream, self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)


def markdown(rows: Sequence[Row], labels: Sequence[str]) -> str:
    """Returns the rows as a Markdown table: what people compare, intervals in brackets.

    Args:
        rows: Of a `ScoreTable`.
        labels: Its labels.
    """
    shown = [f"accuracy/{name}" for name in labels] + list(RATIOS)
    titles = ["clips", "images", "parameters", "minutes", *[name.replace("accuracy/", "") for name in shown]]
    lines = ["| " + " | ".join([*titles, "remarks"]) + " |", "|---" * (len(titles) + 1) + "|"]
    for row in rows:
        minutes = f"{float(row['seconds_trained']) / 60:.0f}" if row["seconds_trained"] else ""
        sizes = [row[name] and f"{int(row[name]):,}" for name in ("num_images", "generator_parameters")]
        numbers = [with_interval(row, name) for name in shown]
        lines.append("| " + " | ".join([row["name"], *sizes, minutes, *numbers, row["remarks"]]) + " |")
    return "\n".join(lines) + "\n"


def with_interval(row: Row, name: str) -> str:
    """Returns a number of a row and its interval for people, as "0.91 (0.89-0.93)"; "" where there is none."""
    if not row[name]:
        return ""
    digits = 3 if name.startswith("accuracy/") else 2
    value, low, high = (float(row[f"{name}{end}"] or "nan") for end in ("", "_low", "_high"))
    return f"{value:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
