"""The board: every number leads to a list with as many rows, and nobody's board counts what they may not see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from cases import assignment, lifecycle, replies
from cases.clock import TestClock, set_test_clock
from cases.lifecycle import Outcome, Status
from cases.models import Case, Cursor
from cases.models.event import Happened, record
from cases.sla import waking
from contactcentre.db import Database
from contactcentre.web.board import drawing, remembered
from tests.factories import make_agent, phone
from tests.web.boarded import counted, numbers, rows
from tests.web.conftest import Browser, Opened
from tests.web.test_page_budgets import MOST_BYTES, statements

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
START = datetime(2026, 3, 1, 20, tzinfo=UTC)  # a Monday, nine o'clock where the city is
#: log-in and all; five of them are the telephones, which are read once a second for everybody
MOST_STATEMENTS = 18


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Draw every board anew: the clock of these tests stands still between two looks."""
    monkeypatch.setattr(drawing, "LASTS", -1.0)
    monkeypatch.setattr(remembered, "HOURS_LAST", -1.0)
    monkeypatch.setattr(remembered, "CALLS_LAST", -1.0)
    yield
    set_test_clock(None)


def at(hours: float = 0) -> datetime:
    moment = START + timedelta(hours=hours)
    set_test_clock(TestClock(moment, speed=0.0))
    return moment


@pytest.fixture
def town(container: Container, db: Database, say: Say) -> dict[str, Opened]:
    """Cases of two departments in every state, confidential ones and a complaint among them, over five days."""
    city = container.city
    at()
    ama = db.run(lambda uow: make_agent(uow.session, "Ama", ("supervisor", "*"), ("agent", "harbour-works")))
    made = {"old": say("The gutter is choked", sender=phone(1), account="sms-works")}
    at(24 * 6)
    names = ("new", "taken", "answered", "waits", "third", "resolved", "late", "secret", "complaint", "other", "merged")
    accounts = {"other": "sms-front"}
    for number, name in enumerate(names, 2):
        account = accounts.get(name, "sms-works")
        made[name] = say(f"Something is broken, number {number}", sender=phone(number), account=account)

    def act(uow: Any) -> None:
        session, more = uow.session, {"calendars": city.calendars}
        for name in ("taken", "answered"):
            assignment.take(session, ama, city=city, reference=made[name].reference)
        for name in ("answered", "waits"):
            replies.reply(session, ama, city=city, reference=made[name].reference, text="On it", wait=name == "waits")
        for name, to, outcome in (
            ("third", Status.WAITING_ON_THIRD_PARTY, None),
            ("resolved", Status.RESOLVED, Outcome.FIXED),
        ):
            lifecycle.transition(session, ama, reference=made[name].reference, to=to, outcome=outcome, **more)
        for name, about in (("secret", []), ("complaint", ["agent:99999"])):
            case = session.scalars(select(Case).where(Case.id == made[name].id).with_for_update()).one()
            case.confidential, case.about = True, about
            record(session, case, [Happened("restricted", "agent:1", {"confidential": True})], at=at(24 * 6))

    db.run(act)
    at(24 * 6 + 0.25)
    while db.run(lambda uow: waking.wake(uow.session, calendars=city.calendars, at=at(24 * 6 + 0.25))):
        pass
    counted(container)
    return made


def _soon(container: Container, hours: float) -> None:
    """Let it be another hour, and a ticker look and count."""
    moment = at(24 * 6 + hours)
    while container.db.run(lambda uow: waking.wake(uow.session, calendars=container.city.calendars, at=moment)):
        pass
    counted(container)


def test_the_rows_behind_each_number_are_as_many(container: Container, agent: Agents, town: dict[str, Opened]) -> None:
    seen: dict[str, int] = {}
    for hours in (0.25, 1, 3.2, 14.9, 20):
        _soon(container, hours)
        supervisor = agent(("supervisor", "*"), ("supervisor", "harbour-works"), name="Yaw")
        page = supervisor.get("/board").get_data(as_text=True)
        assert numbers(page)
        for one in numbers(page):
            if not one.address.startswith("/desk?"):
                continue
            wanted = one.of or one.text
            if one.name == "Oldest" or wanted == "–":
                continue
            found = rows(supervisor, one.address)
            assert len(found) == int(wanted), (hours, one, found)
            seen[one.name] = max(seen.get(one.name, 0), int(wanted))
    for name in ("Overdue now", "Due in 1 h", "No agent", "Waiting", "Missed today", "Open", "Late", "Replied"):
        assert seen[name] > 0, f"{name} was never tried: {seen}"


def test_each_role_sees_what_it_may(container: Container, agent: Agents, town: dict[str, Opened]) -> None:
    def open_of(*roles: tuple[str, str]) -> dict[str, str]:
        page = agent(*roles).get("/board").get_data(as_text=True)
        table = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
        assert table
        lines = re.findall(r'title="([^"]+)".*?Open: </span>(?:<svg.*?</svg>)?<b>(\d+)', table.group(1), re.DOTALL)
        return dict(lines)

    works, everything = open_of(("supervisor", "harbour-works")), open_of(("executive", "*"))
    secret = 1  # the confidential one; the complaint is on nobody's board
    name = container.city.department_name("harbour-works")
    assert int(works[name]) == int(everything[name]) + secret
    assert list(works) == [name], "another department is no line of it"
    assert open_of(("executive", "harbour-works")) == {name: everything[name]}
    assert int(open_of(("auditor", "harbour-works"))[name]) == int(works[name])


@pytest.mark.parametrize(
    "role", ["agent", "counter_clerk", "field_officer", "editor", "assembly_member", "administrator"]
)
def test_others_have_no_board(agent: Agents, role: str) -> None:
    browser = agent((role, "*"))
    for address in ("/board", "/board/now", "/board/agents", "/board/calls", "/board/layouts", "/board/meanings"):
        assert browser.get(address).status_code == 403, address


def test_what_is_put_into_an_address_shows_no_more(agent: Agents, town: dict[str, Opened]) -> None:
    browser = agent(("supervisor", "harbour-works"))
    front = town["other"].reference
    assert browser.get("/board?department=nothing").status_code == 404
    assert browser.get("/board?layout=77").status_code == 404
    for address in (
        "/desk?board=open",
        "/desk?board=open&department=front-desk",
        "/desk?board=held&within=front-desk,tray",
    ):
        assert front not in browser.get(address).get_data(as_text=True), address
    assert browser.get("/desk?board=nonsense").status_code == 422
    assert browser.get("/board/calls?which=nonsense").status_code == 422
    assert browser.get("/board/agents?state=nonsense").status_code == 422


def test_a_complaint_is_not_behind_a_number_either(agent: Agents, town: dict[str, Opened]) -> None:
    browser = agent(("supervisor", "harbour-works"))
    assert town["complaint"].reference in browser.get("/desk?view=all&department=harbour-works").get_data(as_text=True)
    assert town["complaint"].reference not in browser.get("/desk?board=open&department=harbour-works").get_data(
        as_text=True
    )


def test_a_board_costs_few_statements_and_none_of_them_counts_cases(
    container: Container, db: Database, agent: Agents, town: dict[str, Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = agent(("supervisor", "*"))
    browser.get("/board")
    with statements(db) as asked:
        answer = browser.get("/board")
    assert answer.status_code == 200 and len(answer.data) < MOST_BYTES
    assert 0 < len(asked) <= MOST_STATEMENTS, f"{len(asked)}: " + "\n".join(one[:90] for one in asked)
    assert not [one for one in asked if "case_file" in one], "no case is read for a board"
    monkeypatch.setattr(drawing, "LASTS", 60.0)
    browser.get("/board/now")
    with statements(db) as asked:
        assert browser.get("/board/now").status_code == 200
    assert len(asked) <= 6, f"what was drawn is shown again: {len(asked)}: " + "\n".join(one[:90] for one in asked)


def test_two_who_may_see_the_same_share_one_drawing_and_others_do_not(
    db: Database, agent: Agents, town: dict[str, Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LASTS", 60.0)
    first, second, other = (
        agent(("supervisor", "harbour-works")),
        agent(("supervisor", "harbour-works")),
        agent(("executive", "harbour-works")),
    )
    page = first.get("/board/now").get_data(as_text=True)
    db.run(lambda uow: uow.session.execute(text("update board_sum set count = count + 100 where what = 'open'")))
    assert second.get("/board/now").get_data(as_text=True) == page
    assert other.get("/board/now").get_data(as_text=True) != page


def test_what_is_old_looks_old(container: Container, db: Database, agent: Agents, town: dict[str, Opened]) -> None:
    browser = agent(("supervisor", "*"))
    page = browser.get("/board").get_data(as_text=True)
    assert 'class="numbers"' in page and re.search(r'class="standstill" role="alert" hidden', page)
    at(24 * 6 + 0.5)  # a quarter of an hour later, and nobody has counted
    page = browser.get("/board").get_data(as_text=True)
    assert 'class="numbers frozen"' in page and "No news since 09:15:00" in page
    assert 'class="standstill" role="alert">' in page
    answer = browser.get("/board/now")
    late = datetime.fromisoformat(answer.headers["Board-At"]) - at(24 * 6 + 0.5)
    assert timedelta() <= late < timedelta(minutes=1)
    db.run(lambda uow: uow.session.execute(Cursor.__table__.delete()))
    assert "Nothing has been counted yet" in browser.get("/board").get_data(as_text=True)


def test_counters_of_today_begin_again_at_local_midnight(
    container: Container, agent: Agents, town: dict[str, Opened]
) -> None:
    def missed() -> int:
        browser = agent(("supervisor", "*"), ("supervisor", "harbour-works"))
        found = {one.name: one.text for one in numbers(browser.get("/board").get_data(as_text=True))}
        return int(found["Missed today"])

    assert container.city.organisation.timezone == "Pacific/Auckland"
    _soon(container, 14.9)  # 23:54 there, and 10:54 in Greenwich
    assert missed() > 0
    _soon(container, 15.1)
    assert missed() == 0


def test_nobody_there_stands_first(container: Container, db: Database, agent: Agents, town: dict[str, Opened]) -> None:
    browser = agent(("supervisor", "*"), name="Yaw")
    page = browser.get("/board").get_data(as_text=True)
    assert "(nobody is there)" not in page, "somebody is there: the supervisor works everywhere"
    db.run(
        lambda uow: uow.session.execute(
            text("update agent_role set department = 'front-desk' where role <> 'executive'")
        )
    )
    page = agent(("executive", "*"), name="Efua").get("/board").get_data(as_text=True)
    first = re.search(r"<tbody><tr([^>]*)><th scope=\"row\"><span title=\"([^\"]+)\"", page)
    assert first and "deserted" in first.group(1) and first.group(2) == container.city.department_name("harbour-works")
