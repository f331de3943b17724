"""What one evaluation measures, how and on which clips: checked, drawn, and put into words."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gansynth_tf import __version__
from gansynth_tf.evaluation.suite import page_data
from gansynth_tf.evaluation.suite.evidence import LATENT_STREAM
from gansynth_tf.evaluation.suite.fingerprint import differences
from gansynth_tf.evaluation.suite.measuring import Setting, outside
from gansynth_tf.evaluation.suite.metrics_catalogue import make_metric
from gansynth_tf.evaluation.suite.protocols import Asked, Protocol
from gansynth_tf.evaluation.suite.real_sets import TEST, TRAIN, RealClips, drawn_sets
from gansynth_tf.evaluation.suite.rows import Row
from gansynth_tf.evaluation.suite.sweep import Sweep
from gansynth_tf.options import UserError
from gansynth_tf.programs.evaluation_sets import EvaluatedSets
from gansynth_tf.training.observers.progress import CountLine

# Below this the classifier's own mistakes show in what it says of generated clips.
_GOOD_ACCURACY = 0.9


class Setup:
    """What one evaluation measures.

    Args:
        source: Where generated clips come from.
        classifier: Hears clips, or None.
        classifier_facts: What is known of it.
        protocol: What is measured.
        metrics: Keys, instead of all of the protocol's.
        num_samples: Clips of each set; 0 takes the protocol's.
        seed: Of all draws.
        floor: Whether real clips are measured.
        num_splits: Sets of training clips in the model's place.
        max_train_clips: Training clips among which copies are looked for; 0 for all.

    Attributes:
        source: As given.
        seed: As given.
        asked: The metrics, each with its parameters.
        metrics: {key: metric}.
        sets: Which real clips stand where; from `prepare` on, as all that follow.
        rows: [num_samples, num_labels] the labels that generated clips are asked for.
        evaluated: Takes clips to features.
        setting: What all rows share.
        warnings: What must be known before any number is read, lines of text.

    Raises:
        UserError: If there is no such metric.
    """

    def __init__(
        self,
        source,
        classifier,
        classifier_facts: Mapping[str, Any],
        protocol: Protocol,
        metrics: Sequence[str],
        *,
        num_samples: int,
        seed: int,
        floor: bool,
        num_splits: int,
        max_train_clips: int,
    ):
        own = {asked.metric: asked for asked in protocol.metrics}
        self.source, self.seed = source, seed
        self.asked = [own.get(key, Asked(key)) for key in dict.fromkeys(metrics)] or list(protocol.metrics)
        self.metrics = {asked.metric: make_metric(asked.metric, asked.parameters) for asked in self.asked}
        self._protocol = protocol
        self._classifier, self._classifier_facts = classifier, classifier_facts
        self._num_samples = num_samples
        self._floor, self._num_splits = floor, num_splits if floor else 0
        self._max_train_clips = max_train_clips

    def prepare(self, folder: Path) -> None:
        """Reads the recordings, draws which clips stand where, and tells what must be known.

        Args:
            folder: Where features of real clips are kept.

        Raises:
            UserError: If there are too few clips, classes that do not fit, or recordings that cannot be used.
        """
        source, experiment = self.source, self.source.experiment
        source.prepare(counted)
        cache_dir = experiment.training.cache_dir
        recordings = counted("Recordings", "files")
        experiment.dataset.prepare(cache_dir if cache_dir and Path(cache_dir).is_dir() else None, recordings)
        recordings.close()
        self._real = RealClips(experiment.dataset, experiment.labels)
        source.take_labels(experiment.labels.classes)
        self._check_classes()
        wanted = self._num_samples or min(self._protocol.num_samples, self._protocol.num_reference)
        self.sets = drawn_sets(
            self._real.count(TRAIN),
            self._real.count(TEST),
            min(wanted, source.num_clips or wanted),
            seed=self.seed,
            max_train_clips=self._max_train_clips,
            num_splits=self._num_splits,
            floor=self._floor,
        )
        # The classes' shares are the reference's: other shares would make other distances.
        self.rows = self._real.rows(TRAIN, self.sets.reference)
        self.evaluated = EvaluatedSets(
            self._real,
            self.sets,
            self._classifier,
            list(self.metrics.values()),
            sample_rate=source.sample_rate,
            length_samples=source.length_samples,
            seed=self.seed,
            folder=folder,
            counted=counted,
        )
        self.setting = self._shared()
        self.warnings = self._told_before()
        for line in self.warnings:
            announce(f"Note: {line}")

    def identity(self) -> dict[str, Any]:
        """Returns what all results in one folder share."""
        return {
            "protocol": self._protocol.key,
            "seed": self.seed,
            "num_samples": self.sets.num,
            "classifier": self.setting.classifier,
            "reference": self.setting.reference,
            "training": self._real.facts(TRAIN, self.sets.training)["clips"][:16],
            "floor": self._floor,
            "num_splits": self._num_splits,
            "run": self.source.name,
            "version": __version__,
        }

    def refuse_other(self, identity: Mapping[str, Any], folder: Path) -> None:
        """Raises UserError if results in a folder have another identity."""
        lines = differences(identity, self.identity(), ("that folder", "this call"))
        if lines:
            raise UserError(
                f"--output_dir={folder} holds another evaluation: {'; '.join(lines)}. Name another folder."
            )

    def training_clip(self, number: int) -> np.ndarray:
        """Returns [length_samples] of a training clip, counted among those where copies are looked for."""
        chosen = self.sets.training[number : number + 1]
        return next(self._real.batches(TRAIN, chosen))[0]

    def facts(self) -> dict[str, Any]:
        """Returns what evaluation.json says besides the rows."""
        held_out = self._classifier_facts.get("held_out_accuracy", {})
        return self.identity() | {"spaces": self.setting.spaces, "classifier_held_out_accuracy": held_out}

    def drawn(self) -> dict[str, np.ndarray]:
        """Returns what was drawn for all metrics.

        Latents are numpy.random.default_rng(latent_seed).standard_normal([num_samples, latent_size]).
        """
        return {
            "labels_asked": self.rows,
            "latent_seed": np.array([self.seed, LATENT_STREAM]),
            "reference": self.sets.reference,
            "training": self.sets.training,
            "held_out": self.sets.held_out,
        } | {f"split_{number}": chosen for number, chosen in enumerate(self.sets.splits)}

    def told_of_real(self, rows: Sequence[Row]) -> list[str]:
        """Returns whether real held-out clips lie where training clips say that real ones lie, if they do not."""
        names = outside(rows)
        if not names:
            return []
        return [
            f"real held-out clips lie outside of what {self._num_splits} sets of training clips have in "
            f"{', '.join(names)}. One number in twenty does by chance. More says nothing of the model, but something "
            "of the data and the classifier: test clips may be of instruments or recordings that no training clip is "
            "of, and a classifier is surer of clips that it learnt from."
        ]

    def page_data(
        self,
        rows: Sequence[Row],
        warnings: Sequence[str],
        step: int | None,
        shown: Mapping[str, Any],
        sweep: Sweep | None,
    ) -> dict[str, Any]:
        """Returns the page's data but for its clips; arguments as those of `page_data.page_data`."""
        source, protocol = self.source, self._protocol
        held_out = self._classifier_facts.get("held_out_accuracy", {})
        heard = ", ".join(f"{name} {value:.1%}" for name, value in held_out.items())
        classifier = f"{getattr(self._classifier, 'kind', '')} {self.setting.classifier}".strip()
        facts = [
            ("Model", f"{source.name} {source.representation}".strip()),
            (
                "Data",
                f"{self.setting.dataset}, {source.sample_rate} Hz, {source.length_samples:,} samples a clip",
            ),
            ("Protocol", f"{protocol.key}: {protocol.description}"),
            ("Clips of each set", f"{self.sets.num:,}"),
            ("Training clips searched for copies", f"{len(self.sets.training):,}"),
            (
                "Classifier",
                f"{classifier}; right on held-out clips: {heard or 'not known'}" if classifier else "none",
            ),
            ("Seed", str(self.seed)),
            ("Version", __version__),
        ]
        if sweep:
            facts.insert(1, ("Sweep", sweep.text))
        published = [row.as_page_row() for row in protocol.published]
        title = f"Evaluation of {source.name}"
        return page_data.page_data(title, facts, rows, published, warnings, protocol.notes, step, shown)

    def _check_classes(self):
        """Refuses a classifier that has other classes of a label than the data."""
        for name, classes in self._real.labels.classes.items():
            known = () if self._classifier is None else self._classifier.labels.get(name, ())
            if known and tuple(known) != tuple(classes):
                raise UserError(
                    f"--classifier_dir: expected the classes {', '.join(classes)} of {name}, as the data have them. "
                    f"Received: {', '.join(known)}. Train one by eval/train_classifier.py with the same options."
                )

    def _shared(self) -> Setting:
        return Setting(
            protocol=self._protocol.key,
            seed=self.seed,
            classifier="" if self._classifier is None else self._classifier.weights_hash,
            reference=self._real.facts(TRAIN, self.sets.reference)["clips"][:16],
            dataset=",".join(self.source.experiment.chosen["dataset"]),
            split=TRAIN,
            representation=self.source.representation,
            spaces=self.evaluated.identities,
            status=self.sets.status,
            version=__version__,
        )

    def _told_before(self) -> list[str]:
        lines, source = list(self.source.notes), self.source
        if self.sets.status:
            lines.append(f"{self.sets.status}, since all sets have the size of the smallest.")
        fingerprint = self._classifier_facts.get("dataset_fingerprint")
        if self._classifier is None:
            lines.append("no classifier was given (--classifier_dir): what needs one stays empty.")
        elif fingerprint != source.experiment.dataset.fingerprint():
            lines.append("the classifier was trained on other clips: see how it hears real held-out ones.")
        for name, value in self._classifier_facts.get("held_out_accuracy", {}).items():
            if name in self._real.labels.classes and value < _GOOD_ACCURACY:
                lines.append(
                    f"the classifier hears {name} of only {value:.1%} of real held-out clips as it is."
                )
        departures = self._protocol.departures(
            self.sets.num,
            self.sets.num,
            getattr(self._classifier, "kind", ""),
            tuple(getattr(self._classifier, "labels", ())),
            source.sample_rate,
            source.length_samples,
        )
        if departures:
            lines.append(f"this departs from the protocol {self._protocol.key}: {'; '.join(departures)}.")
        return lines


def counted(what: str, things: str = "clips") -> CountLine:
    """Returns what shows how far some work is."""
    return CountLine(what, things, announce, sys.stdout)


def announce(line: str) -> None:
    """Prints a line at once, into files and pipes too."""
    print(line, flush=True)
