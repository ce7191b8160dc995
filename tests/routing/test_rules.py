"""Where a case goes and why: each predicate, the order, the tray, ties, danger, and other bodies' places."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.routing.decisions import Decision, Rule
from cases.routing.facts import Facts
from cases.routing.gazetteer import Gazetteer
from cases.routing.knowledge import NOTHING, Asked, Emergency, Knowledge, Neighbour
from cases.routing.meanings import AllWords, AnyWords, PlaceIn, ServiceIs
from cases.routing.phrases import Phrase, apart, phrase
from cases.routing.places import Place
from cases.routing.predicates import ChannelIs, CitizenIs, LanguageIs, Predicate, Repeats, Within
from cases.routing.rules import route, tried
from cases.sla.calendar import Calendar, Window

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
EVENING, SATURDAY = NOON + timedelta(hours=5), NOON + timedelta(days=4)
OFFICE = Calendar("office", "Etc/UTC", ((Window(8 * 60, 17 * 60),),) * 5 + ((), ()))
CLOSED = Within(OFFICE, outside=True)
PLACES = Gazetteer(
    [
        Place("Port", "city"),
        Place("Harbour", "district", "Port", ("Old Harbour",), "South"),
        Place("Quay", "area", "Harbour", ("Kway",)),
        Place("Hill", "area", "Port", constituency="North"),
        Place("Bay", "elsewhere"),
        Place("Sandy Lane", "community", "Bay"),
    ]
)


def some(*written: str) -> frozenset[Phrase]:
    return frozenset(map(phrase, written))


DANGER = Emergency(some("fire") | {apart(["people", "trapped"])}, ("rescue",), some("fire permit"))
KNOWN = Knowledge(
    (
        Asked("drain", "works", (phrase("gutter"), phrase("choked gutter"), phrase("wall"))),
        Asked("bridge", "works", (phrase("gutter"),)),
        Asked("lamp", "roads", (phrase("street light"), apart(["road", "dark"]), phrase("lamp"))),
        Asked("pothole", "roads", (phrase("pothole"),)),
        Asked("noise", "health", (phrase("noise"), phrase("wall"))),
    ),
    PLACES,
    Emergency(frozenset({phrase("fire"), apart(["people", "trapped"])}), ("rescue",), some("fire permit")),
    (Neighbour("bay", "Bay Council", "Bay", "call 1234"),),
)


def facts(text: str, **values: object) -> Facts:
    return replace(Facts("sms", "front", text, at=NOON), **values)


@pytest.mark.parametrize(
    ("predicate", "held", "reason", "not_held"),
    [
        (ChannelIs("sms"), facts(""), "it came by sms", facts("", channel="ussd")),
        (
            AnyWords(some("bin", "skip")),
            facts("a Skip"),
            "it has the word ‘skip’",
            facts("skid"),
        ),
        (
            AnyWords(some("wheel bin")),
            facts("wheely bin, wheel bin"),
            "it has the words ‘wheel bin’",
            facts("bin"),
        ),
        (
            AnyWords(some("market")),
            facts("the markett"),
            "it has the word ‘market’ (spelt otherwise)",
            facts("mark"),
        ),
        (
            AllWords(some("tax", "bill")),
            facts("my bill of tax"),
            "it has the word ‘bill’ and the word ‘tax’",
            facts("my bill"),
        ),
        (ServiceIs("lamp"), facts("x", service="lamp"), "service lamp was chosen", facts("lamp", service="drain")),
        (ServiceIs("lamp"), facts("the lamps"), "service lamp is meant by the word ‘lamp’", facts("wall")),
        (PlaceIn("Quay"), facts("at the quay"), "Quay is named", facts("at the hill")),
        (PlaceIn("Harbour"), facts("at Kway"), "Quay lies in Harbour", facts("in Port")),
        (PlaceIn("South"), facts("at Kway"), "Quay lies in South", facts("from Quay to Hill")),
        (PlaceIn("Port"), facts("from Quay to Hill"), "Quay or Hill lies in Port", facts("nowhere")),
        (LanguageIs("tw"), facts("", language="tw"), "the citizen's language is tw", facts("")),
        (CitizenIs("organisation"), facts("", citizen="organisation"), "an organisation writes", facts("")),
        (CitizenIs("person"), facts(""), "a person writes", facts("", citizen="organisation")),
        (
            Within(OFFICE),
            facts(""),
            "it came within the hours of calendar office",
            facts("", at=EVENING),
        ),
        (
            CLOSED,
            facts("", at=EVENING),
            "it came outside the hours of calendar office",
            facts(""),
        ),
        (
            CLOSED,
            facts("", at=SATURDAY),
            "it came outside the hours of calendar office",
            facts("", at=None),
        ),
        (
            Repeats(7),
            facts("lamp", earlier={"lamp": NOON - timedelta(days=7)}),
            "this address wrote about service lamp within 7 days",
            facts("lamp", earlier={"lamp": NOON - timedelta(days=7, seconds=1), "drain": NOON}),
        ),
    ],
)
def test_a_predicate(predicate: Predicate, held: Facts, reason: str, not_held: Facts) -> None:
    rules = [Rule("r", (predicate,), "x", "s")]
    known = replace(KNOWN, emergency=None, neighbours=())
    decision = route(held, rules, known)
    assert (decision.department, decision.rule, decision.reason) == ("x", "r", reason)
    assert route(not_held, rules, known).rule != "r"


def test_all_of_a_rule_must_hold_and_its_reasons_are_told_together() -> None:
    rules = [Rule("both", (ChannelIs("sms"), LanguageIs("ha")), "x")]
    assert route(facts("", language="ha"), rules).reason == "it came by sms and the citizen's language is ha"
    assert route(facts(""), rules) == Decision(None, None, None, "no rule matched, so it waits in the tray")


@pytest.mark.parametrize(
    ("text", "department", "service"),
    [
        ("the gutter is chocked", "works", "drain"),  # of one department's equals its first
        ("gutter and potholes and street light", "roads", "lamp"),  # the longest phrase
        ("a pothole by the street light", "roads", "lamp"),
        ("noise at the wall", "health", "noise"),  # two words against one
        ("on this road it is so dark, and there is noise", "roads", "lamp"),
        ("guter", "works", "drain"),
    ],
)
def test_the_most_specific_words_win(text: str, department: str, service: str) -> None:
    decision = route(facts(text), (), KNOWN)
    assert (decision.department, decision.service, decision.rule) == (department, service, "words")


def test_departments_that_tie_are_both_suggested_in_the_tray() -> None:
    decision = route(facts("the wall"), (), KNOWN)
    assert (decision.department, decision.suggestions) == (None, ("works", "health"))
    assert decision.reason == "departments tie: the word ‘wall’ for works and the word ‘wall’ for health"
    assert decision.said == "wall"


def test_what_is_spelt_right_is_before_what_is_not() -> None:
    assert route(facts("noise of a gutteer"), (), KNOWN).department == "health"


def test_what_else_was_asked_for_is_suggested() -> None:
    decision = route(facts("street light, and noise"), (), KNOWN)
    assert (decision.department, decision.suggestions) == ("roads", ("health",))


@pytest.mark.parametrize("text", ["", "hello", "Good morning sir", "12345", "🙂", "x" * 3000])
def test_nothing_is_a_tray_and_never_a_default(text: str) -> None:
    rules = [Rule("words", (AnyWords(some("tax")),), "x", order=700)]
    assert route(facts(text), rules, KNOWN).department is None


def test_the_order_is_told_and_the_first_wins() -> None:
    early = Rule("early", (AnyWords(some("bribe")),), "conduct", order=100)
    late = Rule("late", (ChannelIs("sms"),), "desk", order=700)
    steps = tried(facts("hello"), (early, late), KNOWN)
    assert [(one.order, one.rule, one.held) for one in steps] == [
        (100, "early", False),
        (500, "words", False),
        (500, "emergency", False),
        (700, "late", True),
    ]
    assert steps[0].why == "any of the words bribe does not hold"
    assert route(facts("a bribe for the gutter"), (early, late), KNOWN).department == "conduct"
    assert route(facts("the gutter"), (early, late), KNOWN).department == "works"
    assert [one.rule for one in tried(facts("a bribe"), (early, late), KNOWN)] == ["early"]


def test_a_rule_without_a_service_takes_the_one_that_its_words_ask_for() -> None:
    rules = [Rule("mine", (ChannelIs("sms"),), "roads", order=1)]
    assert route(facts("the gutter and the lamp"), rules, KNOWN).service == "lamp"
    assert route(facts("the gutter"), rules, KNOWN).service is None


@pytest.mark.parametrize(
    ("text", "department", "rule"),
    [
        ("Fire at the hotel", "rescue", "emergency"),
        ("the wall fell, people are trapped", "rescue", "emergency"),  # departments that tie wait for nobody here
        ("the gutter is on fire", "works", "words"),
    ],
)
def test_danger_to_life_is_urgent_and_still_routed(text: str, department: str, rule: str) -> None:
    decision = route(facts(text), (), KNOWN)
    assert (decision.department, decision.rule) == (department, rule)
    assert decision.urgent and decision.alert == ("rescue",)
    assert "of danger to life" in decision.reason


@pytest.mark.parametrize("text", ["a fire permit", "FIRE PERMIT please", "fir trees", "I was fired", "firm"])
def test_what_only_sounds_like_danger_is_none(text: str) -> None:
    assert not route(facts(text), (), KNOWN).urgent


def test_danger_beside_a_harmless_word_is_danger() -> None:
    assert route(facts("I came for a fire permit but there is fire next door, people trapped"), (), KNOWN).urgent


def test_another_bodys_place_is_named_with_whom_to_ask_and_the_case_stays() -> None:
    decision = route(facts("gutter in Sandy Lane"), (), KNOWN)
    assert (decision.department, decision.place) == ("works", "Sandy Lane")
    assert decision.referral == KNOWN.neighbours[0]
    assert decision.reason.endswith("; Sandy Lane is for Bay Council (call 1234): hand it over and follow it up")
    for ours_or_both in ("gutter at the Quay", "gutter from Sandy Lane to Quay"):
        assert route(facts(ours_or_both), (), KNOWN).referral is None


def test_the_reason_has_no_word_of_the_citizens_and_the_sentence_has() -> None:
    decision = route(facts("Kofi's GUTTERS"), (), KNOWN)
    assert decision.reason == "it has the word ‘gutter’ of service drain"
    assert decision.sentence == "it has the word ‘gutter’ of service drain (“GUTTERS”)"


def test_phrases_that_were_not_made_ready_are_looked_for_all_the_same() -> None:
    rules = [Rule("r", (AllWords(some("unheard of thing", "gutter")),), "x")]
    assert route(facts("an unheard of thing in the gutter"), rules, KNOWN).department == "x"
    assert route(facts("an unheard of thing in the gutter"), rules, NOTHING).department == "x"
