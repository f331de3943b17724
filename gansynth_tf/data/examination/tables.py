"""The tables of an examination: one line a clip, one line a finding, and a summary for the terminal."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence

from gansynth_tf.data.examination.examination import Examination
from gansynth_tf.data.examination.findings import KINDS, left_out_findings
from gansynth_tf.data.examination.label_findings import heard_pitch
from gansynth_tf.data.folder_listing import shown
from gansynth_tf.data.labels import listed
from gansynth_tf.whole_file import whole_file

_NUM_EXAMPLES = 3
_LONGEST_NAME = 46


def write_clips(path: str | os.PathLike, examination: Examination) -> None:
    """Writes all that was measured, one line a clip; the file appears when it is whole."""
    _write_table(path, _clip_lines(examination))


def write_findings(
    path: str | os.PathLike,
    examination: Examination | None,
    refusals: Sequence[str],
    left_out: Mapping[str, str],
) -> None:
    """Writes one line a finding, the heaviest first, led by the reasons for which training would not start.

    Args:
        path: The file; it appears when it is whole.
        examination: None of a dataset that cannot be read at all.
        refusals: The reasons.
        left_out: {file: reason} of such a dataset, as far as it knows them.
    """
    lines = [["kind", "weight", "split", "clip", "value", "usual", "training", "index"]]
    lines += [["refusal", "refusal", "", "", reason, "", "refuses to start", ""] for reason in refusals]
    found = examination.findings if examination else left_out_findings(left_out)
    for finding in found:
        index = examination.clips[finding.place].index if examination and finding.place >= 0 else ""
        weight = KINDS[finding.kind].weight
        cells = [finding.kind, weight, finding.split, finding.clip, finding.value, finding.threshold]
        lines.append([*cells, finding.training, str(index)])
    _write_table(path, lines)


def summary(examination: Examination) -> str:
    """Returns the examination as lines for a terminal: clips, classes, findings, what training does about each."""
    return "\n".join([*count_lines(examination), "", *finding_lines(examination)])


def count_lines(examination: Examination) -> list[str]:
    """Returns lines about the numbers of clips, seconds and classes."""
    seconds = examination.dataset.length_samples / examination.dataset.sample_rate
    lines = []
    for split in examination.dataset.splits:
        clips = [clip for clip in examination.clips if clip.split == split]
        sounding = sum((1.0 - clip.padding) * seconds for clip in clips)
        num_dropped = len(clips) - int(examination.used[split].sum())
        dropped = f"; {num_dropped} of them dropped by the labels" if num_dropped else ""
        lines.append(f"{split}: {len(clips)} clips of {seconds:g} s, {_duration(sounding)} of sound{dropped}")
    for column, (label, classes) in enumerate(examination.classes.items()):
        counted = []
        for number, name in enumerate(classes):
            counts = [int((rows[:, column] == number).sum()) for rows in examination.rows.values()]
            counted.append(f"{name} {'/'.join(map(str, counts))}")
        splits = "/".join(examination.rows)
        lines.append(f"label {label}, {len(classes)} classes ({splits}): {listed(counted)}")
    num_pitched = sum(heard_pitch(clip) is not None for clip in examination.clips)
    lines.append(f"{num_pitched} of {len(examination.clips)} clips are surely one note")
    return [shown(line) for line in lines]


def finding_rows(examination: Examination) -> list[list[str]]:
    """Returns [number, what, what training does, examples] of each kind of finding and each thing training does."""
    grouped: dict[tuple[str, str], list] = {}
    for finding in examination.findings:
        # One line for all factors and frequencies.
        does = finding.training.partition(";")[0] if finding.place >= 0 else finding.training
        does = "made quieter" if finding.kind == "over_full_scale" else does
        does = (
            "used, counts as often"
            if finding.kind in ("duplicate", "near_duplicate") and finding.split
            else does
        )
        grouped.setdefault((finding.kind, does), []).append(finding)
    rows = []
    for (kind, does), found in grouped.items():
        examples = [shortened(shown(finding.clip)) for finding in found[:_NUM_EXAMPLES]]
        more = f" and {len(found) - _NUM_EXAMPLES} more" if len(found) > _NUM_EXAMPLES else ""
        rows.append([str(len(found)), KINDS[kind].title, does, ", ".join(examples) + more])
    return rows


def finding_lines(examination: Examination) -> list[str]:
    """Returns the table of findings as lines of text."""
    rows = finding_rows(examination)
    if not rows:
        return ["Nothing odd was found."]
    rows = [["", "found", "what training does", "as"], *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{row[0]:>{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    ]


def _clip_lines(examination):
    """Yields the header and one line a clip."""
    labels = examination.dataset.labels
    kinds: dict[int, list[str]] = {}
    for finding in examination.findings:
        kinds.setdefault(finding.place, []).append(finding.kind)
    yield [
        *("split", "index", "clip", "use", *(f"label {name}" for name in labels)),
        *("file_rate", "file_channels", "encoding", "file_seconds", "start_seconds", "padding"),
        *("peak_db", "rms_db", "mean", "clipped_samples", "bits", "file_peak", "file_clipped_samples"),
        *(
            "bandwidth_hz",
            "edge_hz",
            "flatness",
            "steadiness",
            "f0_hz",
            "periodicity",
            "content",
            "same_as",
            "findings",
        ),
    ]
    for place, clip in enumerate(examination.clips):
        source, original = clip.source, clip.original
        classes = [
            names[number] if number >= 0 else ""
            for names, number in zip(labels.values(), clip.classes, strict=True)
        ]
        yield [
            *(clip.split, clip.index, clip.name, _use(examination, clip), *classes),
            *(source.sample_rate, source.num_channels, source.encoding),
            *(f"{source.seconds:.3f}", f"{source.start_seconds:.3f}", f"{clip.padding:.3f}"),
            *_measured(clip.measures),
            *((f"{original.peak:.4f}", original.num_clipped) if original else ("", "")),
            *_heard(clip.measures),
            examination.same_as.get(place, ""),
            " ".join(dict.fromkeys(kinds.get(place, []))),
        ]


def _measured(measures):
    """Returns the cells of levels."""
    if measures is None:
        return [""] * 5
    return [
        f"{measures.peak_db:.2f}",
        f"{measures.rms_db:.2f}",
        f"{measures.mean:.5f}",
        measures.num_clipped,
        measures.num_bits,
    ]


def _heard(measures):
    """Returns the cells of the spectrum, the pitch and the content."""
    if measures is None:
        return [""] * 7
    return [
        *(f"{measures.bandwidth_hz:.0f}", f"{measures.edge_hz:.0f}", f"{measures.flatness:.4f}"),
        f"{measures.steadiness:.4f}",
        *(f"{measures.f0_hz:.2f}", f"{measures.periodicity:.3f}", measures.content),
    ]


def _use(examination, clip):
    if not examination.used[clip.split][clip.index]:
        return "dropped by the labels"
    return "trained on" if clip.split == "train" else "held out"


def _write_table(path, lines: Iterable[Sequence]):
    """Writes a CSV file; a cell is one line of text, whatever characters a file's name has."""
    with whole_file(path, text=True) as file:
        csv.writer(file, lineterminator="\n").writerows([shown(str(cell)) for cell in line] for line in lines)


def shortened(name: str, longest: int = _LONGEST_NAME) -> str:
    """Returns a name of at most `longest` characters: the start and the end, which tell files apart."""
    if len(name) <= longest:
        return name
    start = longest * 2 // 5
    return f"{name[:start]}…{name[start + 1 - longest :]}"


def _duration(seconds):
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
