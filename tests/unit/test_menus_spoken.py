"""The spoken side of menus in files: each fault of it is told, and a menu that does not speak needs none of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from channels.dialogue import lint
from channels.dialogue.menu import OWN_SPOKEN, SCREEN, VOICE, Menu, MenuText, Node, Option
from channels.dialogue.phrases import pieces
from config import loader
from tests.unit.dialogues import menu, shipped
from tests.unit.test_menus import FILE, FOLDER

RAW = loader.read(FOLDER)
_PLAIN = re.compile(r"\W|_")


def faults(old: str, new: str) -> list[str]:
    assert old in RAW[FILE], old
    return loader.faults({**RAW, FILE: RAW[FILE].replace(old, new, 1)})


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('goodbye = "Thank', 'goodbuy = "Thank', "spoken.en.goodbye: is missing; the default language must have every"),
        ('goodbye = "Thank', 'goodbuy = "Thank', "spoken.en.goodbuy: is shown nowhere; remove it"),
        ("press {key}.", "press {kye}.", "spoken.en.choose: fills in {kye}, and nothing gives it"),
        ("press 0.", "press {0.", "spoken.en.back: has a brace that is not closed"),
        ("press 0.", "press # or 0.", "spoken.en.back: cannot be said: '#' is no word; write it out"),
        ('tell = "What is the problem about?"', 'tell = "... ?"', "spoken.en.tell: cannot be said: it has no words"),
        ('tell_words = "Tell', f'tell_words = "{"please " * 200}Tell', "nodes.tell_words (en): takes 1"),
        ("\n[spoken.en]", "\n[spoken.en]\ndraft = true", "spoken.en.goodbye: is a draft; the default language must"),
        ("\n[spoken.en]", "\n[spoken.xx]\n[spoken.en]", "spoken.xx.(language): is none of the city's"),
        ('starts = { voice = "hello" }', 'starts = { fax = "hello" }', "starts.fax: is no channel of dialogues"),
        ('starts = { voice = "hello" }', 'starts = { voice = "hallo" }', "nodes.starts.voice: there is no node"),
        ('refuses = "unrecorded"', 'refuses = "nowhere"', "nodes.refuses: there is no node 'nowhere'"),
        ('outcomes = { closed = "talk_closed", nobody', "outcomes = { nobody", "has no way for the outcome 'closed'"),
        ('outcomes = { closed = "talk_closed", nobody', 'outcomes = { closed = "home", left',
         "nodes.talk_there: 'left' is no outcome of an agent; allowed: closed, nobody"),
        ('arguments = { department = "*" }', 'arguments = { office = "*" }', "'office' is no argument of an agent"),
        ('arguments = { department = "$office" }', 'arguments = { department = "$ofice" }', "$ofice is a field that"),
    ],
)  # fmt: skip
def test_a_fault_of_what_is_spoken_is_told(old: str, new: str, fault: str) -> None:
    found = faults(old, new)
    assert any(one.startswith(f"{FILE}: ") and fault in one for one in found), found


def test_nine_options_are_too_many_for_a_voice() -> None:
    line = '  { text = "tell.other", to = "tell_words" },\n'
    assert faults(line, line * 2) == []
    (found,) = faults(line, line * 3)
    assert found.startswith(f"{FILE}: nodes.tell: has 9 options; at most 8, by voice nine says it again")


def test_options_of_a_voice_do_not_count_on_a_screen() -> None:
    line = '  { text = "home.language", to = "language" },\n'
    aloud = '  { text = "rescue.talk", to = "talk_anyone", when = [{ field = "channel", is = "voice" }] },\n'
    assert faults(line, line + aloud) == []
    assert len(faults(line, line + aloud * 2)) == 1


def test_a_menu_that_does_not_speak_needs_no_spoken_words() -> None:
    small = menu()
    assert not small.speaks
    assert small.channels == (SCREEN,)
    assert lint.walk(small)[0].faults == ()


def speaking(small: Menu, **spoken: str) -> Menu:
    own = {(key, "en"): MenuText(spoken.get(key, f"words of {_PLAIN.sub(' ', key)}")) for key in OWN_SPOKEN}
    return replace(small, spoken=own)


def test_a_display_s_words_are_spoken_where_there_are_no_others() -> None:
    small = speaking(menu(home="Hello {organisation}!"))
    assert lint.walk(small)[0].faults == ()
    assert small.said("home", "en") == ("Hello {organisation}!", "en")
    assert small.said("wrong", "tw") == ("words of wrong", "en")


def test_a_node_that_only_callers_reach_needs_only_spoken_words() -> None:
    person = Node("person", "agent", outcomes={"closed": "end"})
    only = replace(menu(), starts={VOICE: "person"}, nodes={**menu().nodes, "person": person})
    assert ("person", "is never reached; remove it or lead somewhere to it") in lint.walk(only)[0].faults
    small = speaking(only)
    (fault,) = lint.walk(small)[0].faults
    assert fault[0] == "spoken.en.person"
    told = replace(small, spoken={**small.spoken, ("person", "en"): MenuText("Please wait.")})
    assert lint.walk(told)[0].faults == ()


def test_the_digest_of_a_menu_is_that_of_its_nodes() -> None:
    small = menu()
    assert small.digest == "2d952db1dc7e710e", "a dialogue that was cut before a new release goes on after it"
    assert speaking(small).digest == small.digest
    assert replace(small, starts={VOICE: "say"}).digest != small.digest
    other = {**small.nodes, "rescue": Node("rescue", "choice", options=(Option("home.say", "say"),))}
    assert replace(small, nodes=other).digest != small.digest


def test_what_can_be_recorded_is_in_pieces_around_the_values() -> None:
    found = {one.key: one.words for one in pieces(shipped(), "en")}
    assert found["hello/1"] == "Welcome to"
    assert found["hello/2"] == "If life is in danger, hang up and call"
    assert found["hello/3"] == "at once."
    assert found["choose"] == "press"
    assert found["digit.7"] == "Seven"
    assert found["case_promised/1"] == "The case"
    assert "more_words" not in found
    assert len({one.digest for one in pieces(shipped(), "en")}) > 100
    assert "report_place" not in found, "nobody who calls comes there"


def test_every_language_of_a_city_can_be_recorded_by_the_default_one_s_words() -> None:
    here, there = list(pieces(shipped(), "en")), list(pieces(shipped(), "tw"))
    assert here == there
    twi = replace(shipped(), spoken={**shipped().spoken, ("goodbye", "tw"): MenuText("Nante yie.")})
    (own,) = (one for one in pieces(twi, "tw") if one.key == "goodbye")
    assert (own.words, own.language) == ("Nante yie.", "tw")
