import sys

sys.path.insert(0, sys.path[0] + "/..")  # The repository, so that this runs uninstalled.

from gansynth_tf.programs import evaluate

if __name__ == "__main__":
    sys.exit(evaluate.main())
