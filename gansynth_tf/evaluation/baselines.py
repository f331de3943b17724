"""Clips that stand beside generated ones: the best that can be had, and what must fail."""

import numpy as np

from gansynth_tf.evaluation.judges import in_turns, split_clips


def through_representation(audio, representation, batch_size: int = 16) -> np.ndarray:
    """Returns clips after `representation.to_data` and back: the ceiling for a generator that works in it.

    Args:
        audio: [num_clips, length_samples] float32.
        representation: With `to_data` and `to_audio`.
        batch_size: Clips at a time.

    Returns:
        [num_clips, length_samples] float32.
    """
    parts = [
        np.asarray(representation.to_audio(representation.to_data(audio[start : start + batch_size])))
        for start in range(0, len(audio), batch_size)
    ]
    return np.concatenate(parts)


def white_noise(audio, seed: int) -> np.ndarray:
    """Returns Gaussian noise with the root mean square of each of the clips [num_clips, length_samples]."""
    noise = np.random.default_rng(seed).standard_normal(audio.shape, np.float32)
    return noise * np.sqrt(np.mean(np.square(audio), axis=1, keepdims=True))


def mean_clips(audio, classes, num_classes: int, representation, batch_size: int = 16) -> np.ndarray:
    """Returns the clip whose data are the mean over a class, for each class.

    Args:
        audio: [num_clips, length_samples] float32 training clips.
        classes: [num_clips] class indices; each class has a clip.
        num_classes: Number of classes.
        representation: With `to_data` and `to_audio`.
        batch_size: Clips at a time.

    Returns:
        [num_classes, length_samples] float32.
    """
    sums = np.zeros([num_classes, *representation.shape], np.float64)
    for start in range(0, len(audio), batch_size):
        np.add.at(
            sums,
            classes[start : start + batch_size],
            np.asarray(representation.to_data(audio[start : start + batch_size])),
        )
    counts = np.bincount(classes, minlength=num_classes)
    means = sums / counts.reshape(-1, 1, 1, 1)
    return np.asarray(representation.to_audio(means.astype(np.float32)))


def comparison_clips(
    dataset, column: int, test_audio, test_classes, num_classes: int, representation, seed: int
):
    """Yields (name, audio, asked classes) of everything that stands beside generated clips.

    Args:
        dataset: With the split `train`.
        column: Column of the judged label in its rows.
        test_audio: [num_clips, length_samples] held-out clips, balanced over classes.
        test_classes: [num_clips] their class indices.
        num_classes: Number of classes.
        representation: What the generator works in.
        seed: Of noise and shuffling.
    """
    yield "real test clips", test_audio, test_classes
    yield "real, through representation", through_representation(test_audio, representation), test_classes
    yield "white noise", white_noise(test_audio, seed), test_classes
    train_classes = dataset.rows("train")[:, column]
    chosen = in_turns(train_classes, len(test_audio) // num_classes, num_classes)
    train_audio = split_clips(dataset, "train", chosen)
    yield "copied training clips", train_audio, train_classes[chosen]
    means = mean_clips(train_audio, train_classes[chosen], num_classes, representation)
    yield "mean clip of each class", means[test_classes], test_classes
    yield "real, labels shuffled", test_audio, np.random.default_rng(seed + 1).permutation(test_classes)
