"""Lists a cache of spectra and deletes what is not wanted (--help lists the options)."""

import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

from gansynth_tf.programs.prune_cache import main

if __name__ == "__main__":
    sys.exit(main())
