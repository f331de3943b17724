"""The engine of held notes: a wavetable whose spectrum moves, read at a pitch that moves."""

import numpy as np
from scipy import fft

from gansynth_tf.data.notes_synthesis.timbres import HOME_HZ, body_db

# Partials at most; above 128 of them the table is twice as long, so that reading between its points stays clean.
MAX_PARTIALS = 256
DRAWBAR_PARTIALS = (1, 2, 3, 4, 5, 6, 8)
# A phase is an unsigned integer that wraps once a period: exact, however long the note.
PHASE_BITS = 32
DECIBEL = np.log(10.0) / 20.0
# Body responses are looked up at this many points an octave.
POINTS_PER_OCTAVE = 96
LOWEST_OCTAVE = 4.0


def partial_levels_db(tone, num_partials):
    """Returns float [num_partials]: levels of the source, before filters and body."""
    numbers = np.arange(1, num_partials + 1)
    if tone.drawbars_db:
        num_levels = max(num_partials, DRAWBAR_PARTIALS[-1])
        # What neighbouring wheels and keys leak is a tone of its own; it grows softer upwards.
        levels_db = tone.leak_db - 10.0 * np.log10(np.arange(1, num_levels + 1))
        levels_db[np.array(DRAWBAR_PARTIALS) - 1] = tone.drawbars_db
        return levels_db[:num_partials]
    levels_db = -20.0 * tone.slope * np.log10(numbers) + np.where(numbers % 2 == 0, tone.even_db, 0.0)
    if tone.pulse > 0.0:
        levels_db = levels_db + 20.0 * np.log10(0.02 + np.abs(np.sin(np.pi * numbers * tone.pulse)))
    return levels_db


def level_envelope(instrument, studio):
    """Returns float32 [num_samples]: the level of a note whose key is never let go."""
    tone = instrument.tone
    times = studio.times
    # Squared in time, so that the note does not start with a corner; nine tenths at `attack_seconds`.
    envelope = 1.0 - np.exp(np.float32(-2.3 / instrument.attack_seconds**2) * times * times)
    if tone.overshoot > 0.0:
        envelope *= 1.0 + np.float32(tone.overshoot) * np.exp(
            times * np.float32(-1.0 / tone.overshoot_seconds)
        )
    if tone.sustain < 1.0:
        fall = np.exp(times * np.float32(-1.0 / tone.fall_seconds))
        envelope *= np.float32(tone.sustain) + np.float32(1.0 - tone.sustain) * fall
    return envelope


def pitch_cents(tone, studio, rng):
    """Returns float32 [num_samples]: how far the pitch is from the note's, in cents, vibrato aside."""
    frames = studio.frame_seconds
    cents = tone.scoop_cents * np.exp(-frames / tone.scoop_seconds)
    if tone.drift_cents > 0.0:
        drift = rng.normal(0.0, tone.drift_cents, studio.wandering.shape[1])
        cents = cents + np.einsum("fk,k->f", studio.wandering, drift - drift.mean())
    return studio.at_samples(cents.astype(np.float32))


def vibrato(tone, times, stretch, turn):
    """Returns float32 [times]: the vibrato between -1 and 1, which begins softly after its delay."""
    delay = tone.vibrato_delay * stretch
    fade = np.clip((times - np.float32(delay)) * np.float32(1.0 / (0.5 * delay + 0.1)), 0.0, 1.0)
    return fade * np.sin(np.float32(2.0 * np.pi * tone.vibrato_hz) * times + np.float32(2.0 * np.pi * turn))


def spectra(instrument, f0_hz, octaves, darkening_db, num_partials, studio, rng):
    """Returns float32 [frames, num_partials]: amplitudes of the partials.

    Args:
        octaves: float32 [frames] deviation of the pitch, so that partials move under a body that stands still.
    """
    tone = instrument.tone
    times = studio.frame_seconds.astype(np.float32)[:, np.newaxis]
    numbers_octaves = np.log2(np.arange(1, num_partials + 1)).astype(np.float32)
    places = octaves[:, np.newaxis] + (numbers_octaves + np.float32(np.log2(f0_hz)))
    grid = np.arange(LOWEST_OCTAVE, 15.0, 1.0 / POINTS_PER_OCTAVE)
    body = body_db(instrument, grid).astype(np.float32)
    levels_db = body.take(
        ((places - np.float32(LOWEST_OCTAVE)) * np.float32(POINTS_PER_OCTAVE)).astype(np.int32), mode="clip"
    )
    levels_db += partial_levels_db(tone, num_partials).astype(np.float32)
    darkening = np.float32(darkening_db) + np.float32(tone.bloom_db) * np.exp(
        times * np.float32(-1.0 / tone.bloom_seconds)
    )
    levels_db -= darkening * np.minimum(numbers_octaves, 5.0)
    cutoff = np.log2(tone.cutoff_hz) + tone.cutoff_tracking * np.log2(f0_hz / HOME_HZ)
    cutoff = np.float32(cutoff) + np.float32(tone.sweep_octaves) * np.exp(
        times * np.float32(-1.0 / tone.sweep_seconds)
    )
    distance = places - cutoff
    levels_db -= np.float32(6.02) * np.log2(1.0 + np.exp2(2.0 * distance))
    if tone.resonance_db > 0.0:
        levels_db += np.float32(tone.resonance_db) * np.exp(-9.0 * distance * distance)
    if tone.shimmer_db > 0.0:
        knots = rng.standard_normal((studio.wandering.shape[1], num_partials), np.float32)
        levels_db += np.float32(tone.shimmer_db) * np.einsum("fk,kp->fp", studio.wandering, knots)
    return np.exp(np.float32(DECIBEL) * levels_db)


def wavetables(amplitudes, table_size):
    """Returns float32 [frames, table_size + 1]: one period of each frame's spectrum, its first sample repeated."""
    num_partials = amplitudes.shape[1]
    numbers = np.arange(1, num_partials + 1)
    # Quadratic phases spread the energy over the period: a lower crest factor than all sines in phase.
    phases = np.exp(1j * (0.37 * numbers * numbers - 0.5 * np.pi)) * table_size / 2.0
    spectrum = np.zeros((len(amplitudes), table_size // 2 + 1), np.complex64)
    spectrum[:, 1 : num_partials + 1] = amplitudes * phases.astype(np.complex64)
    periods = fft.irfft(spectrum, table_size, axis=-1)
    return np.concatenate([periods, periods[:, :1]], axis=1)


def read(tables, cycles_per_sample, start_turn, studio):
    """Returns float32 [num_samples]: the tables read at a frequency, both between points and between frames."""
    bits = int(np.log2(tables.shape[1] - 1))
    increments = (cycles_per_sample * np.float32(2.0**PHASE_BITS)).astype(np.uint32)
    phases = np.cumsum(increments, dtype=np.uint32) + np.uint32(start_turn * 2**PHASE_BITS)
    shift = np.uint32(PHASE_BITS - bits)
    points = (phases >> shift).astype(np.int32)
    shares = (phases & np.uint32(2 ** (PHASE_BITS - bits) - 1)) * np.float32(2.0 ** (bits - PHASE_BITS))
    points += studio.frame_numbers * np.int32(tables.shape[1])
    flat = tables.ravel()
    values = []
    for _ in range(2):
        here = flat.take(points)
        points += 1
        values.append(here + shares * (flat.take(points) - here))
        points += np.int32(tables.shape[1] - 1)
    return values[0] + studio.frame_shares * (values[1] - values[0])


def tone(instrument, f0_hz, darkening_db, studio, stretch, rng):
    """Returns the tone of a note at a constant level, float32 [studio.num_samples].

    Args:
        instrument: An `Instrument` with a `Held` tone.
        f0_hz: Its pitch.
        darkening_db: Loss in dB an octave above the first partial, from the velocity.
        studio: The `Studio`.
        stretch: Factor of the slow times, below 1 in short clips.
        rng: Draws phases and wandering.
    """
    held = instrument.tone
    turn = rng.random()
    cents = pitch_cents(held, studio, rng)
    frame_times = studio.frame_seconds.astype(np.float32)
    frame_cents = held.vibrato_cents * vibrato(held, frame_times, stretch, turn)
    if held.vibrato_cents > 0.0 or held.tremolo > 0.0:
        wave = vibrato(held, studio.times, stretch, turn)
        cents = cents + np.float32(held.vibrato_cents) * wave
    widest = 2.0 ** ((held.vibrato_cents + abs(held.scoop_cents) + max(held.voices_cents)) / 1200.0) * 1.01
    num_partials = int(np.clip(studio.highest_hz / (f0_hz * widest), 1, MAX_PARTIALS))
    tables = wavetables(
        spectra(instrument, f0_hz, frame_cents / np.float32(1200.0), darkening_db, num_partials, studio, rng),
        2048 if num_partials <= 128 else 4096,
    )
    audio = np.zeros(studio.num_samples, np.float32)
    start_turn = rng.random()
    for voice_cents in held.voices_cents:
        cycles = np.float32(f0_hz / studio.sample_rate) * np.exp2((cents + np.float32(voice_cents)) / 1200.0)
        # Close together: a slow beat that begins with a cancellation would swallow the note.
        audio += read(tables, cycles, (start_turn + 0.15 * rng.random()) % 1.0, studio)
    if held.tremolo > 0.0:
        audio *= 1.0 + np.float32(held.tremolo) * wave
    return audio
