"""What the page of an evaluation shows: collected from rows and from what metrics showed, with sounds and pictures."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gansynth_tf.audio import files
from gansynth_tf.evaluation.page.thumbnails import save_thumbnail
from gansynth_tf.evaluation.suite.rows import MODEL, Row

MEDIA = "media"

Read = Callable[[int], np.ndarray]


class Media:
    """Sounds and pictures of clips, each made once, in the folder `media`.

    Args:
        folder: Folder of the page.
        sample_rate: In hertz.
    """

    def __init__(self, folder, sample_rate: int):
        self._folder = pathlib.Path(folder)
        self._sample_rate = sample_rate

    def clip(self, name: str, number: int, read: Read, caption: str) -> dict[str, str]:
        """Returns a clip as a page takes it.

        Args:
            name: Whose it is, plain characters; names the files with the number.
            number: Which clip.
            read: Returns [length_samples] of a number; asked if the files are not there.
            caption: What stands beside it.
        """
        stem = f"{MEDIA}/{name}_{number:06d}"
        wav, picture = (self._folder / f"{stem}.{end}" for end in ("wav", "png"))
        if not (wav.exists() and picture.exists()):
            wav.parent.mkdir(parents=True, exist_ok=True)
            audio = np.nan_to_num(read(number), nan=0.0, posinf=0.0, neginf=0.0)
            save_thumbnail(picture, audio, self._sample_rate)
            files.write(wav, audio / max(1.0, float(np.max(np.abs(audio)))), self._sample_rate)
        return {"wav": f"{stem}.wav", "picture": f"{stem}.png", "caption": caption}


def page_data(
    title: str,
    facts: Sequence[Sequence[str]],
    rows: Sequence[Row],
    published: Sequence[Mapping[str, object]],
    warnings: Sequence[str],
    notes: Sequence[str],
    step: int | None,
    shown: Mapping[str, Any],
) -> dict[str, Any]:
    """Returns the page's data but for its clips; parts of which there is nothing are left out.

    Args:
        title: Of the page.
        facts: [name, value] of what was evaluated.
        rows: All rows.
        published: Scores of others, as `PublishedRow.as_page_row` returns them.
        warnings: What must be read first.
        notes: What can be compared.
        step: The checkpoint whose classes and bins are shown; None without checkpoints.
        shown: What the metrics showed of its clips.
    """
    model = [row for row in rows if row.kind == MODEL]
    steps = sorted({row.step for row in model if row.step is not None})
    data: dict[str, Any] = {
        "title": title,
        "facts": [list(map(str, fact)) for fact in facts],
        "rows": [dataclasses.asdict(row) for row in rows],
        "published": list(published),
        "warnings": list(warnings),
        "notes": list(notes),
        "checkpoints": steps,
        "per_class": _per_class(row for row in model if row.step == step),
    }
    data |= {name: shown[name] for name in ("confusions", "bins") if name in shown}
    if step is not None:
        data["step"] = step
    return {name: part for name, part in data.items() if part not in ([], {})}


def pairs(shown: Mapping[str, Any], media: Media, name: str, play: Read, read: Read) -> list[dict[str, Any]]:
    """Returns the generated clips that are nearest to training clips, beside these.

    Args:
        shown: What the metrics showed: `neighbours` holds [generated, training clip, distance].
        media: Makes the files.
        name: Of the generated clips.
        play: Returns a generated clip.
        read: Returns a training clip, counted among those where copies are looked for.
    """
    return [
        {
            "generated": media.clip(name, generated, play, f"clip {generated}"),
            "training": media.clip("train", training, read, f"training clip {training}"),
            "distance": distance,
        }
        for generated, training, distance in shown.get("neighbours", [])
    ]


def examples(shown: Mapping[str, Any], media: Media, name: str, play: Read) -> list[dict[str, Any]]:
    """Returns the clips of each class that sound most and least as they were asked for.

    Args:
        shown: What the metrics showed: `examples` holds a list a label.
        media: Makes the files.
        name: Of the generated clips.
        play: Returns a generated clip.
    """
    found = []
    for label, classes in shown.get("examples", {}).items():
        for one in classes:
            told = {
                which: [
                    media.clip(name, number, play, f"clip {number}, heard as asked with {sure:.0%}")
                    for number, sure in one[which]
                ]
                for which in ("best", "worst")
            }
            found.append({"class": f"{label}={one['class']}"} | told)
    return found


def _per_class(rows) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.class_name and row.value is not None:
            found.setdefault(row.metric, {})[row.class_name] = row.value
    return found
