"""The kinds of classifiers. A new one is one file here and one line in the catalogue."""

from gansynth_tf.models.classifier import Classifier
from gansynth_tf.models.nsynth_classifier import NsynthClassifier

CLASSIFIERS = {"small": Classifier, "nsynth": NsynthClassifier}
