"""Random histories: after each, the board's sums are plain counts of its cases, and a recount finds no difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cases import assignment
from cases.errors import DomainError
from cases.lifecycle import Outcome, Status
from cases.models import Case, Rearrangement
from contactcentre.db import Database
from tests.emptying import empty
from tests.factories import make_agent
from tests.integration.boarding import differences, hides, plain, sums, turn
from tests.integration.office import Office, office
from tests.integration.rearranging import merge, messages, split, undo

WHAT = ("arrive", "arrive", "answer", "wait", "resolve", "open", "take", "transfer", "merge", "split", "undo", "hide",
        "name", "wake", "count")  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 99), st.integers(0, 99)), min_size=8, max_size=20)
#: how often each step did something in all examples: what never happens is not tried
DONE: Counter[str] = Counter()
PRELUDE = (("arrive", 0, 0), ("arrive", 0, 1), ("arrive", 1, 0), ("count", 0, 0), ("merge", 0, 1), ("undo", 0, 0))


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        opened.colleague = opened.db.run(lambda uow: make_agent(uow.session, "Kojo", ("agent", "*")))
        yield opened


class Town:
    """What happens, in a town of three numbers, an hour or so between one thing and the next."""

    def __init__(self, desk: Office) -> None:
        self.desk, self.hours = desk, 8

    def step(self, what: str, one: int, other: int) -> None:
        self.hours += 1 + one % 3
        self.desk.at(f"2026-03-{2 + self.hours // 24:02d} {self.hours % 24:02d}:07")
        act: Callable[[int, int], None] = getattr(self, f"_{what}")
        try:
            act(one, other)
            DONE[what] += 1
        except (DomainError, LookupError, ZeroDivisionError):
            pass

    def _arrive(self, one: int, other: int) -> None:
        cases = self._all()
        named = f"{cases[one % len(cases)].reference} " if cases and other % 2 else ""
        self.desk.says(f"{named}Words number {self.hours}", number=1 + one % 3)

    def _answer(self, one: int, _: int) -> None:
        self._choose(one)
        self.desk.answers()

    def _wait(self, one: int, other: int) -> None:
        self._choose(one)
        self.desk.moves((Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY)[other % 2])

    def _resolve(self, one: int, _: int) -> None:
        self._choose(one)
        self.desk.moves(Status.RESOLVED, Outcome.FIXED)

    def _open(self, one: int, _: int) -> None:
        self._choose(one)
        self.desk.moves(Status.OPEN)

    def _take(self, one: int, other: int) -> None:
        self._choose(one)
        how = {"city": self.desk.city, "reference": self.desk.case.reference}
        agent = (self.desk.agent.id, self.desk.colleague.id, None)[other % 3]
        self.desk.db.run(
            lambda uow: assignment.assign(uow.session, self.desk.agent, agent_id=agent, **how)  # type: ignore[arg-type]
        )

    def _transfer(self, one: int, other: int) -> None:
        self._choose(one)
        how = {"reference": self.desk.case.reference, "department": ("desk", "waste")[other % 2], "reason": "theirs"}
        self.desk.db.run(
            lambda uow: assignment.transfer(uow.session, self.desk.agent, city=self.desk.city, **how)  # type: ignore[arg-type]
        )

    def _merge(self, one: int, other: int) -> None:
        cases = self._all()
        merge(self.desk, cases[one % len(cases)].id, cases[other % len(cases)].id)

    def _split(self, one: int, other: int) -> None:
        case_id = self._choose(one)
        found = messages(self.desk, case_id)
        split(self.desk, case_id, found[other % len(found)])

    def _undo(self, one: int, _: int) -> None:
        with self.desk.db.reader() as session:
            done = session.scalars(select(Rearrangement.id).order_by(Rearrangement.id.desc())).all()
        undo(self.desk, done[(one // 40) % len(done)])

    def _hide(self, one: int, _: int) -> None:
        hides(self.desk, self._choose(one))

    def _name(self, one: int, other: int) -> None:
        hides(self.desk, self._choose(one), *(["agent:1"] if other % 2 else []))

    def _wake(self, _: int, __: int) -> None:
        self.desk.wakes()

    def _count(self, one: int, _: int) -> None:
        turn(self.desk, limit=1 + one)

    def _all(self) -> list[Case]:
        with self.desk.db.reader() as session:
            return list(session.scalars(select(Case).order_by(Case.id)))

    def _choose(self, number: int) -> int:
        cases = self._all()
        self.desk.case_id = cases[number % len(cases)].id
        return self.desk.case_id


def _lived(desk: Office, steps: list[tuple[str, int, int]]) -> None:
    from cases.base import Base

    empty(desk.db.engine, Base.metadata.tables.keys() - {"agent", "agent_role"})
    desk.plants()
    town = Town(desk)
    for what, one, other in (*PRELUDE, *steps):
        town.step(what, one, other)
    assert differences(desk) == [], "whatever has yet to be counted is no difference"
    turn(desk)
    assert sums(desk) == plain(desk)
    assert differences(desk) == []


_USUAL = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": (Phase.generate, Phase.shrink),
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=8, **_USUAL)  # type: ignore[arg-type]
@given(steps=STEPS)
def test_whatever_happens_the_sums_are_the_counts(desk: Office, steps: list[tuple[str, int, int]]) -> None:
    _lived(desk, steps)


@pytest.mark.long
@settings(max_examples=80, **_USUAL)  # type: ignore[arg-type]
@given(steps=STEPS)
def test_whatever_happens_in_many_towns(desk: Office, steps: list[tuple[str, int, int]]) -> None:
    _lived(desk, steps)


def test_every_kind_of_step_was_done() -> None:
    if not DONE:
        pytest.skip("the examples ran in another process")
    assert set(DONE) == set(WHAT), set(WHAT) - set(DONE)
