"""The files of an evaluation: CSV, JSON, the page with its sounds and pictures, and what was drawn."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gansynth_tf.evaluation.page import write_page
from gansynth_tf.evaluation.suite import page_data
from gansynth_tf.evaluation.suite.rows import Row, write_csv, write_json
from gansynth_tf.whole_file import whole_file

CSV_NAME, JSON_NAME = "evaluation.csv", "evaluation.json"
DATA_NAME, EVIDENCE_NAME = "page_data.json", "evidence.npz"
_DRAWN = "evidence"


def write_tables(folder: Path, rows: Sequence[Row], facts: Mapping[str, Any]) -> None:
    """Writes evaluation.csv and evaluation.json."""
    write_csv(folder / CSV_NAME, rows)
    write_json(folder / JSON_NAME, rows, facts)


def write_page_files(
    folder: Path,
    data: dict[str, Any],
    shown: Mapping[str, Any],
    sample_rate: int,
    name: str,
    play: Callable[[int], np.ndarray],
    read: Callable[[int], np.ndarray],
) -> Path:
    """Writes page_data.json, the sounds and pictures, and index.html, and returns its path.

    Args:
        folder: Of the files.
        data: The page's data but for its clips.
        shown: What the metrics showed of the clips that are to be heard.
        sample_rate: In hertz.
        name: Of the generated clips, plain characters.
        play: Returns a generated clip.
        read: Returns a training clip, counted among those where copies are looked for.
    """
    media = page_data.Media(folder, sample_rate)
    clips = {
        "neighbours": page_data.pairs(shown, media, name, play, read),
        "examples": page_data.examples(shown, media, name, play),
    }
    data = data | {part: found for part, found in clips.items() if found}
    with whole_file(folder / DATA_NAME, text=True) as stream:
        stream.write(json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    return write_page(folder, data)


def keep_drawn(folder: Path, job: str, drawn: Mapping[str, np.ndarray]) -> None:
    """Keeps what a metric drew, until all of it is put into one file."""
    if drawn:
        directory = folder / _DRAWN
        directory.mkdir(parents=True, exist_ok=True)
        _save(directory / f"{job}.npz", drawn)


def write_evidence(folder: Path, arrays: Mapping[str, np.ndarray], jobs: Mapping[str, str]) -> None:
    """Writes evidence.npz: what was drawn for the evaluation, and by each of its metrics.

    Args:
        folder: Of the files.
        arrays: What was drawn for all metrics.
        jobs: {name in the file, as model/512/different_bins: name that `keep_drawn` was given}.
    """
    found = dict(arrays)
    for name, job in jobs.items():
        path = folder / _DRAWN / f"{job}.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as members:
                found |= {f"{name}/{member}": members[member] for member in members.files}
    _save(folder / EVIDENCE_NAME, found)


def _save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with whole_file(path) as stream:
        np.savez_compressed(stream, **dict(arrays))
