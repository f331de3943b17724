"""The programs: the only readers of the command line."""

import logging
import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  A checkout runs without the installer's own check.
    print(
        f"gansynth_tf needs Python 3.11 or newer. This is Python {sys.version.split()[0]}.", file=sys.stderr
    )
    sys.exit(2)

# TensorFlow writes about its plug-ins to the terminal while it is imported; what goes wrong is raised as well.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# One trace a stage is meant; TensorFlow warns of it.
logging.getLogger("tensorflow").setLevel(logging.ERROR)
# The training loop is TensorFlow's; a user's keras.json may name another backend.
os.environ["KERAS_BACKEND"] = "tensorflow"
