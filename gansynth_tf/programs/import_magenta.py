"""`scripts/import_magenta.py` and `gansynth-import-magenta`: a checkpoint of the original GANSynth becomes a run."""

import sys
from collections.abc import Sequence

from gansynth_tf.experiment import specification
from gansynth_tf.magenta.importing import import_run
from gansynth_tf.options import UserError
from gansynth_tf.programs import command_line

USAGE = """\
python scripts/import_magenta.py --checkpoint_dir=acoustic_only --run_dir=runs/acoustic_only [--stage=12]

Reads a training folder of the original GANSynth (Magenta, TensorFlow 1): experiment.json and stage_*. Writes the folder
of a run that plays, is evaluated and goes on training like any other. Nothing in the folder is executed.
Options of training may be given where the folder does not decide them, as --nsynth.folder=FOLDER.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_import, arguments)


def program(*, checkpoint_dir: str = "", run_dir: str = "", stage: int | None = None) -> None:
    """Stands for the program's own options.

    Args:
        checkpoint_dir: The original's folder, unpacked.
        run_dir: Folder of the new run; must not exist.
        stage: Number of the stage_ folder that is taken. None is the last one.
    """


def _import(arguments: Sequence[str]) -> int:
    line = command_line.parse(arguments, program, specification(), USAGE)
    told = line.program
    for name in ("checkpoint_dir", "run_dir"):
        if not told[name]:
            raise UserError(
                f"--{name} is missing. Name both folders: --checkpoint_dir=FOLDER --run_dir=FOLDER."
            )
    given = {name: line.settings[name] for name in line.given}
    report = import_run(told["checkpoint_dir"], told["run_dir"], stage=told["stage"], given=given)
    for text in report:
        print(text)
    print(f"The run is in {told['run_dir']}. To play it: python generate.py --run_dir={told['run_dir']}")
    return command_line.DONE


if __name__ == "__main__":
    sys.exit(main())
