"""The domain's read values as the API's schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cases import references
from cases.queries.case import CaseView
from cases.queries.messages import MessageRow
from cases.queries.queue import CaseRow
from cases.queries.tasks import TaskView
from cases.queries.timeline import EventEntry, MessageEntry, NoteEntry
from contactcentre.api import schemas


def case(row: CaseRow) -> schemas.CaseOut:
    """Show a case as lists do."""
    return schemas.CaseOut(**_case(row))


def case_detail(view: CaseView) -> schemas.CaseDetailOut:
    """Show a case with its timers, tasks, history and messages. A note's words stand in the history's values."""
    timers = [
        schemas.TimerOut(
            id=one.id,
            kind=one.kind,
            task=one.task_id,
            state=one.state,
            started_at=utc(one.started_at),
            due=utc(one.due_at) if one.due_at else None,
            met_at=one.met_at,
            breached_at=one.breached_at,
            policy=dict(one.policy),
        )
        for one in view.timers
    ]
    return schemas.CaseDetailOut(
        **{**_case(view.row), "citizen": _citizen(view)},
        version=view.row.version,
        routing=dict(view.routing),
        timers=timers,
        tasks=[task(one) for one in view.tasks],
        history=[_event(one) for one in view.timeline if isinstance(one, EventEntry | NoteEntry)],
        messages=[entry(one) for one in view.timeline if isinstance(one, MessageEntry)],
        may_belong_to=view.may_belong_to,
    )


def task(one: TaskView) -> schemas.TaskOut:
    """Show a task of a case."""
    instants = {name: getattr(one, name) for name in ("created_at", "ended_at")}
    return schemas.TaskOut(
        **{name: getattr(one, name) for name in _TASK},
        **{name: utc(at) if at else None for name, at in instants.items()},
        assignee=one.assignee_id,
        due=utc(one.due_at) if one.due_at else None,
    )


def message(row: MessageRow) -> schemas.MessageOut:
    """Show a message that was looked up by its id."""
    return schemas.MessageOut(
        **{name: getattr(row, name) for name in _MESSAGE},
        address=row.address,
        at=utc(row.created_at),
        cases=[references.written(one) for one in row.cases],
    )


def utc(at: datetime) -> datetime:
    """Return an instant in UTC, as RFC 3339 wants it shown with a Z."""
    return at.astimezone(UTC)


_TASK = ("id", "kind", "title", "department", "state", "promised", "late", "created_by", "ended_by", "result")
_MESSAGE = ("id", "direction", "channel", "account", "text", "automatic", "external_id", "status", "status_reason")


def _case(row: CaseRow) -> dict[str, Any]:
    names = ("subject", "status", "outcome", "family", "department", "service", "priority", "channel")
    due = None
    if row.due_at is not None and row.due_kind is not None and row.due_state is not None:
        due = schemas.Due(kind=row.due_kind, at=utc(row.due_at), state=row.due_state)
    return {
        **{name: getattr(row, name) for name in names},
        "reference": references.written(row.reference),
        "assignee": row.assignee_id,
        "citizen": schemas.CitizenOut(name=row.citizen_name, addresses=[row.address]),
        "opened_at": utc(row.opened_at),
        "updated_at": utc(row.updated_at),
        "due": due,
    }


def _citizen(view: CaseView) -> schemas.CitizenOut:
    return schemas.CitizenOut(name=view.citizen.name, addresses=[value for _, value, _ in view.citizen.addresses])


def entry(one: MessageEntry) -> schemas.MessageOut:
    """Show a message as it stands in a case."""
    values = {name: getattr(one, name) for name in _MESSAGE}
    return schemas.MessageOut(**values, author=one.author, at=utc(one.at), filed_because=one.filing_reason)


def _event(one: EventEntry | NoteEntry) -> schemas.EventOut:
    if isinstance(one, NoteEntry):
        return schemas.EventOut(id=one.id, kind="note", at=utc(one.at), actor=one.author, values={"text": one.text})
    values = {**one.values, **one.personal}
    return schemas.EventOut(id=one.id, kind=one.kind, at=utc(one.at), actor=one.actor_name, values=values)
