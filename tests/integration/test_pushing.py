"""Cases are given to whoever is there, has room and fits, each once, however many tickers there are."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases import assignment, availability, pushing, rota, staff, unowned
from cases.availability import Presence
from cases.clock import set_test_clock
from cases.departments import Assigning
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import Address, Agent, AgentProfile, Case, Shift, StaffChange
from cases.permissions import Viewer
from cases.profiles import set_cap
from contactcentre.db import Database, UnitOfWork
from tests.integration.assigning import PUSH, Yard
from tests.integration.office import when

TICKERS, CASES = 3, 24
TUESDAY = "2026-03-03 10:00"


@pytest.fixture
def yard(db: Database) -> Iterator[Yard]:
    made = Yard(db, PUSH)
    yield made.at(TUESDAY)
    set_test_clock(None)
    assert made.drifts() == ()


def speaks(yard: Yard, case_id: int, language: str) -> None:
    thread = select(Case.thread_id).where(Case.id == case_id).scalar_subquery()
    yard.db.run(lambda uow: uow.session.execute(update(Address).where(Address.id == thread).values(language=language)))


def test_the_fewest_open_cases_count_and_of_equals_who_got_one_longest_ago(yard: Yard) -> None:
    kofi, ama = yard.hires("Kofi"), yard.hires("Ama")
    yard.writes(1, assignee_id=ama.id, status="open")
    got = []
    for number in range(2, 6):
        yard.at(f"2026-03-03 10:0{number}")
        yard.writes(number)
        assert yard.give() == 1
        got.append(yard.owner())
    assert got == [kofi.id, ama.id, kofi.id, ama.id]
    assert yard.why() == "least open cases: 2"
    assert yard.case.status == "open"
    yard.plants()


def test_nobody_gets_more_than_their_cap_their_own_before_the_departments(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama", cap=1), yard.hires("Kofi")
    for number in range(6):
        yard.writes(number)
    assert yard.give() == 4
    assert yard.loads() == {ama.id: 1, kofi.id: 3, None: 2}
    assert yard.give() == 0


@pytest.mark.parametrize("minute", ["06:59", "12:30", "17:00"], ids=["before", "at lunch", "after"])
def test_outside_the_departments_hours_nothing_is_given(yard: Yard, minute: str) -> None:
    ama = yard.hires("Ama")
    yard.writes()
    assert yard.at(f"2026-03-03 {minute}").give() == 0
    assert yard.at("2026-03-03 13:00").give() == 1
    assert yard.owner() == ama.id


def test_who_is_not_there_gets_nothing_and_the_case_stays(yard: Yard) -> None:
    leave, hour, away, gone, back = (yard.hires(name) for name in ("Ama", "Kofi", "Esi", "Yaw", "Efua"))
    yard.leaves(leave, "2026-03-02 00:00", "2026-03-04 00:00")

    def arrange(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        session.add(Shift(agent_id=hour.id, weekday=1, opens=12 * 60, closes=16 * 60))
        session.execute(update(Agent).where(Agent.id == gone.id).values(active=False))
        availability.switch(session, away, agent_id=away.id or 0, away=True)
        availability.switch(session, back, agent_id=back.id or 0, away=True, until=when("2026-03-03 10:30"))

    yard.db.run(arrange)
    yard.hires("Abena", ("supervisor", "waste"))
    yard.hires("Kojo", ("agent", "desk"))
    yard.hires("Akua", ("counter_clerk", "waste"))
    yard.writes()
    assert yard.give() == 0
    assert yard.owner() is None
    assert yard.at("2026-03-03 10:30").give() == 1
    assert yard.owner() == back.id


def test_tags_keep_a_case_for_who_speaks_the_language_and_knows_the_service(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama", skills=["lift"]), yard.hires("Kofi", languages=["fat"], skills=["roads"])
    fante, other = yard.writes(1, service="lift"), yard.writes(2, service="other")
    speaks(yard, fante, "fat")
    yard.writes(3, service="lift")
    assert yard.give() == 3
    assert (yard.owner(), yard.owner(fante), yard.owner(other)) == (ama.id, kofi.id, kofi.id)
    assert yard.why() == "least open cases: 0; knows Missed lift"
    yard.case_id = fante
    assert yard.why() == "least open cases: 0; speaks Fante"


@pytest.mark.parametrize("strict", [True, False])
def test_what_fits_nobody_waits_only_where_tags_count_and_holds_up_nothing(yard: Yard, strict: bool) -> None:
    terms = replace(PUSH, tags=strict)
    waste = replace(yard.city.departments["waste"], assigning=terms)
    yard.city = replace(yard.city, departments={**yard.city.departments, "waste": waste})
    yard.hires("Ama")
    fante = yard.writes(1)
    speaks(yard, fante, "fat")
    plain = yard.writes(2)
    assert yard.give() == (1 if strict else 2)
    assert yard.owner(plain) is not None
    assert (yard.owner(fante) is None) is strict
    if not strict:
        yard.case_id = fante
        assert yard.why() == "least open cases: 0; nobody who is here fits better"


def test_what_somebody_gave_back_is_not_given_to_them_again(yard: Yard) -> None:
    ama = yard.hires("Ama")
    yard.writes()
    assert yard.give() == 1
    reference = yard.case.reference
    how = {"city": yard.city, "reference": reference, "agent_id": None}
    yard.db.run(lambda uow: assignment.assign(uow.session, ama, **how))  # type: ignore[arg-type]
    assert yard.give() == 0
    kofi = yard.hires("Kofi")
    assert yard.give() == 1
    assert yard.owner() == kofi.id


@pytest.mark.parametrize("terms", [Assigning(), Assigning(cap=5)])
def test_a_department_that_does_not_say_push_gives_nothing_out(db: Database, terms: Assigning) -> None:
    yard = Yard(db, terms)
    try:
        yard.at(TUESDAY)
        yard.hires("Ama")
        yard.writes()
        assert yard.give() == 0
    finally:
        set_test_clock(None)


def test_several_tickers_give_each_case_once_and_share_them_evenly(yard: Yard) -> None:
    everybody = [yard.hires(f"Agent{number}", cap=CASES) for number in range(4)]
    for number in range(CASES):
        yard.writes(number)
    together = threading.Barrier(TICKERS, timeout=10)

    def tick(_: int) -> int:
        together.wait()
        return yard.give()

    with ThreadPoolExecutor(TICKERS) as pool:
        given = sum(pool.map(tick, range(TICKERS)))
    assert given + yard.give() == CASES
    assert yard.events("assigned") == CASES
    assert yard.loads() == {one.id: CASES // 4 for one in everybody}


def test_one_ticker_counts_at_a_time_so_that_two_do_not_fill_somebody_above_the_cap(yard: Yard) -> None:
    ama = yard.hires("Ama", cap=2)
    for number in range(2):
        yard.writes(number)

    def give_meanwhile(uow: UnitOfWork) -> tuple[int, int]:
        first = pushing.push(uow.session, city=yard.city, at=when(TUESDAY))
        yard.writes(9, priority="urgent")  # comes first, and as others see it she has nothing yet
        return first, yard.give()

    assert yard.db.run(give_meanwhile) == (2, 0)
    assert yard.give() == 0
    assert yard.loads() == {ama.id: 2, None: 1}


def test_a_case_that_somebody_took_in_between_stays_theirs(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.hires("Ama")
    esi = yard.hires("Esi", ("supervisor", "waste"))
    yard.writes()
    hold = unowned.hold

    def held_too_late(session: Session, case_ids: Iterable[int]) -> list[Case]:
        yard.db.run(lambda uow: assignment.take_next(uow.session, esi, yard.city))
        return hold(session, case_ids)

    monkeypatch.setattr(unowned, "hold", held_too_late)
    assert yard.give() == 0
    assert (yard.owner(), yard.events("assigned")) == (esi.id, 1)


def test_a_case_that_somebody_holds_is_given_at_another_time(yard: Yard) -> None:
    yard.hires("Ama")
    held, free = yard.writes(1), yard.writes(2)

    def hold(uow: object) -> int:
        uow.session.execute(select(Case.id).where(Case.id == held).with_for_update())  # type: ignore[attr-defined]
        return yard.give()

    assert yard.db.run(hold) == 1
    assert yard.owner(free) is not None and yard.owner(held) is None
    assert yard.give() == 1


def test_tags_cap_and_availability_are_set_by_oneself_and_ones_supervisor(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    boss, other = yard.hires("Esi", ("supervisor", "waste")), yard.hires("Yaw", ("supervisor", "desk"))

    def switched(by: Viewer, of: Viewer) -> None:
        yard.db.run(lambda uow: availability.switch(uow.session, by, agent_id=of.id or 0, away=True))

    def capped(by: Viewer, of: Viewer, cap: int | None = 5) -> None:
        yard.db.run(lambda uow: set_cap(uow.session, by, agent_id=of.id or 0, cap=cap))

    for by in (ama, boss):
        switched(by, ama)
        yard.tags(by, ["fat"], [])
    for by in (kofi, other):
        with pytest.raises(NotFound):
            switched(by, ama)
        with pytest.raises(NotFound):
            capped(by, ama)
    with pytest.raises(NotAllowed):
        capped(ama, ama)
    with pytest.raises(Invalid):
        capped(boss, ama, -1)
    capped(boss, ama)
    with pytest.raises(Invalid, match="no language"):
        yard.tags(ama, ["xx"], [])
    with pytest.raises(Invalid):
        yard.tags(ama, [], ["x" * 41])
    yard.tags(ama, ["fat", "fat"], ["  deep  drains ", "", "lift"])
    with yard.db.reader() as session:
        row = session.get_one(AgentProfile, ama.id)
        assert (row.languages, row.skills, row.cap) == (["fat"], ["deep drains", "lift"], 5)
        query = select(StaffChange.actor, StaffChange.kind).where(StaffChange.agent_id == ama.id)
        trace = [tuple(one) for one in session.execute(query.order_by(StaffChange.id))]
    assert trace[:2] == [(ama.actor, "away"), (ama.actor, "tags")]
    assert (boss.actor, "cap") in trace


def test_availability_says_why_somebody_is_not_there(yard: Yard) -> None:
    ama = yard.hires("Ama")

    def shown() -> tuple[Presence, datetime | None]:
        with yard.db.reader() as session:
            found = availability.own(session, ama, city=yard.city)
        assert found is not None
        return found.presence, found.until

    def switch(away: bool, until: str | None = None) -> None:
        at = when(until) if until else None
        yard.db.run(lambda uow: availability.switch(uow.session, ama, agent_id=ama.id or 0, away=away, until=at))

    assert shown() == (Presence.AVAILABLE, None)
    switch(True, "2026-03-03 11:00")
    assert shown() == (Presence.AWAY, when("2026-03-03 11:00"))
    yard.at("2026-03-03 11:00")
    assert shown() == (Presence.AVAILABLE, None)
    with pytest.raises(Invalid, match="passed already"):
        switch(True, "2026-03-03 10:59")
    switch(True)
    assert shown() == (Presence.AWAY, None)
    switch(False)
    yard.at("2026-03-03 18:00")
    assert shown() == (Presence.OUTSIDE_HOURS, None)
    yard.leaves(ama, "2026-03-03 00:00", "2026-03-05 00:00")
    assert shown() == (Presence.ON_LEAVE, datetime(2026, 3, 5, tzinfo=UTC))
    with yard.db.reader() as session:
        assert availability.own(session, yard.hires("Efua", ("executive", "waste")), city=yard.city) is None
        assert rota.calendar_of(yard.city, "waste").key == "office"
        assert staff.people(session, ama) == ()
