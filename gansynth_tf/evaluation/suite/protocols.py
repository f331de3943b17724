"""Protocols: what is measured on how many clips against which, so that a number is the same thing every time."""

import dataclasses
from collections.abc import Mapping, Sequence

from gansynth_tf.evaluation.suite import published
from gansynth_tf.evaluation.suite.published import PublishedRow


@dataclasses.dataclass(frozen=True)
class Asked:
    """One metric of a protocol.

    Args:
        metric: Its key in the catalogue of metrics. A protocol asks for a metric once.
        parameters: What the metric is told; what is left out has the metric's own default.
        num_samples: Generated clips it takes, the first ones; None takes all.
        num_reference: Reference clips it takes, the first ones; None takes all.
    """

    metric: str
    parameters: Mapping[str, object] = dataclasses.field(default_factory=dict)
    num_samples: int | None = None
    num_reference: int | None = None


@dataclasses.dataclass(frozen=True)
class ClassifierNeed:
    """The classifier that a protocol's numbers were published with.

    Args:
        kind: Key in the catalogue of classifiers; "" takes any.
        labels: Labels of which it must have a head; () takes any.
        words: What the published numbers were made with.
    """

    kind: str = ""
    labels: tuple[str, ...] = ()
    words: str = ""


@dataclasses.dataclass(frozen=True)
class Protocol:
    """What is measured, on how many clips, against which.

    Args:
        key: Its name in `PROTOCOLS`.
        description: One sentence.
        num_samples: Generated clips.
        num_reference: Clips of the reference split; fewer are taken where the split has fewer, which rows tell.
        reference_split: The split that generated clips are compared with.
        floor_split: The split whose clips stand in the place of generated ones, for what real clips would score.
        metrics: What is measured.
        classifier: What hears the clips.
        sample_rate: Of the published numbers, in hertz; None takes the run's.
        length_samples: Of a clip, likewise.
        data: What the published numbers were measured on; "" is anything.
        notes: What cannot be compared, and why.
        published: Scores of others.
    """

    key: str
    description: str
    num_samples: int
    num_reference: int
    reference_split: str
    floor_split: str
    metrics: tuple[Asked, ...]
    classifier: ClassifierNeed = ClassifierNeed()
    sample_rate: int | None = None
    length_samples: int | None = None
    data: str = ""
    notes: tuple[str, ...] = ()
    published: tuple[PublishedRow, ...] = ()

    def departures(
        self,
        num_samples: int,
        num_reference: int,
        classifier_kind: str,
        labels: Sequence[str],
        sample_rate: int,
        length_samples: int,
    ) -> list[str]:
        """Returns in words where an evaluation departs from the protocol: it may be made, and is told.

        Args:
            num_samples: Generated clips.
            num_reference: Reference clips.
            classifier_kind: Key of the classifier's kind; "" if there is none.
            labels: Labels of which the classifier has a head.
            sample_rate: Of the clips, in hertz.
            length_samples: Of a clip.
        """
        need = self.classifier
        missing = [name for name in need.labels if name not in labels]
        lines = []
        for what, wanted, received in (
            ("generated clips", self.num_samples, num_samples),
            ("reference clips", self.num_reference, num_reference),
            ("hertz", self.sample_rate, sample_rate),
            ("samples a clip", self.length_samples, length_samples),
        ):
            if wanted is not None and wanted != received:
                lines.append(f"{received:,} {what} instead of {wanted:,}")
        if need.kind and need.kind != classifier_kind:
            lines.append(f"a classifier of kind {classifier_kind or 'none'} instead of {need.kind}")
        if missing:
            lines.append(
                f"a classifier without {', '.join(missing)}: it hears {', '.join(labels) or 'no label'}"
            )
        return lines


# Samples of a clip that |D| of the WaveGAN paper and of the report look at.
_SECOND = 16384

_DEFAULT = Protocol(
    key="default",
    description="What we recommend: every metric, of any data, against as many training clips as generated ones.",
    num_samples=2000,
    num_reference=2000,
    reference_split="train",
    floor_split="test",
    metrics=(
        Asked("inception_score"),
        Asked("split_inception_score", {"num_splits": 10}),
        Asked("accuracy"),
        Asked("label_entropy"),
        Asked("marginal_entropy"),
        Asked("frechet_distance"),
        Asked("frechet_infinity"),
        Asked("kernel_distance"),
        Asked("precision", {"num_neighbours": 5}),
        Asked("recall", {"num_neighbours": 5}),
        Asked("density", {"num_neighbours": 5}),
        Asked("coverage", {"num_neighbours": 5}),
        Asked("different_bins", {"num_bins": 50}),
        Asked("distance_self", {"space": "log_mel"}, 1000, 1000),
        Asked("distance_train", {"space": "log_mel"}, 1000),
        Asked("within_class_distance", {"space": "log_mel"}),
        Asked("multi_scale_ssim"),
        Asked("mode_seeking_ratio"),
        Asked("real_time_factor"),
    ),
    notes=(
        "Numbers of two evaluations may be ranked where their fingerprints are equal, and only there.",
        "The Fréchet distance is that of one's own classifier's features: call it FAD(classifier@hash) where an audio "
        "distance is meant. Distances by VGGish or another network are other numbers.",
        "Inception scores, entropies and accuracies depend on the classifier and on how well it is calibrated.",
        "Of one class after another as many clips are drawn as training has, so that the classes' shares are the "
        "reference's.",
    ),
)

_GANSYNTH = Protocol(
    key="gansynth",
    description="As the evaluation code of GANSynth that was published for a week: notes of NSynth, judged by pitch.",
    num_samples=12800,
    num_reference=12800,
    reference_split="train",
    floor_split="test",
    metrics=(
        Asked("inception_score", {"labels": ("pitch",)}),
        Asked("frechet_distance"),
        Asked("different_bins", {"num_bins": 50}),
        Asked("accuracy", {"labels": ("pitch",)}),
        Asked("label_entropy", {"labels": ("pitch",)}),
    ),
    classifier=ClassifierNeed(
        "nsynth",
        ("pitch",),
        "a network on log magnitudes (STFT 1024/256) with heads for 128 pitches, 10 qualities, 11 families and 3 "
        "sources; the Fréchet distance uses the 512 outputs of its layer 7_1 after batch normalization, before the "
        "leaky ReLU",
    ),
    sample_rate=16000,
    length_samples=64000,
    data="NSynth, acoustic instruments, MIDI pitches 24 to 84, drawn as often as the data set has them",
    notes=(
        "The published numbers are recalled, not read. Whether they came from the code that was published for a week "
        "is unknown.",
        "That code's Fréchet distance drops all but its first batch: 128 clips, of the first pitches only, of 512 "
        "features. Ours takes all clips and is a smaller number for the same clips.",
        "That code counts a pitch as right a semitone off. Rows give both: accuracy/pitch is strict, "
        "accuracy/pitch/within_semitone is that code's.",
        "The inception score is un-split and cannot exceed 58.86, the exponential of the entropy of the pitches "
        "(4.0751 nats), in the training split that TensorFlow Datasets has (60,788 notes). The paper speaks of another "
        "division of the data.",
        "Bins (NDB): which clips the paper took, how many, and in how many dimensions is unknown. About 2.5 of 50 "
        "bins differ between two sets of the same kind, by the test's 5 %.",
        "Weights of the paper's classifier were never published: another training of it gives other numbers.",
    ),
    published=published.GANSYNTH,
)

_WAVEGAN = Protocol(
    key="wavegan",
    description="As the WaveGAN paper and its code: spoken digits, by a digit classifier and nearest neighbours.",
    num_samples=50000,
    num_reference=50000,
    reference_split="train",
    floor_split="test",
    metrics=(
        Asked("split_inception_score", {"num_splits": 10, "labels": ("word",)}),
        Asked("distance_self", {"space": "log_mel", "relative_to_floor": True}, 1000),
        Asked("distance_train", {"space": "log_mel", "relative_to_floor": True}, 1000),
    ),
    classifier=ClassifierNeed(
        "",
        ("word",),
        "a network on 128 frames of 128 log-mel bands (STFT 1024/128), four convolutions with pooling, ten digits",
    ),
    sample_rate=16000,
    length_samples=_SECOND,
    data="SC09: the ten digits of Speech Commands",
    notes=(
        "The deviation after an inception score is that over the ten splits; it is no interval.",
        "The script of the code takes 50,000 clips, the score in training 5,000; the real clips are 18,620. The score "
        "falls with the size of a split, so compare equal numbers only.",
        "|D| is divided by the test set's |D|, of 1000 clips. The code's features are log-mel spectra (STFT 2048/128) "
        "of 16-bit integers; those of clips within -1 ... 1 are others, by more than a factor of two where clips hold "
        "digital silence. |D| falls as the set in which neighbours are looked for grows.",
        "Another classifier gives another score: real training clips have 9.18 by the code's.",
    ),
    published=published.WAVEGAN,
)

_REPORT11 = Protocol(
    key="report11",
    description="As a student report on GANs for NSynth: one second of sound, eleven families, distances of waveforms.",
    num_samples=5000,
    num_reference=5000,
    reference_split="train",
    floor_split="test",
    metrics=(
        Asked("split_inception_score", {"num_splits": 10, "labels": ("instrument_family",)}),
        Asked("distance_self", {"space": "waveform"}, 1000),
        Asked("distance_train", {"space": "waveform"}, 1000, 1000),
    ),
    classifier=ClassifierNeed(
        "",
        ("instrument_family",),
        "a network on 16,384 samples, five convolutions, eleven families of instruments",
    ),
    sample_rate=16000,
    length_samples=_SECOND,
    data="NSynth, all notes, their first 16,384 samples",
    notes=(
        "|D| is the Euclidean distance of raw waveforms within -1 ... 1, absolute, of 1000 clips to each other and to "
        "1000 training clips. A shifted or merely quieter copy is far, a quiet noise near everything: a small "
        "|D| to training clips is no sign of a copy. Numbers by features (the protocol wavegan) are other numbers.",
        "Inception scores of eleven families cannot exceed 11. The score of real test clips is 0.9 under that of "
        "training clips, with a deviation of 0.5: ten splits of 4,096 clips are small.",
        "One of its models was trained on uniform latents and drawn from normal ones; its spectral model's values "
        "leave the range of its generator. No number was repeated.",
    ),
    published=published.REPORT11,
)

PROTOCOLS = {protocol.key: protocol for protocol in (_DEFAULT, _GANSYNTH, _WAVEGAN, _REPORT11)}
