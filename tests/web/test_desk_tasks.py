"""The desk's forms for tasks and logged contacts: each does what it says once, and comes back as it was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from cases.models import Case, Event, Task, Timer
from contactcentre.db import Database
from tests.web.conftest import Browser, Opened

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
TASK = {"title": "Ring the owner of the kiosk", "kind": "call_back", "department": "front-desk", "agent": ""}
PROMISE = {"amount": "2", "unit": "elapsed", "calendar": "", "due": ""}


def tasks_of(db: Database) -> list[Task]:
    with db.reader() as session:
        return list(session.scalars(select(Task).order_by(Task.id)))


def text_of(page: str) -> str:
    """Return a page's words, without its markup."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def opened(say: Say) -> Opened:
    return say("The kiosk leans over the road")


@pytest.fixture
def ama(agent: Agents, opened: Opened) -> Browser:
    """An agent who has the case open."""
    browser = agent(name="Ama")
    browser.get(opened.address)
    return browser


def opens(browser: Browser, opened: Opened, **values: str) -> None:
    answer = browser.send("/tasks", **{**TASK, **PROMISE, **values})
    assert (answer.status_code, answer.location) == (303, f"{opened.address}#facts")
    browser.get(opened.address)


def test_a_task_is_opened_once_and_shown_with_its_clock(ama: Browser, opened: Opened, db: Database) -> None:
    before = ama.page
    opens(ama, opened)
    ama.page = before
    assert ama.send("/tasks", **TASK, **PROMISE).status_code == 303
    (task,) = tasks_of(db)
    assert (task.title, task.kind, task.department, task.assignee_id) == (
        TASK["title"],
        "call_back",
        "front-desk",
        None,
    )
    page = ama.get(opened.address).get_data(as_text=True)
    said = text_of(page)
    assert re.search("Task: Ring the owner of the kiosk (2 h 00|1 h 59) min left", said)
    assert "0 of 1 ended" in said and "Call back, Front desk, nobody yet, due" in said
    assert "Ama opened the task “Ring the owner of the kiosk”, due" in said
    assert "A task is still open; resolving cancels it." in said
    assert re.search(r'class="qrow[^"]*"[^>]*aria-current', page)


def test_take_give_done_and_cancel(ama: Browser, opened: Opened, agent: Agents, db: Database) -> None:
    kofi = agent(("field_officer", "front-desk"), name="Kofi").viewer
    assert ama.viewer is not None and kofi is not None
    opens(ama, opened)
    opens(ama, opened, title="Measure the road", amount="")
    first, second = (task.id for task in tasks_of(db))
    assert ama.send(f"/tasks/{first}/take").status_code == 303
    ama.get(opened.address)
    assert f'/tasks/{first}/take"' not in ama.page
    assert ama.send(f"/tasks/{second}/assignment", agent=str(kofi.id)).status_code == 303
    assert [task.assignee_id for task in tasks_of(db)] == [ama.viewer.id, kofi.id]
    ama.get(opened.address)
    assert ama.send(f"/tasks/{first}/done", result="He moves it on Friday").status_code == 303
    ama.get(opened.address)
    assert ama.send(f"/tasks/{second}/cancel", reason="The road is wide enough").status_code == 303
    assert [(task.state, task.result) for task in tasks_of(db)] == [
        ("done", "He moves it on Friday"),
        ("cancelled", "The road is wide enough"),
    ]
    said = text_of(ama.get(opened.address).get_data(as_text=True))
    assert "2 of 2 ended" in said
    assert "Ama took the task “Ring the owner of the kiosk”." in said
    assert "Ama gave the task “Measure the road” to Kofi." in said
    assert "Ama finished the task “Ring the owner of the kiosk”: He moves it on Friday" in said
    assert "Ama cancelled the task “Measure the road”." in said
    assert "Task given." in said and "Task: Ring the owner of the kiosk Met" in said
    assert "still open" not in said


@pytest.mark.parametrize(
    ("values", "words", "field"),
    [
        ({"title": "  "}, "Say in a few words what is to be done", "title"),
        ({"amount": "two"}, "Amount must be a whole number.", "amount"),
        ({"amount": "0"}, "Promise between 1 and 8760 elapsed.", "amount"),
        ({"due": "2090-01-02T10:00"}, "an instant or a promise, not both", "due"),
        ({"amount": "", "due": "2001-01-02T10:00"}, "has passed already", "due"),
        ({"amount": "", "due": "soon"}, "Give a date and a time", "due"),
        ({"agent": "999"}, "may not work on this case", "agent"),
        ({"calendar": "moon"}, "Choose the calendar", "calendar"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_task_form_comes_back_as_it_was_typed(
    ama: Browser, db: Database, values: dict[str, str], words: str, field: str
) -> None:
    given = {**TASK, **PROMISE, "kind": "field_job", "unit": "elapsed", **values}
    assert ama.send("/tasks", **given).status_code == 422
    assert tasks_of(db) == []
    assert words in text_of(ama.page)
    assert 'class="pane facts shown"' in ama.page
    assert re.search(rf'class="[^"]*\bwrong\b[^"]*"[^>]*name="{field}"', ama.page)
    for name in ("title", "amount", "due"):
        assert re.search(rf'name="{name}"[^>]*value="{re.escape(given[name])}"', ama.page), name
    assert '<option value="field_job" selected>' in ama.page and '<option value="elapsed" selected>' in ama.page
    # The same form, mended, is done with the key that it has.
    assert ama.send("/tasks", **TASK, **PROMISE).status_code == 303


def test_done_without_a_word_comes_back_open(ama: Browser, opened: Opened, db: Database) -> None:
    opens(ama, opened)
    (task,) = tasks_of(db)
    assert ama.send(f"/tasks/{task.id}/done", result=" ").status_code == 422
    assert "Say what came of it" in text_of(ama.page)
    assert ama.send(f"/tasks/{task.id}/cancel", reason="").status_code == 422
    assert "Say why it is not done" in text_of(ama.page)
    assert ama.send(f"/tasks/{task.id}/assignment", agent="999").status_code == 422
    assert tasks_of(db)[0].state == "open"
    ama.get(opened.address)
    page = ama.page
    assert ama.send(f"/tasks/{task.id}/done", result="Rung").status_code == 303
    ama.page = page
    assert ama.send(f"/tasks/{task.id}/take").status_code == 422
    assert "This task is done already." in text_of(ama.page)


def test_resolving_cancels_and_says_so(ama: Browser, opened: Opened, db: Database) -> None:
    opens(ama, opened)
    assert ama.send("/status", status="resolved", outcome="fixed").status_code == 303
    said = text_of(ama.get(opened.address).get_data(as_text=True))
    assert "was cancelled, since the case was resolved" in said
    assert "Open a task" not in said
    assert tasks_of(db)[0].result == "resolved"


def test_who_may_only_note_works_on_tasks_and_opens_none(
    ama: Browser, opened: Opened, agent: Agents, db: Database
) -> None:
    opens(ama, opened)
    kofi, clerk = agent(("field_officer", "front-desk"), name="Kofi"), agent(("auditor", "*"), name="Yaa")
    said = text_of(kofi.get(opened.address).get_data(as_text=True))
    assert "Ring the owner" in said and "Open a task" not in said and "Promises" not in said
    assert kofi.send("/tasks/1/take").status_code == 303
    kofi.get(opened.address)
    assert "/tasks/1/cancel" not in kofi.page
    assert kofi.send("/tasks/1/done", result="Rung").status_code == 303
    clerk.get(opened.address)
    assert "/tasks/1" not in clerk.page and "Ring the owner" in clerk.page
    token = re.search(r'name="csrf" value="([^"]+)"', clerk.page) or re.search(r'data-csrf="([^"]+)"', clerk.page)
    assert token
    forms: dict[str, dict[str, Any]] = {"/tasks": dict(TASK), "/contacts": {}, "/deadline": {}, "/priority": {}}
    for path, values in forms.items():
        answer = clerk.client.post(f"{opened.address}{path}", data={**values, "csrf": token.group(1), "key": "k"})
        assert answer.status_code == 403, path


def test_another_department_and_a_confidential_case_show_nothing(
    ama: Browser, opened: Opened, agent: Agents, db: Database
) -> None:
    opens(ama, opened)
    works = agent(("agent", "harbour-works"), name="Esi")
    assert works.get(opened.address).status_code == 404
    works.get("/desk")
    token = re.search(r'data-csrf="([^"]+)"', works.page)
    assert token
    for path in ("/tasks/1/take", "/tasks/1/done", "/contacts"):
        data = {"csrf": token.group(1), "key": path, "result": "x", "kind": "call", "direction": "out", "reached": "no"}
        assert works.client.post(f"{opened.address}{path}", data=data).status_code == 404


# Logged contacts.

CALL = {"kind": "call", "direction": "out", "reached": "yes", "text": "He knows, and asks for a week."}


def test_a_call_that_reached_them_is_the_first_reply(ama: Browser, opened: Opened, db: Database) -> None:
    answer = ama.send("/contacts", **CALL)
    assert (answer.status_code, answer.location) == (303, f"{opened.address}?done=contact#latest")
    page = ama.get(opened.address).get_data(as_text=True)
    said = text_of(page)
    assert "You called the citizen" in said and "He knows, and asks for a week." in said
    assert "First reply given by a call." in said and "First reply Met" in said
    with db.reader() as session:
        assert session.scalars(select(Timer.state).where(Timer.kind == "first_response")).one() == "met"
        assert session.get_one(Case, opened.id).status == "open"


def test_an_attempt_leaves_the_promise_alone(ama: Browser, opened: Opened, db: Database) -> None:
    assert ama.send("/contacts", **{**CALL, "kind": "visit", "reached": "no", "text": ""}).status_code == 303
    said = text_of(ama.get(opened.address).get_data(as_text=True))
    assert "You came, and met nobody" in said and "First reply given" not in said
    with db.reader() as session:
        assert session.scalars(select(Timer.met_at)).all() == [None]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reached": ""}, "Say whether somebody spoke with the citizen."),
        ({"text": " "}, "Write in a few words what was said."),
        ({"kind": "wave"}, "Choose a call or a visit."),
        ({"direction": "up"}, "Choose who sought whom."),
    ],
    ids=str,
)
def test_a_contact_form_comes_back_as_it_was_typed(
    ama: Browser, db: Database, values: dict[str, str], words: str
) -> None:
    given = {**CALL, "kind": "visit", "direction": "in", **values}
    assert ama.send("/contacts", **given).status_code == 422
    assert words in text_of(ama.page)
    assert re.search(r'id="contact-form" data-of="contact" data-draft', ama.page)
    assert re.search(r'id="reply-form" data-of="reply" hidden', ama.page)
    assert f">\n{given['text'].strip() and given['text']}" in ama.page
    if "direction" not in values:
        assert '<option value="in" selected>' in ama.page
    with db.reader() as session:
        assert session.scalars(select(Event).where(Event.kind == "contact_logged")).all() == []


def test_the_third_tab_works_without_scripts(ama: Browser, opened: Opened) -> None:
    page = ama.get(f"{opened.address}?compose=contact").get_data(as_text=True)
    assert re.search(r'data-compose="contact" class="on" aria-current=true', page)
    assert re.search(r'id="note-form" data-of="note" hidden', page)
    assert 'id="contact-form" data-of="contact" data-draft' in page
