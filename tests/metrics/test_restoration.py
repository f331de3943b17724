"""What came back of a clip, in decibels and cents: values known in advance."""

import numpy as np
import pytest

from gansynth_tf.metrics import restoration

SAMPLE_RATE = 8000


def tone(frequency_hz, level=0.5, length_samples=8000):
    return level * np.sin(2 * np.pi * frequency_hz * np.arange(length_samples) / SAMPLE_RATE)[np.newaxis]


def noises(num, seed=2):
    return 0.1 * np.random.default_rng(seed).standard_normal([num, 8000])


def test_an_error_of_a_tenth_is_20_db_and_silence_is_0_db():
    clips = noises(2)
    np.testing.assert_allclose(restoration.signal_to_noise_db(clips, 1.1 * clips), 20.0)
    np.testing.assert_allclose(restoration.signal_to_noise_db(clips, 0.0 * clips), 0.0)
    assert np.all(restoration.signal_to_noise_db(clips, clips) == np.inf)


def test_the_opposite_sign_is_an_error_twice_as_loud_and_the_same_to_the_ear():
    clips = noises(1)
    np.testing.assert_allclose(restoration.signal_to_noise_db(clips, -clips), -20 * np.log10(2))
    np.testing.assert_allclose(restoration.log_spectral_distance_db(clips, -clips, SAMPLE_RATE), 0.0)


@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_a_factor_changes_the_level_by_its_decibels(factor):
    changes = restoration.level_change_db(noises(2), factor * noises(2))
    np.testing.assert_allclose(changes, 20 * np.log10(factor))


def test_a_factor_moves_the_spectrum_by_its_decibels_down_to_the_floor():
    clips = noises(1)
    np.testing.assert_allclose(
        restoration.log_spectral_distance_db(clips, 2 * clips, SAMPLE_RATE), 20 * np.log10(2), rtol=0.01
    )
    # Of a noise every bin ends at the floor, 60 dB below the loudest; its own bins are 10 to 20 dB below that.
    (distance,) = restoration.log_spectral_distance_db(clips, 0 * clips, SAMPLE_RATE)
    assert 40 < distance < 60


def test_the_distance_is_the_mean_over_frames():
    # Half of the frames 20 dB off, half not at all: 10 dB, where a mean square over time would be 14.
    clips = noises(1)
    gains = np.where(np.arange(8000) < 4000, 10.0, 1.0)
    distance = restoration.log_spectral_distance_db(clips, gains * clips, SAMPLE_RATE)
    np.testing.assert_allclose(distance, 10.0, atol=0.5)


def test_what_is_below_the_floor_does_not_count():
    audio = tone(1000.0)
    quiet = 1e-5 * noises(1)
    np.testing.assert_allclose(
        restoration.log_spectral_distance_db(audio, audio + quiet, SAMPLE_RATE), 0, atol=0.01
    )


def test_pitch_moves_by_its_cents():
    higher = tone(440.0 * 2 ** (20 / 1200))
    changes = restoration.pitch_change_cents(tone(440.0), higher, SAMPLE_RATE)
    np.testing.assert_allclose(changes, 20.0, atol=1.0)


def test_pitch_of_noise_is_none_and_pitch_that_was_lost_is_infinite():
    clips = np.concatenate([noises(1), tone(440.0)])
    changes = restoration.pitch_change_cents(clips, np.zeros([2, 8000]), SAMPLE_RATE)
    assert np.isnan(changes[0]) and np.isposinf(changes[1])


def test_a_silent_clip_has_no_numbers():
    silence, clips = np.zeros([1, 8000]), noises(1)
    for restored in (silence, clips):
        assert np.isnan(restoration.log_spectral_distance_db(silence, restored, SAMPLE_RATE))
        assert np.isnan(restoration.pitch_change_cents(silence, restored, SAMPLE_RATE))
        assert np.isnan(restoration.signal_to_noise_db(silence, restored))
        assert np.isnan(restoration.level_change_db(silence, restored))
    assert restoration.level_change_db(clips, silence) == -np.inf


def test_shapes_that_differ_and_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match=r"one shape.*\(1, 8000\) and \(2, 8000\)"):
        restoration.signal_to_noise_db(noises(1), noises(2))
    with pytest.raises(ValueError, match="`restored` must be finite"):
        restoration.level_change_db(noises(1), np.full([1, 8000], np.nan))
