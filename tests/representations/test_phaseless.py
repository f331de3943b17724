"""What `log_magnitude` and `log_mel`, which keep no phases, promise alike."""

import numpy as np
import pytest
import tensorflow as tf
from phaseless import SAMPLE_RATE, notes, small_log_mel

from gansynth_tf.metrics import restoration
from gansynth_tf.representations import LogMagnitude, LogMel

BOTH = pytest.mark.parametrize("kind", [LogMagnitude, small_log_mel])


@pytest.mark.parametrize(
    "kind, options, bound_db",
    [
        (LogMagnitude, {"num_bins": 128, "overlap": 0.5}, 8.0),
        (LogMagnitude, {"num_bins": 256, "overlap": 0.75}, 3.5),
        (LogMel, {}, 3.0),
    ],
)
def test_notes_come_back_with_their_spectrum_and_level(kind, options, bound_db):
    representation = kind(SAMPLE_RATE, 8000, **options)
    audio = notes(3, 8000)
    restored = representation.to_audio(representation.to_data(audio))
    assert restoration.log_spectral_distance_db(audio, restored, SAMPLE_RATE).max() < bound_db
    assert np.abs(restoration.level_change_db(audio, restored)).max() < 0.5


@pytest.mark.parametrize("kind, factor", [(LogMagnitude, 10.0), (small_log_mel, 100.0)])
def test_ten_times_the_level_adds_ln_10_to_magnitudes_and_ln_100_to_power(kind, factor):
    audio = np.concatenate([0.05 * notes(1, 4096), 0.5 * notes(1, 4096)])
    data = kind(SAMPLE_RATE, 4096).to_data(audio).numpy()
    loud = data[0] > -4.0
    assert loud.any()
    np.testing.assert_allclose((data[1] - data[0])[loud], np.log(factor), atol=1e-3)


@pytest.mark.parametrize("kind, largest", [(LogMagnitude, 1e-8), (small_log_mel, 1e-6)])
def test_silence_comes_back_as_silence(kind, largest):
    representation = kind(SAMPLE_RATE, 4096)
    data = representation.to_data(np.zeros([2, 4096], np.float32))
    np.testing.assert_allclose(data, np.log(1e-6), rtol=1e-6)
    assert np.abs(representation.to_audio(data)).max() < largest


@BOTH
def test_what_is_not_a_number_stays_visible(kind):
    audio = notes(2, 4096)
    audio[1, 2000] = np.nan
    data = kind(SAMPLE_RATE, 4096).to_data(audio).numpy()
    assert np.all(np.isfinite(data[0])) and np.isnan(data[1]).any()


@pytest.mark.parametrize(
    "kind, sample_rate, seconds, num_frames",
    [
        (LogMagnitude, 8000, 0.25, 16),
        (LogMagnitude, 22050, 1.0, 256),
        (LogMagnitude, 44100, 4.0, 2048),
        (LogMagnitude, 48000, 10.0, 4096),
        (LogMel, 8000, 0.25, 8),
        (LogMel, 22050, 1.0, 128),
        (LogMel, 44100, 4.0, 1024),
        (LogMel, 48000, 10.0, 2048),
    ],
)
def test_any_rate_and_length_has_as_few_frames_as_hold_it(kind, sample_rate, seconds, num_frames):
    representation = kind(sample_rate, round(sample_rate * seconds), phase_iterations=1)
    assert representation.shape == (num_frames, 128, 1)
    audio = notes(1, representation.length_samples, sample_rate)
    restored = representation.to_audio(representation.to_data(audio))
    assert restored.shape == audio.shape and np.all(np.isfinite(restored))


@BOTH
@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_bins": 100}, "`num_bins` must be a power of two"),
        ({"num_frames": 12}, "`num_frames` must be a power of two"),
        ({"num_frames": 16}, "cover 2048 samples, but a clip has 4096. Choose num_frames=32"),
        ({"overlap": 0.25}, "overlap=0.25"),
        ({"overlap": 1.0}, "overlap=1.0"),
        ({"phase_iterations": -1}, "must not be negative. Received: -1"),
    ],
)
def test_options_out_of_range_are_refused(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind(SAMPLE_RATE, 4096, **options)


@BOTH
def test_runs_in_a_data_pipeline_and_compiled(kind):
    representation = kind(SAMPLE_RATE, 2048, phase_iterations=2)
    audio = notes(3, 2048)
    dataset = tf.data.Dataset.from_tensor_slices(audio).batch(2).map(representation.to_data)
    data = np.concatenate(list(dataset.as_numpy_iterator()))
    np.testing.assert_allclose(data, representation.to_data(audio), atol=1e-3)
    compiled = tf.function(
        representation.to_audio, input_signature=[tf.TensorSpec([None, *representation.shape])]
    )
    np.testing.assert_allclose(compiled(data), representation.to_audio(data), atol=1e-3)
