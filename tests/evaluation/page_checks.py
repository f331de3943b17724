"""Checks of a page that need no browser: its form, what it refers to, what a screen reader is told."""

import html.parser
import re
import urllib.parse
from pathlib import Path

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LOADING = ("src", "href", "xlink:href", "poster", "srcset", "data", "action", "formaction", "background")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Page(html.parser.HTMLParser):
    """A page's tags, in order.

    Args:
        path: The page.
    """

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.folder = Path(path).parent
        self.source = Path(path).read_text(encoding="utf-8")
        self.tags = []
        self.words = []
        self.faults = []
        self._open = []
        self.feed(self.source)
        self.close()
        self.faults += [f"<{name}> is never closed" for name, _ in self._open]

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) < len(names):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.tags.append((tag, dict(attributes), [name for name, _ in self._open]))
        if tag not in VOID:
            self._open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self._open or self._open[-1][0] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1][0] if self._open else 'nothing'}")
        else:
            self._open.pop()

    def handle_data(self, words):
        if not self._open or self._open[-1][0] not in ("script", "style"):
            self.words.append(words)

    def of(self, tag):
        """Returns the attributes of all tags of a name."""
        return [attributes for name, attributes, _ in self.tags if name == tag]

    @property
    def text(self):
        """All that is to be read."""
        return " ".join(self.words)


def faults(path):
    """Returns what is wrong with a page, [] if nothing."""
    page = Page(path)
    return [
        *page.faults,
        *_frame(page),
        *_identities(page),
        *_references(page),
        *_scripts(page),
        *_described(page),
        *_tables(page),
    ]


def _frame(page):
    if not page.source.startswith("<!DOCTYPE html>"):
        yield "no doctype"
    if page.of("html")[0].get("lang") != "en":
        yield "no language"
    if not any(one.get("name") == "viewport" for one in page.of("meta")):
        yield "no viewport"
    if page.source.index('charset="utf-8"') > 1000:
        yield "the character set comes too late"
    if len(page.of("h1")) != 1:
        yield f"{len(page.of('h1'))} main headings"
    level = 0
    for name, _, _ in page.tags:
        if name in HEADINGS:
            if int(name[1]) > level + 1:
                yield f"{name} follows h{level}"
            level = int(name[1])


def _identities(page):
    found = [attributes["id"] for _, attributes, _ in page.tags if "id" in attributes]
    yield from (f"the id {name} is there twice" for name in set(found) if found.count(name) > 1)
    for _, attributes, _ in page.tags:
        for name in (attributes.get("aria-labelledby"), _fragment(attributes)):
            if name and name not in found:
                yield f"nothing has the id {name}"


def _fragment(attributes):
    address = attributes.get("href") or ""
    return address[1:] if address.startswith("#") else None


def _references(page):
    for tag, attributes, _ in page.tags:
        for name in LOADING:
            address = attributes.get(name)
            if address is None or address.startswith("#") or address == "data:,":
                continue
            parts = urllib.parse.urlsplit(address)
            place = urllib.parse.unquote(parts.path)
            if parts.scheme or parts.netloc or place.startswith("/") or ".." in place.split("/"):
                yield f"<{tag} {name}> leads out of the folder: {address}"
            elif parts.query or parts.fragment or not (page.folder / place).is_file():
                yield f"<{tag} {name}> leads to no file: {address}"
    styles = page.source[page.source.index("<style>") : page.source.index("</style>")]
    styles += " ".join(attributes.get("style") or "" for _, attributes, _ in page.tags)
    if re.search(r"url\(|@import|expression\(", styles):
        yield "a style loads something"


def _scripts(page):
    if len(page.of("script")) != 1 or page.of("script")[0]:
        yield f"{len(page.of('script'))} scripts"
    for tag, attributes, _ in page.tags:
        yield from (f"<{tag} {name}>" for name in attributes if name.startswith("on"))
    for tag in ("iframe", "object", "embed", "base", "form", "source", "video"):
        if page.of(tag):
            yield f"<{tag}>"


def _described(page):
    yield from (f"no words for {one.get('src')}" for one in page.of("img") if not one.get("alt"))
    yield from (
        f"{one.get('src')} is loaded at once" for one in page.of("img") if one.get("loading") != "lazy"
    )
    for one in page.of("audio"):
        if (
            "controls" not in one
            or one.get("preload") not in ("none", "metadata")
            or not one.get("aria-label")
        ):
            yield f"a player that {one.get('src')} cannot have"
    for one in page.of("svg"):
        is_described = one.get("role") == "img" and one.get("aria-label")
        if not is_described and one.get("aria-hidden") != "true":
            yield "no words for a chart"


def _tables(page):
    for source in re.findall(r"<table.*?</table>", page.source, flags=re.DOTALL):
        if "<caption>" not in source:
            yield "a table without caption"
        for row in re.findall(r"<tr>.*?</tr>", source, flags=re.DOTALL):
            if '<th scope="' not in row:
                yield "a row without header"
