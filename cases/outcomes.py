"""What came of attempts to send: recorded only while the lease still holds, in few statements for a whole batch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from cases import receipts
from cases.errors import Invalid, NotAllowed
from cases.messages import OutboundMessage, Receipt
from cases.models import Message, OutboxEntry
from cases.outbox import UNREADABLE, Claimed, MessageClass, OutboxState, as_sent, end
from cases.permissions import Action, Viewer, may
from cases.sla import waking

MAX_ATTEMPTS = 10
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(hours=1)
#: an answer whose end is unknown is sent once more after this, if the gateway's own list does not settle it before
SETTLE_AFTER = timedelta(seconds=5)
TWICE_UNKNOWN = "It was tried more than once and the gateway did not say if it took it. A supervisor can release it."
UNANSWERED = "The sender stopped while this message was leaving."
_ONCE_MORE = "Sent once more: it was not certain that the first attempt had left."

# A late write, of a sender that was stopped beyond its lease, finds another token and changes nothing.
_SENT = text(
    """
    with outcome as (select * from unnest(cast(:entries as bigint[]), cast(:tokens as text[]),
                     cast(:external_ids as text[]), cast(:vias as text[]), cast(:costs as text[]))
                     as o(entry_id, token, external_id, via, cost)),
         entry as (update outbox e set state = 'sent', external_id = o.external_id, via = o.via, cost = o.cost,
                          sent_at = :at, fill = null, error = null, error_code = null,
                          lease_token = null, lease_until = null
                     from outcome o
                    where e.id = o.entry_id and e.lease_token = o.token and e.state in ('sending', 'unknown')
                returning e.message_id, o.external_id, o.via)
    update message m set status = 'sent', status_reason = null, external_id = e.external_id, account = e.via,
                         sent_at = :at
      from entry e where m.id = e.message_id
    returning m.id
    """
)
_HELD = (
    select(OutboxEntry)
    .where(
        OutboxEntry.id == bindparam("id"),
        OutboxEntry.lease_token == bindparam("token"),
        OutboxEntry.state.in_((OutboxState.SENDING, OutboxState.UNKNOWN)),
    )
    .with_for_update()
)
_LAPSED = (
    select(OutboxEntry)
    .where(OutboxEntry.state == OutboxState.SENDING, OutboxEntry.lease_until < bindparam("now"))
    .order_by(OutboxEntry.id)
    .limit(100)
    .with_for_update(skip_locked=True)
)
_UNKNOWN = (
    select(OutboxEntry)
    .where(
        OutboxEntry.state == OutboxState.UNKNOWN,
        OutboxEntry.account == bindparam("account"),
        OutboxEntry.attempted_at < bindparam("before"),
    )
    .order_by(OutboxEntry.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)

_UNKNOWN_ACCOUNTS = (
    select(OutboxEntry.account)
    .where(OutboxEntry.state == OutboxState.UNKNOWN, OutboxEntry.attempted_at < bindparam("before"))
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A gateway took a message, given to it through the account ``via``."""

    claimed: Claimed
    receipt: Receipt
    via: str


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An attempt whose end is unknown: what was sent, by which account, and from when on it may be in its list."""

    entry_id: int
    message: OutboundMessage
    via: str
    since: datetime


def record_sent(session: Session, sent: Sequence[Sent], *, at: datetime) -> list[Sent]:
    """Record what gateways accepted; what entries held in secret is forgotten. Returns those whose lease still held."""
    if not sent:
        return []
    receipts.lock_ids(session, [(one.via, one.receipt.external_id) for one in sent])
    values = {
        "entries": [one.claimed.entry_id for one in sent],
        "tokens": [one.claimed.lease_token for one in sent],
        "external_ids": [one.receipt.external_id for one in sent],
        "vias": [one.via for one in sent],
        "costs": [one.receipt.cost for one in sent],
        "at": at,
    }
    recorded = set(session.scalars(_SENT, values))
    held = [one for one in sent if one.claimed.message_id in recorded]
    receipts.match_parked(session, [(one.via, one.receipt.external_id) for one in held], at=at)
    return held


def record_failed(
    session: Session,
    claimed: Claimed,
    *,
    reason: str,
    code: str | None,
    again: bool,
    at_least: float = 0.0,
    at: datetime,
) -> None:
    """Record that the gateway did not take the message; ``again`` says whether the same may be tried once more.

    It is then queued for later, ``at_least`` so many seconds; else, and after the last attempt, it has failed.
    """
    entry = _held(session, claimed)
    if entry is None:
        return
    message = session.get_one(Message, entry.message_id)
    entry.unknowns -= entry.state == OutboxState.UNKNOWN  # its lease had lapsed, and now the end is known
    entry.error, entry.error_code = reason, code
    if again and entry.attempts < MAX_ATTEMPTS:
        pause = max(retry_delay(entry.attempts).total_seconds() * random.uniform(0.8, 1.2), at_least)  # noqa: S311
        _queue(entry, message, reason=reason, not_before=at + timedelta(seconds=pause))
    else:
        end(entry, message, OutboxState.FAILED, reason)
        waking.doubt(session, message.id, at=at)


def record_unknown(session: Session, claimed: Claimed, *, reason: str, via: str) -> None:
    """Record that no answer came: the message may have left. :func:`settle` decides what becomes of it."""
    entry = _held(session, claimed)
    if entry is not None and entry.state == OutboxState.SENDING:  # else its lease has lapsed, and was counted
        _unknown(session, entry, reason=reason, via=via)


def expire_leases(session: Session, *, now: datetime) -> int:
    """Turn entries whose sender died while sending into unknown ones; returns how many."""
    lapsed = session.scalars(_LAPSED, {"now": now}).all()
    for entry in lapsed:
        _unknown(session, entry, reason=UNANSWERED, via=entry.via or entry.account)
    return len(lapsed)


def unsettled(session: Session, *, account: str, now: datetime, limit: int = 50) -> list[Unsettled]:
    """Return attempts with an unknown end that shall be looked up or decided now."""
    entries = session.scalars(_UNKNOWN, {"account": account, "before": now - SETTLE_AFTER, "limit": limit}).all()
    return [one for entry in entries for one in _attempted(entry, session.get(Message, entry.message_id))]


def unsettled_accounts(session: Session, *, now: datetime) -> Sequence[str]:
    """Return the accounts that :func:`unsettled` has something for."""
    return session.scalars(_UNKNOWN_ACCOUNTS, {"before": now - SETTLE_AFTER}).all()


def settle(session: Session, one: Unsettled, receipt: Receipt | None, *, at: datetime) -> str | None:
    """Decide an unknown end: sent, if the gateway's list or a report has it; else all but a broadcast goes once more.

    What is unknown again a person decides, so that a crash makes one copy at most. Returns the state that it has
    then; None where another has settled it.
    """
    entry = session.get(OutboxEntry, one.entry_id, with_for_update=True, populate_existing=True)
    if entry is None or entry.state != OutboxState.UNKNOWN:
        return None
    message = session.get_one(Message, entry.message_id)
    if receipt is None:
        told = receipts.told_of(session, account=one.via, address=entry.recipient, since=one.since)
        receipt = Receipt(told) if told else None
    if receipt is not None:
        entry.lease_token = entry.lease_token or "settled"
        session.flush()
        claimed = Claimed(entry.id, message.id, entry.lease_token, entry.attempts, one.message)
        record_sent(session, [Sent(claimed, receipt, one.via)], at=at)
        return OutboxState.SENT
    if entry.message_class == MessageClass.BROADCAST or entry.unknowns > 1:
        reason = TWICE_UNKNOWN if entry.unknowns > 1 else (entry.error or UNANSWERED)
        end(entry, message, OutboxState.HELD, reason)
        return OutboxState.HELD
    _queue(entry, message, reason=_ONCE_MORE, not_before=at)
    return OutboxState.QUEUED


def retry(session: Session, viewer: Viewer, *, entry_id: int, at: datetime) -> OutboxEntry:
    """Try a failed, expired or held message again, with fresh attempts; raises ``Invalid`` for any other."""
    if not may(viewer, Action.OPERATE):
        raise NotAllowed("The outbox is for supervisors and administrators.")
    entry = session.get(OutboxEntry, entry_id, with_for_update=True)
    again = (OutboxState.FAILED, OutboxState.EXPIRED, OutboxState.HELD, OutboxState.UNKNOWN)
    if entry is None or entry.state not in again:
        raise Invalid(f"There is no message {entry_id} that has failed, expired or is held.", field="id")
    message = session.get(Message, entry.message_id)
    if message is None:
        raise Invalid("Its words are stored nowhere any more.", field="id")
    if message.text_key is not None and "{code}" in message.text and not entry.fill:
        raise Invalid("Its code is stored nowhere any more; answer the citizen by hand.", field="id")
    if message.text_key is not None and "{link}" in message.text and not entry.fill:
        raise Invalid("Its link is stored nowhere any more; make the person a new one.", field="id")
    # The caps of the day hold back first attempts: what a person has released has that behind it.
    entry.attempts = int(entry.state in (OutboxState.HELD, OutboxState.UNKNOWN))
    entry.expires_at = at + timedelta(hours=24)
    _queue(entry, message, reason=None, not_before=at)
    return entry


def retry_delay(attempts: int) -> timedelta:
    """Return the pause after the given number of attempts: doubled each time, an hour at most."""
    doubled: timedelta = FIRST_DELAY * 2 ** (attempts - 1)
    return min(doubled, LONGEST_DELAY)


def _held(session: Session, claimed: Claimed) -> OutboxEntry | None:
    return session.scalars(_HELD, {"id": claimed.entry_id, "token": claimed.lease_token}).one_or_none()


def _queue(entry: OutboxEntry, message: Message, *, reason: str | None, not_before: datetime) -> None:
    entry.state, entry.not_before = OutboxState.QUEUED, not_before
    entry.lease_token = entry.lease_until = None
    # Each attempt whose end nobody knows may have arrived.
    message.copies = 1 + entry.unknowns
    message.status, message.status_reason = OutboxState.QUEUED, reason


def _unknown(session: Session, entry: OutboxEntry, *, reason: str, via: str) -> None:
    message = session.get_one(Message, entry.message_id)
    entry.state, entry.error, entry.via = OutboxState.UNKNOWN, reason, via
    entry.unknowns += 1
    message.status, message.status_reason = OutboxState.UNKNOWN, reason


def _attempted(entry: OutboxEntry, message: Message | None) -> Iterator[Unsettled]:
    """Yield the attempt, or hold the entry where its row makes no message any more."""
    via = entry.via or entry.account
    outbound = as_sent(entry, message, account=via)
    if outbound is None:
        end(entry, message, OutboxState.HELD, UNREADABLE)
        return
    yield Unsettled(entry.id, outbound, via, entry.attempted_at or entry.created_at)
