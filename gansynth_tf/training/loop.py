"""The training loop: phases of growth, compiled steps, saves, previews, and a clean end however it comes."""

import dataclasses
import math
import time

from gansynth_tf.training.step import TrainingStep

FINISHED = "finished"
INTERRUPTED = "interrupted"


class TrainingDiverged(RuntimeError):
    """A loss is not finite; the last save is good and stays."""


@dataclasses.dataclass
class Schedule:
    """When the loop does what beside training, in seconds of wall time; none of it changes a weight.

    Attributes:
        save_seconds: From one save to the next.
        preview_seconds: From one preview to the next; 0 for none.
        log_seconds: From one line of the history to the next.
    """

    save_seconds: float
    preview_seconds: float
    log_seconds: float


class TrainingLoop:
    """Trains a state along its growth until the last image, an interruption, or a loss that is not finite.

    Args:
        state: TrainingState; where it stands, training goes on.
        growth: GrowthSchedule.
        loss: Adversarial loss of the catalogue.
        batches_from: Function of an image count that returns an iterator over (data, rows, image count) from there on.
        fake_rows: Function of an image count that returns [2, batch_size, labels] int32.
        store: CheckpointStore.
        observers: Objects with on_log, on_preview, on_save and close.
        preview: Function of the state that returns (audio, rows, data), or None for no previews.
        seed: Seed of all draws.
        schedule: Schedule of saves, previews and logs.
        should_stop: Function that tells whether the user asked to stop.
    """

    def __init__(
        self,
        state,
        growth,
        loss,
        batches_from,
        fake_rows,
        store,
        observers,
        preview,
        *,
        seed,
        schedule,
        should_stop,
    ):
        self._state = state
        self._growth = growth
        self._loss = loss
        self._batches_from = batches_from
        self._fake_rows = fake_rows
        self._store = store
        self._observers = observers
        self._preview = preview
        self._seed = seed
        self._schedule = schedule
        self._should_stop = should_stop
        self._step = None
        self._window = _LogWindow()
        self._last = {}

    def run(self):
        """Trains; returns FINISHED or INTERRUPTED, all work saved.

        Raises:
            TrainingDiverged: If a loss is not finite; nothing is saved after the last good save.
        """
        now = time.monotonic()
        self._last = {"save": now, "preview": now, "log": now}
        total = self._growth.total_images
        outcome = FINISHED
        for data, rows, image_count in self._window.waited_for(self._batches_from(self._state.num_images)):
            if self._state.num_images >= total or self._should_stop():
                outcome = FINISHED if self._state.num_images >= total else INTERRUPTED
                break
            self._train_on(data, rows, int(image_count))
            self._do_what_is_due()
        self._log()
        self.save()
        if outcome == FINISHED:
            self._show()
        return outcome

    @property
    def input_wait_percent(self):
        """Share of the logged time, tracing left out, that training waited for its next batch, in percent."""
        return self._window.total_wait_percent

    def _train_on(self, data, rows, image_count):
        """Trains on one batch, in the phase that its image count belongs to."""
        if image_count != self._state.num_images:
            raise RuntimeError(
                f"The batch starts at image {image_count}, the state is at {self._state.num_images}."
            )
        phase = self._growth.phase(image_count)
        if phase.index != self._state.phase_index:
            if self._state.enter_phase(phase.index, phase.stage):
                self._step = None
        if self._step is None:
            self._step = TrainingStep(self._state, self._loss, seed=self._seed)
        progress, traces = self._growth.progress(image_count), self._step.num_traces
        scalars = self._step(data, rows, self._fake_rows(image_count), image_count, progress)
        self._refuse_infinite(scalars)
        self._state.num_images += len(rows)
        self._state.progress = progress
        self._window.add(scalars, len(rows))
        if self._step.num_traces > traces:
            self._window.restart_clock()

    def _refuse_infinite(self, scalars):
        """Raises TrainingDiverged if one of `scalars` is not finite."""
        wrong = sorted(name for name, value in scalars.items() if not math.isfinite(value))
        if wrong:
            latest = self._store.latest()
            raise TrainingDiverged(
                f"{', '.join(wrong)} is not finite after {self._state.num_images} images. "
                f"The last good save is {latest if latest else 'none'}; lower the learning rates and start again."
            )

    def _do_what_is_due(self):
        """Logs, saves and previews when their time has come."""
        now = time.monotonic()
        if now - self._last["log"] >= self._schedule.log_seconds:
            self._log()
            self._last["log"] = now
        if now - self._last["save"] >= self._schedule.save_seconds:
            self.save()
            self._last["save"] = time.monotonic()
        if self._schedule.preview_seconds and now - self._last["preview"] >= self._schedule.preview_seconds:
            self._show()
            self._last["preview"] = time.monotonic()

    def save(self):
        """Saves the state, then tells the observers."""
        arrays, counters = self._state.arrays()
        self._store.save(self._state.num_images, arrays, counters)
        for observer in self._observers:
            observer.on_save(self._state.num_images)

    def _log(self):
        """Hands the means since the last log to the observers."""
        scalars = self._window.take()
        if not scalars:
            return
        phase = self._growth.phase(max(0, self._state.num_images - 1))
        scalars |= {"stage": float(phase.stage), "progress": self._growth.progress(self._state.num_images)}
        for observer in self._observers:
            observer.on_log(self._state.num_images, scalars)

    def _show(self):
        """Hands newly generated clips to the observers."""
        if self._preview is None or self._state.stage < 0:
            return
        audio, rows, data = self._preview(self._state)
        for observer in self._observers:
            observer.on_preview(self._state.num_images, audio, rows, data)


class _LogWindow:
    """Means of scalars over the steps since the last log, the rate of images, and the time spent waiting for them."""

    def __init__(self):
        self._sums = {}
        self._counts = {}
        self._total_seconds = self._total_waited_seconds = 0.0
        self.restart_clock()

    def restart_clock(self):
        """Measures anew from here on, so that tracing does not count as training."""
        self._start = time.monotonic()
        self._num_images = 0
        self._waited_seconds = 0.0

    def waited_for(self, batches):
        """Yields what `batches` yields, and counts the time that each takes to come."""
        batches = iter(batches)
        while True:
            start = time.monotonic()
            try:
                batch = next(batches)
            except StopIteration:
                return
            self._waited_seconds += time.monotonic() - start
            yield batch

    def add(self, scalars, num_images):
        """Adds the scalars of one step on `num_images` images."""
        for name, value in scalars.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
        self._num_images += num_images

    def take(self):
        """Returns the means, the images a second and the percentage of waiting, and empties the window.

        The last two are left out if nothing but tracing was measured; {} if there was no step.
        """
        if not self._counts:
            return {}
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        seconds = time.monotonic() - self._start
        if self._num_images and seconds > 0:
            means["images_per_second"] = self._num_images / seconds
            means["input_wait_percent"] = 100.0 * self._waited_seconds / seconds
            self._total_seconds += seconds
            self._total_waited_seconds += self._waited_seconds
        self._sums, self._counts = {}, {}
        self.restart_clock()
        return means

    @property
    def total_wait_percent(self):
        """Percentage of waiting over all windows."""
        return 100.0 * self._total_waited_seconds / max(1e-9, self._total_seconds)
