"""``[forecast]`` and ``[reviews]``: what they may say, and each fault with its remedy."""

from __future__ import annotations

import pytest

from cases.departments import City
from cases.forecast.terms import Forecasts
from cases.reviews.terms import CHECKLIST, Reviews
from config import loader
from tests.factories import TEST_CITY

FILE = "organisation.toml"


def written(said: str) -> dict[str, str]:
    raw = loader.read(TEST_CITY)
    return {**raw, FILE: f"{raw[FILE]}\n{said}\n"}


def read(said: str) -> City:
    def never(_: object) -> str:
        raise AssertionError("a secret was read while loading")

    return loader.build(written(said), read_secret=never, references=None, version=1).city


def test_without_a_word_they_are_as_the_house_has_them() -> None:
    city = read("")
    assert (city.forecasts, city.reviews) == (Forecasts(20, 28, 20), Reviews(5, CHECKLIST))


def test_everything_that_may_be_said() -> None:
    city = read(
        "[forecast]\nhandling_minutes = 12\ndays = 14\nleast = 5\n[reviews]\nsample = 3\n"
        '[reviews.checklist]\npolite = "Polite?"\nwas_told = "Was the citizen told?"\n'
    )
    assert city.forecasts == Forecasts(12, 14, 5)
    assert city.reviews == Reviews(3, {"polite": "Polite?", "was_told": "Was the citizen told?"})


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("[forecast]\nhandling_minutes = 0", "forecast.handling_minutes: 0 is too small; at least 1"),
        ("[forecast]\ndays = 400", "forecast.days: 400 is too much; at most 365"),
        ("[forecast]\nhours = 4", "forecast.hours: is not a key of this table; allowed: days, handling_minutes, least"),
        ("[reviews]\nsample = 51", "reviews.sample: 51 is too much; at most 50"),
        ("[reviews]\nchecklist = {}", "reviews.checklist.(table): has 0 questions; write 1 to 20"),
        ('[reviews]\nchecklist = { "Very polite" = "x" }', "reviews.checklist.Very polite: is no key; write small"),
        ('[reviews]\nchecklist = { a = "" }', "reviews.checklist.a: is empty"),
        (f'[reviews]\nchecklist = {{ a = "{"x" * 161}" }}', "reviews.checklist.a: is 161 characters long; at most 160"),
    ],
)
def test_each_fault_says_where_and_what_is_allowed(said: str, fault: str) -> None:
    found = loader.faults(written(said))
    assert any(one.startswith(f"{FILE}: {fault}") for one in found), found
