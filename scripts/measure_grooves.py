"""Measures how hard `grooves` is: what plain features of a clip say about its genre.

    python scripts/measure_grooves.py --num_clips=3000 --num_test_clips=1200

Trained on the train split, measured on the test split. A test bed for generators must not be solved by level,
tempo or an average spectrum; its rhythm must solve it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import time

import librosa
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from gansynth_tf.data.grooves import Grooves

SAMPLE_RATE = 16000
LENGTH_SAMPLES = 32000
# Name -> lowest and highest accuracy that the data set promises.
PROMISES = {
    "mean log-mel spectrum": (0.5, 0.85),
    "tempo as drawn": (0.0, 0.5),
    "tempo as estimated": (0.0, 0.5),
    "level": (0.0, 0.5),
    "spectral centroid": (0.0, 0.5),
    "log-mel over time (64 frames)": (0.85, 1.0),
}


def features(dataset, split):
    """Returns a dict from a feature's name to float [clips, values], and the classes [clips]."""
    classes = dataset.rows(split)[:, 0]
    named = {name: [] for name in PROMISES}
    for index in range(len(classes)):
        audio = dataset.clip(split, index)
        power = librosa.feature.melspectrogram(y=audio, sr=SAMPLE_RATE, n_fft=2048, hop_length=512, n_mels=64)
        log_mel = np.log(power + 1e-6)
        onsets = librosa.onset.onset_strength(S=librosa.power_to_db(power), sr=SAMPLE_RATE)
        estimated_bpm = librosa.feature.tempo(onset_envelope=onsets, sr=SAMPLE_RATE)[0]
        named["mean log-mel spectrum"].append(log_mel.mean(axis=1))
        named["tempo as drawn"].append([dataset.plan(split, index).tempo_bpm])
        named["tempo as estimated"].append([estimated_bpm])
        named["level"].append([10.0 * np.log10(np.mean(audio**2))])
        named["spectral centroid"].append([librosa.feature.spectral_centroid(y=audio, sr=SAMPLE_RATE).mean()])
        coarse = log_mel[:, :62].reshape(16, 4, 62).mean(axis=1)
        named["log-mel over time (64 frames)"].append(coarse.ravel() - coarse.mean())
    return {name: np.array(values) for name, values in named.items()}, classes


def accuracy(model, train, test):
    """Returns the test accuracy of a fitted copy of `model`; train and test are (values, classes)."""
    return make_pipeline(StandardScaler(), model).fit(*train).score(*test)


def main():
    """Prints the accuracies; returns 1 if a promise is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num_clips", type=int, default=3000, help="training clips")
    parser.add_argument("--num_test_clips", type=int, default=1200, help="test clips")
    parser.add_argument("--seed", type=int, default=0, help="the data set's seed")
    arguments = parser.parse_args()
    dataset = Grooves(
        SAMPLE_RATE,
        LENGTH_SAMPLES,
        num_clips=arguments.num_clips,
        num_test_clips=arguments.num_test_clips,
        seed=arguments.seed,
    )
    for caption in ("with the building of its kits", "with kits at hand"):
        start = time.process_time()
        for index in range(300):
            dataset.clip("train", index)
        print(f"{(time.process_time() - start) / 300 * 1000:.1f} ms of one core a clip {caption}")
    (train_values, train_classes), (test_values, test_classes) = (
        features(dataset, "train"),
        features(dataset, "test"),
    )
    broken = 0
    for name, (lowest, highest) in PROMISES.items():
        train, test = (train_values[name], train_classes), (test_values[name], test_classes)
        scores = {}
        if name.startswith("log-mel over time"):
            scores["network"] = accuracy(MLPClassifier((128,), max_iter=40, random_state=0), train, test)
        else:
            scores["logistic regression"] = accuracy(LogisticRegression(max_iter=3000), train, test)
        if train[0].shape[1] == 1:
            tree = DecisionTreeClassifier(max_leaf_nodes=24, min_samples_leaf=20, random_state=0)
            scores["tree"] = accuracy(tree, train, test)
        for model, score in scores.items():
            kept = lowest <= score <= highest
            broken += not kept
            print(
                f"{name}, {model}: {100 * score:.1f} % ({100 * lowest:.0f} to {100 * highest:.0f})"
                f"{'' if kept else '  BROKEN'}"
            )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
