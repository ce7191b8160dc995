"""``[calls]``: what it may say, and each fault with its remedy."""

from __future__ import annotations

import re

import pytest

from cases.calls.terms import Calls
from config import loader
from tests.factories import TEST_CITY
from tests.integration.dialling import SHIPPED

FILE = "organisation.toml"


def written(said: str) -> dict[str, str]:
    raw = loader.read(TEST_CITY)
    return {**raw, FILE: f"{raw[FILE]}\n[calls]\n{said}\n"}


def read(said: str) -> Calls:
    def never(_: object) -> str:
        raise AssertionError("a secret was read while loading")

    return loader.build(written(said), read_secret=never, references=None, version=1).city.calls


def test_without_a_word_calls_are_as_the_house_has_them() -> None:
    found = read("")
    assert found == Calls()
    assert (found.answer_within_seconds, found.short_seconds, found.ring_seconds) == (20, 10, 20)
    assert (found.wrap_up_seconds, found.record_talks) == (60, False)


def test_everything_that_may_be_said() -> None:
    said = """
    answer_within_seconds = 30
    short_seconds = 5
    ring_seconds = 15
    wrap_up_seconds = 0
    most_waiting = 4
    call_back_tries = 2
    call_back_pause_minutes = 30
    recording_days = 7
    record_talks = true
    dispositions = { done = "All is well", passed_on = "Somebody else" }
    """
    expected = Calls(30, 5, 15, 0, 4, 2, 30, 7, True, {"done": "All is well", "passed_on": "Somebody else"})
    assert read(said) == expected


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("ring_seconds = 2", "calls.ring_seconds: 2 is too small; at least 5"),
        ("ring_seconds = 600", "calls.ring_seconds: 600 is too much; at most 120"),
        ('record_talks = "yes"', "calls.record_talks: must be true or false, not 'yes'"),
        ("rings = 4", "calls.rings: is not a key of this table; allowed: answer_within_seconds, call_back_pause"),
        ("recording_days = 0", "calls.recording_days: 0 is too small; at least 1"),
        ("dispositions = {}", "calls.dispositions.(table): is empty; name at least one"),
        ('dispositions = { "All well" = "x" }', "calls.dispositions.All well: is no key; write small letters"),
        ('dispositions = { a = "" }', "calls.dispositions.a: is empty"),
    ],
)
def test_each_fault_names_its_key_and_the_remedy(said: str, fault: str) -> None:
    found = loader.faults(written(said))
    assert len(found) == 1, found
    assert found[0].startswith(f"{FILE}: {fault}"), found


def test_a_line_whose_menu_does_not_speak_is_a_fault_that_names_account_and_menu() -> None:
    raw = loader.read(SHIPPED)
    assert loader.faults(raw) == []
    menu = "menus/main.toml"
    silent = re.sub(r"(?ms)^\[spoken\..*?(?=^\[(?!spoken\.)|\Z)", "", raw[menu])
    assert "\n[spoken." in raw[menu] and "\n[spoken." not in silent
    lines = [one.id for one in loader.draft_with_menus(raw).accounts if one.channel == "voice"]
    found = [one for one in loader.faults({**raw, menu: silent}) if "does not speak" in one]
    assert len(found) == len(lines) > 0, found
    told = re.compile(r"[\w/-]+\.toml: accounts\[\d+\]\.menu: main does not speak; write .* \[spoken\.<language>\]")
    assert all(told.fullmatch(one) for one in found), found
