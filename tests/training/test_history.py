import csv

import pytest

from gansynth_tf.training.observers.history import FIRST_COLUMNS, History


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def log(history, *counts):
    for count in counts:
        history.on_log(count, {"stage": 1.0, "generator_loss": count / 3})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.csv"


def test_columns_stand_in_a_fixed_order_and_cells_hold_six_digits(path):
    history = History(path)
    history.on_log(64, {"generator_loss": 1 / 3, "images_per_second": 1234567.0, "stage": 0.0})
    head, line = path.read_text().splitlines()
    assert head == "num_images,seconds,stage,progress,images_per_second,generator_loss"
    cells = line.split(",")
    assert cells[0] == "64" and cells[2:] == ["0", "", "1.23457e+06", "0.333333"]


def test_a_line_is_readable_at_once_without_closing(path):
    history = History(path)
    log(history, 64)
    assert [row["num_images"] for row in read(path)] == ["64"]


def test_new_columns_are_added_at_the_end_of_all_lines(path):
    history = History(path)
    log(history, 64)
    history.on_log(64, {"diversity": 0.5})
    log(history, 128)
    rows = read(path)
    assert list(rows[0])[-2:] == ["generator_loss", "diversity"]
    assert [row["diversity"] for row in rows] == ["", "0.5", ""]
    assert [row["generator_loss"] for row in rows] == ["21.3333", "", "42.6667"]


def test_the_history_is_cut_back_to_the_save(path):
    history = History(path)
    log(history, 64, 128, 192, 256)
    history.close()
    again = History(path)
    again.on_resume(128)
    log(again, 200)
    again.close()
    assert [row["num_images"] for row in read(path)] == ["64", "128", "200"]
    assert not list(path.parent.glob("*.partial"))


def test_a_start_from_nothing_leaves_only_the_head(path):
    log(History(path), 64)
    again = History(path)
    again.on_resume(0)
    assert path.read_text().splitlines() == [",".join([*FIRST_COLUMNS, "generator_loss"])]


def test_a_torn_last_line_is_left_out(path):
    log(History(path), 64, 128)
    with open(path, "a", encoding="utf-8") as file:
        file.write("19")
    again = History(path)
    again.on_resume(1000)
    log(again, 1064)
    assert [row["num_images"] for row in read(path)] == ["64", "128", "1064"]


def test_a_file_torn_in_its_head_is_begun_anew(path):
    path.write_text("num_images,sec")
    history = History(path)
    history.on_resume(0)
    log(history, 64)
    assert [row["num_images"] for row in read(path)] == ["64"]


def test_the_clock_goes_on_over_starts(path):
    path.write_text("num_images,seconds,stage,progress,images_per_second\n64,1000.0,,,\n128,2000.0,,,\n")
    history = History(path)
    history.on_resume(64)
    log(history, 128)
    assert 1000 <= float(read(path)[-1]["seconds"]) < 2000


def test_a_foreign_file_is_refused(path):
    path.write_text("title,artist\nx,y\n")
    with pytest.raises(ValueError, match="is no history of a run.*title,artist"):
        History(path)
    assert path.read_text() == "title,artist\nx,y\n"


def test_resuming_without_a_file_is_no_error(path):
    History(path).on_resume(0)
    assert not path.exists()
