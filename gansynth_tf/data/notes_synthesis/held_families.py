"""Instruments that are blown, bowed, sung or electronic: brass, flute, organ, reed, string, synth lead, vocal.

Fletcher and Rossing, The Physics of Musical Instruments, 2nd edition, chapters 10 (bowed strings), 14 (brass),
15 (reeds), 16 (flutes), 17 (pipe organ); Sundberg, The Science of the Singing Voice, 1987 (formants, vibrato).
"""

from gansynth_tf.data.notes_synthesis.drawing import between, choose, formed, recording
from gansynth_tf.data.notes_synthesis.timbres import Held, Instrument, Noise

# Formants of sung vowels: hertz, amplitude, quality. Those of a man; other voices are shifted.
VOWELS = {
    "ah": (
        (650.0, 1.0, 8.0),
        (1080.0, 0.6, 10.0),
        (2650.0, 0.35, 16.0),
        (2900.0, 0.3, 18.0),
        (3600.0, 0.1, 16.0),
    ),
    "eh": (
        (400.0, 1.0, 7.0),
        (1700.0, 0.4, 14.0),
        (2600.0, 0.35, 16.0),
        (3200.0, 0.25, 18.0),
        (3600.0, 0.1, 16.0),
    ),
    "oh": (
        (400.0, 1.0, 7.0),
        (800.0, 0.6, 9.0),
        (2600.0, 0.25, 16.0),
        (2850.0, 0.22, 18.0),
        (3500.0, 0.08, 16.0),
    ),
    "oo": (
        (350.0, 1.0, 6.0),
        (640.0, 0.35, 8.0),
        (2550.0, 0.12, 16.0),
        (2850.0, 0.1, 18.0),
        (3400.0, 0.05, 16.0),
    ),
    "ee": (
        (290.0, 1.0, 6.0),
        (1870.0, 0.3, 15.0),
        (2800.0, 0.35, 16.0),
        (3250.0, 0.28, 18.0),
        (3700.0, 0.1, 16.0),
    ),
}


def brass(rng, source):
    """Trumpet, horn, trombone: brightness that comes after the level, an overshoot, a note scooped from below."""
    acoustic = source == "acoustic"
    attack_seconds = between(rng, 0.04, 0.12)
    tone = Held(
        slope=between(rng, 0.5, 1.0),
        cutoff_hz=between(rng, 900.0, 4000.0),
        cutoff_tracking=0.5,
        overshoot=rng.uniform(0.25, 0.6),
        overshoot_seconds=between(rng, 0.06, 0.14),
        bloom_db=rng.uniform(8.0, 16.0),
        bloom_seconds=attack_seconds * rng.uniform(0.7, 1.2),
        scoop_cents=-rng.uniform(25.0, 60.0),
        scoop_seconds=between(rng, 0.015, 0.03),
        vibrato_hz=rng.uniform(4.5, 6.0),
        vibrato_cents=rng.uniform(0.0, 8.0),
        vibrato_delay=rng.uniform(0.8, 1.4),
        drift_cents=2.0 if acoustic else 0.5,
        shimmer_db=0.7 if acoustic else 0.1,
        voices_cents=(0.0,) if acoustic else (-5.0, 5.0),
    )
    return Instrument(
        tone=tone,
        attack_seconds=attack_seconds,
        release_seconds=between(rng, 0.02, 0.05),
        dynamic_db=rng.uniform(9.0, 15.0),
        brightness_db=rng.uniform(4.0, 7.0),
        noises=(Noise(rng.uniform(-56.0, -46.0), 1500.0, 1.2),) if acoustic else (),
        resonances=formed(rng, ((500.0, 0.8, 1.5), (1200.0, 1.0, 1.5), (2200.0, 0.4, 2.0))),
        **recording(rng, source),
    )


def flute(rng, source):
    """Concert flute, recorder, pan pipe: few partials, much breath, a chiff, a vibrato of level."""
    acoustic = source == "acoustic"
    tone = Held(
        slope=between(rng, 1.6, 2.6),
        even_db=rng.uniform(-10.0, 4.0),
        cutoff_hz=between(rng, 1200.0, 3500.0),
        cutoff_tracking=0.5,
        bloom_db=rng.uniform(0.0, 4.0),
        bloom_seconds=between(rng, 0.04, 0.08),
        scoop_cents=-rng.uniform(0.0, 15.0),
        vibrato_hz=rng.uniform(4.4, 6.0),
        vibrato_cents=rng.uniform(3.0, 12.0),
        vibrato_delay=rng.uniform(0.2, 0.5),
        tremolo=rng.uniform(0.1, 0.25),
        drift_cents=2.0 if acoustic else 0.5,
        shimmer_db=0.8 if acoustic else 0.2,
    )
    breath = Noise(
        rng.uniform(-46.0, -34.0) - (0.0 if acoustic else 5.0), between(rng, 900.0, 2200.0), 1.1, 0.4
    )
    chiff = Noise(rng.uniform(-34.0, -22.0), between(rng, 1200.0, 3000.0), 0.7, 0.5, 0.008, 0.03)
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.04, 0.12),
        release_seconds=between(rng, 0.04, 0.09),
        dynamic_db=rng.uniform(7.0, 12.0),
        brightness_db=rng.uniform(2.5, 5.0),
        noises=(breath, chiff),
        **recording(rng, source),
    )


def organ(rng, source):
    """Pipe or drawbar organ: eight partials at most, at once and steady, a click at both ends."""
    pipes = source == "acoustic"
    drawbars = [0.0] + [
        rng.uniform(-30.0, -2.0) if rng.random() < chance else -90.0
        for chance in (0.85, 0.7, 0.7, 0.4, 0.4, 0.4)
    ]
    leslie = not pipes and rng.random() < 0.5
    tone = Held(
        drawbars_db=tuple(drawbars),
        bloom_db=rng.uniform(2.0, 6.0) if pipes else 0.0,
        bloom_seconds=0.03,
        vibrato_hz=choose(rng, (rng.uniform(0.7, 1.0), rng.uniform(5.8, 7.0))) if leslie else 6.0,
        vibrato_cents=rng.uniform(1.0, 5.0) if leslie else 0.0,
        vibrato_delay=0.0,
        tremolo=rng.uniform(0.05, 0.2) if leslie else 0.0,
        shimmer_db=0.15 if pipes else 0.05,
        drift_cents=1.0 if pipes else 0.0,
        leak_db=rng.uniform(-60.0, -48.0),
    )
    click_hz = between(rng, 1500.0, 3500.0)
    if pipes:
        noises = (
            Noise(rng.uniform(-34.0, -26.0), 800.0, 0.6, 0.8, 0.006, 0.02),
            Noise(rng.uniform(-58.0, -48.0), 1500.0, 1.5),
        )
    else:
        level_db = rng.uniform(-36.0, -24.0)
        noises = (
            Noise(level_db, click_hz, 1.0, 0.0, 0.0005, 0.004),
            Noise(level_db - 4.0, click_hz, 1.0, 0.0, 0.0005, 0.004, at_release=True),
        )
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.02, 0.04) if pipes else between(rng, 0.003, 0.008),
        release_seconds=between(rng, 0.04, 0.1) if pipes else between(rng, 0.006, 0.015),
        dynamic_db=rng.uniform(3.0, 5.0),
        brightness_db=rng.uniform(1.0, 2.0),
        noises=noises,
        **recording(rng, source),
    )


def reed(rng, source):
    """Clarinet, saxophone, oboe: odd partials or formants, a quick clear start, hardly any vibrato."""
    acoustic = source == "acoustic"
    kind = choose(rng, ("clarinet", "saxophone", "oboe"))
    formants = {
        "clarinet": ((1500.0, 0.8, 1.5), (3200.0, 0.5, 2.0)),
        "saxophone": ((700.0, 1.2, 2.5), (1400.0, 0.9, 2.5), (2800.0, 0.6, 2.0)),
        "oboe": ((1050.0, 2.2, 3.0), (2900.0, 1.2, 3.5)),
    }[kind]
    tone = Held(
        slope=between(rng, 0.6, 1.0),
        even_db={
            "clarinet": rng.uniform(-26.0, -14.0),
            "saxophone": rng.uniform(-7.0, -2.0),
            "oboe": rng.uniform(-6.0, 0.0),
        }[kind],
        pulse=rng.uniform(0.12, 0.25) if kind != "clarinet" else 0.0,
        cutoff_hz=between(rng, 1500.0, 3500.0),
        cutoff_tracking=0.3,
        overshoot=rng.uniform(0.0, 0.15),
        bloom_db=rng.uniform(1.0, 4.0),
        bloom_seconds=0.02,
        sustain=rng.uniform(0.8, 1.0),
        scoop_cents=-rng.uniform(0.0, 12.0),
        vibrato_hz=rng.uniform(4.5, 5.5),
        vibrato_cents=rng.uniform(0.0, 4.0),
        vibrato_delay=rng.uniform(0.6, 1.0),
        drift_cents=1.5 if acoustic else 0.3,
        shimmer_db=0.5 if acoustic else 0.1,
    )
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.018, 0.045),
        release_seconds=between(rng, 0.02, 0.05),
        dynamic_db=rng.uniform(7.0, 12.0),
        brightness_db=rng.uniform(2.5, 5.0),
        noises=(
            Noise(rng.uniform(-50.0, -40.0) - (0.0 if acoustic else 12.0), 2500.0, 1.0),
            Noise(rng.uniform(-40.0, -32.0), 1800.0, 0.8, 0.0, 0.002, 0.015),
        ),
        resonances=formed(rng, formants),
        direct=0.6,
        **recording(rng, source),
    )


def string(rng, source):
    """Violin to double bass, or a string machine: a slow saw through a wooden box, a bow's noise, vibrato."""
    acoustic = source == "acoustic"
    box = (
        (280.0, 1.5, 8.0),
        (460.0, 1.3, 9.0),
        (700.0, 0.7, 8.0),
        (1100.0, 0.9, 6.0),
        (2500.0, 1.3, 2.5),
        (4200.0, 0.5, 3.0),
    )
    depth = rng.uniform(12.0, 24.0)
    tone = Held(
        slope=between(rng, 0.95, 1.25),
        pulse=rng.uniform(0.06, 0.12) if acoustic else 0.0,
        cutoff_hz=between(rng, 2500.0, 6000.0),
        cutoff_tracking=0.3,
        bloom_db=rng.uniform(1.0, 4.0),
        bloom_seconds=between(rng, 0.08, 0.16),
        vibrato_hz=rng.uniform(5.0, 6.6),
        vibrato_cents=depth if acoustic else 0.3 * depth,
        vibrato_delay=rng.uniform(0.15, 0.4),
        drift_cents=3.0 if acoustic else 1.5,
        shimmer_db=2.0 if acoustic else 0.6,
        voices_cents=(0.0,) if acoustic else (-8.0, 0.0, 8.0),
    )
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.11, 0.28),
        release_seconds=between(rng, 0.04, 0.09),
        dynamic_db=rng.uniform(7.0, 12.0),
        brightness_db=rng.uniform(1.5, 3.5),
        noises=(
            Noise(rng.uniform(-46.0, -36.0), between(rng, 3000.0, 5000.0), 0.8),
            Noise(rng.uniform(-38.0, -30.0), 1200.0, 1.2, 0.2, 0.02, 0.06),
        )
        if acoustic
        else (),
        resonances=formed(rng, box),
        direct=0.5 if acoustic else 1.0,
        **recording(rng, source),
    )


def synth_lead(rng, source):
    """Saw and pulse oscillators, often two or three, through a resonant low-pass that sweeps."""
    detune = between(rng, 4.0, 11.0)
    tone = Held(
        slope=between(rng, 0.85, 1.15),
        even_db=choose(rng, (0.0, 0.0, -40.0)),
        pulse=choose(rng, (0.0, 0.0, rng.uniform(0.1, 0.45))),
        cutoff_hz=between(rng, 1200.0, 5000.0),
        cutoff_tracking=0.5,
        resonance_db=rng.uniform(4.0, 16.0),
        sweep_octaves=choose(rng, (rng.uniform(1.0, 2.5), -rng.uniform(1.0, 2.5))),
        sweep_seconds=between(rng, 0.12, 0.7),
        sustain=rng.uniform(0.6, 1.0),
        fall_seconds=between(rng, 0.2, 0.6),
        vibrato_hz=rng.uniform(4.5, 7.0),
        vibrato_cents=choose(rng, (0.0, rng.uniform(5.0, 18.0))),
        vibrato_delay=rng.uniform(0.0, 0.5),
        voices_cents=choose(rng, ((0.0,), (-detune, detune), (-detune, 0.0, detune))),
    )
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.002, 0.012),
        release_seconds=between(rng, 0.03, 0.11),
        dynamic_db=rng.uniform(5.0, 9.0),
        brightness_db=rng.uniform(1.5, 3.5),
        **recording(rng, source),
    )


def vocal(rng, source):
    """A voice on one vowel: formants, a slide into the note, a wide vibrato that sets in, breath."""
    acoustic = source == "acoustic"
    vowel = VOWELS[choose(rng, tuple(VOWELS))]
    size = rng.uniform(0.0, 0.3)
    throat = formed(
        rng, tuple((hertz * 2.0**size, amplitude, quality) for hertz, amplitude, quality in vowel), 0.06
    )
    tone = Held(
        slope=between(rng, 0.9, 1.3),
        bloom_db=rng.uniform(2.0, 5.0),
        bloom_seconds=between(rng, 0.05, 0.1),
        scoop_cents=-rng.uniform(40.0, 110.0),
        scoop_seconds=between(rng, 0.04, 0.08),
        vibrato_hz=rng.uniform(4.8, 6.4),
        vibrato_cents=rng.uniform(25.0, 45.0),
        vibrato_delay=rng.uniform(0.25, 0.5),
        tremolo=rng.uniform(0.02, 0.08),
        drift_cents=3.5 if acoustic else 1.5,
        shimmer_db=1.0 if acoustic else 0.2,
        voices_cents=(0.0,) if acoustic else (-4.0, 4.0),
    )
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.06, 0.15),
        release_seconds=between(rng, 0.03, 0.08),
        dynamic_db=rng.uniform(8.0, 13.0),
        brightness_db=rng.uniform(2.0, 4.0),
        noises=(Noise(rng.uniform(-47.0, -37.0), 2500.0, 1.0),) if acoustic else (),
        resonances=throat,
        direct=0.02,
        **recording(rng, source),
    )
