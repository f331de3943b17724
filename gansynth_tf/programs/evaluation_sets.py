"""The sets of clips of an evaluation, taken to features: real ones once, those of each checkpoint in turn."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gansynth_tf.evaluation.features import SPACES, ClassifierSpace, extract
from gansynth_tf.evaluation.suite.evidence import CLASSIFIER, ClipArrays, Evidence
from gansynth_tf.evaluation.suite.real_sets import TEST, TRAIN, RealClips, RealSets
from gansynth_tf.programs.evaluated_clips import Clips

Count = Callable[[int, int], None]


class _Broken(Exception):
    """Some clips are not finite; the argument is how many."""


class EvaluatedSets:
    """Features of real clips and of a model's.

    Args:
        real: The data set's clips.
        sets: Which of them stand where.
        classifier: Hears clips; None for nothing of what it hears.
        metrics: Say which spaces they need.
        sample_rate: In hertz.
        length_samples: Length of a clip.
        seed: Of all draws.
        folder: Where features are kept.
        counted: Given the name of the work, returns what is called with clips done and their number.
    """

    def __init__(
        self,
        real: RealClips,
        sets: RealSets,
        classifier: Any,
        metrics: Sequence[Any],
        *,
        sample_rate: int,
        length_samples: int,
        seed: int,
        folder: Path,
        counted: Callable[[str], Any],
    ):
        self._real, self._sets, self._seed = real, sets, seed
        self._folder, self._counted = folder, counted
        keys = dict.fromkeys(key for metric in metrics for key in metric.needs)
        self._spaces = {
            key: ClassifierSpace(classifier)
            if key == CLASSIFIER
            else SPACES[key](sample_rate, length_samples)
            for key in keys
            if key != CLASSIFIER or classifier is not None
        }
        searched = {key for metric in metrics if metric.searches_training for key in metric.needs}
        self._training_spaces = [space for key, space in self._spaces.items() if key in searched]
        self._reference_memory: dict[Any, Any] = {}
        self._near: Mapping[str, np.ndarray] | None = None
        self._training: ClipArrays | None = None

    @property
    def identities(self) -> dict[str, dict[str, Any]]:
        """{space: its identity}."""
        return {key: space.identity for key, space in self._spaces.items()}

    def read(self) -> None:
        """Takes the reference, the splits and all training clips to features, or finds them on the disk."""
        sets, real = self._sets, self._real
        self._near = self._extracted(list(self._spaces.values()), TRAIN, sets.near, "Training clips")
        rows = real.rows(TRAIN, sets.training)
        arrays = self._extracted(self._training_spaces, TRAIN, sets.training, "Nearest training clips")
        self._training = ClipArrays(rows, arrays)

    def held_out(self) -> Evidence:
        """Returns real held-out clips in the model's place."""
        chosen = self._sets.held_out
        arrays = self._extracted(list(self._spaces.values()), TEST, chosen, "Test clips")
        return self._evidence(ClipArrays(self._real.rows(TEST, chosen), arrays), None)

    def splits(self, floor: Mapping[str, float]) -> list[Evidence]:
        """Returns sets of training clips in the model's place."""
        return [self._evidence(self._of_training(chosen), floor) for chosen in self._sets.splits]

    def model(self, clips: Clips, what: str, floor: Mapping[str, float], folder: Path) -> Evidence:
        """Returns a model's clips.

        Args:
            clips: The clips.
            what: Names the work.
            floor: {number: its value for real held-out clips}.
            folder: Where their features are kept.
        """
        counted = self._counted(what)
        num = len(clips.rows)
        try:
            arrays = extract(
                list(self._spaces.values()), _finite(clips.batches()), num, folder, counted, clips=clips.facts
            )
            found = ClipArrays(clips.rows, arrays, latents=clips.latents)
        except _Broken as broken:
            found = ClipArrays(clips.rows, {}, latents=clips.latents, num_broken=broken.args[0])
        finally:
            counted.close()
        return self._evidence(found, floor, clips.time_factor)

    def _evidence(self, clips, floor, time_factor=None):
        feature_arrays = {key: space.names[-1] for key, space in self._spaces.items()}
        if self._training is None:
            raise RuntimeError("`read` comes first.")
        return Evidence(
            clips,
            self._of_training(self._sets.reference),
            self._training,
            self._real.labels.classes,
            feature_arrays,
            self._seed,
            floor=floor,
            time_factor=time_factor,
            audible_from={
                key: space.audible_from
                for key, space in self._spaces.items()
                if space.audible_from is not None
            },
            reference_memory=self._reference_memory,
        )

    def _of_training(self, chosen) -> ClipArrays:
        """Returns some training clips that are near."""
        training = self._sets.training
        place = np.minimum(np.searchsorted(training, chosen), len(training) - 1)
        own = np.where(training[place] == chosen, place, -1)
        places = np.searchsorted(self._sets.near, chosen)
        return ClipArrays(self._real.rows(TRAIN, chosen), self._near or {}, places, own=own)

    def _extracted(self, spaces, split, chosen, what):
        if not spaces:
            return {}
        counted = self._counted(what)
        try:
            return extract(
                spaces,
                self._real.batches(split, chosen),
                len(chosen),
                self._folder,
                counted,
                clips=self._real.facts(split, chosen),
            )
        finally:
            counted.close()


def forget(folder: Path) -> None:
    """Removes features that are not needed any more."""
    shutil.rmtree(folder, ignore_errors=True)


def _finite(batches: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields batches; at the first clip that is not finite only counts on, and then raises _Broken."""
    num_broken = 0
    for batch in batches:
        num_broken += int(np.sum(~np.isfinite(batch).all(axis=1)))
        if not num_broken:
            yield batch
    if num_broken:
        raise _Broken(num_broken)
