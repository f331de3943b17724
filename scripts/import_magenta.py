"""Makes a run of a checkpoint of the original GANSynth: python scripts/import_magenta.py --help."""

import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

from gansynth_tf.programs.import_magenta import main

if __name__ == "__main__":
    sys.exit(main())
