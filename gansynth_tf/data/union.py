"""Several datasets as one: labels of one name are one label, their classes those of all."""

import dataclasses
import hashlib
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from gansynth_tf.data.clip_set import Progress
from gansynth_tf.data.folder_listing import SPLITS
from gansynth_tf.data.labels import all_numbers, listed, ordered_classes, suggestion
from gansynth_tf.data.sources import Source
from gansynth_tf.options import UserError


class Union:
    """The clips of all datasets, one dataset after the other; a clip has no class of a label that its set lacks.

    Args:
        datasets: {key: dataset}, all of one sample rate, length and number of channels.
        renames: {label or "key.label": new name}. Labels that get one name become one label.

    Raises:
        UserError: If a renamed label does not exist, or two labels of one dataset get the same name.
    """

    how_to_run: frozenset[str] = frozenset()

    def __init__(self, datasets: Mapping[str, object], renames: Mapping[str, str] | None = None):
        self.datasets = dict(datasets)
        renames = dict(renames or {})
        _refuse_unknown(renames, self.datasets)
        first = next(iter(self.datasets.values()))
        self.sample_rate = first.sample_rate
        self.length_samples = first.length_samples
        self.num_channels = first.num_channels
        self._names = {
            key: [renames.get(f"{key}.{label}", renames.get(label, label)) for label in dataset.labels]
            for key, dataset in self.datasets.items()
        }
        for key, names in self._names.items():
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise UserError(
                    f"--label_map gives two labels of {key} the name {twice[0]!r}. Name them apart."
                )
        self.labels = self._joined_labels()

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have clips."""
        return tuple(
            split for split in SPLITS if any(split in dataset.splits for dataset in self.datasets.values())
        )

    @property
    def left_out(self) -> dict[str, str]:
        """{recording: why it is not used}."""
        return {
            _named(key, name): reason
            for key, dataset in self.datasets.items()
            for name, reason in dataset.left_out.items()
        }

    def prepare(self, cache_dir: str | os.PathLike | None = None, progress: Progress | None = None) -> None:
        """Reads all recordings once, one dataset after the other; see ClipSet.prepare."""
        for dataset in self.datasets.values():
            dataset.prepare(cache_dir, progress)

    def rows(self, split: str) -> np.ndarray:
        """Returns int32 [num_clips, num_labels]: the class of each label of each clip, -1 where it has none."""
        columns = list(self.labels)
        pieces = []
        for key, dataset in self._having(split):
            own = dataset.rows(split)
            rows = np.full([len(own), len(columns)], -1, np.int32)
            for i, (name, classes) in enumerate(zip(self._names[key], dataset.labels.values(), strict=True)):
                # One entry more, which stands for the missing class: index -1 finds it.
                numbers = np.array([*map(self.labels[name].index, classes), -1], np.int32)
                rows[:, columns.index(name)] = numbers[own[:, i]]
            pieces.append(rows)
        return np.concatenate([np.zeros([0, len(columns)], np.int32), *pieces])

    def groups(self, split: str) -> np.ndarray:
        """Returns int64 [num_clips]: the number of the dataset that each clip comes from."""
        order = list(self.datasets)
        sizes = [(order.index(key), len(dataset.rows(split))) for key, dataset in self._having(split)]
        return np.repeat([number for number, _ in sizes], [size for _, size in sizes]).astype(np.int64)

    def clips(self, split: str, indices: Sequence[int] | np.ndarray | None = None) -> tf.data.Dataset:
        """Returns (the chosen) clips in the order of the rows, float32 [length_samples(, 2)] in [-1, 1]."""
        shape = [self.length_samples] if self.num_channels == 1 else [self.length_samples, self.num_channels]
        whole, start = tf.data.Dataset.from_tensor_slices(np.zeros([0, *shape], np.float32)), 0
        for _, dataset in self._having(split):
            size = len(dataset.rows(split))
            own = None
            if indices is not None:
                own = np.asarray(indices, np.int64)
                own = own[(own >= start) & (own < start + size)] - start
            whole = whole.concatenate(dataset.clips(split, own))
            start += size
        return whole

    def clip_keys(self, split: str) -> list[str]:
        """Returns one address a clip: equal keys have equal samples."""
        return [clip_key for _, dataset in self._having(split) for clip_key in dataset.clip_keys(split)]

    def sources(self, split: str) -> list[Source]:
        """Returns the recording of each clip, named with its dataset."""
        return [
            dataclasses.replace(source, name=_named(key, source.name))
            for key, dataset in self._having(split)
            for source in dataset.sources(split)
        ]

    def fingerprint(self) -> str:
        """Returns a hash of everything that determines samples and labels."""
        parts = [repr(sorted(self._names.items()))]
        parts += [f"{key} {dataset.fingerprint()}" for key, dataset in self.datasets.items()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]

    def report(self) -> str:
        """Returns lines for people: of all clips, then what each dataset says of itself."""
        lines = [f"{' + '.join(self.datasets)}: together"]
        lines += [f"{split}: {len(self.rows(split))} clips" for split in self.splits]
        for key, dataset in self.datasets.items():
            changed = [
                f"{old} is called {new}"
                for old, new in zip(dataset.labels, self._names[key], strict=True)
                if old != new
            ]
            lines += [f"  {line}" for line in dataset.report().splitlines()]
            lines += [f"  {line}" for line in changed]
        return "\n".join(lines)

    def _joined_labels(self):
        """Returns {label: its classes}: numbers in their order, others as they come."""
        joined: dict[str, dict[str, None]] = {}
        for key, dataset in self.datasets.items():
            for name, classes in zip(self._names[key], dataset.labels.values(), strict=True):
                joined.setdefault(name, {}).update(dict.fromkeys(classes))
        return {
            name: ordered_classes(classes) if all_numbers(classes) else tuple(classes)
            for name, classes in joined.items()
        }

    def _having(self, split):
        """Returns (key, dataset) of those that have the split."""
        if split not in SPLITS:
            raise ValueError(f"`split` must be one of {', '.join(SPLITS)}. Received: split={split!r}.")
        return [(key, dataset) for key, dataset in self.datasets.items() if split in dataset.splits]


def _refuse_unknown(renames, datasets):
    """Raises UserError if a label that gets a new name does not exist."""
    known = {label for dataset in datasets.values() for label in dataset.labels}
    known |= {f"{key}.{label}" for key, dataset in datasets.items() for label in dataset.labels}
    for old, new in renames.items():
        if old not in known:
            bare = sorted(name for name in known if "." not in name)
            raise UserError(
                f"--label_map={old}={new}: there is no label {old!r}, but {listed(bare)}.{suggestion(old, known)} "
                "An entry without a colon renames a label; one of a class is written label:class=new class."
            )
        if not new:
            raise UserError(
                f"--label_map={old}=: a label needs a name. To do without it, leave it out of --labels."
            )


def _named(key, name):
    return name if name.startswith(f"{key}/") else f"{key}/{name}"
