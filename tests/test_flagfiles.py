"""Flagfiles: strict in, the same out."""

from typing import Literal

import pytest

from gansynth_tf import flagfiles, options
from gansynth_tf.options import UserError


def band(
    *,
    size: int = 4,
    level: float = 0.5,
    name: str = "",
    genres: tuple[str, ...] = (),
    style: Literal["rock", "jazz"] = "rock",
    loud: bool = False,
    limit: float | None = None,
):
    """Stands for a part.

    Args:
        size: Players.
        level: Level.
        name: Name.
        genres: Genres.
        style: Style.
        loud: Loud.
        limit: Limit.
    """


@pytest.fixture
def spec():
    return options.specification({"band": band})


def read(tmp_path, spec, text):
    path = tmp_path / "some.cfg"
    path.write_text(text)
    return flagfiles.read_flagfile(path, spec)


def test_comments_and_empty_lines_are_skipped_and_only_what_is_given_comes_back(tmp_path, spec):
    settings = read(tmp_path, spec, "# what\n\n--band.size=7\n  --band.genres=a,b\n--band.loud\n")
    assert settings == {"band.size": 7, "band.genres": ("a", "b"), "band.loud": True}
    assert read(tmp_path, spec, "--noband.loud\n") == {"band.loud": False}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--band.size=7  # seven", "a comment needs a line of its own"),
        ("band.size=7", "expected --name=value"),
        ("-band.size=7", "expected --name=value"),
        ("--band.size 7", "expected --name=value"),
        ("stray", "expected --name=value"),
        ("--band.siez=7", "There is no option --band.siez. Did you mean --band.size?"),
        ("--size=7", "Did you mean --band.size?"),
        ('--band.name="big"', "quotes would become part of the value. Write --band.name=big"),
        ("--band.size=big", "--band.size takes a whole number. Received: 'big'"),
        ("--band.size", "--band.size needs a value"),
        ("--band.loud\n--band.loud=false", "given a second time"),
        ("--flagfile=other.cfg", "cannot include another one"),
    ],
)
def test_a_wrong_line_is_named_with_its_file_and_number(tmp_path, spec, line, message):
    with pytest.raises(UserError) as caught:
        read(tmp_path, spec, "# first line\n" + line + "\n")
    number = 2 + line.count("\n")
    assert f"some.cfg:{number}: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path, spec):
    with pytest.raises(UserError, match="none.cfg cannot be read: No such file"):
        flagfiles.read_flagfile(tmp_path / "none.cfg", spec)
    (tmp_path / "sound.wav").write_bytes(b"\xff\xfe\x00\xb1")
    with pytest.raises(UserError, match="sound.wav is not a text file"):
        flagfiles.read_flagfile(tmp_path / "sound.wav", spec)


def test_what_is_written_reads_back_the_same(tmp_path, spec):
    settings = {
        "band.size": -3, "band.level": 1e-7, "band.name": "a b=c", "band.genres": ("drum and bass", "hip-hop"),
        "band.style": "jazz", "band.loud": True, "band.limit": None,
    }  # fmt: skip
    path = tmp_path / "out.cfg"
    flagfiles.write_flagfile(path, settings, spec, header=["one", "two"])
    assert flagfiles.read_flagfile(path, spec) == settings
    assert path.read_text().startswith("# one\n# two\n--band.size=-3\n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.cfg"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("band.name", "a # b"),
        ("band.name", "a "),
        ("band.name", "two\nlines"),
        ("band.name", '"quoted"'),
        ("band.genres", ("a,b",)),
        ("band.genres", ("",)),
    ],
)
def test_what_would_not_read_back_is_refused_and_the_old_file_stays(tmp_path, spec, name, value):
    path = tmp_path / "out.cfg"
    path.write_text("# old\n")
    with pytest.raises(UserError, match="cannot be written in a flagfile"):
        flagfiles.write_flagfile(path, {name: value}, spec)
    assert path.read_text() == "# old\n"


def test_the_table_of_differences_shows_both_values(spec):
    text = flagfiles.table({"band.size": (4, 5), "band.genres": ((), ("a", "b"))}, spec)
    assert text.splitlines() == [
        "  option         saved  now",
        "  --band.size    4      5",
        "  --band.genres         a,b",
    ]
