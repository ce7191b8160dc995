"""The projector of live events: reads committed history in order and tells the live process which cases changed."""

from __future__ import annotations

import json

from sqlalchemy import text

from cases import clock, committed
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

CHANNEL = "contactcentre_live"
NAME = "live"
#: ids in one notification; PostgreSQL takes 8,000 bytes
BATCH = 200
MOST_EVENTS = 1000

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
    place = committed.take(session, NAME, at=at, from_now=True)
    if place is None:
        return []  # another ticker is reading just now
    found = committed.events_after(session, place, limit=MOST_EVENTS)
    if found:
        committed.move(session, NAME, found[-1], at=at)
    return list(dict.fromkeys(row.case_id for row in found))
