"""Clips drawn from the averaged generator while it trains, for the ear, the eye and the alarm."""

import numpy as np
import tensorflow as tf

from gansynth_tf.layers.one_hot import one_hot
from gansynth_tf.training import draws


class PreviewGenerator:
    """Draws the same latents and labels at every call, so that one can follow a sound as it grows.

    Args:
        representation: Turns data into audio.
        rows: [num_clips, labels] int32, the training rows; classes are drawn jointly from them.
        num_classes: Classes of the first label; 0 without labels.
        clips_per_class: Clips of each class of the first label.
        seed: Seed of the draws, which are not training's.
    """

    def __init__(self, representation, rows, num_classes, clips_per_class, *, seed):
        self._representation = representation
        self._seed = seed
        self._rows = preview_rows(rows, num_classes, clips_per_class, seed)
        self._render = None
        self._rendered_stage = None

    def __call__(self, state):
        """Returns (audio [num, length_samples], rows [num, labels], data [num, *data_shape]) of a TrainingState."""
        if self._rendered_stage != state.stage:
            self._render = tf.function(self._rendering(state))
            self._rendered_stage = state.stage
        shape = [len(self._rows), state.architecture.latent_size]
        latents = draws.normal(shape, self._seed, 0, draws.PREVIEW_LATENTS)
        labels = one_hot(self._rows, state.architecture.class_counts)
        progress = tf.constant(state.progress, tf.float32)
        pieces = [
            self._render(latents[i : i + 16], labels[i : i + 16], progress)
            for i in range(0, len(self._rows), 16)
        ]
        audio, data = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
        return audio, self._rows, data

    def _rendering(self, state):
        """Returns the function from latents, labels and progress to audio and data at the state's stage."""
        generator, stage, architecture = state.averaged_generator, state.stage, state.architecture

        def render(latents, labels, progress):
            data = architecture.full_data(generator(latents, labels, progress, stage=stage))
            return self._representation.to_audio(data), data

        return render


def preview_rows(rows, num_classes, clips_per_class, seed):
    """Returns [num, labels] int32: `clips_per_class` rows for each class of the first label, drawn from `rows`.

    A class without a training clip is left out; without labels there are `clips_per_class` rows without columns.
    """
    if not num_classes:
        return np.zeros([clips_per_class, 0], np.int32)
    rng = np.random.default_rng([seed, draws.PREVIEW_ROWS])
    chosen = []
    for number in range(num_classes):
        (members,) = np.nonzero(rows[:, 0] == number)
        if len(members):
            chosen.append(rows[rng.choice(members, clips_per_class)])
    return np.concatenate(chosen).astype(np.int32)
