"""How values of an instrument are drawn around a prototype."""

import numpy as np


def between(rng, low, high):
    """Returns a float between two bounds, each octave as likely if both are positive."""
    if low > 0.0:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return float(rng.uniform(low, high))


def choose(rng, options):
    """Returns one of `options`, each as likely."""
    return options[int(rng.integers(len(options)))]


def formed(rng, resonances, spread=0.12):
    """Returns resonances (hertz, amplitude, quality) each moved by up to `spread` octaves and 2.5 dB."""
    return tuple(
        (
            hertz * 2.0 ** rng.uniform(-spread, spread),
            amplitude * 10.0 ** (rng.uniform(-2.5, 2.5) / 20.0),
            quality * 2.0 ** rng.uniform(-0.3, 0.3),
        )
        for hertz, amplitude, quality in resonances
    )


def room(rng, source):
    """Returns reflections (seconds, amplitude): a few for what a microphone heard, none for the rest."""
    if source == "synthetic":
        return ()
    loudest = 0.22 if source == "acoustic" else 0.08
    return tuple((between(rng, 0.006, 0.045), float(rng.uniform(-loudest, loudest))) for _ in range(3))


def recording(rng, source):
    """Returns what every instrument has: its source, the slope of its recording and its room."""
    return {"source": source, "tilt_db": float(rng.uniform(-1.5, 1.5)), "reflections": room(rng, source)}
