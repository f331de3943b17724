"""The alarm: tells when clips of a class become all alike, or no longer sound like their class."""

import dataclasses

import numpy as np

from gansynth_tf.training.observers.clips import clips_by_class

MAX_CLASSES_IN_HISTORY = 12
_GRID = (16, 16)
_RIDGE = 1.0
_FOLDS = 4


@dataclasses.dataclass(frozen=True)
class ClassReport:
    """What a preview says of one class.

    Attributes:
        diversity: Mean distance between its clips, divided by that of real clips; 1 is as diverse as they are.
        agreement: Share of its clips that are taken for the asked class; NaN if there is only one class.
    """

    diversity: float
    agreement: float


class DiversityAlarm:
    """Observer that warns when generated clips of a class collapse, or stop following their label.

    Clips are compared by their log magnitudes, pooled to a coarse grid over time and frequency. Classes are told apart
    by a linear classifier fitted to pooled real clips; one whose real clips it does not recognise itself is not
    watched for its label. Nothing is drawn from training's random numbers.

    Args:
        data: [num_clips, frames, bins, channels] real data, the log magnitude in channel 0, or waveforms, whose
            samples are frames of one bin; may lie on the disk.
        rows: [num_clips, num_labels] int32 classes of `data`.
        class_names: Names of the classes of the first label; empty without labels.
        warn: Function that takes a line of text for the user.
        listeners: Other observers, which get the numbers through on_log.
        seed: Of the choice of the real clips to compare with.
        least_diversity: Below this share of the real clips' diversity a class has collapsed.
        least_agreement: Below this multiple of chance a class does not follow its label.
        patience: Number of previews in a row that must be wrong before the alarm is given.
        grace_images: Images before which there is no alarm.
        reference_clips: Number of real clips of each class to compare with.

    Raises:
        ValueError: If `data` and `rows` do not belong together, or an option is out of range.
    """

    how_to_run = frozenset(
        {"least_diversity", "least_agreement", "patience", "grace_images", "reference_clips"}
    )

    def __init__(
        self,
        data,
        rows,
        class_names,
        warn,
        listeners=(),
        seed=0,
        *,
        least_diversity: float = 0.25,
        least_agreement: float = 1.3,
        patience: int = 2,
        grace_images: int = 10_000,
        reference_clips: int = 64,
    ):
        if patience < 1 or reference_clips < 2:
            raise ValueError(
                "`patience` must be at least 1 and `reference_clips` at least 2. "
                f"Received: patience={patience}, reference_clips={reference_clips}."
            )
        self._class_names = tuple(class_names)
        self._warn = warn
        self._listeners = tuple(listeners)
        self._least_diversity = least_diversity
        self._least_agreement = least_agreement
        self._patience = patience
        self._grace_images = grace_images
        self._reference = RealReference(data, rows, class_names, reference_clips, seed)
        self._wrong = {}

    def on_log(self, num_images, scalars):
        """Does nothing."""

    def on_preview(self, num_images, audio, rows, data):
        """Measures the clips, passes the numbers on, and warns where something is wrong for too long."""
        reports = self._reference.examine(data, rows)
        watched = num_images >= self._grace_images
        faults = self._faults(reports) if watched else set()
        self._wrong = {key: self._wrong.get(key, 0) + 1 for key in sorted(faults)}
        alarms = [key for key, times in self._wrong.items() if times >= self._patience]
        scalars = _scalars(reports) | {"alarm": float(len(alarms))}
        for listener in self._listeners:
            listener.on_log(num_images, scalars)
        new = [key for key in alarms if self._wrong[key] == self._patience]
        for sentence in self._sentences(new, reports):
            self._warn(f"WARNING after {num_images:,} images: {sentence}")

    def on_save(self, num_images):
        """Does nothing."""

    def on_resume(self, num_images):
        """Forgets what was wrong: the next previews tell."""
        self._wrong = {}

    def close(self):
        """Does nothing."""

    @property
    def _agreement_bound(self):
        """Share of a class's clips that must be taken for it."""
        return self._least_agreement / max(1, len(self._reference.class_names))

    def _faults(self, reports):
        """Returns the set of (kind, class) that are wrong in one preview."""
        faults = set()
        for name, report in reports.items():
            if report.diversity < self._least_diversity:
                faults.add(("diversity", name))
            can_be_told = self._reference.recall.get(name, 0.0) >= 2 * self._agreement_bound
            if can_be_told and report.agreement < self._agreement_bound:
                faults.add(("agreement", name))
        return faults

    def _sentences(self, alarms, reports):
        """Returns what to tell the user of new alarms, a sentence for each kind."""
        collapsed = [
            f"{name} ({reports[name].diversity:.2f})" for kind, name in alarms if kind == "diversity"
        ]
        astray = [
            f"{name} ({100 * reports[name].agreement:.0f} %)" for kind, name in alarms if kind == "agreement"
        ]
        sentences = []
        if collapsed:
            sentences.append(
                f"clips of one class are all alike: {', '.join(collapsed)}, as a share of the diversity of real clips, "
                f"below {self._least_diversity:g}. Lower the learning rates, or go back to an earlier save."
            )
        if astray:
            sentences.append(
                f"clips do not follow their label: {', '.join(astray)} are taken for it, "
                f"below {100 * self._agreement_bound:.0f} %. Give the label losses more weight, or train longer."
            )
        return sentences


class RealReference:
    """What real clips of each class are like: how far apart, and how to tell the classes.

    Args:
        data: [num_clips, frames, bins, channels] real data.
        rows: [num_clips, num_labels] int32 classes of `data`.
        class_names: Names of the classes of the first label; empty without labels.
        clips_per_class: Number of clips of each class to look at.
        seed: Of their choice.

    Attributes:
        class_names: Names of the classes with at least two clips.
        distances: Mean distance between clips of each class.
        recall: Share of real clips of each class that a classifier, fitted without them, recognises; empty if there
            is only one class.
    """

    def __init__(self, data, rows, class_names, clips_per_class, seed):
        if len(data) != len(rows):
            raise ValueError(f"`data` and `rows` must be of one length. Received: {len(data)}, {len(rows)}.")
        self._all_names = tuple(class_names)
        generator = np.random.default_rng(seed)
        features = {}
        for name, members in clips_by_class(rows, class_names).items():
            chosen = np.sort(generator.permutation(members)[:clips_per_class])
            if len(chosen) >= 2:
                features[name] = np.stack([pooled_magnitudes(data[index : index + 1])[0] for index in chosen])
        self.class_names = tuple(features)
        self.distances = {name: mean_distance(each) for name, each in features.items()}
        self.recall = {}
        self._classifier = None
        if len(features) > 1:
            examples = np.concatenate(list(features.values()))
            classes = np.repeat(np.arange(len(features)), [len(each) for each in features.values()])
            order = generator.permutation(len(examples))
            self.recall = _cross_validated_recall(examples[order], classes[order], self.class_names)
            self._classifier = LinearClassifier(examples, classes)

    def examine(self, data, rows):
        """Returns {class name: ClassReport} of generated clips, for the classes with at least two clips.

        Args:
            data: [num, frames, bins, channels] generated data.
            rows: [num, num_labels] int32 classes that were asked for.
        """
        features = pooled_magnitudes(data)
        taken_for = self._classifier(features) if self._classifier else None
        reports = {}
        for name, members in clips_by_class(rows, self._all_names).items():
            if name in self.distances and len(members) >= 2:
                number = self.class_names.index(name)
                agreement = (
                    float("nan") if taken_for is None else float(np.mean(taken_for[members] == number))
                )
                reports[name] = ClassReport(
                    _share(mean_distance(features[members]), self.distances[name]), agreement
                )
        return reports


class LinearClassifier:
    """Ridge regression to one-hot classes, of equal weight whatever their number of examples.

    Args:
        features: [num, size] float.
        classes: [num] int, from 0.
    """

    def __init__(self, features, classes):
        self._mean = features.mean(axis=0)
        # Regression over examples, not features: there are fewer of them. All features share one scale.
        centred = features - self._mean
        self._scale = max(float(np.sqrt(np.mean(np.square(centred)))), 1e-12)
        centred = centred / self._scale
        counts = np.maximum(np.bincount(classes), 1)
        weights = np.sqrt(len(classes) / (len(counts) * counts[classes]))[:, None]
        targets = np.eye(len(counts))[classes] - 1.0 / len(counts)
        kernel = (weights * centred) @ (weights * centred).T / features.shape[1]
        solution = np.linalg.solve(kernel + _RIDGE * np.eye(len(kernel)), weights * targets)
        self._coefficients = (weights * centred).T @ solution / features.shape[1]

    def __call__(self, features):
        """Returns the class of each of `features` [num, size], int64 [num]."""
        return np.argmax((features - self._mean) / self._scale @ self._coefficients, axis=1)


def pooled_magnitudes(data):
    """Returns the log magnitudes averaged over a coarse grid of time and frequency.

    Args:
        data: [num, frames, bins, channels] float, the log magnitude in channel 0, or waveforms, whose samples are
            frames of one bin. Values that are not finite count as 0.

    Returns:
        [num, features] float64, comparable between resolutions of the same data.
    """
    magnitudes = np.nan_to_num(np.asarray(data[..., 0], np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    if magnitudes.shape[2] == 1:
        # The mean of samples is near 0 whatever they sound like.
        magnitudes = _log_magnitudes(magnitudes[:, :, 0])
    for axis, cells in zip((1, 2), _GRID, strict=True):
        size = magnitudes.shape[axis]
        if size < cells:
            magnitudes = np.repeat(magnitudes, -(-cells // size), axis=axis)
            size = magnitudes.shape[axis]
        starts = np.arange(cells) * size // cells
        sums = np.add.reduceat(magnitudes, starts, axis=axis)
        widths = np.diff(np.append(starts, size))
        magnitudes = sums / np.expand_dims(widths, axis=tuple(i for i in range(3) if i != axis))
    return magnitudes.reshape(len(magnitudes), -1)


def _log_magnitudes(waveforms):
    """Returns [num, frames, bins]: natural logarithms of the spectra of about 64 overlapping pieces of each clip.

    Args:
        waveforms: [num, samples] float64, full scale 1.
    """
    window_length = 2 ** max(1, round(np.log2(waveforms.shape[1] / 32)))
    padded = np.pad(waveforms, [(0, 0), (0, window_length)])
    pieces = np.lib.stride_tricks.sliding_window_view(padded, window_length, axis=1)[:, :: window_length // 2]
    magnitudes = np.abs(np.fft.rfft(pieces * np.hanning(window_length + 1)[:-1])) * 4.0 / window_length
    # 60 dB below full scale counts as silence, so that what is hardly heard makes no difference.
    return np.log(magnitudes + 1e-3)


def mean_distance(features):
    """Returns the mean Euclidean distance between two different rows of `features` [num, size]."""
    centred = features - features.mean(axis=0)
    norms = np.sum(np.square(centred), axis=1)
    squares = np.maximum(norms[:, None] + norms[None, :] - 2.0 * centred @ centred.T, 0.0)
    np.fill_diagonal(squares, 0.0)
    return float(np.sqrt(squares).sum() / (len(features) * (len(features) - 1)))


def _share(value, reference):
    """Returns `value` as a share of `reference`; where real clips are all alike, nothing can be less diverse."""
    return value / reference if reference > 0 else 1.0


def _cross_validated_recall(features, classes, class_names):
    """Returns {class name: share of its clips that a classifier fitted to the other folds recognises}."""
    folds = np.arange(len(features)) % _FOLDS
    right = np.zeros(len(features), bool)
    for fold in range(_FOLDS):
        inside = folds == fold
        if inside.any() and len(np.unique(classes[~inside])) == len(class_names):
            classifier = LinearClassifier(features[~inside], classes[~inside])
            right[inside] = classifier(features[inside]) == classes[inside]
    return {name: float(right[classes == number].mean()) for number, name in enumerate(class_names)}


def _scalars(reports):
    """Returns the numbers of a preview for the history, those of single classes only if they are few."""
    if not reports:
        return {}
    kinds = {"diversity": {name: report.diversity for name, report in reports.items()}}
    agreements = {name: report.agreement for name, report in reports.items()}
    if not any(np.isnan(value) for value in agreements.values()):
        kinds["label_agreement"] = agreements
    scalars = {kind: float(np.mean(list(values.values()))) for kind, values in kinds.items()}
    if len(reports) <= MAX_CLASSES_IN_HISTORY:
        scalars |= {
            f"{kind}/{name}": value for kind, values in kinds.items() for name, value in values.items()
        }
    return scalars
