"""Measures what `notes` promises: tuning, difficulty, speed; and draws its notes beside recorded ones.

    python scripts/measure_notes.py
    python scripts/measure_notes.py --sheet=notes.png --nsynth_dir=nsynth-test

Tuning: the fundamental found by librosa's pYIN, the median of the voiced frames between 0.25 and 1.5 s, against the
pitch of the label. Difficulty: trained on the train split, measured on the test split, whose instruments are others.
A test bed for generators must not be solved by level or by an average spectrum; the shape in time must solve it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import collections
import json
import time

import librosa
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from gansynth_tf.audio import files
from gansynth_tf.audio.pictures import save_contact_sheet
from gansynth_tf.data.notes import Notes
from gansynth_tf.data.notes_synthesis import playing
from gansynth_tf.data.notes_synthesis.instruments import INSTRUMENT_NUMBERS, instrument_of

SAMPLE_RATE = 16000
LENGTH_SAMPLES = 64000
# Name -> lowest and highest accuracy that the data set promises.
PROMISES = {
    "mean log-mel spectrum": (0.5, 0.85),
    "level": (0.0, 0.3),
    "spectral centroid": (0.0, 0.3),
    "log-mel over time (64 frames)": (0.9, 1.0),
}
# Largest error of the pitch in cents, and the least part of the notes that keep it.
WITHIN_CENTS, PART_IN_TUNE = 10.0, 0.99
# Cents between two pitches that pYIN is told to tell apart; its own choice is ten.
RESOLUTION_CENTS = 4.0
EDGES_CENTS = (-np.inf, -50.0, -10.0, -5.0, -2.5, 2.5, 5.0, 10.0, 50.0, np.inf)
MAX_MILLISECONDS = 10.0


def pitch_error_cents(audio, pitch, sample_rate=SAMPLE_RATE):
    """Returns how far pYIN finds a note from its MIDI pitch, in cents; NaN where it finds no pitch.

    It searches 13 semitones on either side, so that an octave's error shows. High notes are resampled to three times
    the rate, where a period has samples enough; the lowest have windows of a quarter of a second, eight periods.
    """
    f0_hz = librosa.midi_to_hz(pitch)
    segment = audio[int(0.25 * sample_rate) : int(1.5 * sample_rate)]
    if pitch >= 54:
        segment = librosa.resample(segment, orig_sr=sample_rate, target_sr=3 * sample_rate)
        sample_rate *= 3
    found_hz, is_voiced, _ = librosa.pyin(
        segment,
        fmin=f0_hz * 2.0 ** (-13 / 12),
        fmax=f0_hz * 2.0 ** (13 / 12),
        sr=sample_rate,
        frame_length=4096 if f0_hz < 95.0 else 2048,
        hop_length=int(0.03 * sample_rate),
        max_transition_rate=4.0,
        resolution=RESOLUTION_CENTS / 100.0,
        center=False,
    )
    return 1200.0 * np.log2(np.median(found_hz[is_voiced]) / f0_hz) if is_voiced.any() else np.nan


def measure_tuning(dataset, num_notes):
    """Prints how the errors of the pitch lie, by family; returns 1 if too many are large, else 0."""
    errors = collections.defaultdict(list)
    for index in range(num_notes):
        plan = dataset.plan("train", index)
        errors[plan.family].append(pitch_error_cents(dataset.clip("train", index), plan.pitch))
    edges = [f"{edge:g}" for edge in EDGES_CENTS]
    print(
        "cents from the pitch: "
        + " | ".join(f"{low} to {high}" for low, high in zip(edges[:-1], edges[1:], strict=True))
    )
    for family, its in errors.items():
        counts, _ = np.histogram(its, EDGES_CENTS)
        unheard = int(np.isnan(its).sum())
        within = np.mean(np.abs(its) <= WITHIN_CENTS)
        print(
            f"{family:>10}: {' '.join(f'{count:4d}' for count in counts)}, no pitch {unheard}, within 10: {within:.1%}"
        )
    every = np.concatenate([np.array(its) for its in errors.values()])
    part = np.mean(np.abs(every) <= WITHIN_CENTS)
    kept = part >= PART_IN_TUNE
    print(f"in tune within 10 cents: {part:.2%} of {len(every)}{'' if kept else '  BROKEN'}")
    return int(not kept)


def features(dataset, split):
    """Returns a dict from a feature's name to float [clips, values], and the families [clips]."""
    families = dataset.rows(split)[:, 1]
    named = {name: [] for name in PROMISES}
    for index in range(len(families)):
        audio = dataset.clip(split, index)
        power = librosa.feature.melspectrogram(y=audio, sr=SAMPLE_RATE, n_fft=2048, hop_length=500, n_mels=64)
        log_mel = np.log(power + 1e-6)
        named["mean log-mel spectrum"].append(log_mel.mean(axis=1))
        named["level"].append([10.0 * np.log10(np.mean(audio**2))])
        named["spectral centroid"].append([librosa.feature.spectral_centroid(y=audio, sr=SAMPLE_RATE).mean()])
        # Frames close together where the note begins.
        frames = np.concatenate([np.arange(24), np.arange(24, 128, 2.6).astype(int)])[:64]
        named["log-mel over time (64 frames)"].append((log_mel[:, frames] - log_mel.max()).ravel())
    return {name: np.array(values, np.float32) for name, values in named.items()}, families


def accuracy(model, train, test, confusions=None):
    """Returns the test accuracy of a fitted copy of `model`; train and test are (values, classes)."""
    model = make_pipeline(StandardScaler(), model).fit(*train)
    if confusions is not None:
        for expected, found in zip(test[1], model.predict(test[0]), strict=True):
            confusions[expected, found] += expected != found
    return model.score(*test)


def measure_difficulty(dataset):
    """Prints the accuracies; returns the number of broken promises."""
    (train_values, train_classes), (test_values, test_classes) = (
        features(dataset, "train"),
        features(dataset, "test"),
    )
    broken = 0
    for name, (lowest, highest) in PROMISES.items():
        train, test = (train_values[name], train_classes), (test_values[name], test_classes)
        scores, confusions = {}, collections.Counter()
        if name.startswith("log-mel over time"):
            network = MLPClassifier((256,), alpha=1e-2, early_stopping=True, random_state=0)
            scores["network"] = accuracy(network, train, test, confusions)
        else:
            scores["logistic regression"] = accuracy(
                LogisticRegression(max_iter=3000), train, test, confusions
            )
        if train[0].shape[1] == 1:
            tree = DecisionTreeClassifier(max_leaf_nodes=40, min_samples_leaf=20, random_state=0)
            scores["tree"] = accuracy(tree, train, test)
        for model, score in scores.items():
            kept = lowest <= score <= highest
            broken += not kept
            promise = f"({100 * lowest:.0f} to {100 * highest:.0f}){'' if kept else '  BROKEN'}"
            print(f"{name}, {model}: {100 * score:.1f} % {promise}")
        if len(train_values[name][0]) > 1:
            worst = [
                f"{dataset.families[a]} for {dataset.families[b]} {n}"
                for (a, b), n in confusions.most_common(8)
            ]
            print("  taken for another: " + ", ".join(worst))
    return broken


def measure_speed(dataset):
    """Prints the time a clip takes; returns 1 if it is too long, else 0."""
    for index in range(22):
        dataset.clip("train", index)
    start = time.process_time()
    for index in range(220):
        dataset.clip("train", index)
    milliseconds = (time.process_time() - start) / 220 * 1000.0
    kept = milliseconds <= MAX_MILLISECONDS
    print(f"{milliseconds:.1f} ms of one core a clip{'' if kept else '  BROKEN'}")
    return int(not kept)


def recorded(nsynth_dir, family, num):
    """Returns (title, audio) of up to `num` notes of a family from a folder as NSynth is distributed."""
    notes = json.loads((nsynth_dir / "examples.json").read_text(encoding="utf-8"))
    names = sorted(name for name, note in notes.items() if note["instrument_family_str"] == family)
    names = names[:: max(1, len(names) // num)][:num]
    clips = []
    for name in names:
        frames, rate = files.read(nsynth_dir / "audio" / f"{name}.wav")
        audio = files.resample(frames.reshape(len(frames), -1).mean(axis=1), rate, SAMPLE_RATE)
        clips.append((name, files.fitted(audio, LENGTH_SAMPLES)))
    return clips


def draw_sheet(dataset, path, pitches, nsynth_dir):
    """Draws a row a family: notes of instruments that the training split does not have, and recorded ones."""
    clips = []
    numbers = INSTRUMENT_NUMBERS["test"]
    for family in dataset.families:
        row = []
        for place, pitch in enumerate(pitches):
            instrument = instrument_of(family, numbers[place])
            velocity = playing.VELOCITIES[(3 - place) % len(playing.VELOCITIES)]
            rng = np.random.default_rng([place, pitch])
            plan = playing.draw_plan(family, numbers[place], instrument, pitch, velocity, rng)
            audio = playing.played(plan, instrument, dataset.note_seconds, dataset._studio, rng)
            row.append((f"{family} {instrument.source[:5]} {pitch} {velocity}", audio))
        if nsynth_dir:
            row += recorded(nsynth_dir, family, 3)
            row += [("", np.zeros(LENGTH_SAMPLES, np.float32))] * (len(pitches) + 3 - len(row))
        clips += row
    titles, audio = zip(*clips, strict=True)
    save_contact_sheet(
        path, np.stack(audio), titles, SAMPLE_RATE, num_columns=len(clips) // len(dataset.families)
    )


def main():
    """Prints the numbers or draws the sheet; returns 1 if a promise is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num_clips", type=int, default=6710, help="training clips")
    parser.add_argument("--num_test_clips", type=int, default=1342, help="test clips")
    parser.add_argument(
        "--num_tuned", type=int, default=671, help="notes whose pitch is measured, about 0.4 s each"
    )
    parser.add_argument("--seed", type=int, default=0, help="the data set's seed")
    parser.add_argument("--sheet", help="only draw spectrograms into this PNG file, a row a family")
    parser.add_argument("--pitches", default="60,60,60,60,36,78", help="of the sheet's columns")
    parser.add_argument(
        "--nsynth_dir", type=Path, help="NSynth notes (examples.json and audio/) for the sheet"
    )
    arguments = parser.parse_args()
    dataset = Notes(
        SAMPLE_RATE,
        LENGTH_SAMPLES,
        num_clips=arguments.num_clips,
        num_test_clips=arguments.num_test_clips,
        seed=arguments.seed,
    )
    if arguments.sheet:
        pitches = [int(pitch) for pitch in arguments.pitches.split(",")]
        draw_sheet(dataset, arguments.sheet, pitches, arguments.nsynth_dir)
        return 0
    broken = measure_speed(dataset)
    broken += measure_difficulty(dataset) if arguments.num_clips > 0 else 0
    broken += measure_tuning(dataset, arguments.num_tuned) if arguments.num_tuned > 0 else 0
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
