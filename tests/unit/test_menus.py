"""Menus in files: each fault by file, key, what is wrong and what to do; and the lint that walks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.dialogue import lint
from channels.dialogue.menu import Node, Option
from channels.dialogue.pages import Budget
from config import loader
from tests.unit.dialogues import menu

FOLDER = Path(__file__).parents[2] / "config"
FILE = "menus/main.toml"


@pytest.fixture(scope="module")
def raw() -> dict[str, str]:
    return loader.read(FOLDER)


def test_the_shipped_menu_has_no_fault(raw: dict[str, str]) -> None:
    assert loader.faults(raw) == []


def replaced(raw: dict[str, str], old: str, new: str) -> list[str]:
    assert old in raw[FILE]
    return loader.faults({**raw, FILE: raw[FILE].replace(old, new, 1)})


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('start = "home"', 'start = "house"', "nodes.start: there is no node 'house'"),
        ('to = "report_place"', 'to = "nowhere"', "nodes.report: leads to 'nowhere', and there is no such node"),
        ('save = "words"\nleast = 3\nto = "report_place"', 'save = "words"\nleast = 3', "is a dead end; say with `to`"),
        ('save = "words"\nleast = 3', "least = 3", "nodes.report: forgets the answer; name with `save`"),
        ('call = "departments"', 'call = "presidents"', "'presidents' is no call of a pick; allowed: departments"),
        ('kind = "confirm"', 'kind = "guess"', "nodes.report_sure.kind: 'guess' is unknown; allowed: agent, call"),
        ('outcomes = { done = "report_done", untold = "report_untold", refused = "report" }',
         'outcomes = { done = "report_done", untold = "report_untold" }',
         "nodes.report_send: has no way for the outcome 'refused' of report"),
        ('outcomes = { done = "report_done", ', 'outcomes = { lost = "home", done = "report_done", ',
         "nodes.report_send: 'lost' is no outcome of report; allowed: done, refused, untold"),
        ('words = "$words", place', 'wards = "$words", place', "near needs the argument 'words'"),
        ('place = "$place", area', 'place = "$plaice", area',
         "$plaice is a field that no node fills"),
        ("[nodes.home]\n", "[nodes.home]\nlist = 1\n", "nodes.home.list: is not a key of this table; allowed: arg"),
        ('more = "More"', "", "texts.en.more: is missing; the default language must have every text"),
        ('more = "More"', 'mare = "More"', "texts.en.mare: is shown nowhere"),
        ('back = "Back"', 'back = "Back {again}"', "texts.en.back: fills in {again}, and nothing gives it"),
        ('back = "Back"', 'back = "Back {"', "texts.en.back: has a brace that is not closed"),
        ("\n[texts.en]", "\n[texts.en]\ndraft = true", "texts.en.more: is a draft; the default"),
        ("[texts.tw]", "[texts.xx]", "texts.xx.(language): is none of the city's; one of en, fat"),
        ('"home.rate" = "Rate our work"', f'"home.rate" = "{"Rate us " * 15}"', "texts.en.home.rate: an option of 120"),
        ('track = "Your', f'track = "{"please " * 100}Your', "nodes.track (en): takes"),
    ],
)  # fmt: skip
def test_a_fault_of_a_menu_is_told(raw: dict[str, str], old: str, new: str, fault: str) -> None:
    found = replaced(raw, old, new)
    assert any(one.startswith(f"{FILE}: ") and fault in one for one in found), found


def test_eight_options_are_too_many(raw: dict[str, str]) -> None:
    line = '  { text = "home.language", to = "language" },\n'
    (found,) = replaced(raw, line, line * 2)
    assert found.startswith(f"{FILE}: nodes.home: has 8 options; at most 7")


def test_a_draft_language_is_walked_once_it_is_reviewed(raw: dict[str, str]) -> None:
    long = f'[texts.tw]\ndraft = false\ntrack = "{"abcdefgɔ " * 60}"'
    (found,) = replaced(raw, "[texts.tw]\ndraft = true", long)
    assert "nodes.track (tw): takes" in found
    assert replaced(raw, "[texts.tw]\ndraft = true", long.replace("false", "true")) == []


def test_what_leads_in_a_circle_or_nowhere_is_found() -> None:
    circle = menu(
        Node("age", "decide", to="other", otherwise="end"), Node("other", "decide", to="age", otherwise="end")
    )
    assert ("age", "leads back to itself without asking anything") in lint.walk(circle)[0].faults
    lost = menu(Node("rescue", "choice", options=(Option("home.say", "rescue"),)))
    assert ("rescue", "is a dead end: no way from it leads to a last screen") in lint.walk(lost)[0].faults
    alone = menu(Node("alone", "show"))
    assert ("alone", "is never reached; remove it or lead somewhere to it") in lint.walk(alone)[0].faults
    assert lint.walk(menu())[0].faults == ()


def test_a_smaller_page_is_walked_too() -> None:
    assert lint.walk(menu(home="word " * 30), budget=Budget(40, 40))[0].faults
    assert not lint.walk(menu(home="word " * 30))[0].faults
