"""Labels: which of a dataset's labels condition the model, and what becomes of their classes."""

import dataclasses
import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from gansynth_tf.options import UserError

_MISSING = -1
_NUM_SHOWN = 12


class Labels:
    """The labels of a dataset that condition a model, after its classes were merged, renamed or dropped.

    A class that no training clip has is left out, since nothing can be learnt of it; so are clips of other splits
    that have it.

    Args:
        dataset: Has `labels` and `rows(split)`.
        names: Labels to use. Empty is the first of the dataset; None is no label at all.
        label_map: Entries "label:class=new class". A new class that exists, or that several entries name, merges;
            another one renames; an empty one drops the class with its clips. Entries are applied all at once.

    Attributes:
        classes: {label: its class names}, in the order of the columns of `rows`.

    Raises:
        UserError: If a label or a class is unknown or given twice, if no clip is left, or if a label has one class.
    """

    def __init__(self, dataset, names: Sequence[str] | None = (), label_map: Sequence[str] = ()):
        self._dataset = dataset
        known = {name: tuple(classes) for name, classes in dataset.labels.items()}
        chosen = _chosen(names, known)
        self._changes = _changes(label_map, known)
        mapped = {name: _Mapped(known[name], self._changes.get(name, {})) for name in known}
        self._chosen = [(list(known).index(name), name) for name in chosen]
        self._mapped = mapped
        self.classes: dict[str, tuple[str, ...]] = {name: mapped[name].classes for name in chosen}
        self._leave_out_unlearnt()

    @property
    def class_counts(self) -> tuple[int, ...]:
        """The number of classes of each label."""
        return tuple(len(classes) for classes in self.classes.values())

    def clips(self, split: str) -> np.ndarray:
        """Returns which clips of a split are used, int64 [num_used], counted as in the dataset's own rows."""
        return np.flatnonzero(self._used(self._dataset.rows(split)))

    def rows(self, split: str) -> np.ndarray:
        """Returns the classes of the used clips, int32 [num_used, num_labels]; -1 where a clip has none."""
        rows = self._dataset.rows(split)
        return self._renumbered(rows[self._used(rows)])

    def report(self) -> str:
        """Returns lines for people: the labels in use, their classes with numbers of clips, and what is left out."""
        lines = []
        rows = self.rows("train")
        for column, (name, classes) in enumerate(self.classes.items()):
            counts = np.bincount(rows[:, column][rows[:, column] >= 0], minlength=len(classes))
            counted = [f"{class_name} {count}" for class_name, count in zip(classes, counts, strict=True)]
            num_missing = int((rows[:, column] < 0).sum())
            lines.append(
                f"Label {name}, {len(classes)} classes: {listed(counted)}{_missing_text(num_missing)}."
            )
            gone = [key for key in self._mapped[name].classes if key not in classes]
            if gone:
                lines.append(f"Label {name}: left out, having no training clip: {listed(gone)}.")
        num_all = len(self._dataset.rows("train"))
        if num_all > len(rows):
            lines.append(f"{num_all - len(rows)} of {num_all} training clips are dropped by the label map.")
        return "\n".join(lines) or "No labels."

    def _leave_out_unlearnt(self):
        """Takes classes without training clips out of `classes`, and refuses a label that has too few left."""
        dataset_rows = self._dataset.rows("train")
        used = self._used(dataset_rows)
        if not used.any():
            raise UserError(
                "No training clip is left: --label_map drops the classes of all of them. Keep at least two classes."
            )
        rows = self._renumbered(dataset_rows[used])
        for column, (name, classes) in enumerate(self.classes.items()):
            present = np.isin(np.arange(len(classes)), rows[:, column])
            learnt = tuple(class_name for class_name, there in zip(classes, present, strict=True) if there)
            if len(learnt) < 2:
                what = f"only the class {learnt[0]!r}" if learnt else "no class at all"
                raise UserError(
                    f"The label {name!r} has {what} among the training clips; a model conditioned on it needs two. "
                    "Add clips of another class, choose another label, or train without labels by --labels=none."
                )
            self.classes[name] = learnt

    def _used(self, rows):
        """Returns which of a dataset's rows no entry of the label map drops, bool [num_clips]."""
        used = np.ones(len(rows), bool)
        for column, name in enumerate(self._mapped):
            dropped = np.array([new == "" for new in self._mapped[name].new_names], bool)
            if dropped.any():
                used &= ~((rows[:, column] >= 0) & dropped[rows[:, column]])
        return used

    def _renumbered(self, rows):
        """Returns a dataset's rows in the columns and class numbers of `classes`."""
        columns = []
        for column, name in self._chosen:
            number = {class_name: i for i, class_name in enumerate(self.classes[name])}
            # One entry more, which stands for the missing label: index -1 finds it.
            table = [number.get(new, _MISSING) for new in self._mapped[name].new_names] + [_MISSING]
            columns.append(np.array(table, np.int32)[rows[:, column]])
        return np.stack(columns, axis=1) if columns else np.zeros([len(rows), 0], np.int32)


@dataclasses.dataclass
class _Mapped:
    """A label's classes after its changes.

    Args:
        old_names: The dataset's classes.
        changes: {class: its new name, or "" to drop it}.
    """

    old_names: tuple[str, ...]
    changes: dict[str, str]

    @property
    def new_names(self) -> list[str]:
        """The new name of every old class; "" for dropped ones."""
        return [self.changes.get(name, name) for name in self.old_names]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are left, each where it first appears; numbers in their order."""
        left = tuple(dict.fromkeys(name for name in self.new_names if name))
        return ordered_classes(left) if self.changes and all_numbers(left) else left


def ordered_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Returns class names without repetition: numbers in their order if all are numbers, else by the alphabet."""
    found = set(names)
    if all_numbers(found):
        return tuple(sorted(found, key=lambda name: (float(name), name)))
    return tuple(sorted(found))


def all_numbers(names: Collection[str]) -> bool:
    """Returns whether every name spells a number."""
    return all(_is_number(name) for name in names)


def listed(names: Sequence[str]) -> str:
    """Returns the first of many names, as people read them."""
    shown = ", ".join(names[:_NUM_SHOWN])
    return shown if len(names) <= _NUM_SHOWN else f"{shown} and {len(names) - _NUM_SHOWN} more"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Returns " Did you mean ...?" for the nearest of `known`, or nothing."""
    known = list(known)
    by_small_letters = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), list(by_small_letters), n=1)
    return f" Did you mean {by_small_letters[near[0]]}?" if near else ""


def check_names(
    dataset_labels: Mapping[str, Sequence[str]], names: Sequence[str] | None, label_map: Sequence[str]
) -> None:
    """Refuses names of labels and classes that do not exist, before any recording is read.

    Raises:
        UserError: Names the nearest one that does.
    """
    known = {name: tuple(classes) for name, classes in dataset_labels.items()}
    _chosen(names, known)
    _changes(label_map, known)


def renames_and_changes(label_map: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Returns ({label: its new name}, the entries that change classes) of a label map.

    Raises:
        UserError: If an entry is neither, or one label gets two names.
    """
    renames: dict[str, str] = {}
    changes = []
    for entry in label_map:
        if ":" in entry:
            changes.append(entry)
            continue
        old, equals, new = (part.strip() for part in entry.partition("="))
        if not equals or not old:
            raise UserError(
                "--label_map takes entries label:class=new class, as genre:hip-hop=rap, and label=new label, as "
                f"style=genre. Received: {entry!r}."
            )
        if renames.setdefault(old, new) != new:
            raise UserError(f"--label_map gives the label {old!r} two names, {renames[old]!r} and {new!r}.")
    return renames, tuple(changes)


def _chosen(names, known):
    """Returns the names of the labels in use, checked."""
    if names is None:
        return ()
    if not names:
        return tuple(known)[:1]
    for name in names:
        if name not in known:
            there = f"has {listed(tuple(known))}" if known else "has no labels"
            raise UserError(
                f"--labels: there is no label {name!r}; the dataset {there}.{suggestion(name, known)}"
            )
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise UserError(f"--labels names {twice[0]!r} twice. Name each label once.")
    return tuple(names)


def _changes(label_map: Sequence[str], known: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
    """Returns {label: {class: new class}} of the entries of a label map, checked."""
    changes: dict[str, dict[str, str]] = {}
    for entry in label_map:
        label, colon, change = entry.partition(":")
        if not colon or "=" not in change:
            raise UserError(
                f"--label_map takes entries label:class=new class, as genre:hip-hop=rap. Received: {entry!r}."
            )
        label = label.strip()
        if label not in known:
            raise UserError(
                f"--label_map={entry}: there is no label {label!r}; the dataset has {listed(tuple(known))}."
                + suggestion(label, known)
            )
        old, new = _split_change(change, known[label])
        if old not in known[label]:
            raise UserError(
                f"--label_map={entry}: the label {label!r} has no class {old!r}, but {listed(known[label])}."
                + suggestion(old, known[label])
            )
        if changes.setdefault(label, {}).setdefault(old, new) != new:
            raise UserError(
                f"--label_map changes {label}:{old} twice, to {changes[label][old]!r} and to {new!r}. Keep one."
            )
    return changes


def _split_change(change, classes):
    """Returns (class, new class) of "class=new class"; a class's own name may hold the sign."""
    pieces = change.split("=")
    for i in range(1, len(pieces)):
        if "=".join(pieces[:i]).strip() in classes:
            return "=".join(pieces[:i]).strip(), "=".join(pieces[i:]).strip()
    return pieces[0].strip(), "=".join(pieces[1:]).strip()


def _missing_text(num_missing):
    return f"; {num_missing} clips have none" if num_missing else ""


def _is_number(name):
    try:
        return np.isfinite(float(name))
    except ValueError:
        return False
