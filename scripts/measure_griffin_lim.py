"""Measures Griffin-Lim beside librosa's: how long a clip takes, and how far the two are apart.

    python scripts/measure_griffin_lim.py
    python scripts/measure_griffin_lim.py --frame_length=256 --hop_samples=128 --length_samples=16384

Both begin at zero phases and do the same rounds, in turns in one process, after a first run that compiles. Printed
are medians, of the time on the clock and of the processor's time.
"""

import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

import gansynth_tf.programs  # noqa: F401  # isort: skip  Before TensorFlow, which it quietens.

import argparse
import time

import librosa
import numpy as np

from gansynth_tf.audio import framing, griffin_lim


def parse_arguments():
    """Returns what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--length_samples", type=int, default=64000, help="samples of a clip")
    parser.add_argument("--frame_length", type=int, default=1024, help="samples of a frame")
    parser.add_argument("--hop_samples", type=int, default=256, help="samples from one frame to the next")
    parser.add_argument("--num_iterations", type=int, default=16, help="rounds")
    parser.add_argument("--num_clips", type=int, default=8, help="clips that are done together")
    parser.add_argument("--num_runs", type=int, default=11, help="runs of each, of which the median counts")
    return parser.parse_args()


def timed(work):
    """Returns the seconds of a function on the clock and of the processor."""
    start, start_of_processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - start_of_processor


def main():
    """Prints a line for each of the two, and their difference."""
    arguments = parse_arguments()
    noise = np.random.default_rng(0).standard_normal([arguments.num_clips, arguments.length_samples])
    options = {"n_fft": arguments.frame_length, "hop_length": arguments.hop_samples}
    magnitudes = np.abs(librosa.stft(0.1 * noise, **options)).astype(np.float32)
    num_frames = magnitudes.shape[-1]
    frames = framing.Frames(
        arguments.hop_samples * (num_frames - 1),
        arguments.frame_length,
        arguments.hop_samples,
        num_frames,
        arguments.frame_length // 2,
    )
    ours = np.ascontiguousarray(magnitudes.transpose(0, 2, 1))

    def gansynth_tf():
        return griffin_lim.audio_from_magnitudes(ours, frames, arguments.num_iterations).numpy()

    def with_librosa():
        return librosa.griffinlim(magnitudes, n_iter=arguments.num_iterations, init=None, **options)

    works = {"gansynth_tf": gansynth_tf, "librosa": with_librosa}
    found, expected = (work() for work in works.values())
    times = {name: [] for name in works}
    for _ in range(arguments.num_runs):
        for name, work in works.items():
            times[name].append(timed(work))
    for name, runs in times.items():
        clock, processor = 1000 * np.median(runs, axis=0) / arguments.num_clips
        print(f"{name}: {clock:.1f} ms a clip, {processor:.1f} ms of the processor.")
    print(f"Apart by {np.linalg.norm(found - expected) / np.linalg.norm(expected):.1e} of the audio.")


if __name__ == "__main__":
    main()
