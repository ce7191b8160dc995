"""The ticker's duties of assignment through the installation: what is due is done, and by several once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from cases import handing_over, pulling
from cases.clock import set_test_clock
from cases.departments import Assigning
from cases.models import Agent
from cases.sla.policy import Target, Unit
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.assigning import Yard
from workers import assigning

TICKERS = 3


@pytest.fixture
def yard(db: Database, container: Container, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    made = Yard(db, Assigning(push=True, pull_back_after=Target(240, Unit.MINUTES)))
    monkeypatch.setattr(type(container), "city", property(lambda _: made.city))
    yield made.at("2026-03-03 08:00")
    set_test_clock(None)
    assert made.drifts() == ()


def test_a_day_of_assignment_by_three_tickers(
    yard: Yard, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pulling.pull_back.__kwdefaults__, "most", 2)
    monkeypatch.setattr(handing_over, "MOST", 1)

    def tick(duty: str) -> int:
        work = getattr(assigning, duty)
        with ThreadPoolExecutor(TICKERS) as pool:
            return sum(pool.map(lambda _: work(container), range(TICKERS)))

    ama, kofi = yard.hires("Ama"), yard.hires("Kofi")
    for number in range(5):
        yard.writes(number)
    assert tick("give_out") == 5
    assert tick("give_out") == 0
    assert tick("change_hands") == 0
    yard.at("2026-03-03 13:00")
    assert tick("change_hands") == 5, "nobody has done anything since eight"
    assert yard.loads() == {None: 5}
    assert tick("give_out") == 5
    assert set(yard.loads()) == {ama.id, kofi.id}, "each got what the other had"
    yard.leaves(ama, "2026-03-03 13:30", "2026-03-04 12:00", kofi)
    yard.leaves(kofi, "2026-03-04 00:00", "2026-03-04 12:00")
    yard.at("2026-03-03 13:30")
    assert tick("change_hands") == 1
    assert yard.loads() == {kofi.id: 5}
    yard.db.run(lambda uow: uow.session.execute(update(Agent).where(Agent.id == kofi.id).values(active=False)))
    assert tick("change_hands") == 5, "who does not work here any more"
    assert yard.loads() == {None: 5}
    assert tick("give_out") == 0, "nobody is there"
