"""What is missing for going live: one sound city, and each check seen to find what is planted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cases.services import Charter, Service
from cases.sla.holidays import Holiday
from cases.sla.policy import Target, Unit
from cases.sla.statutes import Statute
from cases.texts import Catalogue, Text
from contactcentre import setup
from contactcentre.setup import Facts, Person, State
from tests.factories import make_city

DAY = Target(1, Unit.CALENDAR_DAYS)
LAW = Statute("rti", "Act", "information_request", "invented", "office", DAY, DAY, 7, DAY, True, 1, 2, 3, 4)
YEARS = {"all": tuple(Holiday(date(year, 3, 6), "Day", "a law") for year in (2026, 2027))}
EVERYBODY = (
    Person(frozenset({("administrator", "*")})),
    Person(frozenset({("supervisor", "*")})),
    Person(frozenset({("agent", "desk"), ("agent", "waste")})),
)


def facts(**changes: Any) -> Facts:
    """Return a city that is ready, with changes to its facts or, by ``city``, to the city."""
    city = make_city(**{"holidays": YEARS, "statutes": (LAW,), **changes.pop("city", {})})
    return Facts(**{"city": city, "today": date(2026, 6, 1), "people": EVERYBODY, **changes})


def found(key: str, given: Facts) -> setup.Check:
    return next(one for one in setup.look(given) if one.key == key)


def test_a_city_that_is_ready_lacks_nothing_but_a_look_at_its_backups() -> None:
    checks = setup.look(facts())
    assert len(checks) == 17
    assert [one.key for one in checks if one.state is not State.OK] == ["backups"]
    assert all(one.why and one.remedy for one in checks)


def with_charter(*, sample: bool) -> dict[str, Any]:
    service = Service("lift", "Missed lift", "service", "waste", charter=Charter("2 days", "a proposal", sample))
    departments = make_city().departments
    return {"departments": {**departments, "waste": replace(departments["waste"], services=(service,))}}


def in_languages(*, draft: bool, allow: bool = False) -> dict[str, Any]:
    city = make_city()
    entries = {**city.texts.entries, ("help", "tw", None): Text("(words)", draft)}
    organisation = replace(city.organisation, languages=("en", "tw"))
    return {"texts": Catalogue(entries, {"en": "English", "tw": "Twi"}, "en", allow), "organisation": organisation}


def kept(*days: Holiday) -> dict[str, Any]:
    return {"holidays": {"all": days}}


THIS, NEXT = YEARS["all"]


@pytest.mark.parametrize(
    ("key", "changes", "state", "words"),
    [
        ("secrets", {"faults": ("account sms: api_key: is empty; mend it",)}, State.MISSING, "api_key"),
        ("secrets", {"faults": ("CONTACTCENTRE_SECRET_KEY: a placeholder; x",)}, State.MISSING, "placeholder"),
        ("secrets", {"faults": ("CONTACTCENTRE_BASE_URL: http; x", "REDIS_URL: q; x")}, State.OK, ""),
        ("production", {"faults": ("CONTACTCENTRE_BASE_URL: http; x",)}, State.MISSING, "BASE_URL"),
        ("production", {"production": False}, State.MISSING, "development"),
        ("production", {"faults": ("account sms: k; x", "REDIS_URL: q; x")}, State.OK, ""),
        ("queue-server", {"faults": ("REDIS_URL: q has no password; x",)}, State.MISSING, "password"),
        ("queue-server", {"faults": ("account sms: k; x",)}, State.OK, ""),
        ("sandbox", {"rehearsing": ("sms-at",)}, State.MISSING, "sms-at"),
        ("accounts", {"unseen": {"sms": ("incoming", "delivery")}}, State.MISSING, "sms: incoming, delivery"),
        ("accounts", {"unseen": {"sms": ("optout",)}, "seen": frozenset({"sms"})}, State.LOOK, "sms: optout"),
        ("supervisors", {"people": EVERYBODY[:1] + EVERYBODY[2:]}, State.MISSING, "Waste"),
        ("supervisors", {"people": (Person(frozenset({("supervisor", "desk")})),)}, State.MISSING, "Waste"),
        ("agents", {"people": EVERYBODY[:1]}, State.MISSING, "Waste"),
        ("agents", {"people": (Person(frozenset({("auditor", "*")})),)}, State.MISSING, "Client services"),
        ("agents", {"people": (replace(EVERYBODY[1], demo=True),)}, State.MISSING, "Client services"),
        ("administrators", {"people": EVERYBODY[1:]}, State.MISSING, ""),
        ("administrators", {"people": (replace(EVERYBODY[0], demo=True),)}, State.MISSING, ""),
        ("demo", {"people": (*EVERYBODY, Person(frozenset(), demo=True))}, State.MISSING, "1 people"),
        ("charters", {"city": with_charter(sample=True)}, State.LOOK, "Waste: Missed lift"),
        ("charters", {"city": with_charter(sample=False)}, State.OK, ""),
        ("languages", {"city": in_languages(draft=True)}, State.LOOK, "Twi"),
        ("languages", {"city": in_languages(draft=True, allow=True)}, State.LOOK, "allow_drafts"),
        ("languages", {"city": in_languages(draft=False)}, State.OK, ""),
        ("statutes", {"city": {"statutes": (replace(LAW, extension_days=None),)}}, State.LOOK, "extension days"),
        ("holidays", {"city": {"holidays": {}}}, State.MISSING, "No table"),
        ("holidays", {"city": kept(NEXT)}, State.MISSING, "none is kept for 2026"),
        ("holidays", {"city": kept(THIS)}, State.LOOK, "none is kept for 2027"),
        ("holidays", {"city": kept(THIS), "today": date(2026, 10, 1)}, State.MISSING, "none is kept for 2027"),
        ("holidays", {"city": kept(THIS, replace(NEXT, estimated=True))}, State.LOOK, "is an estimate"),
        ("holidays", {"city": kept(replace(THIS, estimated=True), NEXT)}, State.OK, ""),
        ("anchor", {"anchor_inside": True}, State.LOOK, "AUDIT_ANCHOR"),
        ("history", {"rewrites": True}, State.LOOK, "rewrite"),
        ("backups", {}, State.LOOK, "No command"),
    ],
)
def test_what_is_missing_is_named(key: str, changes: dict[str, Any], state: State, words: str) -> None:
    check = found(key, facts(**changes))
    assert check.state is state
    assert words in "; ".join(check.found)
    assert bool(check.found) is (state is not State.OK) or key == "administrators"


def test_what_is_missing_comes_first() -> None:
    states = [one.state for one in setup.look(facts(people=(), anchor_inside=True))]
    assert states == sorted(states, key=[State.MISSING, State.LOOK, State.OK].index)
    assert states[0] is State.MISSING


def test_every_check_is_in_the_list() -> None:
    functions = {
        one.__name__
        for one in vars(setup).values()
        if callable(one) and getattr(one, "__annotations__", {}).get("return") == "Check"
    }
    assert functions == {one.__name__ for one in setup.CHECKS}
