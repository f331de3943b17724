"""Rows that are on the disk at once, read back as they were, and survive a kill in the middle of a line."""

import dataclasses
import json
import math

import pytest

from gansynth_tf.evaluation.suite import rows
from gansynth_tf.evaluation.suite.rows import COLUMNS, Row, RowStore
from gansynth_tf.options import UserError

PLAIN = Row("a", 512, "model", "frechet_distance", value=0.1, seconds=2.0)
FULL = Row(
    run='b, "c"\nd',
    step=None,
    kind="floor",
    metric="accuracy/genre",
    class_name="genre=hip-hop",
    value=1 / 3,
    ci_low=-1e-9,
    ci_high=12345678.9,
    interval="bootstrap",
    num_samples=1000,
    num_reference=6000,
    splits=10,
    seed=7,
    features="classifier:features/x",
    classifier="ab",
    reference="cd",
    dataset="grooves",
    split="train",
    representation="mel_if 64x256",
    protocol="default",
    fingerprint="ef",
    status="small_reference",
    version="1.0",
    seconds=0.25,
)
EMPTY = Row("a", 0, "model", "ndb", status="too few clips")


def test_the_issue_columns_are_there_and_in_the_readable_order():
    assert COLUMNS[:8] == ("run", "step", "kind", "metric", "class_name", "value", "ci_low", "ci_high")
    for name in ("num_samples", "num_reference", "splits", "seed", "classifier", "reference", "dataset"):
        assert name in COLUMNS
    assert COLUMNS[-3:] == ("status", "version", "seconds")


@pytest.mark.parametrize("row", [PLAIN, FULL, EMPTY])
def test_a_row_comes_back_from_its_cells_as_it_was(row):
    assert Row.from_texts(row.texts()) == row


def test_a_csv_reads_back_and_keeps_empty_cells_empty(tmp_path):
    rows.write_csv(tmp_path / "x.csv", [PLAIN, FULL, EMPTY])
    assert rows.read_csv(tmp_path / "x.csv") == [PLAIN, FULL, EMPTY]
    last = (tmp_path / "x.csv").read_text().splitlines()[-1]
    assert last.startswith("a,0,model,ndb,,,,,")
    assert not list(tmp_path.glob(".*"))


def test_numbers_keep_ten_digits_so_that_rounding_noise_does_not_show():
    assert Row("a", 0, "model", "m", value=0.1 + 0.2).texts()["value"] == "0.3"
    assert Row("a", 0, "model", "m", value=12345.678901234).value == 12345.6789


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": math.nan}, "must be finite"),
        ({"ci_high": math.inf}, "must be finite"),
        ({"value": None}, "needs a status"),
        ({"kind": "real"}, "one of model, floor"),
    ],
)
def test_what_is_no_number_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(PLAIN, **changes)


def test_a_job_is_on_the_disk_when_put_returns(tmp_path):
    store = RowStore(tmp_path / "out")
    store.put("one", [PLAIN, FULL], {"confusion": [[1]]})
    again = RowStore(tmp_path / "out")
    assert "one" in again and "two" not in again
    assert again.rows() == [PLAIN, FULL] and again.shown("one") == {"confusion": [[1]]}
    with pytest.raises(ValueError, match="done already"):
        again.put("one", [EMPTY])


def test_rows_come_in_the_order_that_is_asked_for(tmp_path):
    store = RowStore(tmp_path)
    store.put("later", [FULL])
    store.put("sooner", [PLAIN])
    assert store.rows(["sooner", "never", "later"]) == [PLAIN, FULL]


def test_a_kill_in_the_middle_of_a_line_loses_that_job_only(tmp_path):
    store = RowStore(tmp_path)
    store.put("one", [PLAIN])
    whole = (tmp_path / "rows.jsonl").read_bytes()
    store.put("two", [FULL])
    cut = (tmp_path / "rows.jsonl").read_bytes()[:-7]
    (tmp_path / "rows.jsonl").write_bytes(cut)
    again = RowStore(tmp_path)
    assert "two" not in again and again.rows() == [PLAIN]
    assert (tmp_path / "rows.jsonl").read_bytes() == whole
    again.put("two", [FULL])
    assert RowStore(tmp_path).rows() == [PLAIN, FULL]


def test_a_foreign_file_is_refused_with_its_line(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"job": "x", "rows": [{"run": "a"}], "shown": {}}\n')
    with pytest.raises(UserError, match="line 1"):
        RowStore(tmp_path)
    (tmp_path / "y.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="Expected the columns"):
        rows.read_csv(tmp_path / "y.csv")


def test_json_holds_facts_and_rows_without_nan(tmp_path):
    rows.write_json(tmp_path / "x.json", [EMPTY], {"command": "x"})
    found = json.loads((tmp_path / "x.json").read_text())
    assert found["facts"] == {"command": "x"} and found["rows"][0]["value"] is None
