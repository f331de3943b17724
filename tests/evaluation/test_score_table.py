import csv

import pytest

from gansynth_tf.evaluation import score_pictures, score_table
from gansynth_tf.evaluation.score_table import MUST_FAIL, REFERENCE, RUN, ScoreTable
from gansynth_tf.options import UserError

IDENTITY = {"num_samples": 100, "seed": 0, "classifier": "abc", "data": "def", "scores_version": 1}
NUMBERS = {"accuracy/pitch": 0.62949, "accuracy/pitch_low": 0.599, "accuracy/pitch_high": 0.658} | {
    f"{name}{end}": value
    for name in score_table.RATIOS
    for end, value in (("", 1.0400000004), ("_low", 0.9), ("_high", 1.18))
}


def table(path, **changes):
    return ScoreTable(path, ("pitch",), IDENTITY | changes)


def read(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_row_is_on_the_disk_at_once_runs_first(tmp_path):
    path = tmp_path / "x.csv"
    scores = table(path)
    scores.put("noise", MUST_FAIL, ["all the same", "far"], NUMBERS)
    assert [row["name"] for row in read(path)] == ["noise"]
    scores.put("real", REFERENCE, [], NUMBERS)
    scores.put("b", RUN, [], NUMBERS | {"num_images": 64})
    scores.put("a", RUN, [], NUMBERS)
    rows = read(path)
    assert [row["name"] for row in rows] == ["b", "a", "real", "noise"]
    assert rows[0]["num_images"] == "64" and rows[0]["accuracy/pitch"] == "0.62949"
    assert rows[0]["within"] == "1.04" and rows[3]["remarks"] == "all the same; far"
    assert rows[1]["num_images"] == "" and rows[1]["classifier"] == "abc"
    assert not list(tmp_path.glob("*.part")) and not list(tmp_path.glob(".*"))


def test_a_table_is_gone_on_with_and_a_newer_save_takes_the_place_of_the_older(tmp_path):
    path = tmp_path / "x.csv"
    for name in ("a", "b"):
        table(path).put(name, RUN, [], NUMBERS | {"num_images": 64})
    again = table(path)
    assert again.known("a", 64) and not again.known("a", 128) and not again.known("c", 64)
    again.put("a", RUN, [], NUMBERS | {"num_images": 128})
    assert [(row["name"], row["num_images"]) for row in read(path)] == [("a", "128"), ("b", "64")]


def test_what_is_not_finite_stays_empty(tmp_path):
    scores = table(tmp_path / "x.csv")
    scores.put("a", RUN, ["2 of 3 clips are not finite"], {"within": float("nan")})
    (row,) = read(tmp_path / "x.csv")
    assert row["within"] == row["density"] == "" and row["remarks"] == "2 of 3 clips are not finite"


@pytest.mark.parametrize("change", [{"seed": 1}, {"classifier": "other"}, {"data": "x"}, {"num_samples": 10}])
def test_scores_that_were_measured_otherwise_are_not_mixed(tmp_path, change):
    table(tmp_path / "x.csv").put("a", RUN, [], NUMBERS)
    with pytest.raises(UserError, match=f"{next(iter(change))}=.*Name another file"):
        table(tmp_path / "x.csv", **change)


def test_another_file_is_not_overwritten(tmp_path):
    (tmp_path / "x.csv").write_text("path,genre\na.wav,jazz\n")
    with pytest.raises(UserError, match="no table of scores"):
        table(tmp_path / "x.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        table(tmp_path / "x.csv")


def test_people_read_numbers_with_their_intervals(tmp_path):
    scores = table(tmp_path / "x.csv")
    facts = {"num_images": 72000, "generator_parameters": 458922, "seconds_trained": 1530.0}
    scores.put("mel", RUN, ["few"], NUMBERS | facts)
    scores.put("real", REFERENCE, [], NUMBERS)
    head, rule, first, second = score_table.markdown(scores.rows, ("pitch",)).splitlines()
    assert head.count("|") == rule.count("|") == first.count("|") == second.count("|")
    assert first == (
        "| mel | 72,000 | 458,922 | 26 | 0.629 (0.599-0.658) | 1.04 (0.90-1.18) | 1.04 (0.90-1.18) "
        "| 1.04 (0.90-1.18) | 1.04 (0.90-1.18) | few |"
    )
    assert second.startswith("| real |  |  |  | 0.629")


def test_bars_show_rows_without_numbers_too(tmp_path):
    scores = table(tmp_path / "x.csv")
    scores.put("a", RUN, [], NUMBERS | {"nearest": 9.0, "nearest_low": 8.0, "nearest_high": 10.0})
    scores.put("broken", RUN, ["not finite"], {})
    for name in ("x.png", "y.png"):
        score_pictures.save_bars(tmp_path / name, scores.rows, ("pitch",))
    assert (tmp_path / "x.png").stat().st_size > 5000
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()
    assert not score_pictures.save_sheet(tmp_path / "sheet.png", [("a", tmp_path / "none")], 8000)
