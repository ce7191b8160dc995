"""Every figure of a year, recomputed from the events by an independent walk in SQL; planted breaks are seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from cases import clock
from cases.clock import set_test_clock
from cases.figures import first_contact, folding, projecting
from cases.figures.setting import setting_of
from contactcentre.db import Database
from tests.integration.a_year import DAYS, START, ZONE, Year
from tests.integration.counting import differences
from tests.integration.office import HOLIDAY
from tests.integration.walked import Walk

CASES = 160
MEASURES = (
    *("opened", "contacts", "resolved", "reopened", "reopening", "closed", "first_resolution", "single", "rated"),
    *("first_response", "next_response", "met", "breached", "waived", "escalated", "leg", "first_contact"),
)
_ENTRIES = "select measure, part, day, department, service, channel, area, case_id from figure_entry"
_SUMS = "select measure, part, day, department, service, channel, confidential, count from figure_sum where count <> 0"
_AREAS = "select measure, part, day, department, area, confidential, count from figure_area where count <> 0"
_FACTS = "select case_id, measure, instance, wall, business from figure_fact"
_NIGHTLY = ("backlog", "standing")
_RUNS = "figure_run, figure_area_run, figure_length, figure_area_length"
EMPTIED = f"figure_entry, figure_fact, figure_open, figure_case, {_RUNS}"
_NO_AREA = ("contacts", "leg", "reopening", "single")


def opening() -> str:
    """Return when the office is open, as a multirange."""
    found = []
    for number in range(-3, DAYS + 10):
        day = START.date() + timedelta(days=number)
        if day.weekday() < 5 and day != HOLIDAY:
            found += [f'["{day} {a:02d}:00+00","{day} {b:02d}:00+00")' for a, b in ((8, 12), (13, 17))]
    return "{" + ",".join(found) + "}"


@pytest.fixture
def year(db: Database) -> Iterator[Year]:
    made = Year(db, cases=CASES)
    try:
        made.run()
        yield made
    finally:
        set_test_clock(None)


def found(connection: Connection, *, zone: str = ZONE, openings: Mapping[str, str] | None = None) -> list[str]:
    """Return all that differs between the walk and what is stored, in words."""
    walk = Walk(connection, zone=zone, openings=openings or dict.fromkeys(("", "office"), opening()))
    entries, nights, secret = walk.entries(), walk.nights(), walk.secret()
    stored = Counter(tuple(row) for row in connection.execute(text(_ENTRIES)))
    facts = Counter(tuple(row) for row in connection.execute(text(_FACTS)))
    sums, areas = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for (measure, part, day, department, service, channel, area, case_id), number in [
        *entries.items(),
        *nights.items(),
    ]:
        hidden = case_id in secret and measure not in _NIGHTLY
        kind = "" if measure == "contacts" else service
        sums[measure, part, day, department, kind, channel, hidden] += number
        if measure not in _NO_AREA:
            areas[measure, part, day, department, area, hidden] += number
    return [
        *_differ("entry", entries, stored),
        *_differ("lasted", walk.lasted(), facts),
        *_differ("sum", sums, _counted(connection, _SUMS)),
        *_differ("area", areas, _counted(connection, _AREAS)),
    ]


def _counted(connection: Connection, query: str) -> Counter[tuple[Any, ...]]:
    counted = Counter[tuple[Any, ...]]()
    for measure, *key, secret, count in connection.execute(text(query)):
        if measure not in ("night", "judged"):
            counted[measure, *key, secret and measure not in _NIGHTLY] += count
    return counted


def _differ(what: str, walked: Counter[tuple[Any, ...]], stored: Counter[tuple[Any, ...]]) -> list[str]:
    return [
        f"{what} {key}: walked {walked[key]}, stored {stored[key]}"
        for key in sorted({*walked, *stored}, key=str)
        if walked[key] != stored[key]
    ]


def counted_anew(connection: Connection, year: Year) -> list[str]:
    """Count all but the nights anew, and return what differs then."""
    for table in ("figure_sum", "figure_area"):
        connection.execute(text(f"delete from {table} where measure not in ('backlog', 'standing', 'night')"))
    connection.execute(text(f"truncate {EMPTIED}"))
    connection.execute(text("delete from projection_cursor where name = 'figures'"))
    setting = setting_of(year.city)
    with Session(connection, join_transaction_mode="control_fully") as session:
        at = clock.now(session)
        while projecting.project(session, setting, at=at):
            pass
        while first_contact.take_day(session, setting, at=at):
            pass
        session.flush()
        return found(connection)


STORED = {
    "update figure_sum set count = count + 1 where (day, measure) = (select day, measure from figure_sum "
    "where measure = 'resolved' and count > 0 limit 1)": "sum ('resolved'",
    "update figure_entry set area = 'Nowhere' where measure = 'opened' and case_id = 1": "entry ('opened'",
    "update figure_fact set business = business + 1 where measure = 'leg' and case_id = (select min(case_id) from "
    "figure_fact where measure = 'leg')": "lasted (",
    "update event set plain = plain || '{\"score\": 9}' where id = (select min(id) from event where kind = 'rated')":
        "entry ('rated', '9'",
}  # fmt: skip
#: lines that the year must hold beside what is counted of them
REARRANGED = ("took_in", "gave_back", "split_out", "split_undone", "letter_posted", "call_started")
#: lines that counting would forget
FORGOTTEN = (
    *("rated", "message_not_delivered", "service_changed", "timer_waived", "call_started"),
    *("letter_posted", "unmerged"),
)


@pytest.mark.long
def test_every_figure_of_a_year_follows_from_the_events(
    year: Year, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.engine.connect() as connection:
        assert found(connection) == []
        kinds = dict(connection.execute(text("select measure, count(*) from figure_entry group by 1")).all())
        assert min(kinds[one] for one in MEASURES) > 0, kinds
        lines = dict(connection.execute(text("select kind, count(*) from event group by 1")).all())
        assert min(lines.get(one, 0) for one in REARRANGED) > 0, lines
        connection.rollback()
        for change, seen in STORED.items():
            connection.execute(text(change))
            assert any(one.startswith(seen) for one in found(connection)), change
            connection.rollback()
        assert counted_anew(connection, year) == []
        connection.rollback()
        for kind in FORGOTTEN:
            with monkeypatch.context() as patch:
                patch.setitem(folding._COUNT, kind, ())
                assert counted_anew(connection, year) != [], kind
            connection.rollback()
    assert differences(year.office) == []
