"""Instruments that are plucked or struck: bass, guitar, keyboard, mallet.

Ratios of bars and the two stages of a piano string: Fletcher and Rossing, The Physics of Musical Instruments,
2nd edition, chapters 9 (guitar), 12 (piano), 19 (marimba, xylophone, vibraphone, glockenspiel).
"""

from gansynth_tf.data.notes_synthesis.drawing import between, choose, formed, recording
from gansynth_tf.data.notes_synthesis.timbres import Held, Instrument, Noise, Ringing

# Ratios of tuned bars: undercut (marimba, vibraphone), undercut to a twelfth (xylophone), uniform (glockenspiel).
BARS = {
    "marimba": (1.0, 3.93, 9.24, 16.3),
    "xylophone": (1.0, 3.01, 6.1, 10.2),
    "vibraphone": (1.0, 4.0, 10.1, 18.3),
    "glockenspiel": (1.0, 2.76, 5.4, 8.93),
}


def bass(rng, source):
    """Upright, electric or synthetic bass: few partials, the upper ones gone at once, a thump below them."""
    thump = Noise(rng.uniform(-27.0, -17.0), between(rng, 70.0, 130.0), 0.6, 0.0, 0.003, 0.035)
    if source == "synthetic":
        tone = Held(
            slope=between(rng, 0.9, 1.3),
            even_db=choose(rng, (0.0, 0.0, -12.0)),
            cutoff_hz=between(rng, 330.0, 700.0),
            cutoff_tracking=0.75,
            resonance_db=rng.uniform(0.0, 6.0),
            sweep_octaves=rng.uniform(1.5, 3.0),
            sweep_seconds=between(rng, 0.04, 0.12),
            sustain=rng.uniform(0.1, 0.55),
            fall_seconds=between(rng, 0.2, 0.7),
            voices_cents=choose(rng, ((0.0,), (0.0,), (-4.0, 4.0))),
        )
        attack_seconds = between(rng, 0.004, 0.012)
    else:
        upright = source == "acoustic"
        tone = Ringing(
            slope=between(rng, 0.7, 1.1),
            pluck=between(rng, 0.15, 0.35) if upright else between(rng, 0.1, 0.22),
            cutoff_hz=between(rng, 350.0, 700.0) if upright else between(rng, 450.0, 1100.0),
            cutoff_tracking=0.75,
            inharmonicity=between(rng, 2e-5, 1e-4),
            decay_seconds=between(rng, 0.22, 0.5) if upright else between(rng, 0.4, 1.1),
            decay_tracking=0.35,
            damping=between(rng, 0.5, 1.2),
            beating_cents=rng.uniform(0.0, 1.0),
        )
        attack_seconds = between(rng, 0.006, 0.012) if upright else between(rng, 0.003, 0.007)
    return Instrument(
        tone=tone,
        attack_seconds=attack_seconds,
        release_seconds=between(rng, 0.02, 0.05),
        dynamic_db=rng.uniform(9.0, 15.0),
        brightness_db=rng.uniform(3.0, 5.0),
        noises=(thump,),
        resonances=()
        if source == "synthetic"
        else formed(rng, ((65.0, 0.8, 2.0), (110.0, 0.9, 3.0), (220.0, 0.5, 3.0))),
        **recording(rng, source),
    )


def guitar(rng, source):
    """Nylon, steel or electric guitar: the comb of the plucking place, long partials, a pick, a damping hand."""
    pick = Noise(rng.uniform(-30.0, -20.0), between(rng, 1800.0, 4000.0), 0.7, 0.0, 0.0005, 0.008)
    hand = Noise(
        rng.uniform(-44.0, -36.0), between(rng, 900.0, 2500.0), 1.0, 0.0, 0.004, 0.022, at_release=True
    )
    acoustic = source == "acoustic"
    tone = Ringing(
        slope=between(rng, 0.75, 1.15),
        pluck=between(rng, 0.11, 0.3) if acoustic else between(rng, 0.07, 0.18),
        cutoff_hz=between(rng, 900.0, 2800.0),
        cutoff_tracking=0.4,
        inharmonicity=between(rng, 2e-5, 1.2e-4),
        decay_seconds=between(rng, 0.7, 1.6) if acoustic else between(rng, 1.4, 3.0),
        decay_tracking=0.45,
        damping=between(rng, 0.1, 0.3) if acoustic else between(rng, 0.06, 0.18),
        beating_cents=rng.uniform(1.0, 2.0),
    )
    top = ((100.0, 1.2, 8.0), (200.0, 1.4, 9.0), (400.0, 0.9, 8.0), (2400.0, 0.5, 3.0))
    cabinet = ((110.0, 0.5, 2.0), (1800.0, 0.7, 1.5), (3000.0, 0.6, 2.0))
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.001, 0.003),
        release_seconds=between(rng, 0.025, 0.06),
        dynamic_db=rng.uniform(10.0, 16.0),
        brightness_db=rng.uniform(2.0, 4.0),
        noises=(pick, hand),
        resonances=formed(rng, top if acoustic else cabinet),
        **recording(rng, source),
    )


def keyboard(rng, source):
    """Piano, electric or digital piano: a hammer's knock, no nodes, a decay in two stages, a damper's clunk."""
    knock = Noise(rng.uniform(-27.0, -17.0), between(rng, 250.0, 700.0), 1.0, 0.15, 0.002, 0.03)
    clunk = Noise(
        rng.uniform(-50.0, -40.0), between(rng, 120.0, 300.0), 0.8, 0.0, 0.006, 0.04, at_release=True
    )
    if source == "acoustic":
        tone = Ringing(
            slope=between(rng, 0.7, 1.2),
            pluck=between(rng, 0.11, 0.14),
            cutoff_hz=between(rng, 1200.0, 3200.0),
            cutoff_tracking=0.45,
            inharmonicity=between(rng, 8e-5, 2e-4),
            decay_seconds=between(rng, 2.2, 4.0),
            decay_tracking=0.55,
            damping=between(rng, 0.12, 0.3),
            early=rng.uniform(0.6, 0.8),
            early_speed=between(rng, 5.0, 9.0),
            beating_cents=rng.uniform(0.5, 1.5),
        )
    else:
        electric = source == "electronic"
        ratio = rng.uniform(6.0, 7.5) if electric else rng.uniform(10.0, 14.0)
        tone = Ringing(
            slope=between(rng, 1.6, 2.4),
            cutoff_hz=between(rng, 1500.0, 4000.0),
            cutoff_tracking=0.4,
            decay_seconds=between(rng, 1.6, 3.2),
            decay_tracking=0.45,
            damping=between(rng, 0.2, 0.5),
            early=rng.uniform(0.45, 0.7),
            early_speed=between(rng, 5.0, 9.0),
            beating_cents=rng.uniform(0.0, 0.6) if electric else rng.uniform(1.0, 3.0),
            bell=((ratio, rng.uniform(-26.0, -16.0), between(rng, 0.08, 0.25)),),
        )
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.002, 0.005),
        release_seconds=between(rng, 0.05, 0.11),
        dynamic_db=rng.uniform(12.0, 18.0),
        brightness_db=rng.uniform(2.5, 5.0),
        noises=(knock, clunk),
        resonances=formed(rng, ((180.0, 0.4, 2.0), (700.0, 0.3, 2.0), (2000.0, 0.3, 2.0))),
        **recording(rng, source),
    )


def mallet(rng, source):
    """Marimba, xylophone, vibraphone, glockenspiel: a bar's few modes, not in a series, and a stick."""
    kind = choose(rng, tuple(BARS))
    ratios = tuple(
        ratio * (1.0 if number == 0 else rng.uniform(0.985, 1.015)) for number, ratio in enumerate(BARS[kind])
    )
    wood = kind in ("marimba", "xylophone")
    # The second mode of a uniform bar is in no consonance with the first: where it rings on, the pitch is in doubt.
    softer_db, briefer = (8.0, 2.0) if kind == "glockenspiel" else (0.0, 1.0)
    tone = Ringing(
        ratios=ratios,
        levels_db=(
            0.0,
            rng.uniform(-14.0, -5.0) - softer_db,
            rng.uniform(-18.0, -7.0),
            rng.uniform(-24.0, -12.0),
        ),
        cutoff_hz=between(rng, 2500.0, 7000.0),
        cutoff_tracking=0.4,
        decay_seconds=between(rng, 0.18, 0.4) if wood else between(rng, 0.7, 1.6),
        decay_tracking=0.45,
        damping=briefer * between(rng, 1.0, 2.2),
        beating_cents=0.0 if wood else rng.uniform(0.0, 1.0),
        # Modes across the bar, which no maker tunes.
        bell=tuple(
            (ratio * rng.uniform(0.9, 1.1), rng.uniform(-34.0, -24.0), between(rng, 0.04, 0.15))
            for ratio in (1.7, 2.3, 5.2)
        ),
    )
    stick = Noise(rng.uniform(-28.0, -16.0), between(rng, 500.0, 1600.0), 0.8, 0.3, 0.001, 0.012)
    return Instrument(
        tone=tone,
        attack_seconds=between(rng, 0.001, 0.004),
        release_seconds=between(rng, 0.1, 0.16),
        dynamic_db=rng.uniform(10.0, 18.0),
        brightness_db=rng.uniform(1.5, 3.0),
        noises=(stick,),
        **recording(rng, source),
    )
