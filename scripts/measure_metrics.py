"""Measures what the metrics cost after features were extracted: processor time, wall time and memory.

    python scripts/measure_metrics.py --num=12800 --num_features=512

Reals and fakes are random, of the sizes given; each metric runs in a process of its own. Memory is the peak of that
process, with Python, the libraries and the features.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import multiprocessing
import os
import resource
import time

import numpy as np

from gansynth_tf.metrics import accuracy, bins, distances, diversity, frechet, inception, intervals, kernel
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage
from gansynth_tf.metrics.structural_similarity import multi_scale_ssim

_MEGABYTE = 1024.0  # Of kilobytes, as Linux counts memory.


class Sizes:
    """Sets of a benchmark.

    Args:
        num: Reals, and fakes.
        num_features: Of the classifier.
        num_classes: Of its label.
        num_bin_features: Of the space of NDB.
        num_log_mel: Fakes whose nearest training clip is looked for in WaveGAN's 128 x 128 log-mel space.
        seed: Of all draws.
    """

    def __init__(self, num, num_features, num_classes, num_bin_features, num_log_mel, seed):
        self.num, self.num_features, self.num_classes = num, num_features, num_classes
        self.num_bin_features, self.num_log_mel, self.seed = num_bin_features, num_log_mel, seed

    def rng(self):
        """Returns the generator that every metric starts from."""
        return np.random.default_rng(self.seed)

    def features(self, num=None, num_features=None):
        """Returns reals and fakes, [num, num_features] float32: a mixture, the fakes a little aside and less wide."""
        num, num_features = num or self.num, num_features or self.num_features
        rng = self.rng()
        centres = rng.normal(size=[20, num_features]).astype(np.float32)
        pair = []
        for shift, width in ((0.0, 1.0), (0.1, 0.9)):
            noise = rng.standard_normal([num, num_features], np.float32)
            noise *= np.float32(width)
            noise += centres[rng.integers(20, size=num)]
            noise += np.float32(shift)
            pair.append(noise)
        return pair

    def logits(self):
        """Returns logits [num, num_classes] and true classes [num]."""
        rng = self.rng()
        classes = rng.integers(self.num_classes, size=self.num)
        return rng.normal(size=[self.num, self.num_classes]) + 6.0 * np.eye(self.num_classes)[
            classes
        ], classes


def _of_features(function):
    return lambda sizes: (function, sizes.features())


def _recognition(logits, classes):
    judged = np.argmax(logits, axis=1)
    for value in (accuracy.share_as_asked, accuracy.share_octave_tolerant):
        value(classes, judged)
    accuracy.share_in_top(classes, logits, 5)
    accuracy.confusion(classes, judged, logits.shape[1])
    accuracy.expected_calibration_error(logits, classes)
    inception.label_entropy(logits)


def _infinity(reals, fakes):
    frechet.frechet_infinity(reals, fakes, frechet.infinity_subsets(len(fakes), np.random.default_rng(0)))


def _kernel_subsets(reals, fakes):
    size = min(1000, len(reals))
    subsets = kernel.kernel_subsets(len(reals), len(fakes), np.random.default_rng(0), size=size)
    kernel.kernel_distance_subsets(reals, fakes, subsets)


def _bins(train, queries):
    fitted = bins.fit_bins(train, 50, seed=0)
    counts = np.bincount(bins.assign(fitted.centres, queries), minlength=50)
    bins.different_bins(fitted.counts, counts)


def _balls_interval(reals, fakes):
    def statistic(some, others):
        return list(precision_recall_density_coverage(reals[some], fakes[others]).values())

    sizes, rng = [len(reals), len(fakes)], np.random.default_rng(0)
    estimate = [0.0] * 4
    intervals.subsample_interval(statistic, sizes, rng, num_subsets=40, share=0.25, estimate=estimate)


def _within_classes(reals, fakes):
    classes = np.arange(len(fakes)) % 60
    distances.within_class_distances(fakes, classes, 60)


def _log_mel(sizes):
    num, width = sizes.num_log_mel, 128 * 128
    train = sizes.rng().standard_normal([sizes.num, width], np.float32)
    return distances.nearest_distances, (train[:num] + np.float32(0.1), train)


def _similarity(sizes):
    first, second = sizes.rng().standard_normal([2, 500, 128, 128], np.float32)
    return multi_scale_ssim, (first, second, 8.0)


def _mode_seeking(first, second):
    latents = np.random.default_rng(0).normal(size=[2, len(first), 256])
    diversity.mode_seeking_ratio(first, second, *latents)


# {name: function of Sizes that gives a function and its arguments}.
METRICS = {
    "accuracy, entropy, calibration": lambda sizes: (_recognition, sizes.logits()),
    "inception score": lambda sizes: (inception.inception_score, (sizes.logits()[0], 10)),
    "inception score, interval of 1000": lambda sizes: (_inception_interval, (sizes.logits()[0],)),
    "Frechet distance": _of_features(frechet.frechet_distance),
    "Frechet distance, error": _of_features(frechet.frechet_standard_error),
    "Frechet distance, infinity": _of_features(_infinity),
    "kernel distance": _of_features(kernel.kernel_distance),
    "kernel distance, error": _of_features(kernel.kernel_standard_error),
    "kernel distance, 100 subsets": _of_features(_kernel_subsets),
    "bins": lambda sizes: (_bins, sizes.features(num_features=sizes.num_bin_features)),
    "|D| to training clips": _of_features(distances.nearest_distances),
    "|D| to each other": _of_features(lambda reals, fakes: distances.nearest_other_distances(fakes)),
    "|D| in log-mel space": _log_mel,
    "precision, recall, density, coverage": _of_features(precision_recall_density_coverage),
    "the four, interval of 40": _of_features(_balls_interval),
    "distances within classes": _of_features(_within_classes),
    "mode-seeking ratio": _of_features(_mode_seeking),
    "multi-scale similarity of 500": _similarity,
}


def _inception_interval(logits):
    intervals.bootstrap_interval(
        inception.statistics_of_rows(logits), [len(logits)], np.random.default_rng(0), num_replicates=1000
    )


def measure(name, sizes):
    """Returns seconds of processor, seconds of wall and megabytes that a metric takes, in a process of its own."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_measure_here, args=(name, sizes, sender))
    process.start()
    sender.close()
    try:
        found = receiver.recv()
    except EOFError:
        found = (float("nan"),) * 3
    process.join()
    return found


def _measure_here(name, sizes, sender):
    function, arguments = METRICS[name](sizes)
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    function(*arguments)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sender.send((seconds, wall, after.ru_maxrss / _MEGABYTE))


def main(arguments=None):
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num", type=int, default=12800, help="reals, and as many fakes (default: 12800)")
    parser.add_argument("--num_features", type=int, default=512, help="features of a clip (default: 512)")
    parser.add_argument("--num_classes", type=int, default=61, help="classes of the label (default: 61)")
    parser.add_argument(
        "--num_bin_features", type=int, default=2048, help="features for bins (default: 2048)"
    )
    parser.add_argument(
        "--num_log_mel", type=int, default=1000, help="clips in log-mel space (default: 1000)"
    )
    parser.add_argument("--only", default="", help="measure metrics whose name holds these words")
    parser.add_argument("--seed", type=int, default=0, help="of all draws (default: 0)")
    chosen = parser.parse_args(arguments)
    sizes = Sizes(
        chosen.num,
        chosen.num_features,
        chosen.num_classes,
        chosen.num_bin_features,
        min(chosen.num_log_mel, chosen.num),
        chosen.seed,
    )
    names = [name for name in METRICS if chosen.only in name]
    if not names:
        parser.error(f"no metric's name holds {chosen.only!r}. There are: {', '.join(METRICS)}.")
    print(f"{chosen.num} reals and fakes, {chosen.num_features} features, {os.cpu_count()} cores")
    print(f"{'metric':40s}{'processor s':>12s}{'wall s':>9s}{'memory MB':>11s}", flush=True)
    totals = np.zeros(2)
    for name in names:
        seconds, wall, memory = measure(name, sizes)
        totals += seconds, wall
        print(f"{name:40s}{seconds:12.2f}{wall:9.2f}{memory:11.0f}", flush=True)
    print(f"{'all':40s}{totals[0]:12.2f}{totals[1]:9.2f}")


if __name__ == "__main__":
    main()
