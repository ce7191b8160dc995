"""A reply that is taken back before it has left: the message, what it kept, and where the case stood.

For a few seconds a reply waits in the outbox. Its author may take it back until a worker claims it: both change the
entry's row, so exactly one of them finds it as it was. What a reply did stands in the lines of history that were
written with it; where nothing else has happened to the case since, each of them is taken back exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import access, attachments, clock, lifecycle, open_tasks, snoozing
from cases.departments import City
from cases.errors import Invalid, Stale
from cases.lifecycle import Status
from cases.models import Case, Event, Filing, Message, OutboxEntry, Task, Timer
from cases.models.event import Happened, record
from cases.outbox import OutboxState, end
from cases.permissions import Action, Viewer
from cases.sla import endings, pauses

TAKEN_BACK = "Taken back by its author before it left."
_ENTRY = (
    select(OutboxEntry)
    .where(OutboxEntry.message_id == bindparam("message_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_REPLIED = select(Event).where(
    Event.case_id == bindparam("case_id"), Event.kind == "replied", Event.message_id == bindparam("message_id")
)
_DID = (
    select(Event)
    .where(Event.case_id == bindparam("case_id"), Event.seq.between(bindparam("first"), bindparam("last")))
    .order_by(Event.seq)
)
_FILING = select(Filing).where(
    Filing.case_id == bindparam("case_id"), Filing.message_id == bindparam("message_id"), Filing.removed_at.is_(None)
)
_HELD_BACK = (
    select(Event.values)
    .join(OutboxEntry, OutboxEntry.message_id == Event.message_id)
    .where(
        Event.case_id == bindparam("case_id"),
        Event.kind == "replied",
        Event.message_id == bindparam("message_id"),
        OutboxEntry.state == OutboxState.QUEUED,
        OutboxEntry.attempts == 0,
        OutboxEntry.not_before > bindparam("at"),
    )
)
_ENDS = ("timer_met", "timer_missed", "timer_waived", "timer_ended")


@dataclass(frozen=True, slots=True)
class Undone:
    """``whole``: the case stands as it did before the reply; else only the message and what it kept were taken back."""

    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Told:
    """How a case stands as its citizen may be told: without what a reply did that may still be taken back."""

    status: str
    due_at: datetime | None
    due_kind: str | None


def undo(session: Session, viewer: Viewer, *, city: City, reference: str, message_id: int) -> Undone:
    """Take back the viewer's own reply; raises ``Stale`` where it is leaving or has left."""
    case = access.for_change(session, viewer, Action.REPLY, reference=reference)
    replied = session.scalars(_REPLIED, {"case_id": case.id, "message_id": message_id}).one_or_none()
    if replied is None or replied.actor != viewer.actor or "lines" not in replied.values:
        raise Invalid("There is no reply of yours here that could be taken back.", field="message")
    message = _withdraw(session, case, message_id)
    at, last = clock.now(session), replied.seq + int(replied.values["lines"]) - 1
    whole = case.event_seq == last
    done = Happened("reply_undone", viewer.actor, {"whole": whole, "lines": last - replied.seq + 1})
    done = Happened(done.kind, done.actor, done.values, message_id=message_id)
    if whole:
        did = session.scalars(_DID, {"case_id": case.id, "first": replied.seq, "last": last}).all()
        before = replied.values["before"]
        happened = _all_of_it(session, case, did, before, city=city, since=replied.at, at=at)
    else:
        happened = _what_it_kept(session, case, message, city=city, at=at)
    record(session, case, [done, *happened], at=at)
    return Undone(message.text, whole)


def told(session: Session, case: Case, *, at: datetime) -> Told:
    """Return how the case stands for its citizen: what a reply did counts once it cannot be taken back any more."""
    values = {"case_id": case.id, "message_id": case.last_message_id, "at": at}
    held = session.scalars(_HELD_BACK, values).one_or_none()
    before = (held or {}).get("before")
    if before is None:
        return Told(case.status, case.due_at, case.due_kind)
    due = before.get("due_at")
    return Told(before["status"], datetime.fromisoformat(due) if due else None, before.get("due_kind"))


def before(case: Case) -> dict[str, Any]:
    """Return what a line of history keeps of a case, so that a reply can be taken back exactly."""
    return {
        "status": str(case.status),
        "due_kind": case.due_kind,
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "speaker": case.last_speaker,
        "message": case.last_message_id,
        "message_at": case.last_message_at.isoformat(),
    }


def _withdraw(session: Session, case: Case, message_id: int) -> Message:
    """End the entry unless a worker has it, and take the message out of the case."""
    entry = session.scalars(_ENTRY, {"message_id": message_id}).one_or_none()
    if entry is None or entry.state != OutboxState.QUEUED or entry.attempts:
        raise Stale("It is too late: the reply is leaving or has left. Write another one.", field="message")
    message = session.get_one(Message, message_id)
    end(entry, message, OutboxState.UNDONE, TAKEN_BACK)
    for filing in session.scalars(_FILING, {"case_id": case.id, "message_id": message_id}):
        filing.removed_at = clock.now(session)
    attachments.take_back(session, message_id=message_id)
    session.flush()
    return message


def _all_of_it(
    session: Session,
    case: Case,
    did: Sequence[Event],
    before: Mapping[str, Any],
    *,
    city: City,
    since: datetime,
    at: datetime,
) -> list[Happened]:
    """Put the case back to where it stood; ``since`` is the reply's instant, from which on nothing of it counts."""
    lifecycle.take_back(case, Status(before["status"]))
    case.last_speaker, case.last_message_id = before["speaker"], before["message"]
    case.last_message_at = datetime.fromisoformat(before["message_at"])
    happened: list[Happened] = []
    for one in did:
        if one.kind == "assigned":
            case.assignee_id = None
        elif one.kind == "task_cancelled":
            open_tasks.take_up(session.get_one(Task, one.values["task"]))
        elif one.kind == "snoozed":
            snoozing.end(session, case, why="undone", actor=one.actor, at=at)
        elif one.kind in _ENDS:
            timer = session.scalars(_named(case, one.values)).one()
            happened += endings.take_back(session, case, timer, calendars=city.calendars, at=since)
    return [*happened, *pauses.follow(session, case, case.status, calendars=city.calendars, at=since)]


def _what_it_kept(session: Session, case: Case, message: Message, *, city: City, at: datetime) -> list[Happened]:
    kept = select(Timer).where(Timer.case_id == case.id, Timer.met_by == message.id).order_by(Timer.id)
    return [
        line
        for timer in session.scalars(kept).all()
        for line in endings.settle_answer(session, case, timer, calendars=city.calendars, at=at)
    ]


def _named(case: Case, values: Mapping[str, Any]) -> Any:
    return select(Timer).where(
        Timer.case_id == case.id, Timer.kind == values["timer"], Timer.instance == values["instance"]
    )
