"""HTML out of elements: what is not markup already is escaped, so that no name of a class can become a tag."""

import html
from collections.abc import Iterable, Mapping

_WITHOUT_END = {"br", "col", "hr", "img", "link", "meta"}
# Joiners hold emoji and some scripts together; a page may show them, and these blanks, as they are.
_ALLOWED = frozenset(
    "\n\t\N{NO-BREAK SPACE}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}\N{NARROW NO-BREAK SPACE}"
)


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | float | None | Iterable["Child"]


def escaped(text: object) -> Markup:
    """Returns text as HTML shows it; of characters that a page cannot hold or would hide, the code."""
    if isinstance(text, Markup):
        return text
    readable = (
        one if one.isprintable() or one in _ALLOWED else one.encode("unicode_escape").decode("ascii")
        for one in str(text)
    )
    return Markup(html.escape("".join(readable), quote=True))


def element(name: str, attributes: Mapping[str, object] | None = None, *children: Child) -> Markup:
    """Returns one element.

    Args:
        name: Of the tag.
        attributes: None and False leave an attribute out, True writes its bare name.
        *children: Text is escaped, `Markup` is not; None is left out; an iterable stands for what it yields.
    """
    written = "".join(_attribute(key, value) for key, value in (attributes or {}).items())
    if name in _WITHOUT_END:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Markup:
    """Returns elements and texts one after another."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, str):
            parts.append(escaped(child))
        elif isinstance(child, Iterable):
            parts.append(joined(*child))
        elif child is not None:
            parts.append(escaped(child))
    return Markup("".join(parts))


def _attribute(key, value):
    if value is None or value is False:
        return ""
    return f" {key}" if value is True else f' {key}="{escaped(value)}"'
