"""How long a training step takes on this machine: a few steps on random data, within a budget of time."""

import time

import numpy as np

from gansynth_tf.training.state import TrainingState
from gansynth_tf.training.step import TrainingStep


class StepTimer:
    """Measures single training steps of each stage, smallest first.

    Args:
        architecture: Of the catalogue.
        strategy: tf.distribute strategy.
        options: AdversarialTraining.
        loss: Adversarial loss of the catalogue.
        budget_seconds: No stage but the first is begun if it would take longer than what is left of so many seconds.
    """

    def __init__(self, architecture, strategy, options, loss, *, budget_seconds=60.0):
        self._architecture = architecture
        self._strategy = strategy
        self._options = options
        self._loss = loss
        self._budget_seconds = budget_seconds

    def measure(self, step_operations):
        """Returns the seconds of a step by stage, for as many stages as the budget allows.

        Args:
            step_operations: Operations of one step of each stage, in order; what a stage will take is judged by them.

        Returns:
            {stage: seconds}, the penalty counted at its share of the steps.
        """
        start = time.monotonic()
        state = TrainingState(self._architecture, self._strategy, self._options)
        measured: dict[int, float] = {}
        for stage, operations in enumerate(step_operations):
            left = self._budget_seconds - (time.monotonic() - start)
            # Two steps to trace and to warm up, two to measure; tracing itself takes seconds.
            if measured and 5.0 + 4 * measured[stage - 1] * operations / step_operations[stage - 1] > left:
                break
            state.enter_phase(2 * stage, stage)
            measured[stage] = self._time_stage(state)
        return measured

    def _time_stage(self, state):
        """Returns the mean seconds of a step over one interval of the penalty."""
        step = TrainingStep(state, self._loss, seed=0)
        interval = self._loss.penalty_interval
        size = self._options.batch_size
        reals = np.random.default_rng(0).standard_normal(
            [size, *self._architecture.data_shape], dtype=np.float32
        )
        rows = np.zeros([2, size, len(self._architecture.class_counts)], np.int32)

        def run(index):
            begin = time.monotonic()
            step(reals, rows[0], rows, index * size, float(state.stage))
            return time.monotonic() - begin

        with_penalty, without = 0, 1
        run(with_penalty)
        durations = [run(with_penalty)]
        if interval > 1:
            run(without)
            durations += [run(without)] * (interval - 1)
        return sum(durations) / len(durations)
