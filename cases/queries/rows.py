"""A case as a list shows it: the columns that are read of it, and the value that they become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from cases.models import Address, Agent, Case, Citizen, Thread

#: what a row takes from the case as it stands there
_OF_CASE = (
    *("id", "reference", "subject", "status", "outcome", "family", "department", "service", "priority", "channel"),
    *("assignee_id", "opened_at", "updated_at", "last_message_at", "last_speaker", "due_kind", "due_at", "version"),
)
_OF_OTHERS = ("assignee_name", "citizen_name", "address", "language", "place")
LANGUAGE = func.coalesce(Citizen.language, Address.language)


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
    language: str | None = None
    place: str | None = None


def rows() -> Select[*tuple[Any, ...]]:
    """Return the select that :func:`case_row` reads; callers add their conditions, among them ``scope.visible``."""
    return (
        select(
            *(getattr(Case, name).label(name) for name in (*_OF_CASE, "last_message_id", "seen_message_id")),
            Case.routing["suggestions"].label("suggestions"),
            Case.routing["place"].astext.label("place"),
            Agent.name.label("assignee_name"),
            Citizen.name.label("citizen_name"),
            Address.value.label("address"),
            LANGUAGE.label("language"),
        )
        .join(Citizen, Citizen.id == Case.citizen_id)
        .join(Thread, Thread.id == Case.thread_id)
        .join(Address, Address.id == Thread.address_id)
        .outerjoin(Agent, Agent.id == Case.assignee_id)
    )


def case_row(row: Any, *, now: datetime) -> CaseRow:
    """Turn a row of :func:`rows` into a value."""
    due_state = None if row.due_at is None else "breached" if row.due_at < now else "running"
    unread = row.last_speaker == "citizen" and (row.last_message_id or 0) > (row.seen_message_id or 0)
    return CaseRow(
        **{name: getattr(row, name) for name in (*_OF_CASE, *_OF_OTHERS)},
        unread=unread,
        due_state=due_state,
        suggestions=tuple(row.suggestions or ()),
    )
