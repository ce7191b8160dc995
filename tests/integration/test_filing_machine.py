"""Whatever is done in whatever order: every message stands where its filings say, and rows and histories agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cases.errors import Invalid
from cases.lifecycle import Outcome, Status
from cases.models import Case, Filing, Message, Rearrangement
from contactcentre.db import Database
from tests.emptying import empty
from tests.integration.counting import count, differences
from tests.integration.office import Office, office
from tests.integration.rearranging import merge, refile, row, sound, split, undo

#: what happens, and three numbers that choose among what is there
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("refile", "refile", "split", "merge", "undo", "undo", "undo", "arrive", "resolve", "answer", "wait")
        ),
        st.integers(0, 99),
        st.integers(0, 99),
        st.integers(0, 99),
    ),
    min_size=5,
    max_size=14,
)
#: two cases of one number with three messages, and one of another number
PRELUDE = (
    *(("arrive", one, 0, 0) for one in (0, 0, 0, 0, 1, 1)),
    ("split", 1, 0, 0),
    ("arrive", 0, 1, 0),
    ("split", 2, 0, 0),
)
#: what was undone in all examples, and how often: what never happens is not tried
UNDONE: Counter[str] = Counter()


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened


class Model:
    """What must be true by now: which case each message was put into, and how it was before each step."""

    def __init__(self, desk: Office) -> None:
        self.desk = desk
        self.minutes = 0
        self.where: dict[int, int] = {}
        self.into: dict[int, int] = {}
        self.before: dict[int, tuple[dict[int, int], dict[int, int]]] = {}

    def root(self, case_id: int) -> int:
        while case_id in self.into:
            case_id = self.into[case_id]
        return case_id

    def step(self, what: str, *numbers: int) -> None:
        self.minutes += 17
        start = self.desk.at("2026-03-02 08:00")
        later = timedelta(minutes=self.minutes)
        hour = (later + timedelta(hours=8)) % timedelta(days=1)
        start.at(f"2026-03-{2 + (later + timedelta(hours=8)).days:02d} {str(hour)[:-3].zfill(5)}")
        act: Callable[..., None] = getattr(self, f"_{what}")
        act(*numbers)

    def _arrive(self, number: int, named: int, _: int) -> None:
        cases = self._cases()
        words = f"Words number {self.minutes}"
        if cases and named % 2:
            words = f"{self._pick(cases, named).reference} {words}"
        case_id = self.desk.says(words, number=1 + number % 2)
        with self.desk.db.reader() as session:
            message = session.scalars(select(Message.id).where(Message.text == words)).one()
        assert case_id not in self.into, "nothing joins a case that was merged"
        self.where[message] = case_id

    def _refile(self, first: int, second: int, _: int) -> None:
        cases = self._cases()
        if not self.where or not cases:
            return
        message = self._pick(sorted(self.where), first)
        source, target = self.root(self.where[message]), self._pick(cases, second).id
        self._keep(lambda: refile(self.desk, message, source, target), {message: self.root(target)})

    def _split(self, first: int, second: int, _: int) -> None:
        if not self.where:
            return
        message = self._pick(sorted(self.where), first)
        source = self.root(self.where[message])
        made: list[int] = []

        def act() -> int:
            done, case_id = split(self.desk, source, message)
            made.append(case_id)
            return done

        self._keep(act, {message: -1})
        if made:
            self.where[message] = made[0]

    def _merge(self, first: int, second: int, _: int) -> None:
        cases = self._cases()
        if not cases:
            return
        one, other = self.root(self._pick(cases, first).id), self.root(self._pick(cases, second).id)
        self._keep(lambda: merge(self.desk, one, other), {}, {one: other})

    def _undo(self, first: int, _: int, __: int) -> None:
        done = sorted(self.before, reverse=True)
        if not done:
            return
        chosen = self._pick(done, first // 34)  # mostly the latest
        with self.desk.db.reader() as session:
            made = session.get_one(Rearrangement, chosen)
        try:
            undo(self.desk, chosen)
        except Invalid:
            return
        where, _ = self.before.pop(chosen)
        UNDONE[made.kind] += 1
        if made.kind == "merge":
            self.into.pop(made.from_case_id)
            with self.desk.db.reader() as session:  # what its own number wrote since came along
                moved = session.scalars(_filed(made.from_case_id)).all()
            self.where.update(dict.fromkeys(moved, made.from_case_id))
        else:
            changed = {one: case for one, case in where.items() if self.where[one] != case}
            ours = {one: case for one, case in changed.items() if self.where[one] == made.to_case_id}
            self.where.update(ours)
            if made.kind == "split":
                self.into[made.to_case_id] = made.from_case_id

    def _resolve(self, first: int, _: int, __: int) -> None:
        self._move(first, Status.RESOLVED, Outcome.FIXED)

    def _wait(self, first: int, _: int, __: int) -> None:
        self._move(first, Status.WAITING_ON_CITIZEN, None)

    def _answer(self, first: int, _: int, __: int) -> None:
        if cases := self._cases():
            self.desk.case_id = self.root(self._pick(cases, first).id)
            try:
                self.desk.answers()
            except Invalid:
                return

    def _move(self, first: int, to: Status, outcome: Outcome | None) -> None:
        if cases := self._cases():
            self.desk.case_id = self.root(self._pick(cases, first).id)
            try:
                self.desk.moves(to, outcome)
            except Invalid:
                return

    def _keep(self, act: Callable[[], int], where: dict[int, int], into: dict[int, int] | None = None) -> None:
        before = dict(self.where), dict(self.into)
        try:
            done = act()
        except Invalid:
            return
        self.before[done] = before
        self.where.update(where)
        self.into.update(into or {})

    def _cases(self) -> list[Case]:
        with self.desk.db.reader() as session:
            return list(session.scalars(select(Case).order_by(Case.id)))

    def _pick(self, found: list[Any], number: int) -> Any:
        return found[number % len(found)]

    def check(self) -> None:
        """Compare with the rows."""
        with self.desk.db.reader() as session:
            stands = select(Filing.message_id, Filing.case_id).join(Message, Message.id == Filing.message_id)
            found = session.execute(stands.where(Filing.removed_at.is_(None), Message.direction == "in")).all()
        assert len(found) == len(self.where), "each message stands in exactly one case"
        assert dict(found) == self.where  # type: ignore[arg-type]
        for case_id, target in self.into.items():
            assert row(self.desk, case_id).merged_into_id == target
        sound(self.desk)
        count(self.desk)
        assert differences(self.desk) == []


def _filed(case_id: int) -> Any:
    query = select(Filing.message_id).join(Message, Message.id == Filing.message_id)
    return query.where(Filing.case_id == case_id, Filing.removed_at.is_(None), Message.direction == "in")


@pytest.mark.long
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_nothing_is_lost_whatever_is_rearranged(desk: Office, steps: list[tuple[str, int, int, int]]) -> None:
    _empty(desk)
    model = Model(desk)
    for what, *numbers in (*PRELUDE, *steps):
        model.step(what, *numbers)
    model.check()


@pytest.mark.long
def test_each_kind_was_undone_again_and_again() -> None:
    if not UNDONE:
        pytest.skip("the examples ran in another process")
    assert min(UNDONE[one] for one in ("refile", "split", "merge")) >= 3, UNDONE


def _empty(desk: Office) -> None:
    """Begin anew: one example must not see the cases of another."""
    from cases.base import Base

    empty(desk.db.engine, Base.metadata.tables.keys() - {"agent", "agent_role"})
