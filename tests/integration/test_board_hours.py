"""What came in by the hour, from the figures: by local hour, and of the cases that a viewer's board counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from cases import clock
from cases.figures import projecting
from cases.figures.setting import setting_of
from cases.models import FigureSum
from cases.permissions import Viewer, ViewerKind
from cases.queries import board_hours
from cases.queries.board import Place
from cases.queries.board_hours import Day
from contactcentre.db import Database
from tests.integration.office import Office, office

WEDNESDAY = date(2026, 3, 4)


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened


def of_day(desk: Office) -> Day:
    """Let the figures be counted where it is thirteen hours later than in Greenwich."""
    there = replace(desk.city, organisation=replace(desk.city.organisation, timezone="Pacific/Auckland"))

    def count(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        return projecting.project(session, setting_of(there), at=clock.now(session))

    desk.db.run(count)
    with desk.db.reader() as session:
        return board_hours.of_day(session, WEDNESDAY)


def viewer(*grants: tuple[str, str]) -> Viewer:
    return Viewer(ViewerKind.AGENT, 77, "Yaw", frozenset(grants))


def test_it_counts_what_citizens_send_by_the_hour_of_where_the_city_is(desk: Office) -> None:
    for number, instant in enumerate(("2026-03-03 10:59", "2026-03-03 11:00", "2026-03-03 21:30", "2026-03-04 11:00")):
        desk.at(instant).says(number=number)
        desk.answers()
    found = of_day(desk)
    assert board_hours.seen(found, viewer(("supervisor", "*"))) == {("sms", 0): 1, ("sms", 10): 1}
    assert sum(sum(hours.values()) for hours in found.values()) == 2


def test_it_is_counted_again_only_where_a_case_is_seen(desk: Office) -> None:
    def put(uow: object) -> None:
        places = (
            ("harbour-works", False, 1),
            ("harbour-works", True, 10),
            ("front-desk", False, 100),
            ("", False, 1000),
        )
        for department, secret, count in places:
            place = {"department": department, "service": "", "channel": "sms", "confidential": secret}
            row = FigureSum(day=WEDNESDAY, measure="contacts", part="09", count=count, **place)
            uow.session.add(row)  # type: ignore[attr-defined]

    desk.db.run(put)
    found = of_day(desk)
    assert found[Place("front-desk", False)] == {("sms", 9): 100}
    for grants, only, number in (
        ([("supervisor", "*")], (), 1101),
        ([("supervisor", "harbour-works")], (), 1011),
        ([("executive", "harbour-works")], (), 1001),
        ([("supervisor", "*"), ("supervisor", "harbour-works")], (), 1111),
        ([("supervisor", "*")], ("front-desk",), 100),
        ([("agent", "*")], (), 0),
    ):
        assert sum(board_hours.seen(found, viewer(*grants), only).values()) == number, (grants, only)
