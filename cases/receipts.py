"""Delivery reports: they may come early, late, twice and out of order; a message's status only moves forward."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, text, tuple_
from sqlalchemy.orm import Session

from cases.messages import DeliveryReport, DeliveryStatus
from cases.models import Case, Filing, Message, ParkedReport
from cases.models.event import Happened, record
from cases.sla import waking

#: no two alike: else the one that came first would stay, and the end would hang on the order
RANK = {
    "queued": 0,
    "sending": 1,
    "unknown": 2,
    DeliveryStatus.SENT: 3,
    DeliveryStatus.EXPIRED: 4,
    DeliveryStatus.FAILED: 5,
    DeliveryStatus.DELIVERED: 6,
}
FINAL = {DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.EXPIRED}
# One lock after the other in the order given: the planner leaves the order of a single unnest alone.
_LOCK = text("select pg_advisory_xact_lock(key) from unnest(cast(:keys as bigint[])) as k(key)")
_MESSAGE = (
    select(Message)
    .where(
        Message.direction == "out",
        Message.account == bindparam("account"),
        Message.external_id == bindparam("external_id"),
    )
    .order_by(Message.id.desc())
    .limit(1)
)
_CASES_OF_MESSAGE = (
    select(Case)
    .join(Filing, Filing.case_id == Case.id)
    .where(Filing.message_id == bindparam("message_id"), Filing.removed_at.is_(None))
    .order_by(Case.id)
    .with_for_update(of=Case)
)


def apply(session: Session, report: DeliveryReport, *, at: datetime) -> int | None:
    """Move a message's status forward; returns its id,
    or None for a report that was parked until its message is known.
    """
    lock_ids(session, [(report.account, report.external_id)])
    message = session.scalars(_MESSAGE, {"account": report.account, "external_id": report.external_id}).one_or_none()
    if message is None:
        parked = {
            "account": report.account,
            "external_id": report.external_id,
            "address": report.address,
            "status": report.status,
            "reason": report.reason,
            "received_at": at,
        }
        session.execute(insert(ParkedReport), parked)
        return None
    advance(session, message, report.status, reason=report.reason, at=at)
    return message.id


def told_of(session: Session, *, account: str, address: str, since: datetime) -> str | None:
    """Return the gateway's id of a message to this address that reports speak of and that none of ours is known by.

    It proves that an attempt whose answer was lost did leave, where the gateway has no list to ask. The first of them,
    for messages to one address leave one after the other.
    """
    query = select(ParkedReport.external_id).where(
        ParkedReport.account == account,
        ParkedReport.address == address,
        ParkedReport.matched_at.is_(None),
        ParkedReport.received_at >= since,
    )
    return session.scalars(query.order_by(ParkedReport.id).limit(1)).first()


def match_parked(session: Session, ids: Sequence[tuple[str, str]], *, at: datetime) -> int:
    """Apply what came before these messages, by (account, external id), were known; returns how many reports did.

    :func:`lock_ids` came first.
    """
    key = tuple_(ParkedReport.account, ParkedReport.external_id)
    query = select(ParkedReport).where(key.in_(ids), ParkedReport.matched_at.is_(None)).order_by(ParkedReport.id)
    waiting = session.scalars(query).all()
    for report in waiting:
        values = {"account": report.account, "external_id": report.external_id}
        message = session.scalars(_MESSAGE, values).one_or_none()
        if message is not None:
            report.matched_at = at
            advance(session, message, DeliveryStatus(report.status), reason=report.reason, at=at)
    return len(waiting)


def advance(session: Session, message: Message, status: DeliveryStatus, *, reason: str | None, at: datetime) -> None:
    """Set a status unless the message already has one at least as final; a final one enters the cases' history."""
    cases = session.scalars(_CASES_OF_MESSAGE, {"message_id": message.id}).all()
    session.refresh(message, with_for_update=True)
    if RANK[status] <= RANK.get(message.status, 0):
        return
    message.status, message.status_reason = status, reason
    if status not in FINAL:
        return
    waking.doubt(session, message.id, at=at)
    kind = "message_delivered" if status is DeliveryStatus.DELIVERED else "message_not_delivered"
    for case in cases:
        values = {"status": status.value, "reason": reason}
        record(session, case, [Happened(kind, "system", values, message_id=message.id)], at=at)


def lock_ids(session: Session, ids: Sequence[tuple[str, str]]) -> None:
    """Lock messages by (account, external id), in one order for everybody, until the transaction ends.

    A report and the record of its own sending may run at once; whichever comes second must see the first.
    """
    session.execute(_LOCK, {"keys": sorted(_lock_number(*one) for one in ids)})


def _lock_number(account: str, external_id: str) -> int:
    digest = hashlib.blake2b(f"report:{account}:{external_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
