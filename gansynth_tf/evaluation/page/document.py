"""The frame of a page: head, warnings, table of contents, sections; nothing in it asks a network."""

import base64
import dataclasses
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from gansynth_tf.evaluation.page.markup import Child, Markup, element, joined
from gansynth_tf.evaluation.page.style import SCRIPT, STYLE
from gansynth_tf.whole_file import whole_file


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of a page with a heading of its own.

    Args:
        name: What links to it say after the #; one a page.
        heading: Of the section.
        body: Its content.
    """

    name: str
    heading: str
    body: Markup


def document(title: str, warnings: Sequence[str], lead: Child, sections: Sequence[Section]) -> Markup:
    """Returns a whole page.

    Args:
        title: Its name.
        warnings: What one must know before one believes a number.
        lead: Below the title and the warnings.
        sections: In their order.
    """
    names = [section.name for section in sections]
    if len(set(names)) < len(names):
        raise ValueError(f"Expected every section to have a name of its own. Received: {', '.join(names)}.")
    links = [element("li", None, element("a", {"href": f"#{s.name}"}, s.heading)) for s in sections]
    body = joined(
        element("h1", None, title),
        _warnings(warnings),
        lead,
        element("nav", {"aria-label": "Sections"}, element("ul", None, links)) if len(links) > 1 else None,
        element("main", None, map(_section, sections)),
        element("script", None, Markup(SCRIPT)),
    )
    # A browser reads the first bytes for the character set, so that comes first.
    head = joined(
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _policy()}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", None, title),
        # Without it a browser asks the server for one.
        element("link", {"rel": "icon", "href": "data:,"}),
        element("style", None, Markup(STYLE)),
    )
    page = element("html", {"lang": "en"}, element("head", None, head), element("body", None, body))
    return Markup(f"<!DOCTYPE html>\n{page}\n")


def write_document(path: str | os.PathLike, page: Markup) -> Path:
    """Writes a page, which appears under its name only when it is whole, and returns where it is."""
    with whole_file(path, text=True) as file:
        file.write(page)
    return Path(path)


def _section(section):
    heading = f"{section.name}-heading"
    return element(
        "section",
        {"id": section.name, "aria-labelledby": heading},
        element("h2", {"id": heading}, section.heading),
        section.body,
    )


def _warnings(warnings):
    if not warnings:
        return None
    items = [element("li", None, text) for text in warnings]
    attributes = {"class": "warnings", "aria-label": "Warnings"}
    return element("section", attributes, element("h2", None, "Read this first"), element("ul", None, items))


def _policy():
    """Returns what a browser may load: files beside the page, and this script; nothing from a network.

    A page that is opened as a file has no origin, so `file:` stands beside 'self'.
    """
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    rules = {
        "default-src": "'none'",
        "img-src": "'self' file: data:",
        "media-src": "'self' file:",
        "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
