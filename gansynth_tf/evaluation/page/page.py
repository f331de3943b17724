"""The page of an evaluation: one file that is looked at and listened to without a network."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gansynth_tf.evaluation.page.document import document, write_document
from gansynth_tf.evaluation.page.listening import Clips
from gansynth_tf.evaluation.page.markup import Markup, element, joined
from gansynth_tf.evaluation.page.results import Results
from gansynth_tf.evaluation.page.sections import SECTIONS
from gansynth_tf.evaluation.page.tables import facts_table, folded

PAGE_NAME = "index.html"
DATA_NAME = "page_data.json"
# Beside the page; each is linked where it is there.
_TABLES = ("evaluation.csv", "evaluation.json")
# What `page_data` may hold, and of which kind.
_PARTS: dict[str, type] = {
    "title": str,
    "facts": Sequence,
    "rows": Sequence,
    "published": Sequence,
    "checkpoints": Sequence,
    "confusions": Mapping,
    "per_class": Mapping,
    "bins": Mapping,
    "neighbours": Sequence,
    "examples": Sequence,
    "warnings": Sequence,
    "notes": Sequence,
    "step": int,
}


def write_page(folder: str | os.PathLike, page_data: Mapping[str, Any]) -> Path:
    """Writes folder/index.html and returns where it is; it appears when it is whole.

    Sounds and pictures stay files beside the page instead of being put into it: a page of some hundred players then
    opens at once, and loads a sound when it is played.

    Args:
        folder: Folder of the page; the files of clips lie in it.
        page_data: Each part may be missing or None, and then has no section:
            title: Of the page.
            facts: [[name, value]] of what was evaluated.
            warnings: [text], shown first.
            notes: [text] on what can be compared.
            rows: [{column: value}] as `suite.rows.Row`, of any number of checkpoints.
            step: The checkpoint that pictures and classes are of; the newest one of the rows if it is missing.
            checkpoints: [images] that were evaluated.
            published: [{"name", "metric", "value", "note", "source"}]; a note says why it cannot be compared.
            confusions: {label: {"classes": [name], "counts": [asked][heard]}}.
            per_class: {metric: {class name: value}}.
            bins: {"train": [clips in each bin], "model": likewise, "different": [whether the bin differs]}.
            neighbours: [{"generated": clip, "training": clip, "distance": number}].
            examples: [{"class": name, "best": [clip], "worst": [clip]}].
            A clip is {"wav": path from the folder, "picture": likewise or missing, "caption": text}.

    Raises:
        ValueError: If a part is unknown or malformed, or a path leads out of the folder.
    """
    data = {name: part for name, part in page_data.items() if part is not None}
    check_page_data(data)
    results = Results(data.get("rows", ()), data.get("step"))
    clips = Clips(folder)
    sections = [section for part in SECTIONS if (section := part(data, results, clips))]
    page = document(
        data.get("title") or "Evaluation", data.get("warnings", ()), _lead(Path(folder), data), sections
    )
    return write_document(Path(folder) / PAGE_NAME, page)


def write_page_again(folder: str | os.PathLike) -> Path:
    """Writes the page of a folder anew from the data that was saved beside it, and returns where it is.

    Raises:
        OSError: If there are no data.
        ValueError: If the data cannot be read.
    """
    return write_page(folder, json.loads((Path(folder) / DATA_NAME).read_text(encoding="utf-8")))


def check_page_data(data: Mapping[str, Any]) -> None:
    """Checks the form of a page's data.

    Raises:
        ValueError: Says which part is not as it should be.
    """
    unknown = sorted(set(data) - set(_PARTS))
    if unknown:
        raise ValueError(f"Expected parts out of {', '.join(_PARTS)}. Received: {', '.join(unknown)}.")
    for name, part in data.items():
        if not isinstance(part, _PARTS[name]) or (isinstance(part, str) and _PARTS[name] is not str):
            raise ValueError(
                f"Expected `{name}` to be a {_PARTS[name].__name__.lower()}. Received: {type(part).__name__}."
            )
    for label, one in data.get("confusions", {}).items():
        sides = {len(one["classes"]), len(one["counts"]), *map(len, one["counts"])}
        if len(sides) != 1 or sides == {0}:
            raise ValueError(
                f"Expected the confusions of {label} to be as many rows and columns as classes, at least one. "
                f"Received: {len(one['classes'])} classes, rows of {sorted(set(map(len, one['counts'])))}."
            )
    bins = data.get("bins") or {}
    if bins and len({len(bins[name]) for name in ("train", "model", "different")}) != 1:
        raise ValueError(
            "Expected `bins` to hold three lists of equal length, `different` a truth value for each bin. "
            f"Received: {', '.join(f'{name} {len(part)}' for name, part in bins.items())}."
        )


def _lead(folder, data) -> Markup:
    """Returns what stands between the warnings and the sections."""
    checkpoints = [f"{step:,}" for step in data.get("checkpoints", ())]
    facts = [*data.get("facts", ())]
    if checkpoints:
        shown = (
            ", ".join(checkpoints)
            if len(checkpoints) < 9
            else f"{len(checkpoints)}: {checkpoints[0]} … {checkpoints[-1]}"
        )
        facts.append(["Checkpoints (images)", shown])
    links = [element("a", {"href": name}, name) for name in _TABLES if (folder / name).is_file()]
    if links:
        facts_and_links = joined("All numbers: ", *[part for link in links for part in (" ", link)])
    notes = [element("li", None, text) for text in data.get("notes", ())]
    return joined(
        facts_table(facts) if facts else None,
        element("p", None, facts_and_links) if links else None,
        folded("What can be compared, and what cannot", element("ul", None, notes)) if notes else None,
    )
