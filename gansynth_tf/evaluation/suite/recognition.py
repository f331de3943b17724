"""Metrics of what the classifier hears: inception scores, entropies, and whether clips are as they were asked for."""

import abc

import numpy as np
from scipy.special import log_softmax

from gansynth_tf.data.labels import all_numbers
from gansynth_tf.evaluation.suite.evidence import CLASSIFIER, CannotMeasure, Evidence, Findings, Measured
from gansynth_tf.evaluation.suite.metric import Metric
from gansynth_tf.evaluation.suite.uncertainty import bootstrapped, mean_with_interval, share
from gansynth_tf.metrics import accuracy, inception

_MOST_CLASSES, _MANY_CLASSES = 12, 6


class OfLabels(Metric):
    """What metrics of the classifier's logits share: one number a label.

    Args:
        labels: Labels to measure; () is all that clips have and the classifier knows.
    """

    needs = (CLASSIFIER,)

    def __init__(self, *, labels: tuple[str, ...] = ()):
        self.labels = tuple(labels)

    def measure(self, evidence: Evidence) -> Findings:
        """Returns the numbers of all labels."""
        found = Findings([])
        for label in evidence.chosen_labels(self.labels):
            try:
                one = self._of_label(evidence, label)
            except CannotMeasure as error:
                one = Findings([Measured(f"{self.key}/{label}", status=str(error))])
            found.measured.extend(one.measured)
            found.drawn.update(one.drawn)
            for name, values in one.shown.items():
                found.shown.setdefault(name, {}).update(values)
        return found

    @abc.abstractmethod
    def _of_label(self, evidence, label) -> Findings:
        """Returns the numbers of one label."""


class InceptionScore(OfLabels):
    """exp(mean KL(p(y|x) || p(y))), of all clips at once."""

    key = "inception_score"

    def _of_label(self, evidence, label):
        logits, name = evidence.logits(label), f"{self.key}/{label}"
        value = inception.inception_score(logits).value
        statistics = inception.statistics_of_rows(logits)
        interval = bootstrapped(lambda chosen: statistics(chosen)[0], len(logits), evidence, name)
        return Findings([Measured(name, value, *interval, splits=1, features=_features(label))])


class SplitInceptionScore(OfLabels):
    """The mean of the inception scores of parts of the clips, in an order that is drawn.

    Args:
        labels: As others.
        num_splits: Number of parts.
    """

    key = "split_inception_score"
    version = 2

    def __init__(self, *, labels: tuple[str, ...] = (), num_splits: int = 10):
        super().__init__(labels=labels)
        self.num_splits = num_splits

    def _of_label(self, evidence, label):
        logits = evidence.logits(label)
        if len(logits) < 2 * self.num_splits:
            raise CannotMeasure(f"too few clips: {len(logits)} for {self.num_splits} splits")
        order = evidence.rng(self.key).permutation(len(logits))
        found = inception.inception_score(logits, self.num_splits, order)

        name = f"{self.key}/{label}"
        # In the order of the score: clips that stand with their classes in turn have parts that score higher.
        statistics = inception.statistics_of_rows(logits[order])

        def mean_of_splits(chosen):
            # Clips that are drawn stand in no order: their splits are drawn with them.
            ends = np.arange(self.num_splits + 1) * len(chosen) // self.num_splits
            return np.mean([statistics(chosen[a:b])[0] for a, b in zip(ends[:-1], ends[1:], strict=True)])

        interval = bootstrapped(mean_of_splits, len(logits), evidence, name)
        facts = {"splits": self.num_splits, "features": _features(label)}
        measured = [
            Measured(name, found.value, *interval, **facts),
            Measured(f"{name}/deviation_over_splits", found.deviation, **facts),
        ]
        return Findings(measured, drawn={"order": order})


class LabelEntropy(OfLabels):
    """Mean entropy of the classifier's opinion of a clip, in nats: how unsure it is."""

    key = "label_entropy"

    def _of_label(self, evidence, label):
        entropies = inception.label_entropies(evidence.logits(label))
        measured = Measured(f"{self.key}/{label}", *mean_with_interval(entropies), features=_features(label))
        return Findings([measured])


class MarginalEntropy(OfLabels):
    """Entropy of the mean opinion, in nats: how evenly classes are heard."""

    key = "marginal_entropy"

    def _of_label(self, evidence, label):
        logits, name = evidence.logits(label), f"{self.key}/{label}"
        statistics = inception.statistics_of_rows(logits)
        interval = bootstrapped(lambda chosen: statistics(chosen)[2], len(logits), evidence, name)
        value = inception.marginal_entropy(logits)
        return Findings([Measured(name, value, *interval, features=_features(label))])


class Accuracy(OfLabels):
    """The share of clips that are heard as they were asked for; of pitches a semitone and octaves off, too."""

    key = "accuracy"

    def _of_label(self, evidence, label):
        logits, asked = evidence.logits(label), evidence.asked(label)
        classes = evidence.labels[label]
        if logits.shape[1] != len(classes):
            raise CannotMeasure(f"the classifier knows other classes of {label}")
        if not np.any(asked >= 0):
            raise CannotMeasure(f"no clip was asked for a {label}")
        judged = np.argmax(logits, axis=1)
        counts = accuracy.confusion(asked, judged, len(classes))
        name, features = f"{self.key}/{label}", _features(label)
        measured = [share(name, np.trace(counts), counts.sum(), features)]
        measured += self._of_pitches(asked, judged, label, classes)
        for number, class_name in enumerate(classes):
            if counts[number].sum():
                num = counts[number].sum()
                measured.append(share(name, counts[number, number], num, features, f"{label}={class_name}"))
        shown = {
            "confusions": {label: {"classes": list(classes), "counts": counts.tolist()}},
            "examples": {
                label: _examples(log_softmax(logits, axis=1), asked, classes, evidence.clips.numbers)
            },
        }
        return Findings(measured, shown)

    def _of_pitches(self, asked, judged, label, classes):
        """Returns accuracies that forgive something, where classes are numbers."""
        if not all_numbers(classes) or not all(name.lstrip("-").isdecimal() for name in classes):
            return []
        pitches = np.array([int(name) for name in classes])
        known = asked >= 0
        asked_pitch, judged_pitch = pitches[asked[known]], pitches[judged[known]]
        shares = {
            "within_semitone": accuracy.share_within(asked_pitch, judged_pitch, 1),
            "octave_tolerant": accuracy.share_octave_tolerant(asked_pitch, judged_pitch),
        }
        num = int(known.sum())
        return [
            share(f"{self.key}/{label}/{name}", round(value * num), num, _features(label))
            for name, value in shares.items()
        ]


def _features(label):
    return f"{CLASSIFIER}:logits/{label}"


def _examples(log_shares, asked, classes, numbers):
    """Returns [{"class", "best": [[clip, how sure]], "worst"}]: clips that sound most, and least, as asked."""
    found, each = [], 1 if len(classes) > _MANY_CLASSES else 2
    for number, class_name in enumerate(classes):
        (members,) = np.nonzero(asked == number)
        if not len(members) or len(found) == _MOST_CLASSES:
            continue
        order = members[np.argsort(-log_shares[members, number], kind="stable")]
        best, worst = order[:each], order[each:][::-1][:each]

        def told(chosen, number=number):
            return [[int(numbers[one]), float(np.exp(log_shares[one, number]))] for one in chosen]

        found.append({"class": class_name, "best": told(best), "worst": told(worst)})
    return found
