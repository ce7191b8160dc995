"""The shipped units, and the example city: complete, tried by their own examples, confidential where they must be."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cases.routing.facts import Facts
from cases.routing.rules import route
from config import loader
from tests.routing.shared import ELMHAVEN, SHIPPED, city

#: whose matters stand in the street for all to see: their rows without words or names may be shown to anybody
PUBLIC = {"environmental-health", "urban-roads", "waste", "works"}
FILES = sorted((SHIPPED / "departments").glob("*.toml"))


def test_there_is_a_file_for_each_unit() -> None:
    assert 22 <= len(FILES) - 2 <= 24, "beside the two confidential units"
    assert loader.faults(loader.read(SHIPPED)) == []


def test_the_example_city_has_no_faults() -> None:
    assert loader.faults(loader.read(ELMHAVEN)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_unit_has_services_with_words_and_enough_examples(file: Path) -> None:
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    assert len(read["examples"]) >= 8
    department = city().departments[file.stem]
    assert department.services
    for service in department.services:
        assert service.words["en"], service.key
        assert not service.published or file.stem in PUBLIC, "nothing is public before somebody decides so"
        assert service.charter is not None, service.key
        assert service.charter.source, service.key
        assert service.charter.sample or "Act" in service.charter.source, "no charter of ours is known yet"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_examples_come_to_it(file: Path) -> None:
    made = city()
    for one in tomllib.loads(file.read_text(encoding="utf-8"))["examples"]:
        for account in [one["account"]] if "account" in one else made.accounts:
            decision = route(Facts("sms", account, one["text"]), made.rules, made.known)
            assert decision.department == file.stem, (one["text"], decision.sentence)


def test_staff_conduct_families_and_information_requests_are_confidential() -> None:
    made = city()
    assert {key for key in made.departments if made.is_confidential(key)} == {"prcc", "rti", "social-welfare"}
    assert not made.is_confidential(None)
    assert made.departments["rti"].services[0].family == "information_request"


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("Hello", None),
        ("I have a problem please help", None),
        ("A metro guard took a bribe", "prcc"),
        ("the tax officer asked me for a bribe for my permit", "prcc"),
        ("Right to information: the budget of the market sheds", "rti"),
    ],
)
def test_the_front_door_takes_only_what_is_asked_of_it(text: str, department: str | None) -> None:
    made = city()
    assert route(Facts("sms", "sms-at", text), made.rules, made.known).department == department


def test_the_waste_number_takes_what_no_words_place() -> None:
    made = city()
    assert route(Facts("sms", "sms-waste", "Good morning"), made.rules, made.known).department == "waste"
    assert (
        route(Facts("sms", "sms-waste", "the street light is off"), made.rules, made.known).department == "urban-roads"
    )


@pytest.mark.parametrize(
    "text", ["Fire outbreak at the timber market", "ogya o, mesrɛ mo", "people trapped in the gutter"]
)
def test_danger_is_urgent_whoever_gets_it(text: str) -> None:
    made = city()
    decision = route(Facts("sms", "sms-at", text), made.rules, made.known)
    assert decision.alert == ("nadmo",)
    assert decision.department


def test_a_neighbours_place_is_handed_over() -> None:
    made = city()
    decision = route(Facts("sms", "sms-at", "The gutter at Anaji is choked"), made.rules, made.known)
    assert (decision.department, decision.place) == ("works", "Anaji")
    assert decision.referral is not None
    assert decision.referral.key == "effia-kwesimintsim"
