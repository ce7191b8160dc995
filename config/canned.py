"""Reads replies/<language>.toml and macros/*.toml: what agents may say and do with one choice."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping

from cases.canned import PLACES, Canned
from cases.departments import Department
from cases.lifecycle import Outcome, Status
from cases.macro_steps import Act, Macro, Step
from cases.replies import LONGEST_REPLY
from cases.sla.policy import PRIORITIES
from cases.texts import Text
from config.schema import Block, unique

_ASSIGNEES = ("me", "nobody")
_STATUSES = (Status.OPEN, Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY)


def replies(blocks: Mapping[str, Block], departments: Collection[str], *, default: str) -> tuple[Canned, ...]:
    """Read the replies of all languages. The default language's file names them; the others translate what is there."""
    texts: dict[str, dict[str, Text]] = {}
    found: list[tuple[Block, str, str, tuple[str, ...]]] = []
    for language in sorted(blocks, key=lambda one: one != default):
        block = blocks[language]
        draft = block.flag("draft", default=False)
        for one in block.tables("replies"):
            key, words = one.key(), one.text("text")
            _check(one, words)
            if language == default:
                found.append((one, key, one.text("title"), one.texts("departments")))
            elif key not in texts:
                one.fault("key", f"{key!r} is not in replies/{default}.toml; write it there first")
            texts.setdefault(key, {})[language] = Text(words, one.flag("draft", default=draft))
            one.end()
        block.end()
    unique([(one, key) for one, key, _, _ in found], "the reply")
    for one, key, _, named in found:
        _known(one, named, departments)
        if texts[key][default].draft:
            one.fault("draft", "is a draft; the default language must be reviewed")
    return tuple(Canned(key, title, named, texts[key]) for _, key, title, named in found)


def macros(
    blocks: Mapping[str, Block], departments: Mapping[str, Department], known: Collection[Canned]
) -> tuple[Macro, ...]:
    """Read the macros; what a step names must be there."""
    keys = frozenset(one.key for one in known)
    services = frozenset(service.key for one in departments.values() for service in one.services)
    found: list[tuple[Block, Macro]] = []
    for block in blocks.values():
        for one in block.tables("macros"):
            steps = tuple(_step(step, keys, services) for step in one.tables("steps"))
            macro = Macro(one.key(), one.text("title"), one.texts("departments"), steps)
            _known(one, macro.departments, departments)
            _check_steps(one, macro)
            found.append((one, macro))
            one.end()
        block.end()
    unique([(one, macro.key) for one, macro in found], "the macro")
    return tuple(macro for _, macro in found)


def _step(block: Block, keys: Collection[str], services: Collection[str]) -> Step:
    act = block.text("act", allowed=list(Act))
    allowed: dict[str, Collection[str]] = {
        Act.REPLY: keys,
        Act.SERVICE: services,
        Act.PRIORITY: PRIORITIES,
        Act.ASSIGNEE: _ASSIGNEES,
        Act.STATUS: _STATUSES,
        Act.RESOLVE: list(Outcome),
    }
    value = block.text("value", allowed=allowed.get(act))
    days = block.whole("days") if act == Act.WAIT and "days" in block else None
    block.end()
    return Step(Act(act) if act in list(Act) else Act.NOTE, value, days)


def _check_steps(block: Block, macro: Macro) -> None:
    acts = [one.act for one in macro.steps]
    if not acts:
        block.fault("steps", "is missing; write at least one [[macros.steps]]")
    elif len(set(acts)) < len(acts):
        block.fault("steps", "names an act twice; each may be there once")
    if len({Act.STATUS, Act.WAIT, Act.RESOLVE} & set(acts)) > 1:
        block.fault("steps", "has more than one of status, wait and resolve; choose one")


def _check(block: Block, text: str) -> None:
    try:
        parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        block.fault("text", "has a brace that is not closed; write {{ or }} for a brace itself")
        return
    if any(form or conversion for _, _, form, conversion in parts):
        block.fault("text", "has a placeholder with a format; write the bare name in braces")
    for name in sorted({str(part[1]) for part in parts} - set(PLACES)):
        block.fault("text", f"{{{name}}} cannot be filled in; allowed: {', '.join(sorted(PLACES))}")
    if len(text) > LONGEST_REPLY:
        block.fault("text", f"is {len(text)} characters long; {LONGEST_REPLY} is the most")


def _known(block: Block, named: Collection[str], departments: Collection[str]) -> None:
    for one in named:
        if one not in departments:
            block.fault("departments", f"{one!r} is no department; allowed: {', '.join(sorted(departments))}")
