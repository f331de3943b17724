"""How sure a number is: intervals of shares, and of whatever is measured on sets of clips."""

import math
from collections.abc import Callable, Sequence

import numpy as np

# Of a normal distribution, 95 % lie so many deviations around the middle.
NORMAL_95 = 1.959963984540054


def share_interval(num_right: int, num: int) -> tuple[float, float]:
    """Returns the 95 % interval of a share of independent trials.

    Wilson's score interval: unlike share +- 1.96 sqrt(p (1 - p) / n) it stays within 0 ... 1, and does not shrink to
    a point where all trials or none were right.

    Args:
        num_right: Trials that were right.
        num: Trials.

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
    return max(0.0, middle - half), min(1.0, middle + half)


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
