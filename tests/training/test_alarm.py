"""Planted faults are reported, healthy clips are not."""

import re

import numpy as np
import pytest

from gansynth_tf import options
from gansynth_tf.training.observers.alarm import (
    DiversityAlarm,
    LinearClassifier,
    RealReference,
    mean_distance,
    pooled_magnitudes,
)

NAMES = ("house", "jazz", "rock")
NUM_PREVIEW = 8


def draw(rows, seed):
    """Returns data [num, 32, 64, 2]: each class has its bands, each clip its onsets and level."""
    generator = np.random.default_rng(seed)
    clips = generator.normal(0.0, 0.5, [len(rows), 32, 64, 2])
    for clip, (number,) in zip(clips, rows, strict=True):
        clip[:, 20 * number : 20 * number + 20, 0] += 1.5
        clip[generator.integers(0, 32, 6), :, 0] += 3.0
        clip[..., 0] += generator.normal(0.0, 0.5) - 8.0
    return clips.astype(np.float32)


def some_rows(num_each):
    return np.repeat(np.arange(3, dtype=np.int32), num_each)[:, None]


class Listener:
    def __init__(self):
        self.logged = []

    def on_log(self, num_images, scalars):
        self.logged.append((num_images, scalars))


@pytest.fixture(scope="module")
def real():
    rows = some_rows(60)
    return draw(rows, seed=0), rows


@pytest.fixture
def alarm(real):
    warnings = []
    listener = Listener()
    alarm = DiversityAlarm(*real, NAMES, warnings.append, [listener], grace_images=1000)
    return alarm, warnings, listener


def show(alarm, data, times=2, rows=None, start=1000):
    rows = some_rows(NUM_PREVIEW) if rows is None else rows
    for number in range(times):
        alarm.on_preview(start + 1000 * number, None, rows, data)


def test_healthy_clips_raise_no_alarm_and_are_as_diverse_as_real_ones(alarm):
    alarm, warnings, listener = alarm
    for seed in range(1, 11):
        show(alarm, draw(some_rows(NUM_PREVIEW), seed), times=1, start=1000 * seed)
    assert warnings == []
    assert [scalars["alarm"] for _, scalars in listener.logged] == [0.0] * 10
    assert all(0.7 < scalars["diversity"] < 1.3 for _, scalars in listener.logged)
    assert all(scalars["label_agreement"] > 0.8 for _, scalars in listener.logged)


def test_one_clip_a_class_raises_the_alarm_at_the_second_preview_and_once(alarm):
    alarm, warnings, listener = alarm
    collapsed = draw(some_rows(1), seed=1).repeat(NUM_PREVIEW, axis=0)
    show(alarm, collapsed, times=1)
    assert warnings == []
    show(alarm, collapsed, times=3, start=2000)
    assert len(warnings) == 1
    start = "WARNING after 2,000 images: clips of one class are all alike: house (0.00), jazz (0.00), rock (0.00), "
    assert warnings[0].startswith(start)
    assert [scalars["alarm"] for _, scalars in listener.logged] == [0.0, 3.0, 3.0, 3.0]


def test_a_nearly_collapsed_class_is_named_alone(alarm):
    alarm, warnings, _ = alarm
    data = draw(some_rows(NUM_PREVIEW), seed=1)
    data[NUM_PREVIEW : 2 * NUM_PREVIEW] = (
        data[NUM_PREVIEW] + 0.1 * draw(some_rows(NUM_PREVIEW), seed=2)[:NUM_PREVIEW]
    )
    show(alarm, data)
    assert len(warnings) == 1 and re.search(r"all alike: jazz \(0\.[01]\d\), as", warnings[0])


def test_swapped_labels_raise_the_alarm_for_both_classes(alarm):
    alarm, warnings, listener = alarm
    rows = some_rows(NUM_PREVIEW)
    swapped = np.array([1, 0, 2], np.int32)[rows]
    show(alarm, draw(swapped, seed=1), rows=rows)
    assert len(warnings) == 1
    assert re.search(r"do not follow their label: house \(\d+ %\), jazz \(\d+ %\) are taken", warnings[0])
    scalars = listener.logged[-1][1]
    assert scalars["label_agreement/rock"] > 0.8 and scalars["label_agreement/house"] < 0.2


def test_a_fault_that_passes_starts_the_count_anew(alarm):
    alarm, warnings, _ = alarm
    healthy = draw(some_rows(NUM_PREVIEW), seed=1)
    collapsed = draw(some_rows(1), seed=1).repeat(NUM_PREVIEW, axis=0)
    for data in (collapsed, healthy, collapsed, healthy):
        show(alarm, data, times=1)
    assert warnings == []
    alarm.on_resume(1000)
    show(alarm, collapsed, times=1)
    assert warnings == []


def test_there_is_no_alarm_in_the_grace_period_but_the_numbers_are_logged(alarm):
    alarm, warnings, listener = alarm
    show(alarm, draw(some_rows(1), seed=1).repeat(NUM_PREVIEW, axis=0), start=-2000)
    assert warnings == []
    assert listener.logged[0][1]["diversity/rock"] == pytest.approx(0.0, abs=1e-6)


def test_a_class_that_real_clips_do_not_tell_apart_is_not_watched_for_its_label(real):
    data, rows = real
    shuffled = np.random.default_rng(1).permutation(rows)
    warnings = []
    alarm = DiversityAlarm(data, shuffled, NAMES, warnings.append, grace_images=0)
    show(alarm, draw(np.array([1, 2, 0], np.int32)[some_rows(NUM_PREVIEW)], seed=3))
    assert not [warning for warning in warnings if "label" in warning]


def test_without_labels_only_the_diversity_is_watched(real):
    warnings, listener = [], Listener()
    alarm = DiversityAlarm(
        real[0], np.zeros([180, 0], np.int32), (), warnings.append, [listener], grace_images=0
    )
    show(alarm, np.repeat(real[0][:1], 6, axis=0), rows=np.zeros([6, 0], np.int32))
    assert len(warnings) == 1 and "all alike" in warnings[0]
    assert set(listener.logged[0][1]) == {"alarm", "diversity", "diversity/clips"}


def test_broken_data_is_a_collapse_and_no_crash(alarm):
    alarm, warnings, _ = alarm
    show(alarm, np.full([24, 32, 64, 2], np.nan, np.float32))
    assert (
        len([warning for warning in warnings if "all alike: house (0.00), jazz (0.00), rock" in warning]) == 1
    )


def test_pooling_agrees_between_resolutions():
    fine = np.random.default_rng(0).normal(size=[3, 16, 16, 2]).repeat(4, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(pooled_magnitudes(fine), fine[:, ::4, ::2, 0].reshape(3, -1))
    np.testing.assert_allclose(pooled_magnitudes(fine[:, ::4, ::2]), pooled_magnitudes(fine))
    coarse = fine[:, :2, :4]
    assert pooled_magnitudes(coarse).shape == (3, 256)


def tones(rows, seed):
    """Returns waveforms [num, 4096, 1, 1]: each class has its pitch, each clip its phase, level and overtone."""
    generator = np.random.default_rng(seed)
    phases = generator.uniform(0, 2 * np.pi, [len(rows), 1]) + np.arange(4096) * 0.2 * (1 + 3 * rows)
    waves = np.sin(phases) + generator.uniform(0, 0.5, [len(rows), 1]) * np.sin(1.7 * phases)
    levels = generator.uniform(0.1, 0.6, [len(rows), 1])
    return (levels * waves)[:, :, None, None].astype(np.float32)


def test_waveforms_are_compared_by_their_spectra_and_not_by_their_samples():
    bin_6_of_128 = np.sin(2 * np.pi * 6 / 128 * np.arange(4096))[None, :, None, None]
    louder, softer = pooled_magnitudes(bin_6_of_128), pooled_magnitudes(0.1 * bin_6_of_128)
    # The second of 16 cells holds the bins from 4 to 7, and the sine in the sixth leaks into both its neighbours.
    assert np.argmax(louder.reshape(16, 16)[8]) == 1
    np.testing.assert_allclose((louder - softer).reshape(16, 16)[8, 1], 3 * np.log(10) / 4, rtol=0.01)
    inverted = pooled_magnitudes(-bin_6_of_128)
    np.testing.assert_allclose(inverted, louder, atol=1e-9)


def test_collapsed_and_healthy_waveforms_are_told_apart():
    rows, warnings = some_rows(40), []
    alarm = DiversityAlarm(tones(rows, seed=0), rows, NAMES, warnings.append, grace_images=0)
    preview_rows = some_rows(NUM_PREVIEW)
    show(alarm, tones(preview_rows, seed=1), rows=preview_rows)
    assert not warnings
    collapsed = tones(preview_rows, seed=2)
    collapsed[:NUM_PREVIEW] = collapsed[:1]
    collapsed[2 * NUM_PREVIEW :] = tones(preview_rows, seed=3)[:NUM_PREVIEW]
    show(alarm, collapsed, rows=preview_rows)
    alike, astray = warnings
    assert "all alike: house (0.00), as a share" in alike
    assert "follow their label: rock (0 %) are" in astray


def test_mean_distance_of_a_triangle_and_of_equal_clips():
    assert mean_distance(np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])) == pytest.approx(4.0)
    assert mean_distance(np.full([4, 5], 1e6)) == 0.0


def test_the_classifier_gives_equal_weight_to_classes_of_any_size():
    generator = np.random.default_rng(0)
    classes = np.array([0] * 300 + [1] * 20)
    features = generator.normal(size=[320, 3]) + 3.0 * classes[:, None] * [1, 0, 0]
    classifier = LinearClassifier(features, classes)
    assert np.mean(classifier(features)[300:] == 1) > 0.85


def test_the_reference_is_the_same_for_the_same_seed_and_recognises_clear_classes(real):
    first, second = (RealReference(*real, NAMES, 32, seed=5) for _ in range(2))
    assert first.distances == second.distances
    assert all(share > 0.9 for share in first.recall.values())


def test_options_are_documented_and_may_change_within_a_run():
    found = options.options_of(DiversityAlarm)
    assert "least_diversity" in found and "seed" not in found
    assert all(option.how_to_run for option in found.values())


def test_wrong_arguments_are_refused(real):
    with pytest.raises(ValueError, match="one length. Received: 180, 2"):
        DiversityAlarm(real[0], real[1][:2], NAMES, print)
    with pytest.raises(ValueError, match="patience=0"):
        DiversityAlarm(*real, NAMES, print, patience=0)
