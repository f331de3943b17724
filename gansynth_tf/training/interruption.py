"""Ctrl-C and kill (SIGTERM): the first asks the loop to save and stop, a second one stops at once."""

import signal
import threading


class Interruption:
    """Context in which SIGINT and SIGTERM set a flag instead of ending the process.

    Outside the main thread, where Python allows no handlers, it changes nothing.
    """

    def __init__(self):
        self._asked = False
        self._former = {}

    def __call__(self):
        """Returns whether the user asked to stop."""
        return self._asked

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._former[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *error):
        self._restore()

    def _handle(self, number, frame):
        """Notes the wish; from now on a further signal has its usual effect."""
        del number, frame
        self._asked = True
        self._restore()

    def _restore(self):
        """Puts the former handlers back."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former = {}
