"""A reply that is taken back before it left: what it did is undone exactly, and against a worker only one wins."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases import clock, conversation, outbox, replies, tasks, undoing
from cases.arrivals import Speaker
from cases.commands import StatusOf
from cases.errors import Invalid, Stale
from cases.lifecycle import Outcome, Status
from cases.models import Filing, Message, OutboxEntry, Party, Pause, Snooze, Task, Timer
from cases.models.event import Head, verify
from contactcentre.db import Database
from tests.factories import make_agent, phone
from tests.integration.counting import count, differences, facts, sums
from tests.integration.office import Office, now, office, when

TEN = timedelta(seconds=10)
ROW = ("status", "outcome", "resolved_at", "assignee_id", "last_speaker", "last_message_id", "due_kind", "due_at")
TIMER = ("state", "due_at", "met_at", "met_by", "breached_at", "ended_at", "next_wake_at", "rung", "overridden")


def writes(desk: Office, text: str = "We come today", **how: Any) -> int:
    """Let the agent answer in a way that can be undone; returns the message."""
    asked = {"city": desk.city, "reference": desk.case.reference, "text": text, "undo": TEN, **how}
    return desk.db.run(lambda uow: replies.reply(uow.session, desk.agent, **asked).id)


def undoes(desk: Office, message_id: int, viewer: Any = None) -> undoing.Undone:
    asked = {"city": desk.city, "reference": desk.case.reference, "message_id": message_id}
    return desk.db.run(lambda uow: undoing.undo(uow.session, viewer or desk.agent, **asked))


def stands(desk: Office) -> dict[str, Any]:
    """Everything of a case that a reply may change; of pauses that follow one another only the whole counts."""
    with desk.db.reader() as session:
        timers = session.scalars(select(Timer).where(Timer.case_id == desk.case_id).order_by(Timer.id)).all()
        ids = [one.id for one in timers]
        pauses = session.scalars(select(Pause).where(Pause.timer_id.in_(ids)).order_by(Pause.id)).all()
        tasks_ = session.scalars(select(Task).where(Task.case_id == desk.case_id).order_by(Task.id)).all()
        return {
            "case": {name: getattr(desk.case, name) for name in (*ROW, "last_message_at", "snoozed_until")},
            "timers": {one.id: {name: getattr(one, name) for name in TIMER} for one in timers},
            "pauses": _joined([(one.timer_id, one.since, one.until) for one in pauses]),
            "tasks": [(one.state, one.result, one.ended_at, one.ended_by) for one in tasks_],
        }


def _joined(pauses: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    whole: list[tuple[Any, ...]] = []
    for timer_id, begun, until in sorted(pauses, key=lambda one: (one[0], one[1], one[2] is None)):
        follows = bool(whole) and whole[-1][0] == timer_id and whole[-1][2] == begun
        since = whole.pop()[1] if follows else begun
        if since != until:
            whole.append((timer_id, since, until))
    return whole


def opens_task(desk: Office) -> None:
    asked = {"city": desk.city, "reference": desk.case.reference, "title": "Send a crew"}
    desk.db.run(lambda uow: tasks.open(uow.session, desk.agent, **asked))


BEFORE: dict[str, tuple[str, Any]] = {
    "of a new case": ("10:05", lambda _: None),
    "of a case that waits": ("10:05", lambda desk: desk.moves(Status.WAITING_ON_THIRD_PARTY)),
    "of a case whose answer is late": ("15:30", lambda desk: (desk.at("2026-03-03 15:10"), desk.wakes())),
    "of a case that was answered once": ("10:20", lambda desk: (desk.answers("Which street?"), desk.says("Main"))),
}
HOW: dict[str, dict[str, Any]] = {
    "send": {},
    "wait": {"wait": True, "reason": "the street"},
    "wait and look again": {"wait": True, "reason": "the street", "follow_up": when("2026-03-09 09:00")},
    "resolve": {"resolve": Outcome.FIXED},
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("which", BEFORE)
def test_what_a_reply_did_is_undone_exactly(db: Database, which: str, how: str) -> None:
    at, first = BEFORE[which]
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        first(desk)
        desk.at(f"2026-03-03 {at}")
        before = stands(desk)
        count(desk)
        counted = sums(desk, *MEASURES), facts(desk, *FACTS)
        message_id = writes(desk, **HOW[how])
        assert stands(desk) != before
        count(desk)
        desk.at(f"2026-03-03 {at[:-1]}9")  # so late a worker would have claimed it, but none did
        assert undoes(desk, message_id) == undoing.Undone("We come today", True)
        assert stands(desk) == before
        count(desk)
        assert (sums(desk, *MEASURES), facts(desk, *FACTS)) == counted
        assert not differences(desk)
        with db.reader() as session:
            case = desk.case
            assert verify(session, case.id, head=Head(case.id, case.event_seq, case.event_head)).faults == ()
            entry = session.scalars(select(OutboxEntry).where(OutboxEntry.message_id == message_id)).one()
            filing = session.scalars(select(Filing).where(Filing.message_id == message_id)).one()
            row = session.scalars(select(Snooze)).one_or_none()
        assert (entry.state, desk.message(message_id).status) == ("undone", "undone")
        assert filing.removed_at is not None
        assert row is None or row.ended_why == "undone"
        assert [one["whole"] for one in desk.history("reply_undone")] == [True]


MEASURES = ("met", "breached", "waived", "resolved", "reopened", "first_response", "next_response", "first_resolution")
FACTS = ("first_response", "next_response", "first_resolution", "resolved", "leg")


def test_tasks_that_a_resolution_cancelled_are_open_again(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        opens_task(desk)
        before = stands(desk)
        message_id = writes(desk, resolve=Outcome.FIXED)
        assert [one[0] for one in stands(desk)["tasks"]] == ["cancelled"]
        undoes(desk, message_id)
        assert stands(desk) == before


def test_after_something_else_has_happened_only_the_message_is_taken_back(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        count(desk)
        message_id = writes(desk, wait=True)
        desk.at("2026-03-03 10:01").says("It is worse now")
        count(desk)
        assert undoes(desk, message_id) == undoing.Undone("We come today", False)
        assert desk.case.status == "open"
        assert desk.timer("first_response").state == "running"
        count(desk)
        assert sums(desk, "first_response", "met") == {}
        assert not differences(desk)


@pytest.mark.parametrize("late", ["sending", "sent", "tried"])
def test_what_is_leaving_or_has_left_stays(db: Database, late: str) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        message_id = writes(desk)
        change = {"sending": ("sending", 1), "sent": ("sent", 1), "tried": ("queued", 1)}[late]

        def left(uow: Any) -> None:
            entry = uow.session.scalars(select(OutboxEntry).where(OutboxEntry.message_id == message_id)).one()
            entry.state, entry.attempts = change

        desk.db.run(left)
        before = stands(desk)
        with pytest.raises(Stale, match="too late"):
            undoes(desk, message_id)
        assert stands(desk) == before


def test_nobody_takes_back_a_colleagues_reply_nor_one_twice(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        message_id = writes(desk)
        other = db.run(lambda uow: make_agent(uow.session, "Kojo", ("supervisor", "*")))
        with pytest.raises(Invalid, match="no reply of yours"):
            undoes(desk, message_id, other)
        undoes(desk, message_id)
        with pytest.raises(Stale):
            undoes(desk, message_id)


def test_ending_a_case_that_had_ended_once_leaves_at_once(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        desk.moves(Status.RESOLVED, Outcome.FIXED)
        message_id = writes(desk, resolve=Outcome.ANSWERED)
        with db.reader() as session:
            entry = session.scalars(select(OutboxEntry).where(OutboxEntry.message_id == message_id)).one()
        assert entry.not_before == now()
        with pytest.raises(Invalid):
            undoes(desk, message_id)


def test_it_leaves_when_it_cannot_be_taken_back_any_more_and_not_before(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        account = desk.case.account
        db.run(lambda uow: outbox.claim(uow.session, account=account, now=now(), limit=10))  # the acknowledgement
        db.run(lambda uow: uow.session.query(OutboxEntry).update({"state": "sent"}))
        message_id = writes(desk)

        def claimed() -> list[int]:
            found = db.run(lambda uow: outbox.claim(uow.session, account=account, now=now(), limit=10))
            return [one.message_id for one in found]

        desk.at("2026-03-03 10:00:09")
        assert claimed() == []
        desk.at("2026-03-03 10:00:10")
        assert claimed() == [message_id]


def test_the_citizen_is_told_of_it_when_it_has_left(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        told_before = asks(desk)
        writes(desk, resolve=Outcome.FIXED)
        assert asks(desk) == told_before
        desk.at("2026-03-03 10:00:10")
        assert "status.resolved" in asks(desk)


def asks(desk: Office) -> str:
    """Let the citizen ask for the status; returns what they are told."""

    def ask(uow: Any) -> str:
        address_id = uow.session.scalars(select(Party.address_id).where(Party.case_id == desk.case_id)).first()
        speaker = Speaker(phone(1), address_id, desk.case.citizen_id, desk.case.thread_id)
        command = StatusOf(desk.case.reference, None)
        say, _ = conversation.answer(uow.session, command, speaker, city=desk.city, at=clock.now(uow.session))
        return f"{say.key} {dict(say.values)}"

    return str(desk.db.run(ask))


def test_worker_and_author_at_once_one_of_them_has_it(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        account = desk.case.account
        db.run(lambda uow: uow.session.query(OutboxEntry).update({"state": "sent"}))
        winners: list[str] = []
        for turn in range(20):
            desk.at("2026-03-03 10:00")
            message_id = writes(desk, f"Reply {turn}")
            desk.at("2026-03-03 10:00:10")
            start, found = threading.Barrier(2), dict[str, Any]()
            sides = (
                threading.Thread(target=_claims, args=(desk, account, start, found)),
                threading.Thread(target=_undoes, args=(desk, message_id, start, found)),
            )
            for side in sides:
                side.start()
            for side in sides:
                side.join()
            assert (found["claimed"] == [message_id]) != found["undone"], found
            winners.append("author" if found["undone"] else "worker")
            state = "undone" if found["undone"] else "sending"
            with db.reader() as session:
                entry = session.scalars(select(OutboxEntry).where(OutboxEntry.message_id == message_id)).one()
                message = session.get_one(Message, message_id)
            assert (entry.state, message.status) == (state, state)
            db.run(lambda uow: uow.session.query(OutboxEntry).update({"state": "sent"}))


def _claims(desk: Office, account: str, start: threading.Barrier, found: dict[str, Any]) -> None:
    start.wait()
    claimed = desk.db.run(lambda uow: outbox.claim(uow.session, account=account, now=now(), limit=10))
    found["claimed"] = [one.message_id for one in claimed]


def _undoes(desk: Office, message_id: int, start: threading.Barrier, found: dict[str, Any]) -> None:
    start.wait()
    try:
        undoes(desk, message_id)
        found["undone"] = True
    except Stale:
        found["undone"] = False
