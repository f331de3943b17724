"""What is measured of a clip, against sounds whose numbers are known."""

import numpy as np
import pytest

from gansynth_tf.data.examination.measurements import (
    FLOOR_DB,
    decibels,
    measure_clip,
    num_clipped_samples,
    num_used_bits,
)
from tests.data.examination.planted import LENGTH, RATE, SECONDS, noise, ordinary, without_highs


def sine(f0_hz=440.0, level=0.5):
    return (level * np.sin(2 * np.pi * f0_hz * SECONDS)).astype(np.float32)


def measured(audio, sounding=LENGTH, limit_hz=RATE / 2):
    return measure_clip(np.asarray(audio, np.float32), RATE, sounding, limit_hz)


def rounded(audio, bits=16):
    return (np.round(audio * 2 ** (bits - 1)) / 2 ** (bits - 1)).astype(np.float32)


def clipped(audio, **options):
    return num_clipped_samples(np.asarray(audio, np.float32).reshape(len(audio), -1), **options)


def test_levels_of_a_sine():
    measures = measured(sine(level=0.5))
    assert measures.peak_db == pytest.approx(-6.02, abs=0.01)
    assert measures.rms_db == pytest.approx(-9.03, abs=0.01)
    assert measures.mean == pytest.approx(0.0, abs=1e-6)


def test_padding_does_not_count_as_sound():
    audio = np.where(np.arange(LENGTH) < LENGTH // 4, sine() + 0.1, 0.0)
    assert measured(audio, LENGTH // 4).rms == pytest.approx(np.hypot(0.5 / np.sqrt(2), 0.1), abs=1e-4)
    assert measured(audio, LENGTH // 4).mean == pytest.approx(0.1, abs=1e-4)
    assert measured(audio, LENGTH).mean == pytest.approx(0.025, abs=1e-4)
    assert measured(audio, LENGTH // 4).peak == pytest.approx(0.6, abs=1e-4)


def test_decibels_have_a_floor():
    assert [decibels(1.0), decibels(0.1), decibels(0.0), decibels(1e-9)] == [0.0, -20.0, FLOOR_DB, FLOOR_DB]


def test_both_channels_count_for_the_peak_and_the_rail():
    left, right = 0.2 * sine(level=1.0), np.clip(sine(level=1.5), -1, 1)
    measures = measured(np.stack([left, right], axis=1))
    assert measures.peak == 1.0
    assert measures.num_clipped > 100


def test_samples_that_are_not_finite_are_told_and_spoil_nothing_else():
    for value in (np.nan, np.inf):
        audio = sine()
        audio[7] = value
        assert not measured(audio).is_finite
    assert measured(sine()).is_finite


@pytest.mark.parametrize("rail", [1.0, 0.5, 0.05])
def test_a_wave_that_was_cut_off_is_clipped_at_any_level_later(rail):
    cut = rounded(rail * np.clip(sine(310.7, 1.3), -1, 1))
    assert clipped(cut) == pytest.approx((2 / np.pi) * np.arccos(1 / 1.3) * LENGTH, rel=0.1)


def test_one_side_that_was_cut_off_is_enough():
    assert clipped(np.minimum(sine(300.0, 0.9), 0.82)) > 100
    assert clipped(np.maximum(sine(300.0, 0.9), -0.82)) > 100


@pytest.mark.parametrize(
    "audio",
    [
        sine(level=1.0),
        rounded(sine(20.0, 0.9)),
        rounded(sine(5.0, 0.04)),
        rounded(sine(440.0, 0.9), bits=8),
        np.sign(sine()) * 0.8,
        np.zeros(LENGTH),
        np.full(LENGTH, 0.7),
        rounded(ordinary()),
        rounded(noise()),
        np.clip(sine(300.0, 0.013), -0.01, 0.01),
    ],
    ids=[
        "full scale",
        "slow",
        "slow and quiet",
        "8 bits",
        "square",
        "silence",
        "constant",
        "note",
        "noise",
        "very quiet",
    ],
)
def test_a_wave_that_was_not_cut_off_is_not_clipped(audio):
    assert clipped(audio) == 0


def test_two_samples_at_the_rail_are_no_run():
    audio = noise(level=0.1)
    audio[1000:1002] = 0.9
    assert clipped(audio) == 0
    audio[1002] = 0.9
    assert clipped(np.r_[audio, [0.899]]) == 3


def test_bits_are_counted_from_the_highest():
    for bits in (4, 8, 12, 16):
        assert num_used_bits(rounded(noise(), bits)[:, np.newaxis]) == bits
    assert num_used_bits(noise()[:, np.newaxis]) == 0
    assert num_used_bits(np.zeros([10, 1], np.float32)) == 0
    assert num_used_bits(np.full([10, 1], 1e30, np.float32)) == 0


@pytest.mark.parametrize("highest_hz", [2000, 4000, 5500, 6000])
def test_what_a_lower_rate_leaves_ends_like_a_wall(highest_hz):
    for audio in (noise(), ordinary() + 0.01 * noise()):
        low = rounded(without_highs(audio, highest_hz))
        assert measured(low).edge_hz == pytest.approx(highest_hz, rel=0.12)


@pytest.mark.parametrize(
    "audio",
    [
        noise(),
        sine(),
        sine(3000.0),
        ordinary(),
        np.cumsum(noise(level=0.001)),
        sine(300.0, 0.2) + sine(900.0, 0.1) + sine(2700.0, 0.05),
        np.zeros(LENGTH),
    ],
    ids=["white", "sine", "high sine", "note", "brown", "few overtones", "silence"],
)
def test_other_sounds_do_not_end_like_a_wall(audio):
    assert measured(audio).edge_hz == 0


def test_the_end_of_a_recording_of_an_honest_lower_rate_is_no_wall():
    low = rounded(without_highs(noise(), 4000))
    assert measured(low, limit_hz=4000).edge_hz == 0
    assert measured(low, limit_hz=8000).edge_hz > 0


def test_the_bandwidth_is_where_the_loudest_is_60_db_above():
    assert measured(sine(1000.0)).bandwidth_hz == pytest.approx(1000, abs=150)
    assert measured(sine(1000.0, 0.5) + sine(5000.0, 0.001)).bandwidth_hz == pytest.approx(5000, abs=40)
    assert measured(sine(1000.0, 0.5) + sine(5000.0, 0.0002)).bandwidth_hz < 1200
    assert measured(np.zeros(LENGTH)).bandwidth_hz == 0


def test_noise_is_flat_and_steady_and_a_note_is_neither():
    hiss, burst, note = measured(noise()), measured(noise() * np.exp(-9 * SECONDS)), measured(sine())
    assert hiss.flatness > 0.9 and burst.flatness > 0.7 and note.flatness < 0.01
    assert hiss.steadiness > 0.8 and burst.steadiness < 0.1 and note.steadiness > 0.9


def test_equal_samples_have_equal_content_and_others_have_not():
    assert measured(sine()).content == measured(sine()).content
    changed = sine()
    changed[5] += 1e-6
    assert measured(changed).content != measured(sine()).content


def test_the_signature_does_not_depend_on_the_level():
    signatures = [measured(level * ordinary()).signature.astype(np.float32) for level in (1.0, 0.1)]
    assert signatures[0] @ signatures[1] == pytest.approx(1.0, abs=1e-3)
    other = measured(ordinary(5)).signature.astype(np.float32)
    assert signatures[0] @ other < 0.95
    assert not measured(np.zeros(LENGTH)).signature.any()


def test_the_signature_tells_when_and_where_there_is_sound():
    early = measured(np.where(SECONDS < 0.5, sine(), 0)).signature
    late = measured(np.where(SECONDS >= 0.5, sine(), 0)).signature
    high = measured(np.where(SECONDS < 0.5, sine(3000.0), 0)).signature
    for other in (late, high):
        assert early.astype(np.float32) @ other.astype(np.float32) < 0.3


@pytest.mark.parametrize(("rate", "length"), [(8000, 100), (16000, 1), (44100, 88200), (1000, 500)])
def test_any_rate_and_length_can_be_measured(rate, length):
    audio = noise()[:1].repeat(length) if length < 16000 else np.resize(noise(), length)
    measures = measure_clip(audio, rate, length, rate / 2)
    assert measures.is_finite and measures.peak > 0
    assert np.isfinite(measures.signature).all()
