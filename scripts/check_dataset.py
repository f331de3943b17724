"""Examines a data set as training would read it: python scripts/check_dataset.py --help."""

import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

from gansynth_tf.programs.check_dataset import main

if __name__ == "__main__":
    sys.exit(main())
