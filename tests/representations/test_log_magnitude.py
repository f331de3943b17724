"""`log_magnitude`: SpecGAN's numbers, without its faults."""

import numpy as np
from phaseless import SAMPLE_RATE, notes

from gansynth_tf.representations import LogMagnitude


def test_16384_samples_become_the_numbers_of_specgan():
    audio = notes(2, 16384) + np.random.default_rng(0).normal(size=[2, 16384]) * 0.01
    # SpecGAN's data as they are described, in double precision.
    padded = np.pad(audio, [[0, 0], [0, 128]])
    cut = np.stack([padded[:, 128 * i : 128 * i + 256] for i in range(128)], axis=1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    expected = np.log(np.abs(np.fft.rfft(cut * window))[:, :, :128] + 1e-6)
    data = LogMagnitude(SAMPLE_RATE, 16384).to_data(audio.astype(np.float32))
    assert data.shape == (2, 128, 128, 1)
    np.testing.assert_allclose(data[..., 0], expected, atol=2e-3)


def test_constants_are_each_bins_mean_and_three_deviations():
    representation = LogMagnitude(SAMPLE_RATE, 4096)
    data = representation.to_data(notes(6, 4096)).numpy()
    scale, offset = representation.fitted_constants(data)
    assert scale.shape == offset.shape == (128, 1)
    normalized = data * scale + offset
    np.testing.assert_allclose(normalized.mean(axis=(0, 1)), 0.0, atol=1e-5)
    np.testing.assert_allclose(normalized.std(axis=(0, 1)), 1 / 3, atol=1e-5)


def test_the_level_does_not_tremble_with_the_frames():
    # Without a dual window a steady tone rises and falls by 3 dB from frame to frame.
    tone = 0.5 * np.sin(2 * np.pi * 1000 / SAMPLE_RATE * np.arange(8192))[np.newaxis].astype(np.float32)
    representation = LogMagnitude(SAMPLE_RATE, 8192)
    restored = representation.to_audio(representation.to_data(tone)).numpy()[0, 1024:-1024]
    power_in_hop = np.mean(restored.reshape(-1, 8, 16) ** 2, axis=(0, 2))  # Eighths of a hop, of all hops.
    assert np.ptp(10 * np.log10(power_in_hop)) < 0.5


def test_nothing_sounds_at_the_nyquist_frequency():
    tone = 0.5 * np.sin(2 * np.pi * 1000 / SAMPLE_RATE * np.arange(8192))[np.newaxis].astype(np.float32)
    representation = LogMagnitude(SAMPLE_RATE, 8192)
    restored = representation.to_audio(representation.to_data(tone)).numpy()[0, 1024:-1024]
    spectrum = np.abs(np.fft.rfft(restored * np.hanning(len(restored))))
    assert spectrum[-60:].max() < 1e-5 * spectrum.max()


def test_a_tone_shows_where_it_is_in_time_and_in_frequency():
    audio = np.zeros([1, 4000], np.float32)
    audio[0, 3000:] = np.sin(2 * np.pi * 2000 / SAMPLE_RATE * np.arange(1000))
    representation = LogMagnitude(SAMPLE_RATE, 4000)
    data = representation.to_data(audio).numpy()[0, :, :, 0]
    frame, bin_number = np.unravel_index(data.argmax(), data.shape)
    assert bin_number == 32  # Of 62.5 Hz each.
    start = 128 * frame - (32 * 128 - 4000)
    assert 3000 - 128 < start < 4000 - 128
    # Silence before it is at the floor.
    assert data[: (3000 + 96) // 128 - 2].max() < np.log(2e-6)


def test_dc_is_kept():
    representation = LogMagnitude(SAMPLE_RATE, 4096)
    restored = representation.to_audio(representation.to_data(np.full([1, 4096], 0.25, np.float32))).numpy()
    # Its sign is a phase, and lost.
    np.testing.assert_allclose(np.abs(restored[0, 512:-512]).mean(), 0.25, rtol=0.1)
