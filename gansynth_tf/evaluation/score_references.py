"""The clips that generated ones are scored against and beside: real ones, their round trips, and what must fail."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gansynth_tf.evaluation.baselines import through_representation, white_noise
from gansynth_tf.evaluation.judges import clip_space
from gansynth_tf.evaluation.scores import LEAST_CLIPS, Clips, RealClips, nearest_train_distances
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.options import UserError

HELD_OUT = "real, held out"
TRAINING = "real, training"
THROUGH = "held out, through "
_BATCH = 64
_NOISE_STREAM, _SHUFFLE_STREAM, _ASKED_STREAM, _REAL_STREAM = range(4)

Count = Callable[[int, int], None]


def asked_rows(train_rows, num: int, seed: int) -> np.ndarray:
    """Returns the labels to ask a generator for: every combination that training knew, in turns.

    Args:
        train_rows: [num_train, num_labels] integers, -1 where missing.
        num: How many.
        seed: Of the order in which combinations take turns.

    Returns:
        [num, num_labels] int64. Combinations with a missing class are not asked for, unless there are no others.
    """
    known = np.unique(np.asarray(train_rows, np.int64), axis=0)
    whole = known[(known >= 0).all(axis=1)]
    combinations = whole if len(whole) else known
    order = np.random.default_rng([seed, _ASKED_STREAM]).permutation(len(combinations))
    return np.resize(combinations[order], [num, known.shape[1]])


def balanced(rows, num: int, seed: int) -> np.ndarray:
    """Returns clips in an order in which combinations of classes take turns, drawn at random within each.

    Args:
        rows: [num_clips, num_labels] integers.
        num: At most so many.
        seed: Of the draw.

    Returns:
        [min(num, num_clips)] int64 indices; a combination that has no clip left is passed over.
    """
    order = np.random.default_rng([seed, _REAL_STREAM]).permutation(len(rows))
    _, combination = np.unique(np.asarray(rows)[order], axis=0, return_inverse=True)
    turns = np.zeros(len(rows), np.int64)
    for one in np.unique(combination):
        members = np.flatnonzero(combination == one)
        turns[members] = np.arange(len(members))
    return order[np.lexsort((combination.ravel(), turns))][:num]


def read_clips(dataset, split: str, indices, count: Count | None = None) -> Iterator[tuple[np.ndarray, ...]]:
    """Yields (places in `indices`, [num, length_samples] float32 clips) a few at a time, in the order of the split."""
    indices = np.asarray(indices)
    places = np.argsort(indices, kind="stable")
    done = 0
    for batch in dataset.clips(split, indices[places]).batch(_BATCH).as_numpy_iterator():
        if count is not None:
            count(done, len(indices))
        yield places[done : done + len(batch)], batch
        done += len(batch)
    if count is not None:
        count(done, len(indices))


def real_clips(
    dataset,
    labels,
    classifier: Classifier,
    num: int,
    *,
    seed: int = 0,
    max_train_clips: int = 10000,
    count: Callable[[str], Count] | None = None,
) -> tuple[RealClips, np.ndarray, np.ndarray]:
    """Returns what generated clips are compared with, and the audio of its held-out and of its other training clips.

    Args:
        dataset: With the splits train and test.
        labels: Has classes, clips(split) and rows(split): the runs' labels.
        classifier: Hears clips of the data set's rate and length.
        num: Clips in each set of training clips, and at most so many held-out ones.
        seed: Draws which.
        max_train_clips: At most so many training clips among which copies are looked for.
        count: Given the name of the work, returns what is called with clips done and their number; None shows nothing.

    Returns:
        The real clips; [num_held_out, length_samples] and [num, length_samples] float32 audio.

    Raises:
        UserError: If there are too few clips.
    """
    counted = count or (lambda what: lambda done, total: None)
    audio, rows = {}, {}
    rows["train"], rows["test"] = labels.rows("train"), labels.rows("test")
    if len(rows["train"]) < 2 * num or len(rows["test"]) < LEAST_CLIPS:
        raise UserError(
            f"Expected two sets of {num} training clips and {LEAST_CLIPS} test clips to compare with. The data set "
            f"has {len(rows['train'])} and {len(rows['test'])}: --num_samples={len(rows['train']) // 2} is the most."
        )
    chosen = balanced(rows["train"], max(2 * num, max_train_clips), seed)
    points: list = [None] * len(chosen)
    near = np.empty([2 * num, dataset.length_samples], np.float32)
    for places, batch in read_clips(
        dataset, "train", labels.clips("train")[chosen], counted("Training clips")
    ):
        for place, clip, point in zip(places, batch, clip_space(batch, classifier.sample_rate), strict=True):
            points[place] = point
            if place < 2 * num:
                near[place] = clip
    train_points = np.stack(points)
    own = np.arange(num, 2 * num)
    chosen_test = balanced(rows["test"], num, seed)
    audio = np.empty([len(chosen_test), dataset.length_samples], np.float32)
    for places, batch in read_clips(
        dataset, "test", labels.clips("test")[chosen_test], counted("Test clips")
    ):
        audio[places] = batch
    found = RealClips(
        labels=labels.classes,
        real=Clips.measured(near[:num], rows["train"][chosen[:num]], classifier),
        others=Clips.measured(near[num:], rows["train"][chosen[num : 2 * num]], classifier),
        held_out=Clips.measured(audio, rows["test"][chosen_test], classifier),
        train_points=train_points,
        others_nearest=nearest_train_distances(train_points[own], train_points, own),
    )
    return found, audio, near[num:]


def round_trips(audio, asked, representations: Mapping[str, object], classifier: Classifier):
    """Yields (name, clips, audio) of held-out clips sent through each representation and back."""
    for name, representation in representations.items():
        heard = through_representation(audio, representation)
        yield THROUGH + name, Clips.measured(heard, asked, classifier), heard


def planted_failures(
    audio, reals: RealClips, classifier: Classifier, seed: int
) -> Iterator[tuple[str, Clips, np.ndarray | None]]:
    """Yields (name, clips, distances to the nearest training clip or None) of what a score must not praise.

    Args:
        audio: [num_held_out, length_samples] the held-out clips.
        reals: As `real_clips` returned them.
        classifier: The same.
        seed: Of noise and shuffling.
    """
    noise = white_noise(audio, int(np.random.default_rng([seed, _NOISE_STREAM]).integers(2**31)))
    yield "white noise", Clips.measured(noise, reals.held_out.asked, classifier), None
    yield "copied training clips", reals.real, np.zeros(len(reals.real.asked))
    groups = reals.others.groups
    first = {int(group): int(np.flatnonzero(groups == group)[0]) for group in np.unique(groups)}
    same = np.array([first[int(group)] for group in groups])
    yield "one training clip a class", reals.others.chosen(same), np.zeros(len(same))
    if reals.labels:
        yield "labels shuffled", _shuffled(reals.held_out, seed), None


def _shuffled(clips: Clips, seed: int) -> Clips:
    """Returns the clips with the labels of others."""
    order = np.random.default_rng([seed, _SHUFFLE_STREAM]).permutation(len(clips.asked))
    return Clips(clips.asked[order], clips.heard, clips.features, clips.points)
