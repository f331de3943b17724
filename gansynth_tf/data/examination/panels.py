"""The panels of an examination's page: classes, levels, lengths, bandwidth, pitch."""

import functools

import numpy as np
from matplotlib import font_manager, ft2font

from gansynth_tf.data.examination.examination import Examination
from gansynth_tf.data.examination.label_findings import (
    PITCH_SEMITONES,
    heard_pitch,
    pitch_label,
    pitch_pairs,
)
from gansynth_tf.data.examination.tables import shortened
from gansynth_tf.data.folder_listing import shown

_SPLIT_COLOURS = {"train": "#33658a", "valid": "#86bbd8", "test": "#f6ae2d"}
_BLUE, _ORANGE, _RED, _GREY = "#33658a", "#f6ae2d", "#c8102e", "#777777"
_MOST_NAMED_CLASSES = 24
_LONGEST_NAME = 12
_NUM_BINS = 40


def plain(text: str) -> str:
    """Returns text in characters that the page's font has, on one line, and without formulas."""
    known = _characters()
    return "".join(one if ord(one) in known else "\N{WHITE SQUARE}" for one in shown(text)).replace(
        "$", r"\$"
    )


def draw_balance(axes, examination: Examination, label: str) -> None:
    """Draws the clips of each class of a label, the splits on top of each other."""
    classes = examination.classes[label]
    column = list(examination.classes).index(label)
    bottom = np.zeros(len(classes))
    for split, rows in examination.rows.items():
        known = rows[:, column][rows[:, column] >= 0]
        counts = np.bincount(known, minlength=len(classes))
        axes.bar(
            np.arange(len(classes)), counts, 0.8, bottom=bottom, color=_SPLIT_COLOURS[split], label=split
        )
        bottom += counts
    axes.set_title(f"clips a class: {label}", loc="left")
    axes.set_xlim(-0.6, max(len(classes), 2) - 0.4)
    axes.set_ylim(0, 1.25 * max(1.0, bottom.max()))
    axes.legend(fontsize=8, frameon=False, ncols=3, loc="upper right", borderaxespad=0.0)
    places = np.arange(len(classes))
    if len(classes) > _MOST_NAMED_CLASSES:
        places = np.unique(np.linspace(0, len(classes) - 1, 12).round().astype(int))
    names = [classes[place] for place in places]
    names = [plain(shortened(name, _LONGEST_NAME)) for name in names]
    # Beside each other the names would run into each other, at less than a tenth of an inch a character.
    is_crowded = sum(map(len, names)) > 11 * axes.get_window_extent().width / axes.figure.dpi
    turned = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if is_crowded else {}
    axes.set_xticks(places, names, **turned)
    axes.locator_params(axis="y", integer=True, nbins=5)


def draw_levels(axes, examination: Examination) -> None:
    """Draws how loud the clips are."""
    measured = [clip.measures for clip in examination.clips if clip.measures and clip.measures.is_finite]
    if not measured:
        return _nothing(axes, "level", "no clip could be read")
    peaks, levels = (np.array([getattr(one, name) for one in measured]) for name in ("peak_db", "rms_db"))
    lowest = max(-100.0, min(peaks.min(), levels.min()) - 3.0)
    bins = np.linspace(min(lowest, -20.0), max(1.0, peaks.max()), _NUM_BINS)
    for values, name, colour in ((levels, "rms", _BLUE), (peaks, "peak", _ORANGE)):
        axes.hist(np.maximum(values, bins[0]), bins, color=colour, alpha=0.75, label=name)
    axes.legend(fontsize=8, frameon=False, loc="best")
    _named(axes, "level", "dB below full scale")


def draw_seconds(axes, examination: Examination) -> None:
    """Draws how long the recordings are, beside the length of a clip."""
    seconds_of = {clip.source.path or clip.source.name: clip.source.seconds for clip in examination.clips}
    seconds = np.array(list(seconds_of.values()))
    clip_seconds = examination.dataset.length_samples / examination.dataset.sample_rate
    low, high = min(seconds.min(), clip_seconds), max(seconds.max(), clip_seconds)
    if high > 30.0 * low:
        bins = np.geomspace(0.9 * max(low, 1e-3), 1.1 * high, _NUM_BINS)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    else:
        bins = np.linspace(0.0, 1.1 * high, _NUM_BINS)
    axes.hist(seconds, bins, color=_BLUE)
    axes.axvline(clip_seconds, color=_RED, linewidth=1, label="a clip")
    axes.legend(fontsize=8, frameon=False, loc="best")
    _named(axes, "length of recordings", "seconds")


def draw_bandwidth(axes, examination: Examination) -> None:
    """Draws up to which frequency the clips have content."""
    heard = [
        clip.measures.bandwidth_hz for clip in examination.clips if clip.measures and clip.measures.peak > 0
    ]
    if not heard:
        return _nothing(axes, "bandwidth", "no clip has sound")
    half_rate = examination.dataset.sample_rate / 2000
    axes.hist(np.array(heard) / 1000, np.linspace(0, half_rate, _NUM_BINS), color=_BLUE)
    walls = [
        clip.measures.edge_hz / 1000 for clip in examination.clips if clip.measures and clip.measures.edge_hz
    ]
    if walls:
        axes.hist(walls, np.linspace(0, half_rate, _NUM_BINS), color=_RED, label="ends like a wall")
        axes.legend(fontsize=8, frameon=False, loc="upper left")
    _named(axes, "highest frequency within 60 dB", "kHz")


def draw_pitch(axes, examination: Examination) -> None:
    """Draws the pitch that is heard: against the label if there is one, else how often."""
    labels = examination.dataset.labels
    pairs = pitch_pairs(examination.clips, labels)
    if pairs:
        labelled, heard = np.array([pair[1:] for pair in pairs]).T
        is_off = np.abs(heard - labelled) > PITCH_SEMITONES
        low, high = min(labelled.min(), heard.min()) - 2, max(labelled.max(), heard.max()) + 2
        axes.plot([low, high], [low, high], color=_GREY, linewidth=0.8, zorder=0)
        for chosen, colour, name in ((~is_off, _BLUE, "agrees"), (is_off, _RED, "disagrees")):
            if chosen.any():
                axes.scatter(
                    labelled[chosen], heard[chosen], s=9, color=colour, label=f"{name}: {chosen.sum()}"
                )
        axes.legend(fontsize=8, frameon=False, loc="upper left")
        axes.set_ylabel("heard (MIDI)", fontsize=8)
        axes.set_xlabel(f"label {pitch_label(labels)} (MIDI)", fontsize=8)
        num = sum(clip.measures is not None for clip in examination.clips)
        axes.set_title(f"pitch: {len(pairs)} of {num} are one note", loc="left")
        return None
    notes = [heard for clip in examination.clips if (heard := heard_pitch(clip)) is not None]
    if not notes:
        return _nothing(axes, "pitch", "no clip is surely one note")
    axes.hist(notes, np.arange(np.floor(min(notes)) - 1.5, max(notes) + 2.5), color=_BLUE)
    _named(axes, f"pitch: {len(notes)} of {len(examination.clips)} are one note", "heard (MIDI)")
    return None


@functools.cache
def _characters():
    """Returns the characters of the font that text is drawn in."""
    return frozenset(ft2font.FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())


def _named(axes, title, unit):
    """Names a histogram and its axes."""
    axes.set_title(title, loc="left")
    axes.set_xlabel(unit, fontsize=8, labelpad=2)
    axes.set_ylabel("clips" if "recordings" not in title else "recordings", fontsize=8)
    axes.locator_params(axis="y", integer=True, nbins=5)


def _nothing(axes, title, why):
    """Says why a panel is empty."""
    axes.set_title(title, loc="left")
    axes.set_axis_off()
    axes.text(0.5, 0.5, why, ha="center", va="center", fontsize=9, color=_GREY, transform=axes.transAxes)
