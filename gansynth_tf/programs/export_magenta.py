"""`scripts/export_magenta.py` and `gansynth-export-magenta`: a run becomes a checkpoint of the original GANSynth."""

import sys
from collections.abc import Sequence

from gansynth_tf.magenta.exporting import export_run
from gansynth_tf.options import UserError
from gansynth_tf.programs import command_line

USAGE = """\
python scripts/export_magenta.py --run_dir=runs/mine --output_dir=mine

Writes the newest save of a run as a training folder that the original GANSynth (Magenta, TensorFlow 1) loads, where the
original can express the run: pitches 24 to 84 as its only label, its representations, its loss.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_export, arguments)


def program(
    *, run_dir: str = "", output_dir: str = "", tfds_data_dir: str = "gs://tfds-data/datasets"
) -> None:
    """Stands for the program's own options.

    Args:
        run_dir: Folder of a run that has saved at least once.
        output_dir: The new folder; must not exist.
        tfds_data_dir: Folder of TensorFlow Datasets where the original finds NSynth; it opens it even to play.
    """


def _export(arguments: Sequence[str]) -> int:
    told = command_line.parse(arguments, program, usage=USAGE).program
    for name in ("run_dir", "output_dir"):
        if not told[name]:
            raise UserError(f"--{name} is missing. Name both folders: --run_dir=FOLDER --output_dir=FOLDER.")
    for text in export_run(told["run_dir"], told["output_dir"], told["tfds_data_dir"]):
        print(text)
    print(f"The original's folder is {told['output_dir']}.")
    return command_line.DONE


if __name__ == "__main__":
    sys.exit(main())
