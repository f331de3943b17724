"""Measures whether generated notes have the pitch that was asked for, without any classifier.

    python scripts/measure_pitch.py --run_dir=R --label=pitch --num_samples=20 --output_csv=pitch.csv

Classes of the label are MIDI numbers. The fundamental is found by YIN (gansynth_tf/audio/pitch.py). Beside what the run
plays stand its real clips, and these through the representation and back, which no generator can be above.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gansynth_tf.programs  # noqa: F401  # isort: skip  Before TensorFlow, which it quietens.

import csv
import dataclasses

import numpy as np

from gansynth_tf import synthesis
from gansynth_tf.data.labels import all_numbers
from gansynth_tf.evaluation.judges import split_clips
from gansynth_tf.evaluation.pitch_accuracy import PitchScores, pitch_errors, pitch_scores
from gansynth_tf.experiment import FLAGFILE_NAME, Experiment
from gansynth_tf.options import UserError
from gansynth_tf.programs import command_line
from gansynth_tf.training.run_record import RunRecord

USAGE = """\
python scripts/measure_pitch.py --run_dir=R [--label=pitch] [--num_samples=20] [--output_csv=pitch.csv]

Plays every class of a label whose classes are MIDI numbers, and measures how many notes are within 50 cents of it.
"""
_BATCH = 32
_FIELDS = ("set", "notes", *(field.name for field in dataclasses.fields(PitchScores)))


def options(
    *,
    run_dir: str = "",
    label: str = "pitch",
    num_samples: int = 20,
    seed: int = 1,
    known_to: str = "",
    comparisons: bool = True,
    output_csv: str = "",
):
    """What the program can be told.

    Args:
        run_dir: Folder of the run; its averaged generator plays.
        label: Label whose classes are MIDI numbers.
        num_samples: Notes of each class; none is chosen or left out.
        seed: Of the notes.
        known_to: Folder of another run: pitches that it knows too are counted apart from those that it does not.
        comparisons: Measure the run's real clips as well, for which its recordings are needed.
        output_csv: File for the table with a line for each pitch; empty for none.
    """


def generated_notes(instrument, label, num_samples, seed):
    """Returns audio [num_notes, length_samples] and the pitches that were asked for, [num_notes] str."""
    classes = instrument.labels[label]
    audio = [instrument.generate({label: name}, num_samples, seed) for name in classes]
    return np.concatenate(audio), np.repeat(classes, num_samples)


def real_notes(experiment, record, label):
    """Returns audio and pitches of all real clips of all splits that have one."""
    column, classes = list(record.labels).index(label), np.array(record.labels[label])
    audio, pitches = [], []
    for split in experiment.dataset.splits:
        rows = experiment.labels.rows(split)[:, column]
        chosen = experiment.labels.clips(split)[rows >= 0]
        if len(chosen):
            audio.append(split_clips(experiment.dataset, split, chosen))
            pitches.append(classes[rows[rows >= 0]])
    return np.concatenate(audio), np.concatenate(pitches)


def through_representation(audio, representation):
    """Returns clips as the representation gives them back."""
    pieces = [audio[i : i + _BATCH] for i in range(0, len(audio), _BATCH)]
    return np.concatenate(
        [representation.to_audio(representation.to_data(piece)).numpy() for piece in pieces]
    )


def lines_of(name, audio, pitches, sample_rate, known):
    """Returns the lines of the table for one set of notes, dicts by _FIELDS: all, known and new, each pitch."""
    cents, periodicity = pitch_errors(audio, pitches.astype(float), sample_rate)
    is_known = np.isin(pitches, known)
    groups = {"all": np.ones(len(pitches), bool)}
    if known:
        groups |= {"known pitches": is_known, "new pitches": ~is_known}
    groups |= {str(pitch): pitches == pitch for pitch in sorted(set(pitches), key=float)}
    return [
        {"set": name, "notes": group} | dataclasses.asdict(pitch_scores(cents[chosen], periodicity[chosen]))
        for group, chosen in groups.items()
        if chosen.any()
    ]


def table(lines):
    """Returns the lines that are not of single pitches as text."""
    shown = [line for line in lines if not line["notes"].replace(".", "").lstrip("-").isdigit()]
    rows = [("set", "notes", "num", "within 50 cents", "octave off", "clear", "mean cents", "median")]
    for line in shown:
        rows.append(
            (
                line["set"],
                line["notes"],
                f"{line['num_notes']:,}",
                f"{line['within']:.3f} ({line['within_low']:.3f} to {line['within_high']:.3f})",
                f"{line['octave_off']:.3f}",
                f"{line['clear']:.3f}",
                f"{line['mean_cents']:.1f} ({line['mean_cents_low']:.1f} to {line['mean_cents_high']:.1f})",
                f"{line['median_cents']:.1f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _checked_label(instrument, label):
    """Refuses a label that is not there or has classes that are no MIDI numbers."""
    if label not in instrument.labels:
        raise UserError(
            f"--label={label}: the run has {', '.join(instrument.labels) or 'no labels'}. Choose one."
        )
    if not all_numbers(instrument.labels[label]):
        raise UserError(
            f"--label={label}: its classes must be MIDI numbers. Received: {', '.join(instrument.labels[label][:5])}."
        )


def main(arguments):
    """Plays, measures, prints and writes; returns the exit status."""
    told = command_line.parse(arguments, options, usage=USAGE).program
    if not told["run_dir"]:
        raise UserError("Give the folder of a run: --run_dir=R.")
    if told["num_samples"] < 1:
        raise UserError(f"--num_samples must be at least 1. Received: {told['num_samples']}.")
    try:
        known = RunRecord.load(told["known_to"]).labels.get(told["label"], ()) if told["known_to"] else ()
    except (OSError, ValueError) as error:
        raise UserError(f"--known_to={told['known_to']} is no run: {error}") from error
    label, instrument = told["label"], synthesis.load(told["run_dir"])
    _checked_label(instrument, label)
    sets = {"generated": generated_notes(instrument, label, told["num_samples"], told["seed"])}
    if told["comparisons"]:
        experiment = Experiment.from_flagfile(Path(told["run_dir"]) / FLAGFILE_NAME)
        audio, pitches = real_notes(experiment, RunRecord.load(told["run_dir"]), label)
        sets["real"] = audio, pitches
        sets["real, through the representation"] = (
            through_representation(audio, experiment.representation),
            pitches,
        )
    lines = [
        line
        for name, (audio, pitches) in sets.items()
        for line in lines_of(name, audio, pitches, instrument.sample_rate, known)
    ]
    print(f"The save of {instrument.num_images:,} images in {told['run_dir']}, seed {told['seed']}.")
    print(table(lines))
    if told["output_csv"]:
        with open(told["output_csv"], "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, _FIELDS)
            writer.writeheader()
            writer.writerows(lines)
    return command_line.DONE


if __name__ == "__main__":
    sys.exit(command_line.exit_status(main, None))
