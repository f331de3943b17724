"""Computing the data of clips in several processes that take blocks of clips in turn.

Each process has a pipe of its own to this one and no lock in common with the others, so that one that is killed
takes nobody with it. A process whose pipe is closed writes what it has and ends.
"""

import contextlib
import dataclasses
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import numpy as np
import tensorflow as tf

from gansynth_tf.data import cache_locks
from gansynth_tf.data.cache_building import BATCH_SIZE, Builder, Work
from gansynth_tf.options import UserError, WorkFailed

Count = Callable[[int], None]

# A process imports TensorFlow first, which takes as long as some hundred clips, and half a GiB of memory. One process
# keeps two cores busy: there, two took half as long again as one for 6,000 clips of grooves and of notes.
_CLIPS_A_WORKER = 1000
_CORES_OF_ONE_PROCESS = 2
_MOST_WORKERS = 16
_LARGEST_SMALL_BLOCK = 256
_SECONDS_BETWEEN_COUNTS = 0.2
_SECONDS_TO_END = 20.0
_WANTS, _MADE, _FAILED = "wants", "made", "failed"


def num_workers(asked: int, num_clips: int) -> int:
    """Returns how many processes make `num_clips` clips.

    Args:
        asked: What the user asks for; 0 for as many as the work and the machine are good for.
        num_clips: Clips to make.

    Raises:
        ValueError: If `asked` is negative.
    """
    if asked < 0:
        raise ValueError(f"`num_workers` must not be negative. Received: num_workers={asked}.")
    usable = _num_cores() if _num_cores() > _CORES_OF_ONE_PROCESS else 1
    wanted = asked or min(_MOST_WORKERS, usable, num_clips // _CLIPS_A_WORKER)
    return max(1, min(wanted, -(-num_clips // BATCH_SIZE)))


def build(work: Work, indices: np.ndarray, addresses: Sequence[bytes], workers: int, count: Count) -> None:
    """Makes the data of some clips. However it ends, what was made is written.

    Args:
        work: What is to be made; can be pickled.
        indices: Numbers of the clips, increasing.
        addresses: Their addresses.
        workers: Number of processes; 1 is this one.
        count: Called with the number of clips that were made since the last call; an exception that it raises ends
            the work.

    Raises:
        UserError: If data are not finite, the disk is full, or a process is ended from outside.
    """
    if workers == 1:
        Builder(work, count).build(indices, addresses)
        return
    content = _pickled(work)
    started: list[_Worker] = []
    try:
        for _ in range(workers):
            started.append(_start(content, workers))
        _serve(started, _blocks(indices, addresses, workers), count)
    finally:
        _end(started)


def _num_cores():
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclasses.dataclass
class _Worker:
    """A process and this end of its pipe."""

    process: SpawnProcess
    connection: Connection


def _pickled(work):
    try:
        return pickle.dumps(work)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise TypeError(
            f"Several processes can only build a dataset and a representation that can be pickled: {error}. "
            "Keep no open file, lambda or local function on them, or build with one process."
        ) from error


def _blocks(indices, addresses, workers) -> Iterator[tuple[np.ndarray, list[bytes]]]:
    """Yields stretches of the clips: long ones first, since a set may be slow to find its place, short ones last, so
    that all processes end together."""
    smallest = min(_LARGEST_SMALL_BLOCK, max(BATCH_SIZE, len(indices) // (8 * workers)))
    start = 0
    while start < len(indices):
        stop = start + max(smallest, (len(indices) - start) // (2 * workers))
        yield indices[start:stop], list(addresses[start:stop])
        start = stop


def _start(content, workers):
    """Returns a new worker."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    num_threads = max(1, _num_cores() // workers)
    process = context.Process(target=_work, args=(theirs, content, num_threads), daemon=True)
    with theirs, _interrupts_blocked():
        process.start()
    return _Worker(process, ours)


@contextlib.contextmanager
def _interrupts_blocked():
    """Context whose new processes never see Ctrl-C, from their first instruction on: this process ends them."""
    # Its first start would unblock the signals.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(workers, blocks, count):
    """Hands out blocks until there are none left and all are made."""
    busy = {worker.connection: worker for worker in workers}
    while busy:
        for connection in multiprocessing.connection.wait(list(busy), _SECONDS_BETWEEN_COUNTS):
            try:
                with _closing_told():
                    kind, value = connection.recv()
                    if kind == _WANTS:
                        block = next(blocks, None)
                        connection.send(block)
            except _Closed as closed:
                raise _death(busy[connection].process) from closed
            if kind == _WANTS and block is None:
                del busy[connection]
            elif kind == _MADE:
                count(value)
            elif kind == _FAILED:
                raise _failure(*value)
        count(0)


def _end(workers):
    """Lets the workers write what they have, and sees that none stays."""
    for worker in workers:
        worker.connection.close()
    deadline = time.monotonic() + _SECONDS_TO_END
    for end in (lambda process: None, SpawnProcess.terminate, SpawnProcess.kill):
        for worker in workers:
            if worker.process.is_alive():
                end(worker.process)
        for worker in workers:
            worker.process.join(max(1.0, deadline - time.monotonic()))


def _death(process):
    """Returns the error for a process that is gone before its work was done."""
    process.join(_SECONDS_TO_END)
    code = process.exitcode
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return WorkFailed(
            f"A process that makes spectra was ended from outside ({name}). What is done is kept: start again, and if "
            "memory is short with a smaller --num_workers."
        )
    return WorkFailed(
        f"A process that makes spectra ended with status {code} before its work was done. A script of your own that "
        'builds with several processes needs `if __name__ == "__main__":` around what it does; or give num_workers=1.'
    )


def _failure(error, text):
    """Returns the error that a worker reported."""
    if isinstance(error, (UserError, OSError)):
        return error
    return RuntimeError(f"A process that makes spectra failed:\n{text}")


def _work(connection, content, num_threads):
    """Is what a worker does."""
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(num_threads)
    tf.config.threading.set_inter_op_parallelism_threads(num_threads)

    def say(kind, value=None):
        with _closing_told():
            connection.send((kind, value))

    with _Reported(say):
        work = pickle.loads(content)
        with cache_locks.in_use(work.path):
            builder = Builder(work, lambda num_more: say(_MADE, num_more))
            while True:
                say(_WANTS)
                with _closing_told():
                    block = connection.recv()
                if block is None:
                    return
                builder.build(*block)


class _Reported:
    """Context of a worker: tells the process that started it what went wrong."""

    def __init__(self, say):
        self._say = say

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None or kind is _Closed:
            return True
        known = error if isinstance(error, (UserError, OSError)) else None
        with contextlib.suppress(_Closed):
            self._say(_FAILED, (known, "".join(traceback.format_exception(kind, error, trace))))
        return True


class _Closed(Exception):
    """The process at the other end of a pipe is gone, or wants nothing any longer."""


@contextlib.contextmanager
def _closing_told():
    """Context of reading from a pipe and writing to it, in which a closed end raises _Closed."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise _Closed from error
