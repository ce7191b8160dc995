"""The command that shows figures: the same numbers as the page, for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cases.figures.definitions import DEFINITIONS
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.figures import count_figures
from tests.factories import phone, say
from tests.integration.commands import Commands, commands, environment, failed


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


@pytest.fixture
def counted(container: Container) -> Container:
    """Two cases, counted as the ticker does."""
    for number in (1, 2):
        container.db.run(lambda uow, number=number: say(uow.session, container.city, "hello", sender=phone(number)))  # type: ignore[misc]
    assert count_figures(container) > 0
    return container


def test_figures_are_told_to_people_and_to_scripts(counted: Container, run: Commands) -> None:
    code, out, _ = run("figures")
    assert code == 0
    assert "Opened" in out and "All departments" in out
    code, out, _ = run("figures", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["opened"], found["resolved"], found["reopen_rate"], found["department"]) == (2, 0, None, None)
    assert set(found["definitions"]) == set(DEFINITIONS)


def test_one_department_and_a_period(counted: Container, run: Commands) -> None:
    key = next(iter(counted.city.departments))
    code, out, _ = run("figures", "--department", key, "--from", "2020-01-01", "--to", "2020-01-31", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["since"], found["until"], found["department"], found["opened"]) == (
        "2020-01-01",
        "2020-01-31",
        key,
        0,
    )


@pytest.mark.usefixtures("container")
def test_what_cannot_be_shown_is_one_clear_line(run: Commands) -> None:
    assert "no such department" in failed(run("figures", "--department", "nowhere"))
    assert "The first day must not lie after the last" in failed(
        run("figures", "--from", "2026-02-01", "--to", "2026-01-01")
    )
    assert "'soon'" in failed(run("figures", "--from", "soon"))
