"""The accounts' health as rows, shared by every worker: read before a batch is given out, written after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, failover
from cases.brakes import Caps
from cases.departments import City
from cases.failover import Batch, Health
from cases.models import AccountHealth

log = structlog.get_logger(__name__)
_FIELDS = tuple(Health.__dataclass_fields__)


def group_of(city: City, account: str) -> tuple[str, ...]:
    """Return the accounts that may stand in for one another, the given one among them."""
    own = city.accounts[account]
    if own.group is None:
        return (account,)
    return tuple(one.id for one in city.accounts.values() if one.group == own.group and one.channel == own.channel)


def caps_of(city: City) -> Caps:
    """Return the day's bounds as the configuration has them."""
    return Caps(
        zone=city.organisation.timezone,
        prefixes=city.organisation.prefixes,
        per_recipient=city.limits.messages_per_number_per_day,
        per_prefix=city.limits.messages_per_prefix_per_day,
        spend=city.limits.spend_per_account_per_day,
    )


def read(session: Session, accounts: Sequence[str], *, for_change: bool = False) -> Mapping[str, Health]:
    """Return what is known of accounts; one that has never sent is healthy."""
    query = select(AccountHealth).where(AccountHealth.account.in_(accounts)).order_by(AccountHealth.account)
    rows = session.scalars(query.with_for_update() if for_change else query)
    known = {row.account: Health(**{name: getattr(row, name) for name in _FIELDS}) for row in rows}
    return {account: known.get(account, Health(account)) for account in accounts}


def judge(session: Session, group: Sequence[str], batches: Mapping[str, Batch]) -> None:
    """Write what a batch has told of each account. A changed weight is logged: it is an alarm or its end."""
    now = clock.now(session)
    known = read(session, group, for_change=True)
    for account, batch in batches.items():
        others = [known[one] for one in group if one != account]
        before, after = known[account], failover.judged(known[account], batch, others, now=now)
        if after == before:
            continue
        row = asdict(after)
        session.execute(insert(AccountHealth).values(row).on_conflict_do_update(index_elements=["account"], set_=row))
        if after.weight != before.weight:
            told = log.warning if after.weight < before.weight else log.info
            told("gateway.weight", account=account, weight=round(after.weight, 2), before=round(before.weight, 2))
