"""Logged calls and visits: one that reached the citizen keeps what an answer keeps, an attempt keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from cases import contacts, receipts
from cases.contacts import ContactKind, Direction
from cases.errors import Invalid, NotAllowed, NotFound
from cases.lifecycle import Outcome, Status
from cases.messages import DeliveryStatus
from cases.models import Case, Event, EventDetail, Message
from cases.permissions import Viewer
from contactcentre.db import Database, UnitOfWork
from tests.factories import make_agent
from tests.integration.office import Office, now, office, words

CALL, VISIT, IN, OUT = ContactKind.CALL, ContactKind.VISIT, Direction.IN, Direction.OUT


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office with 4 hours to the first answer, and a case of Tuesday 3 March at 10:00."""
    with office(db) as opened:
        opened.at("2026-03-03 10:00").says()
        yield opened


def logs(
    desk: Office, kind: ContactKind = CALL, direction: Direction = OUT, *,
    reached: bool, text: str = "Spoke of the gutter", viewer: Viewer | None = None,
) -> int:  # fmt: skip
    how = {"kind": kind, "direction": direction, "reached": reached, "text": text, "reference": desk.case.reference}
    who = viewer or desk.agent
    return desk.db.run(lambda uow: contacts.log(uow.session, who, city=desk.city, **how))  # type: ignore[arg-type]


def reports(desk: Office, message_id: int, status: DeliveryStatus) -> None:
    """Let a gateway report what became of a message."""

    def work(uow: UnitOfWork) -> None:
        message = uow.session.get_one(Message, message_id)
        message.status = "sent"
        uow.session.flush()
        receipts.advance(uow.session, message, status, reason="switched off", at=now())

    desk.db.run(work)


@pytest.mark.parametrize("kind", [CALL, VISIT])
def test_a_citizen_who_was_reached_has_had_the_first_answer(desk: Office, kind: ContactKind) -> None:
    desk.at("2026-03-03 11:00")
    event_id = logs(desk, kind, reached=True)
    first = desk.timer("first_response")
    assert (first.state, words(first.met_at), first.met_by) == ("met", "2026-03-03 11:00", None)
    (met,) = desk.history("timer_met")
    assert met == {**met, "timer": "first_response", "late": False, "by": kind.value}
    case = desk.case
    assert (case.status, case.assignee_id, case.last_speaker) == ("open", desk.agent.id, "agent")
    with desk.db.reader() as session:
        event, personal = session.get_one(Event, event_id), session.get_one(EventDetail, event_id)
    assert (event.kind, event.message_id) == ("contact_logged", None)
    assert event.values == {"contact": kind.value, "direction": "out", "reached": True}
    assert personal.values == {"text": "Spoke of the gutter"}


def test_an_attempt_is_noted_and_keeps_nothing(desk: Office) -> None:
    logs(desk, reached=False, text="")
    assert desk.timer("first_response").state == "running"
    case = desk.case
    assert (case.status, case.assignee_id, case.last_speaker, case.due_kind) == (
        "new", None, "citizen", "first_response",
    )  # fmt: skip
    assert desk.history("contact_logged") == [
        {"kind": "contact_logged", "contact": "call", "direction": "out", "reached": False}
    ]


def test_a_later_question_is_answered_by_a_call_too_and_late_is_late(desk: Office) -> None:
    desk.answers()
    desk.at("2026-03-03 11:00").says("And when?")
    desk.at("2026-03-05 09:00")
    logs(desk, reached=True)
    asked = desk.timer("next_response")
    assert (asked.state, words(asked.breached_at)) == ("met", "2026-03-04 11:00")
    assert desk.history("timer_met")[-1]["late"] is True


def test_a_citizen_who_comes_ends_the_wait_and_one_who_is_rung_does_not(desk: Office) -> None:
    desk.answers(wait=True)
    desk.at("2026-03-03 14:00")
    logs(desk, CALL, OUT, reached=True)
    assert desk.case.status == "waiting_on_citizen"
    logs(desk, VISIT, IN, reached=True)
    assert desk.case.status == "open"
    assert desk.pauses("resolution") == [("2026-03-03 10:00", "2026-03-03 14:00", "waiting_on_citizen")]


def test_a_lost_answer_takes_nothing_back_where_somebody_spoke_with_them_after_it(desk: Office) -> None:
    lost = desk.at("2026-03-03 11:00").answers()
    desk.at("2026-03-03 12:00")
    logs(desk, reached=False, text="")
    logs(desk, reached=True)
    reports(desk, lost, DeliveryStatus.FAILED)
    desk.at("2026-03-03 13:00").wakes()
    first = desk.timer("first_response")
    assert (first.state, words(first.met_at), first.met_by) == ("met", "2026-03-03 12:00", None)
    last = desk.history("timer_met")[-1]
    assert last == {**last, "timer": "first_response", "late": False, "by": "call"}
    assert desk.history("timer_unmet") == []
    assert desk.wakes() == 0


def test_a_lost_answer_is_owed_again_where_they_were_only_tried(desk: Office) -> None:
    lost = desk.at("2026-03-03 11:00").answers()
    logs(desk, reached=False, text="")
    reports(desk, lost, DeliveryStatus.FAILED)
    desk.at("2026-03-03 13:00").wakes()
    assert desk.timer("first_response").state == "running"


def test_a_contact_after_the_end_is_noted_and_changes_nothing(desk: Office) -> None:
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    before = desk.case
    logs(desk, reached=True)
    after = desk.case
    assert (after.status, after.assignee_id, after.last_speaker) == (before.status, None, before.last_speaker)
    assert len(desk.history("contact_logged")) == 1


def test_who_was_reached_was_told_something(desk: Office) -> None:
    with pytest.raises(Invalid, match="what was said") as caught:
        logs(desk, reached=True, text=" \n")
    assert caught.value.field == "text"
    with pytest.raises(Invalid, match="20001 characters"):
        logs(desk, reached=True, text="x" * 20_001)
    assert desk.history("contact_logged") == []


def test_who_may_note_may_log_and_a_clerk_does_not_get_the_case(desk: Office) -> None:
    clerk = desk.db.run(lambda uow: make_agent(uow.session, "Efua", ("counter_clerk", "desk")))
    logs(desk, VISIT, IN, reached=True, viewer=clerk)
    assert desk.timer("first_response").state == "met"
    assert desk.case.assignee_id is None
    auditor = desk.db.run(lambda uow: make_agent(uow.session, "Yaa", ("auditor", "*")))
    with pytest.raises(NotAllowed):
        logs(desk, reached=True, viewer=auditor)


@pytest.mark.parametrize("role", [("agent", "waste"), ("counter_clerk", "desk")], ids=str)
def test_a_confidential_case_and_another_department_s_viewer_are_refused(desk: Office, role: tuple[str, str]) -> None:
    desk.db.run(lambda uow: uow.session.execute(update(Case).values(confidential=True)))
    other = desk.db.run(lambda uow: make_agent(uow.session, "Yaw", role))
    with pytest.raises(NotFound):
        logs(desk, reached=True, viewer=other)
    with desk.db.reader() as session:
        assert session.scalars(select(Event).where(Event.kind == "contact_logged")).all() == []
