"""Test messages: an administrator has one account send a text to a phone, and looks what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import clock, mails, outbox, staff_texts
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.messages import Address, AddressKind
from cases.models import Message, OutboxEntry, Trial
from cases.outbox import Draft, MessageClass
from cases.permissions import Action, Viewer, may

TEXT = "staff_trial"
#: test messages of one account in an hour: each costs money, and somebody's phone gets it
PER_HOUR = 6
HOUR = timedelta(hours=1)
MOST = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """A test message as it stands: ``state`` of its outbox entry, ``status`` and ``reason`` of the message itself.

    ``via`` is the account that it left by, None while it has not been given to one.
    """

    id: int
    account: str
    recipient: str
    asked_by: str
    asked_at: datetime
    state: str
    status: str
    reason: str | None
    via: str | None
    sent_at: datetime | None


def send(session: Session, viewer: Viewer, *, city: City, account: str, to: Address) -> int:
    """Queue a test message to a number in E.164 or a mail address; returns the trial's id.

    It leaves as any other message to staff does. Raises ``Invalid`` where the account has been tried often enough for
    an hour, or the recipient wants no such texts.
    """
    if not may(viewer, Action.CONFIGURE):
        raise NotAllowed("Test messages are for administrators.")
    found = city.accounts.get(account)
    if found is None:
        raise NotFound(f"There is no account {account!r}.")
    at = clock.now(session)
    _bound(session, account, at)
    thread_id = staff_texts.thread_with(session, to, at=at)
    if thread_id is None:
        told = "number" if to.kind is AddressKind.PHONE else "address"
        raise Invalid(f"This {told} has said STOP and gets no automatic texts; try another.", field="to")
    language, name = city.organisation.default_language, city.organisation.short_name
    text = city.texts.render(TEXT, language=language, channel=found.channel, organisation=name)
    draft = Draft(
        thread_id=thread_id,
        recipient=to,
        account=account,
        channel=found.channel,
        text=text,
        automatic=True,
        text_key=TEXT,
        agent_id=viewer.id,
        message_class=MessageClass.STAFF,
        head=_head(city, department=found.department) if found.channel == mails.CHANNEL else None,
    )
    trial = Trial(account=account, message_id=outbox.enqueue(session, draft, at=at), asked_by=viewer.actor, asked_at=at)
    session.add(trial)
    session.flush()
    return trial.id


def latest(session: Session, viewer: Viewer, *, account: str, limit: int = MOST) -> Sequence[Tried]:
    """Return an account's test messages, the newest first."""
    if not may(viewer, Action.CONFIGURE):
        raise NotAllowed("Test messages are for administrators.")
    query = (
        select(
            Trial.id,
            Trial.account,
            OutboxEntry.recipient,
            Trial.asked_by,
            Trial.asked_at,
            OutboxEntry.state,
            Message.status,
            func.coalesce(Message.status_reason, OutboxEntry.error).label("reason"),
            OutboxEntry.via,
            OutboxEntry.sent_at,
        )
        .join(OutboxEntry, OutboxEntry.message_id == Trial.message_id)
        .join(Message, Message.id == Trial.message_id)
        .where(Trial.account == account)
        .order_by(Trial.asked_at.desc(), Trial.id.desc())
        .limit(limit)
    )
    return [Tried(**row) for row in session.execute(query).mappings()]


def _head(city: City, *, department: str | None) -> mails.Head:
    name = city.organisation.name
    return replace(mails.head(city, subject=name, reference=None, department=department), subject=name)


def _bound(session: Session, account: str, at: datetime) -> None:
    # Two at once are counted one after the other.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"trial:{account}"))))
    query = select(func.count()).where(Trial.account == account, Trial.asked_at > at - HOUR)
    if (session.scalar(query) or 0) >= PER_HOUR:
        raise Invalid(f"This account has sent {PER_HOUR} test messages in the last hour; wait a while.", field="to")
