"""Seals over the history of all cases: made one after the other, and checked against the events they cover.

Sealed are only events of transactions older than the oldest that still runs, as the projector of live events reads
them: a transaction that commits late has a higher number than everything sealed before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from cases.models import Seal
from cases.models.event import GENESIS
from cases.models.seal import seal_hash

#: one number that all who seal lock, so that one seals at a time
LOCK = 5_021_936_002
#: events under one seal; with more waiting, several seals are made
MOST_EVENTS = 10_000
#: rows that a check holds in memory at once
HELD = 2_000

_TRY_LOCK = select(func.pg_try_advisory_xact_lock(LOCK))
_LAST = select(Seal).order_by(Seal.number.desc()).limit(1)
_NEXT_TRANSACTION = text("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
_AFTER = "(xid, id) > (cast(cast(:after_xid as text) as xid8), :after_id)"
_UP_TO = "(xid, id) <= (cast(cast(:last_xid as text) as xid8), :last_id)"
_COLUMNS = "xid::text::bigint as xid, id, hash"
_SEALABLE = f"{_AFTER} and xid < pg_snapshot_xmin(pg_current_snapshot())"
_WAITING = text(f"select {_COLUMNS} from event where {_SEALABLE} order by event.xid, id limit :limit")
_SEALED = text(f"select {_COLUMNS} from event where {_AFTER} and {_UP_TO} order by event.xid, id")
_COUNT = text(f"select count(*) from event where {_AFTER}")


class Renumbered(Exception):
    """The database gives transaction numbers that were sealed already, so nothing can be sealed in their order."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far the seals reach: nothing at all, or the last event of the last seal."""

    number: int = 0
    hash: bytes = GENESIS
    xid: int = 0
    event_id: int = 0


def place_after(seal: Seal | None) -> Place:
    """Return where the seal after this one begins."""
    return Place() if seal is None else Place(seal.number, seal.hash, seal.last_xid, seal.last_id)


def seal_next(session: Session, *, at: datetime) -> Seal | None:
    """Seal the next events; None where none waits, or somebody else is sealing just now."""
    if not session.scalar(_TRY_LOCK):
        return None
    place = place_after(session.scalars(_LAST).one_or_none())
    refuse_renumbered(session, place)
    waiting = session.execute(_WAITING, {**_from(place), "limit": MOST_EVENTS}).all()
    if not waiting:
        return None
    seal = _seal(place, waiting, at=at)
    session.add(seal)
    session.flush()
    return seal


def refuse_renumbered(session: Session, place: Place) -> None:
    """Raise :class:`Renumbered` where transactions are numbered from anew, as after loading a dump elsewhere."""
    if place.xid >= session.execute(_NEXT_TRANSACTION).scalar_one():
        raise Renumbered(
            "transactions are numbered lower than those that were sealed: this database was loaded from a dump "
            "into another server; new events cannot be sealed (see the decision record on seals)"
        )


def _seal(place: Place, waiting: Sequence[Row[Any]], *, at: datetime) -> Seal:
    seal = Seal(
        number=place.number + 1,
        at=at,
        first_xid=waiting[0].xid,
        first_id=waiting[0].id,
        last_xid=waiting[-1].xid,
        last_id=waiting[-1].id,
        events=len(waiting),
        root=_root(waiting)[0],
        previous_hash=place.hash,
    )
    seal.hash = seal_hash(seal)
    return seal


def seals_after(session: Session, number: int, *, limit: int) -> Sequence[Seal]:
    """Return the seals after this number, in their order."""
    return session.scalars(select(Seal).where(Seal.number > number).order_by(Seal.number).limit(limit)).all()


def count_unsealed(session: Session, place: Place) -> int:
    """Return how many events no seal covers yet."""
    return int(session.execute(_COUNT, _from(place)).scalar_one())


def check(session: Session, place: Place, seal: Seal) -> list[str]:
    """Compare a seal with the one before it and with the events it covers; returns the faults in words."""
    faults = []
    if seal.number != place.number + 1:
        faults.append(f"{named(place.number + 1, seal.number - 1)} not there")
        # What those covered is unknown; this one says itself where it began.
        place = Place(seal.number - 1, seal.previous_hash, seal.first_xid, seal.first_id - 1)
    elif seal.previous_hash != place.hash:
        faults.append(f"does not follow seal {place.number}")
    if seal_hash(seal) != seal.hash:
        faults.append("was changed: its hash is not that of what it says")
    root, found = _covered(session, place, seal)
    if found < seal.events:
        faults.append(f"{seal.events - found} of its {seal.events} events were deleted")
    elif found > seal.events:
        faults.append(f"its {seal.events} events have become {found}")
    elif root != seal.root:
        faults.append(f"its {found} events are not those that were sealed")
    return faults


def named(first: int, last: int) -> str:
    """Return seals and their verb in words: ``seal 3 is``, ``seals 3 to 7 are``."""
    return f"seal {first} is" if first == last else f"seals {first} to {last} are"


def _covered(session: Session, place: Place, seal: Seal) -> tuple[bytes, int]:
    values = {**_from(place), "last_xid": str(seal.last_xid), "last_id": seal.last_id}
    # Streamed: a forged seal may claim to reach over everything.
    return _root(session.execute(_SEALED, values, execution_options={"yield_per": HELD}))


def _from(place: Place) -> dict[str, Any]:
    return {"after_xid": str(place.xid), "after_id": place.event_id}


def _root(rows: Iterable[Row[Any]]) -> tuple[bytes, int]:
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(row.hash)
        count += 1
    return digest.digest(), count
