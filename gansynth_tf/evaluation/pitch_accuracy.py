"""Whether notes have the pitch that was asked for, by their fundamental frequency: no classifier is asked."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from gansynth_tf.audio.pitch import PERIODIC, estimate_pitch
from gansynth_tf.metrics.intervals import NORMAL_95, share_interval

WITHIN_CENTS = 50.0
_OCTAVE_CENTS = 1200.0


@dataclasses.dataclass(frozen=True)
class PitchScores:
    """What was heard of a set of notes. Shares are of all of them; a note without any pitch is in none.

    Args:
        num_notes: How many.
        within: Share within 50 cents of the pitch that was asked for.
        within_low: Lower end of its 95 % interval.
        within_high: Upper end.
        octave_off: Share within 50 cents of another octave of it.
        clear: Share that is clearly one note, at whatever pitch.
        mean_cents: Mean distance from the pitch that was asked for, of the notes that have any; NaN if none has.
        mean_cents_low: Lower end of its 95 % interval.
        mean_cents_high: Upper end.
        median_cents: Median of the same distances, which a few octaves do not move.
    """

    num_notes: int
    within: float
    within_low: float
    within_high: float
    octave_off: float
    clear: float
    mean_cents: float
    mean_cents_low: float
    mean_cents_high: float
    median_cents: float


def pitch_errors(audio: np.ndarray, midi: Sequence[float], sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns how far notes are from the pitch that was asked for.

    Args:
        audio: [num_notes, length_samples] float32.
        midi: [num_notes] the pitches that were asked for, 69 being 440 Hz.
        sample_rate: In hertz.

    Returns:
        cents: [num_notes] float64, positive where a note is too high, NaN where it has no pitch.
        periodicity: [num_notes] float64, from 0 (noise) to 1 (a note).

    Source: audio.pitch (YIN).
    """
    heard = [estimate_pitch(clip, sample_rate) for clip in audio]
    cents = [100.0 * (pitch.midi - asked) for pitch, asked in zip(heard, midi, strict=True)]
    return np.array(cents, np.float64), np.array([pitch.periodicity for pitch in heard], np.float64)


def pitch_scores(cents: np.ndarray, periodicity: np.ndarray) -> PitchScores:
    """Returns the scores of notes; arguments as `pitch_errors` returns them.

    Raises:
        ValueError: If there are no notes.
    """
    num = len(cents)
    if not num:
        raise ValueError("Expected at least one note to score. Received: none.")
    distances = np.abs(cents)  # Of no pitch it is NaN, which no comparison holds for.
    is_right = distances < WITHIN_CENTS
    from_octave = np.abs(cents - _OCTAVE_CENTS * np.round(cents / _OCTAVE_CENTS))
    low, high = share_interval(int(is_right.sum()), num)
    known = distances[np.isfinite(distances)]
    mean = float(known.mean()) if len(known) else math.nan
    half = NORMAL_95 * float(known.std(ddof=1)) / math.sqrt(len(known)) if len(known) > 1 else math.nan
    return PitchScores(
        num_notes=num,
        within=float(is_right.mean()),
        within_low=low,
        within_high=high,
        octave_off=float(((from_octave < WITHIN_CENTS) & ~is_right).mean()),
        clear=float((periodicity >= PERIODIC).mean()),
        mean_cents=mean,
        mean_cents_low=max(0.0, mean - half),
        mean_cents_high=mean + half,
        median_cents=float(np.median(known)) if len(known) else math.nan,
    )
