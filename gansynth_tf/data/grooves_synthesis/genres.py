"""The six genres: how each writes its patterns, its range of tempo and swing."""

import dataclasses
from collections.abc import Callable

import numpy as np

from gansynth_tf.data.grooves_synthesis.patterns import Pattern, choose, subset


@dataclasses.dataclass(frozen=True)
class Genre:
    """A genre's frame.

    Args:
        write: Function from a NumPy generator to a `Pattern`.
        tempo_bpm: Lowest and highest tempo, beats a minute.
        swing: Lowest and highest part of a pair of notes that the first one takes; 0.5 is straight.
        swing_unit: Length in beats of the swung notes.
        push_seconds: Standard deviation of the players' timing.
    """

    write: Callable[[np.random.Generator], Pattern]
    tempo_bpm: tuple[float, float]
    swing: tuple[float, float] = (0.5, 0.5)
    swing_unit: float = 0.5
    push_seconds: float = 0.003


def in_bars(beats_per_bar, hits):
    """Returns drum hits of one bar repeated for the second."""
    return tuple(
        (instrument, position + bar * beats_per_bar, velocity, chance)
        for bar in range(2)
        for instrument, position, velocity, chance in hits
    )


def row(instrument, positions, velocity, chance=1.0):
    """Returns drum hits of one instrument."""
    return tuple((instrument, float(position), velocity, chance) for position in positions)


def house(rng):
    """Four on the floor, claps on two and four, open hats and stabs between the beats."""
    beats = np.arange(4)
    bar = row("kick", beats, 1.0) + row("clap", (1, 3), 0.8) + row("open_hat", beats + 0.5, 0.75)
    closed = choose(rng, ((0.25, 0.75), (0.0, 0.25, 0.75), (0.75,), (0.0,), ()))
    bar += row("closed_hat", [beat + part for beat in beats for part in closed], 0.4, 0.9)
    bar += row("shaker", np.arange(0, 4, 0.25), 0.3) if rng.random() < 0.3 else ()
    sixteenths = np.arange(0.25, 4, 0.25)
    percussion = choose(rng, ("rim", "tom", "shaker"))
    drums = in_bars(4, bar) + row(percussion, subset(rng, sixteenths, 0.15), 0.4, 0.8)
    drums += row("clap", (7.75,), 0.4, 0.7) if rng.random() < 0.4 else ()
    figure = choose(rng, ((0.5,), (0.5,), (0.5, 0.75), (0.25, 0.5, 0.75)))
    jump = choose(rng, (0, 0, 12, 7))
    bass = [(beat + part, 0.3, jump * (part == 0.75), 0.9) for beat in range(8) for part in figure]
    stabs = choose(
        rng, ((0.5, 1.5, 2.5, 3.5), (0.5, 1.5, 2.5, 3.5), (0.75, 1.5, 2.5, 3.5), (0.5, 1.25, 2.5, 3.5))
    )
    length = choose(rng, (0.25, 0.35, 0.5))
    chords = [(position + bar_start, length, 0.8) for bar_start in (0, 4) for position in stabs]
    second = choose(rng, (0, 0, -2, 3, 5))
    quality = choose(rng, ("minor7", "minor9", "minor"))
    return Pattern(4, drums, tuple(bass), tuple(chords), ((0.0, 0, quality), (4.0, second, quality)))


def hip_hop(rng):
    """Swung boom-bap: heavy kick and snare, loose hats, a sub bass that follows the kick, held keys."""
    kicks = (0.0,) + subset(rng, (0.75, 1.5, 1.75, 2.25, 2.5, 2.75, 3.5), 0.33)
    if len(kicks) == 1:
        kicks = (0.0, choose(rng, (1.5, 1.75, 2.5)))
    hats = np.arange(0, 4, 0.5)
    drums = row("kick", kicks, 0.95) + row("kick", [4 + kick for kick in kicks], 0.95)
    drums += row("snare", (1, 3, 5, 7), 0.95) + row("closed_hat", np.concatenate([hats, hats + 4]), 0.5)
    drums += row("closed_hat", subset(rng, np.arange(0.25, 8, 0.5), 0.25), 0.3, 0.8)
    drums += row("open_hat", choose(rng, ((), (1.5, 5.5), (3.5, 7.5), (0.5,))), 0.45)
    drums += row("snare", subset(rng, (0.75, 1.25, 1.75, 2.25, 3.75, 5.75, 6.25), 0.3), 0.2, 0.7)
    bass = []
    for start in (0, 4):
        for number, kick in enumerate(kicks):
            following = kicks[number + 1] if number + 1 < len(kicks) else 4.0
            offset = 0 if number == 0 else choose(rng, (0, 0, 7, -2, 3))
            bass.append((start + kick, max(0.25, 0.85 * (following - kick)), offset, 0.95))
    strokes = choose(
        rng, (((0, 1.6), (1.75, 2.0)), ((0, 2.4), (2.5, 1.3)), ((0, 3.6),), ((0, 0.6), (0.75, 2.8)))
    )
    chords = [(start + position, length, 0.8) for start in (0, 4) for position, length in strokes]
    quality = choose(rng, ("minor9", "minor7", "major7"))
    progression = ((0.0, 0, quality), (4.0, choose(rng, (0, -2, 5, -4, 1)), quality))
    return Pattern(4, drums, tuple(bass), tuple(chords), progression)


def rock(rng):
    """Straight eighths on hat, crash or ride, backbeat, eighth-note bass, distorted fifths."""
    kicks = (0.0,) + subset(rng, (0.5, 1.5, 2.0, 2.5, 3.5), 0.45)
    cymbal = choose(rng, ("closed_hat", "closed_hat", "open_hat", "ride"))
    step = choose(rng, (0.5, 0.5, 1.0)) if cymbal == "open_hat" else 0.5
    drums = row("kick", kicks, 0.95) + row("kick", [4 + kick for kick in kicks], 0.95)
    drums += row("snare", (1, 3, 5), 1.0) + row("crash", choose(rng, ((0,), (0,), (0, 4), ())), 0.8)
    fill = choose(rng, ((), (), (7.0, 7.5), (7.0, 7.25, 7.5, 7.75)))
    drums += row("tom", fill, 0.9) if fill else row("snare", (7,), 1.0)
    drums += row(cymbal, np.arange(0, 8 - (1 if fill else 0), step), 0.6)
    drums += row("snare", subset(rng, (1.75, 2.25, 3.75), 0.2), 0.25, 0.7)
    walk = choose(rng, ((0,) * 8, (0,) * 8, (0, 0, 0, 0, 0, 0, 7, 7), (0, 0, 0, 0, 0, 0, 12, 10)))
    bass = [(0.5 * place, 0.45, walk[place % 8], 0.85 + 0.1 * (place % 2 == 0)) for place in range(16)]
    strokes = choose(
        rng,
        (
            tuple((0.5 * place, 0.42) for place in range(8)),
            ((0, 1.9), (2, 1.9)),
            ((0, 1.4), (1.5, 2.4)),
            ((0, 0.45), (0.5, 0.9), (1.5, 0.45), (2, 0.45), (2.5, 1.4)),
        ),
    )
    chords = [(start + position, length, 0.9) for start in (0, 4) for position, length in strokes]
    steps = choose(rng, ((0, 5), (0, -2), (0, 3), (0, 8), (0, 7)))
    return Pattern(4, drums, tuple(bass), tuple(chords), ((0.0, steps[0], "power"), (4.0, steps[1], "power")))


def drum_and_bass(rng):
    """Fast broken beats, two-step, chopped break or half-time, over long bass notes and pads."""
    kind = choose(rng, ("two_step", "break", "break", "half_time"))
    if kind == "two_step":
        bar = row("kick", (0, 2.5), 1.0) + row("snare", (1, 3), 1.0)
        drums = in_bars(4, bar) + row("kick", subset(rng, (1.75, 4.75, 5.75, 6.25), 0.3), 0.7)
    elif kind == "break":
        first = row("kick", (0, 0.5, 2.5), 1.0) + row("snare", (1, 3), 1.0)
        second = row("kick", (4, 4.5, 6.25), 1.0) + row("snare", (5, choose(rng, (7, 7, 6.5))), 1.0)
        drums = first + second + row("kick", subset(rng, (2.75, 6.75), 0.5), 0.8)
    else:
        drums = row("kick", (0, 4), 1.0) + row("snare", (2, 6), 1.0)
        drums += row("kick", subset(rng, (0.75, 1.5, 3.25, 3.5, 5.5, 7.25), 0.35), 0.8)
    drums += row("snare", subset(rng, (1.75, 2.25, 3.75, 5.75, 6.25, 7.75), 0.6), 0.35, 0.85)
    cymbal = choose(rng, ("closed_hat", "closed_hat", "ride"))
    drums += row(cymbal, np.arange(0, 8, 0.5), 0.55) + row("closed_hat", np.arange(0.25, 8, 0.5), 0.3, 0.8)
    drums += row("crash", (0,), 0.5) if rng.random() < 0.2 else ()
    offsets = choose(rng, ((0, 0), (0, 3), (0, -2), (0, 1), (0, 7)))
    lines = (((0, 3.9),), ((0, 1.9), (2, 1.9)), ((0, 0.9), (1.5, 2.4)), ((0, 2.4), (2.5, 1.4)))
    line = choose(rng, lines)
    bass = [
        (start + position, length, offsets[number % 2], 1.0)
        for start in (0, 4)
        for number, (position, length) in enumerate(line)
    ]
    strokes = choose(
        rng, (((0.0, 7.9, 0.7),), ((0.0, 3.9, 0.7), (4.0, 3.9, 0.7)), ((0.0, 1.4, 0.8), (2.5, 3.0, 0.6)))
    )
    quality = choose(rng, ("minor9", "minor7", "minor"))
    progression = ((0.0, 0, quality), (4.0, choose(rng, (0, 0, -4, 3)), quality))
    return Pattern(4, drums, tuple(bass), strokes, progression)


def reggae(rng):
    """One drop: kick and rim on three, chops of the guitar on two and four, a bass that leaves room.

    Counted at twice the felt tempo, as the skank is on two and four.
    """
    kind = choose(rng, ("one_drop", "one_drop", "steppers"))
    bar = row("kick", (0, 1, 2, 3) if kind == "steppers" else (2,), 0.9)
    bar += row(choose(rng, ("rim", "rim", "snare")), (2,), 0.9)
    eighths = np.arange(0, 4, 0.5)
    bar += choose(
        rng,
        (
            row("closed_hat", eighths, 0.5),
            row("closed_hat", eighths[::2], 0.55),
            row("closed_hat", eighths[::2], 0.5) + row("closed_hat", eighths[1::2], 0.25),
        ),
    )
    drums = in_bars(4, bar) + row("rim", subset(rng, (1.5, 3.5, 5.5, 6.5, 7.5), 0.25), 0.4, 0.8)
    drums += row("open_hat", subset(rng, (3.5, 7.5), 0.3), 0.4) + row(
        "tom", subset(rng, (3, 7, 7.5), 0.2), 0.6
    )
    drums += row("closed_hat", subset(rng, np.arange(0.25, 8, 0.5), 0.08), 0.25)
    figures = (
        ((0, 0.9, 0), (1, 0.45, 0), (1.5, 0.45, 7), (2, 0.9, 3)),
        ((0, 0.45, 0), (0.5, 0.45, 0), (1, 0.9, 7), (2.5, 0.45, 5)),
        ((0, 1.4, 0), (1.5, 0.45, -5), (2, 0.9, -2)),
        ((0, 0.9, 0), (1.5, 0.9, 7), (2.5, 0.9, 12)),
        ((0, 0.45, 0), (0.5, 0.9, 7), (1.5, 0.9, 5), (3, 0.45, 0)),
    )
    bass = [
        (start + position, length, offset, 0.95)
        for start in (0, 4)
        for position, length, offset in choose(rng, figures)
    ]
    length = choose(rng, (0.2, 0.28, 0.36))
    chops = [(float(beat), length, 0.9) for beat in (1, 3, 5, 7)]
    chops += [(beat + 0.5, 0.2, 0.45) for beat in (1, 3, 5, 7)] if rng.random() < 0.35 else []
    quality = choose(rng, ("minor", "major", "minor7"))
    progression = ((0.0, 0, quality), (4.0, choose(rng, (0, 5, -2, 7)), quality))
    return Pattern(4, drums, tuple(bass), tuple(chops), progression)


def jazz_waltz(rng):
    """Three in a bar: a swung ride, foot hat on two, walking or held bass, comping between the beats."""
    skips = choose(rng, ((1.5,), (1.5,), (2.5,), (1.5, 2.5)))
    bar = row("ride", (0, 1, 2), 0.75) + row("ride", skips, 0.5) + row("kick", (0,), 0.4)
    bar += row("closed_hat", choose(rng, ((1,), (1,), (1, 2))), 0.6)
    drums = in_bars(3, bar) + row("snare", subset(rng, (0.5, 1.5, 2.0, 2.5, 3.5, 4.5, 5.5), 0.3), 0.35, 0.75)
    drums += row("kick", subset(rng, (1.5, 2.5, 4.5, 5.5), 0.2), 0.35, 0.8)
    walks = ((0, 4, 7), (0, 2, 4), (0, 7, 5), (0, -2, -4), (0, 3, 5))
    if rng.random() < 0.65:
        bass = [
            (start + beat, 0.9, offset, 0.9)
            for start in (0, 3)
            for beat, offset in enumerate(choose(rng, walks))
        ]
    else:
        bass = [
            (start + position, length, offset, 0.95)
            for start in (0, 3)
            for position, length, offset in ((0, 1.8, 0), (2, 0.9, 7))
        ]
    comps = (
        ((0, 0.4), (1.5, 1.2)),
        ((0, 1.3), (1.5, 0.4)),
        ((0.5, 0.4), (2, 0.8)),
        ((1, 0.4), (2, 0.4)),
        ((0, 2.7),),
        ((1.5, 1.3),),
    )
    chords = [(start + position, length, 0.8) for start in (0, 3) for position, length in choose(rng, comps)]
    progression = choose(
        rng,
        (
            ((0.0, 2, "minor7"), (3.0, 7, "dominant9")),
            ((0.0, 7, "dominant9"), (3.0, 0, "major7")),
            ((0.0, 0, "major7"), (3.0, 9, "minor7")),
            ((0.0, 0, "minor9"), (3.0, 5, "dominant9")),
        ),
    )
    return Pattern(3, drums, tuple(bass), tuple(chords), progression)


# Tempo ranges overlap on purpose: tempo alone must not name the genre.
GENRES = {
    "drum_and_bass": Genre(drum_and_bass, (144.0, 180.0)),
    "hip_hop": Genre(hip_hop, (82.0, 116.0), (0.54, 0.64), 0.25, 0.006),
    "house": Genre(house, (108.0, 136.0), (0.5, 0.54), 0.25, 0.001),
    "jazz_waltz": Genre(jazz_waltz, (108.0, 180.0), (0.6, 0.68), 0.5, 0.006),
    "reggae": Genre(reggae, (108.0, 164.0), (0.5, 0.58), 0.5, 0.005),
    "rock": Genre(rock, (92.0, 164.0), (0.5, 0.5), 0.5, 0.004),
}
