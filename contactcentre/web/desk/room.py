"""What every page of the desk shows: the queue pane, as the address asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import request, url_for
from sqlalchemy.orm import Session

from cases import clock, references
from cases.departments import City
from cases.permissions import ANY_DEPARTMENT, Viewer, reach
from cases.queries import notices, queue
from cases.queries.queue import CaseRow, Counts, QueueFilter
from contactcentre.web.desk import clocks, mine, routed
from contactcentre.web.desk.clocks import Chip
from contactcentre.web.desk.mine import Mine

VIEWS = {"open": "All open", "mine": "Mine", "unassigned": "Unassigned", "overdue": "Overdue"}
MORE_VIEWS = {"resolved": "Resolved", "all": "All cases"}
ROWS = 30
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class RowView:
    """A queue row: the case, its clock, and the address that opens it."""

    row: CaseRow
    chip: Chip
    address: str
    department: str
    waits: str | None


@dataclass(frozen=True, slots=True)
class Room:
    """The queue pane, and the bell. ``here`` is its own address, ``query`` what links carry so that the queue stays."""

    filter: QueueFilter
    counts: Counts
    rows: tuple[RowView, ...]
    more: str | None
    departments: tuple[tuple[str, str], ...]
    query: str
    here: str
    now: datetime
    zone: ZoneInfo
    unread: int
    mine: Mine

    @property
    def bell(self) -> str:
        """How many notices are unread, as the bell shows it; empty for none."""
        return f"{notices.MOST_COUNTED - 1}+" if self.unread >= notices.MOST_COUNTED else str(self.unread or "")

    def link(self, view: str) -> str:
        """Return the address of another view of the same department."""
        wanted = {"view": view, "department": self.filter.department or ""}
        return f"{url_for('desk.home')}?{urlencode({k: v for k, v in wanted.items() if v})}"


def load(session: Session, viewer: Viewer, *, city: City) -> Room:
    """Read the queue that the address asks for; raises ``Invalid`` for a view or a cursor that does not exist."""
    asked = _asked()
    found = queue.page(session, viewer, asked, cursor=request.args.get("cursor") or None, limit=ROWS)
    now, zone = clock.now(session), zone_of(city)
    query = urlencode(_kept(asked))
    here = url_for("desk.home") + (f"?{query}" if query else "")
    more = f"{url_for('desk.home')}?{urlencode({**_kept(asked), 'cursor': found.next})}" if found.next else None
    return Room(
        filter=asked,
        counts=queue.counts(session, viewer, department=asked.department),
        rows=tuple(_row(row, city, now, zone, query) for row in found.items),
        more=more,
        departments=tuple(departments(viewer, city)),
        query=query,
        here=here,
        now=now,
        zone=zone,
        unread=notices.unread(session, viewer),
        mine=mine.load(session, viewer, city=city),
    )


def case_address(reference: str, query: str = "") -> str:
    """Return the address of a case, the queue beside it as ``query`` says."""
    return url_for("desk.case", reference=references.written(reference)) + (f"?{query}" if query else "")


def departments(viewer: Viewer, city: City) -> Iterable[tuple[str, str]]:
    """Return the departments whose queue this viewer may see, by name."""
    within = {department for department, _ in reach(viewer)}
    every = sorted(city.departments.values(), key=lambda one: one.name)
    return ((one.key, one.name) for one in every if ANY_DEPARTMENT in within or one.key in within)


def zone_of(city: City) -> ZoneInfo:
    """Return the zone in which people here read the time."""
    return ZoneInfo(city.organisation.timezone)


def _asked() -> QueueFilter:
    words = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    # A search looks beyond the open cases: whoever types a reference wants that case, however it stands.
    view = request.args.get("view") or ("all" if words else "open")
    return QueueFilter(view=view, department=request.args.get("department") or None, q=words or None)


def _kept(asked: QueueFilter) -> dict[str, str]:
    values = {"view": "" if asked.view == "open" else asked.view, "department": asked.department, "q": asked.q}
    return {name: value for name, value in values.items() if value}


def _row(row: CaseRow, city: City, now: datetime, zone: ZoneInfo, query: str) -> RowView:
    department = city.departments.get(row.department or "")
    name = department.short_name if department else row.department or routed.waits_for(row.suggestions, city)
    waits = next((text for status, text in clocks.WAITS.items() if row.status == status), None)
    return RowView(row, clocks.of_row(row, now=now, zone=zone), case_address(row.reference, query), name, waits)
