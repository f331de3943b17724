"""The command line that all programs share: strict parsing, grouped help, exit statuses."""

import dataclasses
import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from gansynth_tf import flagfiles, options
from gansynth_tf.options import Option, Settings, Specification, UserError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_HELP = ("-h", "-help", "--help", "--helpshort", "--helpfull")
_WIDTH = 110


class HelpWanted(Exception):
    """The user asked for `--help`; the message is the help text."""


@dataclasses.dataclass(frozen=True)
class CommandLine:
    """What the user gave.

    Args:
        program: The program's own options, by name.
        settings: All options of the specification: defaults, then the flagfile, then the command line.
        given: Names of the specification that the flagfile or the command line gave.
    """

    program: Settings
    settings: Settings
    given: frozenset[str]


def parse(
    arguments: Sequence[str], program: Callable[..., Any], spec: Specification | None = None, usage: str = ""
) -> CommandLine:
    """Returns what `arguments` say.

    If the program has an option `flagfile`, that file is read first, wherever it stands: what is given on the command
    line wins.

    Args:
        arguments: Without the program's name.
        program: Its keyword-only arguments are the program's own options, which no flagfile may hold.
        spec: The options of the parts.
        usage: The first lines of the help text.

    Raises:
        HelpWanted: If the arguments ask for help.
        UserError: If they hold a mistake.
    """
    spec = spec or {}
    program_spec = options.specification({"": program})
    both = program_spec | spec
    if any(argument in _HELP for argument in arguments):
        raise HelpWanted(help_text(usage, program_spec, spec))
    flag_values = flags.FlagValues()
    flag_values.set_gnu_getopt(True)
    options.define_flags(both, flag_values)
    arguments, path = _without_flagfile(arguments)
    _refuse_repeated_lists(arguments, both)
    leftovers = _parsed_by_absl(arguments, flag_values, both)
    if leftovers:
        raise UserError(
            f"Unexpected argument {leftovers[0]!r}: options are written --name=value, a list without spaces after "
            "its commas."
        )
    values, given = options.settings_from_flags(both, flag_values)
    from_file = flagfiles.read_flagfile(path, spec) if path else {}
    on_the_line = {name: values[name] for name in spec if name in given}
    return CommandLine(
        program={name: values[name] for name in program_spec} | ({"flagfile": path} if path else {}),
        settings=options.defaults(spec) | from_file | on_the_line,
        given=frozenset(from_file) | frozenset(on_the_line),
    )


def help_text(usage: str, program_spec: Specification, spec: Specification) -> str:
    """Returns the usage and all options, grouped by the part that owns them; a name of both is the program's."""
    groups: dict[str, list[Option]] = {}
    for option in program_spec.values():
        groups.setdefault("This program", []).append(option)
    for option in spec.values():
        if option.name in program_spec:
            continue
        prefix = option.name.rpartition(".")[0]
        groups.setdefault(f"Options of {prefix} ({option.owner})" if prefix else option.owner, []).append(
            option
        )
    lines = [usage.rstrip()]
    for title, group in groups.items():
        lines += ["", f"{title}:"]
        for option in group:
            lines += _help_lines(option)
    return "\n".join(lines).lstrip("\n")


def exit_status(program: Callable[[Sequence[str]], int], arguments: Sequence[str] | None) -> int:
    """Runs a program and returns the status it ends with, after one line on stderr for a user's mistake.

    Args:
        program: Takes the arguments without the program's name and returns a status.
        arguments: None means those of this process.
    """
    try:
        return _status(program, sys.argv[1:] if arguments is None else arguments)
    except UserError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output, as `| head`, has seen enough. What Python still holds back has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _status(program, arguments):
    """Returns the status of a program, or of its help."""
    try:
        return program(arguments)
    except HelpWanted as wanted:
        print(wanted, flush=True)
        return DONE


def _without_flagfile(arguments: Sequence[str]) -> tuple[list[str], str]:
    """Returns the arguments without `--flagfile`, which absl would read less strictly, and the file's path."""
    rest, paths = [], []
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, path = argument.partition("=")
        if name not in ("--flagfile", "-flagfile"):
            rest.append(argument)
        else:
            paths.append(path if equals else next(remaining, ""))
    if len(paths) > 1 or (paths and not paths[0]):
        raise UserError(f"Expected one --flagfile=FILE. Received: {', '.join(paths) or 'no file'}.")
    return rest, paths[0] if paths else ""


def _refuse_repeated_lists(arguments: Sequence[str], spec: Specification) -> None:
    """Refuses a list that is given twice: the second would replace the first, where people expect both."""
    names = [argument.lstrip("-").partition("=")[0] for argument in arguments if argument.startswith("-")]
    for name in dict.fromkeys(names):
        if name in spec and spec[name].many and names.count(name) > 1:
            raise UserError(f"--{name} is given twice. Give it once, with commas: --{name}=a,b.")


def _parsed_by_absl(
    arguments: Sequence[str], flag_values: flags.FlagValues, spec: Specification
) -> list[str]:
    """Parses into `flag_values` and returns the arguments left over."""
    try:
        return flag_values(["program", *arguments])[1:]
    except flags.UnrecognizedFlagError as error:
        raise options.unknown_option(error.flagname, spec) from error
    except flags.Error as error:
        if isinstance(error.__context__, UserError):
            raise error.__context__ from None
        raise UserError(" ".join(str(error).split())) from error


def _help_lines(option: Option) -> list[str]:
    default = option.format(option.default)
    kind = (
        "|".join(option.choices)
        or {int: "INTEGER", float: "NUMBER", bool: "true|false", str: "TEXT"}[option.type]
    )
    kind += ",..." if option.many else ""
    text = option.help + (f" Default: {default}." if default else "")
    if option.how_to_run:
        text += " May change between two starts of a run."
    body = textwrap.wrap(
        text, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6, break_on_hyphens=False
    )
    return [f"  --{option.name}={kind}", *body]
