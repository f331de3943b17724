"""Every kind of finding: planted among ordinary clips it is found there and nowhere else."""

import numpy as np
import pytest
import soundfile

from gansynth_tf.data.examination import findings
from gansynth_tf.data.examination.examination import examine
from gansynth_tf.data.examination.findings import KINDS, left_out_findings
from tests.data.examination.planted import (
    LENGTH,
    RATE,
    SECONDS,
    Planted,
    noise,
    ordinary,
    ordinary_set,
    without_highs,
)

COUNT = 12


def found(dataset, labels=None):
    """[(kind, name of the clip, split)] of an examination."""
    return [(finding.kind, finding.clip, finding.split) for finding in examine(dataset, labels).findings]


def planted(audio, dataset=None, **options):
    """What is found when one clip is added to ordinary ones."""
    return found((dataset or ordinary_set(COUNT)).add(audio, name="planted.wav", **options))


def eight_bits(audio):
    return np.round(audio * 128) / 128


def bright(audio):
    return audio + 0.02 * noise(7)


POSITIVES = {
    "silent": (0.0005 * ordinary(50), {}),
    "clipped": (np.clip(4 * ordinary(50), -0.5, 0.5), {}),
    "few_bits": (eight_bits(ordinary(50)), {}),
    "dc_offset": (ordinary(50) + 0.05, {}),
    "level_outlier": (0.02 * ordinary(50), {}),
    "noise_only": (noise(50), {}),
    "suspicious_rate": (without_highs(bright(ordinary(50)), 4000), {"sample_rate": 44100}),
    "low_rate": (without_highs(bright(ordinary(50)), 4000), {"sample_rate": 8000}),
    "short": (np.where(SECONDS < 0.4, ordinary(50), 0), {"seconds": 0.4}),
    "barely_used": (ordinary(50), {"seconds": 3600.0}),
    "not_finite": (np.where(SECONDS == 0.5, np.nan, ordinary(50)), {}),
    "duplicate": (ordinary(3), {}),
    "near_duplicate": (-0.5 * ordinary(3), {}),
}
NEGATIVES = {
    "quiet": 0.2 * ordinary(50),
    "loud": 2.4 * ordinary(50),
    "16 bits": np.round(ordinary(50) * 32768) / 32768,
    "slightly off centre": ordinary(50) + 0.004,
    "a burst of noise": noise(50) * np.exp(-9 * SECONDS),
    "noisy note": ordinary(50) + 0.05 * noise(50),
    "dark": np.convolve(ordinary(50), np.hanning(16) / 7.5, "same"),
    "other velocity": 0.5 * ordinary(3, f0_hz=300.0) + 0.1 * ordinary(4, f0_hz=300.0),
}


def test_nothing_is_found_in_ordinary_clips():
    assert found(ordinary_set(30)) == []


@pytest.mark.parametrize("kind", POSITIVES)
def test_what_is_planted_is_found_and_nothing_else(kind):
    audio, options = POSITIVES[kind]
    name = "3.wav" if "duplicate" in kind else "planted.wav"
    assert planted(audio, **options) == [(kind, name, "train")]


@pytest.mark.parametrize("what", NEGATIVES)
def test_what_is_merely_unusual_is_not_found(what):
    assert planted(NEGATIVES[what]) == []


@pytest.mark.parametrize(
    "options",
    [{"seconds": 0.6}, {"seconds": 1.9}, {"sample_rate": 44100}, {"encoding": "FLAC PCM_16"}],
    ids=["short by less than half", "nearly all used", "higher rate", "other container"],
)
def test_ordinary_sources_are_not_found(options):
    assert planted(ordinary(50), **options) == []


def test_a_wall_at_the_end_of_an_honest_rate_is_only_a_note():
    audio = without_highs(bright(ordinary(50)), 4000)
    assert planted(audio, sample_rate=8000) == [("low_rate", "planted.wav", "train")]
    assert KINDS["low_rate"].weight == "note" and KINDS["suspicious_rate"].weight == "warning"


def test_an_honest_low_rate_has_no_wall_of_its_own():
    audio = without_highs(bright(ordinary(50)), 4000)
    assert examine(Planted().add(audio, sample_rate=8000)).clips[0].measures.edge_hz == 0
    assert examine(Planted().add(audio)).clips[0].measures.edge_hz > 0


def test_an_end_near_half_the_rate_of_training_is_usual_whatever_the_rate_of_the_file():
    assert planted(without_highs(bright(ordinary(50)), 7000), sample_rate=44100) == []


def test_few_bits_are_no_surprise_where_the_coding_promises_no_more():
    assert planted(eight_bits(ordinary(50)), encoding="WAV PCM_U8") == []


@pytest.mark.parametrize(("audio", "kind"), [(ordinary(3), "leak"), (0.5 * ordinary(3), "near_leak")])
def test_the_same_sound_in_two_splits_is_a_leak(audio, kind):
    dataset = ordinary_set(COUNT).add(audio, split="test", name="planted.wav")
    (finding,) = examine(dataset).findings
    assert (finding.kind, finding.clip, finding.split) == (kind, "3.wav", "train")
    assert "planted.wav (test)" in finding.value
    assert "train and test" in finding.training


def test_parts_of_one_file_in_two_splits_are_a_leak():
    dataset = ordinary_set(COUNT)
    options = {"name": "long.wav", "seconds": 2.0, "group": "hash"}
    dataset.add(ordinary(60), **options).add(ordinary(61), split="valid", start_seconds=1.0, **options)
    (finding,) = examine(dataset).findings
    assert finding.kind == "leak" and "long.wav at 1.00 s (valid)" in finding.value
    dataset = ordinary_set(COUNT)
    dataset.add(ordinary(60), **options).add(ordinary(61), start_seconds=1.0, **options)
    assert found(dataset) == []


def test_repetitions_in_one_split_do_not_hide_a_leak():
    dataset = ordinary_set(COUNT)
    options = {"name": "long.wav", "seconds": 3.0, "group": "hash"}
    dataset.add(ordinary(60), **options).add(ordinary(60), start_seconds=1.0, **options)
    dataset.add(ordinary(61), split="test", start_seconds=2.0, **options)
    assert [kind for kind, _, _ in found(dataset)] == ["leak", "duplicate"]
    dataset = ordinary_set(COUNT).add(ordinary(3))
    dataset.add(0.5 * ordinary(3), split="test").add(0.5 * ordinary(3), split="test")
    assert [kind for kind, _, _ in found(dataset)] == ["near_leak", "duplicate", "duplicate"]


def test_a_leak_is_told_once():
    dataset = ordinary_set(COUNT)
    for split in ("train", "test"):
        dataset.add(ordinary(60), split=split, group="hash")
    assert [kind for kind, _, _ in found(dataset)] == ["leak"]


def test_many_copies_are_one_finding_that_tells_their_number():
    dataset = ordinary_set(COUNT)
    for _ in range(4):
        dataset.add(ordinary(3))
    dataset.add(0.5 * ordinary(3))
    (same, changed) = examine(dataset).findings
    assert (same.kind, same.clip) == ("duplicate", "3.wav") and "counts 5 times" in same.training
    assert (changed.kind, changed.clip) == (
        "near_duplicate",
        "3.wav",
    ) and "counts 6 times" in changed.training


def test_silent_clips_are_no_duplicates_of_each_other():
    silence = np.zeros(LENGTH)
    assert [kind for kind, _, _ in planted(silence, ordinary_set(COUNT).add(silence))] == ["silent"] * 2


def test_a_clip_that_fails_when_it_is_read_is_named_and_the_rest_is_read():
    dataset = ordinary_set(40, broken={5, 33})
    dataset.add(noise(1), name="planted.wav")
    examination = examine(dataset)
    assert len(examination.clips) == 41
    unreadable = [finding for finding in examination.findings if finding.kind == "unreadable"]
    assert [(one.clip, one.training) for one in unreadable] == [
        ("5.wav", "stops when it comes to this clip"),
        ("33.wav", "stops when it comes to this clip"),
    ]
    assert "is cut off: 1 sample of 2" in unreadable[0].value
    assert [one.clip for one in examination.findings if one.kind == "noise_only"] == ["planted.wav"]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("is empty (0 bytes)", "unreadable"),
        ("cannot be decoded: File does not exist or is not a regular file", "unreadable"),
        ("is FLAC inside, but its name says .wav", "wrong_header"),
        ("its header tells an impossible sample rate of 1 Hz", "wrong_header"),
        ("is silent where its clips would be", "silent"),
        ("is shorter than 0.1 s", "short"),
        ("is the same file as a.wav", "duplicate"),
        ("does not exist, but labels.csv names it", "missing"),
    ],
)
def test_what_is_left_out_is_of_the_kind_that_its_reason_tells(reason, kind):
    (finding,) = left_out_findings({"x.wav": reason})
    assert (finding.kind, finding.clip, finding.value, finding.training) == (
        kind,
        "x.wav",
        reason,
        "left out",
    )


def written(folder, audio, **options):
    """A file, and what a source tells of it."""
    path = folder / "recording.wav"
    soundfile.write(path, audio, options.pop("rate", RATE), **options)
    info = soundfile.info(path)
    return {
        "path": str(path),
        "encoding": f"{info.format} {info.subtype}",
        "sample_rate": info.samplerate,
        "num_channels": info.channels,
    }


def test_a_float_file_beyond_full_scale_is_made_quieter(tmp_path):
    source = written(tmp_path, 8.0 * ordinary(50), subtype="FLOAT")
    (finding,) = examine(ordinary_set(COUNT).add(2.4 * ordinary(50), **source)).findings
    assert finding.kind == "over_full_scale" and finding.value == f"peak {8 * np.abs(ordinary(50)).max():.4g}"
    source = written(tmp_path, ordinary(50), subtype="FLOAT")
    assert planted(ordinary(50), **source) == []


def test_a_rail_that_resampling_and_mixing_hide_is_found_in_the_file(tmp_path):
    high_rate = np.interp(np.arange(44100) / 44100, SECONDS, ordinary(50))
    stereo = np.stack([np.clip(4 * high_rate, -0.5, 0.5), high_rate], axis=1)
    source = written(tmp_path, stereo, rate=44100)
    assert planted(ordinary(50), **source) == [("clipped", "planted.wav", "train")]
    source = written(tmp_path, np.stack([high_rate, high_rate], axis=1), rate=44100)
    assert planted(ordinary(50), **source) == []


def test_the_part_of_a_file_that_the_clip_is_cut_from_tells(tmp_path):
    source = written(
        tmp_path, np.concatenate([np.clip(4 * ordinary(50), -0.5, 0.5), ordinary(51)]), subtype="FLOAT"
    )
    options = source | {"seconds": 2.0}
    assert planted(ordinary(50), **options) == [("clipped", "planted.wav", "train")]
    assert planted(ordinary(51), **options, start_seconds=1.0) == []


def test_a_file_that_went_away_is_measured_as_far_as_its_clip():
    source = {"path": "nowhere.wav", "sample_rate": 44100}
    assert planted(ordinary(50), **source) == []


def test_stereo_clips_are_examined():
    dataset = Planted(num_channels=2)
    for number in range(COUNT):
        dataset.add(np.stack([ordinary(number), 0.5 * ordinary(number)], axis=1), num_channels=2)
    dataset.add(np.stack([ordinary(50), np.clip(4 * ordinary(50), -0.5, 0.5)], axis=1), num_channels=2)
    dataset.add(-0.4 * np.stack([ordinary(3), 0.5 * ordinary(3)], axis=1), num_channels=2)
    assert found(dataset) == [("near_duplicate", "3.wav", "train"), ("clipped", "12.wav", "train")]


def test_findings_come_by_kind_the_worst_first():
    dataset = ordinary_set(COUNT)
    for offset in (0.05, 0.2, 0.1):
        dataset.add(ordinary(50 + int(100 * offset)) + offset)
    dataset.add(0.0005 * ordinary(99))
    assert found(dataset) == [
        ("silent", "15.wav", "train"),
        *(("dc_offset", name, "train") for name in ("13.wav", "14.wav", "12.wav")),
    ]


def test_kinds_have_known_weights_and_short_titles():
    assert {kind.weight for kind in KINDS.values()} == {"refusal", "warning", "note"}
    assert all(len(kind.title) <= 32 for kind in KINDS.values())
    counted = findings.counts_by_kind(examine(ordinary_set(COUNT).add(ordinary(3)).add(ordinary(3))).findings)
    assert counted == {"duplicate": 1}
