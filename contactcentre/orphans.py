"""What a configuration would leave alone: cases without their department, promises without calendar, messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.departments import City
from cases.lifecycle import Status
from cases.models import Case, OutboxEntry, Timer
from cases.outbox import OutboxState
from cases.sla.timers import LIVE

_WAITING = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN)
_CALENDAR = Timer.policy["calendar"].astext
# A resolved case counts too: its citizen may still reopen it.
_CASES = (
    select(Case.department, func.count())
    .where(Case.status != Status.CLOSED, Case.department.is_not(None))
    .group_by(Case.department)
    .order_by(Case.department)
)
_PROMISES = select(_CALENDAR, func.count()).where(Timer.state.in_(LIVE)).group_by(_CALENDAR).order_by(_CALENDAR)
_MESSAGES = (
    select(OutboxEntry.account, func.count())
    .where(OutboxEntry.state.in_(_WAITING))
    .group_by(OutboxEntry.account)
    .order_by(OutboxEntry.account)
)
#: by the part of the configuration that holds the name: what has it, and what to do
_SAID = {
    "departments": (
        "departments/{name}.toml: is missing, but {count} cases there are not closed; "
        "transfer them or wait until they are closed, or keep the file"
    ),
    "calendars": "calendars/{name}.toml: is missing, but {count} promises are reckoned by it; keep the file",
    "accounts": (
        "account {name}: is missing, but {count} messages wait to leave by it; "
        "let them leave first, or keep the account"
    ),
}


def orphans(session: Session, city: City) -> list[tuple[str, str]]:
    """Return all that work would lose under this city, each as the part of the configuration and a sentence."""
    return [
        *_missing(session.execute(_CASES), city.departments, part="departments"),
        *_missing(session.execute(_PROMISES), city.calendars, part="calendars"),
        *_missing(session.execute(_MESSAGES), city.accounts, part="accounts"),
    ]


def _missing(rows: Iterable[tuple[str | None, int]], known: Collection[str], *, part: str) -> Iterator[tuple[str, str]]:
    for name, count in rows:
        if name not in known:
            yield part, _SAID[part].format(name=name, count=count)
