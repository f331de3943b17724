"""Makes a checkpoint of the original GANSynth of a run: python scripts/export_magenta.py --help."""

import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

from gansynth_tf.programs.export_magenta import main

if __name__ == "__main__":
    sys.exit(main())
