"""How log-ins are configured: who must have a second factor, and how long things last."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cases.departments import Organisation
from config import loader
from config.settings import SettingsError, load
from tests.factories import TEST_CITY

FILE = "organisation.toml"


def never(_: object) -> str:
    raise AssertionError("a secret was read while loading")


def read(said: str, folder: Path = TEST_CITY) -> Organisation:
    raw = loader.read(folder)
    raw = {**raw, FILE: f"{raw[FILE]}\n{said}\n"}
    return loader.build(raw, read_secret=never, references=None, version=1).city.organisation


def test_without_a_word_the_roles_that_are_worth_most_must_have_one() -> None:
    found = read("")
    assert found.second_factor_roles == ("administrator", "supervisor", "information_officer", "prcc_member")
    assert found.second_factor_days == 7


def test_a_city_says_otherwise_and_the_shipped_demo_asks_nobody() -> None:
    found = read('[second_factor]\nrequired_for = ["agent"]\nwithin_days = 0')
    assert (found.second_factor_roles, found.second_factor_days) == (("agent",), 0)
    assert read("", Path(loader.__file__).parent).second_factor_roles == ()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (
            'required_for = ["king"]',
            "organisation.toml: second_factor.required_for: 'king' is no role; allowed: agent,",
        ),
        ("within_days = -1", "second_factor.within_days: -1 is too small; at least 0"),
        ("days = 1", "second_factor.days: is not a key of this table; allowed: required_for, within_days"),
    ],
)
def test_a_fault_names_its_key_and_what_is_allowed(said: str, fault: str) -> None:
    raw = loader.read(TEST_CITY)
    (found,) = loader.faults({**raw, FILE: f"{raw[FILE]}\n[second_factor]\n{said}\n"})
    assert fault in found


def test_how_long_log_ins_and_links_last_is_set(tmp_path: Path) -> None:
    usual = load(tmp_path, {})
    assert (usual.session_idle, usual.session_lasts) == (timedelta(hours=12), timedelta(hours=24))
    assert (usual.invitation_lasts, usual.reset_lasts) == (timedelta(days=7), timedelta(hours=1))
    assert load(tmp_path, {"CONTACTCENTRE_SESSION_IDLE_HOURS": "2"}).session_idle == timedelta(hours=2)


@pytest.mark.parametrize("text", ["0", "-1", "soon", "99999"])
def test_a_time_that_is_none_names_its_variable(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="CONTACTCENTRE_RESET_HOURS"):
        load(tmp_path, {"CONTACTCENTRE_RESET_HOURS": text})
