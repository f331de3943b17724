"""Findings about labels: classes and their balance, and pitch labels against the pitch that is heard."""

import collections
import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from gansynth_tf.audio.pitch import PERIODIC, Pitch
from gansynth_tf.data.examination.findings import Finding
from gansynth_tf.data.examination.reading import ExaminedClip
from gansynth_tf.data.labels import all_numbers, listed

MOST_IMBALANCE = 3.0
FEWEST_CLIPS = 8
PITCH_SEMITONES = 0.7
_PITCH_LABELS = ("pitch", "midi", "note", "midi_note", "midi_pitch", "note_number")
# What estimators take for the fundamental: one and two octaves off, and the third harmonic.
_MISTAKES = (12.0, 19.02, 24.0)
_SAME_OFFSET, _OFFSET_SHARE, _FEWEST_OFF = 0.35, 0.6, 5


def pitch_label(labels: Mapping[str, Sequence[str]]) -> str:
    """Returns the label whose classes are MIDI numbers, or ""."""
    for name, classes in labels.items():
        is_midi = name.lower() in _PITCH_LABELS and all_numbers(classes)
        if is_midi and all(0 <= float(one) <= 127 for one in classes):
            return name
    return ""


def pitch_pairs(
    examined: Sequence[ExaminedClip], labels: Mapping[str, Sequence[str]]
) -> list[tuple[int, float, float]]:
    """Returns (place, labelled pitch, heard pitch) in MIDI numbers of the clips that are surely one note."""
    name = pitch_label(labels)
    if not name:
        return []
    column, classes = list(labels).index(name), labels[name]
    return [
        (place, float(classes[clip.classes[column]]), heard)
        for place, clip in enumerate(examined)
        if clip.classes[column] >= 0 and (heard := heard_pitch(clip)) is not None
    ]


def heard_pitch(clip: ExaminedClip) -> float | None:
    """Returns the MIDI number of a clip that is surely one note, None for others."""
    measures = clip.measures
    if measures is None or not measures.f0_hz or measures.periodicity < PERIODIC:
        return None
    return Pitch(measures.f0_hz, measures.periodicity).midi


def pitch_findings(
    examined: Sequence[ExaminedClip], labels: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """Yields the clips that are heard at another pitch than their label says."""
    pairs = pitch_pairs(examined, labels)
    off = [pair for pair in pairs if abs(pair[2] - pair[1]) > PITCH_SEMITONES]
    distances = np.array([heard - labelled for _, labelled, heard in off])
    offset = _common_offset(distances, len(pairs))
    if offset:
        num = int((np.abs(distances - offset) < _SAME_OFFSET).sum())
        value = (
            f"{num} of {len(pairs)} pitched clips are {offset:+.2f} semitones off, a factor of "
            f"{2 ** (offset / 12):.4f}: labels that count from elsewhere, or headers that tell a wrong sample rate"
        )
        yield Finding("pitch_offset", "", f"label {pitch_label(labels)}", value, "0", "uses them as they are")
    for place, labelled, heard in off:
        clip, distance = examined[place], heard - labelled
        is_octave = any(abs(abs(distance) - mistake) <= PITCH_SEMITONES for mistake in _MISTAKES)
        kind = "pitch_octave" if is_octave else "pitch_disagrees"
        value = f"heard at MIDI {heard:.1f}, {distance:+.1f} semitones from its label {labelled:g}"
        threshold = f"{PITCH_SEMITONES:g} semitones"
        yield Finding(
            kind, clip.split, clip.name, value, threshold, "believes the label", place, abs(distance)
        )


def class_findings(rows: Mapping[str, np.ndarray], classes: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Yields what is odd about the sizes of classes.

    Args:
        rows: {split: [num_clips, num_labels]} class numbers, -1 where missing.
        classes: {label: class names}, in the order of the columns.
    """
    train = rows.get("train", np.zeros([0, len(classes)], int))
    for column, (label, names) in enumerate(classes.items()):
        counts = _counts(train[:, column], len(names))
        there = counts[counts > 0]
        if len(there) > 1 and there.max() > MOST_IMBALANCE * there.min():
            largest, smallest = (
                names[int(counts.argmax())],
                names[int(np.where(counts > 0, counts, np.inf).argmin())],
            )
            value = f"{largest} has {there.max()} training clips, {smallest} {there.min()}"
            training = "draws every clip equally often: large classes are learnt best"
            yield Finding(
                "imbalance", "train", f"label {label}", value, f"{MOST_IMBALANCE:g} times", training
            )
        for name, count in zip(names, counts.tolist(), strict=True):
            if 0 < count < FEWEST_CLIPS:
                value = f"{count} training clip{'s' if count > 1 else ''}"
                training = "uses them; the class will sound like copies of them"
                badness = -count
                clip = f"{label} {name}"
                yield Finding("few_clips", "train", clip, value, f"{FEWEST_CLIPS}", training, badness=badness)
    if len(classes) > 1:
        yield from _absent_combinations(train, classes)


def missing_findings(
    rows: Mapping[str, np.ndarray], classes: Mapping[str, Sequence[str]], chosen: Collection[str]
) -> Iterator[Finding]:
    """Yields clips without a class, and classes that only other splits than train have.

    Args:
        rows: {split: [num_clips, num_labels]} class numbers of the dataset itself, -1 where missing.
        classes: {label: class names} of the dataset itself.
        chosen: Labels that training uses.
    """
    for column, (label, names) in enumerate(classes.items()):
        if label not in chosen:
            continue
        yield from _unlabelled(rows, column, label)
        counts = {split: _counts(split_rows[:, column], len(names)) for split, split_rows in rows.items()}
        for i, name in enumerate(names):
            others = {split: count[i] for split, count in counts.items() if split != "train" and count[i]}
            if others and not ("train" in counts and counts["train"][i]):
                value = ", ".join(f"{count} clips in {split}" for split, count in others.items())
                training = "leaves the class out, and its clips"
                yield Finding("unlearnt_class", "", f"{label} {name}", value, "1 training clip", training)


def _common_offset(distances, num_pairs):
    """Returns the interval by which most clips are off, or 0."""
    if len(distances) < max(_FEWEST_OFF, _OFFSET_SHARE * num_pairs):
        return 0.0
    median = float(np.median(distances))
    is_common = np.abs(distances - median) < _SAME_OFFSET
    return median if is_common.sum() >= _OFFSET_SHARE * num_pairs else 0.0


def _counts(column, num_classes):
    return np.bincount(column[column >= 0], minlength=num_classes)


def _unlabelled(rows, column, label):
    """Yields one finding a split with clips that have no class."""
    for split, split_rows in rows.items():
        count = int((split_rows[:, column] < 0).sum())
        if count:
            value = f"{count} of {len(split_rows)} clips have no {label}"
            training = "uses them; this label is masked out"
            yield Finding("unlabelled", split, f"label {label}", value, "0", training, badness=count)


def _absent_combinations(train, classes):
    """Yields one finding if some combinations of classes have no training clip."""
    sizes = [len(names) for names in classes.values()]
    present = collections.Counter(tuple(row) for row in train.tolist() if min(row) >= 0)
    num_absent = math.prod(sizes) - len(present)
    if not present or not num_absent:
        return
    absent = (numbers for numbers in itertools.product(*map(range, sizes)) if numbers not in present)
    names = list(classes.values())
    examples = [
        " ".join(names[column][number] for column, number in enumerate(numbers))
        for numbers in itertools.islice(absent, 3)
    ]
    value = f"{num_absent} of {math.prod(sizes)} have no training clip, as {listed(examples)}"
    clip = " and ".join(classes)
    training = "never draws them; asked for them it has to guess"
    yield Finding("absent_combinations", "train", clip, value, "0", training, badness=num_absent)
