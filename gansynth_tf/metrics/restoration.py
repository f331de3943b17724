"""How much of a clip is left after it was turned into something else and back: one number a clip."""

import numpy as np

from gansynth_tf.audio import pitch
from gansynth_tf.metrics.arrays import matching_matrices

# Levels in a spectrum that are compared: from the clip's loudest bin so far down.
RANGE_DB = 60.0
_WINDOW_SECONDS = 0.064


def signal_to_noise_db(clips, restored) -> np.ndarray:
    """Returns the level of each clip above that of its error: 10 log10(sum x^2 / sum (y - x)^2).

    0 dB is an error as loud as the clip: that of silence. Waveforms must lie sample on sample: a sound that the ear
    takes for the same can be below 0 dB, where its phases are others.

    Args:
        clips: [num, length_samples].
        restored: [num, length_samples].

    Returns:
        [num] float64; infinite for a clip without error, not a number for a silent one.

    Raises:
        ValueError: If the shapes differ, or a sample is not finite.
    """
    clips, restored = matching_clips(clips, restored)
    return -_level_db(restored - clips, clips)


def level_change_db(clips, restored) -> np.ndarray:
    """Returns how much louder each clip came back, by its root mean square; negative where it is quieter.

    Args:
        clips: [num, length_samples].
        restored: [num, length_samples].

    Returns:
        [num] float64; minus infinity where silence came back, not a number for a silent clip.

    Raises:
        ValueError: If the shapes differ, or a sample is not finite.
    """
    clips, restored = matching_clips(clips, restored)
    return _level_db(restored, clips)


def log_spectral_distance_db(clips, restored, sample_rate: int) -> np.ndarray:
    """Returns how far the spectrum of each clip moved, whatever its phases: what the ear hears of the error.

    Per frame the root mean square over bins of the difference in dB, then the mean over frames. Hann windows of 64 ms,
    a quarter of that apart; bins quieter than 60 dB below the clip's loudest count as so quiet.

    Args:
        clips: [num, length_samples].
        restored: [num, length_samples].
        sample_rate: In hertz.

    Returns:
        [num] float64; not a number for a silent clip.

    Raises:
        ValueError: If the shapes differ, or a sample is not finite.

    Source: Gray and Markel, Distance measures for speech processing, 1976, with a floor.
    """
    clips, restored = matching_clips(clips, restored)
    distances = np.full(len(clips), np.nan)
    for number, (before, after) in enumerate(zip(clips, restored, strict=True)):
        magnitudes = _magnitudes(before, sample_rate)
        floor = magnitudes.max() * 10 ** (-RANGE_DB / 20)
        if floor > 0.0:
            ratios = np.maximum(_magnitudes(after, sample_rate), floor) / np.maximum(magnitudes, floor)
            distances[number] = np.mean(np.sqrt(np.mean(np.square(20 * np.log10(ratios)), axis=1)))
    return distances


def pitch_change_cents(clips, restored, sample_rate: int) -> np.ndarray:
    """Returns how much higher the fundamental of each clip came back, by YIN.

    Args:
        clips: [num, length_samples].
        restored: [num, length_samples].
        sample_rate: In hertz.

    Returns:
        [num] float64; not a number where the clip is not one note, infinite where no fundamental came back.

    Raises:
        ValueError: If the shapes differ, or a sample is not finite.
    """
    clips, restored = matching_clips(clips, restored)
    changes = np.full(len(clips), np.nan)
    for number, (before, after) in enumerate(zip(clips, restored, strict=True)):
        note = pitch.estimate_pitch(before, sample_rate)
        if note.periodicity >= pitch.PERIODIC:
            found = pitch.estimate_pitch(after, sample_rate)
            changes[number] = 100.0 * (found.midi - note.midi) if found.f0_hz > 0 else np.inf
    return changes


def matching_clips(clips, restored) -> tuple[np.ndarray, np.ndarray]:
    """Returns both as float64 [num, length_samples], or raises ValueError if they are not clips of one shape."""
    if np.shape(clips) != np.shape(restored) or np.ndim(clips) != 2:
        raise ValueError(
            "Expected `clips` and `restored` of one shape [num, length_samples]. "
            f"Received: {np.shape(clips)} and {np.shape(restored)}."
        )
    return matching_matrices(("clips", "restored"), clips, restored)


def _level_db(sounds, clips):
    """Returns [num] mean squares of `sounds` over those of `clips` in dB; not a number for a silent clip."""
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.mean(np.square(clips), axis=1)
        return np.where(powers > 0.0, 10.0 * np.log10(np.mean(np.square(sounds), axis=1) / powers), np.nan)


def _magnitudes(clip, sample_rate):
    """Returns magnitudes [frames, bins] of a clip [length_samples], its first and last frame half full."""
    length = 2 * round(0.5 * _WINDOW_SECONDS * sample_rate)
    hop = length // 4
    padded = np.pad(clip, (length // 2, length // 2 + -len(clip) % hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
    return np.abs(np.fft.rfft(frames * np.hanning(length + 1)[:-1]))
