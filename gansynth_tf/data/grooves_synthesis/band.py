"""A clip: what is drawn for it (`Plan`), and the band that plays it (`played`)."""

import dataclasses

import numpy as np
from scipy import signal

from gansynth_tf.data.grooves_synthesis import tones
from gansynth_tf.data.grooves_synthesis.genres import GENRES
from gansynth_tf.data.grooves_synthesis.kits import KIT_NUMBERS
from gansynth_tf.data.grooves_synthesis.patterns import BOOK_SIZES, QUALITIES, Pattern, song_book

CLASSES = tuple(GENRES)

# Pitch classes of the keys a split plays in.
KEYS_OF_SPLIT = {"train": (0, 2, 4, 5, 6, 7, 9, 11), "valid": (1, 8), "test": (3, 10)}


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything of a clip that is one number; timing and velocities of single notes are drawn when it is played.

    Args:
        genre: A key of `GENRES`.
        tempo_bpm: Beats a minute.
        swing: Part of a pair of notes that the first one takes.
        key: Pitch class, 0 for C.
        pattern_number: Place in the split's song book.
        kit_number: One of `KIT_NUMBERS`.
        bass_db, keys_db, drums_db: Levels of the three groups.
        low_shelf_db, high_shelf_db, bell_db, bell_hz: The room and the recording: an equaliser over all.
        floor_db: Level of the noise floor.
        peak_db: Peak of the clip, decibels of full scale.
    """

    genre: str
    tempo_bpm: float
    swing: float
    key: int
    pattern_number: int
    kit_number: int
    bass_db: float
    keys_db: float
    drums_db: float
    low_shelf_db: float
    high_shelf_db: float
    bell_db: float
    bell_hz: float
    floor_db: float
    peak_db: float


def draw_plan(genre_name, split, rng):
    """Returns the `Plan` of a clip of that genre and split."""
    genre = GENRES[genre_name]
    kit_numbers = KIT_NUMBERS[split]
    return Plan(
        genre=genre_name,
        tempo_bpm=rng.uniform(*genre.tempo_bpm),
        swing=rng.uniform(*genre.swing),
        key=KEYS_OF_SPLIT[split][int(rng.integers(len(KEYS_OF_SPLIT[split])))],
        pattern_number=int(rng.integers(BOOK_SIZES[split])),
        kit_number=kit_numbers[int(rng.integers(len(kit_numbers)))],
        bass_db=rng.uniform(-11.0, -2.0),
        keys_db=rng.uniform(-14.0, -5.0),
        drums_db=rng.uniform(-2.0, 2.0),
        low_shelf_db=rng.uniform(-6.0, 6.0),
        high_shelf_db=rng.uniform(-8.0, 8.0),
        bell_db=rng.uniform(-6.0, 6.0),
        bell_hz=float(np.exp(rng.uniform(np.log(300.0), np.log(3000.0)))),
        floor_db=rng.uniform(-58.0, -40.0),
        peak_db=rng.uniform(-14.0, -1.0),
    )


def pattern_of(plan, split):
    """Returns the `Pattern` that a plan names."""
    genre_number = CLASSES.index(plan.genre)
    return song_book(genre_number, GENRES[plan.genre].write)[split][plan.pattern_number]


def instruments_of(genre):
    """Returns the set of drums that a genre's patterns use."""
    books = song_book(CLASSES.index(genre), GENRES[genre].write)
    return {hit[0] for book in books.values() for pattern in book for hit in pattern.drums}


def swung(positions, swing, unit):
    """Returns positions in beats [notes] with every second note of `unit` beats delayed."""
    pairs = np.floor(positions / (2.0 * unit) + 1e-9)
    part = positions / (2.0 * unit) - pairs
    part = np.where(part < 0.5, 2.0 * part * swing, swing + (2.0 * part - 1.0) * (1.0 - swing))
    return (pairs + part) * 2.0 * unit


def gain(decibels):
    """Returns the factor of a level in decibels."""
    return 10.0 ** (decibels / 20.0)


class Clock:
    """Where beats fall, in samples, for one clip.

    Args:
        plan: The clip's `Plan`.
        sample_rate: Hertz.
    """

    def __init__(self, plan, sample_rate):
        self.sample_rate = sample_rate
        self.swing = plan.swing
        self.swing_unit = GENRES[plan.genre].swing_unit
        self.samples_per_beat = 60.0 / plan.tempo_bpm * sample_rate

    def __call__(self, positions):
        """Returns float [notes] samples of positions [notes] in beats."""
        return swung(np.asarray(positions, np.float64), self.swing, self.swing_unit) * self.samples_per_beat


def repeated(events, pattern, num_beats):
    """Returns events, tuples that begin with a position, as often as the pattern fits into `num_beats`."""
    repeats = int(np.ceil(num_beats / pattern.num_beats))
    return [
        (event[0] + repeat * pattern.num_beats, *event[1:])
        for repeat in range(repeats)
        for event in events
        if event[0] + repeat * pattern.num_beats < num_beats
    ]


def play_drums(audio, pattern: Pattern, kit, clock, push_samples, rng):
    """Adds the drums to `audio` [samples]."""
    num_samples = len(audio)
    hits = [(hit[1], hit[0], *hit[2:]) for hit in pattern.drums]
    events = repeated(hits, pattern, num_samples / clock.samples_per_beat)
    positions = np.array([event[0] for event in events])
    chances = np.array([event[3] for event in events])
    velocities = np.array([event[2] for event in events]) * gain(rng.normal(0.0, 1.5, len(events)))
    played = rng.random(len(events)) < chances
    # The first beat is exact, so that every clip begins with its downbeat.
    pushes = rng.normal(0.0, push_samples, len(events)) * (positions > 0.0)
    starts = np.maximum(np.round(clock(positions) + pushes), 0).astype(np.int64)
    for event, start, velocity, sounds in zip(events, starts, velocities, played, strict=True):
        if sounds and start < num_samples:
            shot = kit.shots[event[1]]
            num = min(len(shot), num_samples - start)
            audio[start : start + num] += np.float32(velocity * kit.levels[event[1]]) * shot[:num]


def play_bass(audio, pattern, kit, clock, key, push_samples, rng):
    """Adds the bass to `audio` [samples]."""
    num_samples = len(audio)
    sample_rate = clock.sample_rate
    events = repeated(pattern.bass, pattern, num_samples / clock.samples_per_beat)
    phase = rng.random(1)
    for position, length, offset, velocity in events:
        push = rng.normal(0.0, push_samples) if position > 0.0 else 0.0
        start = max(0, int(clock([position])[0] + push))
        num = min(int(length * clock.samples_per_beat), num_samples - start)
        if num < 0.01 * sample_rate:
            continue
        root, _ = pattern.harmony(position % pattern.num_beats)
        note = 28 + (key + root + offset - 28) % 12 + (12 if offset >= 12 else 0)
        sound = tones.chord(kit.bass, (note,), num, sample_rate, phase)
        audio[start : start + num] += np.float32(velocity * gain(rng.normal(0.0, 1.0))) * sound


def voiced(root, quality, center):
    """Returns the MIDI notes of a chord, each within six semitones of `center`; fifths stay in root position."""
    if quality == "power":
        lowest = center - 6 + (root - center + 6) % 12
        return tuple(lowest + interval for interval in QUALITIES[quality])
    return tuple(
        sorted({center - 6 + (root + interval - center + 6) % 12 for interval in QUALITIES[quality]})
    )


def play_chords(audio, pattern, kit, clock, key, push_samples, rng):
    """Adds the chords to `audio` [samples]; strokes of the same chord and length share one rendering."""
    num_samples = len(audio)
    sounds = {}
    phases = rng.random(8)
    for position, length, velocity in repeated(pattern.chords, pattern, num_samples / clock.samples_per_beat):
        push = rng.normal(0.0, push_samples) if position > 0.0 else 0.0
        start = max(0, int(clock([position])[0] + push))
        num = int(length * clock.samples_per_beat)
        if start >= num_samples or num < 1:
            continue
        root, quality = pattern.harmony(position % pattern.num_beats)
        if (root, quality, num) not in sounds:
            notes = voiced(key + root, quality, kit.keys_center)
            rendered = min(num, num_samples - start)
            sounds[root, quality, num] = tones.chord(kit.keys, notes, rendered, clock.sample_rate, phases)
        sound = sounds[root, quality, num][: num_samples - start]
        audio[start : start + len(sound)] += np.float32(velocity * gain(rng.normal(0.0, 1.0))) * sound


def shelf_and_bell(plan, sample_rate):
    """Returns second-order sections [3, 6]: low shelf at 200 Hz, high shelf at 2.5 kHz, bell at `bell_hz`.

    Source: R. Bristow-Johnson, Cookbook formulae for audio equalizer biquad filter coefficients.
    """
    sections = []
    for kind, decibels, f0_hz in (
        ("low", plan.low_shelf_db, 200.0),
        ("high", plan.high_shelf_db, 2500.0),
        ("bell", plan.bell_db, plan.bell_hz),
    ):
        root = 10.0 ** (decibels / 40.0)
        omega = 2.0 * np.pi * min(f0_hz, 0.4 * sample_rate) / sample_rate
        cosine, alpha = np.cos(omega), np.sin(omega) / 2.0 * (np.sqrt(2.0) if kind != "bell" else 1.0)
        if kind == "bell":
            section = (1 + alpha * root, -2 * cosine, 1 - alpha * root,
                       1 + alpha / root, -2 * cosine, 1 - alpha / root)  # fmt: skip
        else:
            sign = 1.0 if kind == "low" else -1.0
            edge = 2.0 * np.sqrt(root) * alpha
            section = (
                root * ((root + 1) - sign * (root - 1) * cosine + edge),
                sign * 2 * root * ((root - 1) - sign * (root + 1) * cosine),
                root * ((root + 1) - sign * (root - 1) * cosine - edge),
                (root + 1) + sign * (root - 1) * cosine + edge,
                -sign * 2 * ((root - 1) + sign * (root + 1) * cosine),
                (root + 1) + sign * (root - 1) * cosine - edge,
            )
        sections.append(np.array(section) / section[3])
    return np.stack(sections)


def played(plan, split, kit, noise, sample_rate, num_samples, rng):
    """Returns the clip of a plan.

    Args:
        plan: A `Plan`.
        split: The split it was drawn for.
        kit: Its `Kit` at `sample_rate`.
        noise: float32 [num_samples or more] noise of standard deviation one.
        sample_rate: Hertz.
        num_samples: Length of the clip.
        rng: Draws timing and velocities.

    Returns:
        float32 [num_samples] with its peak at `plan.peak_db`.
    """
    pattern = pattern_of(plan, split)
    clock = Clock(plan, sample_rate)
    push_samples = GENRES[plan.genre].push_seconds * sample_rate
    audio = np.zeros(num_samples, np.float32)
    play_drums(audio, pattern, kit, clock, push_samples, rng)
    audio *= np.float32(gain(plan.drums_db))
    for play, level_db in ((play_bass, plan.bass_db), (play_chords, plan.keys_db)):
        group = np.zeros(num_samples, np.float32)
        play(group, pattern, kit, clock, plan.key, push_samples, rng)
        audio += np.float32(gain(level_db)) * group
    start = int(rng.integers(len(noise) - num_samples + 1))
    audio += np.float32(gain(plan.floor_db)) * noise[start : start + num_samples]
    audio = signal.sosfilt(shelf_and_bell(plan, sample_rate), audio)
    return (audio * (gain(plan.peak_db) / max(np.max(np.abs(audio)), 1e-9))).astype(np.float32)
