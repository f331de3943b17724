"""Which numbers may be ranked, which is best, and which cannot be told from the best."""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

from gansynth_tf.evaluation.comparison.collection import Collection, Entry, Line, facts_of
from gansynth_tf.evaluation.comparison.reading import Evaluation, ReadRow
from gansynth_tf.evaluation.suite.fingerprint import differences
from gansynth_tf.evaluation.suite.rows import TIMING
from gansynth_tf.evaluation.suite.telling import badness_of

BEST, TIED, WORSE, UNRANKED = "best", "tied", "worse", ""
RULE = (
    "The best value of a metric is marked; another is tied with it, that is, cannot be told apart, if their 95 % "
    "intervals overlap or one of them has none. The rule is conservative: two equally wide intervals that just touch "
    "are 2.8 standard errors of the difference apart, where 1.96 would do, so a true difference may be missed, and a "
    "false one is told in about 0.6 % of pairs (Schenker and Gentleman, The American Statistician 55, 2001). "
    "Intervals say what other clips of the same networks would score, not what another training would."
)


@dataclasses.dataclass(frozen=True)
class Quarrel:
    """Why numbers may not be ranked.

    Args:
        metrics: Names of the metrics.
        words: What differs, both values.
        places: In which file each of the two entries stands that the words name.
    """

    metrics: tuple[str, ...]
    words: tuple[str, ...]
    places: tuple[str, ...]


def quarrels(found: Collection, evaluations: Sequence[Evaluation]) -> list[Quarrel]:
    """Returns what stands against a ranking: metrics of which two entries have numbers, but none measured alike.

    Timings and classes are no reason to refuse a table: their lines are apart where they were measured otherwise.

    Args:
        found: What is to be compared.
        evaluations: Where it was read.
    """
    by_path = {evaluation.path: evaluation for evaluation in evaluations}
    together: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    lines: dict[str, list[Line]] = {}
    for line in found.lines:
        if line.is_main and line.cells:
            lines.setdefault(line.metric, []).append(line)
    for metric, its in lines.items():
        pair = _strangers(its)
        if pair:
            places = tuple(f"{entry} is in {read.path}" for entry, read in pair)
            together.setdefault((_told(*pair, by_path), places), []).append(metric)
    return [Quarrel(tuple(metrics), *words_and_places) for words_and_places, metrics in together.items()]


def _strangers(lines: Sequence[Line]) -> tuple[tuple[Entry, ReadRow], tuple[Entry, ReadRow]] | None:
    """Returns two entries, each with a row, that have a metric and share no line of it; None if there are none."""
    whose: dict[Entry, dict[int, ReadRow]] = {}
    for place, line in enumerate(lines):
        for entry, read in line.cells.items():
            whose.setdefault(entry, {})[place if line.fingerprint else -1] = read
    for (one, its), (other, others) in itertools.combinations(whose.items(), 2):
        if not (set(its) & set(others)) - {-1}:
            return (one, next(iter(its.values()))), (other, next(iter(others.values())))
    return None


def _told(first, second, evaluations: Mapping[str, Evaluation]) -> tuple[str, ...]:
    """Returns in words how two rows were measured otherwise."""
    names = [str(entry) for entry, _ in (first, second)]
    rows = [read for _, read in (first, second)]
    unprinted = [name for name, read in zip(names, rows, strict=True) if not read.row.fingerprint]
    if unprinted:
        return (f"no fingerprint in {' and '.join(unprinted)}: it is not known what it may be compared with",)
    facts = [facts_of(read, evaluations) for read in rows]
    told = differences(facts[0], facts[1], (names[0], names[1]))
    if told:
        return tuple(told)
    prints, versions = ([getattr(read.row, name) for read in rows] for name in ("fingerprint", "version"))
    return (
        f"the fingerprints {prints[0]} in {names[0]} and {prints[1]} in {names[1]} differ in what no column holds: a "
        "parameter or the version of the metric, or how its features are made (versions of the suite: "
        f"{versions[0] or 'unknown'}, {versions[1] or 'unknown'})",
    )


def without(found: Collection, metrics: Iterable[str]) -> Collection:
    """Returns what is compared without some metrics, and without their classes."""
    left_out = set(metrics)
    kept = [line for line in found.lines if line.kind == TIMING or line.metric not in left_out]
    return dataclasses.replace(found, lines=kept)


def marks(line: Line) -> dict[Entry, str]:
    """Returns {entry: BEST, TIED, WORSE or UNRANKED} of a line's entries.

    Nothing is ranked where there is one entry, the metric knows no better, or real clips are wanted and unknown.

    Args:
        line: Rows that may be compared.
    """
    found = {entry: badness_of(read.row, line.real) for entry, read in line.cells.items()}
    if len(found) < 2 or not line.fingerprint or any(math.isnan(bad.value) for bad in found.values()):
        return dict.fromkeys(found, UNRANKED)
    least = min(bad.value for bad in found.values())
    best = [bad for bad in found.values() if bad.value == least]
    return {
        entry: BEST if bad.value == least else TIED if any(not bad.told_from(one) for one in best) else WORSE
        for entry, bad in found.items()
    }
