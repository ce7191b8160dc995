"""A dialogue over USSD on real engines: report, follow, add, withdraw, rate; by whom, and with what proof."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import update

from cases import lifecycle, replies
from cases.lifecycle import Outcome, Status
from cases.models import (
    Address,
    Case,
    DialogueSession,
    Event,
    Filing,
    Message,
    OutboxEntry,
    Rating,
    RawRequest,
    Task,
    Timer,
)
from cases.permissions import SYSTEM
from cases.references import check_digit
from contactcentre.db import Database
from tests.integration.callbacks import faults_of_histories
from tests.integration.dialling import ACCOUNT, Dial, report, rows

if TYPE_CHECKING:
    from contactcentre.container import Container

ME, OTHER = "+233200000701", "+233200000702"


def opened(db: Database, phone: Dial, number: str = ME, **values: str) -> tuple[Case, str]:
    """Report something; returns the case and its code."""
    report(phone(number), **values)
    case, entry = rows(db, Case)[-1], rows(db, OutboxEntry)[-1]
    return case, entry.fill["code"]


def test_a_report_in_eight_steps_is_a_case_like_any_other(db: Database, phone: Dial) -> None:
    me = phone()
    said = report(me)
    case = rows(db, Case)[0]
    written = f"{case.reference[:4]}-{case.reference[4:]}"
    assert f"Your reference is {written}" in said
    assert me.turns <= 8
    assert (case.channel, case.account, case.status) == ("ussd", ACCOUNT, "new")
    assert case.department is not None
    assert case.service is not None
    assert case.routing["reason"].startswith("it has the words ‘street light’ of service street-light")
    assert case.due_at is not None
    first, sms = rows(db, Message)
    assert (first.text, first.channel) == ("The street light is out\nPlace: Beach Road", "ussd")
    assert (sms.channel, sms.account, written in sms.text) == ("sms", "sms-at", True)
    (entry,) = rows(db, OutboxEntry)
    assert re.fullmatch(r"\d{4}", entry.fill["code"])
    assert not re.search(rf"(?<![\d-]){entry.fill['code']}(?![\d-])", sms.text + me.screen)
    assert {one.reason for one in rows(db, Filing)} == {"opened", "acknowledgement"}
    assert [one.kind for one in rows(db, Event)][:2] == ["opened", "routed"]
    assert faults_of_histories(db) == []


def test_what_was_typed_of_a_place_stays_beside_the_one_that_was_picked(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    assert "1 Kojokrom\n" in me.keys("1", "The drain is choked", "Kojokrum market")
    me.keys("1", "2")  # no: said once more, at a place that nobody knows
    me.keys("The drain is choked", "Moon*Lane 7", "1")
    again = phone()
    again.dial()
    again.keys("1", "Another drain", "Kojokrum market", "1", "1")
    said = [one.text for one in rows(db, Message) if one.direction == "in"]
    assert said == ["The drain is choked\nPlace: Moon*Lane 7", "Another drain\nPlace: Kojokrum market, Kojokrom"]


def test_every_turn_is_stored_as_it_came(db: Database, phone: Dial) -> None:
    me = phone()
    report(me)
    found = rows(db, RawRequest)
    assert len(found) == me.turns
    assert {one.state for one in found} == {"applied"}
    (row,) = rows(db, DialogueSession)
    assert (row.turns, row.ends, row.case_id) == (me.turns, True, rows(db, Case)[0].id)
    assert row.state == {"language": "en"}  # what was keyed in stands in the message


def test_from_a_phone_on_the_case_the_reference_tells_how_it_stands_and_no_more(db: Database, phone: Dial) -> None:
    case, _ = opened(db, phone)
    me = phone()
    me.dial()
    assert "is received. You hear from us by" in me.keys("2", case.reference)
    me.keys("1", "And the pole is bent")
    assert me.screen.startswith("To add it we need the case's 4-digit code:")
    assert [one.text for one in rows(db, Message) if one.direction == "in"] == [
        "The street light is out\nPlace: Beach Road"
    ]


def test_words_are_added_with_the_code_and_stand_in_the_same_case(db: Database, phone: Dial) -> None:
    case, code = opened(db, phone)
    me = phone()
    me.dial()
    me.keys("2", case.reference, "1", "And the pole is bent", code)
    assert (me.screen, me.ends) == ("Added to your case. Thank you.", True)
    (only,) = rows(db, Case)
    assert rows(db, Message)[-1].text == "And the pole is bent"
    assert rows(db, Filing)[-1].case_id == only.id
    assert rows(db, Event)[-1].kind in ("message_received", "timer_started")
    last = rows(db, DialogueSession)[-1]
    assert (last.state, last.screen) == ({"language": "en"}, me.screen)
    assert re.fullmatch(rf"{len(me.text)}:[0-9a-f]{{32}}", last.whole)
    assert faults_of_histories(db) == []


def test_another_phone_learns_nothing_without_the_code(db: Database, phone: Dial) -> None:
    case, code = opened(db, phone)
    other = phone(OTHER)
    other.dial()
    assert other.keys("2", case.reference).startswith("The 4-digit code of this case:")
    unknown = phone("+233200000703")
    unknown.dial()
    assert (
        unknown.keys("2", f"1234567{check_digit('1234567')}").split("\n")[0] == other.screen.split("\n")[0]
    )  # no case: said the same
    wrong = f"{(int(code) + 1) % 10000:04d}"
    assert other.keys(wrong).startswith("Reference and code do not go together.")
    assert "is received" in other.keys(code)


def test_five_wrong_codes_lock(db: Database, phone: Dial) -> None:
    case, code = opened(db, phone)
    other = phone(OTHER)
    other.dial()
    other.keys("2", case.reference)
    wrong = f"{(int(code) + 1) % 10000:04d}"
    other.keys(*[wrong] * 5)
    assert other.keys(code).startswith("Too many wrong codes")
    assert other.ends
    again = phone(OTHER)  # another session of the same phone
    again.dial()
    assert again.keys("2", case.reference, code).startswith("Too many wrong codes")
    mine = phone()
    mine.dial()
    assert "is received" in mine.keys("2", case.reference)


def test_a_case_is_withdrawn_with_its_code_alone(db: Database, phone: Dial) -> None:
    case, code = opened(db, phone)
    me = phone()
    me.dial()
    assert me.keys("2", case.reference, "3", "1").startswith("To withdraw it we need")
    assert rows(db, Case)[0].status == "new"
    assert me.keys(code).startswith("Withdrawn.")
    ended = rows(db, Case)[0]
    assert (ended.status, ended.outcome) == (Status.RESOLVED, Outcome.WITHDRAWN)
    assert faults_of_histories(db) == []


def settled(db: Database, city: Container, case: Case) -> None:
    """Let somebody at the desk resolve a case."""

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        how = {"reference": case.reference, "calendars": city.city.calendars, "outcome": Outcome.FIXED}
        lifecycle.transition(session, SYSTEM, to=Status.RESOLVED, **how)  # type: ignore[arg-type]

    db.run(work)


def test_a_settled_case_is_rated_once_each_time_it_is_settled(db: Database, city: Container, phone: Dial) -> None:
    case, code = opened(db, phone)
    settled(db, city, case)
    me = phone()
    me.dial()
    assert me.keys("5", code).startswith("How did we do?")
    assert me.keys("1") == "Thank you for telling us."
    again = phone()
    again.dial()
    assert again.keys("5").startswith("You have rated your last case.")
    (rating,) = rows(db, Rating)
    assert (rating.score, rating.channel, rating.case_id) == (5, "ussd", case.id)

    more = phone()  # it is not settled after all: the case opens again, and is settled again
    more.dial()
    assert more.keys("2", case.reference, "1", "It is out again", code).startswith("Added")
    assert rows(db, Case)[0].status == "open"
    settled(db, city, case)
    third = phone()
    third.dial()
    third.keys("5", code, "4", "Too slow")
    assert third.screen.startswith("Thank you. Shall we take it up again?")
    assert third.keys("1", "Still dark").startswith("Added")
    assert [(one.score, one.reason) for one in rows(db, Rating)] == [(5, None), (2, "Too slow")]
    assert rows(db, Case)[0].status == "open"
    assert faults_of_histories(db) == []


def test_two_who_rate_at_once_rate_once(db: Database, city: Container, phone: Dial) -> None:
    case, code = opened(db, phone)
    settled(db, city, case)
    both = [phone(), phone()]
    for one in both:
        one.dial()
    for one in both:
        one.keys("5", code)
    assert both[0].keys("1") == "Thank you for telling us."
    assert both[1].keys("5").startswith("What was wrong?")
    assert both[1].keys("Everything").startswith("You have rated your last case.")
    assert [one.score for one in rows(db, Rating)] == [5]


def test_whoever_gets_no_sms_is_told_so(db: Database, city: Container, phone: Dial) -> None:
    limit = city.city.limits.automatic_replies_per_hour
    for number in range(limit):
        assert "It comes by SMS" in report(phone(), words=f"Lamp {number} is out")
    assert "Write it down: no SMS follows" in report(phone(), words="One more lamp")
    assert len(rows(db, OutboxEntry)) == limit
    assert len(rows(db, Case)) == limit + 1


def test_nobody_rates_what_is_not_theirs(db: Database, city: Container, phone: Dial) -> None:
    case, code = opened(db, phone)
    settled(db, city, case)
    other = phone(OTHER)
    other.dial()
    assert other.keys("5").startswith("No settled case of this phone")
    forged = phone()  # somebody says that they are this phone
    forged.dial()
    forged.keys("5")
    assert case.reference[:4] not in forged.screen
    assert forged.keys(f"{(int(code) + 1) % 10000:04d}").startswith("That is not its code.")
    assert rows(db, Rating) == []


def test_an_officer_answers_by_sms_whoever_reported_by_ussd(db: Database, city: Container, phone: Dial) -> None:
    case, _ = opened(db, phone)
    db.run(
        lambda uow: replies.reply(uow.session, SYSTEM, city=city.city, reference=case.reference, text="On our way").id
    )
    last = rows(db, OutboxEntry)[-1]
    assert (last.account, last.recipient) == ("sms-at", ME)


def test_a_call_back_is_a_case_of_its_own_or_stands_in_the_proved_one(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("6", "1")
    assert "We will call this number" in me.until_ended()
    (case,) = rows(db, Case)
    assert (case.family, case.subject) == ("enquiry", "Please call me back on this number.")
    code = rows(db, OutboxEntry)[-1].fill["code"]
    again = phone(OTHER)
    again.dial()
    again.keys("2", case.reference, code, "2")
    assert len(rows(db, Case)) == 1
    assert "call_back_asked" in {one.kind for one in rows(db, Event)}
    assert [(one.case_id, one.kind, one.state) for one in rows(db, Task)] == [(case.id, "call_back", "open")]


def test_who_asks_how_it_stands_is_not_told_when_they_are_called(db: Database, phone: Dial) -> None:
    case, code = opened(db, phone)
    first = phone()
    first.dial()
    told = first.keys("2", case.reference)
    first.keys("2", code)
    sooner = {"due_kind": "task", "due_at": case.opened_at}
    db.run(
        lambda uow: (
            uow.session.execute(update(Timer).where(Timer.kind == "task").values(due_at=case.opened_at)) and None
        )
    )
    db.run(lambda uow: uow.session.execute(update(Case).values(**sooner)) and None)
    again = phone()
    again.dial()
    assert "You hear from us by" in told
    assert again.keys("2", case.reference).replace("in work", "received") == told


def test_three_wrong_inputs_offer_a_call(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    assert me.keys("9").startswith("Sorry, not understood.")
    assert me.keys("8", "x").startswith("Shall an officer call you?")
    me.keys("1")
    assert len(rows(db, Case)) == 1
    assert [one.kind for one in rows(db, Task)] == ["call_back"]


def test_a_request_for_information_is_one_by_law(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("4", "The budget of the market", "1")
    me.until_ended()
    (case,) = rows(db, Case)
    assert case.family == "information_request"
    assert case.due_kind is not None


def test_the_same_words_a_moment_later_are_suggested_as_the_same_matter(db: Database, phone: Dial) -> None:
    report(phone())
    report(phone())
    report(phone(), words="The bridge is broken")
    first, second, third = rows(db, Case)
    assert (second.may_belong_to_id, third.may_belong_to_id) == (first.id, None)


def test_a_language_is_kept_for_the_phone(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("7", "1")
    assert me.screen.startswith("STMA. Free for you")
    assert [one.language for one in rows(db, Address)] == ["en"]


def test_what_is_only_looked_at_makes_nobody_known(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("3", "birth certificate", "1", "00")
    assert "1 Ask for it" in me.until_asked()
    assert rows(db, Address) == []
