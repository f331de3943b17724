"""Options: what a signature says is what flags and settings hold."""

import subprocess
import sys
from typing import Literal

import pytest
from absl import flags

from gansynth_tf import options
from gansynth_tf.options import UserError


class Drums:
    """Drums.

    Args:
        sample_rate: In hertz.
        num_clips: How many clips; a long explanation that
            goes on, with a colon: here.
        swing: Share of swing.
        kits: Names of the kits.
        tempos: In beats per minute.
        style: Which style.
        loud: Whether it is loud.
        limit: Highest level, none for no limit.
    """

    how_to_run = frozenset({"loud"})

    def __init__(
        self,
        sample_rate,
        internal,
        *,
        num_clips: int = 100,
        swing: float = 0,
        kits: tuple[str, ...] = ("acoustic",),
        tempos: tuple[int, ...] = (),
        style: Literal["rock", "jazz"] = "rock",
        loud: bool = False,
        limit: float | None = None,
    ):
        if num_clips < 1:
            raise ValueError(f"`num_clips` must be positive. Received: num_clips={num_clips}.")
        self.values = (sample_rate, internal, num_clips, swing, kits, tempos, style, loud, limit)


class Bass:
    """Bass.

    Args:
        num_clips: How many.
        octave: Which.
    """

    def __init__(self, *, num_clips: int = 1, octave: int = 2):
        self.values = (num_clips, octave)


@pytest.fixture
def spec():
    return options.specification({"": Bass, "drums": Drums})


def parsed(spec, *arguments):
    flag_values = flags.FlagValues()
    options.define_flags(spec, flag_values)
    flag_values(["program", *arguments])
    return options.settings_from_flags(spec, flag_values)


def test_a_signature_and_its_docstring_become_options(spec):
    assert list(spec) == [
        "num_clips", "octave", "drums.num_clips", "drums.swing", "drums.kits", "drums.tempos", "drums.style",
        "drums.loud", "drums.limit",
    ]  # fmt: skip
    clips = spec["drums.num_clips"]
    assert (clips.type, clips.default, clips.owner) == (int, 100, "Drums")
    assert clips.help == "How many clips; a long explanation that goes on, with a colon: here."
    assert spec["drums.swing"].default == 0.0 and isinstance(spec["drums.swing"].default, float)
    assert spec["drums.style"].choices == ("rock", "jazz")
    assert spec["drums.loud"].how_to_run and not clips.how_to_run
    assert spec["drums.limit"].optional and spec["drums.limit"].type is float


def test_flags_left_alone_give_the_defaults(spec):
    settings, given = parsed(spec)
    assert settings == options.defaults(spec)
    assert given == frozenset()


def test_given_flags_are_read_with_their_types(spec):
    settings, given = parsed(
        spec, "--num_clips=3", "--drums.swing=1", "--drums.kits=a, b", "--drums.tempos=90,120", "--drums.style=jazz",
        "--drums.loud", "--drums.limit=none",
    )  # fmt: skip
    assert settings["num_clips"] == 3 and settings["drums.num_clips"] == 100
    assert settings["drums.swing"] == 1.0
    assert settings["drums.kits"] == ("a", "b")
    assert settings["drums.tempos"] == (90, 120)
    assert settings["drums.style"] == "jazz"
    assert settings["drums.loud"] is True
    assert settings["drums.limit"] is None
    assert given == {name for name in spec} - {"octave", "drums.num_clips"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("num_clips", "many", "--num_clips takes a whole number. Received: 'many'."),
        ("num_clips", "1e3", "whole number"),
        ("drums.swing", "nan", "--drums.swing takes a number"),
        ("drums.tempos", "90,x", "a comma-separated list, each a whole number"),
        ("drums.style", "jaz", "one of rock, jazz. Received: 'jaz'. Did you mean jazz?"),
        ("drums.loud", "maybe", "true or false"),
        ("drums.limit", "high", "a number, or none"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(spec, name, text, message):
    with pytest.raises(UserError) as caught:
        spec[name].parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [None, -1.5, 1e-30, 0.1 + 0.2])
def test_format_and_parse_are_inverse(spec, value):
    assert spec["drums.limit"].parse(spec["drums.limit"].format(value)) == value


def test_build_gives_each_part_its_own_options():
    settings = {"num_clips": 5, "drums.num_clips": 7, "drums.kits": ("x",)}
    drums = options.build(Drums, 16000, "code", settings=settings, prefix="drums")
    assert drums.values == (16000, "code", 7, 0, ("x",), (), "rock", False, None)
    assert options.build(Bass, settings=settings).values == (5, 2)


def test_a_part_that_refuses_its_options_is_a_mistake_of_the_user():
    with pytest.raises(UserError, match=r"drums: `num_clips` must be positive. Received: num_clips=0"):
        options.build(Drums, 16000, "code", settings={"drums.num_clips": 0}, prefix="drums")


def test_differences_tell_identity_from_how_to_run(spec):
    saved = options.defaults(spec) | {"octave": 1}
    new = options.defaults(spec) | {"octave": 3, "drums.loud": True}
    identity, how_to_run = options.differences(saved, new, spec)
    assert identity == {"octave": (1, 3)}
    assert how_to_run == {"drums.loud": (False, True)}


def test_an_option_that_the_saved_settings_lack_counts_with_its_default(spec):
    assert options.differences({}, options.defaults(spec), spec) == ({}, {})


def test_an_option_of_a_part_that_is_not_chosen_is_refused():
    catalogues = {"dataset": ("drums", "bass")}
    options.refuse_unchosen(["drums.swing", "seed"], {"dataset": ("drums", "piano")}, catalogues)
    with pytest.raises(
        UserError, match="--drums.swing is an option of --dataset=drums, but --dataset=bass is chosen"
    ):
        options.refuse_unchosen(["drums.swing"], {"dataset": ("bass",)}, catalogues)


def test_an_unknown_option_is_answered_with_the_nearest(spec):
    assert "Did you mean --octave?" in str(options.unknown_option("octav", spec))
    assert "Did you mean --drums.swing?" in str(options.unknown_option("swing", spec))
    assert "--help lists them all" in str(options.unknown_option("zzz", spec))


def test_an_option_without_help_or_default_is_a_mistake_in_the_code():
    def undocumented(*, size: int = 1):
        """Does.

        Args:
            other: No.
        """

    def without_default(*, size: int):
        """Does.

        Args:
            size: Yes.
        """

    def without_annotation(*, size=1):
        """Does.

        Args:
            size: Yes.
        """

    for part in (undocumented, without_default, without_annotation):
        with pytest.raises(TypeError, match="needs an annotation, a default and a line under `Args:`"):
            options.options_of(part)


def test_one_name_cannot_belong_to_two_parts():
    with pytest.raises(TypeError, match="--num_clips belongs to both Bass and Drums"):
        options.specification({"": (Bass, Drums)})


def test_importing_options_does_not_import_tensorflow():
    code = "import sys, gansynth_tf.options, gansynth_tf.flagfiles; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
