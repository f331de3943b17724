"""`history.csv`: one line of numbers after another, cut back when a run goes on from an earlier save."""

import csv
import os
import pathlib
import time

from gansynth_tf.whole_file import whole_file

FIRST_COLUMNS = ("num_images", "seconds", "stage", "progress", "images_per_second")


class History:
    """Observer that writes scalars to a CSV file.

    The columns start with `FIRST_COLUMNS`; others follow in the order in which they first appear and never move. A
    line holds what came with one call: cells without a number are empty. `seconds` counts those of all starts of the
    run, up to what was logged.

    Args:
        path: The file; an existing one is continued after `on_resume`.

    Raises:
        ValueError: If the file exists and is no history.
    """

    def __init__(self, path):
        self._path = pathlib.Path(path)
        self._columns = list(FIRST_COLUMNS)
        self._start = time.monotonic()
        self._file = None
        if self._path.exists():
            self._columns, _ = _read(self._path)

    def on_log(self, num_images, scalars):
        """Writes one line, and gives it to the operating system, so that a kill does not lose it."""
        new = [name for name in scalars if name not in self._columns]
        if new:
            self._widen(new)
        row = {"num_images": num_images, "seconds": f"{time.monotonic() - self._start:.1f}"}
        row |= {name: f"{value:.6g}" for name, value in scalars.items()}
        if self._file is None:
            self._open()
        csv.writer(self._file, lineterminator="\n").writerow([row.get(name, "") for name in self._columns])
        self._file.flush()

    def on_preview(self, num_images, audio, rows, data):
        """Writes nothing: clips are no numbers."""

    def on_save(self, num_images):
        """Forces all lines to the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def on_resume(self, num_images):
        """Cuts the file back to the lines of at most `num_images` images, and takes up the clock."""
        self.close()
        if not self._path.exists():
            return
        self._columns, rows = _read(self._path)
        kept = [row for row in rows if int(row["num_images"]) <= num_images]
        self._replace(kept)
        seconds = [float(row["seconds"]) for row in kept if row["seconds"]]
        self._start = time.monotonic() - (seconds[-1] if seconds else 0.0)

    def close(self):
        """Closes the file; a later call opens it again."""
        if self._file is not None:
            self.on_save(0)
            self._file.close()
            self._file = None

    def _open(self):
        """Opens the file for more lines, a new one with its head."""
        is_new = not self._path.exists()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self._path, "a", encoding="utf-8", newline="")
        if is_new:
            csv.writer(self._file, lineterminator="\n").writerow(self._columns)

    def _widen(self, names):
        """Adds columns at the end, to the head and to all lines before."""
        self.close()
        rows = _read(self._path)[1] if self._path.exists() else []
        self._columns += names
        if rows:
            self._replace(rows)
        else:
            self._path.unlink(missing_ok=True)

    def _replace(self, rows):
        """Writes the file anew, in one step."""
        with whole_file(self._path, text=True) as file:
            writer = csv.DictWriter(file, self._columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _read(path):
    """Returns (columns, rows as dicts of text); a last line that a kill has torn is left out."""
    text = path.read_text(encoding="utf-8")
    lines = text[: text.rfind("\n") + 1].splitlines()
    table = list(csv.reader(lines))
    if not table:
        return list(FIRST_COLUMNS), []
    columns = table[0]
    if tuple(columns[: len(FIRST_COLUMNS)]) != FIRST_COLUMNS:
        raise ValueError(
            f"{path} is no history of a run: it should start with {','.join(FIRST_COLUMNS)}. "
            f"Received: {','.join(columns)[:80]}. Move it away."
        )
    return columns, [dict(zip(columns, row, strict=True)) for row in table[1:] if len(row) == len(columns)]
