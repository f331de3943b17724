"""The embedded data set: what is promised of its clips, its splits, its rhythms and its difficulty."""

import subprocess
import sys

import librosa
import numpy as np
import pytest
from scipy import signal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gansynth_tf.data import grooves
from gansynth_tf.data.grooves import Grooves
from gansynth_tf.data.grooves_synthesis import band, drums, patterns, tones
from gansynth_tf.data.grooves_synthesis.genres import GENRES
from gansynth_tf.data.grooves_synthesis.kits import KIT_NUMBERS

SAMPLE_RATE = 16000
LENGTH_SAMPLES = 32000


@pytest.fixture(scope="module")
def dataset():
    return Grooves(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=60, num_test_clips=30)


def indices_of(genre, num):
    """Returns the indices of the first clips of a genre."""
    return range(band.CLASSES.index(genre), num * len(band.CLASSES), len(band.CLASSES))


def rises_at(dataset, index, positions, low_hz, high_hz):
    """Returns how much louder, in decibels, a band is just after each position in beats than just before."""
    plan = dataset.plan("train", index)
    sections = signal.butter(4, [low_hz, high_hz], "bandpass", fs=SAMPLE_RATE, output="sos")
    power = signal.sosfilt(sections, dataset.clip("train", index)) ** 2
    starts = band.Clock(plan, SAMPLE_RATE)(positions).astype(int)
    width = int(0.04 * SAMPLE_RATE)
    starts = [start for start in starts if start + width < LENGTH_SAMPLES]
    after = np.array([np.mean(power[start : start + width]) for start in starts])
    before = np.array(
        [np.mean(power[max(0, start - width) : max(1, start - width // 4)]) for start in starts]
    )
    return 10.0 * np.log10((after + 1e-12) / (before + 1e-12))


def mean_rise(dataset, genre, position, low_hz, high_hz, num=12):
    """Returns the mean of `rises_at` at one position over clips of a genre."""
    rises = [rises_at(dataset, index, [position], low_hz, high_hz) for index in indices_of(genre, num)]
    return float(np.mean(np.concatenate(rises)))


# Clips.


def test_a_clip_is_the_one_that_was_measured():
    """From this code at SOUNDS_VERSION 5: who changes the sounds raises the version and these numbers."""
    assert grooves.SOUNDS_VERSION == 5
    dataset = Grooves(SAMPLE_RATE, LENGTH_SAMPLES)
    levels_db = [10.0 * np.log10(np.mean(dataset.clip("train", index) ** 2)) for index in range(6)]
    expected_db = [-16.2607, -22.8789, -17.8920, -20.0777, -22.4996, -26.3253]
    np.testing.assert_allclose(levels_db, expected_db, atol=0.01)


def test_a_clip_does_not_depend_on_how_many_there_are_or_which_came_before(dataset):
    other = Grooves(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=7, num_test_clips=12)
    for split in dataset.splits:
        backwards = {index: other.clip(split, index) for index in reversed(range(7))}
        for index in range(7):
            assert dataset.clip(split, index).tobytes() == backwards[index].tobytes()


def test_the_pipeline_gives_the_clips_in_the_order_of_the_rows(dataset):
    clips = list(dataset.clips("valid").as_numpy_iterator())
    assert len(clips) == len(dataset.rows("valid")) == 30
    for index, clip in enumerate(clips):
        assert clip.tobytes() == dataset.clip("valid", index).tobytes()
        assert dataset.labels["genre"][dataset.rows("valid")[index, 0]] == dataset.plan("valid", index).genre


def test_another_seed_draws_other_clips_and_another_split_too(dataset):
    other = Grooves(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=60, num_test_clips=30, seed=1)
    assert dataset.plan("train", 0) != other.plan("train", 0)
    assert not np.array_equal(dataset.clip("train", 0), other.clip("train", 0))
    assert not np.array_equal(dataset.clip("train", 0), dataset.clip("test", 0))
    assert dataset.fingerprint() != other.fingerprint()


def test_clips_are_finite_sound_within_full_scale_and_differ_in_level(dataset):
    clips = np.stack(list(dataset.clips("train").as_numpy_iterator()))
    assert clips.dtype == np.float32
    assert clips.shape == (60, LENGTH_SAMPLES)
    assert np.isfinite(clips).all()
    assert np.abs(clips).max() <= 1.0
    levels_db = 10.0 * np.log10(np.mean(clips**2, axis=1))
    assert levels_db.min() > -40.0
    assert np.std(levels_db) > 2.0


def test_a_clip_peaks_where_its_plan_says(dataset):
    for index in range(6):
        peak_db = 20.0 * np.log10(np.abs(dataset.clip("train", index)).max())
        assert peak_db == pytest.approx(dataset.plan("train", index).peak_db, abs=1e-3)


def test_every_clip_begins_with_its_downbeat(dataset):
    for index in range(60):
        clip = dataset.clip("train", index)
        beginning = np.sqrt(np.mean(clip[: SAMPLE_RATE // 10] ** 2))
        assert beginning > 0.3 * np.sqrt(np.mean(clip**2)), dataset.plan("train", index)


@pytest.mark.parametrize(
    ("sample_rate", "length_samples"), [(8000, 4000), (22050, 22050), (44100, 30000), (16000, 100)]
)
def test_any_sample_rate_and_length_sounds(sample_rate, length_samples):
    dataset = Grooves(sample_rate, length_samples, num_clips=6, num_test_clips=6)
    for index in range(6):
        clip = dataset.clip("train", index)
        assert clip.shape == (length_samples,)
        assert np.isfinite(clip).all()
        assert np.abs(clip).max() > 0.1


def test_a_longer_clip_has_the_same_plan(dataset):
    longer = Grooves(SAMPLE_RATE, 3 * LENGTH_SAMPLES, num_clips=60, num_test_clips=30)
    assert longer.plan("train", 3) == dataset.plan("train", 3)


# Classes and splits.


def test_classes_are_balanced_and_named(dataset):
    assert dataset.labels == {
        "genre": ("drum_and_bass", "hip_hop", "house", "jazz_waltz", "reggae", "rock"),
    }
    rows = dataset.rows("train")
    assert rows.dtype == np.int32
    assert rows.shape == (60, 1)
    np.testing.assert_array_equal(np.bincount(rows[:, 0]), [10] * 6)


def test_splits_share_no_drum_pattern():
    for number, genre in enumerate(GENRES.values()):
        books = patterns.song_book(number, genre.write)
        played = {split: {pattern.groove() for pattern in book} for split, book in books.items()}
        for split, size in patterns.BOOK_SIZES.items():
            assert len(played[split]) == size
        assert not played["train"] & played["valid"]
        assert not played["train"] & played["test"]
        assert not played["valid"] & played["test"]


@pytest.mark.parametrize("pools", [KIT_NUMBERS, band.KEYS_OF_SPLIT], ids=["kits", "keys"])
def test_splits_share_no_kit_and_no_key(pools):
    everything = [number for split in patterns.SPLITS for number in pools[split]]
    assert len(everything) == len(set(everything))


def test_plans_stay_in_the_pools_of_their_split(dataset):
    for split in dataset.splits:
        for index in range(60):
            plan = dataset.plan(split, index)
            assert plan.kit_number in KIT_NUMBERS[split]
            assert plan.key in band.KEYS_OF_SPLIT[split]
            low, high = GENRES[plan.genre].tempo_bpm
            assert low <= plan.tempo_bpm <= high


def test_kits_of_different_numbers_sound_different(dataset):
    kicks = [dataset._kit(0, number).shots["kick"] for number in (0, 1, 80)]
    assert kicks[0].shape != kicks[1].shape or not np.allclose(kicks[0], kicks[1])
    assert kicks[0].shape != kicks[2].shape or not np.allclose(kicks[0], kicks[2])


def test_every_pattern_fits_its_two_bars_and_starts_with_a_hit_or_a_note():
    for number, genre in enumerate(GENRES.values()):
        for book in patterns.song_book(number, genre.write).values():
            for pattern in book:
                positions = [hit[1] for hit in pattern.drums] + [
                    event[0] for event in pattern.bass + pattern.chords
                ]
                assert min(positions) == 0.0
                assert max(positions) < pattern.num_beats
                assert pattern.progression[0][0] == 0.0


def test_tempo_ranges_overlap():
    """No genre has a range of tempo of its own."""
    for name, genre in GENRES.items():
        low, high = genre.tempo_bpm
        others = [other.tempo_bpm for other_name, other in GENRES.items() if other_name != name]
        assert any(other_low < high and low < other_high for other_low, other_high in others)


# Rhythms, heard in the sound.


def test_house_has_a_kick_on_every_beat(dataset):
    for index in indices_of("house", 8):
        plan = dataset.plan("train", index)
        kick = dataset._kit(band.CLASSES.index("house"), plan.kit_number).shots["kick"][: SAMPLE_RATE // 20]
        likeness = np.abs(signal.correlate(dataset.clip("train", index), kick, "valid"))
        samples_per_beat = 60.0 / plan.tempo_bpm * SAMPLE_RATE
        around = int(0.015 * SAMPLE_RATE)
        on, off = [], []
        for beat in range(3):
            for heard, position in ((on, beat), (off, beat + 0.5)):
                start = int(position * samples_per_beat)
                heard.append(likeness[max(0, start - around) : start + around].max())
        assert min(on) > 1.3 * max(off)


@pytest.mark.parametrize("genre", ["house", "hip_hop", "rock"])
def test_the_backbeat_is_on_two_and_four(dataset, genre):
    assert mean_rise(dataset, genre, 1, 1000, 6000) > mean_rise(dataset, genre, 2, 1000, 6000) + 3.0


def test_reggae_chops_on_two_and_four_and_drops_on_three(dataset):
    chop = mean_rise(dataset, "reggae", 1, 300, 1500)
    assert chop > 10.0
    assert mean_rise(dataset, "reggae", 2, 1000, 6000) > mean_rise(dataset, "reggae", 1.5, 1000, 6000) + 6.0


def test_drum_and_bass_breaks_the_beat(dataset):
    """The second kick of a bar comes between the beats or is missing; never four on the floor."""
    books = patterns.song_book(band.CLASSES.index("drum_and_bass"), GENRES["drum_and_bass"].write)
    for pattern in books["train"]:
        kicks = {position for instrument, position, _, _ in pattern.drums if instrument == "kick"}
        assert 0.0 in kicks
        assert not {1.0, 2.0, 3.0} & kicks
    assert mean_rise(dataset, "drum_and_bass", 0.5, 5000, 7500) > 3.0


def test_the_waltz_counts_three_and_swings():
    clock = band.Clock(Grooves(SAMPLE_RATE, LENGTH_SAMPLES).plan("train", 3), SAMPLE_RATE)
    assert band.CLASSES[3] == "jazz_waltz"
    beat, between = clock([1.0, 1.5])
    assert 0.6 <= (between - beat) / beat <= 0.68
    for book in patterns.song_book(3, GENRES["jazz_waltz"].write).values():
        for pattern in book:
            rides = {position % 3 for instrument, position, _, _ in pattern.drums if instrument == "ride"}
            assert pattern.num_beats == 6
            assert {0.0, 1.0, 2.0} < rides


# Parts.


def test_swing_moves_every_second_note_and_nothing_else():
    positions = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    np.testing.assert_allclose(band.swung(positions, 0.5, 0.5), positions)
    np.testing.assert_allclose(band.swung(positions, 2 / 3, 0.5), [0.0, 2 / 3, 1.0, 5 / 3, 2.0])
    np.testing.assert_allclose(band.swung(np.array([0.25, 0.5]), 0.6, 0.25), [0.3, 0.5])


def test_a_note_has_the_pitch_it_was_asked_for():
    timbre = tones.Timbre(2.0, 0.5, 2000.0, 0.001, 10.0, 10.0, 0.0, 0.0)
    note = tones.chord(timbre, (69,), SAMPLE_RATE, SAMPLE_RATE, np.array([0.25]))
    assert np.argmax(np.abs(np.fft.rfft(note))) == 440


def test_a_note_does_not_alias():
    timbre = tones.Timbre(0.5, 1.0, 20000.0, 0.001, 10.0, 10.0, 0.0, 0.0)
    note = tones.chord(timbre, (93,), SAMPLE_RATE, SAMPLE_RATE, np.array([0.0]))
    spectrum = np.abs(np.fft.rfft(note * np.hanning(len(note))))
    partials = np.zeros(len(spectrum), bool)
    for number in range(1, 5):
        partials[1760 * number - 5 : 1760 * number + 6] = True
    assert spectrum[~partials].max() < 0.02 * spectrum[partials].max()


def test_slightly_detuned_notes_do_not_vanish():
    timbre = tones.Timbre(2.5, 0.5, 300.0, 0.001, 10.0, 10.0, 2.0, 0.0)
    notes = [
        tones.chord(timbre, (33,), SAMPLE_RATE, SAMPLE_RATE, np.array([turn])) for turn in (0.0, 0.3, 0.9)
    ]
    levels = [np.sqrt(np.mean(note**2)) for note in notes]
    assert min(levels) > 0.8 * max(levels)


def test_drums_start_at_once_peak_at_one_and_die_away():
    rng = np.random.default_rng(0)
    shots = [
        drums.kick(SAMPLE_RATE, rng, pitch_hz=50.0, sweep=3.0, decay_seconds=0.1, click=0.1, drive=2.0),
        drums.snare(
            SAMPLE_RATE, rng, pitch_hz=200.0, tone=0.5, decay_seconds=0.1, low_hz=800.0, high_hz=7000.0
        ),
        drums.clap(SAMPLE_RATE, rng, center_hz=1200.0, decay_seconds=0.08),
        drums.rim(SAMPLE_RATE, rng, pitch_hz=500.0, decay_seconds=0.01),
        drums.shaker(SAMPLE_RATE, rng, low_hz=5000.0, decay_seconds=0.02),
    ]
    for shot in shots:
        assert shot.dtype == np.float32
        assert np.abs(shot).max() == pytest.approx(1.0)
        assert np.argmax(np.abs(shot)) < 0.04 * SAMPLE_RATE
        assert np.abs(shot[-len(shot) // 20 :]).max() < 0.15


def test_the_equaliser_reaches_its_levels():
    plan = Grooves(SAMPLE_RATE, LENGTH_SAMPLES).plan("train", 0)
    frequencies_hz, response = signal.sosfreqz(
        band.shelf_and_bell(plan, SAMPLE_RATE), worN=[1.0, 7999.0], fs=SAMPLE_RATE
    )
    assert len(frequencies_hz) == 2
    expected_db = [plan.low_shelf_db, plan.high_shelf_db]
    np.testing.assert_allclose(20.0 * np.log10(np.abs(response)), expected_db, atol=0.05)


# Mistakes.


@pytest.mark.parametrize("option", ["num_clips", "num_test_clips"])
def test_no_clips_are_refused(option):
    with pytest.raises(ValueError, match=f"`{option}` must be at least 1. Received: {option}=0"):
        Grooves(SAMPLE_RATE, LENGTH_SAMPLES, **{option: 0})


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed=-1"):
        Grooves(SAMPLE_RATE, LENGTH_SAMPLES, seed=-1)


def test_an_unknown_split_is_refused(dataset):
    with pytest.raises(ValueError, match="train, valid, test. Received: split='dev'"):
        dataset.rows("dev")


def test_the_report_names_every_class_and_count(dataset):
    for genre in band.CLASSES:
        assert f"{genre} 10" in dataset.report()
        assert f"{genre} 5" in dataset.report()


# Difficulty.


def test_a_mean_spectrum_tells_something_of_the_genre_but_not_all():
    """A small version of scripts/measure_grooves.py, so with wider bounds than its promise."""
    dataset = Grooves(SAMPLE_RATE, LENGTH_SAMPLES, num_clips=300, num_test_clips=120)

    def spectra(split):
        mels = [
            librosa.feature.melspectrogram(y=clip, sr=SAMPLE_RATE, n_fft=1024, hop_length=512, n_mels=64)
            for clip in dataset.clips(split).as_numpy_iterator()
        ]
        return np.log(np.array(mels) + 1e-6).mean(axis=2)

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    model.fit(spectra("train"), dataset.rows("train")[:, 0])
    assert 0.45 < model.score(spectra("test"), dataset.rows("test")[:, 0]) < 0.88


@pytest.mark.slow
def test_difficulty_is_as_promised(repository):
    script = repository / "scripts" / "measure_grooves.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
