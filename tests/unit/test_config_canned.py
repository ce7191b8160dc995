"""Replies and macros as files: read, filled in by language, and every fault with its place and remedy."""

from __future__ import annotations

import pytest

from cases import canned, macros
from cases.canned import PLACES
from cases.macro_steps import Act
from config import loader
from tests.factories import TEST_CITY

R, L, M = "replies/en.toml", "replies/mi.toml", "macros/desk.toml"
REPLIES = """
[[replies]]
key = "done"
title = "It is done"
text = "Dear {citizen}, {reference} is done. {agent}"
[[replies]]
key = "water"
title = "Water"
departments = ["harbour-works"]
text = "The water is back."
"""
TRANSLATED = """
[[replies]]
key = "done"
text = "Kua oti {reference}. {agent}"
[[replies]]
key = "water"
draft = true
text = "Kua hoki te wai."
"""
MACROS = """
[[macros]]
key = "finish"
title = "Finish"
[[macros.steps]]
act = "reply"
value = "done"
[[macros.steps]]
act = "resolve"
value = "fixed"
[[macros.steps]]
act = "priority"
value = "low"
"""


def files(**changes: str) -> dict[str, str]:
    return {**loader.read(TEST_CITY), R: REPLIES, L: TRANSLATED, M: MACROS, **changes}


def fill(key: str, language: str | None, *, allow: bool = False) -> canned.Filled:
    city = loader.draft(files())
    one = next(one for one in city.canned if one.key == key)
    values = {"reference": "4821-7736", "agent": "Ama"}
    return canned.filled(one, values, language=language, default="en", allow_drafts=allow)


def test_a_reply_is_in_the_citizens_language_with_the_usual_one_beside() -> None:
    found = fill("done", "mi")
    assert (found.text, found.language) == ("Kua oti 4821-7736. Ama", "mi")
    assert found.beside == "Dear [name], 4821-7736 is done. Ama"  # what is not known is for the agent to write


def test_a_text_that_nobody_has_reviewed_is_shown_and_not_offered() -> None:
    found = fill("water", "mi")
    assert (found.text, found.unreviewed) == ("The water is back.", "Kua hoki te wai.")
    allowed = fill("water", "mi", allow=True)
    assert (allowed.text, allowed.unreviewed) == ("Kua hoki te wai.", "")


@pytest.mark.parametrize(
    ("department", "words", "keys"),
    [
        ("harbour-works", "", ["done", "water"]),
        ("front-desk", "", ["done"]),
        (None, "", ["done"]),
        ("harbour-works", "WATER back", ["water"]),
        ("harbour-works", "oti", ["done"]),
        ("harbour-works", "nothing", []),
    ],
)
def test_a_department_is_offered_its_own_by_key_and_words(department: str | None, words: str, keys: list[str]) -> None:
    assert [one.key for one in canned.offered(loader.draft(files()).canned, department, words)] == keys


def test_a_macros_reply_is_its_last_step() -> None:
    city = loader.draft(files())
    macro = macros.find(city, "finish", None)
    assert [one.act for one in macro.in_order] == [Act.PRIORITY, Act.RESOLVE, Act.REPLY]
    assert [macros.words(one, city) for one in macro.in_order] == [
        "set the priority to low",
        "resolve the case as fixed",
        "send the reply below",
    ]


@pytest.mark.parametrize(
    ("file", "before", "after", "fault"),
    [
        (R, "{agent}", "{code}", f"text: {{code}} cannot be filled in; allowed: {', '.join(sorted(PLACES))}"),
        (R, "{agent}", "{agent!r}", "text: has a placeholder with a format; write the bare name in braces"),
        (R, "{agent}", "{agent", "text: has a brace that is not closed; write {{ or }} for a brace itself"),
        (R, '"harbour-works"', '"moon"', "departments: 'moon' is no department; allowed: front-desk, harbour-works"),
        (R, 'key = "water"', 'key = "done"', "key: the reply 'done' is already in replies/en.toml; choose another"),
        (R, 'title = "Water"', "draft = true\ntitle = 'W'", "draft: is a draft; the default language must be reviewed"),
        (L, 'key = "water"', 'key = "fire"', "key: 'fire' is not in replies/en.toml; write it there first"),
        (M, 'value = "done"', 'value = "gone"', "value: 'gone' is unknown; allowed: done, water"),
        (M, 'value = "low"', 'value = "soon"', "value: 'soon' is unknown; allowed: high, low, normal, urgent"),
        (M, 'act = "priority"', 'act = "delete"', "act: 'delete' is unknown; allowed: assignee, note, priority"),
        (M, 'act = "priority"', 'act = "reply"', "steps: names an act twice; each may be there once"),
        (M, 'act = "priority"', 'act = "wait"', "steps: has more than one of status, wait and resolve; choose one"),
    ],
)
def test_every_fault_names_its_place_and_what_is_allowed(file: str, before: str, after: str, fault: str) -> None:
    changed = files()
    assert before in changed[file]
    changed[file] = changed[file].replace(before, after, 1)
    found = loader.faults(changed)
    assert any(one.startswith(f"{file}: ") and fault in one for one in found), found


def test_the_shipped_ones_can_be_used() -> None:
    from pathlib import Path

    city = loader.draft(loader.read(Path(loader.__file__).parent))
    assert {one.key for one in city.canned} >= {"thanks", "where", "done"}
    assert {one.key for one in city.macros} >= {"ask-place", "done"}
