"""Messages that must leave the building: written with the words, claimed by lease, one attempt at a time.

queued → sending (lease) → sent; a failure is queued again or final; a lease that runs out in sending becomes
**unknown**, since the gateway may have accepted the message before its sender died. What came of an attempt is
recorded by ``cases/outcomes.py``.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import BindParameter, any_, bindparam, func, or_, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session, aliased

from cases import brakes, mails
from cases.base import table
from cases.brakes import NO_CAPS, Caps
from cases.messages import Address, AddressKind, OutboundMessage
from cases.models import Message, OutboxEntry
from cases.sla import waking
from cases.writes import Writes

log = structlog.get_logger(__name__)


class MessageClass(StrEnum):
    """What an entry is for; decides what an unknown outcome becomes and how long it is worth sending."""

    ANSWER = "answer"
    BROADCAST = "broadcast"
    STAFF = "staff"


class OutboxState(StrEnum):
    """Where an entry stands. Delivery itself is the message's matter, not the entry's."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    EXPIRED = "expired"
    HELD = "held"  # a person decides
    UNDONE = "undone"  # its author has taken it back before it left


EXPIRY = {
    MessageClass.ANSWER: timedelta(hours=72),
    MessageClass.BROADCAST: timedelta(hours=12),
    MessageClass.STAFF: timedelta(hours=4),
}
#: longer than a batch takes with every call running into its time-out
LEASE = timedelta(seconds=60)

_MESSAGES, _ENTRIES = table(Message), table(OutboxEntry)
_NEXT_MESSAGE = select(func.nextval("message_id_seq"))
_ahead = aliased(OutboxEntry)
_BRAKED: BindParameter[Any] = bindparam("braked", expanding=True)
# The planner takes a queue that was empty at its last look for a queue of one, and joins a long one with itself row by
# row. So each part is written for one plan alone: in order along an index, one look at each thread, ids as a list.
_IN_ORDER = sql("select set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)")
#: who is next in a thread. A class that is stopped stands in nobody's way: a paused broadcast must not silence the
#: answers behind it
_NEXT_OF_THREAD = (
    # With "+ 0" the least id is not looked for along the primary key, past thousands of other threads' entries.
    select(func.min(_ahead.id + 0))
    .where(
        _ahead.thread_id == OutboxEntry.thread_id,
        _ahead.state.in_((OutboxState.QUEUED, OutboxState.SENDING)),
        or_(_ahead.state == OutboxState.SENDING, _ahead.message_class.not_in(_BRAKED)),
    )
    .correlate(OutboxEntry)
    .scalar_subquery()
)
_READY = (
    select(OutboxEntry.id)
    .where(
        OutboxEntry.account == bindparam("leaving_by"),
        OutboxEntry.state == OutboxState.QUEUED,
        OutboxEntry.not_before <= bindparam("now"),
        OutboxEntry.message_class.not_in(_BRAKED),
        OutboxEntry.id == _NEXT_OF_THREAD,
    )
    .order_by(OutboxEntry.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    # Run once and for all: as a part of a join it may be run again, and would then lock more than its limit.
    .cte("ready")
    .prefix_with("materialized")
)
_CLAIM = (
    update(OutboxEntry)
    .where(
        OutboxEntry.id == any_(func.array(select(_READY.c.id).scalar_subquery())),
        func.lower(OutboxEntry.state) == OutboxState.QUEUED,  # lower(): no partial index shall be read for it
    )
    .values(
        state=OutboxState.SENDING,
        attempts=OutboxEntry.attempts + 1,
        via=bindparam("leaving_by"),
        lease_token=bindparam("token"),
        lease_until=bindparam("until"),
        attempted_at=bindparam("now"),
    )
    .returning(OutboxEntry)
    .execution_options(synchronize_session=False)
)
_PLAIN = {"synchronize_session": False}
_WAITING_ACCOUNTS = (
    select(OutboxEntry.account)
    .where(OutboxEntry.state == OutboxState.QUEUED, OutboxEntry.not_before <= bindparam("now"))
    .distinct()
)
_LEFT_OVER = (
    select(OutboxEntry)
    .where(
        OutboxEntry.account == bindparam("leaving_by"),
        OutboxEntry.state == OutboxState.QUEUED,
        OutboxEntry.created_at < bindparam("before"),
    )
    .order_by(OutboxEntry.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
UNREADABLE = "This message cannot be read any more. An administrator has been told."
NO_ACCOUNT = "Its account is not in the configuration any more. Answer by another, or put it back and release this."


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent. ``fill`` are values for ``{names}`` in the text that must not be stored with it."""

    thread_id: int
    recipient: Address
    account: str
    channel: str
    text: str
    automatic: bool = False
    text_key: str | None = None
    agent_id: int | None = None
    message_class: MessageClass = MessageClass.ANSWER
    fill: Mapping[str, str] | None = None
    #: what stands around it where it leaves as mail
    head: mails.Head | None = None
    #: for so long its author may still take it back
    wait: timedelta = timedelta(0)
    #: for so long it is worth sending; None: as long as its class
    life: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """An entry under this process's lease, and the message as the channel shall send it."""

    entry_id: int
    message_id: int
    lease_token: str
    attempts: int
    message: OutboundMessage


def enqueue(session: Session, draft: Draft, *, at: datetime) -> int:
    """Write message and entry; returns the message's id. They leave when the transaction has committed."""
    message_id = int(session.execute(_NEXT_MESSAGE).scalar_one())
    writes = Writes()
    add(writes, draft, message_id=message_id, at=at)
    writes.flush(session)
    return message_id


def add(writes: Writes, draft: Draft, *, message_id: int, at: datetime) -> None:
    """Gather message and entry under an id that was reserved."""
    message = {
        "id": message_id,
        "thread_id": draft.thread_id,
        "direction": "out",
        "channel": draft.channel,
        "account": draft.account,
        "text": draft.text,
        "automatic": draft.automatic,
        "text_key": draft.text_key,
        "agent_id": draft.agent_id,
        "status": OutboxState.QUEUED,
        "created_at": at,
    }
    entry = {
        "message_id": message_id,
        "thread_id": draft.thread_id,
        "account": draft.account,
        "recipient_kind": draft.recipient.kind,
        "recipient": draft.recipient.value,
        "message_class": draft.message_class,
        "state": OutboxState.QUEUED,
        "client_reference": uuid.uuid4().hex,
        "fill": dict(draft.fill) if draft.fill else None,
        "not_before": at + draft.wait,
        "expires_at": at + (draft.life or EXPIRY[draft.message_class]),
        "created_at": at,
    }
    writes.add(_MESSAGES, message)
    writes.add(_ENTRIES, entry)
    if draft.head is not None:
        mails.gather_head(writes, draft.head, message_id=message_id)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look at the outbox took: messages to send, and how many of it ended or were held instead."""

    claimed: tuple[Claimed, ...] = ()
    ended: int = 0


def claim(session: Session, *, account: str, now: datetime, limit: int, caps: Caps = NO_CAPS) -> list[Claimed]:
    """Take up to ``limit`` entries and return those that shall be sent; see :func:`take`."""
    return list(take(session, account=account, now=now, limit=limit, caps=caps).claimed)


def take(session: Session, *, account: str, now: datetime, limit: int, caps: Caps = NO_CAPS) -> Taken:
    """Take up to ``limit`` entries under a lease, oldest first, never two of one thread.

    Nothing is taken where a brake is on or the day's money is spent. What has expired or goes over a cap of its own
    is ended or held instead; behind it more may wait.
    """
    braked = brakes.braked(session)
    room = brakes.room(session, caps, account=account, now=now, limit=limit)
    if brakes.ALL in braked or room <= 0:
        return Taken()
    token = secrets.token_hex(16)
    session.execute(_IN_ORDER)
    values = {"leaving_by": account, "now": now, "limit": room, "token": token, "until": now + LEASE, "braked": braked}
    taken = sorted(session.scalars(_CLAIM, values).all(), key=lambda entry: entry.id)
    ids = [entry.message_id for entry in taken]
    for entry in taken:
        if _expired(entry, now):
            waking.doubt(session, entry.message_id, at=now)
    texts = {m.id: m for m in session.scalars(select(Message).where(Message.id.in_(ids)))} if ids else {}
    timely = [entry for entry in taken if not _expired(entry, now)]
    refused = brakes.refusals(session, timely, caps, now=now)
    claimed = tuple(
        one for entry in taken for one in _attempt(entry, texts.get(entry.message_id), refused.get(entry.id), now)
    )
    return Taken(claimed, len(taken) - len(claimed))


def _attempt(entry: OutboxEntry, message: Message | None, refusal: str | None, now: datetime) -> Iterator[Claimed]:
    """Yield the entry as it shall be sent, or end it; one that cannot be made is held and stops nobody else."""
    if _expired(entry, now):
        end(entry, message, OutboxState.EXPIRED, "It waited too long to be of use and was not sent.")
    elif refusal is not None:
        end(entry, message, OutboxState.HELD, refusal)
    elif (outbound := as_sent(entry, message, account=entry.account)) is None or message is None:
        end(entry, message, OutboxState.HELD, UNREADABLE)
    else:
        message.status = OutboxState.SENDING
        yield Claimed(entry.id, message.id, str(entry.lease_token), entry.attempts, outbound)


def as_sent(entry: OutboxEntry, message: Message | None, *, account: str) -> OutboundMessage | None:
    """Return what a gateway gets of an entry; None, with a log line, where its row makes no message any more."""
    try:
        if message is None:
            raise LookupError(entry.message_id)
        recipient = Address(AddressKind(entry.recipient_kind), entry.recipient)
        return OutboundMessage(account, recipient, filled(message.text, entry.fill), entry.client_reference)
    except (ValueError, LookupError, AttributeError) as error:
        log.error("outbox.unreadable", entry_id=entry.id, error=type(error).__name__)
        return None


def hold_left_over(session: Session, *, account: str, before: datetime, limit: int = 100) -> int:
    """Hold what waits for an account that is not there any more since before the instant; returns how many."""
    found = session.scalars(_LEFT_OVER, {"leaving_by": account, "before": before, "limit": limit}).all()
    for entry in found:
        end(entry, session.get(Message, entry.message_id), OutboxState.HELD, NO_ACCOUNT)
    return len(found)


def give_to(session: Session, claimed: Sequence[Claimed], *, via: str) -> None:
    """Note that entries leave by another account than their own: after a crash they are looked for there."""
    ids = [one.entry_id for one in claimed]
    session.execute(update(OutboxEntry).where(OutboxEntry.id.in_(ids)).values(via=via), execution_options=_PLAIN)


def waiting_accounts(session: Session, *, now: datetime) -> Sequence[str]:
    """Return the accounts that have something to send now."""
    return session.scalars(_WAITING_ACCOUNTS, {"now": now}).all()


def filled(text: str, fill: Mapping[str, Any] | None) -> str:
    """Put the values of an entry into the message's text; a text without values stays as it is, braces and all."""
    for name, value in (fill or {}).items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def end(entry: OutboxEntry, message: Message | None, state: OutboxState, reason: str) -> None:
    """Stop trying, for good or until a person decides. A held entry keeps what it needs to be sent after all."""
    entry.state, entry.error = state, reason
    entry.lease_token = entry.lease_until = None
    if state is not OutboxState.HELD:
        entry.fill = None
    if message is not None:
        message.status, message.status_reason = state, reason


def _expired(entry: OutboxEntry, now: datetime) -> bool:
    return entry.expires_at is not None and entry.expires_at <= now
