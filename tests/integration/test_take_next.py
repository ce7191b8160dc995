"""Take next: the right case for who asks, and never the same one for two who ask at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from cases import assignment
from cases.clock import set_test_clock
from cases.departments import Assigning
from cases.errors import NotAllowed
from cases.models import Address, Case
from cases.permissions import PUBLIC, SYSTEM, Viewer, ViewerKind
from contactcentre.db import Database
from tests.integration.assigning import Yard

AGENTS, CASES = 8, 5


@pytest.fixture
def yard(db: Database) -> Iterator[Yard]:
    made = Yard(db, Assigning())
    yield made.at("2026-03-03 10:00")
    set_test_clock(None)
    assert made.drifts() == ()


def taken(yard: Yard, who: Viewer) -> int | None:
    """Let somebody take the next case; returns which."""
    found = yard.db.run(lambda uow: assignment.take_next(uow.session, who, yard.city))
    return found.id if found else None


def speaks(yard: Yard, case_id: int, language: str) -> None:
    """Let a case's citizen have chosen a language."""
    thread = select(Case.thread_id).where(Case.id == case_id).scalar_subquery()
    yard.db.run(lambda uow: uow.session.execute(update(Address).where(Address.id == thread).values(language=language)))


def test_the_nearest_deadline_comes_first_and_an_urgent_case_before_it(yard: Yard) -> None:
    ama = yard.hires("Ama")
    first = yard.writes(1)
    yard.at("2026-03-03 10:30")
    second, urgent = yard.writes(2), yard.writes(3, priority="urgent")
    assert [taken(yard, ama) for _ in range(4)] == [urgent, first, second, None]
    assert yard.history("assigned") == [{"kind": "assigned", "agent": ama.id, "why": "next of the queue"}]
    assert yard.case.status == "open", "what is taken is being worked on"


def test_what_fits_is_preferred_but_nothing_is_kept_from_who_asks(yard: Yard) -> None:
    ama, kofi = yard.hires("Ama", skills=["bins", "lift"]), yard.hires("Kofi", languages=["fat"])
    fante, other, plain = yard.writes(1), yard.writes(2, service="other"), yard.writes(3, service="lift")
    speaks(yard, fante, "fat")
    assert taken(yard, ama) == plain, "one is in another language, the other about another service"
    assert taken(yard, kofi) == fante
    assert taken(yard, ama) == other


@pytest.mark.parametrize(
    "changes",
    [
        {"department": "desk"},
        {"department": None},
        {"status": "waiting_on_citizen"},
        {"status": "resolved"},
    ],
    ids=["another department", "the tray", "waits for the citizen", "settled"],
)
def test_what_is_not_theirs_or_not_waiting_is_left(yard: Yard, changes: dict[str, object]) -> None:
    yard.writes(1, **changes)
    assert taken(yard, yard.hires("Ama")) is None
    yard.plants()


@pytest.mark.parametrize(
    ("role", "gets"), [("agent", 0), ("information_officer", 0), ("integration", 1), ("counter_clerk", None)]
)
def test_a_confidential_case_goes_to_who_may_answer_it_and_others_get_the_next(
    yard: Yard, role: str, gets: int | None
) -> None:
    cases = [yard.writes(1, confidential=True), yard.writes(2)]
    assert taken(yard, yard.hires("Ama", (role, "waste"))) == (None if gets is None else cases[gets])


def test_only_agents_take(yard: Yard) -> None:
    yard.writes(1)
    for nobody in (SYSTEM, PUBLIC, Viewer(ViewerKind.TOKEN, 1, "t", frozenset({("integration", "*")}))):
        with pytest.raises(NotAllowed):
            taken(yard, nobody)
    assert yard.owner() is None


def test_a_case_that_somebody_holds_is_passed_by(yard: Yard) -> None:
    ama = yard.hires("Ama")
    held, free = yard.writes(1), yard.writes(2)

    def hold(uow: object) -> int | None:
        session = uow.session  # type: ignore[attr-defined]
        session.execute(select(Case.id).where(Case.id == held).with_for_update())
        return taken(yard, ama)

    assert yard.db.run(hold) == free
    assert taken(yard, ama) == held


def test_many_at_once_never_get_the_same(yard: Yard) -> None:
    agents = [yard.hires(f"Agent{number}") for number in range(AGENTS)]
    cases = {yard.writes(number) for number in range(CASES)}
    for round_ in range(6):
        together = threading.Barrier(AGENTS, timeout=10)

        def run(who: Viewer, together: threading.Barrier = together) -> int | None:
            together.wait()
            return taken(yard, who)

        with ThreadPoolExecutor(AGENTS) as pool:
            got = [one for one in pool.map(run, agents) if one is not None]
        assert len(got) == len(set(got)), f"round {round_}: {got}"
        assert set(got) == cases, "what was held by another is found in the same look"
        assert yard.events("assigned") == CASES * (round_ + 1)
        yard.db.run(lambda uow: uow.session.execute(update(Case).values(assignee_id=None)))
