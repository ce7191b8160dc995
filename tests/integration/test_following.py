"""Reported already near here: offered in words that tell nothing of anybody, followed once, told of its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from cases import citizens, closing, following, intake, lifecycle
from cases.arrivals import arrive
from cases.lifecycle import Outcome, Status
from cases.messages import Address as Phone
from cases.messages import AddressKind, InboundMessage
from cases.models import Address, Case, DialogueSession, Event, EventDetail, Filing, Message, OutboxEntry, Party
from cases.permissions import SYSTEM
from contactcentre.db import Database
from tests.integration.callbacks import faults_of_histories
from tests.integration.dialling import ACCOUNT, Dial, Dialled, report, rows
from workers.dialogues import tell_followers

if TYPE_CHECKING:
    from contactcentre.container import Container

FIRST, ME, OTHER = "+233200000731", "+233200000732", "+233200000733"
LAMP, MINE, PLACE = "The street light by my gate is out", "No street light here", "Beach Road"


@pytest.fixture
def case(db: Database, phone: Dial) -> Case:
    """What somebody else has reported."""
    report(phone(FIRST), words=LAMP)
    return rows(db, Case)[0]


def offered(phone: Dial, words: str = MINE, place: str = PLACE, number: str = ME) -> Dialled:
    """Report something up to the screen that comes after its place."""
    me = phone(number)
    me.dial()
    me.keys("1", words, place)
    if me.screen.startswith("Which place"):
        me.keys("1")
    return me


def follows(phone: Dial, number: str = ME) -> Dialled:
    me = offered(phone, number=number)
    me.keys("1")
    return me


def ends(db: Database, city: Container, case: Case, to: Status = Status.RESOLVED, outcome: Any = Outcome.FIXED) -> None:
    how = {"reference": case.reference, "to": to, "calendars": city.city.calendars, "outcome": outcome}
    db.run(lambda uow: lifecycle.transition(uow.session, SYSTEM, **how).id)


def changes(db: Database, model: Any, **values: object) -> None:
    db.run(lambda uow: uow.session.execute(update(model).values(**values)) and None)


def told(db: Database) -> list[tuple[str, str, str]]:
    """Return whom the followers' texts go to, by which account, and what they say."""
    texts = {one.id: one for one in rows(db, Message) if one.text_key == "followed_ended"}
    entries = [one for one in rows(db, OutboxEntry) if one.message_id in texts]
    return [(one.recipient, one.account, texts[one.message_id].text) for one in entries]


def test_a_case_of_somebody_else_is_offered_by_service_area_age_and_status_alone(phone: Dial, case: Case) -> None:
    me = offered(phone)
    said = me.until_asked()
    assert said.startswith("Reported already: Street light")
    assert "1 Beach Road, today, received" in said
    assert not any(one in said for one in (case.reference[:4], "gate", FIRST[-4:]))
    assert "2 None of these" in said


def test_who_follows_opens_no_case_and_learns_the_reference_by_sms(db: Database, phone: Dial, case: Case) -> None:
    me = follows(phone)
    written = f"{case.reference[:4]}-{case.reference[4:]}"
    assert f"You follow case {written}" in me.until_ended()
    assert me.turns <= 8
    assert len(rows(db, Case)) == 1
    requester, follower = rows(db, Party)
    mine = next(one for one in rows(db, Address) if one.value == ME)
    assert (requester.role, follower.role) == ("requester", "follower")
    assert (follower.case_id, follower.address_id, follower.account) == (case.id, mine.id, ACCOUNT)
    entry = rows(db, OutboxEntry)[-1]
    assert (entry.recipient, entry.account, entry.fill) == (ME, "sms-at", None)
    assert f"you follow case {written}, reported by somebody else" in rows(db, Message)[-1].text
    event = rows(db, Event)[-1]
    assert (event.kind, event.actor, event.values) == ("followed", "citizen", {"channel": "ussd", "party": follower.id})
    with db.reader() as session:
        detail = session.get_one(EventDetail, event.id)
    assert detail.values == {"text": f"{MINE}\nPlace: {PLACE}"}
    assert (rows(db, DialogueSession)[-1].case_id, len(rows(db, Filing))) == (case.id, 2)
    assert faults_of_histories(db) == []


def test_none_of_these_goes_on_to_a_case_of_its_own(db: Database, phone: Dial, case: Case) -> None:
    me = offered(phone)
    me.keys("2")
    assert me.screen.startswith("Send this?")
    me.keys("1")
    me.until_ended()
    assert (len(rows(db, Case)), me.turns <= 8) == (2, True)
    assert [one.role for one in rows(db, Party)] == ["requester", "requester"]


@pytest.mark.parametrize(
    ("words", "place", "number"),
    [
        ("The gutter is choked with refuse", PLACE, ME),
        (MINE, "Kojokrom", ME),
        (MINE, "Takoradi", ME),  # a whole district is no place where two mean the same
        (MINE, "behind the blue kiosk", ME),
        (MINE, PLACE, FIRST),
        (f"{MINE}, and a house is on fire", PLACE, ME),
    ],
    ids=["another service", "another area", "a district", "an unknown place", "one's own", "danger to life"],
)
def test_nothing_else_is_offered(phone: Dial, case: Case, words: str, place: str, number: str) -> None:
    assert offered(phone, words, place, number).screen.startswith("Send this?")


def test_only_open_public_recent_cases_are_offered(db: Database, city: Container, phone: Dial, case: Case) -> None:
    numbers = (f"+23320000075{number}" for number in range(10))  # who was cut off is asked something else first

    def screen() -> str:
        return offered(phone, number=next(numbers)).until_asked()

    changes(db, Case, confidential=True)
    assert screen().startswith("Send this?")
    changes(db, Case, confidential=False, opened_at=case.opened_at - timedelta(days=13))
    assert "13 days ago" in screen()
    changes(db, Case, opened_at=case.opened_at - timedelta(days=city.city.limits.near_days, minutes=1))
    assert screen().startswith("Send this?")
    changes(db, Case, opened_at=case.opened_at - timedelta(days=1), status="open")
    assert "yesterday, in work" in screen()
    ends(db, city, case)
    assert screen().startswith("Send this?")


def test_three_at_most_are_offered_the_latest_first(db: Database, phone: Dial, case: Case) -> None:
    for number in range(4):
        other = offered(phone, number=f"+23320000074{number}")
        other.keys(str(min(number + 2, 4)), "1")
    assert len(rows(db, Case)) == 5
    me = offered(phone)
    assert "4 None of these" in me.until_asked()
    me.keys("1")
    assert rows(db, Party)[-1].case_id == rows(db, Case)[-1].id


def test_who_follows_already_is_not_asked_again_and_counted_once(db: Database, city: Container, phone: Dial) -> None:
    report(phone(FIRST), words=LAMP)
    (case,) = rows(db, Case)
    follows(phone)
    assert offered(phone).screen.startswith("Send this?")

    def again(uow: Any) -> object:
        speaker = arrive(uow.session, Phone(AddressKind.PHONE, ME)).speaker
        return following.follow(uow.session, case.reference, speaker, channel="ussd", account=ACCOUNT)

    assert db.run(again) is not None
    assert [one.role for one in rows(db, Party)] == ["requester", "follower"]
    assert [one.kind for one in rows(db, Event)].count("followed") == 1


def test_a_case_that_ended_meanwhile_is_reported_instead(
    db: Database, city: Container, phone: Dial, case: Case
) -> None:
    me = offered(phone)
    ends(db, city, case)
    me.keys("1")
    assert me.screen.startswith("Send this?")
    assert len(rows(db, Party)) == 1


def test_followers_hear_of_its_end_once_each_time(db: Database, city: Container, phone: Dial, case: Case) -> None:
    follows(phone)
    follows(phone, OTHER)
    assert tell_followers(city) == 0
    ends(db, city, case)
    assert tell_followers(city) == 2
    assert tell_followers(city) == 0
    (me, account, text), (other, *_) = told(db)
    assert (me, other, account) == (ME, OTHER, "sms-at")
    assert f"case {case.reference[:4]}-{case.reference[4:]}, which you follow, is settled." in text
    last = rows(db, Event)[-1]
    assert (last.kind, last.values) == ("followers_told", {"count": 2})
    ends(db, city, case, Status.OPEN, None)
    assert tell_followers(city) == 0
    ends(db, city, case, outcome=Outcome.WITHDRAWN)
    assert tell_followers(city) == 2
    assert "which you follow, is closed." in told(db)[-1][2]
    assert faults_of_histories(db) == []


def test_a_case_that_is_closed_before_anybody_was_told_is_told_too(
    db: Database, city: Container, phone: Dial, case: Case
) -> None:
    follows(phone)
    ends(db, city, case)
    later = rows(db, Case)[0].resolved_at + timedelta(hours=1)
    how = {"before": later, "calendars": city.city.calendars}
    assert db.run(lambda uow: closing.close_resolved(uow.session, **how)) == 1
    assert tell_followers(city) == 1


def test_who_wants_no_automatic_texts_is_not_written_to(db: Database, city: Container, phone: Dial, case: Case) -> None:
    follows(phone)
    mine = rows(db, Party)[-1].address_id
    at = case.opened_at
    db.run(lambda uow: citizens.set_opted_out(uow.session, mine, opted_out=True, at=at))
    ends(db, city, case)
    assert tell_followers(city) == 1
    assert told(db) == []
    assert rows(db, Event)[-1].kind != "followers_told"


def writes(db: Database, city: Container, text: str) -> intake.Received:
    sms = InboundMessage("sms-at", "sms", Phone(AddressKind.PHONE, ME), "1422", text, f"sms-{len(rows(db, Message))}")
    return db.run(lambda uow: intake.receive(uow.session, sms, city=city.city))


def test_a_follower_learns_how_it_stands_and_stays_outside(
    db: Database, city: Container, phone: Dial, case: Case
) -> None:
    follows(phone)
    writes(db, city, f"STATUS {case.reference}")
    assert "is received" in rows(db, Message)[-1].text
    received = writes(db, city, f"Please hurry with {case.reference}")
    assert received.case_id != case.id  # their words are no part of somebody else's case
    ends(db, city, case)
    me = phone()
    me.dial()
    assert me.keys("5").startswith("No settled case of this phone")
