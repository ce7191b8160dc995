"""A leave hands the cases over once and brings back what is still there; who leaves for good frees theirs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from cases import assignment, handing_over, staff
from cases.bells import HANDED_OVER
from cases.clock import set_test_clock
from cases.departments import Assigning
from cases.errors import NotFound
from cases.lifecycle import Outcome
from cases.models import Absence, Agent, AgentRole, Case, Handover
from cases.permissions import Viewer
from cases.queries import handovers
from contactcentre.cli import users
from contactcentre.db import Database
from tests.integration.assigning import Yard
from tests.integration.office import when, words

BEFORE, FIRST, LAST, AFTER = "2026-03-03 10:00", "2026-03-04 00:00", "2026-03-09 00:00", "2026-03-09 00:05"


@pytest.fixture
def yard(db: Database) -> Iterator[Yard]:
    made = Yard(db, Assigning())
    yield made.at(BEFORE)
    set_test_clock(None)
    assert made.drifts() == ()


def owned(yard: Yard, who: Viewer, number: int, **values: object) -> int:
    return yard.writes(number, assignee_id=who.id, **values)


def given_to(yard: Yard, case_id: int, to: Viewer | None) -> None:
    yard.case_id = case_id
    how = {"city": yard.city, "reference": yard.case.reference, "agent_id": to.id if to else None}
    yard.db.run(lambda uow: assignment.assign(uow.session, yard.agent, **how))  # type: ignore[arg-type]


def test_open_cases_go_to_the_stand_in_when_the_leave_begins_and_come_back_when_it_ends(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    leave = yard.leaves(ama, FIRST, LAST, kofi)
    first, second = owned(yard, ama, 1), owned(yard, ama, 2, confidential=True)
    settled, others = owned(yard, ama, 3), yard.writes(4)
    yard.case_id = settled
    yard.answers(resolve=Outcome.FIXED)
    assert yard.hand_over() == 0, "it has not begun"
    yard.at(FIRST)
    assert yard.hand_over() == 1
    assert [yard.owner(one) for one in (first, second, settled, others)] == [kofi.id, kofi.id, ama.id, None]
    yard.case_id = first
    event = {"kind": "handed_over", "agent": kofi.id, "from": ama.id, "until": "2026-03-09T00:00:00+00:00"}
    assert yard.history("handed_over") == [event]
    assert yard.told() == [(kofi.id, HANDED_OVER)], "once, not for each case"
    assert yard.give_back() == 0
    yard.at(AFTER)
    assert (yard.hand_over(), yard.give_back(), yard.give_back()) == (0, 1, 0)
    assert [yard.owner(one) for one in (first, second)] == [ama.id, ama.id]
    assert yard.history("handed_back") == [{"kind": "handed_back", "agent": ama.id, "from": kofi.id}]
    assert yard.told()[1:] == [(ama.id, HANDED_OVER)]
    assert yard.absence(leave).returned_at == when(AFTER)


def test_what_happened_meanwhile_is_not_undone(yard: Yard) -> None:
    ama, kofi, esi = yard.hires("Ama"), yard.hires("Kofi"), yard.hires("Esi")
    yard.leaves(ama, FIRST, LAST, kofi)
    back, elsewhere, freed, ended = (owned(yard, ama, number) for number in range(4))
    yard.at(FIRST).hand_over()
    yard.at("2026-03-05 10:00")
    given_to(yard, elsewhere, esi)
    given_to(yard, freed, None)
    yard.case_id = ended
    yard.answers(resolve=Outcome.FIXED)
    yard.at(AFTER).give_back()
    assert [yard.owner(one) for one in (back, elsewhere, freed, ended)] == [ama.id, esi.id, None, kofi.id]
    with yard.db.reader() as session:
        said = {one.case_id: one.returned for one in session.scalars(select(Handover))}
    assert said == {
        back: "back", elsewhere: "in other hands by now", freed: "in other hands by now", ended: "ended meanwhile",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["said so", "log-in ended", "role taken"])
def test_the_cases_stay_where_the_leave_says_so_or_nobody_is_there_to_take_them(yard: Yard, how: str) -> None:
    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    yard.leaves(ama, FIRST, LAST, kofi, returns=how != "said so")
    owned(yard, ama, 1)
    yard.at(FIRST).hand_over()
    if how == "log-in ended":
        yard.db.run(lambda uow: uow.session.execute(update(Agent).where(Agent.id == ama.id).values(active=False)))
    if how == "role taken":
        moved = update(AgentRole).where(AgentRole.agent_id == ama.id).values(department="desk")
        yard.db.run(lambda uow: uow.session.execute(moved))
    assert yard.at(AFTER).give_back() == 1
    assert yard.owner() == kofi.id
    assert yard.events("handed_back") == 0


def test_who_stands_in_may_be_away_too_or_not_allowed_to_work_on_the_case(yard: Yard) -> None:
    ama, kofi, esi = yard.hires("Ama"), yard.hires("Kofi"), yard.hires("Esi")
    clerk = yard.hires("Efua", ("counter_clerk", "waste"))
    yard.leaves(ama, FIRST, LAST, kofi)
    yard.leaves(kofi, FIRST, LAST, esi)
    yard.leaves(esi, "2026-03-10 00:00", "2026-03-12 00:00", clerk)
    case_id = owned(yard, ama, 1)
    assert yard.at(FIRST).hand_over() == 2
    assert yard.owner(case_id) == esi.id
    assert yard.at("2026-03-10 00:00").hand_over() == 1
    assert yard.owner(case_id) is None, "a counter clerk answers nobody, so it is in the queue"
    assert yard.history("handed_over")[-1]["agent"] is None
    yard.give_back()
    assert yard.owner(case_id) is None


def test_without_a_stand_in_the_cases_stay(yard: Yard) -> None:
    ama = yard.hires("Ama")
    yard.leaves(ama, FIRST, LAST)
    owned(yard, ama, 1)
    assert yard.at(FIRST).hand_over() == 1
    assert yard.owner() == ama.id
    assert yard.at(AFTER).give_back() == 1
    assert yard.events("handed_over") == yard.events("handed_back") == 0


def test_a_leave_that_follows_another_is_waited_for(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    yard.leaves(ama, FIRST, LAST, kofi)
    yard.leaves(ama, LAST, "2026-03-12 00:00", kofi)
    owned(yard, ama, 1)
    yard.at(FIRST).hand_over()
    yard.at(AFTER)
    assert (yard.give_back(), yard.hand_over(), yard.owner()) == (0, 1, kofi.id)
    assert yard.at("2026-03-12 00:00").give_back() == 2
    assert yard.owner() == ama.id


def test_a_leave_that_is_ended_early_brings_the_cases_back_at_once(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    leave = yard.leaves(ama, FIRST, LAST, kofi)
    owned(yard, ama, 1)
    yard.at(FIRST).hand_over()
    yard.db.run(lambda uow: staff.end_leave(uow.session, ama, absence_id=leave))
    assert words(yard.absence(leave).until) == FIRST, "in the instant of its beginning: a second later"
    yard.at("2026-03-04 00:01")
    assert yard.give_back() == 1
    assert yard.owner() == ama.id


def test_several_tickers_hand_over_and_give_back_once(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    yard.leaves(ama, FIRST, LAST, kofi)
    for number in range(5):
        owned(yard, ama, number)
    yard.at(FIRST)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: yard.hand_over(), range(3))) == 1
    assert yard.loads() == {kofi.id: 5}
    yard.at(AFTER)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: yard.give_back(), range(3))) == 1
    assert yard.loads() == {ama.id: 5}
    assert yard.events("handed_over") == yard.events("handed_back") == 5


def test_the_list_is_dated_and_for_those_who_have_a_part_in_it(yard: Yard) -> None:
    ama, kofi, esi = yard.hires("Ama"), yard.hires("Kofi"), yard.hires("Esi")
    boss = yard.hires("Yaw", ("supervisor", "waste"))
    leave = yard.leaves(ama, FIRST, LAST, kofi)
    case_id = owned(yard, ama, 1)

    def seen(who: Viewer) -> handovers.Sheet:
        with yard.db.reader() as session:
            return handovers.sheet(session, who, agent_id=ama.id or 0)

    preview = seen(boss)
    assert (preview.dated, [one.reference for one in preview.items]) == (None, [yard.case.reference])
    yard.at(FIRST).hand_over()
    yard.at("2026-03-05 10:00")
    yard.case_id = case_id
    yard.answers(wait=True)
    for who in (ama, kofi, boss):
        sheet = seen(who)
        assert (sheet.absence_id, sheet.dated, sheet.stand_in) == (leave, when(FIRST), "Kofi")
        (item,) = sheet.items
        assert (item.status, item.to, words(item.last_message_at)) == ("new", "Kofi", BEFORE), "as it stood then"
        assert item.due_at is not None
    with pytest.raises(NotFound):
        seen(esi)
    with pytest.raises(NotFound), yard.db.reader() as session:
        handovers.sheet(session, ama, agent_id=ama.id or 0, absence_id=leave + 1)
    yard.db.run(lambda uow: uow.session.execute(update(Case).values(department="desk")))
    assert list(seen(kofi).items) == [], "a case that one may not read is not on one's list"


def test_who_does_not_work_here_any_more_frees_their_cases(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    mine, theirs = owned(yard, ama, 1), owned(yard, kofi, 2)
    with yard.db.reader() as session:
        username = session.get_one(Agent, ama.id).username
    yard.db.run(lambda uow: users.end(uow.session, username))
    assert [yard.owner(one) for one in (mine, theirs)] == [None, kofi.id]
    yard.case_id = mine
    (event,) = yard.history("unassigned")
    assert (event["from"], event["why"]) == (ama.id, "its agent does not work here any more")
    yard.db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == mine).values(assignee_id=ama.id)))
    at = when(BEFORE)
    assert yard.db.run(lambda uow: handing_over.release_inactive(uow.session, at=at)) == 1, "what came in between"
    assert yard.db.run(lambda uow: handing_over.release_inactive(uow.session, at=at)) == 0
    with yard.db.reader() as session:
        assert session.scalars(select(Absence)).all() == []
