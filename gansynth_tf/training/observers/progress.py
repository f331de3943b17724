"""The line that tells the user how far a training is and how long it will take."""

import collections
import math
import shutil
import time

_LOSSES = {"generator_loss": "G", "discriminator_loss": "D"}
# Training that waits longer for its data is slowed by them.
_SHOWN_WAIT_PERCENT = 3.0
_SECONDS_BETWEEN_REWRITES = 0.2
_SECONDS_OF_SPEED = 20.0


class ProgressLine:
    """Observer that shows images, stage, fade, losses, speed and time left.

    On a terminal one line is written over and over; elsewhere a new line every `interval_seconds`.

    Args:
        growth: GrowthSchedule of the run.
        stage_shapes: (frames, bins, ...) of each stage, smallest first.
        stream: Text file to write to, as sys.stdout.
        interval_seconds: Least time between two lines where the stream is no terminal.
        relative_costs: Work of one image at each stage, in any unit, to forecast stages that were not measured yet;
            None takes them to be as fast as the last measured one and says "at least".
        clock: Function that returns seconds.
    """

    def __init__(
        self,
        growth,
        stage_shapes,
        stream,
        *,
        interval_seconds=30.0,
        relative_costs=None,
        clock=time.monotonic,
    ):
        self._growth = growth
        self._stage_shapes = stage_shapes
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._time_left = TimeLeft(growth, relative_costs)
        self._last_line_at = -math.inf
        self._line = _RewrittenLine(stream)

    def on_log(self, num_images, scalars):
        """Shows the state after `num_images` images; scalars without a speed, as those of an alarm, are not shown."""
        if "images_per_second" not in scalars:
            return
        self._time_left.measure(num_images, scalars["images_per_second"])
        is_last = num_images >= self._growth.total_images
        if self._is_terminal:
            self._line.rewrite(self.text(num_images, scalars))
        elif is_last or self._clock() - self._last_line_at >= self._interval_seconds:
            self._last_line_at = self._clock()
            self._stream.write(self.text(num_images, scalars) + "\n")
            self._stream.flush()

    def on_preview(self, num_images, audio, rows, data):
        """Shows nothing."""

    def on_save(self, num_images):
        """Shows nothing."""

    def on_resume(self, num_images):
        """Shows nothing."""

    def close(self):
        """Ends the line, so that what follows starts on a new one."""
        self._line.end()
        self._stream.flush()

    def note(self, text):
        """Writes a line of its own that stays, as the warning of an alarm."""
        self._line.wipe()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def text(self, num_images, scalars):
        """Returns the line after `num_images` images."""
        total = self._growth.total_images
        speed = scalars["images_per_second"]
        # The most important first: a narrow terminal cuts the end.
        parts = [
            f"{num_images:,}/{total:,} images ({100 * num_images / total:.0f} %)",
            self._time_left.text(num_images),
            self._stage_text(num_images),
            f"{speed:.{0 if speed >= 100 else 1}f} images/s",
        ]
        if scalars.get("input_wait_percent", 0.0) > _SHOWN_WAIT_PERCENT:
            parts.append(f"waits on input {scalars['input_wait_percent']:.0f} %")
        losses = [f"{short} {scalars[name]:.2f}" for name, short in _LOSSES.items() if name in scalars]
        if losses:
            parts.append(" ".join(losses))
        return " | ".join(parts)

    def _stage_text(self, num_images):
        """Returns the size that was trained last, and how far it has faded in."""
        phase = self._growth.phase(max(0, num_images - 1))
        size = "x".join(map(str, self._stage_shapes[phase.stage][:2]))
        if not phase.fading:
            return size
        share = self._growth.progress(min(num_images, phase.end_images)) - (phase.stage - 1)
        return f"{size} fading in {100 * min(1.0, share):.0f} %"


class TimeLeft:
    """Forecasts the rest of a training from the speeds measured at each stage.

    Args:
        growth: GrowthSchedule of the run.
        relative_costs: Work of one image at each stage, in any unit, or None if it is not known.
    """

    def __init__(self, growth, relative_costs=None):
        if relative_costs is not None and len(relative_costs) != growth.num_stages:
            raise ValueError(
                f"`relative_costs` needs one number for each of {growth.num_stages} stages. "
                f"Received: {len(relative_costs)}."
            )
        self._growth = growth
        self._costs = relative_costs
        self._seconds_an_image = {}

    def measure(self, num_images, images_per_second):
        """Takes in the speed of the images just before `num_images`; the newest two count most."""
        if not images_per_second > 0:
            return
        stage = self._growth.phase(max(0, num_images - 1)).stage
        seconds = 1.0 / images_per_second
        before = self._seconds_an_image.get(stage, seconds)
        self._seconds_an_image[stage] = 0.5 * before + 0.5 * seconds

    def seconds(self, num_images):
        """Returns (seconds left after `num_images` images, whether all of them rest on a measurement or a cost).

        None stands for the seconds as long as nothing was measured.
        """
        if not self._seconds_an_image:
            return None, False
        left, is_known = 0.0, True
        for phase in self._growth.phases():
            images = phase.end_images - max(num_images, phase.start_images)
            if images > 0:
                seconds, is_stage_known = self._seconds_at(phase.stage)
                left += images * seconds
                is_known = is_known and is_stage_known
        return left, is_known

    def text(self, num_images):
        """Returns the time left in words."""
        seconds, is_known = self.seconds(num_images)
        if seconds is None:
            return "time left unknown"
        return f"{'' if is_known else 'at least '}{duration(seconds)} left"

    def _seconds_at(self, stage):
        """Returns the seconds of an image at `stage`, and whether more than a lower bound is known of them."""
        if stage in self._seconds_an_image:
            return self._seconds_an_image[stage], True
        nearest = max(self._seconds_an_image)
        seconds = self._seconds_an_image[nearest]
        if self._costs is None:
            return seconds, False
        return seconds * self._costs[stage] / self._costs[nearest], True


class CountLine:
    """Shows how far work on many things is: how many are done, how fast, and the time left.

    On a terminal one line is written over and over; elsewhere a new line every `interval_seconds`. Nothing is shown of
    what is done when it is first counted. Another total, or a smaller count, is the beginning of other work.

    Args:
        what: Names the work, as "Spectra".
        things: What is counted, as "clips".
        announce: Takes a line that stays.
        stream: Text file that may be a terminal, as sys.stdout; the same that `announce` writes to.
        interval_seconds: Least time between two lines where the stream is no terminal.
        clock: Function that returns seconds.
    """

    def __init__(self, what, things, announce, stream, *, interval_seconds=5.0, clock=time.monotonic):
        self._what = what
        self._things = things
        self._announce = announce
        self._line = _RewrittenLine(stream)
        self._is_terminal = stream.isatty()
        self._interval_seconds = _SECONDS_BETWEEN_REWRITES if self._is_terminal else interval_seconds
        self._clock = clock
        self._last = (0, None)
        self._moments = collections.deque()
        self._last_shown_at = 0.0

    def __call__(self, done, total):
        """Takes in that `done` of `total` things are done, and shows it if it is time."""
        now = self._clock()
        done_before, total_before = self._last
        self._last = (done, total)
        if total != total_before or done < done_before:
            self.close()
            self._moments.clear()
            self._moments.append((now, done))
            self._last_shown_at = now
            return
        is_end = done >= total
        if is_end and done == done_before:
            return
        if not is_end and now - self._last_shown_at < self._interval_seconds:
            return
        self._last_shown_at = now
        text = self.text(done, total, now)
        if not self._is_terminal:
            self._announce(text)
            return
        self._line.rewrite(text)
        if is_end:
            self.close()

    def close(self):
        """Ends the line, so that what follows starts on a new one."""
        self._line.end()

    def text(self, done, total, now):
        """Returns the line; the speed is that of the last while, since a start may be slow."""
        while len(self._moments) > 1 and now - self._moments[1][0] >= _SECONDS_OF_SPEED:
            self._moments.popleft()
        start, done_before = self._moments[0]
        self._moments.append((now, done))
        text = f"{self._what}: {done:,} of {total:,} {self._things} ({100 * done // total} %)"
        if done == done_before:
            return text
        rate = (done - done_before) / max(1e-9, now - start)
        text += f", {rate:,.{0 if rate >= 10 else 1}f} a second"
        return text if done >= total else f"{text}, {duration((total - done) / rate)} left"


class _RewrittenLine:
    """One line of a terminal that is written over and over.

    Args:
        stream: The terminal, as a text file.
    """

    def __init__(self, stream):
        self._stream = stream
        self._shown_width = 0

    def rewrite(self, text):
        """Writes over the line shown before, cut to the width of the terminal."""
        text = text[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + text.ljust(self._shown_width))
        self._stream.flush()
        self._shown_width = len(text)

    def wipe(self):
        """Takes away what is shown, if anything is."""
        if self._shown_width:
            self._stream.write("\r" + " " * self._shown_width + "\r")
            self._shown_width = 0

    def end(self):
        """Starts a new line, if anything is shown."""
        if self._shown_width:
            self._stream.write("\n")
            self._stream.flush()
            self._shown_width = 0


def duration(seconds):
    """Returns a time in words of two units at most, as "2 h 05 min"."""
    seconds = math.ceil(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24} h"
