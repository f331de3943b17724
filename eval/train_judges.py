import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

import gansynth_tf.programs  # noqa: F401  # isort: skip  Before TensorFlow, which it quietens.

import pathlib
from collections.abc import Sequence

import tensorflow as tf

from gansynth_tf.data.grooves import Grooves
from gansynth_tf.evaluation.judges_training import save_judges, train_judges
from gansynth_tf.options import UserError
from gansynth_tf.programs import command_line

USAGE = """python eval/train_judges.py [--judges_dir=eval/judges]

Trains both judges of the genre on real clips of `grooves` (a network and a random forest, about three minutes on one
core), examines them on held-out clips and stores them, unless one is worse than it must be."""

LEAST_CLASSIFIER, LEAST_FOREST = 0.95, 0.85


def options(
    *,
    judges_dir: str = "eval/judges",
    num_clips: int = 3000,
    num_test_clips: int = 1200,
    num_epochs: int = 20,
    num_forest_clips_per_class: int = 200,
    seed: int = 0,
    num_threads: int = 1,
):
    """What the program can be told.

    Args:
        judges_dir: Folder to store the judges in.
        num_clips: Training clips.
        num_test_clips: Held-out clips, and clips for early stopping.
        num_epochs: At most so many epochs for the network.
        num_forest_clips_per_class: Clips a class in the forest's table.
        seed: Of first weights, order, augmentation and trees.
        num_threads: Processor threads, 0 for all.
    """


def main(arguments: Sequence[str]) -> int:
    """Trains, examines, stores; returns the exit status."""
    told = command_line.parse(arguments, options, usage=USAGE).program
    if told["num_threads"]:
        tf.config.threading.set_intra_op_parallelism_threads(told["num_threads"])
    dataset = Grooves(16000, 32000, num_clips=told["num_clips"], num_test_clips=told["num_test_clips"])
    try:
        judges, facts = train_judges(
            dataset,
            "genre",
            num_epochs=told["num_epochs"],
            num_forest_clips_per_class=told["num_forest_clips_per_class"],
            seed=told["seed"],
            progress=lambda line: print(line, flush=True),
        )
    except ValueError as error:
        raise UserError(str(error)) from error
    shares = facts["held_out_accuracy_classifier"], facts["held_out_accuracy_forest"]
    print(f"held-out accuracy: classifier {shares[0]:.4f}, forest {shares[1]:.4f}")
    if shares[0] < LEAST_CLASSIFIER or shares[1] < LEAST_FOREST:
        print(
            f"ERROR: Judges must reach {LEAST_CLASSIFIER} and {LEAST_FOREST} on held-out clips. Nothing was stored.",
            file=sys.stderr,
        )
        return command_line.FAILED
    save_judges(judges, facts, pathlib.Path(told["judges_dir"]))
    print(f"stored in {told['judges_dir']}")
    return command_line.DONE


if __name__ == "__main__":
    sys.exit(command_line.exit_status(main, None))
