"""Calendars that change while promises run: every live deadline follows, once, and what has happened stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from cases.lifecycle import Status
from cases.models import Event
from cases.sla import recalculating
from cases.sla.calendar import Calendar
from cases.sla.policy import Policy, Target, Unit
from contactcentre.db import Database
from tests.integration.office import PAUSES, Office, calendar, now, office

WHY = "calendar of version 2: the Ministry's notice of 3 March"
#: the holiday of Friday 6 March is observed on the Monday after it
MOVED = {"office": calendar(date(2026, 3, 9))}
FIVE_DAYS = Policy("five", {"resolution": Target(5, Unit.WORKING_DAYS)}, "office", pauses=PAUSES)


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office that promises five working days, with a case of Friday 27 February, 16:50."""
    with office(db, FIVE_DAYS) as opened:
        opened.at("2026-02-27 16:50").says()
        yield opened


def follow(desk: Office, calendars: dict[str, Calendar], *, limit: int = 200) -> int:
    """Walk over all timers once, as a ticker does; returns how many were reckoned anew."""
    total = last = 0
    while passed := desk.db.run(
        lambda uow, after=last: recalculating.follow(
            uow.session, calendars=calendars, at=now(), why=WHY, after=after, limit=limit
        )
    ):
        total, last = total + passed.timers, passed.last
    return total


def test_a_notice_that_moves_a_holiday_moves_the_deadline_and_says_why(desk: Office) -> None:
    assert desk.due("resolution") == "2026-03-09 17:00"
    with desk.db.reader() as session:
        assert recalculating.count(session, desk.city.calendars) == 0
        assert recalculating.count(session, MOVED) == 1
    desk.at("2026-03-03 09:00")
    assert [follow(desk, MOVED) for _ in range(2)] == [1, 0]
    assert desk.due("resolution") == "2026-03-06 17:00"
    assert desk.case.due_at == desk.timer("resolution").due_at
    (line,) = desk.history("timer_moved")
    told = (line["from"], line["due_at"], line["why"])
    assert told == ("2026-03-09T17:00:00+00:00", "2026-03-06T17:00:00+00:00", WHY)


def test_a_breach_stays_and_gets_a_comment(desk: Office) -> None:
    desk.at("2026-03-10 09:00").wakes()
    longer = {"office": calendar(date(2026, 3, 6), date(2026, 3, 9))}
    assert follow(desk, longer) == 1
    assert desk.timer("resolution").state == "breached"
    assert desk.due("resolution") == "2026-03-09 17:00"
    (line,) = desk.history("breach_commented")
    assert line["due_at"] == "2026-03-10T17:00:00+00:00"


def test_what_stands_still_is_reckoned_when_it_runs_on(desk: Office) -> None:
    desk.at("2026-03-02 09:00").moves(Status.WAITING_ON_CITIZEN)
    assert follow(desk, MOVED) == 1
    assert desk.history("timer_moved") == []
    desk.city = replace(desk.city, calendars=MOVED)
    desk.at("2026-03-02 12:00").moves(Status.OPEN)
    assert desk.due("resolution") == "2026-03-06 17:00"


def test_three_at_once_move_each_deadline_once_and_a_locked_case_is_left_for_later(desk: Office) -> None:
    for number in range(2, 32):
        desk.says(number=number)
    desk.at("2026-03-03 09:00")
    with desk.db.engine.begin() as holder:
        holder.exec_driver_sql("select 1 from case_file where id = 1 for update")
        with ThreadPoolExecutor(3) as pool:
            assert sum(pool.map(lambda _: follow(desk, MOVED, limit=7), range(6))) == 30
    assert follow(desk, MOVED) == 1
    with desk.db.reader() as session:
        moved = select(Event.case_id, func.count()).where(Event.kind == "timer_moved").group_by(Event.case_id)
        assert {count for _, count in session.execute(moved)} == {1}
        assert recalculating.count(session, MOVED) == 0
