"""A headless Chromium, driven through the DevTools protocol over two pipes: needs nothing but the browser itself."""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

BINARIES = ("chromium", "chromium-browser", "google-chrome")
# --no-sandbox: a sandbox cannot be had in most containers, and nothing but our own pages is opened. The rest keeps the
# browser from calling home, which it does at every start.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--remote-debugging-pipe",
)
# Comes true when every picture is there and two frames were drawn.
_DRAWN = """Promise.all([...document.images].map(one => {
    one.loading = "eager";
    return one.decode().catch(() => 0);
})).then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))"""


def find_chromium():
    """Returns the path of the browser, or None."""
    return next((path for path in map(shutil.which, BINARIES) if path), None)


class Chromium:
    """A browser with one tab; a context manager that ends it.

    Args:
        binary: Path of the browser.
        timeout_seconds: How long an answer may take.
    """

    def __init__(self, binary, timeout_seconds=60.0):
        self._timeout_seconds = timeout_seconds
        self._next = 0
        self._received = b""
        self._session = None
        self.events = []
        with contextlib.ExitStack() as stack:
            profile = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
            )
            # The browser reads commands from its file 3 and writes to its file 4.
            (reads, self._commands), (self._answers, writes) = os.pipe(), os.pipe()
            for end in (self._commands, self._answers):
                stack.callback(os.close, end)
            # The shell closes what it moved: a browser that held the far end of a pipe would not see it close.
            moves = f'exec "$0" "$@" 3<&{reads} 4>&{writes}'
            command = ["bash", "-c", moves, binary, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
            self._process = subprocess.Popen(
                command, pass_fds=(reads, writes), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            os.close(reads)
            os.close(writes)
            stack.callback(self._end)
            targets = self._call("Target.getTargets")["targetInfos"]
            target = next(one["targetId"] for one in targets if one["type"] == "page")
            attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
            self._session = attached["sessionId"]
            for domain in ("Page", "Network", "Log", "Runtime"):
                self._call(f"{domain}.enable")
            self._stack = stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.close()

    def open(self, address, width=1280, height=900):
        """Opens a page in a window of a size, as a telephone does if it is narrow, and waits until it is loaded."""
        self.resize(width, height)
        self.events.clear()
        answer = self._call("Page.navigate", url=address)
        if answer.get("errorText"):
            raise OSError(f"{address} cannot be opened: {answer['errorText']}")
        self._wait("Page.loadEventFired")

    def resize(self, width, height):
        """Gives the window a size."""
        sizes = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._call("Emulation.setDeviceMetricsOverride", **sizes)

    def evaluate(self, expression):
        """Returns the value of an expression of the page; of a promise, what it comes to."""
        # As if the user had clicked: without that, nothing may sound.
        how = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        answer = self._call("Runtime.evaluate", expression=expression, **how)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def requests(self):
        """Returns the addresses that were asked for since the page was opened."""
        return [
            one["params"]["request"]["url"]
            for one in self.events
            if one["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self):
        """Returns what the browser and the page's scripts complained of."""
        entries = [one["params"]["entry"]["text"] for one in self.events if one["method"] == "Log.entryAdded"]
        thrown = [str(one["params"]) for one in self.events if one["method"] == "Runtime.exceptionThrown"]
        return entries + thrown

    def dark(self, is_dark):
        """Sets whether the user likes it dark."""
        value = "dark" if is_dark else "light"
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def screenshot(self):
        """Returns what the window shows, as a PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot")["data"])

    def screenshots(self, most=1600):
        """Returns the whole page as PNGs, none of them higher than `most` pixels."""
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        # What was never on the screen is not drawn yet: pictures that wait, and the inside of players.
        self.resize(size["width"], size["height"])
        self.evaluate(_DRAWN)
        pictures = []
        for y in range(0, size["height"], most):
            clip = {
                "x": 0,
                "y": y,
                "width": size["width"],
                "height": min(most, size["height"] - y),
                "scale": 1,
            }
            pictures.append(base64.b64decode(self._call("Page.captureScreenshot", clip=clip)["data"]))
        return pictures

    def pdf(self):
        """Returns the page as it is printed."""
        return base64.b64decode(self._call("Page.printToPDF", printBackground=True)["data"])

    def _call(self, method, **parameters):
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            answer = self._read(deadline, method)
            if answer.get("id") == self._next:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _wait(self, event):
        deadline = time.monotonic() + self._timeout_seconds
        while not any(one["method"] == event for one in self.events):
            self._read(deadline, event)

    def _read(self, deadline, awaited):
        """Returns the next message; events are kept as well."""
        while b"\0" not in self._received:
            if not select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"Chromium did not answer to {awaited} in {self._timeout_seconds:g} s.")
            piece = os.read(self._answers, 1 << 20)
            if not piece:
                raise OSError(f"Chromium ended while {awaited} was awaited, status {self._process.poll()}.")
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        answer = json.loads(message)
        if "method" in answer:
            self.events.append(answer)
        return answer

    def _end(self):
        """Ends the browser, kindly first."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
