"""Timers that are due: the breach at its own instant and the steps of the ladder, each once, many in a few statements.

Nothing is right or wrong because of when this runs: it records and tells. Any number of callers may run; what one
has locked the others pass by.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, text
from sqlalchemy.orm import Session

from cases.models import Case, Timer
from cases.models.event import Happened, Head, Link, link, record
from cases.sla import stretches
from cases.sla.calendar import Span
from cases.sla.endings import settle_answer
from cases.sla.ladder import DUE, Rung, rungs
from cases.sla.terms import Terms, thawed
from cases.sla.timers import LIVE, Calendars, TimerState, line, show_nearest

MOST = 500
_NEXT_WAKE = select(func.min(Timer.next_wake_at)).where(Timer.next_wake_at.is_not(None))
# The cases are locked, as everybody does who changes a timer. LIMIT stands above the locking: what another holds does
# not count.
_CLAIM = text(
    """
    select c.id, c.event_seq, c.event_head
      from timer t join case_file c on c.id = t.case_id
     where t.next_wake_at <= :at and t.next_wake_at is not null
     order by t.next_wake_at limit :limit
       for update of c skip locked
    """
)
_DUE = (
    select(
        Timer.id,
        Timer.case_id,
        Timer.task_id,
        Timer.kind,
        Timer.instance,
        Timer.state,
        Timer.policy,
        Timer.started_at,
        Timer.due_at,
        Timer.breached_at,
        Timer.rung,
        Timer.met_by,
    )
    .where(
        Timer.case_id == func.any(bindparam("cases")),
        Timer.next_wake_at <= bindparam("at"),
        Timer.next_wake_at.is_not(None),
        or_(Timer.state.in_(LIVE), Timer.met_by.is_not(None)),
    )
    .order_by(Timer.case_id, Timer.id)
)
_DOUBT = text("update timer set next_wake_at = :at where met_by = :message_id")
_DOUBTFUL = select(Timer).where(
    Timer.case_id == bindparam("case_id"), Timer.met_by.is_not(None), Timer.next_wake_at <= bindparam("at")
)
_WRITE = text(
    """
    with timers as (
        update timer t set state = n.state, breached_at = n.breached_at, rung = n.rung, next_wake_at = n.next_wake_at
          from unnest(cast(:t_ids as bigint[]), cast(:t_states as text[]), cast(:t_breached as timestamptz[]),
                      cast(:t_rungs as bigint[]), cast(:t_wakes as timestamptz[]))
               as n(id, state, breached_at, rung, next_wake_at)
         where t.id = n.id),
    escalations as (
        insert into escalation (timer_id, case_id, step, due_at, "to", created_at)
        select n.timer_id, n.case_id, n.step, n.due_at, cast(n.told as jsonb), :at
          from unnest(cast(:s_timers as bigint[]), cast(:s_cases as bigint[]), cast(:s_steps as text[]),
                      cast(:s_dues as timestamptz[]), cast(:s_to as text[])) as n(timer_id, case_id, step, due_at, told)
            on conflict (timer_id, step, due_at) do nothing),
    events as (
        insert into event (case_id, seq, kind, at, actor, plain, previous_hash, hash)
        select n.case_id, n.seq, n.kind, :at, n.actor, cast(n.plain as jsonb), n.previous_hash, n.hash
          from unnest(cast(:e_cases as bigint[]), cast(:e_seqs as bigint[]), cast(:e_kinds as text[]),
                      cast(:e_actors as text[]), cast(:e_values as text[]), cast(:e_previous as bytea[]),
                      cast(:e_hashes as bytea[])) as n(case_id, seq, kind, actor, plain, previous_hash, hash))
    update case_file c set event_seq = n.seq, event_head = n.head, version = c.version + 1, updated_at = :at
      from unnest(cast(:c_ids as bigint[]), cast(:c_seqs as bigint[]), cast(:c_heads as bytea[])) as n(id, seq, head)
     where c.id = n.id
    """
)


@dataclass(slots=True)
class _Woken:
    """What a batch changes, gathered column by column."""

    timers: list[tuple[int, str, datetime | None, int, datetime | None]] = field(default_factory=list)
    steps: list[tuple[int, int, str, datetime, str]] = field(default_factory=list)
    happened: dict[int, list[Happened]] = field(default_factory=lambda: defaultdict(list))


def wake(session: Session, *, calendars: Calendars, at: datetime, limit: int = MOST) -> int:
    """Record what has fallen due of at most ``limit`` timers; returns how many cases were looked at."""
    heads = {
        row.id: Head(row.id, row.event_seq, row.event_head)
        for row in session.execute(_CLAIM, {"at": at, "limit": limit})
    }
    if not heads:
        return 0
    due = session.execute(_DUE, {"cases": sorted(heads), "at": at}).all()
    settled: set[int] = set()
    for case_id in sorted({row.case_id for row in due if row.met_by is not None}):
        heads[case_id] = _settle(session, case_id, settled, calendars=calendars, at=at)
    due = [row for row in due if row.id not in settled]
    stood = stretches.spans(session, [row.id for row in due], at=at)
    woken = _Woken()
    for row in due:
        _wake(row, woken, calendars=calendars, pauses=stood.get(row.id, ()), at=at)
    links = [link(heads[case_id], lines, at=at) for case_id, lines in woken.happened.items()]
    session.execute(_WRITE, _columns(woken, links, at=at))
    return len(heads)


def doubt(session: Session, message_id: int, *, at: datetime) -> None:
    """Have the promises looked at that a message kept which has now come to its end; the case need not be locked."""
    session.execute(_DOUBT, {"message_id": message_id, "at": at})


def next_wake(session: Session) -> datetime | None:
    """Return when the next timer wants attention."""
    return session.scalar(_NEXT_WAKE)


def _settle(session: Session, case_id: int, settled: set[int], *, calendars: Calendars, at: datetime) -> Head:
    """Look at answers in doubt; adds to ``settled`` the timers that want nothing more, and returns the case's head."""
    case = session.get_one(Case, case_id)
    happened = []
    for timer in session.scalars(_DOUBTFUL, {"case_id": case_id, "at": at}).all():
        found = settle_answer(session, case, timer, calendars=calendars, at=at)
        if timer.state not in LIVE:
            timer.next_wake_at = None
        if found or timer.state not in LIVE:
            settled.add(timer.id)
        happened += found
    show_nearest(session, case)
    if happened:
        record(session, case, happened, at=at)
    session.flush()
    return Head(case_id, case.event_seq, case.event_head)


def _wake(row: Any, woken: _Woken, *, calendars: Calendars, pauses: Sequence[Span], at: datetime) -> None:
    terms = thawed(row.policy)
    ladder: Sequence[Rung] = rungs(
        terms, calendars[terms.calendar], started=row.started_at, due=row.due_at, pauses=pauses
    )
    state, breached_at, rung = row.state, row.breached_at, row.rung
    while rung < len(ladder) and ladder[rung].at <= at:
        one = ladder[rung]
        if one.step == DUE and breached_at is None:
            state, breached_at = TimerState.BREACHED, row.due_at
            woken.happened[row.case_id] += [
                line("timer_breached", row, {"due_at": row.due_at.isoformat()}),
                *_silence(row, terms),
            ]
        if one.to:
            values = {"step": one.step, "to": list(one.to), "due_at": row.due_at.isoformat()}
            woken.happened[row.case_id].append(line("escalated", row, values))
            woken.steps.append((row.id, row.case_id, one.step, row.due_at, json.dumps(one.to)))
        rung += 1
    woken.timers.append((row.id, state, breached_at, rung, ladder[rung].at if rung < len(ladder) else None))


def _silence(row: Any, terms: Terms) -> list[Happened]:
    if not terms.silence:
        return []
    return [line(terms.silence, row, {"statute": terms.policy})]


def _columns(woken: _Woken, links: Iterable[Link], *, at: datetime) -> Mapping[str, Any]:
    made = list(links)
    events = [
        (e["case_id"], e["seq"], e["kind"], e["actor"], json.dumps(e["plain"]), e["previous_hash"], e["hash"])
        for one in made
        for e in one.events
    ]
    cases = [(one.head.case_id, one.head.seq, one.head.hash) for one in made]
    return {
        "at": at,
        **_transposed("t", ("ids", "states", "breached", "rungs", "wakes"), woken.timers),
        **_transposed("s", ("timers", "cases", "steps", "dues", "to"), woken.steps),
        **_transposed("e", ("cases", "seqs", "kinds", "actors", "values", "previous", "hashes"), events),
        **_transposed("c", ("ids", "seqs", "heads"), cases),
    }


def _transposed(prefix: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {f"{prefix}_{name}": [row[place] for row in rows] for place, name in enumerate(names)}
