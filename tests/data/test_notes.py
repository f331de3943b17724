"""The embedded notes: what is promised of their clips, labels, splits, filters and difficulty."""

import pickle
import subprocess
import sys

import librosa
import numpy as np
import pytest
import threadpoolctl
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gansynth_tf.data import notes
from gansynth_tf.data.notes import Notes
from gansynth_tf.data.notes_synthesis.instruments import (
    FAMILIES,
    INSTRUMENT_NUMBERS,
    SOURCES,
    instrument_of,
    source_of,
)
from gansynth_tf.data.notes_synthesis.turns import turns

SAMPLE_RATE = 16000
LENGTH_SAMPLES = 64000
NSYNTH_FAMILIES = (
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
)


@pytest.fixture(scope="module")
def dataset():
    return Notes(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=1342, num_test_clips=671)


def rms_db(audio):
    return 10.0 * np.log10(np.mean(np.square(audio, dtype=np.float64)) + 1e-20)


# Clips.


def test_a_clip_is_the_one_that_was_measured(dataset):
    """From this code at NOTES_VERSION 3: who changes the sounds raises the version and these numbers."""
    assert notes.NOTES_VERSION == 3
    levels_db = [rms_db(dataset.clip("train", index)) for index in range(11)]
    expected_db = [
        -17.6749,
        -19.2744,
        -14.6703,
        -27.0603,
        -14.1055,
        -32.0794,
        -14.0649,
        -18.4066,
        -21.2377,
        -17.8784,
        -16.2606,
    ]
    np.testing.assert_allclose(levels_db, expected_db, atol=0.01)


def test_a_clip_does_not_depend_on_how_many_there_are_or_which_came_before(dataset):
    other = Notes(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=13, num_test_clips=12)
    for split in dataset.splits:
        backwards = {index: other.clip(split, index) for index in reversed(range(12))}
        for index in range(12):
            assert dataset.clip(split, index).tobytes() == backwards[index].tobytes()
        assert other.clip_keys(split)[:12] == dataset.clip_keys(split)[:12]
        np.testing.assert_array_equal(other.rows(split)[:12], dataset.rows(split)[:12])


def test_the_pipeline_gives_the_clips_in_the_order_of_the_rows_all_or_some(dataset):
    small = Notes(SAMPLE_RATE, LENGTH_SAMPLES, num_test_clips=15)
    clips = list(small.clips("valid").as_numpy_iterator())
    assert len(clips) == len(small.rows("valid")) == 15
    for index, clip in enumerate(clips):
        assert clip.tobytes() == dataset.clip("valid", index).tobytes()
    some = list(dataset.clips("valid", np.array([2, 11])).as_numpy_iterator())
    assert [clip.tobytes() for clip in some] == [clips[2].tobytes(), clips[11].tobytes()]
    assert not list(small.clips("valid", []).as_numpy_iterator())


def test_a_clip_does_not_depend_on_the_number_of_threads(dataset):
    """Its address promises equal samples, whichever process made them."""
    clips = []
    for num_threads in (1, 2):
        with threadpoolctl.threadpool_limits(num_threads):
            clips.append([dataset.clip("train", index).tobytes() for index in range(33)])
    assert [one == other for one, other in zip(*clips, strict=True)] == [True] * 33


def test_another_seed_and_another_split_have_other_clips(dataset):
    other = Notes(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=1342, num_test_clips=671, seed=1)
    assert not np.array_equal(dataset.clip("train", 0), other.clip("train", 0))
    assert not np.array_equal(dataset.clip("train", 0), dataset.clip("test", 0))
    assert dataset.fingerprint() != other.fingerprint()
    assert not set(dataset.clip_keys("train")) & set(other.clip_keys("train"))


def test_clips_sound_within_full_scale_and_differ_in_level(dataset):
    clips = np.stack([dataset.clip("train", index) for index in range(110)])
    assert clips.dtype == np.float32
    assert np.isfinite(clips).all()
    assert np.abs(clips).max() <= 1.0
    levels_db = [rms_db(clip) for clip in clips]
    assert min(levels_db) > -60.0
    assert np.std(levels_db) > 4.0


def test_a_clip_peaks_where_its_plan_says(dataset):
    for index in range(11):
        peak_db = 20.0 * np.log10(np.abs(dataset.clip("train", index)).max())
        assert peak_db == pytest.approx(dataset.plan("train", index).peak_db, abs=0.1)


@pytest.mark.parametrize(
    ("sample_rate", "length_samples"),
    [(5000, 5000), (8000, 4000), (22050, 22050), (48000, 30000), (16000, 100)],
)
def test_any_sample_rate_and_length_sounds(sample_rate, length_samples):
    dataset = Notes(sample_rate, length_samples, num_clips=22, num_test_clips=11)
    for index in range(22):
        clip = dataset.clip("train", index)
        assert clip.shape == (length_samples,)
        assert np.isfinite(clip).all()
        assert 0.01 < np.abs(clip).max() <= 1.0


def test_a_pickled_set_is_small_and_gives_the_same_clips(dataset):
    dataset.clip("train", 5)
    message = pickle.dumps(dataset)
    assert len(message) < 5000
    again = pickle.loads(message)
    assert again.clip("train", 5).tobytes() == dataset.clip("train", 5).tobytes()
    assert again.fingerprint() == dataset.fingerprint()


# Labels and splits.


def test_labels_are_those_of_nsynth_in_order(dataset):
    assert dataset.labels == {
        "pitch": tuple(str(pitch) for pitch in range(24, 85)),
        "instrument_family": NSYNTH_FAMILIES,
        "instrument_source": ("acoustic", "electronic", "synthetic"),
        "velocity": ("25", "50", "75", "100", "127"),
    }


def test_rows_name_what_is_played(dataset):
    for split in dataset.splits:
        rows = dataset.rows(split)
        assert rows.dtype == np.int32
        for index in range(0, 600, 7):
            plan = dataset.plan(split, index)
            named = [classes[row] for classes, row in zip(dataset.labels.values(), rows[index], strict=True)]
            source = source_of(plan.family, plan.instrument)
            assert named == [str(plan.pitch), plan.family, source, str(plan.velocity)]
            assert instrument_of(plan.family, plan.instrument).source == source
            assert plan.instrument in INSTRUMENT_NUMBERS[split]


def test_every_family_has_every_pitch_equally_often(dataset):
    pairs = dataset.rows("train")[:, :2]
    counts = np.zeros([61, 11], int)
    np.add.at(counts, (pairs[:, 0], pairs[:, 1]), 1)
    assert (counts == 2).all()


def test_velocities_and_instruments_are_balanced_and_tell_nothing_of_each_other_or_of_pitch():
    dataset = Notes(SAMPLE_RATE, LENGTH_SAMPLES)
    dealt = dataset._dealt("train").astype(float)
    for column, num_choices in ((2, 5), (3, 60)):
        counts = np.bincount(dealt[:, column].astype(int), minlength=num_choices)
        assert counts.min() > 0.9 * counts.max()
    assert np.abs(np.corrcoef(dealt.T) - np.eye(4)).max() < 0.04
    # Nor within one family.
    assert np.abs(np.corrcoef(dealt[::11, 1:].T) - np.eye(3)).max() < 0.15


def test_turns_are_balanced_and_do_not_depend_on_their_number():
    dealt = turns(122, 61, [1, 2])
    np.testing.assert_array_equal(np.bincount(dealt), [2] * 61)
    np.testing.assert_array_equal(turns(50, 61, [1, 2]), dealt[:50])
    assert not np.array_equal(turns(122, 61, [1, 3]), dealt)


def test_splits_share_no_instrument_and_each_has_every_source(dataset):
    groups = {split: {source.group for source in dataset.sources(split)} for split in dataset.splits}
    assert len(groups["train"]) == 11 * len(INSTRUMENT_NUMBERS["train"])
    assert not groups["train"] & groups["valid"]
    assert not groups["train"] & groups["test"]
    assert not groups["valid"] & groups["test"]
    for family in FAMILIES:
        played = [
            {source_of(family, number) for number in numbers} for numbers in INSTRUMENT_NUMBERS.values()
        ]
        assert played[0] == played[1] == played[2]
    assert {source_of("synth_lead", number) for number in INSTRUMENT_NUMBERS["train"]} == {"synthetic"}


def test_instruments_of_a_family_differ():
    for family in FAMILIES:
        assert len({instrument_of(family, number) for number in range(90)}) == 90


def test_sources_say_where_clips_come_from(dataset):
    source = dataset.sources("test")[0]
    assert (source.sample_rate, source.num_channels, source.encoding) == (16000, 1, "synthesised")
    assert (source.start_seconds, source.seconds, source.path) == (0.0, 4.0, "")
    plan = dataset.plan("test", 0)
    named = dataset.instrument_name(plan.family, plan.instrument)
    assert source.group == named
    assert source.name == f"notes/test/0/{named}-{plan.pitch:03d}-{plan.velocity:03d}"
    assert dataset.left_out == {}
    assert dataset.prepare() is None


# Filters.


def test_an_octave_of_three_families_is_balanced():
    dataset = Notes(
        SAMPLE_RATE,
        8000,
        num_clips=3 * 60,
        num_test_clips=36,
        families=("vocal", "organ", "synth_lead"),
        lowest_pitch=60,
        highest_pitch=71,
    )
    assert dataset.labels["pitch"] == tuple(str(pitch) for pitch in range(60, 72))
    assert dataset.labels["instrument_family"] == ("organ", "synth_lead", "vocal")
    assert dataset.labels["instrument_source"] == SOURCES
    rows = dataset.rows("train")
    counts = np.zeros([12, 3], int)
    np.add.at(counts, (rows[:, 0], rows[:, 1]), 1)
    assert (counts == 5).all()
    np.testing.assert_array_equal(np.bincount(rows[:, 3]), [36] * 5)
    for index in range(12):
        plan = dataset.plan("test", index)
        assert 60 <= plan.pitch <= 71
        assert plan.family == ("organ", "synth_lead", "vocal")[index % 3]


def test_one_family_and_one_pitch_are_enough():
    dataset = Notes(SAMPLE_RATE, 8000, families=("synth_lead",), lowest_pitch=60, highest_pitch=60)
    assert dataset.labels["instrument_source"] == ("synthetic",)
    assert (dataset.rows("train")[:, :3] == 0).all()


def test_equal_keys_have_equal_samples_whatever_was_chosen(dataset):
    every = Notes(SAMPLE_RATE, LENGTH_SAMPLES, families=NSYNTH_FAMILIES, num_clips=11)
    assert every.clip_keys("train") == dataset.clip_keys("train")[:11]
    fewer = Notes(SAMPLE_RATE, LENGTH_SAMPLES, families=("brass", "reed"), num_clips=11)
    assert not set(fewer.clip_keys("train")) & set(dataset.clip_keys("train"))
    assert len(set(dataset.clip_keys("train"))) == 1342
    pitches = [Notes(8000, 800, families=("organ",), lowest_pitch=p, highest_pitch=p) for p in (60, 61)]
    assert not set(pitches[0].clip_keys("train")) & set(pitches[1].clip_keys("train"))


# Mistakes.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_clips": 0}, "`num_clips` must be at least 1. Received: num_clips=0"),
        ({"num_test_clips": 0}, "`num_test_clips` must be at least 1"),
        ({"seed": -1}, "seed=-1"),
        ({"num_channels": 2}, "`num_channels` must be 1: notes are mono. Received: num_channels=2"),
        ({"families": ("flutes",)}, "`families` must be among bass, .* Received: flutes"),
        ({"lowest_pitch": 23}, "24 <= `lowest_pitch`.*lowest_pitch=23"),
        ({"highest_pitch": 85}, "highest_pitch=85"),
        ({"lowest_pitch": 61, "highest_pitch": 60}, "lowest_pitch=61, highest_pitch=60"),
        ({"note_seconds": 0.0}, "`note_seconds` must be positive"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Notes(SAMPLE_RATE, LENGTH_SAMPLES, **options)


def test_a_sample_rate_too_low_for_the_highest_note_is_refused():
    with pytest.raises(ValueError, match="`sample_rate` must be at least 5000.*sample_rate=4000"):
        Notes(4000, 4000)


def test_an_unknown_split_is_refused(dataset):
    with pytest.raises(ValueError, match="train, valid, test. Received: split='dev'"):
        dataset.rows("dev")


def test_the_report_names_every_family_and_count(dataset):
    for family in FAMILIES:
        assert f"{family} 122" in dataset.report()
        assert f"{family} 61" in dataset.report()
    assert "key held for 3 s; pitches 24 to 84" in dataset.report()


# Difficulty.


def test_a_mean_spectrum_tells_something_of_the_family_but_not_all():
    """A small version of scripts/measure_notes.py, so with wider bounds than its promise."""
    dataset = Notes(SAMPLE_RATE, LENGTH_SAMPLES // 2, num_clips=440, num_test_clips=220)

    def spectra(split):
        mels = [
            librosa.feature.melspectrogram(
                y=dataset.clip(split, index), sr=SAMPLE_RATE, n_fft=1024, hop_length=512, n_mels=64
            ).mean(axis=1)
            for index in range(len(dataset.rows(split)))
        ]
        return np.log(np.array(mels) + 1e-6)

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    model.fit(spectra("train"), dataset.rows("train")[:, 1])
    assert 0.25 < model.score(spectra("test"), dataset.rows("test")[:, 1]) < 0.85


@pytest.mark.slow
def test_tuning_difficulty_and_speed_are_as_promised(repository):
    script = repository / "scripts" / "measure_notes.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
