"""What running promises would be under other policies. Nothing is changed: what was promised stays promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Case, Timer
from cases.sla import reckoning, stretches
from cases.sla.calendar import Span
from cases.sla.changes import BY_POLICY
from cases.sla.policy import choose
from cases.sla.promises import Promises
from cases.sla.terms import Terms, terms_of, thawed
from cases.sla.timers import TimerState

CHUNK = 500
#: what is reckoned at most: a preview is looked at by somebody who waits for it
MOST = 20_000
_RUNNING = (
    select(
        *(Timer.id, Timer.kind, Timer.policy, Timer.started_at, Timer.due_at),
        *(Case.department, Case.service, Case.priority, Case.channel),
    )
    .join(Case, Case.id == Timer.case_id)
    .where(
        Timer.state == TimerState.RUNNING,
        Timer.breached_at.is_(None),
        Timer.overridden.is_(False),
        Timer.kind.in_(BY_POLICY),
    )
    .order_by(Timer.id)
)


@dataclass(slots=True)
class Effect:
    """Of one department's running promises of one kind: how many there are, and what another policy makes of them.

    ``dropped`` would not be promised at all; ``overdue`` would have run out already.
    """

    department: str | None
    kind: str
    running: int = 0
    earlier: int = 0
    later: int = 0
    dropped: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """The effects by department and kind; ``more`` says that there are promises beyond those that were reckoned."""

    effects: tuple[Effect, ...]
    more: bool


def preview(
    session: Session, city: Promises, *, at: datetime, most: int = MOST, before: Promises | None = None
) -> Preview:
    """Reckon running promises as if this city had made them, from their starts and with their pauses.

    With ``before`` only what the two would promise differently counts: a case that was transferred may be promised
    something else than today's policies say, and no change of them is to blame for that.
    """
    effects: dict[tuple[str, str], Effect] = {}
    last = seen = 0
    while rows := session.execute(_RUNNING.where(Timer.id > last).limit(min(CHUNK, most - seen))).all():
        last, seen = rows[-1].id, seen + len(rows)
        stood = stretches.spans(session, [row.id for row in rows], at=at)
        for row in rows:
            effect = effects.setdefault((row.department or "", row.kind), Effect(row.department, row.kind))
            if before is None or not _alike(_terms(before, row), _terms(city, row)):
                _count(effect, row, city, stood.get(row.id, ()), at=at)
            else:
                effect.running += 1
        if seen >= most:
            break
    more = seen >= most and session.execute(_RUNNING.where(Timer.id > last).limit(1)).first() is not None
    return Preview(tuple(effects[key] for key in sorted(effects)), more)


def _count(effect: Effect, row: Any, city: Promises, stood: Sequence[Span], *, at: datetime) -> None:
    effect.running += 1
    terms = _terms(city, row)
    if terms is None:
        effect.dropped += 1
        return
    if _same(terms, thawed(row.policy)):
        return
    due = reckoning.due(city.calendars[terms.calendar], terms.target, started=row.started_at, pauses=stood)
    effect.earlier += due < row.due_at
    effect.later += due > row.due_at
    effect.overdue += due <= at


def _terms(city: Promises, row: Any) -> Terms | None:
    where = {"department": row.department, "service": row.service, "channel": row.channel}
    policy = choose(city.policies, priority=row.priority, **where)
    return terms_of(policy, row.kind, version=city.version) if policy else None


def _alike(one: Terms | None, other: Terms | None) -> bool:
    return one is None and other is None or one is not None and other is not None and _same(one, other)


def _same(one: Terms, other: Terms) -> bool:
    return replace(one, version=0) == replace(other, version=0)
