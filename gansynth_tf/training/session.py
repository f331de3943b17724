"""A whole run, from its parts to the last save: set-up, resume, training, a clean end."""

import dataclasses
import pathlib
import sys
import time

import numpy as np

from gansynth_tf.data import clip_cache, pipeline
from gansynth_tf.options import UserError
from gansynth_tf.training import devices, transfer
from gansynth_tf.training.checkpoints import CheckpointStore
from gansynth_tf.training.interruption import Interruption
from gansynth_tf.training.loop import FINISHED, INTERRUPTED, Schedule, TrainingLoop
from gansynth_tf.training.observers.progress import CountLine
from gansynth_tf.training.previews import PreviewGenerator
from gansynth_tf.training.record_making import data_facts, new_record
from gansynth_tf.training.run_record import FILE_NAME, RunRecord
from gansynth_tf.training.state import TrainingState


def train(parts, run_dir, make_observers, announce=print, stream=None):
    """Trains a run, or goes on with it, until it is finished or interrupted.

    Args:
        parts: Has dataset, labels, mixture, representation, loss, growth, training (AdversarialTraining), seed,
            settings, identity_settings, chosen, data_fingerprint, source() and architecture(scale, offset,
            compute_dtype=...): an Experiment.
        run_dir: Folder of the run, made if needed.
        make_observers: Function of (RunFacts) that returns the list of observers.
        announce: Takes the lines that tell the user what happens.
        stream: Text file that `announce` writes to, for counts that are written over and over if it is a terminal;
            None is sys.stdout.

    Returns:
        loop.FINISHED or loop.INTERRUPTED.

    Raises:
        UserError: If an option does not fit the machine or the data.
        TrainingDiverged: If a loss is not finite.
        OSError: If the disk is full; the last save is good.
    """
    run_dir = pathlib.Path(run_dir)
    options = parts.training
    try:
        strategy = devices.make_strategy(options.num_replicas)
        options.check_replicas(strategy.num_replicas_in_sync)
    except ValueError as error:
        raise UserError(str(error)) from error
    compute_dtype = devices.compute_dtype(options.precision)
    announce(f"Devices: {', '.join(strategy.extended.worker_devices)}. Convolutions in {compute_dtype}.")
    with Interruption() as should_stop:
        try:
            lines = _Lines(announce, stream or sys.stdout, should_stop)
            _prepare(parts, run_dir, lines)
            # Before the spectra are made: that of other data may take hours.
            record = known_record(parts, run_dir, announce)
            if record is not None and record != RunRecord.load(run_dir):
                record.save(run_dir)  # The clips are others, which was accepted.
            data = _data(parts, run_dir, lines)
        except KeyboardInterrupt:
            announce("Interrupted before training. What was made of the data is kept.")
            return INTERRUPTED
        rows = parts.labels.rows("train")
        store = CheckpointStore(
            run_dir / "checkpoints", keep=options.keep_saves, keep_images=options.keep_images
        )
        latest = store.latest()
        # Read now, not before the spectra were made: it may be at work and have learnt more.
        source = parts.source() if latest is None else None
        # A run that was killed before its first save may have had another source.
        if record is None or (latest is None and (source or record.started_from)):
            record = new_record(parts, data, source, announce)
            record.save(run_dir)
        architecture = parts.architecture(record.scale, record.offset, compute_dtype=compute_dtype)
        state = TrainingState(architecture, strategy, options)
        facts = RunFacts(run_dir, record, architecture, parts.growth, data, rows, parts.representation)
        observers = make_observers(facts)
        if latest is None:
            _begin(state, source, record, parts.growth, store, observers, announce)
            source = None  # Its weights are as large as the networks.
        else:
            _resume(state, store, latest, observers, announce)
        preview = _preview(parts, rows) if options.preview_minutes else None
        loop = _loop(parts, facts, state, store, observers, preview, should_stop)
        try:
            return _timed(loop, state, announce)
        finally:
            for observer in observers:
                observer.close()


@dataclasses.dataclass(frozen=True)
class RunFacts:
    """What observers may want to know of a run.

    Attributes:
        run_dir: Folder of the run.
        record: RunRecord with labels, constants and sizes.
        architecture: Of the catalogue.
        growth: GrowthSchedule.
        data: CachedClips [num_clips, *data_shape] float32 of the clips that are trained on.
        rows: [num_clips, labels] int32, their labels.
        representation: Of the catalogue.
    """

    run_dir: pathlib.Path
    record: RunRecord
    architecture: object
    growth: object
    data: clip_cache.CachedClips
    rows: np.ndarray
    representation: object


class _Lines:
    """Where the work before training tells how far it is, and learns that the user asks to stop.

    Args:
        announce: Takes lines that stay.
        stream: Text file that `announce` writes to.
        should_stop: Function that tells whether the user asked to stop.
    """

    def __init__(self, announce, stream, should_stop):
        self.announce = announce
        self._stream = stream
        self._should_stop = should_stop

    def counted(self, what, things):
        """Returns a progress(done, total) that shows a count, and raises KeyboardInterrupt to stop."""
        line = CountLine(what, things, self.announce, self._stream)

        def progress(done, total):
            line(done, total)
            if self._should_stop():
                line.close()
                raise KeyboardInterrupt

        return progress


def _cache_dir(parts, run_dir):
    return parts.training.cache_dir or run_dir / "cache"


def _prepare(parts, run_dir, lines):
    """Reads the dataset's recordings, and tells what they are."""
    parts.dataset.prepare(_cache_dir(parts, run_dir), lines.counted("Recordings", "files"))
    for report in (parts.dataset.report(), parts.labels.report()):
        lines.announce(report)


def _data(parts, run_dir, lines):
    """Returns the data of the clips that are trained on."""
    return clip_cache.cached_clips(
        parts.dataset,
        "train",
        parts.representation,
        _cache_dir(parts, run_dir),
        parts.data_fingerprint,
        parts.training.num_workers,
        lines.announce,
        lines.counted("Spectra", "clips"),
        parts.labels.clips("train"),
    )


def known_record(parts, run_dir, announce):
    """Returns the record of a run that goes on, with what the data are now; None for a new run.

    Args:
        parts: As `train` takes them.
        run_dir: Folder of the run.
        announce: Takes a line if the clips are others, and the options accept that.

    Raises:
        UserError: If the data are not those that the run was trained on, or the record is damaged.
    """
    if not (run_dir / FILE_NAME).exists():
        return None
    try:
        record = RunRecord.load(run_dir)
    except ValueError as error:
        raise UserError(str(error)) from error
    classes = {name: tuple(names) for name, names in parts.labels.classes.items()}
    if record.labels != classes:
        raise UserError(
            f"{run_dir} was trained on other classes than the data have now; nothing was changed. "
            f"Trained on: {record.labels}. Found: {classes}. Give the former data, or start a new run."
        )
    now = dataclasses.replace(record, **data_facts(parts))
    if record.data in ("", now.data):
        return record
    counts = f"{record.num_clips:,} clips then, {now.num_clips:,} now"
    if not parts.training.accept_changed_data:
        raise UserError(
            f"{run_dir} was trained on other clips than the data have now ({counts}); nothing was changed. Give the "
            "former data, start a new run, or go on with these by --accept_changed_data."
        )
    announce(f"The training clips are others than before: {counts}. The run goes on with these.")
    return now


def has_save(run_dir):
    """Returns whether a run has a save that it can go on from."""
    return CheckpointStore(pathlib.Path(run_dir) / "checkpoints").latest() is not None


def _begin(state, source, record, growth, store, observers, announce):
    """Starts a run at image 0, from the weights of a source if there is one."""
    for note in store.notes:
        announce(note)
    for observer in observers:
        observer.on_resume(0)
    if source is None:
        return
    taken = transfer.TakenOver(source, state.arrays()[0], state.architecture.named_slices(), record.labels)
    if not taken.num_taken("generator") + taken.num_taken("discriminator"):
        raise UserError(f"--init_from={source.run_dir}: nothing of it fits this run. Leave out --init_from.")
    for line in (*taken.lines(), *transfer.growth_lines(source, state.architecture, growth)):
        announce(line)
    state.take_weights(taken.arrays)
    # The ramp-up of a new average would forget the source's within a step. From here it follows the new sounds within
    # some hundred images: all that the source's images would give it is to follow them later.
    state.average_head_start = min(source.averaged_images, state.options.ema_half_life_images)
    phase = growth.phase(0)
    state.enter_phase(phase.index, phase.stage)
    state.progress = growth.progress(0)
    # At once, so that a run that has begun needs its source no more.
    store.save(0, *state.arrays())


def _resume(state, store, latest, observers, announce):
    """Takes the state from the newest good save, and cuts the observers' records back to it."""
    for note in store.notes:
        announce(note)
    arrays, counters = store.load(latest)
    try:
        state.restore(arrays, counters)
    except ValueError as error:
        raise UserError(f"{latest} does not fit this run: {error}") from error
    for observer in observers:
        observer.on_resume(state.num_images)
    announce(f"Going on after {state.num_images:,} images.")
    if state.options.init_from:
        announce(f"--init_from={state.options.init_from} is ignored: the run goes on with its own weights.")


def _preview(parts, rows):
    """Returns the generator of previews."""
    counts = [len(classes) for classes in parts.labels.classes.values()]
    return PreviewGenerator(
        parts.representation, rows, counts[0] if counts else 0, parts.training.preview_clips, seed=parts.seed
    )


def _loop(parts, facts, state, store, observers, preview, should_stop):
    """Returns the loop, joined with its data."""
    options, rows, seed = parts.training, facts.rows, parts.seed
    groups, shares = parts.mixture or (None, None)

    def batches_from(num_images):
        batches = pipeline.batches(
            facts.data, rows, options.batch_size, seed, num_images, groups=groups, shares=shares
        )
        return pipeline.read_ahead(batches)

    label_rows = pipeline.LabelRows(rows, seed, groups, shares)

    def fake_rows(num_images):
        return label_rows.drawn(2 * options.batch_size, num_images).reshape(
            [2, options.batch_size, rows.shape[1]]
        )

    schedule = Schedule(60.0 * options.save_minutes, 60.0 * options.preview_minutes, options.log_seconds)
    return TrainingLoop(
        state,
        parts.growth,
        parts.loss,
        batches_from,
        fake_rows,
        store,
        observers,
        preview,
        seed=seed,
        schedule=schedule,
        should_stop=should_stop,
    )


def _timed(loop, state, announce):
    """Runs the loop and says how it ended."""
    start, start_images = time.monotonic(), state.num_images
    outcome = loop.run()
    minutes = (time.monotonic() - start) / 60.0
    trained = state.num_images - start_images
    end = {FINISHED: "Finished", INTERRUPTED: "Interrupted"}[outcome]
    announce(
        f"{end} after {state.num_images:,} images; {trained:,} of them now, in {minutes:.1f} minutes; "
        f"waited {loop.input_wait_percent:.1f} % of the time on input."
    )
    return outcome
