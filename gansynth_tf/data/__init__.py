"""Datasets, labels and the pipeline that feeds training."""

from gansynth_tf.data.audio_folder import AudioFolder
from gansynth_tf.data.groove import Groove
from gansynth_tf.data.grooves import Grooves
from gansynth_tf.data.gtzan import Gtzan
from gansynth_tf.data.notes import Notes
from gansynth_tf.data.nsynth import NSynth
from gansynth_tf.data.speech_commands import SpeechCommands
from gansynth_tf.data.spoken_digit import SpokenDigit
from gansynth_tf.data.tfds_audio import TfdsAudio

DATASETS = {
    "grooves": Grooves,
    "notes": Notes,
    "audio_folder": AudioFolder,
    "nsynth": NSynth,
    "gtzan": Gtzan,
    "groove": Groove,
    "speech_commands": SpeechCommands,
    "spoken_digit": SpokenDigit,
    "tfds_audio": TfdsAudio,
}
