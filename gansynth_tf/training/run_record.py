"""`run.json`: what a run's checkpoints need to become sound again, without the dataset."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from gansynth_tf.whole_file import whole_file

FILE_NAME = "run.json"
# Numbers by channel, or by bin and channel.
Constants = tuple[float, ...] | tuple[tuple[float, ...], ...]


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """Facts of a run that no option holds, because they were read from the data.

    Args:
        labels: {label: its class names}, in the order of the networks' inputs and heads; empty without labels.
        scale: [channels] or [bins][channels] factor that normalises data; an array becomes nested tuples.
        offset: Of the same shape, added after it.
        sample_rate: In hertz.
        length_samples: Samples of a clip.
        representation_shape: (frames, bins, channels).
        versions: {package: version} that the run was started with.
        settings: Identity settings by full name.
        num_clips: Number of training clips.
        data: Hash of the training clips' content, classes and order; "" in records of before it was kept.
        started_from: The run whose weights it started from: its folder `run_dir`, as the user named it, and the
            `num_images` that it had seen; empty for none.

    Raises:
        ValueError: If scale and offset are not finite numbers of one such shape.
    """

    labels: dict[str, tuple[str, ...]]
    scale: Constants
    offset: Constants
    sample_rate: int
    length_samples: int
    representation_shape: tuple[int, ...]
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    num_clips: int = 0
    data: str = ""
    started_from: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        """Takes the constants to nested tuples of floats, and refuses what cannot be constants."""
        scale, offset = (np.asarray(values, np.float64) for values in (self.scale, self.offset))
        finite = np.all(np.isfinite(scale)) and np.all(np.isfinite(offset))
        if scale.shape != offset.shape or scale.ndim not in (1, 2) or not finite:
            raise ValueError(
                "Expected `scale` and `offset` of one shape, [channels] or [bins, channels], finite. "
                f"Received: {self.scale}, {self.offset}."
            )
        object.__setattr__(self, "scale", _nested_tuple(scale.tolist()))
        object.__setattr__(self, "offset", _nested_tuple(offset.tolist()))

    def save(self, run_dir: str | os.PathLike) -> Path:
        """Writes the record into `run_dir`, atomically, and returns its path."""
        path = Path(run_dir) / FILE_NAME
        with whole_file(path, text=True) as file:
            json.dump(dataclasses.asdict(self), file, indent=2, ensure_ascii=False)
            file.write("\n")
        return path

    @classmethod
    def load(cls, run_dir: str | os.PathLike) -> "RunRecord":
        """Returns the record of `run_dir`.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If the file is damaged; the message names it.
        """
        path = Path(run_dir) / FILE_NAME
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                labels={name: tuple(map(str, classes)) for name, classes in fields["labels"].items()},
                scale=fields["scale"],
                offset=fields["offset"],
                sample_rate=int(fields["sample_rate"]),
                length_samples=int(fields["length_samples"]),
                representation_shape=tuple(map(int, fields["representation_shape"])),
                versions=dict(fields.get("versions", {})),
                settings=dict(fields.get("settings", {})),
                num_clips=int(fields.get("num_clips", 0)),
                data=str(fields.get("data", "")),
                started_from=dict(fields.get("started_from", {})),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(
                f"{path} is no record of a run ({error!r}). Start training again, or restore the file."
            ) from error


def _nested_tuple(values):
    """Returns lists in lists as tuples in tuples."""
    return tuple(map(_nested_tuple, values)) if isinstance(values, list) else values
