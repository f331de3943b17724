"""The rows of an evaluation: one a number, on the disk as soon as it is known, then as CSV and JSON."""

import csv
import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gansynth_tf.options import UserError
from gansynth_tf.whole_file import whole_file

MODEL, FLOOR, SPREAD, TIMING = "model", "floor", "spread", "timing"
KINDS = (MODEL, FLOOR, SPREAD, TIMING)
ROWS_NAME = "rows.jsonl"
# So many digits are the same at every start; beyond them rounding inside a library may show.
_DIGITS = 10


@dataclasses.dataclass(frozen=True)
class Row:
    """One number, with all that is needed to read it and to tell what it may be compared with.

    Args:
        run: Whose clips: the name of a run or a folder, or of real clips.
        step: Images that the generator was trained on; None where there is no training.
        kind: MODEL; FLOOR, real held-out clips in the model's place; SPREAD, several sets of training clips in its
            place, whose interval is where the next real set should lie; TIMING.
        metric: Name of the number.
        class_name: The class that the number is of, as genre=jazz; "" for all.
        value: The number; None where it cannot be had, and then `status` says why.
        ci_low: Lower end of the 95 % interval, or None.
        ci_high: Upper end, or None.
        interval: How the interval was made, in a few words; "" without one.
        num_samples: Clips that were measured.
        num_reference: Clips they were compared with; None if they were compared with none.
        splits: Parts that the number is a mean over; None where that has no meaning.
        seed: Of all that was drawn.
        features: What the number is computed on, as classifier:layer; "" for the clips themselves.
        classifier: Hash of the classifier's weights; "" if none was asked.
        reference: Hash of the real clips that were compared with, or whose labels were asked for; "" of a timing.
        dataset: Their data set.
        split: The split they are of.
        representation: What the model works in, with its size; "" where there is none.
        protocol: Key of the protocol.
        fingerprint: Rows of equal fingerprints may be compared.
        status: What is to be said about the number, or why there is none; "" if all is well.
        version: Of the package.
        seconds: What it took; the only column besides timings that differs from start to start.

    Raises:
        ValueError: If the kind is unknown, a number is not finite, or there is neither a value nor a status.
    """

    run: str
    step: int | None
    kind: str
    metric: str
    class_name: str = ""
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    interval: str = ""
    num_samples: int = 0
    num_reference: int | None = None
    splits: int | None = None
    seed: int = 0
    features: str = ""
    classifier: str = ""
    reference: str = ""
    dataset: str = ""
    split: str = ""
    representation: str = ""
    protocol: str = ""
    fingerprint: str = ""
    status: str = ""
    version: str = ""
    seconds: float | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"Expected `kind` to be one of {', '.join(KINDS)}. Received: {self.kind!r}.")
        for name in ("value", "ci_low", "ci_high", "seconds"):
            number = getattr(self, name)
            if number is None:
                continue
            if not math.isfinite(number):
                raise ValueError(
                    f"`{name}` of {self.metric} must be finite, or None with a status. Received: {number}."
                )
            object.__setattr__(self, name, float(f"{float(number):.{_DIGITS}g}"))
        if self.value is None and not self.status:
            raise ValueError(f"A row without a value needs a status that says why. Received: {self.metric}.")

    def texts(self) -> dict[str, str]:
        """Returns the row as the cells of a CSV, {column: text}."""
        return {name: _cell(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_texts(cls, cells: Mapping[str, str]) -> "Row":
        """Returns the row that `texts` wrote.

        Raises:
            ValueError: If a column is missing or a cell cannot be read.
        """
        missing = [name for name in COLUMNS if name not in cells]
        if missing:
            raise ValueError(f"Expected the columns {', '.join(COLUMNS)}. Missing: {', '.join(missing)}.")
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            text = cells[field.name]
            if field.type is str:
                values[field.name] = text
            elif not text:
                values[field.name] = None
            else:
                values[field.name] = float(text) if field.name in _NUMBERS else int(text)
        return cls(**values)


_NUMBERS = ("value", "ci_low", "ci_high", "seconds")
COLUMNS = tuple(field.name for field in dataclasses.fields(Row))


class RowStore:
    """A folder's rows, appended job by job; what is written is on the disk, and a kill loses the job under way at most.

    A job is what one metric says of one set of clips: some rows, and what a page shows of them. Its line is written
    whole or not at all: a last line that a kill cut off is dropped when the file is read.

    Args:
        folder: Folder of the file rows.jsonl; made if need be.

    Raises:
        UserError: If the file holds something else.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = pathlib.Path(folder)
        self._path = self.folder / ROWS_NAME
        self._jobs: dict[str, tuple[tuple[Row, ...], dict[str, Any]]] = {}
        self._read()

    def __contains__(self, job: str) -> bool:
        return job in self._jobs

    @property
    def jobs(self) -> list[str]:
        """Names of the jobs that are done, as they were done."""
        return list(self._jobs)

    def put(self, job: str, rows: Sequence[Row], shown: Mapping[str, Any] | None = None) -> None:
        """Appends what a job found, and forces it to the disk.

        Args:
            job: Names it, once and for all.
            rows: Its rows.
            shown: What a page may show besides, in words that JSON knows.

        Raises:
            ValueError: If the job is done already.
        """
        if job in self._jobs:
            raise ValueError(f"The job {job!r} is done already.")
        its_shown = dict(shown or {})
        record = {"job": job, "rows": [dataclasses.asdict(row) for row in rows], "shown": its_shown}
        line = json.dumps(record, allow_nan=False, ensure_ascii=False) + "\n"
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self._path, "a", encoding="utf-8") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        self._jobs[job] = tuple(rows), its_shown

    def rows(self, jobs: Iterable[str] | None = None) -> list[Row]:
        """Returns the rows of jobs in that order, those not done left out; None means all, as they were done."""
        return [row for job in (self._jobs if jobs is None else jobs) for row in self._found(job)[0]]

    def shown(self, job: str) -> dict[str, Any]:
        """Returns what a page may show of a job; {} if it is not done."""
        return self._found(job)[1]

    def _found(self, job):
        return self._jobs.get(job, ((), {}))

    def _read(self):
        """Takes in what the file holds, and cuts off half a last line."""
        if not self._path.exists():
            return
        text = self._path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                record = json.loads(line)
                rows = tuple(Row(**cells) for cells in record["rows"])
                self._jobs[record["job"]] = rows, record["shown"]
            except (ValueError, TypeError, KeyError) as error:
                raise UserError(
                    f"{self._path}, line {number}, is no row of this version of the suite ({error}). "
                    "Name another --output_dir, or remove the folder."
                ) from error
        if len(whole) < len(text):
            with open(self._path, "r+b") as stream:
                stream.truncate(len(whole))


def write_csv(path: str | os.PathLike, rows: Iterable[Row]) -> None:
    """Writes rows as a CSV, which appears under its name only when it is whole."""
    with whole_file(path, text=True) as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row.texts() for row in rows)


def write_json(path: str | os.PathLike, rows: Iterable[Row], facts: Mapping[str, Any]) -> None:
    """Writes {"facts": facts, "rows": [{column: value}]}, which appears under its name only when it is whole."""
    record = {"facts": dict(facts), "rows": [dataclasses.asdict(row) for row in rows]}
    with whole_file(path, text=True) as stream:
        stream.write(json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def read_csv(path: str | os.PathLike) -> list[Row]:
    """Returns the rows of a CSV that `write_csv` wrote.

    Raises:
        UserError: If the file cannot be read, or holds something else.
    """
    try:
        with open(path, newline="", encoding="utf-8") as stream:
            return [Row.from_texts(cells) for cells in csv.DictReader(stream, restval="")]
    except (OSError, csv.Error, ValueError, TypeError) as error:
        raise UserError(f"{path} is no table of the evaluation suite: {error}") from error


def _cell(value) -> str:
    """Returns a value as text that reads back the same."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
