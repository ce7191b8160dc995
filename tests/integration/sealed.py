"""An installation whose history is sealed: with an anchor file, cases to seal, and what ``verify`` says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Case, Event, Seal
from cases.models.event import Happened, record
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.sealing import seal_waiting
from tests.factories import phone, say
from tests.integration.commands import Commands, commands, environment, failed


def anchored(container: Container, path: Path) -> Container:
    """Give the installation an anchor file of its own."""
    container.settings = replace(container.settings, audit_anchor=path)
    return container


@contextmanager
def verifying(
    settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    """Run commands on that installation."""
    for name, value in {**environment(settings), "AUDIT_ANCHOR": str(path)}.items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


def write(site: Container, number: int) -> None:
    """Let a citizen open a case, and an agent learn who they are."""

    def work(session: Session) -> None:
        case = session.get_one(Case, say(session, site.city, f"Lamp {number}", sender=phone(number)).case_id)
        known = Happened("citizen_named", "agent:1", {"number": number}, {"name": f"Tester Number {number}"})
        record(session, case, [known], at=clock.now(session))

    site.db.run(lambda uow: work(uow.session))


def seal_three(site: Container) -> Container:
    """Write three cases, each sealed before the next."""
    for number in (1, 2, 3):
        write(site, number)
        assert seal_waiting(site) == 1
    return site


def every_seal(site: Container) -> list[Seal]:
    with site.db.reader() as session:
        return list(session.scalars(select(Seal).order_by(Seal.number)))


def count_events(site: Container) -> int:
    with site.db.reader() as session:
        return session.execute(select(func.count()).select_from(Event)).scalar_one()


def told(run: Commands) -> list[str]:
    """Return the faults that ``verify`` names, which must fail with them."""
    outcome = run("verify", "--json")
    found = json.loads(outcome[1])
    assert "the history does not hold" in failed(outcome)
    assert found["fault_count"] == len(found["faults"])
    return [f"{one['reference'] or ''} {one['fault']}".strip() for one in found["faults"]]


def passes(run: Commands) -> dict[str, int]:
    code, out, err = run("verify", "--json")
    assert code == 0, (out, err)
    found: dict[str, int] = json.loads(out)
    return found
