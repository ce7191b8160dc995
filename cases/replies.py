"""What an agent says to a citizen, and what agents say among themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from cases import access, clock, outbox
from cases.departments import City
from cases.errors import Invalid, Stale, Undeliverable
from cases.lifecycle import ENDED, Outcome, Status, move
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Case, Event, Filing, Message, Thread
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, ViewerKind
from cases.sla import timers
from cases.sla.timers import ANSWERS, Calendars

LONGEST_REPLY = 1530  # ten SMS of 153 characters: what gateways take as one message
LONGEST_NOTE = 20_000
_NEWER = (
    select(Message.text)
    .join(Filing, Filing.message_id == Message.id)
    .where(
        Filing.case_id == bindparam("case_id"),
        Filing.removed_at.is_(None),
        Message.direction == "in",
        Message.id > bindparam("seen"),
    )
    .order_by(Message.id)
)


class NewerMessage(Stale):
    """The citizen has written since the agent looked; ``newer`` are their words, oldest first. Nothing was sent."""

    def __init__(self, newer: list[str]) -> None:
        super().__init__("The citizen has written since you looked. Read it, then send again.", field="seen_message")
        self.newer = newer


def reply(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    reference: str,
    text: str,
    seen_message_id: int | None = None,
    wait: bool = False,
    resolve: Outcome | None = None,
) -> Message:
    """Write an answer to the citizen and queue it; it leaves when the transaction has committed.

    With ``seen_message_id`` (the newest the agent saw) it raises :class:`NewerMessage` where the citizen has
    written since. ``wait`` then waits for the citizen; ``resolve`` ends the case with that outcome.
    """
    words = _checked(text, LONGEST_REPLY)
    if wait and resolve is not None:
        raise Invalid("Choose either to wait for the citizen or to resolve, not both.", field="wait")
    case = access.for_change(session, viewer, Action.REPLY, reference=reference)
    _refuse_stale(session, case, seen_message_id)
    if case.status == Status.CLOSED:
        raise Invalid(
            "A closed case takes no more answers; the citizen's next message opens a new one.", field="status"
        )
    at = clock.now(session)
    recipient, account = _way_back(session, case, city=city)
    agent_id = viewer.id if viewer.kind is ViewerKind.AGENT else None
    draft = outbox.Draft(
        thread_id=case.thread_id,
        recipient=recipient,
        account=account,
        channel=city.accounts[account].channel,
        text=words,
        agent_id=agent_id,
    )
    message_id = outbox.enqueue(session, draft, at=at)
    filing = Filing(message_id=message_id, case_id=case.id, reason="reply", detail="", filed_by=agent_id, filed_at=at)
    session.add(filing)
    happened = [Happened("replied", viewer.actor, {"account": account}, message_id=message_id)]
    happened += timers.meet(session, case, ANSWERS, at=at, actor=viewer.actor, by=message_id)
    happened += answered_first(case, viewer)
    happened += _after_reply(session, case, viewer, wait=wait, resolve=resolve, calendars=city.calendars, at=at)
    case.last_speaker, case.last_message_id, case.last_message_at = "agent", message_id, at
    record(session, case, happened, at=at)
    return session.get_one(Message, message_id)


def note(session: Session, viewer: Viewer, *, reference: str, text: str) -> int:
    """Write a note that only staff see; returns its event's id. A note never counts as an answer."""
    words = _checked(text, LONGEST_NOTE)
    case = access.for_change(session, viewer, Action.NOTE, reference=reference)
    record(session, case, [Happened("note", viewer.actor, {}, {"text": words})], at=clock.now(session))
    written = select(Event.id).where(Event.case_id == case.id, Event.seq == case.event_seq)
    return int(session.execute(written).scalar_one())


def way_back(session: Session, case: Case, *, city: City) -> str | None:
    """Return the account by which an answer would leave, or None where the citizen cannot be reached by message."""
    try:
        return _way_back(session, case, city=city)[1]
    except Undeliverable:
        return None


def _way_back(session: Session, case: Case, *, city: City) -> tuple[Address, str]:
    way = session.execute(way_part(case.thread_id)).one()
    return Address(AddressKind.PHONE, way.value), _account_for(way, case, city=city)


def way_part(thread_id: int) -> Select[*tuple[Any, ...]]:
    """Return the read of what :func:`way_by` asks: kind and value of the address, the account that was written to."""
    last = (
        select(Message.account)
        .where(Message.thread_id == thread_id, Message.direction == "in")
        .order_by(Message.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(AddressRow.kind, AddressRow.value, last.label("last")).join(
        Thread, Thread.address_id == AddressRow.id
    )
    return query.where(Thread.id == thread_id)


def way_by(way: Any, case: Case, *, city: City) -> str | None:
    """Return what :func:`way_back` does, of a row of :func:`way_part`."""
    try:
        return _account_for(way, case, city=city)
    except Undeliverable:
        return None


def _account_for(way: Any, case: Case, *, city: City) -> str:
    if way.kind != AddressKind.PHONE:
        raise Undeliverable("This sender cannot be answered by message: it is a name or a short code, not a phone.")
    for account in (way.last, case.account):
        if account is not None and account in city.accounts:
            return city.accounts[account].answers_by or account
    same_channel = [one.answers_by or one.id for one in city.accounts.values() if one.channel == case.channel]
    if not same_channel:
        raise Undeliverable("No account of this channel is configured any more; ask an administrator.")
    return same_channel[0]


def _refuse_stale(session: Session, case: Case, seen_message_id: int | None) -> None:
    if seen_message_id is None:
        return
    newer = session.scalars(_NEWER, {"case_id": case.id, "seen": seen_message_id}).all()
    if newer:
        raise NewerMessage(list(newer))


def answered_first(case: Case, viewer: Viewer) -> list[Happened]:
    """Give a case that nobody has to the agent who is the first to answer."""
    if case.assignee_id is not None or viewer.kind is not ViewerKind.AGENT:
        return []
    case.assignee_id = viewer.id
    return [Happened("assigned", viewer.actor, {"agent": viewer.id, "why": "answered first"})]


def _after_reply(
    session: Session,
    case: Case,
    viewer: Viewer,
    *,
    wait: bool,
    resolve: Outcome | None,
    calendars: Calendars,
    at: datetime,
) -> list[Happened]:
    status = Status(case.status)
    to = [Status.WAITING_ON_CITIZEN] if wait else [Status.OPEN] if status is Status.NEW else []
    if resolve is not None:
        to = [Status.OPEN, Status.RESOLVED] if status is Status.RESOLVED else [Status.RESOLVED]
    elif status in ENDED:
        return []
    happened = []
    for one in to:
        if one is not case.status:
            outcome = resolve if one is Status.RESOLVED else None
            happened += move(session, case, one, calendars=calendars, at=at, actor=viewer.actor, outcome=outcome)
    return happened


def _checked(text: str, longest: int) -> str:
    words = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not words:
        raise Invalid("Write something first.", field="text")
    if len(words) > longest:
        raise Invalid(f"This is {len(words)} characters long; {longest} is the most.", field="text")
    return words
