"""The page of an examination: one picture that shows a data set at a glance."""

import functools
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gansynth_tf.audio import pictures
from gansynth_tf.data.examination import panels, tables
from gansynth_tf.data.examination.examination import Examination, read_clips
from gansynth_tf.data.examination.findings import KINDS
from gansynth_tf.data.folder_listing import shown
from gansynth_tf.whole_file import whole_file

# Inches.
_WIDTH, _MARGIN, _GAP = 15.0, 0.65, 0.75
_LINE, _PANEL, _PICTURE, _HEADING = 0.21, 2.2, 1.45, 0.42
_DPI = 100
# Characters of 9 points to the inch, on the safe side.
_CHARACTERS_PER_INCH = 14.0
_NUM_PICTURES = 6
_COLOURS = {"refusal": "#b00020", "warning": "#9a5b00", "note": "#444444"}


def write_page(
    path: str | os.PathLike, examination: Examination, name: str, refusals: Sequence[str] = ()
) -> None:
    """Writes the page as a PNG file, which appears when it is whole.

    Args:
        path: The file.
        examination: What to show.
        name: Of the data set.
        refusals: Why training would not start; empty if it would.
    """
    page = _Page()
    page.texts(_title_lines(examination, name, refusals))
    balance = [functools.partial(panels.draw_balance, label=label) for label in list(examination.classes)[:2]]
    page.panels(examination, [*balance, panels.draw_seconds] if balance else [])
    others = [panels.draw_levels, panels.draw_bandwidth, panels.draw_pitch]
    page.panels(examination, others if balance else [panels.draw_seconds, *others])
    page.findings(examination)
    for heading, chosen in (
        ("Worst of each kind", _worst(examination)),
        ("Typical clips", _typical(examination)),
    ):
        page.pictures(examination, heading, chosen)
    page.write(Path(path))


class _Page:
    """A figure that is filled from the top; its height follows from what it holds."""

    def __init__(self):
        self._height = 0.0
        self._drawings = []

    def texts(self, lines):
        """Adds lines of (text, points, colour)."""
        for text, points, colour in lines:
            self._height += _LINE * points / 9.0
            self._drawings.append((self._text, (self._height, _MARGIN, text, points, colour)))

    def panels(self, examination, drawings):
        """Adds a row of panels of equal width."""
        if not drawings:
            return
        width = (_WIDTH - 2 * _MARGIN - (len(drawings) - 1) * _GAP) / len(drawings)
        top = self._height + _HEADING
        for place, draw in enumerate(drawings):
            box = (_MARGIN + place * (width + _GAP), top, width, _PANEL)
            self._drawings.append((self._panel, (box, draw, examination)))
        self._height = top + _PANEL + 0.5

    def findings(self, examination):
        """Adds the table of findings."""
        self.texts([("", 9, "black"), ("Findings, and what training does about each", 11, "black")])
        rows = tables.finding_rows(examination)
        widths = [_text_inches(column) for column in zip(*rows, strict=True)][:3]
        widths.append(_WIDTH - 2 * _MARGIN - sum(widths))
        titles = {kind.title: kind.weight for kind in KINDS.values()}
        for number, what, does, examples in rows:
            self._height += _LINE
            x = _MARGIN
            for text, width in zip((number, what, does, examples), widths, strict=True):
                colour = _COLOURS[titles[what]] if text == what else "black"
                text = _cut(text, width)
                self._drawings.append((self._text, (self._height, x, text, 9, colour)))
                x += width
        if not rows:
            self.texts([("Nothing odd was found.", 9, "black")])

    def pictures(self, examination, heading, chosen):
        """Adds a row of spectrograms.

        Args:
            examination: What to show.
            heading: Above the row.
            chosen: [(place, title)].
        """
        if not chosen:
            return
        self.texts([("", 9, "black"), (heading, 11, "black")])
        clips = [examination.clips[place] for place, _ in chosen]
        width = (_WIDTH - 2 * _MARGIN - (_NUM_PICTURES - 1) * 0.2) / _NUM_PICTURES
        top = self._height + 0.5
        for number, (audio, (_, title)) in enumerate(
            zip(read_clips(examination.dataset, clips), chosen, strict=True)
        ):
            box = (_MARGIN + number * (width + 0.2), top, width, _PICTURE)
            self._drawings.append((self._picture, (box, audio, examination.dataset.sample_rate, title)))
        self._height = top + _PICTURE

    def write(self, path):
        """Draws everything and writes the file."""
        height = self._height + _MARGIN
        figure = Figure(figsize=(_WIDTH, height), dpi=_DPI)
        for draw, arguments in self._drawings:
            draw(figure, height, *arguments)
        with whole_file(path) as file:
            FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})

    @staticmethod
    def _text(figure, height, y, x, text, points, colour):
        figure.text(
            x / _WIDTH, 1.0 - y / height, panels.plain(text), fontsize=points, color=colour, va="baseline"
        )

    @staticmethod
    def _axes(figure, height, box):
        x, top, width, panel_height = box
        return figure.add_axes(
            (x / _WIDTH, 1.0 - (top + panel_height) / height, width / _WIDTH, panel_height / height)
        )

    @classmethod
    def _panel(cls, figure, height, box, draw, examination):
        axes = cls._axes(figure, height, box)
        axes.tick_params(labelsize=8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        draw(axes, examination)
        axes.set_title(panels.plain(axes.get_title(loc="left")), loc="left", fontsize=10)

    @classmethod
    def _picture(cls, figure, height, box, audio, sample_rate, title):
        axes = cls._axes(figure, height, box)
        axes.imshow(pictures.spectrogram_image(audio, sample_rate), aspect="auto", interpolation="nearest")
        axes.set_axis_off()
        characters = int(box[2] * _CHARACTERS_PER_INCH)
        lines = [_cut(title[0], box[2]), tables.shortened(shown(title[1]), characters)]
        axes.set_title("\n".join(panels.plain(line) for line in lines), fontsize=8.5, loc="left", pad=3)


def _text_inches(texts):
    """Returns the width of a column."""
    return max(map(len, texts)) / _CHARACTERS_PER_INCH + 0.25


def _cut(text, inches):
    """Returns text that fits a width, with an ellipsis for what does not."""
    characters = int(inches * _CHARACTERS_PER_INCH)
    return text if len(text) <= characters else f"{text[: characters - 1].rstrip(', ')}…"


def _title_lines(examination, name, refusals):
    """Returns [(text, points, colour)] of the head of the page."""
    dataset = examination.dataset
    num_files = len({clip.source.path or clip.source.name for clip in examination.clips})
    head = (
        f"{name}: {len(examination.clips):,} clips of {num_files:,} recordings, {dataset.sample_rate} Hz, "
        f"{'stereo' if dataset.num_channels == 2 else 'mono'}"
    )
    lines = [(head, 15, "black")]
    for line in tables.count_lines(examination):
        lines.append((_cut(line, 13.5), 9, "black"))
    if not refusals:
        return [*lines, ("Training would start.", 11, "#1b6e20")]
    wrapped = [line for reason in refusals[:4] for line in textwrap.wrap(shown(reason), 170)]
    more = [f"and {len(refusals) - 4} more reasons"] if len(refusals) > 4 else []
    lines.append(("Training would not start:", 11, _COLOURS["refusal"]))
    return lines + [(line, 9, _COLOURS["refusal"]) for line in wrapped + more]


def _worst(examination):
    """Returns [(place, title)] of the worst clip of each kind of finding, in the order of kinds."""
    chosen = {}
    for finding in examination.findings:
        if finding.place < 0 or finding.kind in chosen:
            continue
        measures = examination.clips[finding.place].measures
        if measures and measures.is_finite:
            chosen[finding.kind] = (
                finding.place,
                (KINDS[finding.kind].title, finding.clip.rpartition("/")[2]),
            )
    return list(chosen.values())[:_NUM_PICTURES]


def _typical(examination):
    """Returns [(place, title)]: of classes of the first label the clip whose level is nearest to the class's median."""
    clips = examination.clips
    groups: dict[str, list[int]] = {}
    labels = list(examination.dataset.labels)
    label = next((name for name in examination.classes if name in labels), "")
    for place, clip in enumerate(clips):
        if clip.measures and clip.measures.is_finite and examination.used[clip.split][clip.index]:
            number = clip.classes[labels.index(label)] if label else -1
            groups.setdefault(examination.dataset.labels[label][number] if number >= 0 else "", []).append(
                place
            )
    if len(groups) == 1:
        (name, places), count = next(iter(groups.items())), _NUM_PICTURES
        ordered = sorted(places, key=lambda place: clips[place].measures.rms_db)
        shares = (np.arange(count) + 0.5) / count
        chosen = [(name, ordered[int(share * len(ordered))]) for share in shares]
        return [
            (place, (name, _last_name(clips[place])))
            for name, place in dict((p, (n, p)) for n, p in chosen).values()
        ]
    names = [name for name in dict(examination.dataset.labels).get(label, ()) if name in groups]
    names = [
        names[i] for i in np.linspace(0, len(names) - 1, min(_NUM_PICTURES, len(names))).round().astype(int)
    ]
    chosen = []
    for name in names:
        levels = np.array([clips[place].measures.rms_db for place in groups[name]])
        place = groups[name][int(np.abs(levels - np.median(levels)).argmin())]
        chosen.append((place, (f"{label} {name}", _last_name(clips[place]))))
    return chosen


def _last_name(clip):
    return clip.name.rpartition("/")[2]
