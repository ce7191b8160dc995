"""Fees, times and papers by dialling: a service is found by words as routing finds it, or by its kind and office."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from cases.models import Address
from config.settings import Settings
from contactcentre.db import Database
from tests.application import application
from tests.integration.dialling import Dialled, rows, shipped

if TYPE_CHECKING:
    from contactcentre.container import Container

Dial = Callable[[], Dialled]
_OPTION = re.compile(r"(?m)^[1-9] ")


@pytest.fixture
def city(settings: Settings, db: Database) -> Iterator[Container]:
    with shipped(settings, db) as made:
        yield made


@pytest.fixture
def phone(city: Container) -> Dial:
    app = application(city)
    return lambda: Dialled(app, city, "+233200000781")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("birth certificate", "Birth"),
        ("i want to register my child", "Birth"),
        ("permit to build a house", "Development permit"),
        ("bilding permit", "Development permit"),
        ("street light", "Street light"),
    ],
)
def test_words_find_a_service_as_routing_does(phone: Dial, words: str, name: str) -> None:
    me = phone()
    me.dial()
    me.keys("3", words)
    said = me.until_asked()
    assert said.startswith("Is it one of these?")
    assert name in said.split("\n")[1]
    assert me.keys("1") != said
    assert "1 Ask for it" in me.until_asked()


def test_a_service_whose_name_has_the_word_is_found_although_no_rule_knows_it(city: Container, phone: Dial) -> None:
    every = [one for department in city.city.departments.values() for one in department.services]
    word = "handouts"
    assert not any(word in one.name.casefold() for one in every)
    me = phone()
    me.dial()
    assert me.keys("3", word).startswith("Not found. What is it?")
    me.keys("5", "market stores records")  # other words
    assert me.screen.startswith("Is it one of these?")


def test_none_of_these_and_nothing_found_lead_by_kind_and_office_to_a_service(phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("3", "birth certificate")
    none = re.search(r"(\d) None of these", me.until_asked())
    assert none is not None
    assert me.keys(none[1]).startswith("Not found. What is it?")
    offices = me.keys("2")
    assert offices.startswith("Which office?")
    me.keys("1")
    assert me.screen.startswith("Which service?")
    me.keys("1")
    assert "1 Ask for it" in me.until_asked()
    assert me.keys("2").startswith("What do you need?")


def test_no_screen_offers_more_than_seven_and_only_what_leads_somewhere(city: Container, phone: Dial) -> None:
    for kind, family in enumerate(("application", "service", "complaint", "enquiry"), 1):
        me = phone()
        me.dial()
        me.keys("2" if "cut off" in me.screen else "3")
        if not me.screen.startswith("What do you need?"):
            me.keys("3")
        me.keys("zzzz", str(kind))
        pages = [me.screen]
        while "00 More" in me.screen:
            pages.append(me.keys("00"))
        assert all(1 <= len(_OPTION.findall(one)) <= 7 for one in pages)
        said = "\n".join(pages)
        with_it = [d for d in city.city.departments.values() if any(s.family == family for s in d.services)]
        assert all(one.short_name in said for one in with_it)
        assert len(_OPTION.findall(said)) <= len(with_it) <= 12


def test_looking_makes_nobody_known(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("3", "birth certificate", "1")
    assert rows(db, Address) == []
