"""The fundamental frequency of a clip of one note, quick enough to be asked of every clip of a data set."""

import dataclasses

import numpy as np
import scipy.fft

# Notes of a piano: MIDI 21 to 108.
LOWEST_HZ, HIGHEST_HZ = 27.5, 4186.0
# A clip with this periodicity is one note; chords, drums and most of speech are below.
PERIODIC = 0.8
# A third of a semitone beyond both ends, so that a piano's stretched or a detuned outermost note is found.
_MARGIN = 2.0 ** (1 / 36)
_WINDOW_SECONDS = 0.09
_NUM_FRAMES = 5
# Step 4 of the paper takes the first dip below a fixed threshold; here the first that is nearly as deep as the deepest,
# since the lowest and the highest notes of a piano repeat less exactly than any fixed threshold asks.
_TOLERANCE = 0.15
# Lags are looked up between samples, at least so finely: a sample is a third of a semitone of the highest note.
_LAGS_PER_SECOND = 64000
# Frames count from where the clip is loudest; what is this far below it is its decay.
_FADED_DB = 30.0
_SILENCE = 1e-10  # Mean square, 100 dB below full scale.


@dataclasses.dataclass(frozen=True)
class Pitch:
    """What a clip's fundamental frequency was found to be.

    Args:
        f0_hz: In hertz; 0.0 where no frame is periodic at all.
        periodicity: From 0 (noise) to 1: how well a frame repeats after one period, times the share of frames that
            agree on it within half a semitone. PERIODIC and more is one note.
    """

    f0_hz: float
    periodicity: float

    @property
    def midi(self) -> float:
        """The MIDI number, 69 being 440 Hz; not a number where there is no f0."""
        return 69.0 + 12.0 * np.log2(self.f0_hz / 440.0) if self.f0_hz > 0 else float("nan")


def estimate_pitch(audio: np.ndarray, sample_rate: int) -> Pitch:
    """Returns the fundamental frequency of the loud part of a clip.

    Args:
        audio: [num_samples] float, finite.
        sample_rate: In hertz.

    Raises:
        ValueError: If `audio` has not one dimension.

    Source: de Cheveigne and Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111(4),
        2002, steps 1 to 5; of a few frames only, and with lags between samples.
    """
    audio = np.asarray(audio, np.float32)
    if audio.ndim != 1:
        raise ValueError(f"`audio` must have the shape [num_samples]. Received: {list(audio.shape)}.")
    longest = int(np.ceil(sample_rate * _MARGIN / LOWEST_HZ))
    window = max(int(_WINDOW_SECONDS * sample_rate), longest)
    frames = _loud_frames(audio, window + longest, sample_rate)
    if not len(frames):
        return Pitch(0.0, 0.0)
    highest_hz = min(HIGHEST_HZ * _MARGIN, sample_rate / 2.5)
    lags_per_sample = -(-_LAGS_PER_SECOND // sample_rate)
    shortest = int(sample_rate * lags_per_sample / highest_hz)
    found = [_period(one, shortest) for one in _differences(frames, window, lags_per_sample)]
    lags, depths = np.array(found).T
    periods = lags / (sample_rate * lags_per_sample)
    if (depths >= 1.0).all():
        return Pitch(0.0, 0.0)
    # The frame in whose favour most speak, weighted by how periodic they are.
    weights = np.maximum(0.0, 1.0 - depths)
    near = np.abs(np.log2(periods[:, np.newaxis] / periods)) < 0.5 / 12
    votes = near @ weights
    agreeing = near[int(votes.argmax())]
    f0_hz = 1.0 / np.average(periods[agreeing], weights=weights[agreeing])
    return Pitch(float(f0_hz), float(weights[agreeing].mean() * agreeing.mean()))


def _loud_frames(audio, num_samples, sample_rate):
    """Returns frames from the loudest place on until the clip has faded, [num_frames, num_samples]; none of silence."""
    hop = max(1, sample_rate // 50)
    padded = np.pad(audio, (0, max(0, num_samples - len(audio)) + -len(audio) % hop))
    energy = np.square(padded[: len(padded) // hop * hop].reshape(-1, hop)).mean(axis=1)
    if not energy.any():
        return np.zeros([0, num_samples], np.float32)
    loudest = int(energy.argmax())
    faded = np.flatnonzero(energy[loudest:] < energy[loudest] * 10.0 ** (-_FADED_DB / 10.0))
    end = (loudest + int(faded[0]) if len(faded) else len(energy)) * hop
    # One hop later, where the noise of an attack is over.
    first = min((loudest + 1) * hop, len(padded) - num_samples)
    last = max(first, min(end, first + sample_rate) - num_samples)
    starts = np.unique(np.linspace(first, last, _NUM_FRAMES).astype(int))
    return np.stack([padded[start : start + num_samples] for start in starts])


def _differences(frames, window, lags_per_sample):
    """Returns YIN's normalised difference function of steps 2 and 3.

    Args:
        frames: [num_frames, window + longest lag] float32.
        window: Samples that are compared.
        lags_per_sample: Lags that are looked at from one sample to the next.

    Returns:
        [num_frames, lags]: 1 at lag 0, near 0 where a frame repeats itself.
    """
    longest = frames.shape[1] - window
    # What is constant repeats after any time; so does what rounding leaves of it.
    frames = frames - frames.mean(axis=1, keepdims=True)
    has_sound = np.square(frames).mean(axis=1, keepdims=True) > _SILENCE
    size = scipy.fft.next_fast_len(frames.shape[1], real=True)
    spectra = scipy.fft.rfft(frames[:, :window], size).conj() * scipy.fft.rfft(frames, size)
    # A longer inverse transform of the same spectrum gives the correlation between samples, too.
    products = (
        scipy.fft.irfft(spectra, size * lags_per_sample)[:, : longest * lags_per_sample] * lags_per_sample
    )
    sums = np.pad(np.cumsum(np.square(frames, dtype=np.float64), axis=1), ((0, 0), (1, 0)))
    energies = sums[:, window:] - sums[:, : longest + 1]
    lags = np.arange(longest * lags_per_sample) / lags_per_sample
    whole = lags.astype(int)
    between = energies[:, whole] + (lags - whole) * (energies[:, whole + 1] - energies[:, whole])
    differences = np.maximum(0.0, energies[:, :1] + between - 2.0 * products)
    means = np.cumsum(differences, axis=1) / np.arange(1, len(lags) + 1)
    normalised = np.ones_like(differences)
    np.divide(differences, means, out=normalised, where=has_sound & (means > 0))
    normalised[:, 0] = 1.0
    return normalised


def _period(differences, shortest):
    """Returns (lag, depth) of the first of the deep dips, steps 4 and 5; a depth of 1 where there is no dip.

    Args:
        differences: [lags].
        shortest: The first lag that counts.
    """
    inner = differences[1:-1]
    is_dip = (inner <= differences[:-2]) & (inner < differences[2:])
    dips = np.flatnonzero(is_dip) + 1
    dips = dips[dips >= shortest]
    if not len(dips):
        return 1.0, 1.0
    dip = int(dips[differences[dips] <= differences[dips].min() + _TOLERANCE][0])
    left, middle, right = differences[dip - 1 : dip + 2]
    curvature = left - 2.0 * middle + right
    shift = 0.5 * (left - right) / curvature if curvature > 0 else 0.0
    return dip + shift, middle
