"""Measures what is lost when clips become data of a representation and audio again, how fast that is; and draws it.

    python scripts/measure_representations.py --output_dir=representations
    python scripts/measure_representations.py --output_dir=representations --sounds piano=recordings/piano grooves
    python scripts/measure_representations.py --output_dir=representations --only=mel_if --options num_mel_bins=256

Sounds are data sets of the catalogue that need no folder, or NAME=FOLDER with recordings in it, at any depth; every
so-many-th is taken. Without --options each representation is measured at several sizes, with as many frames as the
clip needs. Writes representations.csv, a row for each size and each set of sounds, and one picture for each set.

Errors are those of `gansynth_tf.metrics.restoration`, the median over clips. `noisy` ones are with an error in the
data as of a generator: normal, with a standard deviation of 2 % of the range that a fitted normalisation uses. Speeds
are clips in a second of processor time, which does not change with what else the machine does.
"""

import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

import gansynth_tf.programs  # noqa: F401  # isort: skip  Before TensorFlow, which it quietens.

import argparse
import csv
import itertools
import math
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from gansynth_tf import options
from gansynth_tf.audio import files
from gansynth_tf.audio.pictures import FLOOR_DB, spectrogram_db
from gansynth_tf.data import DATASETS
from gansynth_tf.metrics import restoration
from gansynth_tf.representations import REPRESENTATIONS

# Options of the sizes that are measured, without the number of frames. The first two are the paper's.
_LINEAR = (
    {"num_bins": 1024, "overlap": 0.75},
    {"num_bins": 512, "overlap": 0.75},
    {"num_bins": 512, "overlap": 0.5},
)
_MEL = (
    {"num_bins": 1024, "overlap": 0.75, "num_mel_bins": 1024},
    {"num_bins": 512, "overlap": 0.75, "num_mel_bins": 512},
    {"num_bins": 512, "overlap": 0.5, "num_mel_bins": 128},
)
SIZES = {
    "complex": ({"num_bins": 512}, {"num_bins": 512, "magnitude_power": 0.3}, {"num_bins": 128}),
    "linear_if": _LINEAR,
    "linear_phase": _LINEAR,
    "log_magnitude": ({"num_bins": 128, "overlap": 0.5}, {"num_bins": 512, "overlap": 0.75}),
    "log_mel": ({"num_bins": 512, "overlap": 0.75, "num_mel_bins": 128},),
    "mel_band_if": (*_MEL, {"num_bins": 512, "overlap": 0.5, "num_mel_bins": 256}),
    "mel_if": tuple(size | {"phase_iterations": 0} for size in _MEL) + (_MEL[2],),
    "mel_phase": _MEL,
}
# Drawn: one size of each, by its place.
DRAWN = {
    "complex": 1,
    "log_magnitude": 1,
    "linear_if": 2,
    "linear_phase": 2,
    "mel_band_if": 2,
    "mel_if": -1,
    "mel_phase": 2,
}
_IMAGE: dict[str, str] = {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
_LEGEND = """\
Data of each representation: time to the right,
frequency upwards, by bins or mel bands.
Right: sounds, on a mel axis."""
NUM_COLOURS = 96
NOISE = 0.02
LOST_CENTS = 50.0
BATCH_SIZE = 8
NUM_TIMED = 3
COLUMNS = (
    "representation",
    "options",
    "sounds",
    "clips",
    "shape",
    "numbers",
    "signal_to_noise_db",
    "spectral_distance_db",
    "level_change_db",
    "pitch_change_cents",
    "notes_lost",
    "noisy_spectral_distance_db",
    "noisy_level_change_db",
    "to_data_clips_per_core_second",
    "to_audio_clips_per_core_second",
)


def load_sounds(where, num_clips, sample_rate, length_samples):
    """Returns (name, clips [num, length_samples] float32) of a data set's key or NAME=FOLDER."""
    name, _, folder = where.partition("=")
    if not folder:
        if name not in DATASETS:
            raise SystemExit(f"Expected NAME=FOLDER or one of {', '.join(DATASETS)}. Received: {where}.")
        dataset = DATASETS[name](sample_rate, length_samples)
        num_rows = len(dataset.rows("test"))
        indices = np.unique(np.linspace(0, num_rows - 1, num_clips).astype(int))
        return name, np.stack([dataset.clip("test", int(index)) for index in indices]).astype(np.float32)
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in files.FORMATS)
    if not paths:
        raise SystemExit(f"There are no recordings in {folder}.")
    chosen = np.unique(np.linspace(0, len(paths) - 1, num_clips).astype(int))
    clips = []
    for index in chosen:
        audio, rate = files.read(paths[index])
        clips.append(files.fitted(files.resample(audio, rate, sample_rate), length_samples))
    return name, np.stack(clips).astype(np.float32)


def fitting(name, size, sample_rate, length_samples):
    """Returns (representation, the options it has) of a size, with as many frames as a clip needs."""
    part = REPRESENTATIONS[name]
    if "num_frames" in options.options_of(part):
        size = {"num_frames": 0} | size
    representation = part(sample_rate, length_samples, **size)
    return representation, {
        option: value for option, value in size.items() if value or option != "num_frames"
    }


def in_batches(function, values):
    """Returns a compiled function of a whole array, BATCH_SIZE at a time."""
    starts = range(0, len(values), BATCH_SIZE)
    return np.concatenate([np.asarray(function(values[start : start + BATCH_SIZE])) for start in starts])


def clips_per_core_second(function, batch):
    """Returns the speed of a compiled function in processor time, the best of a few runs after the first."""
    function(batch)
    seconds = []
    for _ in range(NUM_TIMED):
        start = time.process_time()
        np.asarray(function(batch))
        seconds.append(time.process_time() - start)
    return len(batch) / max(min(seconds), 1e-6)


def noisy(representation, data, seed=0):
    """Returns `data` with errors of a standard deviation of NOISE of each channel's range."""
    scale, offset = representation.fitted_constants(data)
    sizes = NOISE * np.broadcast_to(representation.channel_weights, data.shape[-1:])
    errors = np.random.default_rng(seed).standard_normal(data.shape) * sizes
    return (((data * scale + offset) + errors - offset) / scale).astype(np.float32)


def measured(representation, clips, sample_rate):
    """Returns {column: value} of one representation and one set of clips."""
    to_data, to_audio = tf.function(representation.to_data), tf.function(representation.to_audio)
    data = in_batches(to_data, clips)
    restored = in_batches(to_audio, data)
    with_errors = in_batches(to_audio, noisy(representation, data))
    cents = np.abs(restoration.pitch_change_cents(clips, restored, sample_rate))
    cents = cents[~np.isnan(cents)]
    return {
        "clips": len(clips),
        "shape": "x".join(map(str, representation.shape)),
        "numbers": int(np.prod(representation.shape)),
        "signal_to_noise_db": np.nanmedian(restoration.signal_to_noise_db(clips, restored)),
        "spectral_distance_db": np.nanmedian(
            restoration.log_spectral_distance_db(clips, restored, sample_rate)
        ),
        "level_change_db": np.nanmedian(restoration.level_change_db(clips, restored)),
        "pitch_change_cents": np.median(cents) if len(cents) else math.nan,
        "notes_lost": np.mean(cents > LOST_CENTS) if len(cents) else math.nan,
        "noisy_spectral_distance_db": np.nanmedian(
            restoration.log_spectral_distance_db(clips, with_errors, sample_rate)
        ),
        "noisy_level_change_db": np.nanmedian(restoration.level_change_db(clips, with_errors)),
        "to_data_clips_per_core_second": clips_per_core_second(to_data, clips[:BATCH_SIZE]),
        "to_audio_clips_per_core_second": clips_per_core_second(to_audio, data[:BATCH_SIZE]),
    }


def rounded(value):
    """Returns a value as a cell: numbers to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else value


def draw_channel(axes, channel, name):
    """Draws one channel of data [frames, bins], or the line of samples where there is one bin."""
    axes.set_title(name, fontsize=8, pad=3)
    if channel.shape[1] == 1:
        axes.plot(channel[:, 0], linewidth=0.4, color="black")
        axes.set_xlim(0, len(channel))
        axes.set_ylim(-1, 1)
        return
    low, high = np.percentile(channel, [2, 99.5])
    colours = "magma"
    if not name.startswith("log"):
        high = max(high, -low)
        low, colours = -high, "twilight_shifted" if name.endswith("phase") else "coolwarm"
    axes.imshow(channel.T, **_IMAGE, cmap=colours, vmin=low, vmax=high)


def draw_spectrogram(axes, audio, sample_rate, title):
    """Draws one clip on a mel axis, 80 dB of it."""
    axes.imshow(spectrogram_db(audio, sample_rate).T, **_IMAGE, cmap="magma", vmin=FLOOR_DB, vmax=0.0)
    axes.set_title(title, fontsize=8, pad=3)


def save_sheet(path, clip, sample_rate, drawn):
    """Draws, a row for each representation, its data of the clip and what comes back, below the clip itself.

    Args:
        path: The PNG file.
        clip: [length_samples] float32.
        sample_rate: In hertz.
        drawn: (name, representation) of each row.
    """
    figure = Figure(figsize=(7.2, 1.3 * (len(drawn) + 1) + 0.2), dpi=96, layout="constrained")
    grid = figure.subplots(len(drawn) + 1, 3, squeeze=False)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    for axes in grid[0, :2]:
        axes.set_axis_off()
    legend = grid[0, 0].text(0.0, 0.5, _LEGEND, fontsize=8, va="center", transform=grid[0, 0].transAxes)
    legend.set_in_layout(False)
    draw_spectrogram(grid[0, 2], clip, sample_rate, "the clip")
    for row, (name, representation) in zip(grid[1:], drawn, strict=True):
        data = np.asarray(representation.to_data(clip[np.newaxis]))
        restored = np.asarray(representation.to_audio(data))
        (distance,) = restoration.log_spectral_distance_db(clip[np.newaxis], restored, sample_rate)
        for channel, axes in enumerate(row[:2]):
            if channel < data.shape[-1]:
                draw_channel(axes, data[0, :, :, channel], representation.channel_names[channel])
            else:
                axes.set_visible(False)
        draw_spectrogram(row[2], restored[0], sample_rate, f"what comes back, {distance:.1f} dB off")
        shape = " x ".join(map(str, representation.shape))
        row[0].set_ylabel(f"{name}\n{shape}", fontsize=8)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    # Phases look like noise, which only few colours make small.
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image.quantize(NUM_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def wanted_sizes(arguments):
    """Returns (name, options of a size) of everything to measure."""
    names = arguments.only.split(",") if arguments.only else sorted(REPRESENTATIONS)
    unknown = sorted(set(names) - set(REPRESENTATIONS))
    if unknown:
        raise SystemExit(f"There is no {', '.join(unknown)}. Known: {', '.join(sorted(REPRESENTATIONS))}.")
    if not arguments.options:
        return [(name, size) for name in names for size in SIZES.get(name, ({},))]
    if len(names) > 1:
        raise SystemExit("--options are those of one representation. Name it with --only.")
    known = options.options_of(REPRESENTATIONS[names[0]])
    pairs = [text.partition("=")[::2] for text in arguments.options]
    unknown = sorted({name for name, _ in pairs} - set(known))
    if unknown:
        raise SystemExit(f"{names[0]} has no option {', '.join(unknown)}. Known: {', '.join(known)}.")
    return [(names[0], {name: known[name].parse(text) for name, text in pairs})]


def parse_arguments():
    """Returns what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output_dir", type=Path, required=True, help="folder of the table and the pictures")
    parser.add_argument("--sounds", nargs="+", default=["notes", "grooves"], help="data set, or NAME=FOLDER")
    parser.add_argument("--num_clips", type=int, default=24, help="clips of each set")
    parser.add_argument("--sample_rate", type=int, default=16000, help="in hertz")
    parser.add_argument("--length_samples", type=int, default=64000, help="samples of a clip")
    parser.add_argument("--only", default="", help="names of representations, by commas")
    parser.add_argument("--options", nargs="+", default=[], help="NAME=VALUE of the one size to measure")
    parser.add_argument(
        "--drawn_clip", type=int, default=-1, help="number of the clip in the picture; -1 draws none"
    )
    return parser.parse_args()


def main():
    """Writes the table and the pictures, and prints the table."""
    arguments = parse_arguments()
    arguments.output_dir.mkdir(parents=True, exist_ok=True)
    sizes = arguments.sample_rate, arguments.length_samples
    sounds = dict(load_sounds(where, arguments.num_clips, *sizes) for where in arguments.sounds)
    wanted = [(name, *fitting(name, size, *sizes)) for name, size in wanted_sizes(arguments)]
    with open(arguments.output_dir / "representations.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for (name, representation, chosen), (sound, clips) in itertools.product(wanted, sounds.items()):
            words = " ".join(f"{option}={value}" for option, value in chosen.items())
            row = {"representation": name, "options": words, "sounds": sound}
            row |= {key: rounded(value) for key, value in measured(representation, clips, sizes[0]).items()}
            writer.writerow(row)
            file.flush()
            print(" ".join(f"{value}" for value in row.values()), flush=True)
    if arguments.drawn_clip >= 0:
        drawn = []
        for name, rows in itertools.groupby(wanted, key=lambda one: one[0]):
            rows = list(rows)
            drawn.append((name, rows[DRAWN.get(name, 0) if len(rows) > 1 else 0][1]))
        for sound, clips in sounds.items():
            clip = clips[arguments.drawn_clip % len(clips)]
            save_sheet(arguments.output_dir / f"representations_{sound}.png", clip, sizes[0], drawn)


if __name__ == "__main__":
    main()
