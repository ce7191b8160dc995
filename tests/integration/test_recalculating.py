"""Calendars that change while promises run: every live deadline follows, once, and what has happened stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from cases.lifecycle import Outcome, Status
from cases.models import Case, ConfigurationVersion, Event, Recalculation, Timer
from cases.models.event import Head, verify
from cases.sla import recalculating
from cases.sla.calendar import Calendar
from cases.sla.policy import Policy, Target, Unit
from cases.sla.recalculating import Change, Touched
from contactcentre import recalculations
from contactcentre.db import Database
from tests.integration.office import HOLIDAY, PAUSES, Office, calendar, now, office, when

WHY = "calendar office, version 7: the notice of 3 March"
CHANGE = Change(7, "version 7: the notice of 3 March", "agent:1")
#: the holiday of Friday 6 March is observed on the Monday after it
MONDAY = date(2026, 3, 9)
MOVED = {"office": calendar(MONDAY)}
BOTH = {"office": calendar(HOLIDAY, MONDAY)}
FIVE_DAYS = Policy("five", {"resolution": Target(5, Unit.WORKING_DAYS)}, "office", pauses=PAUSES)


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office that promises five working days, with a case of Friday 27 February, 16:50."""
    with office(db, FIVE_DAYS) as opened:
        opened.at("2026-02-27 16:50").says()
        yield opened


def notices(desk: Office, calendars: dict[str, Calendar], change: Change = CHANGE) -> bool:
    """Let a process see that the office's calendar is another; tells whether it was the first."""
    return desk.db.run(lambda uow: recalculating.open_for(uow.session, calendars["office"], change, at=now()))


def walks(desk: Office, calendars: dict[str, Calendar], *, limit: int = 200) -> int:
    """Work until a pass ends, as a ticker does; returns how many timers were come to."""
    total = 0
    while (
        done := desk.db.run(lambda uow: recalculating.advance(uow.session, calendars, at=now(), limit=limit))
    ) and done.timers:
        total += done.timers
    return total


def follows(desk: Office, calendars: dict[str, Calendar], change: Change = CHANGE) -> int:
    notices(desk, calendars, change)
    return walks(desk, calendars)


def rows(desk: Office) -> list[Recalculation]:
    with desk.db.reader() as session:
        return list(session.scalars(select(Recalculation).order_by(Recalculation.id)))


def preview(desk: Office, after: dict[str, Calendar], **more: int) -> Touched:
    with desk.db.reader() as session:
        return recalculating.count(session, desk.city.calendars, after, at=now(), **more)


def test_a_notice_that_moves_a_holiday_moves_the_deadline_and_says_why(desk: Office) -> None:
    assert desk.due("resolution") == "2026-03-09 17:00"
    desk.at("2026-03-03 09:00")
    assert preview(desk, MOVED) == Touched(live=1, moved=1)
    assert follows(desk, MOVED) == 1
    assert desk.due("resolution") == "2026-03-06 17:00"
    assert desk.case.due_at == desk.timer("resolution").due_at
    (line,) = desk.history("timer_moved")
    told = (line["from"], line["due_at"], line["why"])
    assert told == ("2026-03-09T17:00:00+00:00", "2026-03-06T17:00:00+00:00", WHY)
    (row,) = rows(desk)
    assert (row.looked_at, row.moved, row.by, row.finished_at) == (1, 1, "agent:1", None)


def test_one_more_closed_day_puts_the_deadline_off_to_the_next(desk: Office) -> None:
    desk.at("2026-03-03 09:00")
    follows(desk, BOTH)
    assert desk.due("resolution") == "2026-03-10 17:00"
    with desk.db.reader() as session:
        case = session.get_one(Case, desk.case_id)
        head = Head(case.id, case.event_seq, case.event_head)
        assert verify(session, case.id, head=head).faults == ()


def test_a_breach_stays_and_gets_a_comment(desk: Office) -> None:
    desk.at("2026-03-10 09:00").wakes()
    before = desk.timer("resolution")
    follows(desk, BOTH)
    timer = desk.timer("resolution")
    assert (timer.state, timer.breached_at, timer.due_at) == ("breached", before.breached_at, before.due_at)
    assert desk.due("resolution") == "2026-03-09 17:00"
    (line,) = desk.history("breach_commented")
    assert (line["due_at"], line["why"]) == ("2026-03-10T17:00:00+00:00", WHY)
    assert preview(desk, MOVED) == Touched(live=1, moved=0)


def test_a_breach_that_no_sweep_has_recorded_yet_is_not_undone(desk: Office) -> None:
    desk.at("2026-03-09 17:30")
    follows(desk, BOTH)
    assert desk.due("resolution") == "2026-03-09 17:00"
    desk.wakes()
    assert desk.timer("resolution").breached_at == when("2026-03-09 17:00")
    assert walks(desk, BOTH) == 1
    assert [line["kind"] for line in desk.history("timer_breached", "breach_commented", "timer_moved")] == [
        "timer_breached",
        "breach_commented",
    ]


def test_what_stands_still_is_reckoned_when_it_runs_on(desk: Office) -> None:
    desk.at("2026-03-02 09:00").moves(Status.WAITING_ON_CITIZEN)
    assert preview(desk, MOVED) == Touched(live=1, moved=0)
    assert follows(desk, MOVED) == 1
    assert desk.history("timer_moved") == []
    desk.city = replace(desk.city, calendars=MOVED)
    desk.at("2026-03-02 12:00").moves(Status.OPEN)
    assert desk.due("resolution") == "2026-03-06 17:00"


def test_a_deadline_that_a_person_has_set_stays(desk: Office) -> None:
    desk.at("2026-03-03 09:00").sets("resolution", "2026-03-05 12:00")
    assert preview(desk, MOVED) == Touched(live=1, moved=0)
    assert follows(desk, MOVED) == 1
    assert desk.due("resolution") == "2026-03-05 12:00"
    assert desk.history("timer_moved") == []


def test_rule_24_three_at_once_work_in_chunks_move_each_deadline_once_and_miss_no_locked_case(desk: Office) -> None:
    for number in range(2, 32):
        desk.says(number=number)
    desk.at("2026-03-03 09:00")
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: notices(desk, MOVED), range(3))) == 1
        with desk.db.engine.begin() as holder:
            holder.exec_driver_sql("select 1 from case_file where id = 1 for update")
            list(pool.map(lambda _: walks(desk, MOVED, limit=7), range(6)))
            assert rows(desk)[0].moved == 30
        list(pool.map(lambda _: walks(desk, MOVED, limit=7), range(6)))
    with desk.db.reader() as session:
        moved = select(Event.case_id, func.count()).where(Event.kind == "timer_moved").group_by(Event.case_id)
        counted = dict(session.execute(moved).all())
    assert (len(counted), set(counted.values()), rows(desk)[0].moved) == (31, {1}, 31)


def test_what_a_process_reckoned_by_the_old_calendar_meanwhile_is_found_before_the_end(desk: Office) -> None:
    desk.at("2026-03-03 09:00")
    follows(desk, MOVED)
    desk.says(number=2)  # by a process that has not followed yet
    assert desk.due("resolution") == "2026-03-11 17:00"
    desk.at("2026-03-03 09:00:29")
    assert walks(desk, MOVED) == 0
    desk.at("2026-03-03 09:00:30")
    assert walks(desk, MOVED) == 1
    assert desk.due("resolution") == "2026-03-11 17:00"
    assert desk.history("timer_moved") == [], "the holiday is closed either way"
    walks(desk, MOVED)
    assert rows(desk)[0].finished_at == when("2026-03-03 09:00:30")


def test_a_later_change_ends_the_one_before_and_going_back_moves_back(desk: Office) -> None:
    desk.at("2026-03-03 09:00")
    notices(desk, BOTH)
    follows(desk, MOVED, Change(8, "version 8", "agent:1"))
    assert walks(desk, BOTH) == 0, "a process that has not followed does not undo it"
    assert not notices(desk, BOTH) and desk.due("resolution") == "2026-03-06 17:00"
    follows(desk, BOTH, Change(9, "version 9", "agent:1"))
    assert desk.due("resolution") == "2026-03-10 17:00"
    assert [(one.version, one.finished_at is None) for one in rows(desk)] == [(7, False), (8, False), (9, True)]


def test_a_process_that_notes_an_older_version_too_late_moves_nothing(desk: Office) -> None:
    desk.at("2026-03-03 09:00")
    follows(desk, MOVED, Change(8, "version 8", "agent:1"))
    assert notices(desk, BOTH), "it had looked before the other wrote"
    walks(desk, BOTH)
    assert desk.due("resolution") == "2026-03-06 17:00"


def test_calendars_are_other_only_for_who_follows_the_newer_version(desk: Office) -> None:
    notices(desk, MOVED)
    with desk.db.reader() as session:
        assert recalculating.unseen(session, MOVED, version=7) == frozenset()
        assert recalculating.unseen(session, BOTH, version=6) == frozenset()
        assert recalculating.unseen(session, BOTH, version=8) == {"office"}
        assert recalculating.unseen(session, {"port": MOVED["office"]}, version=6) == {"port"}


def test_rule_24_a_preview_counts_and_says_when_there_are_too_many_to_reckon(desk: Office) -> None:
    desk.says(number=2)
    desk.at("2026-03-03 09:00")
    assert preview(desk, MOVED, most=1) == Touched(live=2, moved=1, more=True)
    assert preview(desk, MOVED, most=2) == Touched(live=2, moved=2)
    assert preview(desk, desk.city.calendars) == Touched(live=0, moved=0)


def test_the_version_that_changed_a_calendar_is_named_even_if_others_came_after_it(db: Database) -> None:
    files = [{"holidays/a.toml": "1"}, {"holidays/a.toml": "2"}, {"holidays/a.toml": "2", "messages/en.toml": "x"}]

    def store(uow: object) -> None:
        for number, one in enumerate(files, 1):
            row = {"content": {"files": one, "origin": "here"}, "hash": "-", "author": f"agent:{number}"}
            parent = number - 1 or None
            version = ConfigurationVersion(
                number=number, parent=parent, reason=f"r{number}", created_at=when("2026-03-01 08:00"), **row
            )
            uow.session.add(version)  # type: ignore[attr-defined]
            uow.session.flush()  # type: ignore[attr-defined]

    db.run(store)
    with db.reader() as session:
        assert recalculations.last_change(session, 3) == Change(2, "version 2: r2", "agent:2")
        assert recalculations.last_change(session, 1).version == 1


def test_timers_without_a_mark_and_ended_ones(desk: Office) -> None:
    desk.says(number=2)
    desk.db.run(lambda uow: uow.session.execute(update(Timer).where(Timer.id == 1).values(calendar_mark=None)))
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    desk.at("2026-03-03 09:00")
    assert follows(desk, MOVED) == 1
    assert [line["timer"] for line in desk.history("timer_moved")] == []
    assert rows(desk)[0].moved == 1
    assert timedelta(seconds=10) < recalculating.SETTLE
