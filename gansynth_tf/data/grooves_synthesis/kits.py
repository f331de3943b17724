"""Kits: the drums, the bass and the keyboard or guitar of one band, drawn from the ranges of a genre."""

import dataclasses

import numpy as np

from gansynth_tf.data.grooves_synthesis import drums
from gansynth_tf.data.grooves_synthesis.tones import Timbre

# Kits of a genre in each split; the numbers seed the kits, so that no kit is in two splits.
KIT_NUMBERS = {"train": range(0, 60), "valid": range(60, 80), "test": range(80, 100)}


@dataclasses.dataclass(frozen=True)
class Kit:
    """One band's sounds.

    Args:
        shots: Drum name -> float32 [samples] with peak one, at the sample rate it was built for.
        bass: Timbre of the bass.
        keys: Timbre of the chords.
        keys_center: MIDI note around which chords are voiced.
        levels: Drum name -> gain.
    """

    shots: dict[str, np.ndarray]
    bass: Timbre
    keys: Timbre
    keys_center: int
    levels: dict[str, float]


# Parameter -> (lowest, highest). What all genres share, then what each has of its own; ranges overlap.
SHARED = {
    "kick_pitch_hz": (44.0, 64.0),
    "kick_sweep": (1.5, 4.5),
    "kick_decay_seconds": (0.07, 0.17),
    "kick_click": (0.03, 0.4),
    "kick_drive": (1.0, 3.0),
    "snare_pitch_hz": (165.0, 250.0),
    "snare_tone": (0.2, 0.9),
    "snare_decay_seconds": (0.05, 0.12),
    "snare_low_hz": (500.0, 1600.0),
    "snare_high_hz": (5500.0, 7800.0),
    "clap_center_hz": (1000.0, 1900.0),
    "clap_decay_seconds": (0.05, 0.12),
    "rim_pitch_hz": (420.0, 800.0),
    "rim_decay_seconds": (0.006, 0.018),
    "tom_pitch_hz": (80.0, 140.0),
    "tom_decay_seconds": (0.07, 0.14),
    "shaker_decay_seconds": (0.012, 0.03),
    "hat_low_hz": (4200.0, 7200.0),
    "hat_pitch_hz": (280.0, 560.0),
    "hat_decay": (0.012, 0.035),
    "hat_metal": (0.0, 0.8),
    "open_decay": (0.07, 0.16),
    "ride_decay": (0.15, 0.4),
    "crash_decay": (0.25, 0.5),
    "room_wet": (0.02, 0.25),
    "room_decay": (0.05, 0.2),
}
KITS = {
    "house": {"kick_decay_seconds": (0.09, 0.18), "kick_drive": (1.5, 4.0)},
    "hip_hop": {"kick_decay_seconds": (0.09, 0.2), "hat_low_hz": (3800.0, 6500.0)},
    "rock": {"kick_click": (0.15, 0.6), "snare_decay_seconds": (0.06, 0.14), "room_wet": (0.1, 0.4)},
    "drum_and_bass": {"snare_pitch_hz": (180.0, 270.0), "kick_decay_seconds": (0.06, 0.12)},
    "reggae": {"snare_pitch_hz": (200.0, 300.0), "snare_decay_seconds": (0.03, 0.08)},
    "jazz_waltz": {
        "kick_decay_seconds": (0.08, 0.16),
        "snare_decay_seconds": (0.06, 0.14),
        "ride_decay": (0.2, 0.5),
    },
}

# Ranges of slope, even partials, cutoff, attack, decay and brightness's decay in seconds, detune in cents; then
# the drive, of which a kit has 0.6 to 1.6 times.
BASSES = {
    "house": (
        (1.0, 1.8),
        (0.3, 1.0),
        (250.0, 900.0),
        (0.002, 0.006),
        (0.15, 0.6),
        (0.05, 0.2),
        (0.0, 8.0),
        0.0,
    ),
    "hip_hop": (
        (2.0, 3.5),
        (0.2, 0.8),
        (120.0, 350.0),
        (0.004, 0.015),
        (0.4, 1.2),
        (0.1, 0.3),
        (0.0, 3.0),
        0.0,
    ),
    "rock": ((0.8, 1.5), (0.6, 1.0), (300.0, 900.0), (0.002, 0.006), (0.4, 1.2), (0.1, 0.3), (0.0, 3.0), 0.5),
    "drum_and_bass": (
        (1.0, 2.2),
        (0.5, 1.0),
        (150.0, 700.0),
        (0.005, 0.03),
        (1.0, 4.0),
        (0.6, 3.0),
        (12.0, 45.0),
        0.6,
    ),
    "reggae": (
        (1.6, 2.8),
        (0.4, 0.9),
        (150.0, 450.0),
        (0.004, 0.015),
        (0.4, 1.2),
        (0.08, 0.25),
        (0.0, 3.0),
        0.0,
    ),
    "jazz_waltz": (
        (1.3, 2.2),
        (0.6, 1.0),
        (250.0, 700.0),
        (0.004, 0.012),
        (0.25, 0.6),
        (0.05, 0.15),
        (0.0, 4.0),
        0.0,
    ),
}
KEYS = {
    "house": (
        (0.8, 1.5),
        (0.4, 1.0),
        (900.0, 3500.0),
        (0.002, 0.006),
        (0.15, 0.6),
        (0.06, 0.25),
        (0.0, 15.0),
        0.0,
    ),
    "hip_hop": (
        (1.4, 2.4),
        (0.2, 0.8),
        (600.0, 2000.0),
        (0.003, 0.01),
        (0.5, 1.6),
        (0.1, 0.4),
        (0.0, 10.0),
        0.0,
    ),
    "rock": (
        (0.8, 1.3),
        (0.8, 1.0),
        (700.0, 1800.0),
        (0.003, 0.01),
        (0.8, 3.0),
        (0.5, 2.0),
        (4.0, 14.0),
        3.0,
    ),
    "drum_and_bass": (
        (1.2, 2.2),
        (0.4, 1.0),
        (600.0, 2500.0),
        (0.01, 0.12),
        (1.0, 4.0),
        (0.6, 2.0),
        (6.0, 22.0),
        0.0,
    ),
    "reggae": (
        (0.9, 1.7),
        (0.4, 1.0),
        (900.0, 3500.0),
        (0.002, 0.006),
        (0.1, 0.4),
        (0.05, 0.2),
        (0.0, 10.0),
        0.0,
    ),
    "jazz_waltz": (
        (1.1, 1.9),
        (0.5, 1.0),
        (800.0, 3000.0),
        (0.002, 0.006),
        (0.4, 1.2),
        (0.08, 0.3),
        (0.0, 4.0),
        0.0,
    ),
}
KEYS_CENTERS = {
    "house": (58, 66),
    "hip_hop": (56, 64),
    "rock": (46, 52),
    "drum_and_bass": (56, 66),
    "reggae": (58, 66),
    "jazz_waltz": (56, 64),
}
# Gains of the drums before mixing.
LEVELS = {
    "kick": 0.95,
    "snare": 0.7,
    "clap": 0.65,
    "rim": 0.5,
    "closed_hat": 0.32,
    "open_hat": 0.34,
    "ride": 0.44,
    "crash": 0.36,
    "tom": 0.7,
    "shaker": 0.22,
}


def draw_timbre(rng, ranges):
    """Returns a `Timbre` drawn from the eight ranges of a row of `BASSES` or `KEYS`."""
    drawn = [
        np.exp(rng.uniform(np.log(low), np.log(high))) if low > 0.0 else rng.uniform(low, high)
        for low, high in ranges[:7]
    ]
    drive = ranges[7] * rng.uniform(0.6, 1.6)
    return Timbre(*(float(value) for value in drawn), drive=float(drive))


def built_shot(name, values, sample_rate, rng):
    """Returns the one-shot of a drum, float32 [samples], from a kit's drawn values."""
    if name in ("closed_hat", "open_hat", "ride", "crash"):
        lowering, decay, metal, ping = {
            "closed_hat": (1.0, "hat_decay", values["hat_metal"], 0.3),
            "open_hat": (1.0, "open_decay", values["hat_metal"], 0.1),
            "ride": (0.7, "ride_decay", 0.5, 2.0),
            "crash": (0.5, "crash_decay", 0.25, 0.5),
        }[name]
        return drums.cymbal(
            sample_rate,
            rng,
            low_hz=lowering * values["hat_low_hz"],
            pitch_hz=values["hat_pitch_hz"],
            decay_seconds=values[decay],
            metal=metal,
            ping=ping,
        )
    build, low_hz = {
        "kick": (drums.kick, None),
        "snare": (drums.snare, None),
        "clap": (drums.clap, None),
        "rim": (drums.rim, None),
        "tom": (drums.tom, None),
        "shaker": (drums.shaker, 0.8 * values["hat_low_hz"]),
    }[name]
    taken = {
        key.removeprefix(name + "_"): value for key, value in values.items() if key.startswith(name + "_")
    }
    if low_hz is not None:
        taken["low_hz"] = low_hz
    return build(sample_rate, rng, **taken)


def draw_kit(genre, genre_number, kit_number, instruments, sample_rate):
    """Returns the `Kit` of that number; the same for every seed of the data set.

    Args:
        genre: A key of `KITS`.
        genre_number: Position of the genre in the list of classes.
        kit_number: One of `KIT_NUMBERS`.
        instruments: Names of the drums to build.
        sample_rate: Hertz.
    """
    rng = np.random.default_rng([20240818, genre_number, kit_number])
    values = {name: float(rng.uniform(*KITS[genre].get(name, limits))) for name, limits in SHARED.items()}
    bass = draw_timbre(rng, BASSES[genre])
    keys = draw_timbre(rng, KEYS[genre])
    center = int(rng.integers(KEYS_CENTERS[genre][0], KEYS_CENTERS[genre][1] + 1))
    levels = {name: level * 10.0 ** (rng.uniform(-2.5, 2.5) / 20.0) for name, level in LEVELS.items()}
    shots = {}
    for number, name in enumerate(LEVELS):
        if name in instruments:
            # Its own noise for each drum, so that the choice of instruments does not change the others.
            noise = np.random.default_rng([20240818, genre_number, kit_number, number])
            shot = built_shot(name, values, sample_rate, noise)
            shots[name] = drums.in_room(
                shot, sample_rate, noise, wet=values["room_wet"], decay_seconds=values["room_decay"]
            )
    return Kit(shots, bass, keys, center, levels)
