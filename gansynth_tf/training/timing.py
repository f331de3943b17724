"""How long a training step takes on this machine: a few steps on random data, within a budget of time and memory."""

import copy
import dataclasses
import time

import numpy as np
import tensorflow as tf

from gansynth_tf.training import costs
from gansynth_tf.training.state import TrainingState
from gansynth_tf.training.step import TrainingStep

# The first step is tried before anything is known of the machine: with a smaller batch, if it is larger than this.
FIRST_OPERATIONS = 1e12
# A stage takes longer to trace than the one before it.
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
    """Measures single training steps of each stage, smallest first.

    Args:
        architecture: Of the catalogue.
        strategy: tf.distribute strategy.
        options: AdversarialTraining.
        loss: Adversarial loss of the catalogue.
        budget_seconds: No stage but the first is begun if it would take longer than what is left of so many seconds.
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

    def measure(self, stage_costs):
        """Returns how long a step takes by stage, for as many stages as the budget allows.

        If a step of the first stage is large, it is measured with a smaller batch first, and with the whole one if
        that fits.

        Args:
            stage_costs: StageCost of each stage, in order; what a stage will take is judged by them.

        Returns:
            {stage: StepTime}; empty if there is not even memory for the smallest batch.
        """
        deadline = time.monotonic() + self._budget_seconds
        state = TrainingState(self._architecture, self._strategy, self._options)
        measured, last = {}, None
        for stage, cost in enumerate(stage_costs):
            state.enter_phase(2 * stage, stage)
            for batch_size in self._batch_sizes(cost, is_first=last is None):
                if last is not None and last.forecast(cost) > deadline - time.monotonic():
                    return measured
                try:
                    last = self._timed(state, cost, batch_size)
                except tf.errors.ResourceExhaustedError:
                    return measured
                measured[stage] = StepTime(last.mean_seconds, batch_size)
            if stage not in measured or measured[stage].batch_size < self._options.batch_size:
                return measured
        return measured

    def _batch_sizes(self, cost, is_first):
        """Returns the batches to try at a stage, smallest first: those that memory allows."""
        whole = self._options.batch_size
        sizes = [whole]
        if is_first:
            smaller = self._smaller(FIRST_OPERATIONS / cost.mean_operations(self._turns))
            sizes = sorted({smaller, whole})
        if self._memory_bytes is None:
            return sizes
        return [size for size in sizes if cost.tensor_bytes * size / whole <= self._memory_bytes]

    def _smaller(self, share):
        """Returns the largest half, quarter, ... of the batch that is at most a `share` of it and can be trained."""
        size, replicas = self._options.batch_size, self._strategy.num_replicas_in_sync
        while size > share * self._options.batch_size:
            half, rest = divmod(size, 2)
            if rest or half % replicas or half < 2 * replicas:
                break
            size = half
        return size

    def _timed(self, state, cost, batch_size):
        """Returns the _Timing of a stage: each kind of step twice, the first for its trace."""
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
        return next(i for i in range(steps * interval) if (i % steps == 0, i % interval == 0) == turn)


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

    def forecast(self, cost):
        """Returns the seconds that it would take to measure a whole batch of a stage that costs `cost`."""
        seconds = 0.0
        for turn in self.turns:
            operations = self.share * self.cost.step_operations(*turn)
            seconds += _TRACING_GROWTH * self.tracing[turn]
            seconds += 2 * self.seconds[turn] * cost.step_operations(*turn) / operations
        return seconds
