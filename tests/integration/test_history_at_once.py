"""Twenty write history at the same time, on cases of their own and on shared ones, while three seal: it all holds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cases import clock, seals
from cases.models import Case, Event
from cases.models.event import Happened, record
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database, UnitOfWork
from contactcentre.sealing import seal_waiting
from tests.factories import phone, say
from tests.integration.commands import Commands, commands, environment

WRITERS, EVENTS, SHARED = 20, 1_000, 3
#: events of one transaction, in turn: a busy desk writes one, a sweep many
STEPS = (1, 8, 3, 20, 5, 13)


@pytest.fixture
def site(settings: Settings, container: Container, tmp_path: Path) -> Iterator[Container]:
    """The installation with an anchor of its own, and a connection for everybody who writes or seals."""
    container.settings = replace(settings, audit_anchor=tmp_path / "anchor.jsonl")
    wide = Database(settings.database_url, pool_size=WRITERS + 4)
    container.__dict__["db"] = wide
    yield container
    wide.dispose()


@pytest.fixture
def run(
    settings: Settings, site: Container, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    for name, value in {**environment(settings), "AUDIT_ANCHOR": str(site.settings.audit_anchor)}.items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


def open_cases(site: Container, count: int) -> list[int]:
    def work(uow: UnitOfWork, number: int) -> int:
        case_id = say(uow.session, site.city, "A lamp", sender=phone(number)).case_id
        assert case_id is not None
        return case_id

    return [site.db.run(lambda uow, number=number: work(uow, number)) for number in range(count)]


def write(site: Container, writer: int, own: int, shared: list[int]) -> None:
    """Write this writer's events, by turns to their own case and to one of the shared ones."""
    written, turn = 0, writer
    while written < EVENTS:
        step = min(STEPS[turn % len(STEPS)], EVENTS - written)
        case_id = own if turn % 2 else shared[turn // 2 % SHARED]
        site.db.run(lambda uow, case_id=case_id, step=step, turn=turn: _append(uow, case_id, step, writer, turn))  # type: ignore[misc]
        written, turn = written + step, turn + 1


def _append(uow: UnitOfWork, case_id: int, step: int, writer: int, turn: int) -> None:
    case = uow.session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one()
    happened = [
        Happened("noted", f"agent:{writer}", {"turn": turn, "step": n}, {"text": "a lamp"} if n == 1 else {})
        for n in range(step)
    ]
    record(uow.session, case, happened, at=clock.now(uow.session))


def keep_sealing(site: Container, done: threading.Event) -> int:
    made = 0
    while not done.wait(0.2):
        made += seal_waiting(site)
    return made


def test_twenty_writers_and_three_sealers_leave_a_history_that_holds(
    site: Container, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "MOST_EVENTS", 500)
    *own, a, b, c = open_cases(site, WRITERS + SHARED)
    before = events(site)
    done = threading.Event()
    with ThreadPoolExecutor(WRITERS + 3) as pool:
        sealers = [pool.submit(keep_sealing, site, done) for _ in range(3)]
        writers = [pool.submit(write, site, number, own[number], [a, b, c]) for number in range(WRITERS)]
        try:
            for writer in writers:
                writer.result()
        finally:
            done.set()
        made = sum(sealer.result() for sealer in sealers)
    assert made > 1
    while seal_waiting(site):
        pass
    assert events(site) == before + WRITERS * EVENTS
    code, out, err = run("verify", "--json")
    found = json.loads(out)
    assert (code, found["faults"]) == (0, []), err
    assert (found["cases"], found["events"]) == (WRITERS + SHARED, before + WRITERS * EVENTS)
    assert (found["unsealed"], found["seals"]) == (0, len(site.settings.audit_anchor.read_text().splitlines()))


def events(site: Container) -> int:
    with site.db.reader() as session:
        return session.execute(select(func.count()).select_from(Event)).scalar_one()
