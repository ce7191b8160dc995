"""What should never be, counted once an hour: messages, entries, callbacks and histories that do not fit together.

Every query is bounded: it looks at the newest rows, or at what a partial index holds, and counts no further than
:data:`MOST`. What it finds is no alarm that mends itself: somebody has to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import brakes, clock
from cases.models import Lease
from contactcentre import gateways
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

log = structlog.get_logger(__name__)

EVERY, STANDS = timedelta(hours=1), timedelta(minutes=10)
#: how many of the newest rows of a table are looked at, and up to how many faults are counted
NEWEST, MOST = 20_000, 1_000
#: what is due may wait so long for its turn, and an unknown end may stay unknown
WAITS, SETTLES = timedelta(seconds=60), timedelta(minutes=2)
_TURN, _COUNT = "ledger", "ledger:"

CHECKS: Mapping[str, str] = {
    "messages_without_entry": """
        select 1 from (select id from message where direction = 'out' order by id desc limit :newest) m
         where not exists (select 1 from outbox e where e.message_id = m.id)
    """,
    "entries_beyond_lease": "select 1 from outbox where state = 'sending' and lease_until < :waited",
    # Behind an older message of its thread, or while the gateway has asked for a pause, an entry waits rightly.
    "entries_due": """
        select 1 from outbox e
         where e.state = 'queued' and e.not_before < :waited and not :stopped
           and e.message_class <> all(cast(:braked as text[])) and e.account <> all(cast(:spent as text[]))
           and not exists (select 1 from account_health h where h.account = e.account and h.rests_until > :now)
           and not exists (select 1 from outbox o where o.thread_id = e.thread_id and o.id < e.id
                              and o.state in ('queued', 'sending'))
    """,
    "entries_unknown": "select 1 from outbox where state = 'unknown' and attempted_at < :settled",
    "callbacks_overdue": """
        select 1 from raw_request where state = 'failed' and next_try_at < :waited
        union all
        select 1 from (select state, received_at from raw_request order by id desc limit :newest) r
         where r.state = 'received' and r.received_at < :waited
    """,
    "histories_apart": """
        select 1 from (select id, event_seq from case_file order by updated_at desc, id desc limit :newest) c
         where c.event_seq <> coalesce((select max(v.seq) from event v where v.case_id = c.id), 0)
    """,
    # A callback without an id of its gateway names no message; nor does a key that was cut off.
    "callbacks_without_message": """
        select 1 from (select * from raw_request order by id desc limit :newest) r
         where r.state = 'applied' and r.event = 'incoming' and r.dedupe_key like 'id:%' and length(r.dedupe_key) < 500
           and not exists (select 1 from message m where m.account = r.account and m.direction = 'in'
                              and m.external_id is not null and m.external_id = substr(r.dedupe_key, 4))
    """,
}
_QUERIES = {name: text(f"select count(*) from ({query} limit :most) as found") for name, query in CHECKS.items()}


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a check found, by name; ``at`` is when."""

    at: datetime
    counts: Mapping[str, int]

    @property
    def even(self) -> bool:
        """Tell whether everything fits together."""
        return not any(self.counts.values())


def count(container: Container) -> Ledger:
    """Count everything now."""
    caps, pace = gateways.caps_of(container.city), container.pace
    with container.db.reader() as session:
        now = clock.now(session)
        braked, used_up = brakes.braked(session), brakes.used_up(session, caps, now=now)
        values: dict[str, Any] = {
            "now": now,
            "waited": now - WAITS * pace,
            "settled": now - SETTLES * pace,
            "stopped": brakes.ALL in braked,
            "braked": list(braked),
            "spent": [scope.removeprefix("account:") for scope in used_up],
            "newest": NEWEST,
            "most": MOST,
        }
        counts = {name: int(session.execute(query, values).scalar_one()) for name, query in _QUERIES.items()}
    return Ledger(now, counts)


def check(container: Container) -> Ledger | None:
    """Count where an hour has passed since the last time, by whichever process; what was found is kept and logged."""
    if not container.db.run(lambda uow: _due(uow.session, container.pace)):
        return None
    found = count(container)
    container.db.run(lambda uow: _keep(uow, found))
    if found.even:
        log.info("ledger.even")
    else:
        log.error("ledger.uneven", **found.counts)
    return found


def last(session: Session) -> Ledger | None:
    """Return what the last check found; None before the first."""
    query = select(Lease.name, Lease.holder, Lease.seen_at).where(Lease.name.in_([_COUNT + name for name in CHECKS]))
    rows = session.execute(query).all()
    if not rows:
        return None
    return Ledger(max(row.seen_at for row in rows), {row.name.removeprefix(_COUNT): int(row.holder) for row in rows})


def _due(session: Session, pace: float) -> bool:
    """Claim the hour's check. One that is long overdue waits ten minutes: the product stood still, and what waited
    meanwhile is about to leave.
    """
    at = clock.now(session)
    before = session.get(Lease, _TURN, with_for_update=True)
    if before is not None and before.until > at:
        return False
    begins = before is None or at - before.until > STANDS * pace
    until = at + (STANDS if begins else EVERY) * pace
    row = {"name": _TURN, "holder": "ledger", "until": until, "seen_at": at}
    new = insert(Lease).values(row)
    claimed = new.on_conflict_do_update(index_elements=["name"], set_=row, where=Lease.until <= at)
    return session.execute(claimed.returning(Lease.name)).first() is not None and not begins


def _keep(uow: UnitOfWork, found: Ledger) -> None:
    for name, number in found.counts.items():
        row = {"name": _COUNT + name, "holder": str(number), "until": found.at + EVERY, "seen_at": found.at}
        kept = insert(Lease).values(row).on_conflict_do_update(index_elements=["name"], set_=row)
        uow.session.execute(kept)
