"""The page and the tables of sets of every shape."""

import csv
import warnings

import numpy as np
import pytest
from matplotlib.image import imread

from gansynth_tf.data.examination import page, panels, tables
from gansynth_tf.data.examination.examination import examine
from gansynth_tf.data.folder_listing import shown
from gansynth_tf.data.labels import Labels
from tests.data.examination.planted import LENGTH, Planted, noise, ordinary, ordinary_set

ODD_NAMES = (
    "new\nline.wav",
    "mu\u0308sik 🎹 鋼琴.wav",
    "not-utf8-\udcff.wav",
    "$x_1$ $.wav",
    "x" * 250 + ".wav",
    "--a,b;'\".wav",
)


def many_classes():
    dataset = ordinary_set(90, {"pitch": tuple(map(str, range(21, 109)))})
    return dataset, Labels(dataset)


def long_names():
    names = tuple(f"{'a very long name of a class ' * 3}{i} $%{{}}" for i in range(20))
    dataset = ordinary_set(40, {"genre": names, "mood of the recording": names[:3]})
    return dataset, Labels(dataset, ("genre", "mood of the recording"))


def without_labels():
    return ordinary_set(10), None


def with_odd_names():
    dataset = ordinary_set(
        5, {"genre": ("a", "b")}, left_out={name: "is empty (0 bytes)" for name in ODD_NAMES}
    )
    for number, name in enumerate(ODD_NAMES):
        dataset.add(ordinary(50 + number) + 0.1, name=name, classes=(number % 2,))
    return dataset, Labels(dataset)


def nothing_but_trouble():
    dataset = Planted({"genre": ("a",)}, broken={0})
    for audio in (
        ordinary(0),
        np.full(LENGTH, np.nan),
        np.zeros(LENGTH),
        np.clip(5 * ordinary(1), -0.5, 0.5),
        noise(2),
    ):
        dataset.add(audio, seconds=10800.0, sample_rate=8000)
    return dataset.add(ordinary(9), split="test").add(ordinary(9), split="valid"), None


def one_clip():
    return Planted().add(ordinary()), None


def silence_only():
    return Planted().add(np.zeros(LENGTH)).add(np.zeros(LENGTH)), None


SETS = [many_classes, long_names, without_labels, with_odd_names, nothing_but_trouble, one_clip, silence_only]


@pytest.mark.parametrize("make", SETS)
def test_a_page_is_drawn_of_any_set(make, tmp_path):
    dataset, labels = make()
    examination = examine(dataset, labels)
    with warnings.catch_warnings():
        # matplotlib warns of characters that it cannot draw, and of axes without extent.
        warnings.simplefilter("error")
        page.write_page(tmp_path / "page.png", examination, "a\nset", ["a reason"] * 6 if not labels else ())
    pixels = imread(tmp_path / "page.png")
    assert pixels.shape[1] == 1500 and 600 < pixels.shape[0] < 3000
    assert [path.name for path in tmp_path.iterdir()] == ["page.png"]
    # Nothing is drawn over the margins.
    for margin in (pixels[:8], pixels[-8:], pixels[:, -8:], pixels[:, :8]):
        assert margin[..., :3].min() == 1.0


def test_the_same_examination_gives_the_same_page(tmp_path):
    examination = examine(ordinary_set(4))
    for name in ("a.png", "b.png"):
        page.write_page(tmp_path / name, examination, "set")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_text_of_the_page_is_one_line_of_known_characters():
    assert panels.plain("a\nb") == r"a\nb"
    assert panels.plain("b 鋼 $x$") == r"b □ \$x\$"


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_of_clips_has_one_line_a_clip(tmp_path):
    dataset = ordinary_set(5, {"genre": ("a", "b"), "mood": ("c",)}).add(
        ordinary(3) + 0.1, classes=(-1, 0), split="test", start_seconds=1.5, seconds=4.0, name="late.wav"
    )
    dataset.add(ordinary(2), classes=(1, 0), split="valid", name="copy.wav")
    tables.write_clips(tmp_path / "clips.csv", examine(dataset, Labels(dataset, None)))
    lines = read(tmp_path / "clips.csv")
    assert [line["clip"] for line in lines] == [
        *(f"{i}.wav" for i in range(5)),
        "copy.wav",
        "late.wav at 1.50 s",
    ]
    assert [line["split"] for line in lines] == ["train"] * 5 + ["valid", "test"]
    assert [line["use"] for line in lines] == ["trained on"] * 5 + ["held out"] * 2
    assert [line["label genre"] for line in lines] == ["a", "b", "a", "b", "a", "b", ""]
    assert lines[2]["same_as"] == lines[5]["same_as"] == "0" and lines[0]["same_as"] == ""
    assert "dc_offset" in lines[6]["findings"] and lines[0]["findings"] == ""
    assert lines[2]["findings"] == "leak"
    assert float(lines[6]["mean"]) == pytest.approx(0.1, abs=0.01)
    assert float(lines[0]["peak_db"]) == pytest.approx(20 * np.log10(np.abs(ordinary(0)).max()), abs=0.01)


def test_clips_that_the_labels_drop_are_marked(tmp_path):
    dataset = ordinary_set(9, {"genre": ("a", "b", "c")})
    labels = Labels(dataset, (), ("genre:c=",))
    tables.write_clips(tmp_path / "clips.csv", examine(dataset, labels))
    uses = [line["use"] for line in read(tmp_path / "clips.csv")]
    assert uses == ["trained on", "trained on", "dropped by the labels"] * 3


def test_a_clip_that_could_not_be_read_has_a_line(tmp_path):
    examination = examine(ordinary_set(3, broken={1}))
    tables.write_clips(tmp_path / "clips.csv", examination)
    lines = read(tmp_path / "clips.csv")
    assert [line["findings"] for line in lines] == ["", "unreadable", ""]
    assert lines[1]["peak_db"] == "" and lines[1]["content"] == ""


def test_the_table_of_findings_names_every_file_whatever_its_name(tmp_path):
    examination = examine(*with_odd_names())
    tables.write_findings(tmp_path / "findings.csv", examination, ["two\nlines"], {})
    lines = read(tmp_path / "findings.csv")
    assert (lines[0]["kind"], lines[0]["value"]) == ("refusal", r"two\nlines")
    left_out = {line["clip"] for line in lines if line["training"] == "left out"}
    assert left_out == {shown(name) for name in ODD_NAMES}
    assert len((tmp_path / "findings.csv").read_text(encoding="utf-8").splitlines()) == len(lines) + 1


def test_the_summary_counts_and_names():
    dataset = ordinary_set(8, {"genre": ("a", "b")}).add(
        ordinary(60) + 0.1, name="new\nline.wav", classes=(0,)
    )
    text = tables.summary(examine(dataset, Labels(dataset)))
    assert "train: 9 clips of 1 s, 9 s of sound" in text
    assert "label genre, 2 classes (train): a 5, b 4" in text
    assert r"1  not centred on zero" in text and r"new\nline.wav" in text
    assert "Nothing odd was found." in tables.summary(examine(ordinary_set(3)))


def test_many_findings_of_a_kind_are_one_line():
    dataset = ordinary_set(3)
    for number in range(10):
        dataset.add(ordinary(50 + number) + 0.1)
    (row,) = tables.finding_rows(examine(dataset))
    assert row[0] == "10" and row[3].endswith("and 7 more") and row[3].count(".wav") == 3


def test_long_names_keep_both_ends():
    assert tables.shortened("a" * 40 + "b" * 40, 21) == "a" * 8 + "…" + "b" * 12
    assert tables.shortened("short", 21) == "short"
