"""`mel_if` against the original program, and what it promises to the pipeline and to sounds."""

import librosa
import numpy as np
import pytest
import tensorflow as tf
from original_program import goldens

from gansynth_tf.audio import mel
from gansynth_tf.representations import MelIf

SAMPLE_RATE = 16000


def original(**changes):
    """Returns the representation of the golden arrays, whose inverse does not refine phases."""
    sizes = {"num_frames": 64, "num_bins": 512, "num_mel_bins": 512, "overlap": 0.75, "phase_iterations": 0}
    return MelIf(SAMPLE_RATE, 16000, **(sizes | changes))


def small(**changes):
    """Returns a quick representation of clips of 2,000 samples."""
    sizes = {"num_frames": 16, "num_bins": 128, "num_mel_bins": 32, "overlap": 0.5, "phase_iterations": 2}
    return MelIf(8000, 2000, **(sizes | changes))


def clips(num, length_samples=2000, seed=5):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, [num, length_samples]).astype(np.float32)


def assert_equal_spectra(data, golden, log_amplitude):
    """Compares magnitudes to 1e-4, and phase advances modulo one turn to 1e-4, weighted by amplitude."""
    np.testing.assert_allclose(data[..., 0], golden[..., 0], atol=1e-4)
    weights = np.exp(log_amplitude - log_amplitude.max())
    turns = (data[..., 1] - golden[..., 1] + 1.0) % 2.0 - 1.0
    np.testing.assert_allclose(weights * turns, 0.0, atol=1e-4)


def test_data_equal_the_original():
    golden = goldens("audio_16000")
    data = original().to_data(golden["audio"]).numpy()
    assert_equal_spectra(data, golden["mel"], 0.5 * golden["mel"][..., 0])


def test_linear_spectra_equal_the_original():
    golden = goldens("audio_16000")
    linear = original().to_linear(golden["mel"][:1]).numpy()
    assert_equal_spectra(linear, golden["spec_from_mel"], golden["spec_from_mel"][..., 0])


def test_audio_equals_the_original():
    golden = goldens("audio_16000")
    np.testing.assert_allclose(original().to_audio(golden["mel"]), golden["wave_from_mel"], atol=1e-3)


def test_audio_sent_there_and_back_equals_the_original():
    golden = goldens("audio_16000")
    representation = original()
    restored = representation.to_audio(representation.to_data(golden["audio"]))
    np.testing.assert_allclose(restored, golden["wave_from_mel"], atol=1e-3)


@pytest.mark.parametrize("num_mel_bins, channels", [(32, 32), (128, 128), (0, 128)])
def test_shape_is_frames_then_bins_then_two_channels(num_mel_bins, channels):
    representation = small(num_mel_bins=num_mel_bins)
    assert representation.shape == (16, channels, 2)
    data = representation.to_data(clips(3))
    assert data.shape == (3, 16, channels, 2) and data.dtype == tf.float32
    assert representation.to_audio(data).shape == (3, 2000)


@pytest.mark.parametrize("num_mel_bins", [32, 128])
@pytest.mark.parametrize("frequency_hz", [440.0, 1500.0])
def test_a_tone_keeps_its_pitch_and_level(frequency_hz, num_mel_bins):
    representation = MelIf(8000, 8000, num_frames=64, num_bins=256, num_mel_bins=num_mel_bins, overlap=0.5)
    tone = 0.5 * librosa.tone(frequency_hz, sr=8000, length=8000)[np.newaxis].astype(np.float32)
    restored = representation.to_audio(representation.to_data(tone)).numpy()[0, 1000:7000]
    spectrum = np.abs(np.fft.rfft(restored * np.hanning(6000), 2**16))
    peak_hz = spectrum.argmax() * 8000 / 2**16
    assert abs(12 * np.log2(peak_hz / frequency_hz)) < 1.0  # semitones; a mel band of 32 is wider than that
    level_db = 20 * np.log10(np.std(restored) / np.std(tone))
    assert -6.0 < level_db < 6.0


def test_a_tone_shows_where_it_is_in_time_and_in_frequency():
    representation = small(num_mel_bins=32)
    audio = np.zeros([1, 2000], np.float32)
    audio[0, 1500:] = librosa.tone(1000.0, sr=8000, length=500)
    magnitudes = representation.to_data(audio).numpy()[0, :, :, 0]
    frame, band = np.unravel_index(magnitudes.argmax(), magnitudes.shape)
    grid = representation.grid
    centre_samples = frame * grid.hop_samples + grid.fft_length / 2 - grid.pad_samples
    assert 1500 < centre_samples < 2000
    edges_mel = np.linspace(0, 1127 * np.log1p(4000 / 700), 34)
    centre_mel = edges_mel[band + 1]
    assert abs(centre_mel - 1127 * np.log1p(1000 / 700)) <= edges_mel[1]


def test_ten_times_the_level_adds_ln_100_to_the_log_power_and_leaves_phases():
    quiet = clips(1)
    data = small().to_data(np.concatenate([quiet, 10.0 * quiet])).numpy()
    loud_bands = data[0, 4:, 4:, 0] > 0.0
    difference = (data[1] - data[0])[4:, 4:]
    np.testing.assert_allclose(difference[..., 0][loud_bands], np.log(100.0), atol=1e-3)
    np.testing.assert_allclose((difference[..., 1] + 1.0) % 2.0 - 1.0, 0.0, atol=1e-2)


def test_silence_is_finite_and_stays_silent():
    representation = small()
    data = representation.to_data(np.zeros([2, 2000], np.float32)).numpy()
    assert np.all(np.isfinite(data)) and data[..., 0].max() <= np.log(2e-6)
    assert np.abs(representation.to_audio(data)).max() < 1e-2


@pytest.mark.parametrize("phase_iterations", [0, 2])
def test_compiled_with_an_unknown_batch_size_equals_eager(phase_iterations):
    representation = small(phase_iterations=phase_iterations)
    signature = [tf.TensorSpec([None, 2000], tf.float32)]
    to_data = tf.function(representation.to_data, input_signature=signature)
    to_audio = tf.function(
        representation.to_audio, input_signature=[tf.TensorSpec([None, *representation.shape], tf.float32)]
    )
    for num in (1, 3):
        data = representation.to_data(clips(num))
        np.testing.assert_allclose(to_data(clips(num))[..., 0], data[..., 0], atol=1e-3)
        assert to_audio(data).shape == (num, 2000)
        # Rounding moves single phases of a noise; a percentile says that the clip is the same.
        difference = np.abs(to_audio(data) - representation.to_audio(data))
        assert np.percentile(difference, 99) < 1e-2


def test_runs_in_a_data_pipeline():
    representation = small()
    dataset = tf.data.Dataset.from_tensor_slices(clips(5)).batch(2).map(representation.to_data)
    data = np.concatenate(list(dataset.as_numpy_iterator()))
    np.testing.assert_allclose(data[..., 0], representation.to_data(clips(5))[..., 0], atol=1e-3)


def test_clips_of_a_batch_do_not_mix():
    representation = small(phase_iterations=0)
    together, alone = representation.to_data(clips(4))[2:3], representation.to_data(clips(4)[2:3])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(
        representation.to_audio(representation.to_data(clips(4)))[2:3],
        representation.to_audio(alone),
        atol=1e-4,
    )


def test_refined_phases_give_a_louder_and_closer_spectrum_with_few_bands():
    audio = clips(1)
    plain, refined = small(phase_iterations=0), small(phase_iterations=16)
    wanted = plain.to_data(audio)[..., 0]

    def distance(representation):
        restored = representation.to_audio(plain.to_data(audio))
        return float(tf.reduce_mean(tf.abs(plain.to_data(restored)[..., 0] - wanted)))

    assert distance(refined) < 0.7 * distance(plain)


@pytest.mark.parametrize("option, value", [("num_frames", 12), ("num_bins", 100), ("num_mel_bins", 48)])
def test_a_size_that_is_no_power_of_two_is_refused(option, value):
    with pytest.raises(ValueError, match=f"`{option}` must be a power of two"):
        small(**{option: value})


@pytest.mark.parametrize(
    "option, value, message",
    [
        ("num_mel_bins", 256, "between 1 and num_bins"),
        ("overlap", 1.0, "overlap=1.0"),
        ("num_frames", 2, "cover 384 samples, but a clip has 2000"),
        ("phase_iterations", -1, "must not be negative. Received: -1"),
    ],
)
def test_other_options_out_of_range_are_refused(option, value, message):
    with pytest.raises(ValueError, match=message):
        small(**{option: value})


def test_a_sample_rate_of_zero_is_refused():
    with pytest.raises(ValueError, match="sample_rate=0"):
        MelIf(0, 2000, num_frames=16, num_bins=128)


@pytest.mark.parametrize("left_out_bin, row", [("nyquist", 10), ("dc", 9)])
def test_the_mel_scale_counts_from_dc_whichever_bin_is_left_out(left_out_bin, row):
    """A tone in the middle of bin 10 of 257: without DC the scale takes it for the bin below, as the original does."""
    tone = np.sin(2 * np.pi * 10 / 512 * np.arange(4000))[np.newaxis].astype(np.float32)
    sizes = {"num_frames": 32, "num_bins": 256, "num_mel_bins": 256}
    data = MelIf(8000, 4000, **sizes, left_out_bin=left_out_bin).to_data(tone).numpy()
    bands = mel.mel_matrix(256, 256, 8000)
    assert bands[10].argmax() != bands[9].argmax()
    assert (data[0, 20:28, :, 0].argmax(axis=1) == bands[row].argmax()).all()
