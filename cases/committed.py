"""Committed events in the order of their transactions, read on from a cursor with a name; each projector has one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_BEGIN = text(
    """
    insert into projection_cursor (name, xid, event_id, moved_at)
    values (:name, case when :from_now then pg_snapshot_xmin(pg_current_snapshot())::text::bigint else 0 end, 0, :at)
    on conflict do nothing
    """
)
_CURSOR = text(
    """
    select xid, event_id, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest,
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next
      from projection_cursor where name = :name for update skip locked
    """
)
# Only transactions older than the oldest running one: identity numbers alone would miss one that commits late.
_EVENTS = text(
    """
    select xid::text::bigint as xid, id, case_id from event
     where (xid, id) > (cast(cast(:xid as text) as xid8), :event_id) and xid < pg_snapshot_xmin(pg_current_snapshot())
     order by event.xid, id limit :limit
    """
)
_MOVE = text("update projection_cursor set xid = :xid, event_id = :event_id, moved_at = :at where name = :name")


class Place(NamedTuple):
    """Where a cursor stands: the transaction and the number of the last event that was read."""

    xid: int
    event_id: int


def take(session: Session, name: str, *, at: datetime, from_now: bool = False) -> Place | None:
    """Lock a cursor until the transaction ends and return its place; None while somebody else reads by it.

    A new one begins with the first event of all, or ``from_now`` on. So does one of a database that was loaded from a
    dump, which numbers its transactions anew: whoever reads from the first event must know what it has read already.
    """
    session.execute(_BEGIN, {"name": name, "from_now": from_now, "at": at})
    row = session.execute(_CURSOR, {"name": name}).one_or_none()
    if row is None:
        return None
    if row.xid < row.next:
        return Place(row.xid, row.event_id)
    begins = Place(row.oldest if from_now else 0, 0)
    session.execute(_MOVE, {"name": name, "xid": begins.xid, "event_id": begins.event_id, "at": at})
    return begins


def events_after(session: Session, place: Place, *, limit: int) -> Sequence[Any]:
    """Return the next events as rows of ``xid``, ``id`` and ``case_id``."""
    values = {"xid": str(place.xid), "event_id": place.event_id, "limit": limit}
    return session.execute(_EVENTS, values).all()


def move(session: Session, name: str, last: Any, *, at: datetime) -> None:
    """Let a cursor stand at an event that was read."""
    session.execute(_MOVE, {"name": name, "xid": last.xid, "event_id": last.id, "at": at})
