"""Cases put aside: out of the open lists until their time or their citizen's words, with the promise running on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from cases import mornings, replies, snoozing, unowned
from cases.errors import Invalid
from cases.lifecycle import Outcome, Status
from cases.models import Notice, Snooze
from cases.queries import queue, snoozed
from cases.queries.queue import QueueFilter
from cases.sla.calendar import ALWAYS_OPEN
from contactcentre.db import Database
from tests.integration.office import Office, calendar, now, office, when, words


def puts_aside(desk: Office, until: str, reason: str = "the crew comes then") -> None:
    asked: dict[str, Any] = {"reference": desk.case.reference, "until": when(until), "reason": reason}
    desk.db.run(lambda uow: snoozing.snooze(uow.session, desk.agent, **asked))


def wakes(desk: Office) -> int:
    return desk.db.run(lambda uow: snoozing.wake_due(uow.session, at=now()))


def listed(desk: Office) -> dict[str, bool]:
    """In which views the case stands."""
    with desk.db.reader() as session:
        views = ("open", "mine", "overdue", "all")
        pages = {view: queue.page(session, desk.agent, QueueFilter(view=view)).items for view in views}
        return {view: any(row.id == desk.case_id for row in rows) for view, rows in pages.items()}


def bells_of(desk: Office) -> list[tuple[int, str, str]]:
    with desk.db.reader() as session:
        return [(one.agent_id, one.kind, one.step) for one in session.scalars(select(Notice).order_by(Notice.id))]


def takes(desk: Office) -> None:
    from cases import assignment

    how = {"city": desk.city, "reference": desk.case.reference}
    desk.db.run(lambda uow: assignment.take(uow.session, desk.agent, **how))  # type: ignore[arg-type]


def test_it_leaves_the_open_lists_and_comes_back_with_a_bell_once(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        takes(desk)
        due = desk.due("resolution")
        puts_aside(desk, "2026-03-03 11:00")
        assert listed(desk) == {"open": False, "mine": False, "overdue": False, "all": True}
        assert desk.due("resolution") == due  # putting aside is no wait
        desk.at("2026-03-03 10:59")
        assert wakes(desk) == 0
        desk.at("2026-03-03 11:00")
        assert (wakes(desk), wakes(desk)) == (1, 0)
        assert listed(desk) == {"open": True, "mine": True, "overdue": False, "all": True}
        assert bells_of(desk) == [(desk.agent.id, "returned", "time")]
        assert [one["why"] for one in desk.history("woken")] == ["time"]


def test_what_is_late_is_shown_although_it_is_put_aside(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        puts_aside(desk, "2026-03-20 08:00")
        desk.at("2026-03-12 10:00").wakes()
        assert listed(desk) == {"open": False, "mine": False, "overdue": True, "all": True}


@pytest.mark.parametrize("wait", [False, True])
def test_the_citizens_words_bring_it_back(db: Database, wait: bool) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        takes(desk)
        if wait:
            follow = {"wait": True, "reason": "the street", "follow_up": when("2026-03-09 08:00")}
            asked: dict[str, Any] = {"city": desk.city, "reference": desk.case.reference, "text": "Where?", **follow}
            db.run(lambda uow: replies.reply(uow.session, desk.agent, **asked))
            assert desk.timer("resolution").state == "paused"
        else:
            puts_aside(desk, "2026-03-09 08:00")
        assert not listed(desk)["open"]
        desk.at("2026-03-04 09:00").says("In Main Street")
        assert desk.case.snoozed_until is None
        assert listed(desk)["open"]
        assert desk.timer("resolution").state == "running"
        assert wakes(desk) == 1
        assert bells_of(desk) == [(desk.agent.id, "returned", "citizen")]


def test_it_is_given_to_nobody_meanwhile(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        puts_aside(desk, "2026-03-09 08:00")
        with db.reader() as session:
            assert unowned.waiting(session, desk.case.department or "") == []
        how = {"reference": desk.case.reference}
        db.run(lambda uow: snoozing.wake(uow.session, desk.agent, **how))
        with db.reader() as session:
            assert [one.id for one in unowned.waiting(session, desk.case.department or "")] == [desk.case_id]
        with pytest.raises(Invalid, match="not put aside"):
            db.run(lambda uow: snoozing.wake(uow.session, desk.agent, **how))


def test_a_later_instant_replaces_the_earlier_and_an_ended_case_rings_no_bell(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        puts_aside(desk, "2026-03-04 08:00")
        puts_aside(desk, "2026-03-05 08:00", "later")
        with db.reader() as session:
            rows = session.scalars(select(Snooze).order_by(Snooze.id)).all()
            page = snoozed.page(session, desk.agent)
        assert [(words(one.until), one.ended_why) for one in rows] == [
            ("2026-03-04 08:00", "replaced"), ("2026-03-05 08:00", None)
        ]  # fmt: skip
        assert [(one.reason, words(one.until)) for one in page] == [("later", "2026-03-05 08:00")]
        desk.moves(Status.RESOLVED, Outcome.FIXED)
        desk.at("2026-03-05 08:00")
        assert wakes(desk) == 1
        assert bells_of(desk) == []


@pytest.mark.parametrize(
    ("until", "reason", "says"),
    [
        ("2026-03-03 10:00", "x", "has passed"),
        ("2027-06-01 10:00", "x", "year ahead"),
        ("2026-03-04 10:00", " ", "why"),
    ],
)
def test_what_makes_no_sense_is_refused(db: Database, until: str, reason: str, says: str) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        with pytest.raises(Invalid, match=says):
            puts_aside(desk, until, reason)
        assert desk.case.snoozed_until is None


def test_tomorrow_morning_is_when_work_begins() -> None:
    hours = calendar(date(2026, 3, 6))
    found = {days: words(mornings.tomorrow(hours, when("2026-03-05 15:00"), days=days)) for days in (1, 5)}
    assert found == {1: "2026-03-09 08:00", 5: "2026-03-10 08:00"}  # a holiday and a weekend lie between
    assert words(mornings.tomorrow(ALWAYS_OPEN, when("2026-03-05 15:00"))) == "2026-03-06 08:00"
