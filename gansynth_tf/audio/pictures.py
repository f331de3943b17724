"""Pictures of sounds: spectrograms on a mel axis, alone or on a contact sheet."""

import math
import textwrap

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FLOOR_DB = -80.0
NUM_ROWS = 192
COLOURS = "magma"
_TICKS_HZ = (100, 250, 500, 1000, 2000, 4000, 8000, 16000)
# Sizes in inches and points.
_CLIP_WIDTH, _CLIP_HEIGHT, _TITLE_LINE = 1.9, 1.35, 0.16
_TITLE_POINTS, _TEXT_POINTS = 9.0, 8.0
_CHARACTER_WIDTH = 0.6 * _TITLE_POINTS / 72


def spectrogram_db(audio, sample_rate, num_rows=NUM_ROWS):
    """Returns the spectrogram of one clip on a mel axis, in decibels.

    Args:
        audio: [length_samples] float, full scale 1. Values that are not finite count as silence.
        sample_rate: In hertz.
        num_rows: Number of rows, equally spaced in mel from 0 to half the sample rate.

    Returns:
        [frames, num_rows] float32 in [FLOOR_DB, 0], where 0 is a sine of full scale. A row wider than a bin of the
        transform holds the largest magnitude inside it.

    Raises:
        ValueError: If `audio` is not one clip with samples in it.
    """
    audio = np.nan_to_num(np.asarray(audio, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    if audio.ndim != 1 or not audio.size:
        raise ValueError(f"`audio` must have the shape [length_samples]. Received: {audio.shape}.")
    window_length = 2 ** round(math.log2(max(64, 0.064 * sample_rate)))
    hop = max(1, min(window_length // 4, len(audio) // 64))
    window = np.hanning(window_length + 1)[:-1]
    padded = np.pad(audio, window_length // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window_length)[::hop]
    magnitudes = np.abs(np.fft.rfft(frames * window)) * (2 / window.sum())
    edges_hz = _mel_to_hz(np.linspace(0, _hz_to_mel(sample_rate / 2), num_rows + 1))
    edges = edges_hz / sample_rate * window_length
    rows = [_row(magnitudes, low, high) for low, high in zip(edges[:-1], edges[1:], strict=True)]
    decibels = 20 * np.log10(np.maximum(np.stack(rows, axis=1), 10 ** (FLOOR_DB / 20)))
    return np.minimum(decibels, 0.0).astype(np.float32)


def spectrogram_image(audio, sample_rate):
    """Returns the bare picture of one clip as uint8 [height, width, 3], low frequencies at the bottom."""
    shares = spectrogram_db(audio, sample_rate).T[::-1] / -FLOOR_DB + 1.0
    return colormaps[COLOURS](shares, bytes=True)[..., :3]


def save_spectrogram(path, audio, sample_rate, title=""):
    """Writes the picture of one clip as a PNG file.

    Args:
        path: The file.
        audio: [length_samples] float, full scale 1.
        sample_rate: In hertz.
        title: Above the picture; a long one is broken and cut.
    """
    figure = Figure(figsize=(7.0, 3.6), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    image = _draw(axes, audio, sample_rate, 0.045)
    axes.set_xlabel("time (s)", fontsize=9)
    axes.set_ylabel("frequency (Hz)", fontsize=9)
    axes.tick_params(labelsize=_TEXT_POINTS)
    axes.set_title(_fitted(title, 6.0 / _CHARACTER_WIDTH), fontsize=11)
    _add_colour_bar(figure, image, figure.colorbar(image, ax=axes, pad=0.02))
    _write(figure, path)


def save_contact_sheet(path, audio, titles, sample_rate, *, num_columns=None):
    """Writes the pictures of many clips on one sheet as a PNG file, with one scale for all.

    Args:
        path: The file.
        audio: [num, length_samples] float, full scale 1; filled in row by row.
        titles: Text above each clip, "" for none; broken into two lines and cut where it is too long.
        sample_rate: In hertz.
        num_columns: Clips in a row; None makes the sheet about square.

    Raises:
        ValueError: If there is no clip, or not one title for each.
    """
    audio = np.asarray(audio)
    if audio.ndim != 2 or not len(audio) or len(titles) != len(audio):
        raise ValueError(
            "Expected `audio` of shape [num, length_samples] with at least one clip, and a title for each. "
            f"Received: {audio.shape}, {len(titles)} titles."
        )
    num_columns = min(len(audio), num_columns or math.ceil(math.sqrt(len(audio))))
    num_rows = math.ceil(len(audio) / num_columns)
    titles = [_fitted(title, _CLIP_WIDTH / _CHARACTER_WIDTH) for title in titles]
    title_lines = [
        max(text.count("\n") + 1 if text else 0 for text in titles[start : start + num_columns])
        for start in range(0, len(titles), num_columns)
    ]
    figure, places, bar = _sheet(num_rows, num_columns, title_lines)
    for number, (clip, title) in enumerate(zip(audio, titles, strict=True)):
        axes = figure.add_axes(places[number])
        image = _draw(axes, clip, sample_rate, 0.06)
        axes.set_title(title, fontsize=_TITLE_POINTS, pad=3)
        is_lowest = number + num_columns >= len(audio)
        _label_edges(axes, is_lowest, number % num_columns == 0)
    _add_colour_bar(figure, image, figure.colorbar(image, cax=figure.add_axes(bar)))
    _write(figure, path)


def _row(magnitudes, low, high):
    """Returns [frames]: the largest magnitude between two places of the frequency axis, in bins."""
    first, last = math.ceil(low), math.ceil(high)
    if last > first:
        return magnitudes[:, first:last].max(axis=1)
    centre = (low + high) / 2
    left = min(int(centre), magnitudes.shape[1] - 2)
    share = centre - left
    return magnitudes[:, left] * (1 - share) + magnitudes[:, left + 1] * share


def _hz_to_mel(hz):
    """Returns HTK mel of hertz."""
    return 1127.0 * np.log1p(np.asarray(hz) / 700.0)


def _mel_to_hz(mel):
    """Returns hertz of HTK mel."""
    return 700.0 * np.expm1(np.asarray(mel) / 1127.0)


def _draw(axes, audio, sample_rate, least_distance):
    """Draws one clip, its ticks at least a share of the axis apart, and returns the image."""
    seconds = len(audio) / sample_rate
    top = float(_hz_to_mel(sample_rate / 2))
    image = axes.imshow(
        spectrogram_db(audio, sample_rate).T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=COLOURS,
        vmin=FLOOR_DB,
        vmax=0.0,
        extent=(0.0, seconds, 0.0, top),
    )
    ticks = _spaced_ticks(top, least_distance * top)
    axes.set_yticks([mel for _, mel in ticks], [f"{hz:,}".replace(",", " ") for hz, _ in ticks])
    return image


def _spaced_ticks(top, least_distance):
    """Returns (hertz, mel) of the ticks up to `top` mel, from the highest down, none too close to the one above."""
    ticks = []
    for hz in reversed(_TICKS_HZ):
        mel = float(_hz_to_mel(hz))
        if mel <= top * (1 + 1e-9) and (not ticks or ticks[-1][1] - mel >= least_distance):
            ticks.append((hz, mel))
    return ticks


def _sheet(num_rows, num_columns, title_lines):
    """Returns the figure, the place of each clip and that of the colour bar, in shares of the figure."""
    left, right, top, bottom, gap, bar_width = 0.75, 0.95, 0.06, 0.5, 0.14, 0.14
    row_tops = [_TITLE_LINE * lines + (0.06 if lines else 0.0) + gap for lines in title_lines]
    width = left + num_columns * _CLIP_WIDTH + (num_columns - 1) * gap + right
    height = top + sum(row_tops) + num_rows * _CLIP_HEIGHT + bottom
    figure = Figure(figsize=(width, height), dpi=110)
    places = []
    y = height - top
    for row_top in row_tops:
        y -= row_top + _CLIP_HEIGHT
        for column in range(num_columns):
            x = left + column * (_CLIP_WIDTH + gap)
            places.append((x / width, y / height, _CLIP_WIDTH / width, _CLIP_HEIGHT / height))
    bar_height = min(height - bottom - top - row_tops[0], 3.0)
    bar_bottom = height - top - row_tops[0] - bar_height
    bar = ((width - right + gap) / width, bar_bottom / height, bar_width / width, bar_height / height)
    figure.text(
        (left + (width - left - right) / 2) / width, 0.06 / height, "time (s)", ha="center", fontsize=9
    )
    figure.text(
        0.08 / width, (y + height - top) / 2 / height, "frequency (Hz)", va="center", rotation=90, fontsize=9
    )
    return figure, places, bar


def _label_edges(axes, is_lowest, is_leftmost):
    """Writes numbers along the outer edges of the sheet only."""
    axes.tick_params(
        labelsize=7, length=2, pad=2, labelbottom=is_lowest, labelleft=is_leftmost, left=is_leftmost
    )
    axes.locator_params(axis="x", nbins=4)
    if is_lowest:
        for label in axes.get_xticklabels()[-1:]:
            label.set_horizontalalignment("right")


def _add_colour_bar(figure, image, bar):
    """Names the colours."""
    bar.set_label("level (dB below full scale)", fontsize=_TEXT_POINTS)
    bar.ax.tick_params(labelsize=7)


def _fitted(title, num_characters):
    """Returns `title` in at most two lines of `num_characters`."""
    lines = textwrap.wrap(title, int(num_characters), max_lines=2, placeholder=" …")
    return "\n".join(lines)


def _write(figure, path):
    """Writes a figure without matplotlib's global state, the same bytes for the same picture."""
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})
