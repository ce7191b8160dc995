"""Walks every path of a menu in every language that it speaks: what is too long, missing, or leads nowhere."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

from channels.dialogue import faults, spoken_lint
from channels.dialogue.engine import begin, screens
from channels.dialogue.faults import Fault
from channels.dialogue.menu import ASKING, CHANNEL, MOST_OPTIONS, SCREEN, VOICE, Menu, MenuText
from channels.dialogue.pages import PREFIX, Budget, units
from channels.dialogue.spoken_lint import sample

#: pages of one step; nobody presses for more a fifth time
MOST_PAGES = 5
MOST_PATHS = 200_000


@dataclass(frozen=True, slots=True)
class Walked:
    """What walking a menu in one language showed. ``longest`` is a page's length in characters, with its prefix;
    ``longest_spoken`` the longest that is said at once, without it.
    """

    menu: str
    language: str
    steps: int
    paths: int
    longest: int
    faults: tuple[Fault, ...]
    longest_spoken: int = 0


def walk(menu: Menu, *, budget: Budget | None = None) -> list[Walked]:
    """Walk a menu in all its languages. Where its nodes are at fault, only these are told: nobody could walk them."""
    wrong = [*faults.of_nodes(menu), *_texts(menu)]
    if wrong:
        return [Walked(menu.key, menu.default_language, 0, 0, 0, tuple(dict.fromkeys(wrong)))]
    return [_walked(menu, language, budget or Budget()) for language in menu.languages]


def _texts(menu: Menu) -> Iterator[Fault]:
    needed = dict.fromkeys(menu.needed())
    spoken = dict.fromkeys(menu.needed(VOICE)) if menu.speaks else {}
    for key in needed:
        yield from _missing(menu, key, "texts", menu.texts.get((key, menu.default_language)))
    for key in spoken:
        own = menu.spoken.get((key, menu.default_language))
        yield from _missing(menu, key, "spoken", own or menu.texts.get((key, menu.default_language)))
    for table, texts, keys in (("texts", menu.texts, {**needed, **spoken}), ("spoken", menu.spoken, spoken)):
        for (key, language), text in texts.items():
            where = f"{table}.{language}.{key}"
            if key not in keys:
                yield where, "is shown nowhere; remove it, or name a node or option so"
            yield from ((where, what) for what in _filled(menu, text.text))


def _missing(menu: Menu, key: str, table: str, found: MenuText | None) -> Iterator[Fault]:
    where = f"{table}.{menu.default_language}.{key}"
    if found is None:
        yield where, "is missing; the default language must have every text"
    elif found.draft and not menu.allow_drafts:
        yield where, "is a draft; the default language must be reviewed"


def _filled(menu: Menu, text: str) -> Iterator[str]:
    known = {**faults.fields_of(menu), **spoken_lint.GIVEN}
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        yield "has a brace that is not closed; write {{ or }} for a brace itself"
        return
    for name in names:
        if name not in known:
            yield f"fills in {{{name}}}, and nothing gives it; known: {', '.join(sorted(known))}"


def _walked(menu: Menu, language: str, budget: Budget) -> Walked:
    longest, found = 0, list[Fault]()
    reached = menu.reached(SCREEN)
    for key, node in menu.nodes.items():
        if key not in reached or node.kind not in ASKING and node.kind != "show":
            continue
        shown = list(_screens(menu, key, language, budget))
        longest = max(longest, *(units(one) for one in shown))
        if len(shown) > MOST_PAGES:
            found.append((f"{key} ({language})", f"takes {len(shown)} pages; at most {MOST_PAGES}, say less"))
        over = next((one for one in shown if not budget.holds(one)), None)
        if over is not None:
            found.append((f"{key} ({language})", f"a page has {units(over)} characters; at most {budget.of(over)}"))
        found += _cut_short(menu, key, language, budget)
    spoken, told = spoken_lint.walk(menu, language) if menu.speaks else (0, [])
    every = tuple(dict.fromkeys([*found, *told]))
    return Walked(menu.key, language, len(menu.nodes), _paths(menu), longest + len(PREFIX), every, spoken)


def _cut_short(menu: Menu, key: str, language: str, budget: Budget) -> Iterator[Fault]:
    """Yield the options whose words do not fit on a page together with what stands on each."""
    for option in menu.nodes[key].options:
        if not option.offered_on(SCREEN):
            continue
        text = menu.text(option.text, language)
        foot = sum(units(menu.text(one, language)) + 4 for one in ("more", "back"))
        if units(text) + 2 > budget.of(text) - foot:
            yield f"texts.{language}.{option.text}", f"an option of {units(text)} characters fits on no page"


def _screens(menu: Menu, key: str, language: str, budget: Budget) -> Iterator[str]:
    """Yield the pages of a step with the longest values that it can have, after an input that was not understood."""
    fields = {name: sample(size) for name, size in faults.fields_of(menu).items()} | {CHANNEL: SCREEN}
    choices = [[str(one), sample(40)] for one in range(MOST_OPTIONS)]
    state = {**begin(menu, language=language), "node": key, "fields": fields, "back": [menu.start], "choices": choices}
    yield from screens(menu, state, budget=budget, wrong=True)


def _paths(menu: Menu) -> int:
    """Count the ways from the first screen to a last one, or to a step that was on the way already."""
    count, todo = 0, [(one, frozenset[str]()) for one in dict.fromkeys((menu.start, *menu.starts.values()))]
    while todo and count < MOST_PATHS:
        key, before = todo.pop()
        node = menu.nodes[key]
        if node.kind in ("show", "agent") or key in before:
            count += 1
            continue
        todo += [(way, before | {key}) for way in node.ways]
    return count
