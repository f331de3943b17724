"""The small form of every dataset of the catalogue: what it needs on disk, and the options to find that."""

import contextlib

import numpy as np
import soundfile

from tests.data.nsynth_files import put_folders
from tests.data.small_sets import put_public_sets
from tests.data.tfds_fakes import fake_tfds

RATE = 8000
LENGTH = 4000


def put_small_forms(directory):
    """Writes a few recordings a dataset; returns {key: its options}. What is not named here needs none.

    A new dataset is examined with its defaults, unless it says here what is small.
    """
    public = {name: str(path) for name, path in put_public_sets(directory / "public").items()}
    return {
        "grooves": {"num_clips": 8, "num_test_clips": 6},
        "notes": {"num_clips": 8, "num_test_clips": 6},
        "audio_folder": {
            "folder": str(_put_tones(directory / "tones")),
            "valid_fraction": 0.2,
            "test_fraction": 0.2,
        },
        "nsynth": {"folder": str(put_folders(directory / "nsynth"))},
        "gtzan": {"folder": public["gtzan"], "valid_fraction": 0.2, "test_fraction": 0.2},
        "groove": {"folder": public["groove"]},
        "speech_commands": {"folder": public["speech_commands"], "words": ("yes", "no")},
        "spoken_digit": {"folder": public["spoken_digit"]},
        "tfds_audio": {"builder": "gtzan", "valid_fraction": 0.2, "test_fraction": 0.2},
    }


def surroundings_of(key):
    """Returns a context in which the small form of a dataset can be read."""
    return fake_tfds(["train"]) if key == "tfds_audio" else contextlib.nullcontext()


def _put_tones(folder):
    """Writes two genres of tones, enough files for three splits."""
    for genre, f0_hz in (("high", 800), ("low", 200)):
        (folder / genre).mkdir(parents=True)
        for i in range(15):
            audio = 0.5 * np.sin(2 * np.pi * (f0_hz + 5 * i) * np.arange(LENGTH + 100 * i) / RATE)
            soundfile.write(folder / genre / f"{i}.wav", audio, RATE)
    return folder
