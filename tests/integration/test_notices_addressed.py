"""Each step reaches the right people: who it names, or who stands in for them, in their hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import staff
from cases.errors import Invalid, NotFound
from cases.models import Absence, Case, Shift, Timer
from cases.sla.calendar import ALWAYS_OPEN
from contactcentre.db import Database
from tests.integration.noticing import (
    TUESDAY,
    People,
    addressed,
    escalated,
    hired,
    names,
    on,
    opened,
    rows,
    told,
    unread,
)


@pytest.fixture
def people(db: Database) -> People:
    return hired(db)


class Reached(NamedTuple):
    """A step that was reached, and of which case."""

    to: list[str]
    assignee: str | None = None
    changes: dict[str, object] = {}  # noqa: RUF012  a tuple's default


SECRET: dict[str, object] = {"confidential": True}
TRAY: dict[str, object] = {"department": None}


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        (Reached(["assignee"], "Ama"), ["Ama"]),
        (Reached(["assignee"]), ["Esi", "Yaw"]),
        (Reached(["assignee"], "Gone"), ["Esi", "Yaw"]),
        (Reached(["supervisor"], "Ama"), ["Esi", "Yaw"]),
        (Reached(["supervisor"], "Ama", {"department": "desk"}), ["Kojo", "Yaw"]),
        (Reached(["assignee", "supervisor"], "Esi"), ["Esi", "Yaw"]),
        (Reached(["agent", "counter_clerk"]), ["Ama", "Kofi"]),
        (Reached(["executive"], "Ama"), ["Efua"]),
        (Reached(["executive"], "Ama", SECRET), ["Esi"]),
        (Reached(["counter_clerk", "supervisor"], "Ama", SECRET), ["Esi", "Kofi"]),
        (Reached(["assignee"], "Efua", SECRET), ["Esi"]),
        (Reached(["auditor"], "Ama"), ["Esi", "Yaw"]),
        (Reached(["assignee"], None, TRAY), ["Yaw"]),
        (Reached(["agent"], None, TRAY), ["Yaw"]),
    ],
)
def test_a_step_reaches_whom_it_names_and_a_case_without_an_owner_its_supervisors(
    db: Database, people: People, reached: Reached, expected: list[str]
) -> None:
    assignee = people.id(reached.assignee) if reached.assignee else None
    escalated(db, opened(db, assignee_id=assignee, **reached.changes), *reached.to)
    assert addressed(db) == 1
    assert names(db, people) == expected
    assert addressed(db) == 0


Days = tuple[datetime, datetime]
WEEK = (on(2, 0), on(5, 0))


def away(db: Database, people: People, name: str, stand_in: str | None, days: Days = WEEK) -> None:
    other = people.id(stand_in) if stand_in else None
    row = Absence(agent_id=people.id(name), since=days[0], until=days[1], stand_in_id=other)
    db.run(lambda uow: uow.session.add(row))


@pytest.mark.parametrize(
    ("leave", "reached", "expected"),
    [
        ([("Ama", "Kofi")], Reached(["assignee"]), ["Kofi"]),
        ([("Esi", None)], Reached(["supervisor"]), ["Yaw"]),
        ([("Esi", "Yaw")], Reached(["supervisor"]), ["Yaw"]),
        ([("Ama", None)], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Kofi"), ("Kofi", "Esi")], Reached(["assignee"]), ["Esi"]),
        ([("Ama", "Kofi"), ("Kofi", "Ama")], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Kojo")], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Gone")], Reached(["assignee"]), ["Ama"]),
        ([("Ama", "Efua")], Reached(["assignee"], changes=SECRET), ["Ama"]),
        ([("Esi", None), ("Yaw", None)], Reached(["supervisor"]), ["Esi", "Yaw"]),
    ],
    ids=[
        "stand-in", "others remain", "stand-in is told anyway", "nobody else", "stand-in is away too", "in a circle",
        "stand-in of another department", "stand-in is gone", "stand-in may not read it", "everybody is away",
    ],
)  # fmt: skip
def test_who_is_on_leave_is_replaced_or_left_out_unless_nobody_remains(
    db: Database, people: People, leave: list[tuple[str, str | None]], reached: Reached, expected: list[str]
) -> None:
    for name, stand_in in leave:
        away(db, people, name, stand_in)
    escalated(db, opened(db, assignee_id=people.id("Ama"), **reached.changes), *reached.to)
    addressed(db)
    assert names(db, people) == expected


def test_leave_that_begins_before_their_hours_do_counts_already_and_one_that_has_ended_then_does_not(
    db: Database, people: People
) -> None:
    away(db, people, "Ama", "Kofi", (on(9, 0), on(12, 0)))
    away(db, people, "Esi", "Kofi", (on(1, 0), on(9, 0)))
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee", "supervisor")
    addressed(db, at=on(7, 12))
    assert names(db, people) == ["Esi", "Kofi", "Yaw"]


@pytest.mark.parametrize(
    ("at", "shifts", "expected"),
    [
        (TUESDAY, [], TUESDAY),
        (on(3, 0, 30), [], on(3, 9)),
        (on(3, 17), [], on(4, 9)),
        (on(5, 18), [], on(9, 9)),
        (on(7, 12), [], on(9, 9)),
        (TUESDAY, [(1, 720, 1200)], on(3, 12)),
        (on(7, 12), [(5, 600, 900)], on(7, 12)),
        (on(3, 23), [(1, 1320, 1800)], on(3, 23)),
        (on(5, 18), [(4, 600, 900), (0, 600, 900)], on(9, 10)),
    ],
    ids=["open", "midnight", "at closing", "over a holiday", "weekend", "later shift", "Saturday", "night", "free day"],
)
def test_a_notice_waits_for_the_hours_of_its_person(
    db: Database, people: People, at: datetime, shifts: list[tuple[int, int, int]], expected: datetime
) -> None:
    rota = [Shift(agent_id=people.id("Ama"), weekday=d, opens=o, closes=c) for d, o, c in shifts]
    db.run(lambda uow: uow.session.add_all(rota))
    escalated(db, opened(db, assignee_id=people.id("Ama")), "assignee")
    addressed(db, at=at)
    (notice,) = rows(db)
    assert notice.not_before == expected
    bell = people.by_name["Ama"]
    if expected > at:
        assert told(db, at=expected - timedelta(seconds=1)).settled == 0
        assert unread(db, bell) == 0
    assert told(db, at=expected).settled == 1
    assert unread(db, bell) == 1


def test_a_promise_that_runs_by_night_is_told_by_night(db: Database, people: People) -> None:
    case = opened(db, assignee_id=people.id("Ama"))
    db.run(lambda uow: be_urgent(uow.session, case))
    escalated(db, case, "assignee")
    addressed(db, at=on(3, 2))
    assert [one.not_before for one in rows(db)] == [on(3, 2)]


def be_urgent(session: Session, case: Case) -> None:
    timer = session.scalars(select(Timer).where(Timer.case_id == case.id)).one()
    timer.policy = {**timer.policy, "calendar": ALWAYS_OPEN.key}


def test_leave_and_hours_are_set_by_oneself_and_ones_supervisor_alone(db: Database, people: People) -> None:
    def leave(by: str, of: str, **more: object) -> int:
        values = {"since": on(1, 0), "until": datetime(2100, 1, 1, tzinfo=UTC), **more}
        return db.run(
            lambda uow: staff.add_leave(uow.session, people.by_name[by], agent_id=people.id(of), **values)  # type: ignore[arg-type]
        )

    for by in ("Ama", "Esi", "Yaw"):
        assert leave(by, "Ama")
    for by in ("Kofi", "Kojo", "Efua"):
        with pytest.raises(NotFound):
            leave(by, "Ama")
    with pytest.raises(NotFound):
        leave("Esi", "Yaw")
    with pytest.raises(Invalid, match="over already"):
        leave("Ama", "Ama", until=on(2, 0))
    with pytest.raises(Invalid, match="before the first"):
        leave("Ama", "Ama", until=on(1, 0))
    for stand_in in ("Ama", "Gone"):
        with pytest.raises(Invalid):
            leave("Ama", "Ama", stand_in_id=people.id(stand_in))
