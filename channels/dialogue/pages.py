"""Pages: a text and its choices cut into screens that a display can hold, on the ends of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from channels.dialogue.menu import MOST_OPTIONS
from channels.dialogue.values import Choice

#: what some gateways write before each screen; counted everywhere, since none says whether it is
PREFIX = "CON "
MORE, BACK = "00", "0"


@dataclass(frozen=True, slots=True)
class Budget:
    """Characters of one screen with its prefix: of plain ASCII, and of anything else (UCS-2 halves a page)."""

    ascii: int = 120
    wide: int = 70

    def of(self, text: str) -> int:
        """Return how long a screen with this text may be, without the prefix."""
        return (self.ascii if text.isascii() else self.wide) - len(PREFIX)

    def holds(self, screen: str) -> bool:
        """Tell whether a screen fits, prefix and all. Characters beyond the first plane count twice."""
        return units(screen) <= self.of(screen)


#: for a voice: nothing is cut
ENDLESS = Budget(1_000_000, 1_000_000)


def units(text: str) -> int:
    """Return a text's length as a display counts it: UTF-16 code units."""
    return len(text) + sum(ord(one) > 0xFFFF for one in text)


def pages(words: str, choices: Sequence[Choice], *, budget: Budget, more: str, back: str) -> tuple[str, ...]:
    """Cut words and choices into screens; ``back`` (its label, empty for none) stands on each, ``more`` on all but the
    last.
    """
    lines = [line for part in words.split("\n") for line in [part.strip()] if line]
    options = [f"{one.key} {one.label}" for one in choices]
    tail = [f"{BACK} {back}"] if back else []
    every = "\n".join([*lines, *options, *tail])
    room = budget.of(every + more)
    whole = [*lines, *options, *tail]
    if len(options) <= MOST_OPTIONS and units("\n".join(whole)) <= room:
        return ("\n".join(whole),)
    foot = [f"{MORE} {more}", *tail]
    room -= units("\n".join(foot)) + 1
    bodies = list(_bodies([(one, True) for one in lines] + [(one, False) for one in options], room))
    last = len(bodies) - 1
    return tuple("\n".join([*body, *(foot if n < last else tail)]) for n, body in enumerate(bodies))


def _bodies(lines: Sequence[tuple[str, bool]], room: int) -> Iterator[list[str]]:
    """Yield the lines of each page. Sentences flow on to the next page; an option stays in one piece."""
    page: list[str] = []
    options = 0
    for text, flows in lines:
        rest = text if flows else shortened(text, room)
        while rest:
            left = room - units("\n".join([*page, ""])) if page else room
            if flows:
                piece, rest = _taken(rest, left, alone=not page)
            elif units(rest) <= left and options < MOST_OPTIONS:
                piece, rest, options = rest, "", options + 1
            else:
                piece = ""
            page += [piece] if piece else []
            if rest:
                yield page
                page, options = [], 0
    if page:
        yield page


def _taken(text: str, room: int, *, alone: bool) -> tuple[str, str]:
    """Return as many words as fit, and the rest; a word that is longer than a whole page is broken."""
    if units(text) <= room:
        return text, ""
    cut = _fitting(text, max(room, 0))
    end = text.rfind(" ", 0, cut + 1)
    if end > 0:
        return text[:end].rstrip(), text[end:].lstrip()
    return (text[:cut], text[cut:].lstrip()) if alone else ("", text)


def shortened(text: str, room: int) -> str:
    """Return a text that fits into ``room``, its end left out where it does not."""
    return text if units(text) <= room else text[: _fitting(text, room - 2)].rstrip() + ".."


def _fitting(text: str, room: int) -> int:
    """Return how many characters fit into so many units."""
    used = 0
    for count, one in enumerate(text):
        used += 2 if ord(one) > 0xFFFF else 1
        if used > room:
            return count
    return len(text)
