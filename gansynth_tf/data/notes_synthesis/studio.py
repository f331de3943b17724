"""What all notes of one sample rate and length share: clocks, and noise cut into bands."""

import functools

import numpy as np
from scipy import fft

# Nothing with a pitch lies above this part of the sample rate, so that nothing aliases.
HIGHEST_PART = 0.44
# The spectrum of a held note moves in frames: close together while it begins, then six in a cycle of vibrato.
ONSET_SECONDS, ONSET_STEP, STEP = 0.25, 0.008, 0.028
# What wanders, a level or a pitch, goes to another value in this time.
KNOT_SECONDS = 0.09
BANDS_PER_OCTAVE = 2
LOWEST_BAND_HZ = 55.0


class Studio:
    """Clocks and noise of clips of one sample rate and length.

    Args:
        sample_rate: Hertz.
        num_samples: Length of a clip.
    """

    def __init__(self, sample_rate, num_samples):
        self.sample_rate = sample_rate
        self.num_samples = num_samples
        self.highest_hz = HIGHEST_PART * sample_rate
        self.times = (np.arange(num_samples) / sample_rate).astype(np.float32)
        seconds = num_samples / sample_rate
        onset = np.arange(0.0, ONSET_SECONDS, ONSET_STEP)
        self.frame_seconds = np.concatenate([onset, np.arange(onset[-1] + STEP, seconds + 2.0 * STEP, STEP)])
        last = len(self.frame_seconds) - 2
        numbers = np.clip(np.searchsorted(self.frame_seconds, self.times, "right") - 1, 0, last)
        starts = self.frame_seconds[numbers]
        self.frame_numbers = numbers.astype(np.int32)
        self.frame_shares = ((self.times - starts) / (self.frame_seconds[numbers + 1] - starts)).astype(
            np.float32
        )

    def at_samples(self, values):
        """Returns float32 [num_samples] of `values` float32 [frames], linear between frames."""
        here = values.take(self.frame_numbers)
        return here + self.frame_shares * (values.take(self.frame_numbers + 1) - here)

    @functools.cached_property
    def wandering(self):
        """float32 [frames, knots]: makes random numbers at knots into something that wanders from frame to frame."""
        knots = self.frame_seconds / KNOT_SECONDS
        distances = np.abs(knots[:, np.newaxis] - np.arange(int(knots[-1]) + 2))
        # Half a cosine from knot to knot, scaled so that the deviation between knots is that on them.
        weights = np.cos(0.5 * np.pi * np.minimum(distances, 1.0))
        return weights.astype(np.float32)

    @functools.cached_property
    def band_centers_hz(self):
        """Middles of the noise bands, [bands]."""
        octaves = np.log2(self.highest_hz / LOWEST_BAND_HZ)
        return LOWEST_BAND_HZ * 2.0 ** (np.arange(int(octaves * BANDS_PER_OCTAVE) + 1) / BANDS_PER_OCTAVE)

    @functools.cached_property
    def noise_bands(self):
        """Independent noise of half an octave each, float32 [bands, num_samples and two seconds], deviation one."""
        num = fft.next_fast_len(self.num_samples + 2 * self.sample_rate, real=True)
        hertz = fft.rfftfreq(num, 1.0 / self.sample_rate)
        octaves = np.log2(np.maximum(hertz, 1.0))
        rng = np.random.default_rng([20240822])
        bands = []
        for center_hz in self.band_centers_hz:
            distance = (octaves - np.log2(center_hz)) * BANDS_PER_OCTAVE
            # Half a cosine, so that neighbours add up to a level spectrum; white noise within.
            shape = np.cos(0.5 * np.pi * np.clip(distance, -1.0, 1.0)) * (hertz < self.highest_hz)
            spectrum = shape * (rng.standard_normal(len(hertz)) + 1j * rng.standard_normal(len(hertz)))
            band = fft.irfft(spectrum, num)
            bands.append((band / np.std(band)).astype(np.float32))
        return np.stack(bands)

    def noise(self, center_hz, octaves, num_samples, rng):
        """Returns noise of deviation one around `center_hz`, float32 [num_samples].

        Args:
            center_hz: Middle of the band.
            octaves: Its standard deviation.
            num_samples: Length, at most that of a clip.
            rng: Chooses the place in the noise.
        """
        distance = np.log2(self.band_centers_hz / center_hz) / octaves
        gains = np.exp(-0.5 * distance * distance)
        # A band of deviation one has its power spread over its width: white noise grows with the width.
        gains = gains * np.sqrt(self.band_centers_hz / self.band_centers_hz[-1])
        gains = (gains / np.sqrt(np.sum(gains**2) + 1e-12)).astype(np.float32)
        start = int(rng.integers(self.noise_bands.shape[1] - num_samples + 1))
        heard = np.flatnonzero(gains > 0.02)
        audio = np.zeros(num_samples, np.float32)
        for band in heard:
            audio += gains[band] * self.noise_bands[band, start : start + num_samples]
        return audio
