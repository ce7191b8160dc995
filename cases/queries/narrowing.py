"""What a queue is narrowed to: the view, and each field of the form beside it, as conditions on cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, false, func

from cases import folded
from cases.errors import Invalid
from cases.lifecycle import ENDED, LIVE
from cases.models import Address, Case, Citizen, Thread
from cases.permissions import Viewer
from cases.queries import on_board
from cases.queries.rows import LANGUAGE
from cases.queries.sorted_by import DUE_ORDER, ONLY_LIVE
from cases.together import Instant

__all__ = ["DUE_ORDER", "ONLY_LIVE", "VIEWS", "QueueFilter", "conditions"]
VIEWS = ("open", "mine", "unassigned", "overdue", "resolved", "all")
WAITS = tuple(status for status in LIVE if status.startswith("waiting"))
MOST_HOURS = 24 * 366
PLACE = "coalesce(case_file.routing ->> 'place', '')"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to show. ``view`` is one of :data:`VIEWS`; the other fields narrow it. ``q``: reference, number or words.

    ``waiting``: for somebody outside; ``unread``: the citizen's last words were read by nobody; ``due_within`` is in
    hours from now, and takes in what is late; ``assignee`` 0 means nobody. ``board`` is what a number of the board
    counts (:mod:`cases.queries.on_board`), ``within`` the departments of that board, and ``zone`` where its days begin.
    """

    view: str = "open"
    department: str | None = None
    status: str | None = None
    assignee: int | None = None
    channel: str | None = None
    q: str | None = None
    updated_since: datetime | None = None
    due_before: datetime | None = None
    service: str | None = None
    priority: str | None = None
    language: str | None = None
    place: str | None = None
    waiting: bool = False
    due_within: int | None = None
    opened_since: datetime | None = None
    unread: bool = False
    board: str | None = None
    within: str | None = None
    zone: str = "UTC"

    def whole(self, view: str) -> QueueFilter:
        """Return another view of the same department, narrowed by nothing else."""
        return QueueFilter(view=view, department=self.department)

    def without(self, name: str) -> QueueFilter:
        """Return it without one of its fields."""
        return replace(self, **{name: getattr(QueueFilter(), name)})


def conditions(filter: QueueFilter, viewer: Viewer, now: Instant) -> list[ColumnElement[bool]]:
    """Return what holds for the cases to show, but for ``q`` and for what the viewer may see; raises ``Invalid``."""
    if filter.view not in VIEWS:
        raise Invalid(f"view must be one of {', '.join(VIEWS)}.", field="view")
    board = on_board.conditions(filter.board, viewer, now, within=filter.within, zone=filter.zone)
    return [*_view(filter.view, viewer, now), *_equal(filter), *_more(filter, now), *board]


def _view(view: str, viewer: Viewer, now: Instant) -> Iterator[ColumnElement[bool]]:
    if view == "resolved":
        yield Case.status.in_(sorted(ENDED))
    elif view != "all":
        yield ONLY_LIVE
    if view in ("open", "mine", "unassigned"):
        yield Case.snoozed_until.is_(None)  # what is late is shown also where it is put aside
    if view == "mine":
        yield Case.assignee_id == viewer.id
    if view == "unassigned":
        yield Case.assignee_id.is_(None)
    if view == "overdue":
        yield now > DUE_ORDER


def _equal(filter: QueueFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (Case.department, filter.department),
        (Case.status, filter.status),
        (Case.channel, filter.channel),
        (Case.service, filter.service),
        (Case.priority, filter.priority),
        (Case.assignee_id, filter.assignee or None),
    ):
        if value is not None:
            yield column == value
    if filter.assignee == 0:
        yield Case.assignee_id.is_(None)


def _more(filter: QueueFilter, now: Instant) -> Iterator[ColumnElement[bool]]:
    if filter.updated_since is not None:
        yield Case.updated_at >= filter.updated_since
    if filter.opened_since is not None:
        yield Case.opened_at >= filter.opened_since
    for until in (filter.due_before, _within(filter.due_within, now)):
        if until is not None:
            yield until > DUE_ORDER
    if filter.waiting:
        yield Case.status.in_(WAITS)
    if filter.unread:
        unread = func.coalesce(Case.last_message_id, 0) > func.coalesce(Case.seen_message_id, 0)
        yield and_(Case.last_speaker == "citizen", unread)
    if filter.language is not None:
        yield _speaks(filter.language)
    if filter.place is not None:
        wanted = folded.words(filter.place)
        yield folded.said(PLACE, wanted) if wanted else false()


def _within(hours: int | None, now: Instant) -> Instant | None:
    if hours is None:
        return None
    if not 0 <= hours <= MOST_HOURS:
        raise Invalid(f"due_within is a number of hours from 0 to {MOST_HOURS}.", field="due_within")
    return now + timedelta(hours=hours)


def _speaks(language: str) -> ColumnElement[bool]:
    spoken: ColumnElement[str] = LANGUAGE
    return exists().where(
        Citizen.id == Case.citizen_id,
        Thread.id == Case.thread_id,
        Address.id == Thread.address_id,
        spoken == language,
    )
