import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

import gansynth_tf.programs  # noqa: F401  # isort: skip  Before TensorFlow, which it quietens.

import csv
import pathlib
from collections.abc import Sequence

import librosa
import numpy as np
import soundfile
import tensorflow as tf

from gansynth_tf import synthesis
from gansynth_tf.data.grooves import Grooves
from gansynth_tf.evaluation import judge_report
from gansynth_tf.evaluation.baselines import comparison_clips
from gansynth_tf.evaluation.judges import Judges, build_reference, in_turns, judge, label_column, split_clips
from gansynth_tf.experiment import Experiment
from gansynth_tf.options import UserError
from gansynth_tf.programs import command_line
from gansynth_tf.representations.mel_if import MelIf

USAGE = """\
python eval/judge.py --run_dir=runs/genre [--num_samples_per_class=100] [--seed=1]
python eval/judge.py --audio_dir=clips

Draws clips of every class from a run, asks two judges trained on real clips what they hear, and measures variety,
likeness and newness, beside the same numbers for real clips and for clips that must fail.
"""


def options(
    *,
    run_dir: str = "",
    audio_dir: str = "",
    num_samples_per_class: int = 100,
    seed: int = 1,
    judges_dir: str = "",
    output_dir: str = "",
    comparisons: bool = True,
    num_clips: int = 6000,
    num_threads: int = 0,
):
    """What the program can be told.

    Args:
        run_dir: Folder of a run; its averaged (EMA) generator plays.
        audio_dir: Instead of a run, a folder with labels.csv (columns path and genre) and the wavs it names.
        num_samples_per_class: Clips of each class that are drawn and compared.
        seed: Of the generator's clips; no clip is chosen or left out.
        judges_dir: Folder of the judges. Empty is eval/judges of this repository.
        output_dir: Folder for judge.json, judge.csv and judge.png. Empty is judge in the folder of the run or clips.
        comparisons: Judge real clips, noise, mean clips and shuffled labels as well.
        num_clips: Training clips of grooves that an --audio_dir is compared with; a run knows its own.
        num_threads: Processor threads, 0 for all.
    """


def generated_clips(run_dir, judges, num_per_class, seed):
    """Returns audio [num_clips, length_samples], asked classes in turns, and the images of the save that was heard."""
    instrument = synthesis.load(run_dir)
    if tuple(instrument.labels.get(judges.label, ())) != judges.classes:
        raise UserError(
            f"The judges know the label {judges.label!r} with the classes {', '.join(judges.classes)}. "
            f"The run knows {instrument.labels}: train judges for its data set."
        )
    clips = [instrument.generate({judges.label: name}, num_per_class, seed) for name in judges.classes]
    audio = np.stack(clips, axis=1).reshape(-1, clips[0].shape[1])
    return audio, np.tile(np.arange(len(clips)), num_per_class), instrument.num_images


def clips_of_folder(folder, judges):
    """Returns audio [num_clips, length_samples] and asked classes of the clips that labels.csv names."""
    path = pathlib.Path(folder) / "labels.csv"
    if not path.is_file():
        raise UserError(f"Expected {path} with the columns path and {judges.label}. Found no such file.")
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows or not {"path", judges.label} <= set(rows[0]):
        raise UserError(f"{path} must have the columns path and {judges.label} and at least one row.")
    audio = np.zeros([len(rows), judges.classifier.length_samples], np.float32)
    asked = []
    for index, row in enumerate(rows):
        if row[judges.label] not in judges.classes:
            raise UserError(
                f"{path} names the class {row[judges.label]!r}. The judges know {', '.join(judges.classes)}."
            )
        clip = _clip(path.parent / row["path"], judges.classifier.sample_rate)[: audio.shape[1]]
        audio[index, : len(clip)] = clip
        asked.append(judges.classes.index(row[judges.label]))
    return audio, np.array(asked)


def _clip(path, sample_rate):
    """Returns the samples of one file, float32, mixed to one channel, at `sample_rate`."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise UserError(f"{path} could not be read as audio: {' '.join(str(error).split())}") from error
    return librosa.resample(samples.mean(axis=1), orig_sr=rate, target_sr=sample_rate)


def real_parts(told, judges):
    """Returns the data set that the run learnt from and its representation, or the defaults for a folder."""
    classifier = judges.classifier
    if told["run_dir"]:
        experiment = Experiment.from_flagfile(pathlib.Path(told["run_dir"]) / "experiment.cfg")
        return experiment.dataset, experiment.representation
    sizes = classifier.sample_rate, classifier.length_samples
    return Grooves(*sizes, num_clips=told["num_clips"]), MelIf(*sizes)


def main(arguments: Sequence[str]) -> int:
    """Draws, judges, prints and writes; returns the exit status."""
    told = command_line.parse(arguments, options, usage=USAGE).program
    if bool(told["run_dir"]) == bool(told["audio_dir"]):
        raise UserError("Give either --run_dir or --audio_dir.")
    if told["num_samples_per_class"] < 6:
        raise UserError(
            f"--num_samples_per_class must be at least 6. Received: {told['num_samples_per_class']}."
        )
    if told["num_threads"]:
        tf.config.threading.set_intra_op_parallelism_threads(told["num_threads"])
    judges_dir = told["judges_dir"] or pathlib.Path(__file__).resolve().parent / "judges"
    try:
        judges = Judges.load(judges_dir)
        num_images = None
        if told["run_dir"]:
            audio, asked, num_images = generated_clips(
                told["run_dir"], judges, told["num_samples_per_class"], told["seed"]
            )
            print(f"Heard: the save of {num_images:,} images in {told['run_dir']}.")
        else:
            audio, asked = clips_of_folder(told["audio_dir"], judges)
        results = judged(told, judges, audio, asked)
    except ValueError as error:
        raise UserError(str(error)) from error
    print(judge_report.table(results))
    for name in ("classifier", "forest"):
        print(f"\ngenerated clips, asked (rows) and judged by the {name} (columns):")
        print(judge_report.confusion_table(results["generated"], judges.classes, name))
    facts = {name: told[name] for name in ("run_dir", "audio_dir", "num_samples_per_class", "seed")}
    facts["num_images"] = num_images
    output_dir = told["output_dir"] or pathlib.Path(told["run_dir"] or told["audio_dir"]) / "judge"
    paths = judge_report.write_files(results, judges.classes, facts, output_dir)
    print("\nwritten: " + ", ".join(str(path) for path in paths))
    return command_line.DONE


def judged(told, judges, audio, asked):
    """Returns {name of a set: what the judges say} for the clips and all that stands beside them."""
    dataset, representation = real_parts(told, judges)
    column = label_column(dataset, judges)
    rows = dataset.rows("test")[:, column]
    num_classes, num_per_class = len(judges.classes), told["num_samples_per_class"]
    chosen = in_turns(rows, num_per_class, num_classes)
    test_audio, test_classes = split_clips(dataset, "test", chosen), rows[chosen]
    reference = build_reference(dataset, judges, test_audio, test_classes, num_per_class)
    results = {"generated": judge(audio, asked, judges, reference)}
    if told["comparisons"]:
        others = comparison_clips(
            dataset, column, test_audio, test_classes, num_classes, representation, told["seed"]
        )
        results |= {name: judge(clips, classes, judges, reference) for name, clips, classes in others}
    return results


if __name__ == "__main__":
    sys.exit(command_line.exit_status(main, None))
