"""One case with everything a desk shows of it: citizen, promises, and the timeline of messages, notes and events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from cases import access, clock, drafts, glass, reaching, references, survivors, together
from cases.departments import City
from cases.drafts import Kept
from cases.followers import counted
from cases.identity.verdicts import same_person
from cases.lifecycle import ALLOWED, Status
from cases.models import (
    Address,
    CallerFlag,
    Case,
    Citizen,
    CitizenAddress,
    Pause,
    Timer,
)
from cases.permissions import Action, Viewer, may
from cases.queries import newest, tasks, timeline
from cases.queries.rows import CaseRow, case_row, rows
from cases.queries.scope import visible
from cases.queries.tasks import TaskView
from cases.queries.timeline import Entry, MessageEntry
from cases.reaching import Reach
from cases.sla.explaining import Running
from cases.sla.timers import state_at
from cases.together import NOW, Found, Number, Parts, first, kept, number

#: what the parts of a case ask for: parameter → attribute of the case
OF_CASE = {"case_id": "id", "thread_id": "thread_id", "citizen_id": "citizen_id", "nearest_id": "may_belong_to_id"}
CASE = number("case_id")


@dataclass(frozen=True, slots=True)
class CitizenView:
    """Who the case is for. ``addresses`` are (kind, value, opted out)."""

    id: int
    name: str | None
    addresses: tuple[tuple[str, str, bool], ...]
    language: str | None
    #: those of their numbers whose callers are flagged now
    flagged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimerView:
    """One promise. ``state`` is computed for now: a deadline that has passed is breached although nobody swept it yet.

    ``due_at`` is None while the timer stands still. ``task`` is the title of the task whose promise it
    is (``task_id``).
    """

    id: int
    kind: str
    task_id: int | None
    task: str | None
    state: str
    policy: Mapping[str, Any]
    started_at: datetime
    due_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None
    running: Running


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as a viewer may see it, with what they may do to it next."""

    row: CaseRow
    code_given: bool
    confidential: bool
    account: str
    routing: Mapping[str, Any]
    citizen: CitizenView
    other_cases: tuple[CaseRow, ...]
    timers: tuple[TimerView, ...]
    tasks: tuple[TaskView, ...]
    timeline: tuple[Entry, ...]
    may_belong_to: str | None
    last_inbound_id: int | None
    seen_message_id: int | None
    reach: Reach
    can: frozenset[Action]
    next_statuses: tuple[Status, ...]
    #: how many others want to hear of its end
    followers: int
    #: until when this viewer may read a case that is not their department's, for the reason they gave
    glass_until: datetime | None
    snoozed_until: datetime | None
    drafts: Mapping[str, Kept]
    also: Found

    @property
    def last_answer_id(self) -> int:
        """The newest message that an agent wrote; 0 where none did."""
        said = (one for one in self.timeline if isinstance(one, MessageEntry) and one.author_id)
        return max((one.id for one in said), default=0)

    @property
    def reply_account(self) -> str | None:
        """The account by which an answer leaves by itself; None where the citizen cannot be reached by message."""
        return self.reach.ways[0].account.id if self.reach.ways else None


def load(
    session: Session,
    viewer: Viewer,
    reference: str,
    *,
    city: City,
    also: Callable[[Viewer], Parts] | None = None,
) -> CaseView:
    """Return the case; ``NotFound`` where there is none for this viewer.

    All of it is read in two statements; what else a page wants of the case rides along as parts ``also``, which may ask
    for ``NOW`` and the parameters of :data:`OF_CASE`.
    """
    case = access.for_reading(session, viewer, reference=reference)
    now = clock.now(session)
    parts = {**kept(_parts, viewer), **(kept(also, viewer) if also else {})}
    found = together.read(session, parts, {"now": now, **{name: getattr(case, of) for name, of in OF_CASE.items()}})
    messages = timeline.messages(found)
    entries: list[Entry] = [*messages, *timeline.history(found)]
    entries.sort(key=lambda entry: (entry.at, isinstance(entry, MessageEntry), entry.id))
    inbound = [entry.id for entry in messages if entry.direction == "in"]
    timers = found["timers"]
    listed = tasks.of_part(found["tasks"], timers, now=now)
    nearest = next(iter(found["nearest"]), None)
    return CaseView(
        row=case_row(found["own"][0], now=now),
        code_given=any(entry.automatic for entry in messages),
        confidential=case.confidential,
        account=case.account,
        routing=case.routing,
        citizen=_citizen(found),
        other_cases=tuple(case_row(row, now=now) for row in found["others"]),
        timers=_timers(found, timers, listed, now=now),
        tasks=listed,
        timeline=tuple(entries),
        may_belong_to=references.written(nearest.reference) if nearest and may(viewer, Action.READ, nearest) else None,
        last_inbound_id=max(inbound, default=None),
        seen_message_id=case.seen_message_id,
        reach=reaching.of_rows(found["ways"], case, city=city),
        can=frozenset(action for action in Action if access.allowed(session, viewer, action, case)),
        next_statuses=tuple(status for status in Status if status in ALLOWED[Status(case.status)]),
        followers=found["own"][0].followers,
        glass_until=glass.until(session, viewer, case),
        snoozed_until=case.snoozed_until,
        drafts=drafts.read(found["own"][0].drafts),
        also=found,
    )


def _parts(viewer: Viewer) -> Parts:
    citizen = number("citizen_id")
    beside = counted(CASE).label("followers"), drafts.of_case(viewer).label("drafts")
    timers = select(*together.columns_of(Timer)).where(Timer.case_id == CASE).order_by(Timer.due_at, Timer.id)
    nearest, tree = select(Case.reference, Case.department, Case.confidential, Case.about), survivors.tree(CASE)
    return {
        "own": rows().add_columns(*beside).where(Case.id == CASE),
        "timers": timers,
        "pauses": _pauses(select(Timer.id).where(Timer.case_id == CASE)),
        "tasks": tasks.part(CASE),
        "nearest": nearest.where(Case.id == number("nearest_id")),
        "others": _others(viewer, citizen),
        "ways": reaching.part(number("thread_id"), citizen),
        "citizen": select(Citizen.id, Citizen.name, Citizen.language).where(Citizen.id == citizen),
        "addresses": _addresses(citizen),
        "messages": timeline.messages_part(tree),
        "media": timeline.media_part(tree),
        "files": timeline.files_part(tree),
        "events": timeline.history_part(CASE, tree),
    }


def _citizen(found: Found) -> CitizenView:
    citizen, addresses = found["citizen"][0], found["addresses"]
    language = citizen.language or next((one.language for one in addresses if one.language), None)
    listed = tuple((one.kind, one.value, one.opted_out_at is not None) for one in addresses)
    flagged = tuple(one.value for one in addresses if one.flagged)
    return CitizenView(citizen.id, citizen.name, listed, language, flagged)


def _addresses(citizen_id: Number) -> Select[*tuple[Any, ...]]:
    holds = (CallerFlag.number == Address.value, CallerFlag.lifted_at.is_(None), CallerFlag.expires_at > NOW)
    flagged = exists().where(*holds).correlate(Address).label("flagged")
    return (
        select(Address.kind, Address.value, Address.language, Address.opted_out_at, flagged)
        .join(CitizenAddress, CitizenAddress.address_id == Address.id)
        .where(CitizenAddress.citizen_id == citizen_id)
        .order_by(Address.id)
    )


def _others(viewer: Viewer, citizen: Number) -> Select[*tuple[Any, ...]]:
    of_citizen = rows().where(visible(viewer), Case.id.in_(newest.cases_of(same_person(citizen))), Case.id != CASE)
    return of_citizen.order_by(newest.by(Case.id).desc()).limit(first(10))


def _timers(read: Found, found: Sequence[Any], listed: Sequence[TaskView], *, now: datetime) -> tuple[TimerView, ...]:
    values, titles = _running(found, read["pauses"]), {one.id: one.title for one in listed}
    return tuple(
        TimerView(
            one.id,
            one.kind,
            one.task_id,
            titles.get(one.task_id or 0),
            state_at(one, now=now),
            one.policy,
            one.started_at,
            one.due_at,
            one.met_at,
            one.breached_at,
            one.ended_at,
            values[one.id],
        )
        for one in found
    )


def running(session: Session, timers: Sequence[Timer]) -> Mapping[int, Running]:
    """Return of each timer what its explanation needs."""
    return _running(timers, session.execute(_pauses([one.id for one in timers])).all())


def _pauses(timer_ids: Any) -> Select[*tuple[Any, ...]]:
    columns = (Pause.timer_id, Pause.since, Pause.until, Pause.reason)
    return select(*columns).where(Pause.timer_id.in_(timer_ids)).order_by(Pause.since, Pause.id)


def _running(timers: Sequence[Any], pauses: Sequence[Any]) -> Mapping[int, Running]:
    stood: dict[int, list[tuple[datetime, datetime | None, str]]] = defaultdict(list)
    for pause in pauses:
        stood[pause.timer_id].append((pause.since, pause.until, pause.reason))
    return {
        one.id: Running(one.policy, one.started_at, one.due_at, one.overridden, tuple(stood[one.id])) for one in timers
    }
