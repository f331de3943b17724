"""Pitched notes from wavetables: basses, keyboards, guitars.

A timbre is a spectrum with two decays: bright partials die away faster than dark ones, as on every struck
or plucked string; sustained sounds set long decays.
"""

import dataclasses

import numpy as np

TABLE_SIZE = 2048
# A phase is an unsigned integer that wraps once a period: exact, however long the note.
PHASE_BITS = 32
TABLE_SHIFT = np.uint32(PHASE_BITS - 11)


@dataclasses.dataclass(frozen=True)
class Timbre:
    """How a pitched instrument sounds.

    Args:
        slope: Partial k has amplitude k ** -slope.
        even: Level of the even partials, 1 a sawtooth, 0 a square wave's spectrum.
        cutoff_hz: Partials above are attenuated by 12 dB an octave.
        attack_seconds: Linear rise.
        decay_seconds: Time constant of the dark part of the spectrum.
        bright_seconds: Time constant of the partials from the third on.
        detune_cents: Distance of a second oscillator; 0 for none.
        drive: Soft clipping of the whole chord; 0 for none.
        partials: The highest partial at all.
    """

    slope: float
    even: float
    cutoff_hz: float
    attack_seconds: float
    decay_seconds: float
    bright_seconds: float
    detune_cents: float
    drive: float
    partials: int = 40


def midi_to_hz(note):
    """Returns the frequency in hertz of a MIDI note number."""
    return 440.0 * 2.0 ** ((note - 69) / 12.0)


def wavetables(timbre, f0_hz, sample_rate):
    """Returns float32 [2, TABLE_SIZE]: one period of the dark and of the bright partials.

    No partial lies above 0.45 of the sample rate, so that nothing aliases.
    """
    num_partials = max(1, min(timbre.partials, int(0.45 * sample_rate / f0_hz), TABLE_SIZE // 8))
    numbers = np.arange(1, num_partials + 1)
    amplitudes = numbers**-timbre.slope * np.where(numbers % 2 == 0, timbre.even, 1.0)
    amplitudes /= 1.0 + (numbers * f0_hz / timbre.cutoff_hz) ** 2
    # Quadratic phases spread the energy over the period: a lower crest factor than all sines in phase.
    spectrum = np.zeros((2, TABLE_SIZE // 2 + 1), np.complex128)
    partials = amplitudes * np.exp(1j * (0.37 * numbers * numbers - 0.5 * np.pi)) * TABLE_SIZE / 2.0
    spectrum[0, 1 : min(3, num_partials + 1)] = partials[:2]
    spectrum[1, 3 : num_partials + 1] = partials[2:]
    return np.fft.irfft(spectrum, TABLE_SIZE, axis=-1).astype(np.float32)


def chord(timbre, notes, num_samples, sample_rate, start_phase):
    """Returns the sum of notes that start together.

    Args:
        timbre: A `Timbre`.
        notes: MIDI note numbers, one or more.
        num_samples: Length, the release of 8 ms included.
        sample_rate: Hertz.
        start_phase: [notes or more] floats in [0, 1): phases in turns. Both oscillators of a note share
            one, or a slight detuning could cancel it for seconds.

    Returns:
        float32 [num_samples], about one at its loudest.
    """
    steps = np.arange(num_samples, dtype=np.uint32)
    dark = np.zeros(num_samples, np.float32)
    bright = np.zeros(num_samples, np.float32)
    detunes = (0.0,) if timbre.detune_cents == 0.0 else (-0.5, 0.5)
    for note, turn in zip(notes, start_phase, strict=False):
        f0_hz = midi_to_hz(note)
        tables = wavetables(timbre, f0_hz, sample_rate)
        for detune in detunes:
            turns = f0_hz * 2.0 ** (detune * timbre.detune_cents / 1200.0) / sample_rate
            increment = np.uint32(round(turns * 2**PHASE_BITS) % 2**PHASE_BITS)
            places = (steps * increment + np.uint32(turn * 2**PHASE_BITS)) >> TABLE_SHIFT
            dark += tables[0].take(places)
            bright += tables[1].take(places)
    times = steps.astype(np.float32) * np.float32(1.0 / sample_rate)
    audio = dark * np.exp(times * np.float32(-1.0 / timbre.decay_seconds))
    audio += bright * np.exp(times * np.float32(-1.0 / timbre.bright_seconds))
    audio *= np.float32(1.0 / (len(detunes) * np.sqrt(len(notes))))
    if timbre.drive > 0.0:
        audio = np.tanh(np.float32(timbre.drive) * audio)
    num_attack = min(max(1, int(timbre.attack_seconds * sample_rate)), num_samples)
    audio[:num_attack] *= np.arange(num_attack, dtype=np.float32) / num_attack
    num_release = min(max(1, int(0.008 * sample_rate)), num_samples)
    audio[num_samples - num_release :] *= np.linspace(1.0, 0.0, num_release, dtype=np.float32)
    return audio
