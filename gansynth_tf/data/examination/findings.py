"""Findings: what is odd about a data set, by how much, and what training will do about it."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gansynth_tf.data.examination.likeness import SAME_NOISES, SAME_TONES
from gansynth_tf.data.examination.reading import ExaminedClip

SILENT_DB = -60.0
LEAST_DC, DC_SHARE = 0.005, 0.1
MOST_PADDING = 0.5
LEAST_USED = 0.5
LEAST_LEVEL_DISTANCE_DB, LEVEL_DEVIATIONS = 15.0, 5.0
EDGE_SHARE = 0.8
LOW_RATE_SHARE = 0.9
NOISE_FLATNESS, NOISE_STEADINESS = 0.5, 0.5
MOST_COARSE_BITS = 10
# Codings that promise more than MOST_COARSE_BITS.
_FINE_CODINGS = ("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAC")
_NUM_NAMED = 3
# By whether training reads the clip.
_STOPS = {True: "stops when it comes to this clip", False: "does not read it; evaluation would stop"}


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of finding.

    Args:
        title: What it is, for people.
        weight: "refusal" stops training, "warning" spoils what is learnt, "note" is good to know.
    """

    title: str
    weight: str


# In the order of tables.
KINDS = {
    "refusal": Kind("training would not start", "refusal"),
    "not_finite": Kind("samples that are not finite", "refusal"),
    "unreadable": Kind("cannot be read", "warning"),
    "wrong_header": Kind("header and content disagree", "warning"),
    "missing": Kind("named in the table, not there", "warning"),
    "leak": Kind("same sound in two splits", "warning"),
    "near_leak": Kind("nearly the same in two splits", "warning"),
    "duplicate": Kind("same samples twice", "warning"),
    "near_duplicate": Kind("nearly the same sound twice", "warning"),
    "pitch_offset": Kind("all pitches off by one interval", "warning"),
    "pitch_disagrees": Kind("another pitch than its label", "warning"),
    "suspicious_rate": Kind("content of a lower rate", "warning"),
    "few_bits": Kind("content of fewer bits", "warning"),
    "clipped": Kind("cut off at the rail", "warning"),
    "silent": Kind("silent", "warning"),
    "dc_offset": Kind("not centred on zero", "warning"),
    "level_outlier": Kind("much louder or quieter", "warning"),
    "noise_only": Kind("steady noise", "warning"),
    "imbalance": Kind("classes of very different size", "warning"),
    "few_clips": Kind("class with few training clips", "warning"),
    "unlearnt_class": Kind("class without training clips", "warning"),
    "unlabelled": Kind("without a class", "note"),
    "pitch_octave": Kind("an octave from its label", "note"),
    "over_full_scale": Kind("louder than full scale", "note"),
    "short": Kind("mostly padding", "note"),
    "barely_used": Kind("little of it is used", "note"),
    "low_rate": Kind("rate lower than training's", "note"),
    "absent_combinations": Kind("classes never together", "note"),
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One odd thing.

    Args:
        kind: Key of KINDS.
        split: Where the clip is; "" for a file that is no clip, and for a finding about a whole set.
        clip: Name of the clip, the file or the class.
        value: What was measured, for people.
        threshold: What is usual.
        training: What training will do about it.
        place: Number of the clip among the examined ones; -1 if it is none.
        badness: Larger is worse, among findings of one kind.
    """

    kind: str
    split: str
    clip: str
    value: str
    threshold: str
    training: str
    place: int = -1
    badness: float = 0.0


# How a reason for which a dataset leaves a file out begins, and the kind that it tells.
_LEFT_OUT_KINDS = (
    (r"is \S+ inside, but its name says", "wrong_header"),
    (r".*impossible sample rate", "wrong_header"),
    (r"is silent", "silent"),
    (r"is shorter than|holds no samples", "short"),
    (r"is the same file as", "duplicate"),
    (r"does not exist, but|lies outside|is named in", "missing"),
)


def left_out_findings(left_out: Mapping[str, str]) -> Iterator[Finding]:
    """Yields one finding a file that the dataset leaves out."""
    for name, reason in left_out.items():
        kind = next((kind for start, kind in _LEFT_OUT_KINDS if re.match(start, reason)), "unreadable")
        yield Finding(kind, "", name, reason, "", "left out")


def clip_findings(examined: Sequence[ExaminedClip], sample_rate: int) -> Iterator[Finding]:
    """Yields what is odd about single clips.

    Args:
        examined: All clips.
        sample_rate: Of training, hertz.
    """
    levels = _usual_levels(examined)
    for place, clip in enumerate(examined):
        if clip.measures is None:
            training = _STOPS[clip.split == "train"]
            yield Finding("unreadable", clip.split, clip.name, clip.failure, "", training, place)
            continue
        if not clip.measures.is_finite:
            training = _STOPS[clip.split == "train"]
            yield Finding("not_finite", clip.split, clip.name, "NaN or infinite samples", "", training, place)
            continue
        for kind, value, threshold, training, badness in (
            *_level_facts(clip, levels),
            *_length_facts(clip),
            *_spectrum_facts(clip, sample_rate),
        ):
            yield Finding(kind, clip.split, clip.name, value, threshold, training, place, badness)


def sameness_findings(
    examined: Sequence[ExaminedClip],
    exact: Sequence[Sequence[int]],
    near: Sequence[Sequence[int]],
    likenesses: Mapping[int, float],
) -> Iterator[Finding]:
    """Yields one finding a group of clips that are the same sound.

    Args:
        examined: All clips.
        exact: Groups of clips with the same samples.
        near: Groups of clips of nearly one waveform; clips that are the same exactly belong to one of them.
        likenesses: {clip: the likeness that put it into its group}.
    """
    leaks: list[set[int]] = []
    for group, what in (
        *((group, "the same samples") for group in exact),
        *((group, "nearly the same waveform") for group in near),
        *((group, "parts of the same file") for group in _files_in_two_splits(examined)),
    ):
        if any(set(group) <= leak for leak in leaks):
            continue
        finding = _sameness(examined, group, what, max(likenesses.get(place, 0.0) for place in group))
        if finding.kind in ("leak", "near_leak"):
            leaks.append(set(group))
        yield finding


def _sameness(examined, group, what, alike):
    """Returns the finding about one group."""
    splits = sorted({examined[place].split for place in group}, key=("train", "valid", "test").index)
    ordered = sorted(group, key=lambda place: splits.index(examined[place].split))
    if len(splits) > 1:
        kind, training = "leak", f"used in {' and '.join(splits)}: scores will be too good"
    else:
        kind, training = "duplicate", f"all {len(ordered)} are used; it counts {len(ordered)} times"
    is_near = what.startswith("nearly")
    first, others = examined[ordered[0]], [examined[place] for place in ordered[1:]]
    more = f" and {len(others) - _NUM_NAMED} more" if len(others) > _NUM_NAMED else ""
    names = ", ".join(f"{clip.name} ({clip.split})" for clip in others[:_NUM_NAMED]) + more
    value = f"{what}, likeness {alike:.3f}: {names}" if is_near else f"{what}: {names}"
    threshold = f"likeness below {SAME_NOISES:g} to {SAME_TONES:g}" if is_near else "once"
    kind = f"near_{kind}" if is_near else kind
    return Finding(kind, first.split, first.name, value, threshold, training, ordered[0], len(ordered))


def _files_in_two_splits(examined):
    """Yields the clips of each recording that has some in more than one split."""
    by_file: dict[str, list[int]] = {}
    for place, clip in enumerate(examined):
        if clip.source.group:
            by_file.setdefault(clip.source.group, []).append(place)
    for places in by_file.values():
        if len({examined[place].split for place in places}) > 1:
            yield places


def counts_by_kind(findings: Sequence[Finding]) -> dict[str, int]:
    """Returns {kind: number of findings}, in the order of KINDS, of kinds that were found."""
    return {kind: count for kind in KINDS if (count := sum(finding.kind == kind for finding in findings))}


def _usual_levels(examined):
    """Returns (median, allowed distance) of the rms level in decibels, over clips with sound."""
    levels = np.array(
        [clip.measures.rms_db for clip in examined if clip.measures and clip.measures.peak_db >= SILENT_DB]
    )
    if not len(levels):
        return 0.0, np.inf
    median = float(np.median(levels))
    # 1.4826 makes the median deviation a standard deviation, if levels were normally distributed.
    spread = 1.4826 * float(np.median(np.abs(levels - median)))
    return median, max(LEAST_LEVEL_DISTANCE_DB, LEVEL_DEVIATIONS * spread)


def _level_facts(clip, levels):
    """Yields (kind, value, threshold, training, badness)."""
    measures, original = clip.measures, clip.original
    if measures.peak_db < SILENT_DB:
        yield "silent", f"peak {measures.peak_db:.0f} dB", f"{SILENT_DB:.0f} dB", "used as it is", 0.0
        return
    num_clipped = max(measures.num_clipped, original.num_clipped if original else 0)
    num_bits = (original or measures).num_bits
    if 0 < num_bits <= MOST_COARSE_BITS and any(one in clip.source.encoding for one in _FINE_CODINGS):
        value = f"{num_bits} bits are used, but its coding is {clip.source.encoding}"
        yield "few_bits", value, f"more than {MOST_COARSE_BITS}", "used as it is", -num_bits
    if num_clipped:
        value = f"{num_clipped} samples in runs at the rail"
        yield "clipped", value, "no 3 in a row", "used as it is", num_clipped
    if original and original.peak > 1.0:
        value = f"peak {original.peak:.4g}"
        yield "over_full_scale", value, "1", f"made quieter by {original.peak:.4g}", original.peak
    offset = abs(measures.mean)
    if offset >= LEAST_DC and offset >= DC_SHARE * measures.rms:
        value = f"mean {measures.mean:+.4f}, {offset / measures.rms:.0%} of the rms"
        yield "dc_offset", value, f"{DC_SHARE:.0%} of the rms", "used as it is", offset
    median, distance = levels
    if abs(measures.rms_db - median) > distance:
        value = f"rms {measures.rms_db:.1f} dB, {measures.rms_db - median:+.1f} dB from the median"
        badness = abs(measures.rms_db - median)
        yield "level_outlier", value, f"within {distance:.0f} dB", "used as it is", badness


def _length_facts(clip):
    """Yields (kind, value, threshold, training, badness)."""
    if clip.padding > MOST_PADDING:
        value = f"{clip.source.seconds - clip.source.start_seconds:.2f} s, {clip.padding:.0%} of the clip is padding"
        yield "short", value, f"{MOST_PADDING:.0%}", "padded with silence", clip.padding


def _spectrum_facts(clip, sample_rate):
    """Yields (kind, value, threshold, training, badness)."""
    measures, source = clip.measures, clip.source
    if measures.peak_db < SILENT_DB:
        return
    limit_hz = min(source.sample_rate, sample_rate) / 2
    if 0 < measures.edge_hz < EDGE_SHARE * limit_hz:
        value = f"content ends at {_hertz(measures.edge_hz)}, but its rate is {_hertz(source.sample_rate)}"
        training = f"used as it is; nothing above {_hertz(measures.edge_hz)} is learnt of it"
        badness = limit_hz / measures.edge_hz
        yield "suspicious_rate", value, f"up to {_hertz(EDGE_SHARE * limit_hz)}", training, badness
    if source.sample_rate < LOW_RATE_SHARE * sample_rate:
        value = f"recorded at {_hertz(source.sample_rate)}: nothing above {_hertz(source.sample_rate / 2)}"
        yield "low_rate", value, _hertz(sample_rate), "resampled", sample_rate / source.sample_rate
    if measures.flatness > NOISE_FLATNESS and measures.steadiness > NOISE_STEADINESS:
        value = f"flatness {measures.flatness:.2f}, steadiness {measures.steadiness:.2f}"
        yield (
            "noise_only",
            value,
            f"{NOISE_FLATNESS:g}, {NOISE_STEADINESS:g}",
            "used as it is",
            measures.flatness,
        )


def barely_used_findings(examined: Sequence[ExaminedClip], clip_seconds: float) -> Iterator[Finding]:
    """Yields one finding a recording of which less than half is used."""
    by_recording: dict[str, list[int]] = {}
    for place, clip in enumerate(examined):
        by_recording.setdefault(clip.source.path or clip.source.name, []).append(place)
    for places in by_recording.values():
        source = examined[places[0]].source
        used = sum((1.0 - examined[place].padding) * clip_seconds for place in places)
        if used < LEAST_USED * source.seconds:
            value = f"{used:.1f} s of {source.seconds:,.1f} s are used"
            training = (
                f"uses {len(places)} clip{'s' if len(places) > 1 else ''} of it, and nothing of the rest"
            )
            split, badness = examined[places[0]].split, source.seconds
            threshold = f"{LEAST_USED:.0%}"
            yield Finding("barely_used", split, source.name, value, threshold, training, places[0], badness)


def _hertz(value):
    """Returns hertz as people write them."""
    return f"{value / 1000:.4g} kHz" if value >= 1000 else f"{value:.0f} Hz"
