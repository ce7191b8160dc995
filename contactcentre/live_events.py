"""The projector of live events: reads committed history in order and tells the live process which cases changed."""

from __future__ import annotations

import json

from sqlalchemy import text

from cases import clock
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

CHANNEL = "contactcentre_live"
NAME = "live"
#: ids in one notification; PostgreSQL takes 8,000 bytes
BATCH = 200
MOST_EVENTS = 1000

_CURSOR = text("select xid, event_id from projection_cursor where name = :name for update skip locked")
_BEGIN = text(
    """
    insert into projection_cursor (name, xid, event_id, moved_at)
    values (:name, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0, :at)
    on conflict do nothing
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
_NOTIFY = text("select pg_notify(:channel, :payload)")


def project(container: Container) -> int:
    """Notify of the cases changed since the last call; returns how many. Ids only: who may see one is decided later."""
    return container.db.run(_project)


def _project(uow: UnitOfWork) -> int:
    changed = _read(uow)
    # With the cursor in one transaction: who crashes between the two would have moved on and told nobody.
    for start in range(0, len(changed), BATCH):
        payload = json.dumps(changed[start : start + BATCH])
        uow.session.execute(_NOTIFY, {"channel": CHANNEL, "payload": payload})
    return len(changed)


def _read(uow: UnitOfWork) -> list[int]:
    session, at = uow.session, clock.now(uow.session)
    session.execute(_BEGIN, {"name": NAME, "at": at})
    cursor = session.execute(_CURSOR, {"name": NAME}).one_or_none()
    if cursor is None:
        return []  # another ticker is reading just now
    values = {"xid": str(cursor.xid), "event_id": cursor.event_id, "limit": MOST_EVENTS}
    found = session.execute(_EVENTS, values).all()
    if found:
        last = found[-1]
        session.execute(_MOVE, {"name": NAME, "xid": last.xid, "event_id": last.id, "at": at})
    return list(dict.fromkeys(row.case_id for row in found))
