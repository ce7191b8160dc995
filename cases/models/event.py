"""A case's history: one immutable line each, chained by hash; personal values stand apart and can be erased.

The hash of an event covers its ids, kind, time, actor, plain values, and the salted digest of its detail row, so
that erasing the detail leaves the chain whole. Values are hashed as they are read back: canonical JSON and
microseconds of UTC, since JSONB reorders keys and the database keeps no nanoseconds.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, Select, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import UserDefinedType

from cases import folded
from cases.base import Base, Key, table
from cases.models.case import Case
from cases.writes import Writes

GENESIS = bytes(32)


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number: by it a reader knows that nothing earlier is still open."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name in SQL."""
        return "xid8"


class Event(Base):
    """One line of history. ``actor`` is ``citizen``, ``system``, ``agent:ID`` or ``token:ID``."""

    __tablename__ = "event"

    id: Mapped[Key]
    case_id: Mapped[int]
    seq: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    message_id: Mapped[int | None]
    values: Mapped[dict[str, Any]] = mapped_column("plain", JSONB)
    detail_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    xid: Mapped[int] = mapped_column(Xid8(), server_default=text("pg_current_xact_id()"))

    __table_args__ = (
        Index("uq_event_case_id_seq", "case_id", "seq", unique=True),
        Index("ix_event_xid_id", "xid", "id"),
    )


class EventDetail(Base):
    """The personal part of an event. Deleting this row forgets it; the chain still verifies."""

    __tablename__ = "event_detail"

    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    values: Mapped[dict[str, Any]] = mapped_column("personal", JSONB)

    __table_args__ = (
        Index(
            "ix_event_detail_words",
            text(folded.sql("personal ->> 'text'")),
            postgresql_using="gin",
            postgresql_where=text("personal ? 'text'"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Happened:
    """Something to be written into a case's history. ``personal`` goes to the part that can be erased."""

    kind: str
    actor: str
    values: Mapping[str, Any] = field(default_factory=dict)
    personal: Mapping[str, Any] = field(default_factory=dict)
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a case's chain stands; the case row that holds it must be locked, or new in this transaction."""

    case_id: int
    seq: int = 0
    hash: bytes = GENESIS


#: on the tables, not the classes: history is written on every intake, and the unit of work would cost three times that
_EVENTS, _DETAILS = table(Event), table(EventDetail)
_NEXT_IDS = text("select nextval('event_id_seq') from generate_series(1, :count)")


@dataclass(frozen=True, slots=True)
class Link:
    """Events ready to be written, and the head that the case then has."""

    head: Head
    events: tuple[dict[str, Any], ...]
    details: tuple[dict[str, Any], ...]


def link(head: Head, happened: Iterable[Happened], *, at: datetime, event_ids: Sequence[int] = ()) -> Link:
    """Chain events to the end of a case's history; pure. ``event_ids`` are needed for those with personal values."""
    rows: list[dict[str, Any]] = []
    details: list[dict[str, Any]] = []
    seq, previous, ids = head.seq, head.hash, iter(event_ids)
    for one in happened:
        seq += 1
        row = _row(head.case_id, seq, one, at=at, previous=previous)
        if one.personal:
            salt = secrets.token_bytes(16)
            row["detail_digest"] = detail_digest(salt, one.personal)
            row["id"] = next(ids)
            details.append({"event_id": row["id"], "salt": salt, "personal": dict(one.personal)})
        row["hash"] = previous = event_hash(row)
        row["plain"] = row.pop("values")
        rows.append(row)
    return Link(Head(head.case_id, seq, previous), tuple(rows), tuple(details))


def _row(case_id: int, seq: int, one: Happened, *, at: datetime, previous: bytes) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "seq": seq,
        "kind": one.kind,
        "at": at,
        "actor": one.actor,
        "message_id": one.message_id,
        "values": dict(one.values),
        "detail_digest": None,
        "previous_hash": previous,
    }


def gather(writes: Writes, made: Link) -> None:
    """Add linked events to what a transaction writes; the caller stores the new head on the case row."""
    writes.add(_EVENTS, *made.events)
    if made.details:
        writes.add(_DETAILS, *made.details)


def append(session: Session, head: Head, happened: Sequence[Happened], *, at: datetime) -> Head:
    """Write events to the end of a case's chain and return the new head, which the caller stores on the case row."""
    personal = sum(bool(one.personal) for one in happened)
    ids = session.scalars(_NEXT_IDS, {"count": personal}).all() if personal else ()
    made, writes = link(head, happened, at=at, event_ids=ids), Writes()
    gather(writes, made)
    writes.flush(session)
    return made.head


def record(session: Session, case: Case, happened: Sequence[Happened], *, at: datetime) -> None:
    """Write events to the history of a case whose row this transaction has locked, and count the case's version up."""
    head = append(session, Head(case.id, case.event_seq, case.event_head), happened, at=at)
    case.event_seq, case.event_head = head.seq, head.hash
    case.version += 1
    case.updated_at = at


def event_hash(row: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 over everything that an event says, its detail only by digest."""
    digest = row["detail_digest"]
    content = [
        row["case_id"],
        row["seq"],
        row["kind"],
        row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        row["actor"],
        row["message_id"],
        row["values"],
        digest.hex() if digest else None,
        row["previous_hash"].hex(),
    ]
    return hashlib.sha256(_canonical(content)).digest()


def detail_digest(salt: bytes, values: Mapping[str, Any]) -> bytes:
    """Return the digest by which an event vouches for its personal values without holding them."""
    return hashlib.sha256(salt + _canonical(dict(values))).digest()


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of one case's chain found: the number of events, of erased details, and the faults in words."""

    events: int
    erased: int
    faults: Sequence[str]


def with_details() -> Select[Any]:
    """Return the statement that reads what :func:`check` needs, of all events and in no order."""
    columns = [getattr(Event, column) for column in _HASHED]
    detail = (EventDetail.event_id, EventDetail.salt, EventDetail.values)
    return select(*columns, Event.hash, *detail).outerjoin(EventDetail, EventDetail.event_id == Event.id)


def verify(session: Session, case_id: int, *, head: Head | None = None) -> Verified:
    """Recompute a case's chain from its rows; with ``head``, also that nothing was cut off its end."""
    return check(session.execute(with_details().where(Event.case_id == case_id).order_by(Event.seq)), head)


def check(rows: Iterable[Sequence[Any]], head: Head | None) -> Verified:
    """Recompute one case's chain from the rows of :func:`with_details`, in their order; they may be streamed."""
    previous, seq, events, erased = GENESIS, 0, 0, 0
    faults: list[str] = []
    for *values, stored, detailed, salt, personal in rows:
        row = dict(zip(_HASHED, values, strict=True))
        faults += _faults_of(row, stored, seq=seq, previous=previous)
        if detailed is None:
            erased += row["detail_digest"] is not None
        elif detail_digest(salt, personal) != row["detail_digest"]:
            faults.append(f"the detail of event {row['seq']} was changed")
        seq, previous, events = row["seq"], stored, events + 1
    if head is not None and head.seq != seq:
        faults.append(f"the case says {head.seq} events, its history ends with event {seq}")
    elif head is not None and head.hash != previous:
        faults.append(f"the case does not vouch for event {seq}, the last of its history")
    return Verified(events, erased, tuple(faults))


def _faults_of(row: Mapping[str, Any], stored: bytes, *, seq: int, previous: bytes) -> Iterator[str]:
    number = row["seq"]
    if number > seq + 2:
        yield f"events {seq + 1} to {number - 1} are missing"
    elif number == seq + 2:
        yield f"event {seq + 1} is missing"
    elif row["previous_hash"] != previous:
        yield f"event {number} does not follow the one before it"
    if event_hash(row) != stored:
        yield f"event {number} was changed"


_HASHED = ("case_id", "seq", "kind", "at", "actor", "message_id", "values", "detail_digest", "previous_hash")


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
