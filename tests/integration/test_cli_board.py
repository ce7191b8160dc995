"""``board recount``: what it prints, that a wrong number is a failure, and that it is mended where asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from config.settings import Settings
from contactcentre import examinations
from contactcentre.board import count_board
from tests.factories import phone, say
from tests.integration.commands import Commands, commands, environment, failed

if TYPE_CHECKING:
    from contactcentre.container import Container


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


@pytest.fixture
def board(container: Container) -> Container:
    for number in range(1, 4):
        container.db.run(
            lambda uow, number=number: say(uow.session, container.city, "A lamp is out", sender=phone(number))
        )
    assert count_board(container) > 0
    return container


def spoil(container: Container) -> None:
    container.db.run(lambda uow: uow.session.execute(text("update board_sum set count = 9 where what = 'open'")))


def test_a_board_that_is_right_is_told_so(board: Container, run: Commands) -> None:
    code, out, _ = run("board", "recount")
    assert code == 0 and out.strip().endswith("3 cases; 0 differences")
    assert json.loads(run("board", "recount", "--json")[1]) == {"cases": 3, "differences": 0, "first": []}


def test_a_wrong_number_fails_and_is_mended_where_asked(board: Container, run: Commands) -> None:
    spoil(board)
    outcome = run("board", "recount")
    assert "not those of its cases" in failed(outcome) and "open front-desk" in outcome[1]
    assert "1 differences, mended" in run("board", "recount", "--mend")[1]
    assert run("board", "recount")[0] == 0


def test_a_board_that_was_never_counted_is_counted_by_mending(container: Container, run: Commands) -> None:
    container.db.run(lambda uow: say(uow.session, container.city, "A lamp is out"))
    assert run("board", "recount")[0] == 0, "nothing was begun, so nothing differs"
    assert "1 cases" in run("board", "recount", "--mend")[1]
    with container.db.reader() as session:
        assert session.execute(text("select count from board_sum where what = 'open'")).scalar_one() == 1
    container.db.run(lambda uow: say(uow.session, container.city, "Another lamp is out", sender=phone(2)))
    assert count_board(container) < 10, "only what happened since"
    assert run("board", "recount")[0] == 0


def test_the_clinic_finds_it_too(board: Container, run: Commands) -> None:
    assert run("clinic", "--json")[0] == 0
    spoil(board)
    code, out, _ = run("clinic", "--json")
    assert code == 1
    assert [(one["of"], one["what"], one["stored"], one["derived"]) for one in json.loads(out)["drifts"]] == [
        ("board", "open front-desk", "9", "3")
    ]


def test_so_does_the_daily_examination(board: Container) -> None:
    from cases import clock
    from cases.sla import examining

    spoil(board)
    board.db.run(lambda uow: examining.begin(uow.session, asked_by="agent:1", at=clock.now(uow.session)))
    while not examinations.finish(board):
        examinations.examine(board)
    with board.db.reader() as session:
        found = examining.last(session)
    assert found is not None
    assert [(one.of, one.stored, one.derived) for one in found.drifts] == [("board", "9", "3")]
