"""What waits to leave, by account: since when, and how much of it; looks at an index, however much there is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.outbox import MessageClass

#: what waits is counted no further
MOST = 10_000
_SINCE = text("""
    select a.account, min(x.created_at) as since
      from unnest(cast(:accounts as text[])) a(account) cross join unnest(cast(:classes as text[])) c(class)
     cross join lateral (select e.created_at from outbox e where e.account = a.account and e.message_class = c.class
                          and e.state = 'queued' order by e.created_at limit 1) x
     group by a.account
""")
_COUNT = text("""
    select a.account, (select count(*) from (select 1 from outbox e where e.account = a.account and e.state = 'queued'
                                              limit :most) x) as number
      from unnest(cast(:accounts as text[])) a(account)
""")


def since(session: Session, accounts: Collection[str], *, but: Collection[str] = frozenset()) -> Mapping[str, datetime]:
    """Return when the oldest message that waits was written, of each account with one; some classes are left out."""
    classes = [one.value for one in MessageClass if one.value not in but]
    found = session.execute(_SINCE, {"accounts": list(accounts), "classes": classes})
    return {one.account: one.since for one in found}


def counts(session: Session, accounts: Collection[str]) -> Mapping[str, int]:
    """Return how many messages of each account wait, :data:`MOST` at most."""
    found = session.execute(_COUNT, {"accounts": list(accounts), "most": MOST})
    return {one.account: one.number for one in found}
