"""Walks every path of a menu in every language that it speaks: what is too long, missing, or leads nowhere."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

from channels.dialogue import faults
from channels.dialogue.engine import begin, screens
from channels.dialogue.faults import Fault
from channels.dialogue.menu import ASKING, MOST_OPTIONS, Menu
from channels.dialogue.pages import PREFIX, Budget, units

#: pages of one step; nobody presses for more a fifth time
MOST_PAGES = 5
MOST_PATHS = 200_000


@dataclass(frozen=True, slots=True)
class Walked:
    """What walking a menu in one language showed. ``longest`` is a page's length in characters, with its prefix."""

    menu: str
    language: str
    steps: int
    paths: int
    longest: int
    faults: tuple[Fault, ...]


def walk(menu: Menu, *, budget: Budget | None = None) -> list[Walked]:
    """Walk a menu in all its languages. Where its nodes are at fault, only these are told: nobody could walk them."""
    wrong = [*faults.of_nodes(menu), *_texts(menu)]
    if wrong:
        return [Walked(menu.key, menu.default_language, 0, 0, 0, tuple(dict.fromkeys(wrong)))]
    return [_walked(menu, language, budget or Budget()) for language in menu.languages]


def _texts(menu: Menu) -> Iterator[Fault]:
    known = faults.fields_of(menu)
    needed = tuple(dict.fromkeys(menu.needed()))
    for key in needed:
        found = menu.texts.get((key, menu.default_language))
        if found is None:
            yield f"texts.{menu.default_language}.{key}", "is missing; the default language must have every text"
        elif found.draft and not menu.allow_drafts:
            yield f"texts.{menu.default_language}.{key}", "is a draft; the default language must be reviewed"
    for (key, language), text in menu.texts.items():
        where = f"texts.{language}.{key}"
        if key not in needed:
            yield where, "is shown nowhere; remove it, or name a node or option so"
        try:
            names = [name for _, name, form, conversion in string.Formatter().parse(text.text) if name is not None]
        except ValueError:
            yield where, "has a brace that is not closed; write {{ or }} for a brace itself"
            continue
        for name in names:
            if name not in known:
                yield where, f"fills in {{{name}}}, and nothing gives it; known: {', '.join(sorted(known))}"


def _walked(menu: Menu, language: str, budget: Budget) -> Walked:
    longest, found = 0, list[Fault]()
    for key, node in menu.nodes.items():
        if node.kind not in ASKING and node.kind != "show":
            continue
        shown = list(_screens(menu, key, language, budget))
        longest = max(longest, *(units(one) for one in shown))
        if len(shown) > MOST_PAGES:
            found.append((f"{key} ({language})", f"takes {len(shown)} pages; at most {MOST_PAGES}, say less"))
        over = next((one for one in shown if not budget.holds(one)), None)
        if over is not None:
            found.append((f"{key} ({language})", f"a page has {units(over)} characters; at most {budget.of(over)}"))
        found += _cut_short(menu, key, language, budget)
    return Walked(menu.key, language, len(menu.nodes), _paths(menu), longest + len(PREFIX), tuple(found))


def _cut_short(menu: Menu, key: str, language: str, budget: Budget) -> Iterator[Fault]:
    """Yield the options whose words do not fit on a page together with what stands on each."""
    for option in menu.nodes[key].options:
        text = menu.text(option.text, language)
        foot = sum(units(menu.text(one, language)) + 4 for one in ("more", "back"))
        if units(text) + 2 > budget.of(text) - foot:
            yield f"texts.{language}.{option.text}", f"an option of {units(text)} characters fits on no page"


def _screens(menu: Menu, key: str, language: str, budget: Budget) -> Iterator[str]:
    """Yield the pages of a step with the longest values that it can have, after an input that was not understood."""
    fields = {name: _sample(size) for name, size in faults.fields_of(menu).items()}
    choices = [[str(one), _sample(40)] for one in range(MOST_OPTIONS)]
    state = {**begin(menu, language=language), "node": key, "fields": fields, "back": [menu.start], "choices": choices}
    yield from screens(menu, state, budget=budget, wrong=True)


def _sample(size: int) -> str:
    return ("longwords " * (size // 10 + 1))[:size].strip()


def _paths(menu: Menu) -> int:
    """Count the ways from the first screen to a last one, or to a step that was on the way already."""
    count, todo = 0, [(menu.start, frozenset[str]())]
    while todo and count < MOST_PATHS:
        key, before = todo.pop()
        node = menu.nodes[key]
        if node.kind == "show" or key in before:
            count += 1
            continue
        todo += [(way, before | {key}) for way in node.ways]
    return count
