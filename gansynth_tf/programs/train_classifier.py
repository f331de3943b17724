"""`eval/train_classifier.py`: train the network by which generated clips are heard."""

import pathlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import Literal

from gansynth_tf import options
from gansynth_tf.evaluation import label_classifier
from gansynth_tf.experiment import Experiment, specification
from gansynth_tf.models.classifier_training import train_classifier
from gansynth_tf.models.classifiers import CLASSIFIERS
from gansynth_tf.models.listening import CONFIG_FILE, WEIGHTS_FILE, ListeningNetwork
from gansynth_tf.options import Specification, UserError, WorkFailed
from gansynth_tf.programs import command_line
from gansynth_tf.training.interruption import Interruption
from gansynth_tf.training.observers.progress import CountLine, duration

USAGE = """\
python eval/train_classifier.py --flagfile=flags/genre.cfg --classifier_dir=runs/classifiers/genre
python eval/train_classifier.py --flagfile=runs/a/experiment.cfg --classifier_dir=runs/classifiers/a \\
    --classifier_labels=pitch,instrument_family

Trains a network that names the labels of a clip, on the real clips of any data set that training can read, and
tells how often it is right on clips that it never heard. Scores of generated clips are what this network hears: train
one before the runs are scored, once for all runs of a comparison, and never on generated clips.

  train  it learns from these clips, made worse in many ways so that it does not rest on a recording's quality
  valid  it stops when these are no longer named better; the weights of the best epoch are kept
  test   its accuracy on these is printed and stored, one number a label, and how far its probabilities can be
         believed, with the temperature (fitted on valid) that its logits are to be divided by for that

--classifier=small (the default) learns a few thousand clips of a second in some minutes on two cores; nsynth is the
network of the original's evaluation, with 512 features that its Frechet distance is measured in, and takes a GPU.

It writes into the folder
  weights.npz      the weights, plain arrays
  classifier.json  kind, sizes, labels, held-out accuracies, calibration, fingerprint of the data, hash of the
                   weights, seed, versions
and changes no classifier that is there already. Ctrl-C stores the best epoch so far; a kill leaves nothing half done.
--dataset and its options may be given instead of a flagfile, or after one.
"""
# What makes one classifier another; --seed and the program's own names stand for the rest.
# Options of the small kind have the name that they had when it was the only one; --nsynth.* are those of a data set.
_PREFIXES = {"small": "classifier", "nsynth": "nsynth_classifier"}
_TRAINING = "classifier_training"
_OWN = {_PREFIXES[kind]: network for kind, network in CLASSIFIERS.items()} | {_TRAINING: train_classifier}
_NOT_ASKED = tuple(f"{prefix}.seed" for prefix in _OWN)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_train, arguments)


def program(
    *,
    flagfile: str = "",
    classifier_dir: str = "",
    classifier_labels: tuple[str, ...] = (),
    classifier: Literal["small", "nsynth"] = "small",
    max_clips: int = 20000,
    least_accuracy: float = 0.0,
) -> None:
    """Stands for the program's own options.

    Args:
        flagfile: File of options that says which data; experiment.cfg in a run's folder means that run's.
        classifier_dir: Folder to store the classifier in.
        classifier_labels: Labels to name, as pitch,instrument_family. Empty is those that the flagfile conditions on.
        classifier: The kind of network: a small one, or the one of the original's evaluation.
        max_clips: At most so many training clips, drawn at random, and a quarter as many of the other splits; 0 is
            all. Their spectrograms are held in memory.
        least_accuracy: Store nothing, and end with status 1, if a label is named right less often on held-out clips.
    """


def _train(arguments: Sequence[str]) -> int:
    own = _own_options()
    line = command_line.parse(arguments, program, specification() | own, USAGE)
    told = line.program
    folder = _free_folder(told["classifier_dir"])
    if told["max_clips"] < 0 or not 0.0 <= told["least_accuracy"] <= 1.0:
        raise UserError(
            "--max_clips takes a whole number from 0, --least_accuracy a share from 0 to 1. "
            f"Received: {told['max_clips']}, {told['least_accuracy']}."
        )
    _refuse_other_kinds(line.given, told["classifier"])
    settings = _suited_settings(line)
    batch_size = settings[f"{_TRAINING}.batch_size"]
    _check_batch(batch_size, told["max_clips"] or batch_size, "of --max_clips")
    experiment = _experiment(line, own)
    _check_batch(batch_size, len(experiment.labels.clips("train")), "of the split train")
    classifier = _classifier(experiment, told["classifier"], line.settings)
    try:
        return _trained(experiment, classifier, settings, told, folder)
    except OSError as error:
        raise WorkFailed(f"{error.filename or folder}: {error.strerror or error}.") from error


def _own_options() -> Specification:
    """Returns the options of the network and of its training, without those that follow --seed."""
    found = options.specification(_OWN)
    return {name: option for name, option in found.items() if name not in _NOT_ASKED}


def _suited_settings(line: command_line.CommandLine) -> options.Settings:
    """Returns all settings; those of training that were not given are as the kind of network needs them."""
    defaults = CLASSIFIERS[line.program["classifier"]].training_defaults
    suited = {f"{_TRAINING}.{name}": value for name, value in defaults.items()}
    given = {name: value for name, value in line.settings.items() if name not in suited or name in line.given}
    return suited | given


def _check_batch(batch_size: int, num_clips: int, which: str) -> None:
    """Refuses a batch of no clips, or of more than there are to learn from, before they are read."""
    if not 1 <= batch_size <= num_clips:
        raise UserError(
            f"--{_TRAINING}.batch_size takes a whole number from 1 to that of the clips to learn from. Received: "
            f"{batch_size}, for {num_clips:,} clips {which}. Choose a smaller batch, or give more clips."
        )


def _refuse_other_kinds(given, chosen: str) -> None:
    """Refuses options of a kind of network that is not chosen."""
    for kind, prefix in _PREFIXES.items():
        for name in given:
            if kind != chosen and name.rpartition(".")[0] == prefix:
                raise UserError(
                    f"--{name} is an option of --classifier={kind}, but --classifier={chosen} is chosen. Leave it "
                    f"out, or choose --classifier={kind}."
                )


def _free_folder(classifier_dir: str) -> pathlib.Path:
    """Returns the folder to store in, which must not hold a classifier."""
    if not classifier_dir:
        raise UserError("Expected --classifier_dir=FOLDER to store the classifier in. Received: none.")
    folder = pathlib.Path(classifier_dir)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--classifier_dir={folder} is a file. Name a folder.")
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if (folder / name).exists():
            raise UserError(
                f"--classifier_dir={folder} holds a classifier already ({name}). Scores may rest on it: name another "
                "folder, or remove it yourself."
            )
    return folder


def _experiment(line: command_line.CommandLine, own: Specification) -> Experiment:
    """Returns the experiment whose labels are those to name, its recordings read."""
    settings = {name: value for name, value in line.settings.items() if name not in own}
    given = {name for name in line.given if name not in own}
    if line.program["classifier_labels"]:
        settings["labels"], given = line.program["classifier_labels"], given | {"labels"}
    experiment = Experiment.from_settings(settings, given)
    if experiment.num_channels != 1:
        raise UserError("A classifier hears one channel. Leave out --channels=stereo.")
    dataset = experiment.dataset
    cache_dir = experiment.training.cache_dir
    counted = _counted("Recordings", "files")
    try:
        dataset.prepare(cache_dir if cache_dir and pathlib.Path(cache_dir).is_dir() else None, counted)
    finally:
        counted.close()
    label_classifier.check_splits(dataset)
    if not experiment.labels.classes:
        raise UserError(
            f"There is no label to name. Choose some by --classifier_labels: {', '.join(dataset.labels) or 'none'}."
        )
    return experiment


def _classifier(experiment: Experiment, kind: str, settings: options.Settings) -> ListeningNetwork:
    sizes = experiment.sample_rate, experiment.length_samples
    prefix = _PREFIXES[kind]
    seed = {f"{prefix}.seed": experiment.seed}
    return options.build(
        CLASSIFIERS[kind], *sizes, experiment.labels.classes, settings=settings | seed, prefix=prefix
    )


def _trained(experiment, classifier, settings, told, folder) -> int:
    """Reads, trains, examines and stores; returns the exit status."""
    print(experiment.labels.report(), flush=True)
    most = {"train": told["max_clips"]} | dict.fromkeys(("valid", "test"), -(-told["max_clips"] // 4))
    parts = {}
    for split in ("train", "valid", "test"):
        counted = _counted(f"Clips of {split}", "clips")
        parts[split] = label_classifier.hearable(
            classifier,
            experiment.dataset,
            experiment.labels,
            split,
            most=most[split],
            seed=experiment.seed,
            count=counted,
        )
        counted.close()
    train, valid = parts["train"], parts["valid"]
    clips = train.spectrograms, train.rows, valid.spectrograms, valid.rows
    sizes = classifier.options
    print(
        f"{len(train.rows):,} clips to learn from, windows of {sizes['frame_length']} samples every "
        f"{sizes['frame_step']}, {classifier.spectrogram_shape[1]} bands.",
        flush=True,
    )
    num_epochs = settings[f"{_TRAINING}.num_epochs"]
    with Interruption() as should_stop:
        training = options.build(
            train_classifier,
            classifier,
            *clips,
            _epoch_lines(num_epochs),
            should_stop,
            settings=settings | {f"{_TRAINING}.seed": experiment.seed},
            prefix=_TRAINING,
        )
    facts = label_classifier.facts_of(classifier, training, parts, experiment)
    return _stored(classifier, facts, told["least_accuracy"], folder)


def _stored(classifier, facts, least_accuracy, folder) -> int:
    """Tells how good the classifier is, stores it if it is good enough, and returns the exit status."""
    for name, found in facts["held_out"].items():
        print(
            f"Held-out accuracy of {name}: {found['accuracy']:.4f} of {found['num_clips']} clips "
            f"({found['chance']:.3f} by always naming the most frequent class)."
        )
        before, after = (
            f"{found[f'{kind}expected_calibration_error']:.4f} and {found[f'{kind}negative_log_likelihood']:.4f}"
            for kind in ("", "calibrated_")
        )
        print(
            f"  Calibration error and negative log likelihood in nats: {before}; logits divided by "
            f"{facts['temperatures'][name]:.3f}: {after}."
        )
    worst = min(facts["held_out_accuracy"].values())
    if worst < least_accuracy:
        raise WorkFailed(
            f"Expected at least {least_accuracy:g} of the held-out clips named right. Received: {worst:.4f}. Nothing "
            "was stored. More clips, more epochs (--classifier_training.num_epochs) or finer bands "
            "(--classifier.num_mel_bins) may help."
        )
    classifier.save(folder, facts)
    print(f"Stored in {folder}: weights {classifier.weights_hash}, best epoch {facts['best_epoch'] + 1}.")
    if facts["interrupted"]:
        print("Interrupted: these are the best weights so far.")
        return command_line.INTERRUPTED
    return command_line.DONE


def _epoch_lines(num_epochs: int) -> Callable[[dict[str, float]], None]:
    """Returns what tells about each epoch, with the time left if none is better in between."""
    began = time.monotonic()

    def tell(row):
        done = int(row["epoch"]) + 1
        left = (time.monotonic() - began) / done * (num_epochs - done)
        named = ", ".join(
            f"{name.partition('/')[2]} {value:.4f}"
            for name, value in row.items()
            if name.startswith("validation_accuracy/")
        )
        print(
            f"Epoch {done} of {num_epochs}: loss {row['loss']:.3f}, validation {row['validation_loss']:.3f} "
            f"({named}); {duration(left)} left at most",
            flush=True,
        )

    return tell


def _counted(what: str, things: str) -> CountLine:
    return CountLine(what, things, lambda line: print(line, flush=True), sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
