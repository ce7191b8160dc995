"""Reviews: a sample is drawn once, nobody looks through their own cases, and what is found is added up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases import assignment, clock
from cases.errors import Invalid, NotFound
from cases.models import Review, ReviewSample
from cases.reviews import sampling
from cases.reviews.drawing import draw
from cases.reviews.terms import CHECKLIST
from contactcentre.db import Database
from tests.factories import phone
from tests.web import steered
from tests.web.conftest import Browser, Opened
from tests.web.steered import CONDUCT, FRONT, WORKS, at, form, text

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
WEEK = date(2026, 2, 23)


@pytest.fixture(autouse=True)
def _city(container: Container, db: Database, tmp_path: Path) -> Iterator[None]:
    steered.furnish(container, db, tmp_path)
    at()
    yield from steered.stopped()


@pytest.fixture
def closed(say: Say, db: Database) -> list[Opened]:
    """Eight cases that were closed in the week before, one of them confidential, one about somebody."""
    found = [say(f"Water on the quay {n}", sender=phone(n), account="sms-works") for n in range(10)]
    for number, one in enumerate(found):
        values = {"confidential": number == 8, "about": ["agent:99"] if number == 9 else []}
        closed_at = at(-24 * 3 + number)
        steered.change(db, one.id, status="closed", outcome="fixed", closed_at=closed_at, **values)
    at()
    return found


def draws(browser: Browser, week: date = WEEK) -> int:
    """Draw a sample on the page; returns how it was answered."""
    browser.get(f"/board/reviews?department={WORKS}")
    return int(form(browser, "/board/reviews/draw", week=week.isoformat()).status_code)


def reviews(browser: Browser) -> list[str]:
    return re.findall(r'href="(/board/reviews/cases/\d+)"', browser.page)


def answer(browser: Browser, address: str, finding: str = "", **verdicts: str) -> tuple[int, str]:
    browser.get(address)
    answers = {f"answer_{key}": verdicts.get(key, "yes") for key in CHECKLIST}
    sent = form(browser, address, finding=finding, **answers)
    return sent.status_code, text(browser.page)


def test_a_sample_is_drawn_once_and_its_seed_finds_it_again(agent: Agents, closed: list[Opened], db: Database) -> None:
    ama = agent(("supervisor", WORKS), name="Ama")
    assert draws(ama) == 303 and len(reviews(ama)) == 5 and "5 of 8 cases" in text(ama.page)
    with db.reader() as session:
        sample = session.scalars(select(ReviewSample)).one()
        drawn = session.scalars(select(Review.case_id).order_by(Review.position)).all()
    assert drawn == draw([one.id for one in closed[:8]], seed=sample.seed, size=5)
    with db.reader() as session:
        how = {"department": WORKS, "week": WEEK}
        found = sampling.closed_in(session, city=_of(ama), **how)  # type: ignore[arg-type]
    assert list(found) == [one.id for one in closed[:8]]
    again = db.run(lambda uow: sampling.draw_week(uow.session, ama.viewer, city=_of(ama), **how))  # type: ignore[arg-type]
    assert again == sample.id
    assert "Week from" in ama.get(f"/board/reviews?department={WORKS}").get_data(as_text=True)


def _of(browser: Browser) -> object:
    return browser.client.application.extensions["contactcentre"].city


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ((WORKS, date(2026, 3, 2)), Invalid, "not over yet"),
        ((WORKS, date(2026, 2, 24)), Invalid, "begins on a Monday"),
        ((WORKS, date(2025, 11, 24)), Invalid, "more than 13 weeks ago"),
        ((WORKS, date(2026, 2, 16)), Invalid, "No case of this department"),
        ((FRONT, WEEK), NotFound, "none that you steer"),
        (("nowhere", WEEK), NotFound, "no such department"),
    ],
)
@pytest.mark.usefixtures("closed")
def test_no_other_sample_can_be_drawn(
    agent: Agents, db: Database, asked: tuple[str, date], error: type[Exception], said: str
) -> None:
    ama, (department, week) = agent(("supervisor", WORKS), name="Ama"), asked
    with pytest.raises(error, match=said):
        db.run(
            lambda uow: sampling.draw_week(uow.session, ama.viewer, city=_of(ama), department=department, week=week)  # type: ignore[arg-type]
        )
    assert draws(ama, WEEK - timedelta(days=7)) == 422 and "No case of this department" in ama.page


def test_the_ticker_draws_last_weeks_samples_and_never_of_complaints_about_staff(
    container: Container, closed: list[Opened], db: Database
) -> None:
    steered.change(db, closed[0].id, department=CONDUCT, confidential=True)
    steered.change(db, closed[1].id, department=FRONT)

    def drawn() -> int:
        return db.run(lambda uow: sampling.draw_due(uow.session, city=container.city, at=clock.now(uow.session)))

    assert (drawn(), drawn()) == (2, 0)
    with db.reader() as session:
        found = session.execute(select(ReviewSample.department, ReviewSample.week, ReviewSample.drawn_by))
        assert sorted(tuple(one) for one in found) == [(FRONT, WEEK, "system"), (WORKS, WEEK, "system")]


def test_findings_are_kept_and_added_up(agent: Agents, closed: list[Opened]) -> None:
    ama, efua = agent(("supervisor", WORKS), name="Ama"), agent(("supervisor", WORKS), name="Efua")
    draws(ama)
    first, second, *_ = reviews(ama)
    assert answer(ama, first, tone="no") == (422, _has("Say what was not as it should be", ama))
    assert answer(ama, first, tone="perhaps")[0] == 422
    assert answer(ama, first, "Too short an answer", tone="no", in_time="none")[0] == 303
    assert answer(efua, first)[0] == 422 and "A colleague has looked through this case already." in efua.page
    assert answer(efua, second)[0] == 303
    page = text(ama.get(f"/board/reviews?department={WORKS}").get_data(as_text=True))
    assert "2 of 5" in page and "What was found in 2 cases" in page and "Too short an answer" in page
    assert f"{CHECKLIST['tone']} Yes: 1 No: 1 Does not apply: 0 Share of yes: 50.0 %" in page
    assert f"{CHECKLIST['in_time']} Yes: 1 No: 0 Does not apply: 1 Share of yes: 100.0 %" in page
    assert answer(ama, first)[0] == 303  # whoever has answered may think again
    assert "Too short an answer" not in ama.get(f"/board/reviews?department={WORKS}").get_data(as_text=True)


def _has(words: str, browser: Browser) -> str:
    page = text(browser.page)
    return page if words in page else words


def test_nobody_looks_through_a_case_that_they_worked_on(
    agent: Agents, closed: list[Opened], db: Database, container: Container
) -> None:
    ama, efua = agent(("supervisor", WORKS), ("agent", WORKS), name="Ama"), agent(("supervisor", WORKS), name="Efua")
    for one in closed[:8]:
        steered.change(db, one.id, status="open")
        how = {"city": container.city, "reference": one.reference}
        db.run(lambda uow, how=how: assignment.take(uow.session, ama.viewer, **how))
        db.run(lambda uow, how=how: assignment.assign(uow.session, ama.viewer, agent_id=None, **how))
        steered.change(db, one.id, status="closed")
    draws(efua)
    [address, *_] = reviews(efua)
    page = ama.get(address).get_data(as_text=True)
    assert "You have worked on this case yourself." in page and "<fieldset" not in page
    csrf = re.search(r'name="csrf"[^>]*value="([^"]+)"', ama.get("/account").get_data(as_text=True))
    assert csrf
    sent = {f"answer_{key}": "yes" for key in CHECKLIST}
    refused = ama.client.post(address, data={"csrf": csrf.group(1), "key": "k1", **sent})
    assert refused.status_code == 422 and "Somebody else looks through it." in refused.get_data(as_text=True)
    assert answer(efua, address)[0] == 303


def test_samples_of_others_do_not_exist(agent: Agents, closed: list[Opened]) -> None:
    ama = agent(("supervisor", WORKS), name="Ama")
    draws(ama)
    addresses = [*reviews(ama), *re.findall(r'href="(/board/reviews\?department=[\w-]+)"', ama.page)]
    other = agent(("supervisor", FRONT), name="Yaw")
    assert {other.get(one).status_code for one in addresses} == {404}
    assert len(reviews(ama)) == 5
