"""What was transferred is counted by the rule and the words that had sent it elsewhere; nothing personal is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from cases import assignment, clock
from cases.models import Case, Event
from cases.permissions import SYSTEM, Viewer
from cases.queries import transfers
from cases.queries.transfers import Sending
from config.settings import Settings
from contactcentre.db import Database
from tests.factories import make_agent, phone, say
from tests.integration.commands import Commands, commands, environment, failed
from tests.integration.test_routed import CITY

Sends = Callable[..., None]
SECRET = "Kwabena Invented lives there"


@pytest.fixture
def sends(db: Database) -> Sends:
    """Let a citizen write, and an agent transfer the case from one department to the next."""
    agent = db.run(lambda uow: make_agent(uow.session, "Ama", ("supervisor", "*")))

    def act(text: str, *to: str, number: int) -> None:
        received = db.run(lambda uow: say(uow.session, CITY, text, sender=phone(number)))
        with db.reader() as session:
            reference = session.get_one(Case, received.case_id).reference
        for department in to:
            how = {"city": CITY, "reference": reference, "department": department, "reason": SECRET}
            db.run(lambda uow, how=how: assignment.transfer(uow.session, agent, **how))

    return act


def sendings(db: Database, viewer: Viewer = SYSTEM, days: int = 30) -> list[Sending]:
    with db.reader() as session:
        return list(transfers.sendings(session, viewer, since=clock.now(session) - timedelta(days=days)))


def ways(found: list[Sending]) -> list[tuple[object, ...]]:
    return [(one.before, one.after, one.rule, one.words, one.by_person, one.count) for one in found]


def test_transfers_are_counted_by_the_rule_and_words_that_sent_them_wrong(db: Database, sends: Sends) -> None:
    sends("the gutter", "waste", number=1)
    sends("the guttr of Kofi", "waste", number=2)
    sends("good morning", "works", number=3)
    sends("my bin", "works", "desk", number=4)
    sends("the gutter", number=5)
    assert ways(sendings(db)) == [
        ("works", "desk", None, (), True, 1),
        ("waste", "works", "words", ("bin",), False, 1),
        (None, "works", None, (), False, 1),
        ("works", "waste", "words", ("gutter",), False, 2),
    ]
    assert SECRET not in repr(sendings(db))
    assert "Kofi" not in repr(sendings(db))


def test_old_transfers_are_left_out(db: Database, sends: Sends) -> None:
    sends("the gutter", "waste", number=1)
    assert sendings(db)
    old = clock_minus(db, 31)
    db.run(lambda uow: uow.session.execute(update(Event).where(Event.kind == "transferred").values(at=old)))
    assert sendings(db) == []
    assert len(sendings(db, days=32)) == 1


def clock_minus(db: Database, days: int) -> object:
    with db.reader() as session:
        return clock.now(session) - timedelta(days=days)


def test_only_cases_that_the_viewer_may_read_are_counted(db: Database, sends: Sends) -> None:
    sends("the gutter", "waste", number=1)
    sends("the wall", "conduct", number=2)
    agents = {
        role: db.run(lambda uow, role=role: make_agent(uow.session, "Esi", role))
        for role in (("supervisor", "waste"), ("executive", "*"), ("administrator", "*"))
    }
    assert {role: len(sendings(db, viewer)) for role, viewer in agents.items()} == {
        ("supervisor", "waste"): 1,
        ("executive", "*"): 1,
        ("administrator", "*"): 0,
    }


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as runner:
        yield runner


def test_the_command_shows_a_table_and_json(run: Commands, db: Database, sends: Sends) -> None:
    assert run("route", "suggestions")[1] == "nothing was transferred in the last 30 days\n"
    sends("the gutter", "waste", number=1)
    sends("good morning", "works", number=2)
    code, out, _ = run("route", "suggestions", "--days", "7")
    head, *lines = [line.split("  ") for line in out.splitlines()]
    assert (code, [cell.strip() for cell in head if cell]) == (0, ["count", "from", "to", "rule", "words", "last"])
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert [line[:4] for line in cells] == [
        ["1", "(tray)", "works", "(none matched)"],
        ["1", "works", "waste", "words"],
    ]
    told = json.loads(run("route", "suggestions", "--json")[1])
    assert [(one["from"], one["to"], one["rule"], one["words"], one["count"]) for one in told] == [
        (None, "works", None, [], 1),
        ("works", "waste", "words", ["gutter"], 1),
    ]
    assert SECRET not in out
    assert "days" in failed(run("route", "suggestions", "--days", "0"))
