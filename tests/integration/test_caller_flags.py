"""Flagged callers: with a reason and an end, one at a time for a number, each traced."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import clock
from cases.calls import flags
from cases.errors import Invalid, NotAllowed, NotFound
from cases.permissions import Viewer
from cases.queries import caller_flags
from contactcentre.db import Database
from tests.factories import make_agent, make_city
from tests.integration.telephoning import number

CITY, REASON = make_city(), "Shouts insults at whoever answers"


@pytest.fixture
def ama(db: Database) -> Viewer:
    return db.run(lambda uow: make_agent(uow.session, "Ama"))


def flagged(db: Database, who: Viewer, *, reason: str = REASON, days: int = 30) -> int:
    how = {"city": CITY, "number": number(1), "reason": reason, "days": days}
    return db.run(lambda uow: flags.flag(uow.session, who, **how).id)  # type: ignore[arg-type]


def holding(db: Database, *, after: timedelta = timedelta()) -> str | None:
    with db.reader() as session:
        found = flags.holding(session, number(1), at=clock.now(session) + after)
        return found.reason if found else None


def test_a_flag_holds_until_its_end_and_no_longer(db: Database, ama: Viewer) -> None:
    flagged(db, ama, days=30)
    assert holding(db, after=timedelta(days=29)) == REASON
    assert holding(db, after=timedelta(days=31)) is None
    with db.reader() as session:
        assert flags.holding(session, None, at=clock.now(session)) is None
        assert flags.holding(session, number(2), at=clock.now(session)) is None


def test_a_new_flag_takes_the_place_of_the_old_and_both_stay_to_be_seen(db: Database, ama: Viewer) -> None:
    flagged(db, ama)
    flagged(db, ama, reason="Threatens to come to the office")
    assert holding(db) == "Threatens to come to the office"
    with db.reader() as session:
        listed = caller_flags.listed(session, ama)
    assert [(one.reason, one.holds, one.lifted_by) for one in listed] == [
        ("Threatens to come to the office", True, None), (REASON, False, "Ama"),
    ]  # fmt: skip


def test_a_flag_is_lifted_by_somebody_and_never_twice(db: Database, ama: Viewer) -> None:
    flag_id = flagged(db, ama)
    kojo = db.run(lambda uow: make_agent(uow.session, "Kojo"))
    for who in (kojo, ama):
        db.run(lambda uow, who=who: flags.lift(uow.session, who, flag_id=flag_id))
    assert holding(db) is None
    with db.reader() as session:
        (line,) = caller_flags.listed(session, ama)
    assert (line.by, line.lifted_by, line.holds) == ("Ama", "Kojo", False)


@pytest.mark.parametrize(
    ("how", "words"),
    [({"reason": "rude"}, "Say what happened"), ({"reason": "x" * 501}, "10 to 500"), ({"days": 0}, "from 1 to 90"),
     ({"days": 91}, "from 1 to 90")],
)  # fmt: skip
def test_a_flag_needs_a_reason_and_an_end(db: Database, ama: Viewer, how: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        flagged(db, ama, **how)  # type: ignore[arg-type]
    assert holding(db) is None


def test_only_who_takes_calls_flags(db: Database) -> None:
    clerk = db.run(lambda uow: make_agent(uow.session, "Clerk", ("counter_clerk", "*")))
    with pytest.raises(NotAllowed):
        flagged(db, clerk)
    with pytest.raises(NotAllowed):
        db.run(lambda uow: flags.lift(uow.session, clerk, flag_id=1))
    with db.reader() as session, pytest.raises(NotAllowed):
        caller_flags.listed(session, clerk)


def test_there_is_no_such_flag(db: Database, ama: Viewer) -> None:
    with pytest.raises(NotFound):
        db.run(lambda uow: flags.lift(uow.session, ama, flag_id=999))
