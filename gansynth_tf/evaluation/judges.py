"""Two judges and a few distances that say whether generated clips are what was asked for, varied, and new."""

import dataclasses
import math
import pathlib

import numpy as np

from gansynth_tf.audio.log_mel import log_mel_spectrograms
from gansynth_tf.evaluation.forest import ForestJudge
from gansynth_tf.metrics.accuracy import confusion, per_class_share, share_as_asked
from gansynth_tf.metrics.density_coverage import precision_recall_density_coverage
from gansynth_tf.metrics.distances import nearest_distances, within_class_distances
from gansynth_tf.models.classifier import Classifier

CLASSIFIER_FOLDER = "classifier"
FOREST_FOLDER = "forest"

# What is asked of a run: (least, most) of the numbers of `judge`, without allowance. Two sets of real held-out clips
# themselves differ by a percent or two in their distance to the training clips: its standard error stands beside it.
BOUNDS = {
    "share_by_classifier": (0.80, math.inf),
    "share_by_forest": (0.65, math.inf),
    "within_distance_ratio": (0.5, 1.5),
    "density_ratio": (0.3, math.inf),
    "coverage_ratio": (0.3, math.inf),
    "nearest_train_ratio": (1.0, math.inf),
}


@dataclasses.dataclass(frozen=True)
class Judges:
    """A convolutional network and a random forest, both trained on real clips only.

    Args:
        classifier: Hears log-mel spectrograms; its first label is the one that is judged.
        forest: Hears handcrafted features; has the same classes.
    """

    classifier: Classifier
    forest: ForestJudge

    def __post_init__(self):
        if self.forest.classes != self.classes or self.forest.sample_rate != self.classifier.sample_rate:
            raise ValueError(
                f"Both judges must know the same classes and sample rate. Received: {self.classes} at "
                f"{self.classifier.sample_rate} Hz and {self.forest.classes} at {self.forest.sample_rate} Hz."
            )

    @property
    def label(self) -> str:
        """The label that is judged."""
        return next(iter(self.classifier.labels))

    @property
    def classes(self) -> tuple[str, ...]:
        """Its class names, in the order of class indices."""
        return self.classifier.labels[self.label]

    @classmethod
    def load(cls, directory) -> "Judges":
        """Returns the judges stored in `directory` by eval/train_judges.py."""
        directory = pathlib.Path(directory)
        classifier, _ = Classifier.load(directory / CLASSIFIER_FOLDER)
        forest, _ = ForestJudge.load(directory / FOREST_FOLDER)
        return cls(classifier, forest)


def clip_space(audio, sample_rate: int, batch_size: int = 64) -> np.ndarray:
    """Returns clips as points whose Euclidean distance is the one within a genre and to training clips.

    32 mel bands in frames of 64 ms every 32 ms, in units of 60 dB, at the clip's own level: a distance says how
    differently energy is spread over time and frequency. Not the judge's own features, which are trained to bring
    clips of a genre together and would hide both copies and collapse.

    Args:
        audio: [num_clips, length_samples] float, full scale 1.
        sample_rate: In hertz.
        batch_size: Clips at a time.

    Returns:
        [num_clips, frames * 32] float32.
    """
    step = round(0.032 * sample_rate)
    points = []
    for start in range(0, len(audio), batch_size):
        spectrograms = log_mel_spectrograms(
            audio[start : start + batch_size],
            sample_rate,
            frame_length=2 * step,
            frame_step=step,
            num_mel_bins=32,
        ).numpy()
        points.append(spectrograms.reshape(len(spectrograms), -1))
    return np.concatenate(points)


@dataclasses.dataclass(frozen=True)
class Reference:
    """What real clips measure, for `judge` to compare with.

    Args:
        classes: Class names.
        train_points: [num_train, num_dimensions] `clip_space` of all training clips.
        real_features: [num_real, num_features] judge's features of some training clips, balanced over classes.
        other_features: [num_real, num_features] the same of other training clips, in turns of the classes.
        real_within: [num_classes] mean distance within each class over held-out clips.
        real_nearest: [num_test] distance from each held-out clip to its nearest training clip.
    """

    classes: tuple[str, ...]
    train_points: np.ndarray
    real_features: np.ndarray
    other_features: np.ndarray
    real_within: np.ndarray
    real_nearest: np.ndarray

    def save(self, path) -> None:
        """Writes the reference as plain arrays (npz)."""
        np.savez(path, **(dataclasses.asdict(self) | {"classes": np.array(self.classes)}))

    @classmethod
    def load(cls, path) -> "Reference":
        """Returns a reference written by `save`."""
        with np.load(path, allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in arrays.files}
        values["classes"] = tuple(str(name) for name in values["classes"])
        return cls(**values)


def in_turns(classes, num_per_class: int, num_classes: int, skip: int = 0) -> np.ndarray:
    """Returns indices of `num_per_class` clips of each class, classes taking turns.

    Args:
        classes: [num_clips] class indices.
        num_per_class: How many of each.
        num_classes: Number of classes.
        skip: How many of each class to pass over first.

    Returns:
        [num_per_class * num_classes] int64.

    Raises:
        ValueError: If a class has too few clips.
    """
    chosen = []
    for index in range(num_classes):
        members = np.flatnonzero(np.asarray(classes) == index)[skip : skip + num_per_class]
        if len(members) < num_per_class:
            raise ValueError(
                f"Each class needs {skip + num_per_class} clips to choose from. Class {index} has "
                f"{np.sum(np.asarray(classes) == index)}: ask for fewer clips a class."
            )
        chosen.append(members)
    return np.stack(chosen, axis=1).ravel()


def split_clips(dataset, split: str, chosen=None) -> np.ndarray:
    """Returns clips of a split as an array.

    Args:
        dataset: With `clips(split)` and `length_samples`.
        split: Its name.
        chosen: Indices of the clips to keep, in this order; None keeps all.

    Returns:
        [num_clips, length_samples] float32.
    """
    chosen = np.arange(len(dataset.rows(split))) if chosen is None else np.asarray(chosen)
    places = {int(index): place for place, index in enumerate(chosen)}
    audio = np.empty([len(chosen), dataset.length_samples], np.float32)
    for index, clip in enumerate(dataset.clips(split).take(int(max(chosen)) + 1).as_numpy_iterator()):
        if index in places:
            audio[places[index]] = clip
    return audio


def build_reference(dataset, judges: Judges, test_audio, test_classes, num_per_class: int = 100) -> Reference:
    """Returns what the real clips of a data set measure.

    Args:
        dataset: With the judges' label, sample rate and length; its split `train` is what the generator learnt from.
        judges: The judges.
        test_audio: [num_test, length_samples] held-out clips.
        test_classes: [num_test] their class indices.
        num_per_class: Clips a class in each of the two sets that density and coverage compare.

    Returns:
        A `Reference`; it takes about 5 ms a training clip.

    Raises:
        ValueError: If the data set does not fit the judges, or has too few clips.
    """
    column = label_column(dataset, judges)
    classes = dataset.rows("train")[:, column]
    real = in_turns(classes, num_per_class, len(judges.classes))
    other = in_turns(classes, num_per_class, len(judges.classes), skip=num_per_class)
    places = {int(index): place for place, index in enumerate(np.concatenate([real, other]))}
    kept = np.empty([len(places), dataset.length_samples], np.float32)
    points = []
    index = 0
    for batch in dataset.clips("train").batch(64).as_numpy_iterator():
        points.append(clip_space(batch, dataset.sample_rate))
        for clip in batch:
            if index in places:
                kept[places[index]] = clip
            index += 1
    train_points = np.concatenate(points)
    features = judges.classifier.features(kept)
    test_points = clip_space(test_audio, dataset.sample_rate)
    return Reference(
        classes=judges.classes,
        train_points=train_points,
        real_features=features[: len(real)],
        other_features=features[len(real) :],
        real_within=within_class_distances(test_points, test_classes, len(judges.classes)),
        real_nearest=nearest_distances(test_points, train_points)[0],
    )


def label_column(dataset, judges):
    """Returns the column of the judged label in the rows of `dataset`."""
    names = list(dataset.labels)
    if judges.label not in names or tuple(dataset.labels[judges.label]) != judges.classes:
        raise ValueError(
            f"These judges know the label {judges.label!r} with the classes {', '.join(judges.classes)}. "
            f"Received a data set with {dict(dataset.labels)}: train judges on it first."
        )
    expected = (judges.classifier.sample_rate, judges.classifier.length_samples)
    if (dataset.sample_rate, dataset.length_samples) != expected:
        raise ValueError(
            f"These judges hear clips of {expected[1]} samples at {expected[0]} Hz. "
            f"Received: {dataset.length_samples} samples at {dataset.sample_rate} Hz."
        )
    return names.index(judges.label)


def judge(audio, asked_rows, judges: Judges, reference: Reference) -> dict:
    """Returns what the judges and the distances say about clips.

    Density and coverage are computed on the classifier's penultimate features against `reference.real_features`, and
    divided by those of as many other real training clips. Distances are those of `clip_space`.

    Args:
        audio: [num_clips, length_samples] float, full scale 1.
        asked_rows: [num_clips] or [num_clips, 1] class index that was asked for.
        judges: The judges.
        reference: From `build_reference`.

    Returns:
        Plain floats, lists and dicts: `num_clips`; `share_by_classifier`, `share_by_forest` (judged as asked), with
        `..._per_class` and `confusion_by_...`; `within_distance` (mean over classes), `within_distance_ratio` (to
        real clips'), `within_distance_ratio_per_class`; `precision`, `recall`, `density`, `coverage`,
        `density_ratio`, `coverage_ratio`; `nearest_train_distance` (mean), `nearest_train_ratio` (to real held-out
        clips') and the standard error of that ratio; `passes` (one bool a bound in `BOUNDS`) and `passed`.

    Raises:
        ValueError: If the clips have another shape, are not finite, or are too few to compare (6).
    """
    asked = np.asarray(asked_rows)
    asked = (asked[:, 0] if asked.ndim == 2 else asked).astype(np.int64)
    num_classes = len(judges.classes)
    audio = np.asarray(audio, np.float32)
    features, logits = judges.classifier.hear(judges.classifier.spectrograms(audio))
    verdicts = {"classifier": np.argmax(logits[judges.label], axis=1), "forest": judges.forest.predict(audio)}
    result = {"num_clips": len(audio)}
    for name, judged in verdicts.items():
        result[f"share_by_{name}"] = share_as_asked(asked, judged)
        result[f"share_by_{name}_per_class"] = _named(judges, per_class_share(asked, judged, num_classes))
        result[f"confusion_by_{name}"] = confusion(asked, judged, num_classes).tolist()
    points = clip_space(audio, judges.classifier.sample_rate)
    within = within_class_distances(points, asked, num_classes)
    result["within_distance"] = float(np.mean(within))
    result["within_distance_ratio"] = float(np.mean(within) / np.mean(reference.real_within))
    result["within_distance_ratio_per_class"] = _named(judges, within / reference.real_within)
    result |= precision_recall_density_coverage(reference.real_features, features)
    others = reference.other_features[: max(6, len(audio))]
    floor = precision_recall_density_coverage(reference.real_features, others)
    result |= {f"{name}_ratio": result[name] / floor[name] for name in ("density", "coverage")}
    nearest = nearest_distances(points, reference.train_points)[0]
    result["nearest_train_distance"] = float(np.mean(nearest))
    result["nearest_train_ratio"] = float(np.mean(nearest) / np.mean(reference.real_nearest))
    errors = [np.std(values, ddof=1) / np.sqrt(len(values)) for values in (nearest, reference.real_nearest)]
    result["nearest_train_ratio_error"] = float(np.hypot(*errors) / np.mean(reference.real_nearest))
    result["passes"] = {name: bool(least <= result[name] <= most) for name, (least, most) in BOUNDS.items()}
    result["passed"] = all(result["passes"].values())
    return result


def _named(judges, values):
    """Returns {class name: float}."""
    return {name: float(value) for name, value in zip(judges.classes, values, strict=True)}
