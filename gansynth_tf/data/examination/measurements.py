"""What is measured of one clip, as training sees it; NumPy and SciPy only, a few milliseconds a clip."""

import dataclasses
import hashlib
import math

import numpy as np
import scipy.fft

from gansynth_tf.audio.pitch import estimate_pitch

FLOOR_DB = -120.0
# Size of a signature: so many bands, equally spaced in mel, by so many stretches of time.
NUM_BANDS, NUM_STRETCHES = 32, 16
# Compresses power, so that quiet overtones count beside the loudest one, but noise floors hardly do.
_SIGNATURE_POWER = 0.25
_FRAME_SECONDS = 0.064
# Below it, or of so few steps, a wave's crest looks cut off though it is only rounded.
_QUIETEST_RAIL = 10.0 ** (-30.0 / 20.0)
_COARSEST_STEPS = 50
_SHORTEST_RUN = 3
_NUM_SLABS = 48
# Half of the lowest rate that recorders know, nearly; few overtones of a low note end like a wall below it.
_LOWEST_EDGE_HZ = 1800.0


@dataclasses.dataclass(frozen=True)
class ClipMeasures:
    """One clip in numbers.

    Args:
        peak: Largest magnitude; 1 is full scale.
        rms: Root of the mean square of the part that is no padding.
        mean: Mean of that part.
        num_clipped: Samples in runs of 3 and more at a rail, see `num_clipped_samples`.
        num_bits: Of 16, those that the samples use, see `num_used_bits`.
        bandwidth_hz: Highest frequency that is within 60 dB of the loudest one; 0 for silence.
        edge_hz: Where the spectrum ends like a wall; 0 where it has no such end.
        flatness: Geometric over arithmetic mean of the spectrum: 1 is white noise, 0 a sine.
        steadiness: Power of a quiet moment, quieter than nine of ten, over the mean: 1 if the level never changes.
        f0_hz: Fundamental frequency, 0 if none was found.
        periodicity: How sure it is, see audio.pitch.Pitch.
        is_finite: Whether all samples are finite; if not, all else is 0.
        content: Hash of the samples, in hexadecimal.
        signature: [NUM_BANDS * NUM_STRETCHES] float16 of length 1: what the clip sounds like, whatever its level.
    """

    peak: float
    rms: float
    mean: float
    num_clipped: int
    num_bits: int
    bandwidth_hz: float
    edge_hz: float
    flatness: float
    steadiness: float
    f0_hz: float
    periodicity: float
    is_finite: bool
    content: str
    signature: np.ndarray = dataclasses.field(repr=False)

    @property
    def peak_db(self) -> float:
        """The peak relative to full scale, in decibels, from FLOOR_DB up."""
        return decibels(self.peak)

    @property
    def rms_db(self) -> float:
        """The rms relative to full scale, in decibels, from FLOOR_DB up."""
        return decibels(self.rms)


def decibels(magnitude: float) -> float:
    """Returns a magnitude relative to 1 in decibels, at least FLOOR_DB."""
    return max(FLOOR_DB, 20.0 * math.log10(magnitude)) if magnitude > 0 else FLOOR_DB


def measure_clip(audio: np.ndarray, sample_rate: int, sounding_samples: int, limit_hz: float) -> ClipMeasures:
    """Returns a clip in numbers.

    Args:
        audio: [length_samples] or [length_samples, num_channels] float32, full scale 1.
        sample_rate: In hertz.
        sounding_samples: Samples before the padding.
        limit_hz: Highest frequency that the recording could hold: half its own rate, or half of `sample_rate`.
    """
    content = hashlib.blake2b(np.ascontiguousarray(audio).tobytes(), digest_size=12).hexdigest()
    channels = audio.reshape(len(audio), -1)
    if not np.isfinite(channels).all():
        nothing = np.zeros(NUM_BANDS * NUM_STRETCHES, np.float16)
        return ClipMeasures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, content, nothing)
    sounding = channels[: max(1, sounding_samples)]
    mono = channels.mean(axis=1)
    powers = _powers(mono, sample_rate)
    spectrum = powers.mean(axis=0)
    bin_hz = sample_rate / 2 / (len(spectrum) - 1)
    pitch = estimate_pitch(mono, sample_rate)
    return ClipMeasures(
        peak=float(np.abs(channels).max()),
        rms=float(np.sqrt(np.mean(np.square(sounding, dtype=np.float64)))),
        mean=float(np.mean(sounding, dtype=np.float64)),
        num_clipped=num_clipped_samples(channels),
        num_bits=num_used_bits(channels),
        bandwidth_hz=_bandwidth(spectrum) * bin_hz,
        edge_hz=_edge(spectrum, _LOWEST_EDGE_HZ / bin_hz, limit_hz / bin_hz) * bin_hz,
        flatness=_flatness(spectrum, limit_hz / bin_hz),
        steadiness=_steadiness(powers, sounding_samples),
        f0_hz=pitch.f0_hz,
        periodicity=pitch.periodicity,
        is_finite=True,
        content=content,
        signature=_signature(powers, sample_rate),
    )


def num_clipped_samples(channels: np.ndarray) -> int:
    """Returns how many samples lie in runs at a rail that a recording was cut off at.

    A rail is the largest or the smallest value of a channel, at any level, since a recording that was cut off may have
    been made quieter later. A run is 3 or more samples there. The crest of a slow wave is flat, too, but reaches the
    rail gently: beside a run that counts, the wave is far from the rail. A square wave has no values near its rails.

    Args:
        channels: [num_samples, num_channels] float.
    """
    return sum(_num_at_rail(sign * channel) for channel in channels.T for sign in (1.0, -1.0))


def num_used_bits(channels: np.ndarray) -> int:
    """Returns how many of 16 bits samples use, counted from the highest; 0 if they are silent or finer than 16 bits.

    Args:
        channels: [num_samples, num_channels] float, full scale 1.
    """
    if np.abs(channels).max(initial=0.0) > 1.0:
        return 0
    steps = channels * np.float32(32768.0)
    whole = steps.astype(np.int32)
    used = int(np.bitwise_or.reduce(whole, axis=None))
    if not used or not np.array_equal(whole, steps):
        return 0
    return 16 - ((used & -used).bit_length() - 1)


def _num_at_rail(channel):
    """Returns the samples of runs at the upper rail."""
    rail = channel.max(initial=0.0)
    if rail < max(_QUIETEST_RAIL, -0.9 * channel.min(initial=0.0)):
        return 0
    at_rail = np.flatnonzero(channel == rail)
    if len(at_rail) < _SHORTEST_RUN or len(at_rail) == len(channel):
        return 0
    step = rail - channel[channel < rail].max()
    if rail < _COARSEST_STEPS * step:
        return 0
    least_drop = max(0.01 * rail, 3.0 * step)
    breaks = np.flatnonzero(np.diff(at_rail) > 1)
    firsts = at_rail[np.r_[0, breaks + 1]]
    lasts = at_rail[np.r_[breaks, len(at_rail) - 1]]
    before = rail - channel[np.maximum(firsts - 1, 0)]
    after = rail - channel[np.minimum(lasts + 1, len(channel) - 1)]
    lengths = lasts - firsts + 1
    counts = (lengths >= _SHORTEST_RUN) & (np.maximum(before, after) >= least_drop)
    return int(lengths[counts].sum())


def _powers(mono, sample_rate):
    """Returns the power spectrogram, [frames, bins] float32; a sine of full scale is at 1."""
    size = 2 ** round(math.log2(max(64, _FRAME_SECONDS * sample_rate)))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    padded = np.pad(mono, (0, max(0, size - len(mono))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2]
    spectra = scipy.fft.rfft(frames * window, axis=1)
    return np.square(np.abs(spectra) * (2.0 / window.sum()))


def _bandwidth(spectrum):
    """Returns the highest bin within 60 dB of the loudest."""
    return int(np.flatnonzero(spectrum >= 1e-6 * spectrum.max())[-1]) if spectrum.any() else 0


def _flatness(spectrum, limit):
    """Returns geometric over arithmetic mean of the spectrum, without its ends, up to the bin `limit`."""
    inner = spectrum[2 : max(3, int(0.9 * limit))].astype(np.float64)
    mean = inner.mean()
    return float(np.exp(np.mean(np.log(inner + 1e-20))) / mean) if mean > 1e-15 else 0.0


def _steadiness(powers, sounding_samples):
    """Returns the 10th percentile of the frames' power over their mean, without the padding."""
    frames = powers[: max(1, sounding_samples // (powers.shape[1] - 1) - 1)].sum(axis=1)
    mean = float(frames.mean())
    return float(np.percentile(frames, 10)) / mean if mean > 1e-15 else 0.0


def _edge(spectrum, lowest, limit):
    """Returns the bin where a spectrum ends like a wall, or 0: what another, lower rate leaves of a recording.

    Below a wall there is sound everywhere, also between the overtones; above it nothing is as loud, up to `limit`. A
    sound that is merely dark falls off gently, and one of few overtones has nothing between them either.
    """
    inner = spectrum[: int(0.97 * limit)]
    slab_bins = len(inner) // _NUM_SLABS
    if slab_bins < 4:
        return 0.0
    slabs = np.sort(inner[: slab_bins * _NUM_SLABS].reshape(_NUM_SLABS, slab_bins), axis=1)
    slabs_db = 10.0 * np.log10(slabs + 1e-14)
    quiet, loud = slabs_db[:, slab_bins // 4], slabs_db[:, -1]
    # Of three slabs below, the quietest; of all above but the next, the loudest.
    below = np.lib.stride_tricks.sliding_window_view(quiet, 3)[:-2].min(axis=1)
    above = np.maximum.accumulate(loud[::-1])[::-1][4:]
    drops = below - above
    drops[: max(0, int(lowest / slab_bins - 3.5))] = 0.0
    place = int(drops.argmax())
    if drops[place] < 20.0 or below[place] < slabs_db.max() - 90.0:
        return 0.0
    return (place + 3.5) * slab_bins


def _signature(powers, sample_rate):
    """Returns what a clip sounds like, [NUM_BANDS * NUM_STRETCHES] float16 of length 1; zeros for silence."""
    highest = 1127.0 * math.log1p(sample_rate / 2 / 700.0)
    edges_hz = 700.0 * np.expm1(np.linspace(0.0, highest, NUM_BANDS + 1) / 1127.0)
    edges = np.round(edges_hz / (sample_rate / 2) * (powers.shape[1] - 1)).astype(int)
    # Bands at least a bin wide, which the lowest would not be.
    edges = np.maximum(edges, np.arange(NUM_BANDS + 1))
    bands = np.add.reduceat(powers[:, : edges[-1]], edges[:-1], axis=1)
    starts = np.arange(NUM_STRETCHES) * len(bands) // NUM_STRETCHES
    stretches = np.add.reduceat(bands, starts, axis=0).ravel() ** _SIGNATURE_POWER
    length = float(np.linalg.norm(stretches))
    return (stretches / max(length, 1e-9)).astype(np.float16)
