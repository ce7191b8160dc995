"""Several cases at once: tried, done one by one, told, and taken back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cases import assignment, bulk, priorities
from cases.bulk import Picked
from cases.errors import DomainError
from cases.models import BulkItem, BulkRun, Case
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def cases(db: Database) -> dict[str, Case]:
    with db.reader() as session:
        return {one.reference: one for one in session.scalars(select(Case))}


def picked(db: Database) -> str:
    return "&".join(f"case={one.reference}.{one.version}" for one in cases(db).values())


def form(browser: Browser, address: str, button: str) -> tuple[int, str]:
    """Press the button of a form as it stands, with all its hidden fields, repeated ones too."""
    found = re.search(rf'<form[^>]*method="post"[^>]*action="({address})"[^>]*>(.*?)</form>', browser.page, re.DOTALL)
    assert found and button in found.group(2), browser.page
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', found.group(2))
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    answer = browser.client.post(found.group(1), data=data)
    if answer.status_code == 303:
        browser.get(answer.location)
    return answer.status_code, answer.location or ""


@pytest.fixture
def three(say: Say) -> list[Opened]:
    return [say(f"Words {number}", sender=phone(number)) for number in (1, 2, 3)]


def test_a_preview_says_what_would_be_refused_and_changes_nothing(
    agent: Agents, three: list[Opened], db: Database
) -> None:
    browser = agent(name="Ama")
    query = picked(db)
    db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == three[0].id).values(version=99)))
    db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == three[1].id).values(status="closed")))
    before = {one.reference: (one.version, one.assignee_id) for one in cases(db).values()}
    browser.get(f"/desk/bulk?action=take&{query}")
    assert "<b>1</b> of 3 would be done; 2 would be refused" in browser.page
    assert "Somebody changed this case while you had it open" in browser.page and "This case has ended" in browser.page
    assert {one.reference: (one.version, one.assignee_id) for one in cases(db).values()} == before


def test_a_run_does_what_it_can_and_is_taken_back_but_for_what_changed_since(
    agent: Agents, three: list[Opened], db: Database, container: Container
) -> None:
    browser, kojo = agent(name="Ama"), agent(name="Kojo")
    browser.get(f"/desk/bulk?action=priority&set_priority=urgent&try=yes&{picked(db)}")
    priority = {"city": container.city, "reference": three[0].reference, "priority": "high"}
    db.run(lambda uow: priorities.set_priority(uow.session, kojo.viewer, **priority))  # type: ignore[arg-type]
    status, _ = form(browser, "/desk/bulk", "Change the priority: 3 cases")
    assert status == 303
    assert "<b>2</b> done, <b>1</b> refused" in browser.page and "Somebody changed this case" in browser.page
    assert sorted(one.priority for one in cases(db).values()) == ["high", "urgent", "urgent"]
    priority = {"city": container.city, "reference": three[1].reference, "priority": "low"}
    db.run(lambda uow: priorities.set_priority(uow.session, kojo.viewer, **priority))  # type: ignore[arg-type]
    form(browser, r"/desk/bulk/\d+/undo", "Undo")
    assert "<b>1</b> done, <b>1</b> refused" in browser.page and "Somebody has changed this since" in browser.page
    assert sorted(one.priority for one in cases(db).values()) == ["high", "low", "normal"]
    assert "Undo</button>" not in browser.page


def test_an_assignment_is_taken_back_to_whoever_had_it(agent: Agents, three: list[Opened], db: Database) -> None:
    browser, kojo = agent(name="Ama"), agent(name="Kojo")
    assert browser.viewer is not None and kojo.viewer is not None
    browser.get(f"/desk/bulk?action=assign&set_agent={kojo.viewer.id}&try=yes&{picked(db)}")
    form(browser, "/desk/bulk", "Assign: 3 cases")
    assert {one.assignee_id for one in cases(db).values()} == {kojo.viewer.id}
    form(browser, r"/desk/bulk/\d+/undo", "Undo")
    assert {one.assignee_id for one in cases(db).values()} == {None}


def test_a_run_that_is_sent_twice_is_one(agent: Agents, three: list[Opened], db: Database) -> None:
    browser = agent()
    browser.get(f"/desk/bulk?action=note&set_text=Ask+the+crew&try=yes&{picked(db)}")
    page = browser.page
    first = form(browser, "/desk/bulk", "Write a note: 3 cases")
    browser.page = page
    assert form(browser, "/desk/bulk", "Write a note: 3 cases") == first
    with db.reader() as session:
        assert [one.state for one in session.scalars(select(BulkItem))] == ["done"] * 3
        assert session.scalars(select(BulkRun.chosen)).all() == [{}], "the words are kept in the histories alone"


def test_a_long_run_goes_on_piece_by_piece(
    agent: Agents, three: list[Opened], db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contactcentre.web.desk import bulk as pages

    monkeypatch.setattr(pages, "AT_ONCE", 2)
    browser = agent()
    browser.get(f"/desk/bulk?action=resolve&set_outcome=fixed&try=yes&{picked(db)}")
    form(browser, "/desk/bulk", "Resolve: 3 cases")
    assert "<b>2</b> done, <b>0</b> refused, 1 still to do" in browser.page and 'value="2"' in browser.page
    form(browser, r"/desk/bulk/\d+/on", "Go on")
    assert "<b>3</b> done" in browser.page and "<progress" not in browser.page
    assert {(one.status, one.outcome) for one in cases(db).values()} == {("resolved", "fixed")}


def test_nobody_acts_on_what_they_may_not_see_or_on_the_run_of_another(
    agent: Agents, three: list[Opened], db: Database
) -> None:
    stranger, browser = agent(("agent", "elsewhere")), agent()
    db.run(lambda uow: uow.session.execute(update(Case).values(department="works")))
    stranger.get(f"/desk/bulk?action=take&{picked(db)}")
    assert "<b>0</b> of 3 would be done" in stranger.page and "Words 1" not in stranger.page
    browser.get(f"/desk/bulk?action=take&{picked(db)}")
    _, run = form(browser, "/desk/bulk", "Take: 3 cases")
    assert stranger.get(run).status_code == 404
    assert stranger.get("/desk/bulk?case=12.x").status_code == 422
    overseer = agent(("executive", "*"))
    overseer.get(f"/desk/bulk?action=take&{picked(db)}")
    assert "This is not among what you may do" in overseer.page


def test_two_who_take_a_case_at_once_are_one_and_the_other_is_told(
    agent: Agents, say: Say, db: Database, container: Container
) -> None:
    """Both have seen that nobody has it: the second waits for the row, and finds its version changed."""
    opened = say("Who takes this?")
    people = [agent(name=name) for name in ("Ama", "Kojo")]
    version, gate, told = cases(db)[opened.reference].version, threading.Barrier(2), list[str]()

    def take(browser: Browser) -> None:
        def work(uow: object) -> None:
            how = {"city": container.city, "reference": opened.reference, "version": version}
            assignment.take(uow.session, browser.viewer, **how)  # type: ignore[attr-defined, arg-type]

        gate.wait()
        try:
            db.run(work)  # type: ignore[arg-type]
            told.append("taken")
        except DomainError as error:
            told.append(str(error))

    threads = [threading.Thread(target=take, args=(one,)) for one in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    winner = next(one for one in people if one.viewer and one.viewer.id == cases(db)[opened.reference].assignee_id)
    assert winner.viewer is not None
    assert sorted(told) == sorted(["taken", f"{winner.viewer.name} was quicker and has this case now."])


def test_too_many_rows_are_refused(agent: Agents, three: list[Opened], db: Database) -> None:
    one = f"{three[0].reference}.1"
    answer = agent().get("/desk/bulk?" + "&".join(f"case={one}" for _ in range(bulk.MOST + 1)))
    assert answer.status_code == 422 and "At most 200" in answer.get_data(as_text=True)
    assert Picked(three[0].reference, 1).version == 1


@pytest.mark.parametrize(
    ("way", "leads"),
    [
        ("board", ("/board", "Back to the board")),
        ("forecast.harbour-works", ("/board/forecast?department=harbour-works", "Back to the forecast")),
        ("parked", ("/board/parked", "Back to the parked cases")),
        ("//elsewhere.example", ("/desk", "Back to the queue")),
    ],
)
def test_the_way_back_leads_to_where_it_was_begun(
    agent: Agents, three: list[Opened], db: Database, way: str, leads: tuple[str, str]
) -> None:
    browser = agent(("supervisor", "*"))

    def back() -> tuple[str, str]:
        found = re.search(r'id="back" href="([^"]+)">(?:<svg.*?</svg>)?([^<]+)', browser.page)
        assert found
        return found.group(1), found.group(2)

    browser.get(f"/desk/bulk?action=priority&set_priority=high&try=yes&way={way}&{picked(db)}")
    assert back() == leads
    form(browser, "/desk/bulk", "Change the priority: 3 cases")
    assert back() == leads
    form(browser, r"/desk/bulk/\d+/undo[^\"]*", "Undo")
    assert "Undone" in browser.page and back() == leads
    clerk = agent(name="Kojo")
    clerk.get(f"/desk/bulk?action=take&way={way}&{picked(db)}")
    assert 'id="back" href="/desk"' in clerk.page, "who has no board is not sent to one"


def test_a_queue_that_a_number_of_the_board_opened_knows_the_way_back(agent: Agents, three: list[Opened]) -> None:
    browser = agent(("supervisor", "*"))
    assert 'name="way"' not in browser.get("/desk").get_data(as_text=True)
    assert 'name="way" value="board"' in browser.get("/desk?board=open").get_data(as_text=True)
    narrowed = browser.get("/desk?board=open&department=harbour-works").get_data(as_text=True)
    assert 'name="way" value="board.harbour-works"' in narrowed


def test_the_bar_offers_what_only_supervisors_do_to_them_alone(agent: Agents, three: list[Opened]) -> None:
    for role, offered in (("agent", False), ("supervisor", True)):
        page = agent((role, "*"), name=role.title()).get("/desk").get_data(as_text=True)
        for act in ("pull_back", "deadline"):
            assert (f'<option value="{act}">' in page) is offered, role
