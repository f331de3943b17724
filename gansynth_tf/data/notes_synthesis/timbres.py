"""What an instrument is made of: a timbre that rings away or one that is held, noises, a body, a way of playing."""

import dataclasses

import numpy as np

# MIDI pitch at which frequencies and times of a timbre are stated, and its frequency in hertz.
HOME_PITCH = 60
HOME_HZ = 440.0 * 2.0 ** ((HOME_PITCH - 69) / 12.0)


@dataclasses.dataclass(frozen=True)
class Noise:
    """A sound without pitch that belongs to a note: breath, bow, hammer, key, pick.

    Args:
        level_db: Root mean square, relative to the peak of the note's tone.
        center_hz: Middle of its band for a note at `HOME_PITCH`.
        octaves: Standard deviation of the band around it.
        tracking: How the middle follows the pitch: 0 not at all, 1 entirely.
        attack_seconds: Time constant of its rise.
        decay_seconds: Time constant of its fall; 0: it lasts and swells as the tone does.
        at_release: Whether it begins when the key is let go.
    """

    level_db: float
    center_hz: float
    octaves: float
    tracking: float = 0.0
    attack_seconds: float = 0.001
    decay_seconds: float = 0.0
    at_release: bool = False


@dataclasses.dataclass(frozen=True)
class Ringing:
    """A struck or plucked timbre: modes that begin together and die away, each at its own pace.

    Source: Fletcher and Rossing, The Physics of Musical Instruments, 2nd edition, chapters 2 (plucked and stiff
    strings), 12 (piano: two stages of decay), 19 (bars).

    Args:
        ratios: Frequencies of the modes over that of the first; () for the partials of a string.
        levels_db: Level of each of `ratios`.
        slope: Partial k of a string has amplitude k ** -slope.
        pluck: Where the string is plucked, in lengths; the partials with a node there are weak. 0 for nowhere.
        cutoff_hz: Partials above lose 12 dB an octave, at `HOME_PITCH`.
        cutoff_tracking: How the cutoff follows the pitch.
        inharmonicity: Stiffness of the string, B in f_k = k f_1 sqrt(1 + B k^2), at `HOME_PITCH`.
        decay_seconds: Time constant of the first mode, at `HOME_PITCH`.
        decay_tracking: Part of an octave's halving by which higher notes ring shorter.
        damping: Mode k rings 1 + damping (ratio_k - 1) times shorter than the first.
        early: Part of the amplitude that falls at once (the first stage of a piano's decay), 0 for none.
        early_speed: How many times faster that part falls.
        beating_cents: Distance between the two polarisations or strings of a note.
        bell: (ratio, level in dB, decay in seconds) of modes beside the series: a tine, a plate.
    """

    ratios: tuple[float, ...] = ()
    levels_db: tuple[float, ...] = ()
    slope: float = 1.0
    pluck: float = 0.0
    cutoff_hz: float = 20000.0
    cutoff_tracking: float = 0.5
    inharmonicity: float = 0.0
    decay_seconds: float = 1.0
    decay_tracking: float = 0.5
    damping: float = 0.2
    early: float = 0.0
    early_speed: float = 5.0
    beating_cents: float = 0.0
    bell: tuple[tuple[float, float, float], ...] = ()


@dataclasses.dataclass(frozen=True)
class Held:
    """A blown, bowed, sung or electronic timbre: harmonic partials whose spectrum moves while the key is held.

    Args:
        slope: Partial k has amplitude k ** -slope.
        even_db: Level of the even partials relative to the odd ones.
        drawbars_db: Level of partials 1, 2, 3, 4, 5, 6, 8; () for the whole series.
        leak_db: Level of all other partials beside drawbars.
        pulse: Duty of a pulse wave in (0, 0.5]; 0 for none.
        cutoff_hz, cutoff_tracking: Low-pass of 12 dB an octave, at `HOME_PITCH`, and how it follows the pitch.
        resonance_db: Peak of the low-pass at its cutoff.
        sweep_octaves, sweep_seconds: How far above (or below) its place the cutoff starts, and how fast it comes.
        overshoot: Part by which the beginning of the note is louder than the rest.
        overshoot_seconds: Time constant of its end.
        sustain: Level that a held note falls to, of its beginning's; 1 for steady.
        fall_seconds: Time constant of that fall.
        bloom_db: How much darker the onset is, dB an octave above the first partial.
        bloom_seconds: Time constant of the brightening.
        scoop_cents, scoop_seconds: How far from its pitch the note starts, and how fast it comes.
        vibrato_hz, vibrato_cents, vibrato_delay: Rate, half-width, time until it begins.
        tremolo: Part by which the level moves with the vibrato.
        drift_cents: Standard deviation of the pitch's wandering.
        shimmer_db: Standard deviation of each partial's wandering.
        voices_cents: Places of the oscillators or players that sound together, symmetric around 0.
    """

    slope: float = 1.0
    even_db: float = 0.0
    drawbars_db: tuple[float, ...] = ()
    leak_db: float = -200.0
    pulse: float = 0.0
    cutoff_hz: float = 20000.0
    cutoff_tracking: float = 0.5
    resonance_db: float = 0.0
    sweep_octaves: float = 0.0
    sweep_seconds: float = 0.2
    overshoot: float = 0.0
    overshoot_seconds: float = 0.05
    sustain: float = 1.0
    fall_seconds: float = 1.0
    bloom_db: float = 0.0
    bloom_seconds: float = 0.05
    scoop_cents: float = 0.0
    scoop_seconds: float = 0.03
    vibrato_hz: float = 5.0
    vibrato_cents: float = 0.0
    vibrato_delay: float = 0.3
    tremolo: float = 0.0
    drift_cents: float = 0.0
    shimmer_db: float = 0.0
    voices_cents: tuple[float, ...] = (0.0,)


@dataclasses.dataclass(frozen=True)
class Instrument:
    """One instrument of a family.

    Args:
        source: One of `SOURCES`.
        tone: How its pitch sounds.
        attack_seconds: Time from the key to nine tenths of the level.
        release_seconds: Time constant after the key is let go, in a clip that leaves a second for it.
        dynamic_db: How much softer velocity 25 is than 127.
        brightness_db: How much darker velocity 25 is, dB an octave above the first partial.
        noises: What sounds besides the tone.
        resonances: (hertz, amplitude, quality) of the body, cabinet or throat.
        direct: Amplitude of what passes the body beside its resonances.
        tilt_db: Recording: dB an octave above `HOME_HZ`, below it the other way round.
        reflections: (seconds, amplitude) of the room.
    """

    source: str
    tone: Ringing | Held
    attack_seconds: float
    release_seconds: float
    dynamic_db: float
    brightness_db: float
    noises: tuple[Noise, ...] = ()
    resonances: tuple[tuple[float, float, float], ...] = ()
    direct: float = 1.0
    tilt_db: float = 0.0
    reflections: tuple[tuple[float, float], ...] = ()


def midi_to_hz(pitch):
    """Returns the frequency in hertz of a MIDI pitch."""
    return 440.0 * 2.0 ** ((pitch - 69) / 12.0)


def body_db(instrument, octaves):
    """Returns the level in decibels [values] of body and recording at `octaves` [values] above 1 Hz."""
    hertz = np.exp2(octaves)
    amplitudes = np.full(np.shape(octaves), instrument.direct)
    for center_hz, amplitude, quality in instrument.resonances:
        amplitudes = amplitudes + amplitude / np.sqrt(
            1.0 + (quality * (hertz / center_hz - center_hz / hertz)) ** 2
        )
    # The microphone's slope ends where music does.
    slope = np.clip(octaves - np.log2(HOME_HZ), -3.0, 4.0)
    return 20.0 * np.log10(amplitudes) + instrument.tilt_db * slope
