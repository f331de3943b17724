"""Kits: the drums, the bass and the keyboard or guitar of one band, drawn from the ranges of a genre."""

import dataclasses

import numpy as np

from gansynth_tf.data.grooves_synthesis import drums
from gansynth_tf.data.grooves_synthesis.tones import Timbre

# Kits of a genre in each split; the numbers seed the kits, so that no kit is in two splits.
KIT_NUMBERS = {"train": range(0, 36), "valid": range(36, 48), "test": range(48, 60)}


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
    "kick_decay": (0.07, 0.16),
    "kick_click": (0.03, 0.4),
    "kick_drive": (1.0, 3.0),
    "snare_pitch_hz": (165.0, 240.0),
    "snare_tone": (0.2, 0.9),
    "snare_decay": (0.05, 0.11),
    "snare_low_hz": (500.0, 1600.0),
    "hat_low_hz": (4200.0, 7200.0),
    "hat_decay": (0.012, 0.035),
    "hat_metal": (0.0, 0.8),
    "open_decay": (0.07, 0.16),
    "ride_decay": (0.15, 0.4),
    "room_wet": (0.02, 0.25),
    "room_decay": (0.05, 0.2),
}
KITS = {
    "house": {"kick_decay": (0.09, 0.18), "kick_drive": (1.5, 4.0)},
    "hip_hop": {"kick_decay": (0.09, 0.2), "hat_low_hz": (3800.0, 6500.0)},
    "rock": {"kick_click": (0.15, 0.6), "snare_decay": (0.06, 0.14), "room_wet": (0.1, 0.4)},
    "drum_and_bass": {"snare_pitch_hz": (180.0, 270.0), "kick_decay": (0.06, 0.12)},
    "reggae": {"snare_pitch_hz": (200.0, 300.0), "snare_decay": (0.03, 0.08)},
    "jazz_waltz": {"kick_decay": (0.08, 0.16), "snare_decay": (0.06, 0.14), "ride_decay": (0.2, 0.5)},
}

# Slope, even partials, cutoff, attack, decay and brightness' decay in seconds, detune in cents, drive.
BASSES = {
    "house": ((1.0, 1.8), (0.3, 1.0), (250.0, 900.0), (0.002, 0.006), (0.15, 0.6), (0.05, 0.2), (0.0, 8.0), 0.0),
    "hip_hop": ((2.0, 3.5), (0.2, 0.8), (120.0, 350.0), (0.004, 0.015), (0.4, 1.2), (0.1, 0.3), (0.0, 3.0), 0.0),
    "rock": ((0.8, 1.5), (0.6, 1.0), (300.0, 900.0), (0.002, 0.006), (0.4, 1.2), (0.1, 0.3), (0.0, 3.0), 0.5),
    "drum_and_bass": (
        (1.0, 2.2), (0.5, 1.0), (150.0, 700.0), (0.005, 0.03), (1.0, 4.0), (0.6, 3.0), (12.0, 45.0), 0.6,
    ),
    "reggae": ((1.6, 2.8), (0.4, 0.9), (150.0, 450.0), (0.004, 0.015), (0.4, 1.2), (0.08, 0.25), (0.0, 3.0), 0.0),
    "jazz_waltz": ((1.3, 2.2), (0.6, 1.0), (250.0, 700.0), (0.004, 0.012), (0.25, 0.6), (0.05, 0.15), (0.0, 4.0), 0.0),
}
KEYS = {
    "house": ((0.8, 1.5), (0.4, 1.0), (900.0, 3500.0), (0.002, 0.006), (0.15, 0.6), (0.06, 0.25), (0.0, 15.0), 0.0),
    "hip_hop": ((1.4, 2.4), (0.2, 0.8), (600.0, 2000.0), (0.003, 0.01), (0.5, 1.6), (0.1, 0.4), (0.0, 10.0), 0.0),
    "rock": ((0.8, 1.3), (0.8, 1.0), (1200.0, 4000.0), (0.003, 0.01), (0.8, 3.0), (0.5, 2.0), (4.0, 14.0), 3.0),
    "drum_and_bass": (
        (1.2, 2.2), (0.4, 1.0), (600.0, 2500.0), (0.01, 0.12), (1.0, 4.0), (0.6, 2.0), (6.0, 22.0), 0.0,
    ),
    "reggae": ((0.9, 1.7), (0.4, 1.0), (900.0, 3500.0), (0.002, 0.006), (0.1, 0.4), (0.05, 0.2), (0.0, 10.0), 0.0),
    "jazz_waltz": ((1.1, 1.9), (0.5, 1.0), (800.0, 3000.0), (0.002, 0.006), (0.4, 1.2), (0.08, 0.3), (0.0, 4.0), 0.0),
}
KEYS_CENTERS = {
    "house": (58, 66), "hip_hop": (56, 64), "rock": (46, 52), "drum_and_bass": (56, 66), "reggae": (58, 66),
    "jazz_waltz": (56, 64),
}
# Gains of the drums before mixing; what is not named here has 0.5.
LEVELS = {"kick": 0.95, "snare": 0.7, "clap": 0.65, "rim": 0.5, "closed_hat": 0.32, "open_hat": 0.34,
          "ride": 0.3, "crash": 0.36, "tom": 0.7, "shaker": 0.22}


def draw_timbre(rng, ranges):
    """Returns a `Timbre` drawn from the eight ranges of a row of `BASSES` or `KEYS`."""
    drawn = [np.exp(rng.uniform(np.log(low), np.log(high))) if low > 0.0 else rng.uniform(low, high)
             for low, high in ranges[:7]]
    drive = ranges[7] * rng.uniform(0.6, 1.6)
    return Timbre(*(float(value) for value in drawn), drive=float(drive))


def draw_kit(genre, genre_number, kit_number, sample_rate):
    """Returns the `Kit` of that number; the same for every seed of the data set.

    Args:
        genre: A key of `KITS`.
        genre_number: Position of the genre in the list of classes.
        kit_number: One of `KIT_NUMBERS`.
        sample_rate: Hertz.
    """
    rng = np.random.default_rng([20240818, genre_number, kit_number])
    values = {name: rng.uniform(*KITS[genre].get(name, limits)) for name, limits in SHARED.items()}
    metal_hz = rng.uniform(280.0, 560.0)

    def hat(decay_seconds, ping):
        return drums.cymbal(
            sample_rate, rng, low_hz=values["hat_low_hz"], pitch_hz=metal_hz, decay_seconds=decay_seconds,
            metal=values["hat_metal"], ping=ping,
        )  # fmt: skip

    shots = {
        "kick": drums.kick(
            sample_rate, rng, pitch_hz=values["kick_pitch_hz"], sweep=values["kick_sweep"],
            decay_seconds=values["kick_decay"], click=values["kick_click"], drive=values["kick_drive"],
        ),
        "snare": drums.snare(
            sample_rate, rng, pitch_hz=values["snare_pitch_hz"], tone=values["snare_tone"],
            decay_seconds=values["snare_decay"], low_hz=values["snare_low_hz"], high_hz=7000.0,
        ),
        "clap": drums.clap(
            sample_rate, rng, center_hz=rng.uniform(1000.0, 1900.0), decay_seconds=values["snare_decay"]
        ),
        "rim": drums.rim(
            sample_rate, rng, pitch_hz=rng.uniform(420.0, 800.0), decay_seconds=rng.uniform(0.006, 0.018)
        ),
        "closed_hat": hat(values["hat_decay"], 0.3),
        "open_hat": hat(values["open_decay"], 0.1),
        "ride": drums.cymbal(
            sample_rate, rng, low_hz=0.7 * values["hat_low_hz"], pitch_hz=metal_hz,
            decay_seconds=values["ride_decay"], metal=0.5, ping=2.0,
        ),
        "crash": drums.cymbal(
            sample_rate, rng, low_hz=0.5 * values["hat_low_hz"], pitch_hz=metal_hz,
            decay_seconds=rng.uniform(0.25, 0.5), metal=0.25, ping=0.5,
        ),
        "tom": drums.tom(sample_rate, rng, pitch_hz=rng.uniform(80.0, 140.0), decay_seconds=rng.uniform(0.07, 0.14)),
        "shaker": drums.shaker(
            sample_rate, rng, low_hz=0.8 * values["hat_low_hz"], decay_seconds=rng.uniform(0.012, 0.03)
        ),
    }  # fmt: skip
    shots = {
        name: drums.in_room(shot, sample_rate, rng, wet=values["room_wet"], decay_seconds=values["room_decay"])
        for name, shot in shots.items()
    }
    levels = {name: LEVELS[name] * 10.0 ** (rng.uniform(-2.5, 2.5) / 20.0) for name in shots}
    bass = draw_timbre(rng, BASSES[genre])
    keys = draw_timbre(rng, KEYS[genre])
    center = int(rng.integers(KEYS_CENTERS[genre][0], KEYS_CENTERS[genre][1] + 1))
    return Kit(shots, bass, keys, center, levels)
