"""Which clips are the same sound."""

import numpy as np
import pytest

from gansynth_tf.data.examination import likeness
from gansynth_tf.data.examination.measurements import measure_clip
from tests.data.examination.planted import LENGTH, RATE, noise, ordinary


def signatures(clips):
    return np.stack([measure_clip(clip, RATE, LENGTH, RATE / 2).signature for clip in clips])


def flatnesses(clips):
    return np.array([measure_clip(clip, RATE, LENGTH, RATE / 2).flatness for clip in clips])


def same(clips, **options):
    """The pairs that are found, from signatures to waveforms."""
    found = likeness.same_sounds(
        likeness.candidate_pairs(signatures(clips)),
        flatnesses(clips),
        lambda numbers: np.stack([clips[i] for i in numbers]),
        RATE,
        **options,
    )
    return sorted((first, second) for first, second, _ in found)


def test_equal_contents_are_grouped_in_order():
    assert likeness.exact_groups(["a", "b", "a", "c", "b", "a"]) == [[0, 2, 5], [1, 4]]
    assert likeness.exact_groups(["a", "b"]) == []


@pytest.mark.parametrize("sound", [ordinary(3), noise(3)], ids=["note", "noise"])
def test_another_level_sign_or_a_small_delay_is_the_same_waveform(sound):
    late = np.pad(sound, (300, 0))[:LENGTH]
    for first, second in ((sound, 0.1 * sound), (sound, -sound), (sound, late), (late, sound)):
        assert likeness.likeness(first, second, RATE) > likeness.SAME_TONES


def test_waveforms_of_other_sounds_are_not_alike():
    assert likeness.likeness(ordinary(3), ordinary(4), RATE) < 0.5
    assert likeness.likeness(noise(3), noise(4), RATE) < 0.2
    assert likeness.likeness(ordinary(3), np.zeros(LENGTH, np.float32), RATE) == 0.0


def test_a_delay_beyond_a_twentieth_of_a_second_is_another_clip():
    assert likeness.likeness(noise(3), np.roll(noise(3), 1200), RATE) < 0.3


def test_one_common_overtone_does_not_make_two_sounds_the_same():
    time = np.arange(LENGTH) / RATE
    common = np.sin(2 * np.pi * 440 * time)
    first, second = (
        sum(0.04 * np.sin(2 * np.pi * (k * 440 * time + shift * k * k)) for k in range(2, 12))
        for shift in (0.0, 0.07)
    )
    whole = np.corrcoef(common + first, common + second)[0, 1]
    assert whole > 0.97
    assert likeness.likeness(common + first, common + second, RATE) < likeness.SAME_TONES
    assert likeness.likeness(common + first, 0.3 * (common + first), RATE) > likeness.SAME_TONES


@pytest.mark.parametrize("count", [6, 230], ids=["few", "many"])
def test_copies_are_found_among_others(count):
    clips = [ordinary(i) for i in range(count)]
    clips[4] = (0.3 * clips[1] + 0.001 * noise(9, 0.1)).astype(np.float32)
    assert same(clips) == [(1, 4)]


def test_two_velocities_of_one_note_are_no_copies():
    time = np.arange(LENGTH) / RATE
    rng = np.random.default_rng(0)
    soft, hard = (
        sum(
            np.exp(-decay * time) / k**bright * np.sin(2 * np.pi * (k * 220.5 * time + rng.uniform()))
            for k in range(1, 9)
        ).astype(np.float32)
        for bright, decay in ((2.0, 2.0), (1.5, 1.8))
    )
    assert same([soft, hard, *(ordinary(i) for i in range(5))]) == []


def test_silent_clips_are_no_candidates():
    clips = [np.zeros(LENGTH, np.float32)] * 3 + [ordinary()]
    assert likeness.candidate_pairs(signatures(clips)).shape == (0, 2)


def test_a_candidate_is_named_once_with_the_smaller_number_first():
    clips = [ordinary(1), ordinary(2), ordinary(1), ordinary(1)]
    pairs = likeness.candidate_pairs(signatures(clips)).tolist()
    assert pairs == [[0, 2], [0, 3], [2, 3]]


def test_a_set_full_of_copies_finds_them_in_chunks(monkeypatch):
    monkeypatch.setattr(likeness, "_CHUNK", 64)
    clips = np.stack([0.5 * ordinary(i % 70) for i in range(210)])
    told = signatures(clips[:70])
    pairs = likeness.candidate_pairs(np.concatenate([told, told, told]))
    assert (pairs[:, 0] < pairs[:, 1]).all()
    together = likeness.groups([tuple(pair) for pair in pairs.tolist()])
    place = {clip: number for number, group in enumerate(together) for clip in group}
    assert all(place[i] == place[i + 70] == place[i + 140] for i in range(70))


def test_all_pairs_are_compared_though_few_clips_fit_in_memory(monkeypatch):
    monkeypatch.setattr(likeness, "_CLIPS_IN_MEMORY", 3)
    clips = [ordinary(i // 3) * (1 + i % 3) for i in range(12)]
    read = []
    pairs = likeness.candidate_pairs(signatures(clips))
    found = likeness.same_sounds(
        pairs,
        flatnesses(clips),
        lambda numbers: read.append(len(numbers)) or np.stack([clips[i] for i in numbers]),
        RATE,
    )
    assert max(read) <= 3
    assert sorted((first, second) for first, second, _ in found) == [
        (3 * note + first, 3 * note + second)
        for note in range(4)
        for first, second in ((0, 1), (0, 2), (1, 2))
    ]


def test_progress_counts_pairs_to_the_end():
    told = []
    clips = [ordinary(1), 0.5 * ordinary(1), ordinary(2), 0.5 * ordinary(2)]
    same(clips, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2, 2)


def test_groups_follow_pairs_through_others():
    assert likeness.groups([(5, 6), (1, 2), (6, 9), (9, 5)]) == [[1, 2], [5, 6, 9]]
    assert likeness.groups([]) == []
