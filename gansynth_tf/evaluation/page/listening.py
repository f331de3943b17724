"""What one listens to: players under their spectrograms, pairs of clips, the best and worst of each class."""

import os
import struct
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from gansynth_tf.evaluation.page.estimates import number, written
from gansynth_tf.evaluation.page.markup import Markup, element, joined
from gansynth_tf.evaluation.page.tables import folded

# So many pairs and classes are seen at once; the rest is folded away, and not loaded before it is seen.
_MOST_PAIRS = 6
_MOST_OPEN_CLASSES = 4
_PNG_START = b"\x89PNG\r\n\x1a\n"


class Clips:
    """Draws clips whose files lie in the folder of a page.

    Args:
        folder: Of the page.
    """

    def __init__(self, folder: str | os.PathLike):
        self._folder = Path(folder)

    def player(self, clip: Mapping[str, object], lead: str = "") -> Markup:
        """Returns a player under the clip's spectrogram; of a file that is not there, what is missing.

        Args:
            clip: {"wav", "picture", "caption"}: paths from the page's folder, with slashes; "picture" may be missing.
            lead: What the clip is, above its caption.

        Raises:
            ValueError: If a path leads out of the folder.
        """
        caption = str(clip.get("caption") or "")
        described = ": ".join(filter(None, (lead, caption))) or "a clip"
        parts = [self._picture(clip["picture"], described)] if clip.get("picture") else []
        parts.append(self._sound(clip["wav"], described))
        label = element("span", {"class": "lead"}, lead) if lead else None
        return element("figure", {"class": "clip"}, parts, element("figcaption", None, label, caption))

    def pairs(self, neighbours: Sequence[Mapping]) -> Markup:
        """Returns generated clips beside the training clips that are nearest to them, the nearest pair first."""
        ordered = sorted(neighbours, key=lambda pair: _last_if_unknown(pair.get("distance")))
        items = [
            element(
                "li",
                {"class": "card"},
                element("p", {"class": "small"}, f"distance {written(number(pair.get('distance')))}"),
                element(
                    "div",
                    {"class": "two"},
                    self.player(pair["generated"], "generated"),
                    self.player(pair["training"], "training"),
                ),
            )
            for pair in ordered
        ]
        first = element("ul", {"class": "pairs"}, items[:_MOST_PAIRS])
        rest = items[_MOST_PAIRS:]
        return joined(
            first,
            folded(f"{len(rest)} more pairs", element("ul", {"class": "pairs"}, rest)) if rest else None,
        )

    def examples(self, examples: Sequence[Mapping]) -> Markup:
        """Returns the best and the worst clips of each class."""
        parts = []
        for place, example in enumerate(examples):
            rows = []
            for end in ("best", "worst"):
                clips = example.get(end) or ()
                if clips:
                    title = end.capitalize()
                    items = [element("li", None, self.player(clip)) for clip in clips]
                    shown = element("ul", {"class": "clips"}, items)
                    rows.append(element("div", None, element("h4", None, title), shown))
            name = str(example.get("class", ""))
            parts.append(
                folded(
                    element("h3", None, name or "(no name)"),
                    element("div", {"class": "ends"}, rows),
                    is_open=place < _MOST_OPEN_CLASSES,
                )
            )
        return joined(*parts)

    def _picture(self, path, described):
        place = self._place(path)
        if not place.is_file():
            return _missing(path)
        attributes = {
            "src": _link(path),
            "alt": f"Spectrogram of {described}",
            "loading": "lazy",
            "decoding": "async",
            # A browser keeps the room free, so that nothing moves when it comes.
            **_png_size(place),
        }
        return element("img", attributes)

    def _sound(self, path, described):
        if not self._place(path).is_file():
            return _missing(path)
        attributes = {
            "controls": True,
            "preload": "none",
            "src": _link(path),
            "aria-label": f"Play {described}",
        }
        return element("audio", attributes)

    def _place(self, path):
        """Returns where a file of the page lies."""
        parts = PurePosixPath(str(path)).parts
        if not parts or parts[0] == "/" or ".." in parts or "\\" in str(path):
            raise ValueError(
                f"Expected the path of a file inside the page's folder, as media/1.wav. Received: {str(path)!r}."
            )
        return self._folder.joinpath(*parts)


def _link(path):
    """Returns a path as an address: what would be read as a scheme, a query or a fragment is written in its code."""
    return urllib.parse.quote(str(path), safe="/", errors="surrogateescape")


def _missing(path):
    return element("p", {"class": "absent"}, f"{path} is not here.")


def _last_if_unknown(distance):
    value = number(distance)
    return value if value == value else float("inf")


def _png_size(path):
    """Returns the size of a PNG file as attributes of its element; none of what is no PNG file."""
    with open(path, "rb") as file:
        start = file.read(24)
    if len(start) < 24 or not start.startswith(_PNG_START):
        return {}
    width, height = struct.unpack(">II", start[16:24])
    return {"width": width, "height": height}
