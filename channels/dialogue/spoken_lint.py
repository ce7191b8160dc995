"""Walks what a voice says of a menu: what is missing, cannot be said, or takes too long to listen to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from channels.dialogue import faults, spoken
from channels.dialogue.engine import begin
from channels.dialogue.engine import spoken as turn_at
from channels.dialogue.faults import Fault
from channels.dialogue.menu import ASKING, CHANNEL, VOICE, Menu
from channels.voice.values import Ask, Record, Speak, VoicePage, Wait

#: characters of one page, with the longest values: about a minute and a half, at fourteen a second
MOST_SPOKEN = 1300
#: what a voice's own sentences may name besides, with the longest that each is
GIVEN: Mapping[str, int] = {"key": 1, "label": 60, "position": 3, "minutes": 3}
#: signs that one voice spells and the next leaves out
_UNSAYABLE = re.compile(r"[<>\[\]|\\^~_*#@=]")
_MOST_CHOICES = 9


def walk(menu: Menu, language: str) -> tuple[int, list[Fault]]:
    """Say every page of a menu that callers may come to; returns the longest, in characters, and every fault."""
    longest, found = 0, list(_unsayable(menu, language))
    for key in sorted(menu.reached(VOICE)):
        if menu.nodes[key].kind not in (*ASKING, "show", "agent"):
            continue
        size = max(_length(one) for one in _pages(menu, key, language))
        longest = max(longest, size)
        if size > MOST_SPOKEN:
            found.append((f"{key} ({language})", f"takes {size} characters to say; at most {MOST_SPOKEN}, say less"))
    return longest, found


def sample(size: int) -> str:
    """Return words of this length, in characters, for a value that nobody knows yet."""
    return ("longwords " * (size // 10 + 1))[:size].strip()


def _unsayable(menu: Menu, language: str) -> Iterator[Fault]:
    for key in menu.needed(VOICE):
        text, own = menu.said(key, language)
        table = "spoken" if (key, own) in menu.spoken else "texts"
        odd = _UNSAYABLE.search(re.sub(r"\{\w*\}", "", text))
        if odd:
            yield f"{table}.{own}.{key}", f"cannot be said: {odd.group()!r} is no word; write it out, under [spoken]"
        elif not any(one.isalnum() for one in text):
            yield f"{table}.{own}.{key}", "cannot be said: it has no words"


def _pages(menu: Menu, key: str, language: str) -> Iterator[VoicePage]:
    """Yield the pages of a step with the longest values, before and after a caller let themselves be recorded."""
    sizes = {**faults.fields_of(menu), **GIVEN}
    fields = {name: sample(size) for name, size in sizes.items()} | {CHANNEL: VOICE}
    choices = [[str(one), sample(40)] for one in range(_MOST_CHOICES)]
    state = begin(menu, language=language, channel=VOICE)
    more = {"node": key, "fields": fields, "back": [menu.start], "choices": choices}
    for agreed in (False, True):
        turn = turn_at(menu, {**state, **more, "agreed": agreed})
        yield spoken.page(menu, turn, {}, number=1)


def _length(page: VoicePage) -> int:
    return sum(
        len(one.text) for step in page.steps if isinstance(step, Ask | Record | Speak | Wait) for one in step.prompts
    )
