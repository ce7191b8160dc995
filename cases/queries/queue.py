"""The queue: which cases, in which order, one page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Row, Select, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from cases import clock, references
from cases.errors import Invalid
from cases.lifecycle import ENDED, LIVE
from cases.models import Address, Agent, Case, Citizen, Party, Thread
from cases.permissions import Viewer
from cases.queries.paging import Page, decode, encode, limited
from cases.queries.scope import visible

VIEWS = ("open", "mine", "unassigned", "overdue", "resolved", "all")
MOST_COUNTED = 1000
#: what a row takes from the case as it stands there
_OF_CASE = (
    *("id", "reference", "subject", "status", "outcome", "family", "department", "service", "priority", "channel"),
    *("assignee_id", "opened_at", "updated_at", "last_message_at", "last_speaker", "due_kind", "due_at", "version"),
)
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
# Written out as in the partial indexes; with a bound parameter PostgreSQL could not use them for the order.
_DUE_ORDER = literal_column("coalesce(case_file.due_at, 'infinity')", DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to show. ``view`` is one of :data:`VIEWS`; the other fields narrow it. ``q``: reference, number or words."""

    view: str = "open"
    department: str | None = None
    status: str | None = None
    assignee: int | None = None
    channel: str | None = None
    q: str | None = None
    updated_since: datetime | None = None
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a list shows it. ``due_state`` is ``running`` or ``breached`` now, or None without a live deadline.

    ``suggestions`` are departments that routing found the case could be for as well.
    """

    id: int
    reference: str
    subject: str
    status: str
    outcome: str | None
    family: str
    department: str | None
    service: str | None
    priority: str
    channel: str
    assignee_id: int | None
    assignee_name: str | None
    citizen_name: str | None
    address: str
    opened_at: datetime
    updated_at: datetime
    last_message_at: datetime
    last_speaker: str
    unread: bool
    due_kind: str | None
    due_at: datetime | None
    due_state: str | None
    version: int
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases each view holds, counted to a thousand at most."""

    open: int
    mine: int
    unassigned: int
    overdue: int


def page(
    session: Session, viewer: Viewer, filter: QueueFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[CaseRow]:
    """Return one page: live cases by nearest deadline, ended ones by latest change."""
    if filter.view not in VIEWS:
        raise Invalid(f"view must be one of {', '.join(VIEWS)}.", field="view")
    size = limited(limit)
    by_deadline = filter.view not in ("resolved", "all")
    query = rows().where(visible(viewer), *_conditions(filter, viewer, clock.now(session)))
    query = _after(query, cursor, by_deadline=by_deadline).limit(size + 1)
    now = clock.now(session)
    found = [case_row(row, now=now) for row in session.execute(query)]
    shown = found[:size]
    more = len(found) > size
    return Page(tuple(shown), _cursor(shown[-1], by_deadline=by_deadline) if more else None)


def counts(session: Session, viewer: Viewer, *, department: str | None = None) -> Counts:
    """Count the views of a desk, each to a thousand at most, so that the figures cost the same on any size."""
    now = clock.now(session)

    def count(view: str) -> int:
        conditions = _conditions(QueueFilter(view=view, department=department), viewer, now)
        some = select(Case.id).where(visible(viewer), *conditions).limit(MOST_COUNTED).subquery()
        return int(session.execute(select(func.count()).select_from(some)).scalar_one())

    return Counts(count("open"), count("mine"), count("unassigned"), count("overdue"))


def rows() -> Select[*tuple[Any, ...]]:
    """Return the select that :func:`case_row` reads; callers add their conditions, among them ``scope.visible``."""
    return (
        select(Case, Agent.name.label("assignee_name"), Citizen.name.label("citizen_name"), Address.value)
        .join(Citizen, Citizen.id == Case.citizen_id)
        .join(Thread, Thread.id == Case.thread_id)
        .join(Address, Address.id == Thread.address_id)
        .outerjoin(Agent, Agent.id == Case.assignee_id)
    )


def case_row(row: Row[*tuple[Any, ...]], *, now: datetime) -> CaseRow:
    """Turn a row of :func:`rows` into a value."""
    case, assignee_name, citizen_name, address, *_ = row
    due_state = None if case.due_at is None else "breached" if case.due_at < now else "running"
    unread = case.last_speaker == "citizen" and (case.last_message_id or 0) > (case.seen_message_id or 0)
    return CaseRow(
        **{name: getattr(case, name) for name in _OF_CASE},
        assignee_name=assignee_name,
        citizen_name=citizen_name,
        address=address,
        unread=unread,
        due_state=due_state,
        suggestions=tuple((case.routing or {}).get("suggestions", ())),
    )


def _conditions(filter: QueueFilter, viewer: Viewer, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [_view(filter.view, viewer, now)]
    for column, value in (
        (Case.department, filter.department),
        (Case.status, filter.status),
        (Case.channel, filter.channel),
        (Case.assignee_id, filter.assignee),
    ):
        if value is not None:
            conditions.append(column == value)
    if filter.updated_since is not None:
        conditions.append(Case.updated_at >= filter.updated_since)
    if filter.due_before is not None:
        conditions.append(Case.due_at < filter.due_before)
    if filter.q and filter.q.strip():
        conditions.append(_search(filter.q.strip()))
    return conditions


def _view(view: str, viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    live = Case.status.not_in(ENDED)
    match view:
        case "mine":
            return and_(live, Case.assignee_id == viewer.id)
        case "unassigned":
            return and_(live, Case.assignee_id.is_(None))
        case "overdue":
            return and_(live, Case.due_at < now)
        case "resolved":
            return Case.status.in_(ENDED)
        case "all":
            return Case.status.in_(LIVE | ENDED)
        case _:
            return live


def _search(words: str) -> ColumnElement[bool]:
    digits = references.parse(words)
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    places: list[ColumnElement[bool]] = [Case.subject.ilike(pattern), Citizen.name.ilike(pattern)]
    if digits:
        places.append(Case.reference == digits)
    number = "".join(c for c in words if c.isdigit()).lstrip("0")
    if len(number) >= 6:
        places.append(
            Case.id.in_(
                select(Party.case_id)
                .join(Address, Address.id == Party.address_id)
                .where(Address.value.like(f"%{number}"))
            )
        )
    return or_(*places)


def _after(query: Select[Any], cursor: str | None, *, by_deadline: bool) -> Select[Any]:
    if by_deadline:
        query = query.order_by(_DUE_ORDER, Case.id)
        if cursor:
            at, last = decode(cursor, datetime, int)
            # No deadline sorts as infinity, which Python's datetime cannot hold.
            due = literal_column("'infinity'::timestamptz") if at == _FAR else at
            query = query.where(tuple_(_DUE_ORDER, Case.id) > tuple_(due, last))
        return query
    query = query.order_by(Case.updated_at.desc(), Case.id.desc())
    if cursor:
        at, last = decode(cursor, datetime, int)
        query = query.where(tuple_(Case.updated_at, Case.id) < tuple_(at, last))
    return query


def _cursor(last: CaseRow, *, by_deadline: bool) -> str:
    return encode((last.due_at or _FAR) if by_deadline else last.updated_at, last.id)
