"""The page that asks for a reason, what it opens, and everywhere else where a confidential case must not show."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from cases.figures import storing
from cases.figures.states import filed
from cases.models import Case, Glass
from contactcentre.container import Container
from contactcentre.db import Database, UnitOfWork
from tests.web.api_caller import Callers, callers, change
from tests.web.conftest import Browser, Opened

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
WORDS = "Ask me nothing of my husband"


@pytest.fixture
def caller(app: Flask, db: Database) -> Callers:
    return callers(app, db)


@pytest.fixture
def secret(say: Say, db: Database) -> Opened:
    opened = say(WORDS)
    change(db, opened, confidential=True)
    return opened


def reason(**changes: str) -> dict[str, str]:
    return {"why": "asked", "words": "She is at the counter", **changes}


def test_a_reason_is_asked_before_anything_is_shown(agent: Agents, secret: Opened, db: Database) -> None:
    ama = agent(("agent", "*"), name="Ama")
    answer = ama.get(secret.address)
    assert answer.status_code == 403
    assert "This case is confidential" in ama.page and WORDS not in ama.page
    assert ama.send("/glass", **reason(why="", words="Mine")).status_code == 422
    assert "Choose why you have to look." in ama.page and 'value="Mine"' in ama.page
    with db.reader() as session:
        assert session.scalars(select(Glass)).all() == []
    assert ama.send("/glass", **reason()).location == secret.address
    assert ama.get(secret.address).status_code == 200
    assert WORDS in ama.page and "You gave a reason to read it" in ama.page
    assert "Ama, of another unit, opened this confidential case" in ama.page
    assert "/replies" not in ama.page and '/notes"' in ama.page


def test_it_stays_out_of_the_queue_and_of_search(agent: Agents, secret: Opened) -> None:
    ama = agent(("agent", "*"))
    ama.get(secret.address)
    ama.send("/glass", **reason())
    for address in ("/desk", "/desk?view=all", "/desk?q=husband", f"/desk?q={secret.reference}", "/desk/changes"):
        answer = ama.get(address)
        shown = answer.get_data(as_text=True).replace("-", "")
        said_again = re.sub(r'value="[^"]*"', "", shown).replace(f"q={secret.reference}", "")
        assert secret.reference not in said_again.replace(f"“{secret.reference}”", ""), address


@pytest.mark.parametrize(
    "roles",
    [(("administrator", "*"),), (("editor", "*"),), (("agent", "harbour-works"),), (("prcc_member", "*"),)],
    ids=str,
)
def test_for_others_there_is_no_such_case(agent: Agents, secret: Opened, roles: tuple[tuple[str, str], ...]) -> None:
    one = agent(*roles)
    nothing = one.get("/desk/cases/0000-0000")
    answer = one.get(secret.address)
    assert answer.status_code == nothing.status_code and answer.status_code in (403, 404)
    assert answer.get_data(as_text=True).replace(secret.reference, "") == nothing.get_data(as_text=True).replace(
        "00000000", ""
    ) or answer.status_code == 403  # fmt: skip
    assert "confidential" not in one.page


def test_their_own_people_need_no_reason(agent: Agents, secret: Opened, db: Database) -> None:
    with db.reader() as session:
        department = session.get_one(Case, secret.id).department
    own = agent(("agent", department or ""))
    assert own.get(secret.address).status_code == 200
    assert "You gave a reason" not in own.page


def test_the_api_knows_of_no_reason(caller: Callers, secret: Opened) -> None:
    machine = caller()
    assert machine.get(f"/cases/{secret.reference}").status_code == 404
    assert machine.get("/cases").get_json()["items"] == []


def test_figures_leave_it_out(agent: Agents, secret: Opened, db: Database, container: Container) -> None:
    def count(uow: UnitOfWork) -> None:
        today = uow.session.execute(text("select current_date")).scalar_one().toordinal()
        one = filed("opened", "", today, ("front-desk", "", "sms", ""))
        storing.add_sums(uow.session, {(one, True): 77})

    db.run(count)
    everywhere, own = agent(("supervisor", "*")), agent(("supervisor", "front-desk"))
    assert "77" not in _numbers(everywhere.get("/desk/figures").get_data(as_text=True))
    assert "77" in _numbers(own.get("/desk/figures").get_data(as_text=True))


def _numbers(page: str) -> set[str]:
    return set(re.findall(r">\s*(\d+)\s*<", page))
