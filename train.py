"""Trains a model: python train.py --flagfile=flags/genre.cfg (--help lists the options)."""

import sys

from gansynth_tf.programs.train import main

if __name__ == "__main__":
    sys.exit(main())
