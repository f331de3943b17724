"""Options: a constructor's keyword-only arguments, as command-line flags.

A part documents each of its options once, where it is used: the default and the type stand in the signature, the
help text in the docstring's `Args:`. Everything here is derived from those. `settings` is always a flat dict from
the full flag name (`grooves.num_clips`) to its value.
"""

import dataclasses
import difflib
import inspect
import math
import re
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from absl import flags

Settings = dict[str, Any]
Specification = dict[str, "Option"]
Changes = dict[str, tuple[Any, Any]]  # full name: (saved value, new value)

_TRUE = ("true", "t", "1", "yes")
_FALSE = ("false", "f", "0", "no")
_NOTHING = "none"


class UserError(ValueError):
    """A mistake of the user: one clear line of what was expected, what came and what to do.

    Programs print it without a traceback and end with `exit_status`.
    """

    exit_status = 2


class WorkFailed(UserError):
    """Work that had begun could not be finished, and not for a fault in the code: the disk is full, say."""

    exit_status = 1


@dataclasses.dataclass(frozen=True)
class Option:
    """One option of one part.

    Args:
        name: Full flag name, with the part's prefix.
        type: Type of the value, or of each element of a tuple: int, float, bool or str.
        default: The value when nothing is given.
        help: What it does, one paragraph.
        choices: The allowed values, if they are few.
        how_to_run: Whether it may change between two starts of one run.
        many: Whether the value is a tuple, comma-separated in flags.
        optional: Whether the value may be None, spelt `none` in flags.
        owner: Name of the class that uses it; heads the group in `--help`.
    """

    name: str
    type: type
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    how_to_run: bool = False
    many: bool = False
    optional: bool = False
    owner: str = ""

    def parse(self, text: str) -> Any:
        """Returns the value that `text` spells, or raises UserError."""
        if self.optional and text.lower() == _NOTHING:
            return None
        if not self.many:
            return self._parse_one(text)
        if not text.strip():
            return ()
        return tuple(self._parse_one(element.strip()) for element in text.split(","))

    def format(self, value: Any) -> str:
        """Returns the text that `parse` reads back as `value`."""
        if value is None:
            return _NOTHING
        if self.many:
            return ",".join(_format_one(element) for element in value)
        return _format_one(value)

    def checked(self, value: Any) -> Any:
        """Returns a value given from Python (not from text), or raises UserError if the option cannot hold it."""
        if value is None and self.optional:
            return None
        if self.many:
            value = tuple(value) if isinstance(value, (list, tuple)) else (value,)
            return tuple(self._checked_one(element) for element in value)
        return self._checked_one(value)

    def expected(self) -> str:
        """Returns in words what the option takes."""
        if self.choices:
            words = "one of " + ", ".join(self.choices)
        else:
            words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[self.type]
        if self.many:
            words = f"a comma-separated list, each {words}"
        return words + (f", or {_NOTHING}" if self.optional else "")

    def refusal(self, received: Any) -> UserError:
        """Returns the error for a value that the option cannot hold."""
        hint = ""
        if self.choices:
            near = difflib.get_close_matches(str(received), self.choices, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
        return UserError(f"--{self.name} takes {self.expected()}. Received: {received!r}.{hint}")

    def _parse_one(self, text: str) -> Any:
        if self.type is bool:
            if text.lower() in _TRUE + _FALSE:
                return text.lower() in _TRUE
            raise self.refusal(text)
        try:
            value = self.type(text)
        except ValueError as error:
            raise self.refusal(text) from error
        return self._checked_one(value)

    def _checked_one(self, value: Any) -> Any:
        if self.type is float and type(value) is int:
            value = float(value)
        if type(value) is not self.type or (self.choices and value not in self.choices):
            raise self.refusal(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise self.refusal(value)
        return value


def options_of(part: Callable[..., Any]) -> dict[str, Option]:
    """Returns the options of a class or function: its keyword-only arguments, by their bare name.

    Args:
        part: Its options must be annotated, have a default and stand in the docstring's `Args:`.

    Raises:
        TypeError: If an argument breaks those rules (a mistake in the code, not of a user).
    """
    function = part.__init__ if inspect.isclass(part) else part
    hints = typing.get_type_hints(function)
    how_to_run: frozenset[str] = getattr(part, "how_to_run", frozenset())
    helps = _documented_arguments(inspect.getdoc(part) or "") | _documented_arguments(
        inspect.getdoc(function) or ""
    )
    found = {}
    for name, parameter in inspect.signature(part).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        where = f"{part.__qualname__}({name})"
        if parameter.default is inspect.Parameter.empty or name not in hints or name not in helps:
            raise TypeError(
                f"{where} is an option: it needs an annotation, a default and a line under `Args:`."
            )
        kind, choices, many, optional = _read_annotation(hints[name], where)
        option = Option(
            name,
            kind,
            None,
            helps[name],
            choices,
            name in how_to_run,
            many,
            optional,
            owner=part.__qualname__,
        )
        found[name] = dataclasses.replace(option, default=option.checked(parameter.default))
    unknown = set(how_to_run) - set(found)
    if unknown:
        raise TypeError(f"{part.__qualname__}.how_to_run names no option of its own: {sorted(unknown)}.")
    return found


def specification(parts: Mapping[str, Any]) -> Specification:
    """Returns all options of `parts` by their full name, in order.

    Args:
        parts: {prefix: class, function or tuple of them}. The prefix "" gives bare names.

    Raises:
        TypeError: If two parts own one name.
    """
    found: Specification = {}
    for prefix, owners in parts.items():
        for owner in owners if isinstance(owners, tuple) else (owners,):
            for option in options_of(owner).values():
                name = full_name(prefix, option.name)
                if name in found:
                    raise TypeError(f"--{name} belongs to both {found[name].owner} and {option.owner}.")
                found[name] = dataclasses.replace(option, name=name)
    return found


def full_name(prefix: str, name: str) -> str:
    """Returns the flag name of a part's option."""
    return f"{prefix}.{name}" if prefix else name


def defaults(spec: Specification) -> Settings:
    """Returns the settings when nothing is given."""
    return {name: option.default for name, option in spec.items()}


def build(part: Callable[..., Any], *positional: Any, settings: Mapping[str, Any], prefix: str = "") -> Any:
    """Returns `part(*positional, **its options)`.

    Args:
        part: Class or function.
        *positional: The interface that code supplies.
        settings: Values by full name; an option that is missing keeps its default.
        prefix: The part's key in its catalogue; "" for bare names.

    Raises:
        UserError: If the part refuses its options with a ValueError.
    """
    chosen = {}
    for name in options_of(part):
        if full_name(prefix, name) in settings:
            chosen[name] = settings[full_name(prefix, name)]
    try:
        return part(*positional, **chosen)
    except ValueError as error:
        text = str(error) if prefix in str(error) else f"{prefix}: {error}"
        if not isinstance(error, UserError):
            raise UserError(text) from error
        # The same error, which may carry more than its text.
        error.args = (text,)
        raise


class _OptionParser(flags.ArgumentParser):
    """Lets absl read a flag by its option."""

    def __init__(self, option: Option):
        super().__init__()
        self._option = option

    def parse(self, argument):
        return self._option.parse(argument) if isinstance(argument, str) else argument


class _OptionSerializer(flags.ArgumentSerializer):
    """Lets absl write a flag by its option."""

    def __init__(self, option: Option):
        self._option = option

    def serialize(self, value):
        return self._option.format(value)


def define_flags(spec: Specification, flag_values: flags.FlagValues) -> None:
    """Defines one absl flag an option."""
    for name, option in spec.items():
        if option.type is bool and not option.many:
            flags.DEFINE_boolean(name, option.default, option.help, flag_values=flag_values)
            flag_values[name].parser = _OptionParser(option)
        else:
            flags.DEFINE(
                _OptionParser(option),
                name,
                option.default if option.many else _default_text(option),
                option.help,
                flag_values=flag_values,
                serializer=_OptionSerializer(option),
            )


def settings_from_flags(
    spec: Specification, flag_values: flags.FlagValues
) -> tuple[Settings, frozenset[str]]:
    """Returns the value of every option, and the names that were given rather than left at their default."""
    settings = {name: flag_values[name].value for name in spec}
    return settings, frozenset(name for name in spec if flag_values[name].present)


def unknown_option(name: str, known: Iterable[str]) -> UserError:
    """Returns the error for an option that does not exist, with the nearest ones that do."""
    known = list(known)
    last_word = name.rpartition(".")[2]
    same_word = [candidate for candidate in known if candidate.rpartition(".")[2] == last_word]
    near = same_word[:3] or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = " Did you mean " + " or ".join(f"--{candidate}" for candidate in near) + "?" if near else ""
    return UserError(f"There is no option --{name}.{hint or ' --help lists them all.'}")


def differences(
    saved: Mapping[str, Any], new: Mapping[str, Any], spec: Specification
) -> tuple[Changes, Changes]:
    """Returns what changed between two settings, each {name: (saved value, new value)}.

    Args:
        saved: Settings of the run; an option that it lacks counts with its default.
        new: Settings of this start, likewise.
        spec: Says which options may change.

    Returns:
        (identity, how_to_run): the options that make it another run, and those that may change.
    """
    identity: Changes = {}
    how_to_run: Changes = {}
    for name, option in spec.items():
        pair = (saved.get(name, option.default), new.get(name, option.default))
        if pair[0] != pair[1]:
            (how_to_run if option.how_to_run else identity)[name] = pair
    return identity, how_to_run


def refuse_unchosen(
    given: Iterable[str], chosen: Mapping[str, Collection[str]], catalogues: Mapping[str, Collection[str]]
) -> None:
    """Refuses options of parts that are not chosen.

    Args:
        given: Full names that the user gave.
        chosen: {option that chooses: its keys}, as {"loss": ("wgan_gp",)}.
        catalogues: {option that chooses: its keys}.

    Raises:
        UserError: Says which choice would need the option.
    """
    for name in given:
        prefix = name.rpartition(".")[0]
        for chooser, keys in catalogues.items():
            if prefix in keys and prefix not in chosen[chooser]:
                now = ",".join(chosen[chooser])
                raise UserError(
                    f"--{name} is an option of --{chooser}={prefix}, but --{chooser}={now} is chosen. "
                    f"Leave it out, or choose --{chooser}={prefix}."
                )


def _default_text(option: Option) -> str | None:
    """Returns what absl takes as a default: text, so that its own help can show it."""
    return None if option.default is None else option.format(option.default)


def _format_one(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_annotation(annotation: Any, where: str) -> tuple[type, tuple[str, ...], bool, bool]:
    """Returns (element type, choices, many, optional) of an option's annotation."""
    optional = False
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        optional = len(members) < len(typing.get_args(annotation))
        annotation = members[0] if len(members) == 1 else None
    many = typing.get_origin(annotation) is tuple
    if many:
        element, *rest = typing.get_args(annotation)
        annotation = element if rest == [Ellipsis] else None
    choices: tuple[str, ...] = ()
    if typing.get_origin(annotation) is typing.Literal:
        choices = typing.get_args(annotation)
        annotation = str if all(isinstance(choice, str) for choice in choices) else None
    if annotation not in (int, float, bool, str):
        raise TypeError(
            f"{where}: an option is annotated int, float, bool, str, Literal of text, a tuple[..., ...] of one of "
            "these, or one of these | None."
        )
    return annotation, choices, many, optional


def _documented_arguments(docstring: str) -> dict[str, str]:
    """Returns {argument: text} of a Google docstring's `Args:` section."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", docstring + "\n", flags=re.MULTILINE)
    if not section:
        return {}
    lines = inspect.cleandoc(section.group(1)).splitlines()
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        start = re.match(r"(\w+)(?: \([^)]*\))?:\s*(.*)", line)
        if start:
            name = start.group(1)
            found[name] = start.group(2).strip()
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
