"""Somebody speaks: who they are, what may hold their words, and whether they were heard before, in one round trip."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cases import clock, messages, references
from cases.base import table
from cases.identity.names import fold
from cases.lifecycle import Status
from cases.matching import Candidate
from cases.messages import AddressKind
from cases.models import Address, Case, Citizen, CitizenAddress, Thread
from cases.writes import Writes, ask

#: a thread's latest cases that a message may join
MOST_CANDIDATES = 20
_LOCK = select(func.pg_advisory_xact_lock(bindparam("key")))
_ARRIVE = b"select * from arrive_merged($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"


class _Row(NamedTuple):
    """What the database's function ``arrive_merged`` gives, in its order."""

    at: datetime
    repeated: bool
    is_new: bool
    address_id: int
    citizen_id: int
    thread_id: int
    language: str | None
    opted_out: bool
    message_id: int
    reply_id: int
    case_id: int | None
    number: int | None
    automatic: list[datetime] | None
    candidates: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who wrote: ids, and what this address has chosen. Only a phone and a mail address are answered by a machine."""

    address: messages.Address
    address_id: int
    citizen_id: int
    thread_id: int
    language: str | None = None
    opted_out: bool = False
    is_new: bool = False

    @property
    def answerable(self) -> bool:
        """Tell whether an answer can reach this address: never a sender name or another service's short code."""
        return self.address.kind in (AddressKind.PHONE, AddressKind.EMAIL)


@dataclass(frozen=True, slots=True)
class Raw:
    """The callback that somebody's words came by: what identifies it, and its row but for the times."""

    account: str
    event: str
    key: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known before anything is decided. Ids are reserved; ``case_id`` and ``number`` only where no case is a
    candidate.

    ``repeated``: the callback or the message is stored already. ``automatic``: when this thread last got automatic
    texts. ``received_at`` is before ``at`` for what is taken in later than it came.
    """

    at: datetime
    speaker: Speaker
    repeated: bool
    message_id: int
    reply_id: int
    case_id: int | None
    number: int | None
    automatic: tuple[datetime, ...]
    candidates: tuple[Candidate, ...]
    received_at: datetime


def arrive(
    session: Session,
    address: messages.Address,
    *,
    said: str = "",
    sent_at: datetime | None = None,
    account: str | None = None,
    external_id: str | None = None,
    raw: Raw | None = None,
    automatic: int = 0,
    received_at: datetime | None = None,
) -> Arrival:
    """Find the speaker, or reserve what a stranger needs; nobody else speaks for the address until the transaction
    ends.

    ``automatic`` is how many of the latest automatic texts to look at. A stranger is only reserved: :func:`introduce`
    gathers their rows.
    """
    values = (
        *(str(_lock_number(address)), address.kind.value, address.value, account, external_id),
        *(raw.event if raw else None, raw.key if raw else None, references.find(said)),
        *(str(automatic), str(MOST_CANDIDATES), said, sent_at.isoformat() if sent_at else None),
    )
    row = _Row(*ask(session, _ARRIVE, values))
    speaker = Speaker(
        address, row.address_id, row.citizen_id, row.thread_id, row.language, row.opted_out, is_new=row.is_new
    )
    at = clock.learn(session, row.at)
    return Arrival(
        at=at,
        speaker=speaker,
        repeated=row.repeated,
        message_id=row.message_id,
        reply_id=row.reply_id,
        case_id=row.case_id,
        number=row.number,
        automatic=tuple(row.automatic or ()),
        candidates=_candidates(row.candidates or ()),
        received_at=min(received_at or at, at),
    )


def introduce(writes: Writes, arrival: Arrival, *, name: str = "") -> None:
    """Gather the rows of a stranger: address, citizen, the link between them, thread. ``name`` is what they go by."""
    one, at = arrival.speaker, arrival.at
    if not one.is_new:
        return
    writes.add(
        table(Address), {"id": one.address_id, "kind": one.address.kind, "value": one.address.value, "created_at": at}
    )
    called = {"name": name, "name_folded": fold(name)} if name else {}
    writes.add(table(Citizen), {"id": one.citizen_id, "created_at": at, **called})
    link = {"citizen_id": one.citizen_id, "address_id": one.address_id, "evidence": "first_message", "linked_at": at}
    writes.add(table(CitizenAddress), link)
    writes.add(table(Thread), {"id": one.thread_id, "address_id": one.address_id, "created_at": at})


def lock(session: Session, address: messages.Address) -> None:
    """Let nobody else speak for an address until the transaction ends."""
    session.execute(_LOCK, {"key": _lock_number(address)})


def candidate(case: Case) -> Candidate:
    """Return a case as one that a message could belong to, as it stands without a lock."""
    return Candidate(
        id=case.id,
        reference=case.reference,
        status=Status(case.status),
        department=case.department,
        service=case.service,
        resolved_at=case.resolved_at,
        last_at=case.last_message_at,
        version=case.version,
        event_seq=case.event_seq,
        event_head=case.event_head,
        answered=case.last_speaker == "agent",
    )


def _lock_number(address: messages.Address) -> int:
    digest = hashlib.blake2b(f"{address.kind}:{address.value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _candidates(found: Any) -> tuple[Candidate, ...]:
    return tuple(_candidate(row) for row in found)


def _candidate(row: Mapping[str, Any]) -> Candidate:
    instants = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("resolved_at", "last_at")}
    head = bytes.fromhex(row["event_head"])
    known_as = tuple(row["known_as"])
    return Candidate(**{**row, **instants, "status": Status(row["status"]), "event_head": head, "known_as": known_as})
