"""Datasets, labels and the pipeline that feeds training."""

from gansynth_tf.data.grooves import Grooves

DATASETS = {"grooves": Grooves}
