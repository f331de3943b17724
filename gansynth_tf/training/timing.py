"""How long a training step takes on this machine: a few steps on random data, within a budget of time and memory."""

import copy
import dataclasses
import time

import numpy as np
import tensorflow as tf

from gansynth_tf.training import costs
from gansynth_tf.training.state import TrainingState
from gansynth_tf.training.step import TrainingStep, turns_of

# The first step that is timed is tried before anything is known of the machine: at the largest stage, and with the
# largest part of a batch, that takes no more. Much less would measure what surrounds the arithmetic.
FIRST_OPERATIONS = 3e11
# A stage takes longer to trace than the smaller one.
_TRACING_GROWTH = 1.3


@dataclasses.dataclass(frozen=True)
class StepTime:
    """How long a step takes, the mean over steps with and without the generator and the penalty.

    Args:
        seconds: Of a step of the whole batch.
        batch_size: Images of the steps that were measured.
    """

    seconds: float
    batch_size: int


class StepTimer:
    """Measures single training steps: of a stage of middle size first, then of larger ones, then of smaller ones.

    Args:
        architecture: Of the catalogue.
        strategy: tf.distribute strategy.
        options: AdversarialTraining.
        loss: Adversarial loss of the catalogue.
        budget_seconds: No step but the first is begun if it would take longer than what is left of so many seconds.
        memory_bytes: No step is tried whose tensors take more; None for no bound.
    """

    def __init__(self, architecture, strategy, options, loss, *, budget_seconds=60.0, memory_bytes=None):
        self._architecture = architecture
        self._strategy = strategy
        self._options = options
        self._loss = loss
        self._budget_seconds = budget_seconds
        self._memory_bytes = memory_bytes
        self._turns = costs.shares_of_turns(options.discriminator_steps, loss.penalty_interval)
        self._deadline = 0.0
        self._state = self._last = None
        self._measured = {}

    def measure(self, stage_costs):
        """Returns how long a step takes by stage, for as many neighbouring stages as the budget allows.

        If even a step of the smallest stage is large, it is measured with a small batch first, then with the largest
        one that fits.

        Args:
            stage_costs: StageCost of each stage, in order; what a stage will take is judged by them.

        Returns:
            {stage: StepTime}; empty if there is not even memory for the smallest batch.
        """
        self._deadline = time.monotonic() + self._budget_seconds
        self._state = TrainingState(self._architecture, self._strategy, self._options)
        self._measured, self._last = {}, None
        operations = [cost.mean_operations(self._turns) for cost in stage_costs]
        start = sum(number <= FIRST_OPERATIONS for number in operations[1:])
        sizes = self._batch_sizes()
        whole, least = sizes[0], sizes[-1]
        first = next((size for size in sizes if size * operations[start] <= FIRST_OPERATIONS * whole), least)
        if self._try(stage_costs, start, first):
            for size in sizes:
                if size <= first or self._try(stage_costs, start, size):
                    break
        if start in self._measured and self._measured[start].batch_size == whole:
            for stage in range(start + 1, len(operations)):
                if not self._try(stage_costs, stage, whole):
                    break
        for stage in reversed(range(start)):
            if not self._try(stage_costs, stage, whole):
                break
        return dict(sorted(self._measured.items()))

    def _batch_sizes(self):
        """Returns the whole batch, its half, its quarter, ..., as far as they can be trained."""
        whole, replicas = self._options.batch_size, self._strategy.num_replicas_in_sync
        sizes = [whole]
        while sizes[-1] % (2 * replicas) == 0 and sizes[-1] >= 4 * replicas:
            sizes.append(sizes[-1] // 2)
        return sizes

    def _try(self, stage_costs, stage, batch_size):
        """Measures a step of `stage` if memory and budget allow, and returns whether they did."""
        cost, share = stage_costs[stage], batch_size / self._options.batch_size
        if self._memory_bytes is not None and share * cost.tensor_bytes > self._memory_bytes:
            return False
        if self._last is not None and self._last.forecast(cost, share) > self._deadline - time.monotonic():
            return False
        try:
            self._last = self._timed(stage, cost, batch_size)
        except tf.errors.ResourceExhaustedError:
            return False
        self._measured[stage] = StepTime(self._last.mean_seconds, batch_size)
        return True

    def _timed(self, stage, cost, batch_size):
        """Returns the _Timing of a stage: each kind of step twice, the first for its trace."""
        state = self._state
        state.enter_phase(2 * stage, stage)
        state.options = copy.copy(self._options)
        state.options.batch_size = batch_size
        step = TrainingStep(state, self._loss, seed=0)
        reals = np.random.default_rng(0).standard_normal(
            [batch_size, *self._architecture.data_shape], dtype=np.float32
        )
        rows = np.zeros([2, batch_size, len(self._architecture.class_counts)], np.int32)

        def run(index):
            begin = time.monotonic()
            step(reals, rows[0], rows, index * batch_size, float(state.stage))
            return time.monotonic() - begin

        tracing, seconds = {}, {}
        for turn in self._turns:
            index = self._index_of(turn)
            first, seconds[turn] = run(index), run(index)
            tracing[turn] = max(0.0, first - seconds[turn])
        share = batch_size / self._options.batch_size
        return _Timing(self._turns, tracing, seconds, cost, share)

    def _index_of(self, turn):
        """Returns the number of the first step that is of the kind `turn`."""
        steps, interval = self._options.discriminator_steps, self._loss.penalty_interval
        return next(i for i in range(steps * max(1, interval)) if turns_of(i, steps, interval) == turn)


@dataclasses.dataclass(frozen=True)
class _Timing:
    """What one stage took.

    Args:
        turns: {kind of step: its share}.
        tracing: {kind of step: seconds of its trace}.
        seconds: {kind of step: seconds of one}.
        cost: StageCost of a whole batch.
        share: Part of the whole batch that was measured.
    """

    turns: dict
    tracing: dict
    seconds: dict
    cost: costs.StageCost
    share: float

    @property
    def mean_seconds(self):
        """Seconds of a step of a whole batch, the mean over all kinds."""
        return sum(share * self.seconds[turn] for turn, share in self.turns.items()) / self.share

    def forecast(self, cost, share):
        """Returns the seconds that it would take to measure a `share` of the batch of a stage that costs `cost`."""
        seconds = 0.0
        for turn in self.turns:
            larger = share * cost.step_operations(*turn) / (self.share * self.cost.step_operations(*turn))
            seconds += _TRACING_GROWTH * self.tracing[turn] + 2 * self.seconds[turn] * larger
        return seconds
