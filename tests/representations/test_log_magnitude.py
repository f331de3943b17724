"""`log_magnitude`: SpecGAN's numbers, without its faults."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.metrics import restoration
from gansynth_tf.representations import LogMagnitude

SAMPLE_RATE = 16000


def notes(num, length_samples, sample_rate=SAMPLE_RATE):
    """Returns decaying notes with four partials, full scale at most."""
    seconds = np.arange(length_samples) / sample_rate
    pitches_hz = 220.0 * 2 ** (np.arange(num)[:, np.newaxis] * 5 / 12)
    partials = [np.sin(2 * np.pi * k * pitches_hz * seconds) / k for k in (1, 2, 3, 4)]
    return (0.4 * sum(partials) * np.exp(-3 * seconds)).astype(np.float32)


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


@pytest.mark.parametrize("num_bins, overlap, bound_db", [(128, 0.5, 8.0), (256, 0.75, 3.5)])
def test_notes_come_back_with_their_spectrum_and_level(num_bins, overlap, bound_db):
    representation = LogMagnitude(SAMPLE_RATE, 8000, num_bins=num_bins, overlap=overlap)
    audio = notes(3, 8000)
    restored = representation.to_audio(representation.to_data(audio))
    assert restoration.log_spectral_distance_db(audio, restored, SAMPLE_RATE).max() < bound_db
    assert np.abs(restoration.level_change_db(audio, restored)).max() < 0.5


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


def test_ten_times_the_level_adds_ln_10():
    audio = np.concatenate([0.05 * notes(1, 4096), 0.5 * notes(1, 4096)])
    data = LogMagnitude(SAMPLE_RATE, 4096).to_data(audio).numpy()
    loud = data[0] > -4.0
    np.testing.assert_allclose((data[1] - data[0])[loud], np.log(10.0), atol=1e-3)


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


def test_silence_comes_back_as_silence():
    representation = LogMagnitude(SAMPLE_RATE, 4096)
    data = representation.to_data(np.zeros([2, 4096], np.float32))
    np.testing.assert_allclose(data, np.log(1e-6), rtol=1e-6)
    assert np.abs(representation.to_audio(data)).max() < 1e-8


def test_what_is_not_a_number_stays_visible():
    audio = notes(2, 4096)
    audio[1, 2000] = np.nan
    data = LogMagnitude(SAMPLE_RATE, 4096).to_data(audio).numpy()
    assert np.all(np.isfinite(data[0])) and np.isnan(data[1]).any()


@pytest.mark.parametrize(
    "sample_rate, seconds, shape",
    [
        (8000, 0.25, (16, 128, 1)),
        (22050, 1.0, (256, 128, 1)),
        (44100, 4.0, (2048, 128, 1)),
        (48000, 10.0, (4096, 128, 1)),
    ],
)
def test_any_rate_and_length_has_as_few_frames_as_hold_it(sample_rate, seconds, shape):
    representation = LogMagnitude(sample_rate, round(sample_rate * seconds), phase_iterations=1)
    assert representation.shape == shape
    audio = notes(1, representation.length_samples, sample_rate)
    assert representation.to_audio(representation.to_data(audio)).shape == audio.shape


@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_bins": 100}, "`num_bins` must be a power of two"),
        ({"num_frames": 12}, "`num_frames` must be a power of two"),
        ({"num_frames": 16}, "cover 2048 samples, but a clip has 4096. Choose num_frames=32"),
        ({"overlap": 0.25}, "overlap=0.25"),
        ({"phase_iterations": -1}, "must not be negative. Received: -1"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        LogMagnitude(SAMPLE_RATE, 4096, **options)


def test_runs_in_a_data_pipeline_and_compiled():
    representation = LogMagnitude(SAMPLE_RATE, 2048, phase_iterations=2)
    audio = notes(3, 2048)
    dataset = tf.data.Dataset.from_tensor_slices(audio).batch(2).map(representation.to_data)
    data = np.concatenate(list(dataset.as_numpy_iterator()))
    np.testing.assert_allclose(data, representation.to_data(audio), atol=1e-3)
    compiled = tf.function(
        representation.to_audio, input_signature=[tf.TensorSpec([None, *representation.shape])]
    )
    np.testing.assert_allclose(compiled(data), representation.to_audio(data), atol=1e-3)
