"""Number of statistically different bins (NDB): do generated clips fall where training clips do, and as often?"""

import dataclasses
import warnings

import numpy as np
from scipy import stats
from scipy.special import rel_entr
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from gansynth_tf.metrics.arrays import feature_matrix
from gansynth_tf.metrics.distances import nearest_distances

_MAX_ITERATIONS = 100


@dataclasses.dataclass(frozen=True)
class Bins:
    """Voronoi cells of training examples, the fullest first.

    Args:
        centres: [num_bins, num_features] float64 means of the cells.
        counts: [num_bins] int64 numbers of training examples in them.
    """

    centres: np.ndarray
    counts: np.ndarray


@dataclasses.dataclass(frozen=True)
class DifferentBins:
    """How two sets differ in how many of their examples fall into each bin.

    Args:
        count: Number of bins whose shares differ significantly (NDB).
        share: `count` over the number of bins.
        expected_under_null: The count to expect of the same distribution: alpha times the number of bins.
        most_under_null: The count that the same distribution exceeds one time in twenty, bins taken as independent.
        different: [num_bins] bool.
        p_values: [num_bins] two-sided; 1 for a bin empty in both sets.
        z: [num_bins] pooled two-proportion statistic, positive where the training share is larger.
        corrected_count: Number of bins that differ after Holm's correction for their number: chance alone makes it
            other than 0 with a probability of alpha.
        jensen_shannon: Divergence of the shares, in nats: 0 ... ln 2.
        num_sparse: Bins in which fewer than 5 examples of a set are expected: there z is no normal variable.
        count_error: Standard error of `count`: how it would vary with other examples of both sets, bins kept.
        corrected_error: That of `corrected_count`.
        jensen_shannon_error: That of `jensen_shannon`.
    """

    count: int
    share: float
    expected_under_null: float
    most_under_null: int
    different: np.ndarray
    p_values: np.ndarray
    z: np.ndarray
    corrected_count: int
    jensen_shannon: float
    num_sparse: int
    count_error: float
    corrected_error: float
    jensen_shannon_error: float


def fit_bins(train, num_bins: int, seed: int, num_starts: int = 3) -> Bins:
    """Returns the cells of k-means on training examples; keep them with a run, so that all its checkpoints share them.

    Clustering is scikit-learn's, which the package needs anyway: seeded, k-means++ starts. It runs on float32 copies
    of centred examples, half the memory; members, means and counts are then taken in float64 and in a fixed order.

    Args:
        train: [num_examples, num_features, ...].
        num_bins: Number of cells; GANSynth's paper has 50.
        seed: Of the starts.
        num_starts: Starts, of which the best is taken.

    Returns:
        The centres and the counts, the fullest cell first.

    Raises:
        ValueError: If there are fewer distinct examples than bins, or one is not finite.

    Source: Richardson and Weiss, On GANs and GMMs, NeurIPS 2018, section 3; k = 50: Engel et al., GANSynth, ICLR 2019.
    """
    train = feature_matrix("train", train)
    if not 1 <= num_bins <= len(train):
        raise ValueError(f"`num_bins` must lie in 1 ... {len(train)}. Received: {num_bins}.")
    centred = train - train.mean(axis=0)
    scale = float(np.abs(centred).max()) or 1.0
    estimator = KMeans(num_bins, n_init=num_starts, max_iter=_MAX_ITERATIONS, random_state=seed, copy_x=False)
    with warnings.catch_warnings():
        # Fewer distinct examples than bins: an error below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = estimator.fit((centred / scale).astype(np.float32)).labels_
    counts = np.bincount(labels, minlength=num_bins)
    if not counts.all():
        raise ValueError(
            f"Expected at least {num_bins} distinct examples, one a bin. Received: {np.count_nonzero(counts)} "
            "kinds. Take fewer bins."
        )
    order = np.argsort(-counts, kind="stable")
    centres = np.stack([train[labels == label].mean(axis=0) for label in order])
    return Bins(centres, np.bincount(assign(centres, train), minlength=num_bins))


def assign(centres, queries) -> np.ndarray:
    """Returns the bin of each example: the nearest centre, the first of equally near ones.

    Args:
        centres: [num_bins, num_features].
        queries: [num_examples, num_features, ...].

    Returns:
        [num_examples] int64.

    Raises:
        ValueError: If a value is not finite, or the numbers of features differ.
    """
    return nearest_distances(queries, centres)[1]


def different_bins(train_counts, query_counts, alpha: float = 0.05) -> DifferentBins:
    """Returns in how many bins the shares of two sets differ, by a two-proportion z-test a bin.

    With shares p1, p2 of n1, n2 examples: p = (n1 p1 + n2 p2) / (n1 + n2), z = (p1 - p2) / sqrt(p (1 - p) (1/n1 +
    1/n2)), p-value 2 Phi(-|z|). Equal distributions still give alpha times the number of bins; the count grows with
    the numbers of examples, which must be equal wherever counts are compared.

    A count varies with other examples as a sum of tests does: z of a bin would be normal about the z that was found,
    with a variance of 1, so that the test would reject with a probability r of its own, and the variance of the count
    is at most the sum of r (1 - r), since shares that add up to 1 vary against each other. Where sets are of one kind
    this is about twice the truth, since the z that were found vary themselves. For the error of the divergence see
    `_divergence_error`. Neither knows of other bins: centres are taken as they are.

    Args:
        train_counts: [num_bins] examples of the training set in each bin.
        query_counts: [num_bins] examples of the other set.
        alpha: Level of each test.

    Returns:
        The count, with what it is made of.

    Raises:
        ValueError: If counts are no integers, negative or all 0, or their numbers differ, or alpha is out of 0 ... 1.

    Source: Richardson and Weiss, On GANs and GMMs, NeurIPS 2018, section 3; Holm, A simple sequentially rejective
        multiple test procedure, 1979.
    """
    first, second = _counts("train_counts", train_counts), _counts("query_counts", query_counts)
    if len(first) != len(second) or not 0.0 < alpha < 1.0:
        raise ValueError(
            f"Expected as many bins in both and 0 < `alpha` < 1. Received: {len(first)}, {len(second)}, {alpha}."
        )
    num_first, num_second, num_bins = int(first.sum()), int(second.sum()), len(first)
    shares, others = first / num_first, second / num_second
    pooled = (first + second) / (num_first + num_second)
    errors = np.sqrt(pooled * (1.0 - pooled) * (1.0 / num_first + 1.0 / num_second))
    # An error of 0: nothing fell into the bin, or everything of both sets did.
    z = np.divide(shares - others, errors, out=np.zeros(num_bins), where=errors > 0)
    p_values = 2.0 * stats.norm.sf(np.abs(z))
    different = p_values < alpha
    corrected_count = _holm_count(p_values, alpha)
    # Holm's next step is the one that other examples would take or not.
    corrected_alpha = alpha / (num_bins - min(corrected_count, num_bins - 1))
    middle = 0.5 * (shares + others)
    divergence = 0.5 * np.sum(rel_entr(shares, middle)) + 0.5 * np.sum(rel_entr(others, middle))
    expected = pooled * min(num_first, num_second)
    return DifferentBins(
        count=int(different.sum()),
        share=float(different.mean()),
        expected_under_null=alpha * num_bins,
        most_under_null=int(stats.binom.ppf(0.95, num_bins, alpha)),
        different=different,
        p_values=p_values,
        z=z,
        corrected_count=corrected_count,
        jensen_shannon=float(divergence),
        num_sparse=int(np.sum((expected > 0) & (expected < 5))),
        count_error=_count_error(z, alpha),
        corrected_error=_count_error(z, corrected_alpha),
        jensen_shannon_error=_divergence_error(shares, others, num_first, num_second),
    )


def _count_error(z, alpha):
    """Returns the standard error of the number of |z| beyond the level, were each drawn again about itself."""
    critical = stats.norm.isf(0.5 * alpha)
    rejected = stats.norm.sf(critical - z) + stats.norm.sf(critical + z)
    return float(np.sqrt(np.sum(rejected * (1.0 - rejected))))


def _divergence_error(shares, others, num_first, num_second):
    """Returns the standard error of the Jensen-Shannon divergence of two multinomial samples.

    Near 0 the divergence of k shares is s / 8 times a non-central chi-square of k - 1 degrees of freedom and
    non-centrality c, with s = 1 / n1 + 1 / n2: its variance is (s / 8)^2 (2 (k - 1) + 4 c). The delta method finds
    (s / 8)^2 4 (k - 1 + c) there, as shares that were found are farther apart than the true ones; away from 0 it is
    right, and what is taken off is nothing beside it.
    """
    middle = 0.5 * (shares + others)
    by_chance = 2.0 * max(0, np.count_nonzero(middle) - 1) * ((1.0 / num_first + 1.0 / num_second) / 8.0) ** 2
    variance = 0.0
    for some, num in ((shares, num_first), (others, num_second)):
        # An empty bin adds nothing: lim p ln(p)^2 = 0.
        slopes = 0.5 * np.log(np.divide(some, middle, out=np.ones_like(some), where=some > 0))
        variance += (np.sum(some * slopes**2) - np.sum(some * slopes) ** 2) / num
    return float(np.sqrt(max(variance - by_chance, by_chance)))


def _holm_count(p_values, alpha):
    """Returns how many hypotheses Holm's procedure rejects: the i-th smallest while it is below alpha / (k - i)."""
    levels = alpha / np.arange(len(p_values), 0, -1)
    kept = np.flatnonzero(np.sort(p_values) >= levels)
    return int(kept[0]) if len(kept) else len(p_values)


def _counts(name, counts):
    """Returns `counts` as int64 [num_bins], or refuses them."""
    vector = np.asarray(counts)
    if vector.ndim != 1 or vector.dtype.kind not in "iu" or not vector.size:
        raise ValueError(
            f"`{name}` must be a vector of integers. Received: shape {vector.shape}, dtype={vector.dtype}."
        )
    if vector.min() < 0 or vector.sum() == 0:
        raise ValueError(f"`{name}` must be at least 0 and not all 0. Received: {vector.tolist()}.")
    return vector.astype(np.int64)
