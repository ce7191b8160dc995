"""``clinic``: what it prints, and that a drift is a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from config.settings import Settings
from tests.factories import say
from tests.integration.commands import Commands, commands, environment, failed

if TYPE_CHECKING:
    from contactcentre.container import Container


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    """Runs commands on the test installation."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


def test_it_counts_what_it_compared(container: Container, run: Commands) -> None:
    container.db.run(lambda uow: say(uow.session, container.city, "The gutter is choked"))
    code, out, _ = run("clinic", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["cases"], found["drifts"]) == (1, [])
    assert found["timers"] >= 1
    assert run("clinic")[1].endswith("0 drifts\n")


def test_a_drift_is_shown_and_fails(container: Container, run: Commands) -> None:
    container.db.run(lambda uow: say(uow.session, container.city, "The gutter is choked"))
    container.db.run(lambda uow: uow.session.execute(text("update timer set due_at = due_at + interval '1 hour'")))
    outcome = run("clinic")
    assert "do not follow from the history" in failed(outcome)
    assert "deadline" in outcome[1]


def test_cases_whose_promises_have_ended_are_looked_at_where_asked(container: Container, run: Commands) -> None:
    container.db.run(lambda uow: say(uow.session, container.city, "The gutter is choked"))
    container.db.run(lambda uow: uow.session.execute(text("update timer set state = 'ended'")))
    assert run("clinic", "--json")[0] == 0
    assert run("clinic", "--ended", "--json")[0] == 1
