"""Measures how fast clips become what training reads: scanned, decoded, converted, cached, read in batches.

    python scripts/measure_data.py --num_clips=2000 --num_files=600

Measured are `grooves` and folders of wav, flac and mp3 that the script synthesises itself. Prints a Markdown table.
"""

import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

import gansynth_tf.programs  # noqa: F401  # isort: skip  Before TensorFlow, which it quietens.

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import tensorflow as tf

from gansynth_tf.data import pipeline
from gansynth_tf.data.audio_folder import AudioFolder
from gansynth_tf.data.clip_cache import cached_clips
from gansynth_tf.data.grooves import Grooves
from gansynth_tf.representations.mel_if import MelIf

SAMPLE_RATE, LENGTH_SAMPLES = 16000, 32000
# Name -> (suffix, sample rate, channels, seconds, subtype).
FOLDERS = {
    "wav, 16 kHz mono, 2 s": ("wav", 16000, 1, 2.0, "PCM_16"),
    "wav, 44.1 kHz stereo, 5 s": ("wav", 44100, 2, 5.0, "PCM_16"),
    "flac, 44.1 kHz stereo, 5 s": ("flac", 44100, 2, 5.0, "PCM_16"),
    "mp3, 44.1 kHz stereo, 5 s": ("mp3", 44100, 2, 5.0, "MPEG_LAYER_III"),
}
NUM_BATCHES, BATCH_SIZE = 200, 8


def write_folder(folder, num_files, suffix, sample_rate, num_channels, seconds, subtype):
    """Fills a folder with recordings of two genres: tones with noise, each its own."""
    times = np.arange(int(seconds * sample_rate)) / sample_rate
    for index in range(num_files):
        rng = np.random.default_rng(index)
        tones = 0.2 * np.sin(2 * np.pi * rng.uniform(60, 2000, num_channels) * times[:, np.newaxis])
        audio = tones * np.exp(-times[:, np.newaxis]) + 0.01 * rng.standard_normal(tones.shape)
        path = Path(folder) / ("one", "two")[index % 2] / f"{index}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, audio, sample_rate, subtype=subtype, format=suffix.upper())


def timed(work):
    """Returns (seconds, result) of a function."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def measure(make_dataset, representation, all_workers):
    """Returns the cells of a row for one dataset.

    Args:
        make_dataset: Function that returns the dataset, which has read nothing yet.
        representation: Of the catalogue.
        all_workers: Numbers of processes to build with.
    """
    with tempfile.TemporaryDirectory() as cache_dir:
        first_scan, dataset = timed(lambda: prepared(make_dataset(), cache_dir))
        later_scan, _ = timed(lambda: prepared(make_dataset(), cache_dir))
        num_clips = len(dataset.rows("train"))
        decoding, batches = timed(lambda: list(dataset.clips("train").batch(32).as_numpy_iterator()))
        convert = tf.function(representation.to_data)
        convert(batches[0])
        converting, _ = timed(lambda: [convert(batch).numpy() for batch in batches if len(batch) == 32])
        num_converted = 32 * (num_clips // 32)
        cells = [f"{num_clips:,}", f"{first_scan:.1f}, {later_scan:.1f}"]
        cells += [f"{num_clips / decoding:,.0f}", f"{num_converted / converting:,.0f}"]
        for workers in all_workers:
            folder = Path(cache_dir) / str(workers)
            # A new dataset: one that has decoded remembers what it made on the way.
            new = prepared(make_dataset(), cache_dir)
            building, _ = timed(lambda n=new, w=workers, f=folder: cached(n, representation, f, w))
            cells.append(f"{building:.1f} ({num_clips / building:,.0f})")
        opening, data = timed(lambda: cached(dataset, representation, folder, 1))
        rows = dataset.rows("train")
        reading, _ = timed(
            lambda: list(
                itertools.islice(
                    pipeline.read_ahead(pipeline.batches(data, rows, BATCH_SIZE, 0, 0)), NUM_BATCHES
                )
            )
        )
        return [*cells, f"{opening:.2f}", f"{NUM_BATCHES * BATCH_SIZE / reading:,.0f}"]


def prepared(dataset, cache_dir):
    """Returns the dataset when it has read its recordings."""
    dataset.prepare(cache_dir)
    return dataset


def cached(dataset, representation, cache_dir, workers):
    """Returns the data of the training split."""
    return cached_clips(dataset, "train", representation, cache_dir, "measured", workers)


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num_clips", type=int, default=2000, help="clips of grooves")
    parser.add_argument("--num_files", type=int, default=600, help="files in each folder")
    parser.add_argument("--workers", default="1,2", help="numbers of processes that build the cache")
    arguments = parser.parse_args()
    all_workers = [int(text) for text in arguments.workers.split(",")]
    representation = MelIf(SAMPLE_RATE, LENGTH_SAMPLES)
    heads = ["dataset", "clips", "scan, first and later, s", "decoded/s", "converted/s"]
    heads += [f"cache by {workers}, s (clips/s)" for workers in all_workers]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    for line in (heads + ["opened, s", "read/s"], ["---"] * (len(heads) + 2)):
        print("| " + " | ".join(line) + " |", flush=True)

    def grooves():
        return Grooves(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=arguments.num_clips)

    cells = measure(grooves, representation, all_workers)
    print("| " + " | ".join(["grooves", *cells]) + " |", flush=True)
    for name, form in FOLDERS.items():
        with tempfile.TemporaryDirectory() as folder:
            write_folder(folder, arguments.num_files, *form)
            # Files that were changed a moment ago are not remembered.
            time.sleep(2.1)
            cells = measure(
                lambda folder=folder: AudioFolder(
                    SAMPLE_RATE, LENGTH_SAMPLES, folder=folder, valid_fraction=0.0, test_fraction=0.0
                ),
                representation,
                all_workers,
            )
        print("| " + " | ".join([name, *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
