"""Pictures of scores: bars with their intervals, and spectrograms of what was scored."""

import pathlib
from collections.abc import Sequence

import numpy as np
import soundfile
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gansynth_tf.audio import pictures
from gansynth_tf.evaluation.score_table import MUST_FAIL, RATIOS, REFERENCE, RUN, Row

_COLOURS = {RUN: "#2b6cb0", REFERENCE: "#4f8a5b", MUST_FAIL: "#b9b4ad"}
_MOST_SHOWN = {"nearest": 4.0}
_NUM_COLUMNS = 6


def save_bars(path, rows: Sequence[Row], labels: Sequence[str]) -> None:
    """Writes a bar a row and a panel a number, with 95 % intervals.

    Args:
        path: The PNG file.
        rows: Of a `ScoreTable`.
        labels: Labels whose accuracy is shown.
    """
    shown = [f"accuracy/{name}" for name in labels] + list(RATIOS)
    figure = Figure(figsize=(3.2 + 2.3 * len(shown), 1.1 + 0.3 * len(rows)), dpi=110, layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(shown), sharey=True))
    for axes, name in zip(panels, shown, strict=True):
        is_share = name.startswith("accuracy/")
        most = 1.0 if is_share else _MOST_SHOWN.get(name, 2.0)
        for place, row in enumerate(rows):
            if row[name]:
                _draw_bar(axes, place, row, name, most)
        axes.set_xlim(0.0, most * 1.02)
        axes.axvline(1.0, color="black", linewidth=0.8, linestyle=":")
        axes.set_title(name.replace("accuracy/", "heard as asked: ") if is_share else name, fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(axis="x", linewidth=0.4, alpha=0.5)
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(rows)), [row["name"] for row in rows])
    panels[0].invert_yaxis()
    figure.supxlabel("ratios: 1 is as real clips; lines are 95 % intervals", fontsize=8)
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})


def _draw_bar(axes, place, row, name, most):
    """Draws one number; what is longer than the axis ends at it, and its value is written."""
    value, low, high = (float(row[f"{name}{end}"] or "nan") for end in ("", "_low", "_high"))
    axes.barh(place, min(value, most), color=_COLOURS[row["kind"]], height=0.7)
    axes.plot([min(low, most), min(high, most)], [place, place], color="black", linewidth=1.4)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
    axes.text(most, place, f"{value:.2f}", ha="right", va="center", fontsize=7, bbox=box)


def save_sheet(path, folders: Sequence[tuple[str, pathlib.Path]], sample_rate: int) -> bool:
    """Writes the spectrograms of the first clip of some classes, a row a set of clips; False if there is none.

    Args:
        path: The PNG file.
        folders: (name, folder of its wavs) in the order of the rows; folders without wavs are left out.
        sample_rate: In hertz.
    """
    found = {name: sorted(folder.glob("*_0.wav")) for name, folder in folders if folder.is_dir()}
    classes = sorted({wav.name for wavs in found.values() for wav in wavs})
    if not classes:
        return False
    places = np.linspace(0, len(classes) - 1, min(len(classes), _NUM_COLUMNS)).round().astype(int)
    chosen = [classes[place] for place in places]
    audio, titles = [], []
    for name, wavs in found.items():
        by_class = {wav.name: wav for wav in wavs}
        for number, class_name in enumerate(chosen):
            wav = by_class.get(class_name)
            audio.append(soundfile.read(wav, dtype="float32")[0] if wav else None)
            shown = class_name.removesuffix("_0.wav")
            titles.append(f"{name}: {shown}" if number == 0 else shown)
    length = max(len(clip) for clip in audio if clip is not None)
    clips = np.stack([np.zeros(length, np.float32) if clip is None else clip for clip in audio])
    pictures.save_contact_sheet(path, clips, titles, sample_rate, num_columns=len(chosen))
    return True
