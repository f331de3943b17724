"""Makes sounds with a trained run: python generate.py --run_dir=runs/genre (--help lists the options)."""

import sys

from gansynth_tf.programs.generate import main

if __name__ == "__main__":
    sys.exit(main())
