"""Pull-back counts working time, and takes only what its agent has let lie."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from cases import assignment, pulling, replies
from cases.bells import PULLED_BACK
from cases.clock import set_test_clock
from cases.departments import Assigning
from cases.lifecycle import Status
from cases.permissions import Viewer
from cases.sla.policy import Target, Unit
from contactcentre.db import Database
from tests.integration.assigning import PULL_BACK, Yard


@pytest.fixture
def yard(db: Database) -> Iterator[Yard]:
    made = Yard(db, PULL_BACK)
    yield made
    set_test_clock(None)
    assert made.drifts() == ()


def owned(yard: Yard, at: str) -> Viewer:
    """Let a citizen write and an agent take the case in that instant; returns the agent."""
    yard.at(at)
    ama = yard.hires("Ama")
    yard.writes()
    found = yard.db.run(lambda uow: assignment.take_next(uow.session, ama, yard.city))
    assert found is not None
    yard.agent = ama
    return ama


@pytest.mark.parametrize(
    ("taken", "still", "over"),
    [
        ("2026-03-03 08:00", "2026-03-03 11:59", "2026-03-03 12:00"),
        ("2026-03-03 10:00", "2026-03-03 14:59", "2026-03-03 15:00"),
        ("2026-03-03 15:00", "2026-03-04 09:59", "2026-03-04 10:00"),
        ("2026-03-05 15:00", "2026-03-09 09:59", "2026-03-09 10:00"),
        ("2026-03-07 12:00", "2026-03-09 11:59", "2026-03-09 12:00"),
    ],
    ids=["a morning", "over lunch", "over night", "over a holiday and a weekend", "from a weekend"],
)
def test_four_working_hours_and_not_a_minute_sooner(yard: Yard, taken: str, still: str, over: str) -> None:
    ama = owned(yard, taken)
    boss = yard.hires("Esi", ("supervisor", "waste"))
    everywhere = 1  # the office's own agent, a supervisor of all departments
    yard.at(still)
    assert yard.pull() == 0
    yard.at(over)
    assert yard.pull() == 1
    assert yard.owner() is None and yard.case.status == "open"
    (event,) = yard.history("pulled_back")
    assert (event["agent"], event["amount"], event["unit"]) == (ama.id, 240, "minutes")
    assert str(event["since"]).startswith(taken.replace(" ", "T"))
    assert yard.told() == [(ama.id, PULLED_BACK), (everywhere, PULLED_BACK), (boss.id, PULLED_BACK)]
    assert yard.pull() == 0


def test_working_days_count_too(db: Database) -> None:
    yard = Yard(db, Assigning(pull_back_after=Target(2, Unit.WORKING_DAYS)))
    try:
        owned(yard, "2026-03-04 10:00")
        yard.at("2026-03-09 16:59")
        assert yard.pull() == 0, "Friday is a holiday, and then there is a weekend"
        yard.at("2026-03-09 17:00")
        assert yard.pull() == 1
    finally:
        set_test_clock(None)


LATER = "2026-03-10 12:00"


@pytest.mark.parametrize("status", [Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY])
def test_what_waits_for_somebody_outside_stays(yard: Yard, status: Status) -> None:
    ama = owned(yard, "2026-03-03 08:00")
    yard.moves(status)
    yard.at(LATER)
    assert yard.pull() == 0
    assert yard.owner() == ama.id


def test_what_was_answered_stays_until_the_citizen_writes_again(yard: Yard) -> None:
    ama = owned(yard, "2026-03-03 08:00")
    yard.at("2026-03-03 09:00").answers()
    yard.at("2026-03-05 08:00")
    assert yard.pull() == 0
    yard.writes()
    assert yard.owner() == ama.id, "the same case"
    yard.at("2026-03-05 11:59")
    assert yard.pull() == 0
    yard.at("2026-03-05 12:00")
    assert yard.pull() == 1


@pytest.mark.parametrize("whose", ["theirs", "a colleague's"])
def test_a_note_of_the_agent_begins_the_time_anew_and_a_colleagues_does_not(yard: Yard, whose: str) -> None:
    ama = owned(yard, "2026-03-03 08:00")
    writer = ama if whose == "theirs" else yard.hires("Kofi")
    yard.at("2026-03-03 11:00")
    reference = yard.case.reference
    yard.db.run(lambda uow: replies.note(uow.session, writer, reference=reference, text="The crew was asked"))
    yard.at("2026-03-03 12:00")
    assert yard.pull() == (0 if whose == "theirs" else 1)
    yard.at("2026-03-03 16:00")
    assert yard.pull() == (1 if whose == "theirs" else 0)


def test_a_step_of_the_ladder_gives_nobody_more_time(yard: Yard) -> None:
    owned(yard, "2026-03-03 08:00")
    yard.at("2026-03-03 11:30").wakes()
    yard.at("2026-03-03 12:00").wakes()
    assert yard.pull() == 1


def test_a_new_agent_has_the_whole_time(yard: Yard) -> None:
    owned(yard, "2026-03-03 08:00")
    kofi = yard.hires("Kofi")
    yard.at("2026-03-03 11:00")
    how = {"city": yard.city, "reference": yard.case.reference, "agent_id": kofi.id}
    yard.db.run(lambda uow: assignment.assign(uow.session, yard.agent, **how))  # type: ignore[arg-type]
    yard.at("2026-03-03 15:59")
    assert yard.pull() == 0
    yard.at("2026-03-03 16:00")
    assert yard.pull() == 1
    assert [one["agent"] for one in yard.history("pulled_back")] == [kofi.id]


def test_several_tickers_take_a_case_back_once(yard: Yard) -> None:
    owned(yard, "2026-03-03 08:00")
    yard.at(LATER)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: yard.pull(), range(3))) == 1
    assert yard.events("pulled_back") == 1


def test_what_its_agent_did_in_the_last_moment_counts(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    ama = owned(yard, "2026-03-03 08:00")
    reference, held = yard.case.reference, pulling._held
    yard.at(LATER)

    def too_late(session: Session, over: list[pulling.Idle]) -> object:
        yard.db.run(lambda uow: replies.note(uow.session, ama, reference=reference, text="The crew was asked"))
        return held(session, over)

    monkeypatch.setattr(pulling, "_held", too_late)
    assert yard.pull() == 0
    assert yard.owner() == ama.id


def test_a_department_that_does_not_ask_for_it_takes_nothing_back(db: Database) -> None:
    yard = Yard(db, Assigning(push=True))
    try:
        owned(yard, "2026-03-03 08:00")
        yard.at(LATER)
        assert yard.pull() == 0
    finally:
        set_test_clock(None)


def test_what_was_taken_back_goes_to_somebody_else(db: Database) -> None:
    yard = Yard(db, Assigning(push=True, pull_back_after=Target(240, Unit.MINUTES)))
    try:
        owned(yard, "2026-03-03 08:00")
        yard.at("2026-03-03 13:00")
        assert (yard.pull(), yard.give()) == (1, 0)
        kofi = yard.hires("Kofi")
        assert yard.give() == 1
        assert yard.owner() == kofi.id
    finally:
        set_test_clock(None)
