"""Evaluations as the suite wrote them, read back leniently where nothing is lost by it."""

import csv
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from gansynth_tf.evaluation.suite.rows import COLUMNS, Row
from gansynth_tf.options import UserError

CSV_NAME = "evaluation.csv"
# Without these a row says nothing that could be compared.
_NEEDED = ("run", "step", "kind", "metric", "value", "fingerprint")


@dataclasses.dataclass(frozen=True)
class ReadRow:
    """A row and where it stands.

    Args:
        row: The row.
        path: Its file, as the user named it.
        line: Its line there, the header being 1.
    """

    row: Row
    path: str
    line: int


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What a file holds.

    Args:
        path: The file, as the user named it.
        rows: Its rows.
        spaces: {key of a feature space: how it is made} from the JSON beside it; {} where there is none.
        notes: What was odd about it.
    """

    path: str
    rows: tuple[ReadRow, ...]
    spaces: Mapping[str, object]
    notes: tuple[str, ...]


def read_evaluation(path: str) -> Evaluation:
    """Returns what a CSV of the suite holds.

    Columns that this version does not know are left out, and columns that a row can do without may be missing: both
    are told.

    Args:
        path: The CSV, or the folder in which an evaluation.csv lies.

    Raises:
        UserError: If there is no such file, or it holds something else.
    """
    file = Path(path) / CSV_NAME if Path(path).is_dir() else Path(path)
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, restkey="", restval="")
            header = list(reader.fieldnames or ())
            _check_header(file, header)
            rows = tuple(_row(file, cells, reader.line_num) for cells in reader)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} is no CSV of the evaluation suite: {error}.") from error
    if not rows:
        raise UserError(f"{file} holds no rows: its evaluation has not come to a number yet.")
    spaces, note = _spaces_beside(file)
    notes = [f"{file}: {words}" for words in (*_column_notes(header), note) if words]
    return Evaluation(str(file), rows, spaces, tuple(notes))


def _check_header(file, header):
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise UserError(
            f"{file} is no CSV of the evaluation suite: it has no column {', '.join(missing)}. Expected what "
            f"eval/evaluate.py writes as {CSV_NAME}."
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UserError(f"{file} has two columns of the name {twice[0]!r}: which one counts is not known.")


def _column_notes(header):
    """Yields in words how the columns differ from this version's."""
    for words, names in (
        ("columns of another version are left out", [name for name in header if name not in COLUMNS]),
        ("columns of this version are missing there", [name for name in COLUMNS if name not in header]),
    ):
        if names:
            yield f"{words}: {', '.join(name or '(no name)' for name in names)}"


def _row(file, cells, line) -> ReadRow:
    texts = {name: cells.get(name) or "" for name in COLUMNS}
    for name in ("num_samples", "seed"):
        texts[name] = texts[name] or "0"
    if texts["value"] == "":
        texts["status"] = texts["status"] or "no value and no reason"
    try:
        row = Row.from_texts(texts)
    except ValueError as error:
        raise UserError(f"{file}, line {line}, is no row of the evaluation suite: {error}") from error
    low, high = row.ci_low, row.ci_high
    if (low is None) != (high is None) or (low is not None and high is not None and low > high):
        raise UserError(f"{file}, line {line}: an interval from {low} to {high} is none.")
    return ReadRow(row, str(file), line)


def _spaces_beside(file):
    """Returns how features were made, from the JSON beside a CSV, and what was amiss with it."""
    path = file.with_suffix(".json")
    if not path.is_file():
        return {}, ""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["facts"].get("spaces", {})), ""
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}, f"{path.name} beside it cannot be read; it is needed to say how features differ only"
