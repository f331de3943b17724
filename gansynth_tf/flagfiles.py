"""Flagfiles: settings as lines of text, read strictly and written so that they read back the same."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gansynth_tf.options import Settings, Specification, UserError, unknown_option
from gansynth_tf.whole_file import whole_file


def read_flagfile(path: str | os.PathLike, spec: Specification) -> Settings:
    """Returns the settings that a flagfile gives, and only those.

    A line is empty, a comment that begins with `#`, or `--name=value`. absl would take a trailing comment and quotes
    literally and pass a line without dashes on as an argument; here each is an error.

    Raises:
        UserError: Names the file and the line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"The flagfile {os.fspath(path)} cannot be read: {error.strerror or error}."
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"The flagfile {os.fspath(path)} is not a text file: {error}.") from error
    settings: Settings = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            name, value = _read_line(line, spec)
            if name in settings:
                raise UserError(f"--{name} is given a second time. Keep one of the two lines.")
        except UserError as error:
            raise UserError(f"{os.fspath(path)}:{number}: {error}") from error
        settings[name] = value
    return settings


def write_flagfile(
    path: str | os.PathLike, settings: Mapping[str, Any], spec: Specification, header: Iterable[str] = ()
) -> None:
    """Writes `settings` so that `read_flagfile` returns them again; atomically, so that no half file remains.

    Args:
        path: The file, replaced if it exists.
        settings: Values by full name.
        spec: Must know every name.
        header: Lines of the comment at the top.

    Raises:
        UserError: If a value cannot be spelt in a flagfile (a comma inside a list, a line break, a trailing comment).
    """
    lines = [f"# {line}".rstrip() for line in header]
    for name, value in settings.items():
        line = f"--{name}={spec[name].format(value)}"
        if len(line.splitlines()) != 1 or not _reads_back(line, value, spec):
            raise UserError(f"--{name}={value!r} cannot be written in a flagfile. Choose a plainer value.")
        lines.append(line)
    with whole_file(path, text=True) as file:
        file.write("\n".join(lines) + "\n")


def table(changed: Mapping[str, tuple[Any, Any]], spec: Specification) -> str:
    """Returns `differences` as lines of text: option, saved, new."""
    rows = [("option", "saved", "now")]
    rows += [
        (f"--{name}", spec[name].format(old), spec[name].format(new)) for name, (old, new) in changed.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _reads_back(line: str, value: Any, spec: Specification) -> bool:
    try:
        return line == line.strip() and _read_line(line, spec)[1] == value
    except UserError:
        return False


def _read_line(line: str, spec: Specification) -> tuple[str, Any]:
    """Returns the name and the value of one line of a flagfile."""
    if re.search(r"\s#", line):
        raise UserError(f"a comment needs a line of its own. Received: {line!r}.")
    match = re.fullmatch(r"--([^\s=]+)(?:=(.*))?", line)
    if not match:
        raise UserError(f"expected --name=value or a comment that begins with #. Received: {line!r}.")
    name, text = match.groups()
    if name == "flagfile":
        raise UserError("a flagfile cannot include another one. Copy its lines.")
    if text is None:
        return _read_switch(name, spec)
    if name not in spec:
        raise unknown_option(name, spec)
    if text[:1] in "\"'" and text[:1] == text[-1:] and text:
        raise UserError(f"quotes would become part of the value. Write --{name}={text[1:-1]}.")
    return name, spec[name].parse(text)


def _read_switch(name: str, spec: Specification) -> tuple[str, bool]:
    """Returns what a line without a value means: `--name` or `--noname` of an option that is true or false."""
    value = name in spec
    name = name if value else name.removeprefix("no")
    if name not in spec:
        raise unknown_option(name, spec)
    if spec[name].type is not bool:
        raise UserError(f"--{name} needs a value: --{name}=... It takes {spec[name].expected()}.")
    return name, value
