"""What every page of the desk shows: the queue pane, as the address asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from flask import request, url_for
from sqlalchemy.orm import Session

from cases import availability, bulletins, clock, preferences, references, rota, saved_views, together, viewing
from cases.bulletins import Written
from cases.departments import City
from cases.permissions import ANY_DEPARTMENT, Viewer, reach
from cases.queries import colleagues, notices, queue, register
from cases.queries.paging import Page
from cases.queries.queue import CaseRow, QueueFilter
from cases.together import NOW, Found, kept
from cases.viewing import Looking
from contactcentre.web.desk import clocks, mine, narrowing, routed
from contactcentre.web.desk.clocks import Chip
from contactcentre.web.desk.mine import Mine
from contactcentre.web.desk.narrowing import Choice, Narrowed

VIEWS = {"open": "All open", "mine": "Mine", "unassigned": "Unassigned", "overdue": "Overdue"}
MORE_VIEWS = {"resolved": "Resolved", "all": "All cases"}
ROWS = 30
#: stands for the reference of a row where the address of one is made for all
_ANY = "00000000"
_WAITS = {status.value: text for status, text in clocks.WAITS.items()}


@dataclass(frozen=True, slots=True)
class RowView:
    """A queue row: the case, its clock, who looks at it, and the address that opens it."""

    row: CaseRow
    chip: Chip
    address: str
    department: str
    waits: str | None
    looking: tuple[Looking, ...] = ()
    time: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved view as the pane lists it."""

    id: int
    name: str
    department: str | None
    address: str
    on: bool


@dataclass(frozen=True, slots=True)
class Room:
    """The queue pane, and the bell. ``here`` is its own address, ``query`` what links carry so that the queue stays."""

    filter: QueueFilter
    counts: Mapping[str, int]
    rows: tuple[RowView, ...]
    more: str | None
    earlier: str | None
    cut: bool
    departments: tuple[tuple[str, str], ...]
    fields: tuple[Choice, ...]
    narrowed: tuple[Narrowed, ...]
    saved: tuple[Saved, ...]
    query: str
    here: str
    now: datetime
    zone: ZoneInfo
    unread: int
    mine: Mine
    keys_off: bool
    toured: bool
    begins_with: str | None
    letters_wait: bool
    bulletins: tuple[Written, ...]

    @property
    def bell(self) -> str:
        """How many notices are unread, as the bell shows it; empty for none."""
        return f"{notices.MOST_COUNTED - 1}+" if self.unread >= notices.MOST_COUNTED else str(self.unread or "")

    def number(self, view: str) -> str:
        """Return how many cases a view holds, as its button shows it."""
        found = self.counts[view]
        return f"{queue.MOST_COUNTED - 1}+" if found >= queue.MOST_COUNTED else str(found)

    def link(self, view: str) -> str:
        """Return the address of another view of the same department."""
        return _home({"view": view, "department": self.filter.department or ""})

    def taken_off(self, one: Narrowed) -> str:
        """Return the address without one of the things that the queue is narrowed to."""
        return _home(one.without)

    @property
    def without_words(self) -> str:
        """The address without the words that are searched for."""
        return _home({name: value for name, value in parse_qsl(self.query) if name != "q"})


def load(session: Session, viewer: Viewer, *, city: City) -> Room:
    """Read the queue that the address asks for; raises ``Invalid`` for a view or a cursor that does not exist."""
    now = clock.now(session)
    asked = asked_for(city=city)
    cursor, before = (request.args.get(name) or None for name in ("cursor", "back"))
    listed = queue.listed(viewer, asked, cursor=cursor, before=before, limit=ROWS)
    parts = {"rows": listed.rows, **kept(_parts, viewer, asked.whole(asked.view))}
    beside = together.read(session, parts, {"now": now})
    return _room(viewer, asked, listed.of(beside["rows"], now=now), beside, city=city, now=now)


def asked_for(*, city: City) -> QueueFilter:
    """Return the queue that this request's address asks for."""
    return narrowing.asked(request.args, zone=zone_of(city))


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


def _parts(viewer: Viewer, asked: QueueFilter) -> together.Parts:
    return {
        **{f"count_{view}": queue.count_part(viewer, asked.whole(view), now=NOW) for view in VIEWS},
        **availability.own_parts(viewer, at=NOW),
        "unread": notices.unread_part(viewer),
        "letters_wait": register.waits_part(viewer),
        "everybody": colleagues.everybody(viewer),
        "saved": saved_views.part(viewer),
        "preferences": preferences.part(viewer),
        "looking": viewing.part(viewer, None, now=NOW),
        "bulletins": bulletins.part(viewer, now=NOW),
    }


def _room(
    viewer: Viewer, asked: QueueFilter, found: Page[CaseRow], beside: Found, *, city: City, now: datetime
) -> Room:
    zone = zone_of(city)
    kept = narrowing.kept(asked, zone=zone)
    query, liked = urlencode(kept), next(iter(beside["preferences"]), None)
    people = [(one.id, one.name) for one in colleagues.among(beside["everybody"], department=asked.department)]
    fields = narrowing.choices(asked, city, colleagues=people)
    looking = viewing.of_part(beside["looking"])
    row_view = _Rows(city, now, query, looking)
    return Room(
        filter=asked,
        counts={view: beside[f"count_{view}"][0].number for view in VIEWS},
        rows=tuple(row_view.of(row) for row in found.items),
        more=_home({**kept, "cursor": found.next}) if found.next else None,
        earlier=_home({**kept, "back": found.previous}) if found.previous else None,
        cut=found.cut,
        departments=tuple(departments(viewer, city)),
        fields=fields,
        narrowed=narrowing.narrowed(asked, fields, zone=zone),
        saved=tuple(
            Saved(one.id, one.name, one.department, _home(one.narrowed), on=one.narrowed == kept)
            for one in beside["saved"]
        ),
        query=query,
        here=_home(kept),
        now=now,
        zone=zone,
        unread=beside["unread"][0].number,
        mine=mine.of_parts(beside, viewer, city=city, at=now),
        keys_off=liked.keys_off if liked else False,
        toured=liked is not None and liked.toured_at is not None,
        begins_with=liked.begins_with if liked else None,
        letters_wait=bool(beside["letters_wait"][0].waits),
        bulletins=bulletins.of_part(beside["bulletins"]),
    )  # fmt: skip


def _home(values: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return url_for("desk.home") + (f"?{query}" if query else "")


class _Rows:
    """Makes rows to show of cases; what all of a page share is looked up once."""

    def __init__(self, city: City, now: datetime, query: str, looking: Sequence[Looking]) -> None:
        self._city, self._now, self._zone, self._looking = city, now, zone_of(city), looking
        self._calendar = cache(partial(rota.calendar_of, city))
        self._before, self._after = case_address(_ANY, query).split(references.written(_ANY), 1)

    def of(self, row: CaseRow) -> RowView:
        department = self._city.departments.get(row.department or "")
        name = department.short_name if department else row.department or routed.waits_for(row.suggestions, self._city)
        here = tuple(one for one in self._looking if one.case_id == row.id)
        time = clocks.row_words(row, self._calendar(row.department), now=self._now, zone=self._zone)
        chip = clocks.of_row(row, now=self._now, zone=self._zone)
        address = f"{self._before}{references.written(row.reference)}{self._after}"
        return RowView(row, chip, address, name, _WAITS.get(row.status), here, time)
