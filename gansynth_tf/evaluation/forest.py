"""A second judge of another kind: a random forest on features made up for music, not learnt."""

import functools
import json
import pathlib

import librosa
import numpy as np
from sklearn.ensemble import RandomForestClassifier

TABLE_FILE = "features.npz"
CONFIG_FILE = "forest.json"

_FRAME_LENGTH = 1024
_FRAME_SECONDS = 0.016
_BANDS_HZ = (0.0, 120.0, 300.0, 800.0, 2000.0, 4500.0)
_LAG_SECONDS = 1.28  # Longest lag of the rhythm features: a beat at 47 beats a minute.


def handcrafted_features(clip, sample_rate: int) -> np.ndarray:
    """Returns timbre, harmony and rhythm of one clip as numbers; its level does not matter.

    Timbre: mean and deviation of 20 MFCC and of their steps, spectral contrast, centroid, flatness, roll-off.
    Harmony: chroma sorted by strength and its autocorrelation over semitones (no key), its change.
    Rhythm: in six bands, onset strength (mean, deviation, tail) and its autocorrelation up to 1.28 s, the
    tempogram over all bands, how the lowest and the highest bands answer each other.

    Args:
        clip: [length_samples] float, full scale 1.
        sample_rate: In hertz.

    Returns:
        [num_features] float32, finite, the same length for clips of the same length and rate.

    Raises:
        ValueError: If the clip is not one-dimensional, shorter than 2.56 s / 2, or not finite.

    Source: librosa 0.10 (McFee et al., SciPy 2015) for each of them.
    """
    clip = np.asarray(clip, np.float32)
    if clip.ndim != 1 or not np.all(np.isfinite(clip)):
        raise ValueError(f"`clip` must be a finite vector of samples. Received: shape {clip.shape}.")
    hop = round(_FRAME_SECONDS * sample_rate)
    num_lags = round(_LAG_SECONDS / _FRAME_SECONDS)
    if len(clip) < (num_lags + 1) * hop:
        raise ValueError(
            f"`clip` must last at least {_LAG_SECONDS} s. Received: {len(clip) / sample_rate:.3f} s."
        )
    clip = clip / max(1e-5, float(np.sqrt(np.mean(np.square(clip)))))
    magnitude = np.abs(librosa.stft(clip, n_fft=_FRAME_LENGTH, hop_length=hop))
    mel = librosa.feature.melspectrogram(S=np.square(magnitude), sr=sample_rate, n_mels=64)
    mel_db = librosa.power_to_db(mel, ref=_FRAME_LENGTH**2 / 8, top_db=70.0)
    return np.concatenate(
        [
            _timbre(magnitude, mel_db, sample_rate),
            _harmony(magnitude, sample_rate),
            _rhythm(mel_db, sample_rate, hop, num_lags),
        ]
    ).astype(np.float32)


def _timbre(magnitude, mel_db, sample_rate):
    """Returns [96] statistics over frames of MFCC, their steps, contrast, centroid, flatness and roll-off."""
    mfcc = librosa.feature.mfcc(S=mel_db, n_mfcc=20)
    contrast = librosa.feature.spectral_contrast(S=magnitude, sr=sample_rate, fmin=100.0, n_bands=5)
    shape = np.concatenate(
        [
            librosa.feature.spectral_centroid(S=magnitude, sr=sample_rate) / sample_rate,
            librosa.feature.spectral_rolloff(S=magnitude, sr=sample_rate) / sample_rate,
            np.log(librosa.feature.spectral_flatness(S=magnitude)),
        ]
    )
    tracks = np.concatenate([mfcc, contrast, shape])
    return np.concatenate(
        [tracks.mean(axis=1), tracks.std(axis=1), np.abs(np.diff(mfcc, axis=1)).mean(axis=1)]
    )


def _harmony(magnitude, sample_rate):
    """Returns [21] features of the chroma that a transposition leaves as they are."""
    chroma = librosa.feature.chroma_stft(S=np.square(magnitude), sr=sample_rate, tuning=0.0)
    mean = chroma.mean(axis=1)
    mean = mean / max(1e-6, float(mean.sum()))
    correlation = np.array([np.sum(mean * np.roll(mean, shift)) for shift in range(1, 7)])
    steps = np.abs(np.diff(chroma, axis=1)).sum(axis=0)
    return np.concatenate(
        [np.sort(mean), correlation, [steps.mean(), steps.std(), chroma.std(axis=1).mean()]]
    )


def _rhythm(mel_db, sample_rate, hop, num_lags):
    """Returns features of the onset strength in bands: statistics, autocorrelations, tempogram, answers."""
    edges = np.searchsorted(librosa.mel_frequencies(len(mel_db), fmax=sample_rate / 2), _BANDS_HZ)
    edges = np.unique(np.append(edges, len(mel_db)))
    onsets = librosa.onset.onset_strength_multi(
        S=mel_db, sr=sample_rate, hop_length=hop, channels=list(edges), detrend=False
    )
    mean, deviation = onsets.mean(axis=1), onsets.std(axis=1)
    tails = np.percentile(onsets, [50, 75, 90, 97], axis=1)
    centred = (onsets - mean[:, None]) / np.maximum(deviation, 1e-6)[:, None]
    own = np.stack([_correlation(track, track, num_lags) for track in centred])
    coarse = own[:, : num_lags // 2 * 2].reshape(len(own), -1, 2).mean(axis=2)
    everything = _correlation(centred.sum(axis=0), centred.sum(axis=0), num_lags)
    answers = _correlation(centred[:2].sum(axis=0), centred[-2:].sum(axis=0), num_lags)
    tempogram = librosa.feature.fourier_tempogram(
        onset_envelope=centred.sum(axis=0), sr=sample_rate, hop_length=hop, win_length=centred.shape[1]
    )
    spectrum = np.abs(tempogram).mean(axis=1)[1:33]
    spectrum = spectrum / max(1e-6, float(spectrum.sum()))
    return np.concatenate([mean, deviation, tails.ravel(), coarse.ravel(), everything, answers, spectrum])


def _correlation(first, second, num_lags):
    """Returns [num_lags] correlations of two tracks at lags of 1 ... num_lags frames."""
    length = len(first)
    spectrum = np.conj(np.fft.rfft(first, 2 * length)) * np.fft.rfft(second, 2 * length)
    products = np.fft.irfft(spectrum)[1 : num_lags + 1]
    return products / np.arange(length - 1, length - 1 - num_lags, -1)


def handcrafted_table(audio, sample_rate: int) -> np.ndarray:
    """Returns `handcrafted_features` [num_clips, num_features] of clips [num_clips, length_samples]."""
    return np.stack([handcrafted_features(clip, sample_rate) for clip in audio])


class ForestJudge:
    """A random forest over a stored table of real clips' features; fitted anew, and the same, wherever it is used.

    Args:
        sample_rate: In hertz.
        classes: Class names.
        table: [num_clips, num_features] float32 from `handcrafted_table`.
        truths: [num_clips] int32 class indices.
        num_trees: Trees in the forest.
        seed: Of the forest.

    Raises:
        ValueError: If table and truths disagree, or a class has no clip.
    """

    def __init__(
        self,
        sample_rate: int,
        classes: tuple[str, ...],
        table,
        truths,
        *,
        num_trees: int = 300,
        seed: int = 0,
    ):
        table, truths = np.asarray(table, np.float32), np.asarray(truths, np.int32)
        if table.ndim != 2 or truths.shape != (len(table),):
            raise ValueError(f"`table` and `truths` must agree. Received: {table.shape} and {truths.shape}.")
        if sorted(set(truths.tolist())) != list(range(len(classes))):
            raise ValueError(
                f"Each of {len(classes)} classes needs clips. Received: {sorted(set(truths.tolist()))}."
            )
        self.sample_rate = sample_rate
        self.classes = tuple(classes)
        self.table = table
        self.truths = truths
        self.num_trees = num_trees
        self.seed = seed

    @functools.cached_property
    def forest(self) -> RandomForestClassifier:
        """The fitted forest: a few seconds when it is first asked for, the same trees every time."""
        forest = RandomForestClassifier(
            self.num_trees, min_samples_leaf=2, max_features="sqrt", random_state=self.seed, n_jobs=1
        )
        return forest.fit(self.table, self.truths)

    def predict(self, audio) -> np.ndarray:
        """Returns the judged class [num_clips] int32 of clips [num_clips, length_samples]."""
        return self.predict_table(handcrafted_table(audio, self.sample_rate))

    def predict_table(self, table) -> np.ndarray:
        """Returns the judged class [num_clips] int32 of rows of features [num_clips, num_features]."""
        return self.forest.predict(table).astype(np.int32)

    def save(self, directory, facts: dict | None = None) -> None:
        """Writes `features.npz` (plain arrays) and `forest.json`, which `load` reads."""
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(directory / TABLE_FILE, table=self.table, truths=self.truths)
        config = {
            "sample_rate": self.sample_rate,
            "classes": self.classes,
            "num_trees": self.num_trees,
            "seed": self.seed,
            "facts": facts or {},
        }
        (directory / CONFIG_FILE).write_text(json.dumps(config, indent=1) + "\n")

    @classmethod
    def load(cls, directory) -> tuple["ForestJudge", dict]:
        """Returns the forest whose table was saved in `directory`, and the facts beside it.

        Raises:
            ValueError: If a file is missing.
        """
        directory = pathlib.Path(directory)
        for name in (CONFIG_FILE, TABLE_FILE):
            if not (directory / name).is_file():
                raise ValueError(
                    f"Expected a forest's {name} in {directory}. Found none: train the judges first."
                )
        config = json.loads((directory / CONFIG_FILE).read_text())
        with np.load(directory / TABLE_FILE, allow_pickle=False) as arrays:
            table, truths = arrays["table"], arrays["truths"]
        forest = cls(
            config["sample_rate"],
            tuple(config["classes"]),
            table,
            truths,
            num_trees=config["num_trees"],
            seed=config["seed"],
        )
        return forest, config["facts"]
