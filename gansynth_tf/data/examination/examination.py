"""The whole examination of a dataset: reads it once, compares what may be the same, and gathers the findings."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gansynth_tf.data.examination import findings, label_findings, likeness
from gansynth_tf.data.examination.findings import KINDS, Finding
from gansynth_tf.data.examination.reading import ExaminedClip, examined_clips

# Takes what is done (one word), how much, and how much there is.
Announce = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True)
class Examination:
    """All that is known of a dataset.

    Args:
        dataset: The dataset.
        clips: All clips, split by split.
        findings: By kind, the worst first.
        classes: {label: class names} that training uses; those of the dataset if training refuses its labels.
        rows: {split: [num_clips, num_labels]} class numbers in `classes`; without the clips that training drops.
        used: {split: which of its clips training uses, bool [num_clips]}.
        same_as: {place of a clip: number of its group of clips that are the same sound}.
    """

    dataset: Any
    clips: Sequence[ExaminedClip]
    findings: Sequence[Finding]
    classes: Mapping[str, Sequence[str]]
    rows: Mapping[str, np.ndarray]
    used: Mapping[str, np.ndarray]
    same_as: Mapping[int, int]


def examine(dataset, labels=None, announce: Announce | None = None) -> Examination:
    """Returns the examination of a dataset.

    Args:
        dataset: Of the catalogue, prepared.
        labels: data.labels.Labels of training; None if training refuses them.
        announce: Called as announce("reading" or "comparing", done, in all).

    Raises:
        UserError: If the dataset cannot be used at all.
    """
    told = announce or (lambda what, done, total: None)
    clips = examined_clips(dataset, lambda done, total: told("reading", done, total))
    exact, near, likenesses = _same(dataset, clips, lambda done, total: told("comparing", done, total))
    classes = labels.classes if labels else dict(dataset.labels)
    rows = {split: (labels or dataset).rows(split) for split in dataset.splits}
    found = [
        *findings.left_out_findings(dataset.left_out),
        *findings.clip_findings(clips, dataset.sample_rate),
        *findings.barely_used_findings(clips, dataset.length_samples / dataset.sample_rate),
        *findings.sameness_findings(clips, exact, near, likenesses),
        *label_findings.class_findings(rows, classes),
        *label_findings.missing_findings(
            {split: dataset.rows(split) for split in dataset.splits}, dataset.labels, classes
        ),
        *label_findings.pitch_findings(clips, dataset.labels),
    ]
    found.sort(key=lambda finding: (list(KINDS).index(finding.kind), -finding.badness))
    groups = near + [group for group in exact if not any(set(group) <= set(other) for other in near)]
    return Examination(
        dataset,
        clips,
        found,
        classes,
        rows,
        {split: _used(dataset, labels, split) for split in dataset.splits},
        {place: number for number, group in enumerate(groups) for place in group},
    )


def read_clips(dataset, clips: Sequence[ExaminedClip]) -> np.ndarray:
    """Returns the audio of some examined clips, channels mixed to one, float32 [num, length_samples].

    Args:
        dataset: The dataset.
        clips: Of `examined_clips`, in their order.
    """
    audio = np.zeros([len(clips), dataset.length_samples], np.float32)
    for split in dict.fromkeys(clip.split for clip in clips):
        places = [place for place, clip in enumerate(clips) if clip.split == split]
        indices = np.array([clips[place].index for place in places])
        samples = dataset.clips(split, indices).as_numpy_iterator()
        for place, clip in zip(places, samples, strict=True):
            audio[place] = clip if clip.ndim == 1 else clip.mean(axis=1)
    return audio


def _same(dataset, clips, progress):
    """Returns (groups of equal clips, groups of alike ones, {clip: likeness to another})."""
    sounding = [
        place
        for place, clip in enumerate(clips)
        if clip.measures and clip.measures.is_finite and clip.measures.peak_db >= findings.SILENT_DB
    ]
    contents = [clips[place].measures.content for place in sounding]
    exact = [[sounding[i] for i in group] for group in likeness.exact_groups(contents)]
    # Of equal clips the first stands for all.
    again = {place for group in exact for place in group[1:]}
    firsts = [place for place in sounding if place not in again]
    if not firsts:
        return exact, [], {}
    pairs = likeness.candidate_pairs(np.stack([clips[place].measures.signature for place in firsts]))
    same = likeness.same_sounds(
        pairs,
        np.array([clips[place].measures.flatness for place in firsts]),
        lambda numbers: read_clips(dataset, [clips[firsts[i]] for i in numbers.tolist()]),
        dataset.sample_rate,
        progress,
    )
    likenesses: dict[int, float] = {}
    for first, second, alike in same:
        for place in (firsts[first], firsts[second]):
            likenesses[place] = max(alike, likenesses.get(place, 0.0))
    near = likeness.groups([(firsts[first], firsts[second]) for first, second, _ in same])
    equal_to = {group[0]: group for group in exact}
    near = [sorted({place for first in group for place in equal_to.get(first, [first])}) for group in near]
    return exact, near, likenesses


def _used(dataset, labels, split):
    """Returns which clips of a split training uses, bool [num_clips]."""
    used = np.ones(len(dataset.rows(split)), bool)
    if labels:
        used[:] = False
        used[labels.clips(split)] = True
    return used
