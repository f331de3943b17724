"""Feature spaces: what clips are turned into before they are compared. A new one is one file here and one line.

`SPACES` are those that only need to know a clip's sample rate and length; `ClassifierSpace` needs a trained classifier.
"""

from gansynth_tf.evaluation.features.classifier_space import ClassifierSpace
from gansynth_tf.evaluation.features.extraction import clips_hash, extract
from gansynth_tf.evaluation.features.log_mel_space import LogMelSpace
from gansynth_tf.evaluation.features.ndb_space import NdbSpace
from gansynth_tf.evaluation.features.space import Space, content_hash
from gansynth_tf.evaluation.features.waveform_space import WaveformSpace

SPACES = {"log_mel": LogMelSpace, "waveform": WaveformSpace, "ndb": NdbSpace}

__all__ = [
    "SPACES",
    "ClassifierSpace",
    "LogMelSpace",
    "NdbSpace",
    "Space",
    "WaveformSpace",
    "clips_hash",
    "content_hash",
    "extract",
]
