"""The rota: who works when, who stands in, when nobody is there; hours are changed on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases import staff
from cases.models import Shift
from contactcentre.db import Database
from tests.factories import make_agent
from tests.web import steered
from tests.web.conftest import Browser
from tests.web.steered import FRONT, WORKS, at, form, text

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
HOURS = {f"day{day}": "" for day in range(7)}


@pytest.fixture(autouse=True)
def _city(container: Container, db: Database, tmp_path: Path) -> Iterator[None]:
    steered.furnish(container, db, tmp_path)
    at()
    yield from steered.stopped()


def row(browser: Browser, who: str) -> list[str]:
    """Return the seven cells of somebody's row."""
    found = re.search(rf"<tr><th scope=\"row\">(?:<a[^>]*>)?{who}.*?</tr>", browser.page, re.DOTALL)
    assert found, browser.page
    return [
        " ".join(re.sub(r"<[^>]+>", " ", one).split())
        for one in re.findall(r"<td[^>]*>.*?</td>", found.group(), re.DOTALL)
    ]


def test_a_week_with_its_leave_stand_ins_and_gaps(agent: Agents, db: Database) -> None:
    ama = agent(("supervisor", WORKS), name="Ama")
    kofi = db.run(lambda uow: make_agent(uow.session, "Kofi", ("agent", WORKS)))
    esi = db.run(lambda uow: make_agent(uow.session, "Esi", ("field_officer", WORKS)))
    shifts = [(0, 8 * 60, 12 * 60), (0, 13 * 60, 24 * 60), (1, 0, 24 * 60)]

    def plan(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        staff.set_hours(session, ama.viewer, agent_id=kofi.id or 0, shifts=shifts)
        leave = {"since": at(15), "until": at(24 + 15), "stand_in_id": esi.id}
        staff.add_leave(session, ama.viewer, agent_id=kofi.id or 0, **leave)
        at()

    db.run(plan)
    page = text(ama.get("/board/rota").get_data(as_text=True))
    assert row(ama, "Kofi") == [
        "08:00 to 12:00 13:00 to 24:00", "On leave Esi stands in", *["–"] * 5,
    ]  # fmt: skip
    assert row(ama, "Esi")[0] == "00:00 to 24:00" and "Esi hours of the department, given no cases" in page
    assert row(ama, "Open, and nobody there")[:2] == ["00:00 to 08:00 12:00 to 13:00", "00:00 to 24:00"]
    assert "On 7 days the department is open for some time without anybody" in page
    ama.get("/board/rota?week=2026-03-10")
    assert row(ama, "Kofi")[1] == "00:00 to 24:00" and "Week from 9 Mar 2026" in text(ama.page)


def test_hours_are_changed_and_faulty_ones_come_back(agent: Agents, db: Database) -> None:
    ama = agent(("supervisor", WORKS), name="Ama")
    kofi = db.run(lambda uow: make_agent(uow.session, "Kofi", ("agent", WORKS)))
    ama.get("/board/rota?week=2026-03-09")
    hours = f"/board/rota/{kofi.id}/hours"
    assert form(ama, hours, **{**HOURS, "day2": "half past nine"}).status_code == 422
    assert "Write hours as 08:00-17:00" in ama.page and 'value="half past nine"' in ama.page
    assert form(ama, hours, **{**HOURS, "day2": "09:00-15:00"}).status_code == 303
    assert row(ama, "Kofi")[2] == "09:00 to 15:00" and "Week from 9 Mar 2026" in text(ama.page)
    with db.reader() as session:
        found = session.execute(select(Shift.agent_id, Shift.weekday, Shift.opens, Shift.closes)).all()
    assert [tuple(one) for one in found] == [(kofi.id, 2, 540, 900)]


def test_nobody_plans_for_others(agent: Agents, db: Database) -> None:
    ama, yaw = agent(("supervisor", WORKS), name="Ama"), agent(("supervisor", FRONT), name="Yaw")
    assert yaw.get(f"/board/rota?department={WORKS}").status_code == 404
    assert yaw.get("/board/rota?week=never").status_code == 422
    yaw.get("/account")
    csrf = re.search(r'name="csrf"[^>]*value="([^"]+)"', yaw.page)
    assert csrf and ama.viewer
    data = {"csrf": csrf.group(1), "key": "k", **HOURS, "day0": "08:00-09:00"}
    assert yaw.client.post(f"/board/rota/{ama.viewer.id}/hours", data=data).status_code == 404
    with db.reader() as session:
        assert not session.scalars(select(Shift)).all()


def test_the_first_department_with_people_is_shown(agent: Agents, db: Database) -> None:
    lead = agent(("supervisor", "*"), name="Ama")
    assert "Rota of Complaints about staff" in text(lead.get("/board/rota").get_data(as_text=True))
    db.run(lambda uow: make_agent(uow.session, "Kofi", ("agent", WORKS)))
    assert "Rota of Harbour works" in text(lead.get("/board/rota").get_data(as_text=True))
    assert "Rota of Front desk" in text(lead.get(f"/board/rota?department={FRONT}").get_data(as_text=True))
