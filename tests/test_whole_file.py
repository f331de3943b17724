"""Files that are there completely or not at all."""

import pytest

from gansynth_tf.whole_file import whole_file


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_text_are_what_was_written(tmp_path):
    with whole_file(tmp_path / "bytes") as file:
        file.write(b"\x00\r\n\xff")
    with whole_file(tmp_path / "text", text=True) as file:
        file.write("Größe\nλ\r\n")
    assert (tmp_path / "bytes").read_bytes() == b"\x00\r\n\xff"
    assert (tmp_path / "text").read_bytes() == "Größe\nλ\r\n".encode()
    assert names(tmp_path) == ["bytes", "text"]


def test_it_appears_under_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("old")
    with whole_file(str(path), text=True) as file:
        file.write("new, and longer")
        file.flush()
        assert path.read_text() == "old" and names(tmp_path) == [".run.json.part", "run.json"]
    assert path.read_text() == "new, and longer" and names(tmp_path) == ["run.json"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with pytest.raises(error), whole_file(path) as file:
        file.write(b"half")
        raise error
    assert path.read_text() == "old" and names(tmp_path) == ["scores.csv"]


def test_it_is_forced_to_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    there = []
    monkeypatch.setattr("os.fsync", lambda _: there.append((path.exists(), names(tmp_path))))
    with whole_file(path, part=tmp_path / "weights.npz.partial") as file:
        file.write(b"all")
    assert there == [(False, ["weights.npz.partial"])]
    assert path.read_bytes() == b"all"


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"), whole_file(tmp_path / "nowhere" / "file"):
        pass
