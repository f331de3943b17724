"""How sure a number is: intervals of shares, and of whatever is measured on sets of clips."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

# Of a normal distribution, 95 % lie so many deviations around the middle.
NORMAL_95 = 1.959963984540054
# What is left of 95 % at either end.
_TAIL = 0.025


@dataclasses.dataclass(frozen=True)
class Interval:
    """A 95 % interval of each number of a statistic; numbers where the statistic is one, arrays where it has several.

    Args:
        low: Lower ends.
        high: Upper ends.
        deviation: Standard errors.
        method: How it was made, in one word.
    """

    low: np.ndarray
    high: np.ndarray
    deviation: np.ndarray
    method: str


def share_interval(num_right: float, num: float) -> tuple[float, float]:
    """Returns the 95 % interval of a share of independent trials.

    Wilson's score interval: unlike share +- 1.96 sqrt(p (1 - p) / n) it stays within 0 ... 1, and does not shrink to
    a point where all trials or none were right.

    Args:
        num_right: Trials that were right.
        num: Trials. No whole number is needed: dependent trials may be worth a broken number of independent ones.

    Returns:
        Its lower and its upper end; NaN without trials.

    Raises:
        ValueError: If the numbers are negative, or more were right than there are.

    Source: Wilson, Probable inference, JASA 22 (1927).
    """
    if not 0 <= num_right <= num:
        raise ValueError(f"Expected 0 <= `num_right` <= `num`. Received: {num_right}, {num}.")
    if not num:
        return math.nan, math.nan
    share, square = num_right / num, NORMAL_95**2
    middle = (share + square / (2 * num)) / (1 + square / num)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / num + square / (4 * num**2)) / (1 + square / num)
    # Both ends are known where all or none were right; rounded they would leave the share outside.
    low = 0.0 if num_right == 0 else max(0.0, middle - half)
    return low, 1.0 if num_right == num else min(1.0, middle + half)


def widened_share_interval(low: float, high: float, share: float, num: float) -> tuple[float, float]:
    """Returns an interval of a share, widened where it is narrower than Wilson's interval of a share of 0.

    Where no example is right those of all subsets are not either: an interval from subsets is a point, which claims to
    know that other examples would not be right. With one right example it is a little more than a point. No share is
    known better than one of 0: a narrower interval is widened until it holds Wilson's interval of the share.

    For precision, recall and coverage by k neighbours, `num` is the number of examples divided by k. These are not
    independent, so that with all of them it would be too narrow: a neighbourhood holds k of them, and one clip that
    comes into it, or a neighbourhood that moves, changes the answer for about k at once. Density goes the same way,
    since a clip that lies among real ones lies in k neighbourhoods on average, a density of 1.

    In 200 simulated repeats each, with 20 subsets (100 clips and k = 3, 200 clips and k = 5; mean shares up to 0.05 and
    from 0.98 on), intervals of subsets alone hold the mean in as few as 1 % and often in about 55 %, widened ones in 99
    to 100 %. One thing none foresees: where almost all generated clips lie elsewhere, a stray one has so wide a
    neighbourhood that recall jumps from 0 towards 1. Its mean lies in between, and is held in 62 and 92 % where of 100
    clips one is a stray.

    Args:
        low: Lower end.
        high: Upper end.
        share: What it is an interval of; over 1 (a density) is taken for 1.
        num: As many independent trials as the share is worth.

    Returns:
        Its lower and its upper end.
    """
    if high - low >= share_interval(0.0, num)[1]:
        return low, high
    least, most = share_interval(min(share, 1.0) * num, num)
    return min(low, least), max(high, most)


def bootstrap_interval(
    statistic: Callable[..., float | Sequence[float]],
    sizes: Sequence[int],
    generator: np.random.Generator,
    num_replicates: int = 1000,
) -> Interval:
    """Returns the 95 % interval of means, and of smooth functions of means, by drawing with replacement.

    Right for means, accuracies, entropies and inception scores. Wrong for whatever looks at pairs of examples (Frechet
    and kernel distances, nearest neighbours): a copy is at distance 0 and adds no dimension, so that replicates lie
    beside the estimate, not around it. Take `subsample_interval` there.

    In 150 simulated repeats each, with 200 replicates, it holds inception scores in 92 to 95 %, label entropies in 90
    to 95 %, marginal entropies in 92 to 97 % (300 clips of 5 and 20 classes, 1000 of 61); marginal entropies close to
    their maximum always, since these hardly vary.

    Ends are percentiles of the replicates, moved by the mean replicate's distance from the estimate. Entropies and
    inception scores are biased at any size, replicates twice as much: the interval is one of what the same protocol, at
    the same sizes, gives on average.

    Args:
        statistic: Takes one int64 index vector a set, of the set's size, with repetitions; returns one number or [num].
        sizes: Number of examples of each set.
        generator: Of the draws.
        num_replicates: How many draws.

    Returns:
        The interval, not cut to a range.

    Raises:
        ValueError: If a set is empty or there are fewer than 2 replicates.

    Source: Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979).
    """
    sizes = list(sizes)
    if not sizes or min(sizes) < 1 or num_replicates < 2:
        raise ValueError(f"Expected sets of clips, and 2 replicates. Received: {sizes}, {num_replicates}.")
    estimate = np.asarray(statistic(*map(np.arange, sizes)), np.float64)
    draws = ([generator.integers(size, size=size) for size in sizes] for _ in range(num_replicates))
    values = np.array([statistic(*rows) for rows in draws], np.float64)
    low, high = np.quantile(values, [_TAIL, 1.0 - _TAIL], axis=0) + (estimate - values.mean(axis=0))
    return Interval(low, high, values.std(axis=0, ddof=1), "bootstrap")


def subsample_interval(
    statistic: Callable[..., float | Sequence[float]],
    sizes: Sequence[int],
    generator: np.random.Generator,
    num_subsets: int = 100,
    share: float = 0.5,
    estimate: float | Sequence[float] | None = None,
) -> Interval:
    """Returns the 95 % interval of statistics that look at pairs of examples, from smaller sets without repetition.

    m of a set's n examples, drawn without replacement, give values that vary by s^2 (1 / m - 1 / n) where those of n
    new examples vary by s^2 / n. The deviation over subsets, times sqrt(m / (n - m)), is the estimate's. The interval
    lies around the estimate and not around the subsets, whose sizes have another bias: it is one of what the same
    protocol, at the same sizes, gives on average.

    In 150 to 200 simulated repeats each, with 40 subsets, it holds precision, recall, density and coverage in 97 to
    98 % with halves and 94 to 97 % with quarters (200 clips of 8 features), distances to nearest neighbours in 97 to
    99 %, Frechet and kernel distances in 95 to 98 %, and both of these always for two sets of one distribution.

    Args:
        statistic: Takes one increasing int64 index vector a set, without repetitions; returns one number or [num].
        sizes: Number of examples of each set.
        generator: Of the draws.
        num_subsets: How many; an interval from few is wider (Student's t).
        share: m / n. Smaller is faster; where the statistic is not a smooth function of means, as a Frechet distance
            near 0, also wider.
        estimate: The statistic of the whole sets, where it is known already.

    Returns:
        The interval, not cut to a range.

    Raises:
        ValueError: If a subset or what is left of its set has fewer than 2 examples, or there are fewer than 2 subsets.

    Source: Politis, Romano and Wolf, Subsampling, 1999, chapter 2, with the correction for a finite population; for
        m = n / 2 the delete-d jackknife of Shao and Wu, Annals of Statistics 17 (1989).
    """
    smaller = [round(share * size) for size in sizes]
    if not smaller or num_subsets < 2 or min(min(m, n - m) for m, n in zip(smaller, sizes, strict=True)) < 2:
        raise ValueError(
            "Expected sets of which subsets hold and leave at least 2 clips, and 2 subsets. "
            f"Received: sizes {list(sizes)}, share {share}, {num_subsets} subsets."
        )
    if estimate is None:
        estimate = statistic(*map(np.arange, sizes))
    draws = (
        [np.sort(generator.permutation(n)[:m]) for m, n in zip(smaller, sizes, strict=True)]
        for _ in range(num_subsets)
    )
    values = np.array([statistic(*rows) for rows in draws], np.float64)
    deviation = values.std(axis=0, ddof=1) * math.sqrt(share / (1.0 - share))
    return deviation_interval(estimate, deviation, "subsampling", num_subsets - 1)


def deviation_interval(estimate, deviation, method: str, degrees: float = math.inf) -> Interval:
    """Returns the 95 % interval around estimates whose standard errors are known.

    Args:
        estimate: A number or [num].
        deviation: Its standard error, of the same shape.
        method: Name for where the error comes from.
        degrees: Degrees of freedom that the error was estimated with (Student's t); infinite for a normal interval.

    Returns:
        The interval, not cut to a range.
    """
    estimate, deviation = np.asarray(estimate, np.float64), np.asarray(deviation, np.float64)
    half = stats.t.ppf(1.0 - _TAIL, degrees) * deviation
    return Interval(estimate - half, estimate + half, deviation, method)


def half_sample_deviation(
    statistic: Callable[..., Sequence[float]],
    groups: Sequence[np.ndarray],
    *,
    num_halves: int = 100,
    seed: int = 0,
) -> np.ndarray:
    """Returns how much statistics of several sets of clips would vary if all of them were drawn anew.

    Each set is halved at random, without replacement, again and again; the deviation over the halves is the answer. A
    half that is drawn out of n varies by 1/(n/2) - 1/n = 1/n about the whole: as much as n clips vary about the truth.
    Unlike the bootstrap it repeats no clip, which nearest neighbours would take for copies.

    Args:
        statistic: Takes one increasing int64 vector of chosen clips a set, and returns [num] numbers.
        groups: [num_clips] integers a set: each group of clips is halved by itself, as a class of which a given number
            was drawn.
        num_halves: How often.
        seed: Of the halves.

    Returns:
        [num] standard deviations; NaN if the number of a half is.

    Raises:
        ValueError: If a set has fewer than 4 clips or there are fewer than 2 halves.

    Source: the delete-d jackknife with d = n / 2: Shao and Wu, A general theory for jackknife variance estimation,
        Annals of Statistics 17 (1989).
    """
    sizes = [len(numbers) for numbers in groups]
    if not sizes or min(sizes) < 4 or num_halves < 2:
        raise ValueError(f"Expected sets of at least 4 clips, and 2 halves. Received: {sizes}, {num_halves}.")
    members = [[np.flatnonzero(numbers == one) for one in np.unique(numbers)] for numbers in groups]
    rng = np.random.default_rng(seed)
    values = [statistic(*[_half(its, rng) for its in members]) for _ in range(num_halves)]
    return np.std(values, axis=0, ddof=1)


def _half(members: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Returns half the members of each group, increasing; of odd groups every second one is rounded up."""
    odd = [number for number, its in enumerate(members) if len(its) % 2]
    rounded_up = set(rng.permutation(odd)[: (len(odd) + 1) // 2].tolist())
    return np.sort(
        np.concatenate(
            [
                rng.permutation(its)[: len(its) // 2 + (number in rounded_up)]
                for number, its in enumerate(members)
            ]
        )
    )
