"""HTML taken apart into texts and tags. No tree is built; what never closes is looked for once, so time grows with
length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_OPENING = re.compile(r"<[A-Za-z/!?]")
#: most tags: nothing is quoted in them
_SIMPLE = re.compile(r"""<(/?)([A-Za-z][A-Za-z0-9:-]{0,40}+)([^<>"']*+)>""")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:-]{0,40}")
#: a run of letters is entered at its beginning only, and never given back
_ATTRIBUTE = re.compile(r"""(?<![\w-])([A-Za-z][\w-]{0,40}+)\s*+=\s*+("[^"]*"|'[^']*'|[^\s"'>]++)""")
#: their text holds no tags
_RAW = frozenset(["script", "style", "title", "textarea"])
_LONGEST_ATTRIBUTES, _LONGEST_QUOTED = 4_000, 5_000


class Token(NamedTuple):
    """A text, or a tag: ``name`` of a closing one begins with a slash; ``text`` of an opening one is what it holds."""

    name: str
    text: str

    def attribute(self, name: str) -> str:
        """Return the value of an attribute as it stands, or nothing."""
        if "=" not in self.text:
            return ""
        for found in _ATTRIBUTE.finditer(self.text[:_LONGEST_ATTRIBUTES]):
            if found[1].lower() == name:
                return found[2].strip("\"'")
        return ""

    def hidden(self) -> bool:
        return "display" in self.text and "display:none" in self.attribute("style").replace(" ", "").lower()


def tokens(source: str) -> Iterator[Token]:
    """Give a source's texts and tags in order."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.lowered = source.lower() if source.isascii() else "".join(map(_lower, source))
        self.never: set[str] = set()

    def read(self) -> Iterator[Token]:
        at = text = 0
        while found := _OPENING.search(self.source, at):
            start = found.start()
            end, name, inside = self.tag(start)
            if end < 0:  # no tag, but text
                at = start + 1
                continue
            if start > text:
                yield Token("", self.source[text:start])
            at = text = end
            if name in _RAW:
                close = self.until(at, f"</{name}")
                if close < 0:  # one that never ends hides nothing
                    continue
                at = text = close - len(name) - 2
            if name:
                yield Token(name, inside)
        if text < len(self.source):
            yield Token("", self.source[text:])

    def tag(self, start: int) -> tuple[int, str, str]:
        """Return where the tag ends, its name, and what stands in it; -1 where this is none."""
        if simple := _SIMPLE.match(self.source, start):
            said = simple[2].lower().rpartition(":")[2]
            return simple.end(), f"/{said}" if simple[1] else said, "" if simple[1] else simple[3]
        if self.source.startswith("<!--", start):
            return self.until(start + 4, "-->"), "", ""
        if self.source.startswith(("<!", "<?"), start):
            return self.until(start + 1, ">"), "", ""
        closing = self.source.startswith("</", start)
        name = _NAME.match(self.source, start + 1 + closing)
        if name is None:
            return -1, "", ""
        end = self.closed(name.end())
        said = name[0].lower().rpartition(":")[2]
        return end, f"/{said}" if closing else said, "" if closing or end < 0 else self.source[name.end() : end - 1]

    def closed(self, at: int) -> int:
        """Return where a tag ends; its values may hold ``>`` in quotes."""
        end = self.until(at, ">")
        if end < 0:
            return -1
        for quote in ('"', "'"):
            if self.source.count(quote, at, end) % 2:
                other = self.source.find(quote, end, end + _LONGEST_QUOTED)
                further = self.source.find(">", other, other + _LONGEST_QUOTED) if other >= 0 else -1
                return further + 1 if further >= 0 else end
        return end

    def until(self, at: int, mark: str) -> int:
        """Return where the next such mark ends, or -1: then nobody looks for it again."""
        found = -1 if mark in self.never else self.lowered.find(mark, at)
        if found < 0:
            self.never.add(mark)
            return -1
        return found + len(mark)


def _lower(letter: str) -> str:
    """Return a letter's lower case where that is one letter, so that places stay the same."""
    return letter.lower() if letter.isascii() else letter
