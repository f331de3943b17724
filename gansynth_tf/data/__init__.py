"""Datasets, labels and the pipeline that feeds training."""

from gansynth_tf.data.audio_folder import AudioFolder
from gansynth_tf.data.grooves import Grooves
from gansynth_tf.data.notes import Notes
from gansynth_tf.data.tfds_audio import TfdsAudio

DATASETS = {
    "grooves": Grooves,
    "notes": Notes,
    "audio_folder": AudioFolder,
    "tfds_audio": TfdsAudio,
}
