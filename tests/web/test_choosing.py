"""Replies, macros and articles on their pages, all without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from cases.canned import Canned
from cases.clock import now as now_of
from cases.macro_steps import Act, Macro, Step
from cases.texts import Text
from contactcentre.db import Database
from tests.web.conftest import Browser, Opened
from tests.web.test_composer import written_in
from tests.web.test_desk import case_of, outgoing

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
REPLIES = (
    Canned("where", "Where is it?", (), {"en": Text("Where is it? {agent}, about {reference}")}),
    Canned("moon", "Not ours", ("elsewhere",), {"en": Text("x")}),
)
MACROS = (
    Macro("ask", "Ask and wait", (), (Step(Act.REPLY, "where"), Step(Act.WAIT, "the place"))),
    Macro("lift", "Wrong service", (), (Step(Act.PRIORITY, "high"), Step(Act.SERVICE, "nothing"))),
)


def give(monkeypatch: pytest.MonkeyPatch, container: Container) -> None:
    city = replace(container.city, canned=REPLIES, macros=MACROS)
    monkeypatch.setattr(type(container), "city", property(lambda _: city))


def test_a_reply_is_offered_filled_in_and_stands_in_the_composer(
    agent: Agents, say: Say, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, container)
    opened = say("hello")
    browser = agent(name="Ama")
    page = browser.get(f"{opened.address}/choose").get_data(as_text=True)
    written = f"Where is it? Ama, about {opened.reference[:4]}-{opened.reference[4:]}"
    assert written in page
    assert "Not ours" not in page
    assert "No reply has these words" in browser.get(f"{opened.address}/choose?q=nothing").get_data(as_text=True)
    link = unescape(re.search(r'href="([^"]+canned=where)', page).group(1))  # type: ignore[union-attr]
    browser.get(link)
    assert written_in(browser) == written
    assert browser.get(f"{opened.address}?canned=moon").status_code == 422


def test_a_macro_is_shown_and_then_done(
    agent: Agents, say: Say, db: Database, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, container)
    opened = say("hello")
    browser = agent(name="Ama")
    page = browser.get(f"{opened.address}/macros/ask").get_data(as_text=True)
    assert "<li>wait for the citizen: the place</li><li>send the reply below</li>" in page
    assert case_of(db, opened).status == "new"
    assert browser.send("/macros/ask", text="Where exactly?").status_code == 303
    assert case_of(db, opened).status == "waiting_on_citizen"
    assert [one.text for one in outgoing(db)] == ["Where exactly?"]
    assert browser.get(f"{opened.address}/macros/nothing").status_code == 422


def test_a_macro_that_is_refused_says_which_step_and_does_nothing(
    agent: Agents, say: Say, db: Database, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, container)
    opened = say("hello")
    browser = agent(name="Ama")
    browser.get(f"{opened.address}/macros/lift")
    assert browser.send("/macros/lift").status_code == 422
    assert "Step 1, “set the service to nothing”, was refused" in unescape(browser.page)
    assert case_of(db, opened).priority == "normal"


def test_articles_are_written_read_and_found(agent: Agents, say: Say, db: Database) -> None:
    chief = agent(("supervisor", "*"), name="Abena")
    chief.get("/desk/knowledge/new")
    with db.reader() as session:
        later = (now_of(session) + timedelta(days=90)).date().isoformat()
    values = {"title": "Lost bins", "body": "A new bin costs **10**. <b>No</b>", "language": "en", "department": ""}
    assert chief.send("/knowledge", **values, review_on="soon").status_code == 422
    assert "Give the day to look at it again" in chief.page
    assert "A new bin costs **10**" in chief.page
    answer = chief.send("/knowledge", **values, review_on=later)
    assert answer.status_code == 303
    page = chief.get(answer.location).get_data(as_text=True)
    assert "<strong>10</strong>. &lt;b&gt;No&lt;/b&gt;" in page
    assert "Lost bins" in agent(name="Kojo").get("/desk/knowledge?words=bin").get_data(as_text=True)
    opened = say("hello")
    reader = agent(name="Yaw")
    assert "Lost bins" in reader.get(f"{opened.address}/choose?q=bins").get_data(as_text=True)
    assert reader.get("/desk/knowledge/new").status_code == 403
    assert reader.get(answer.location).status_code == 200
    assert "Write the next version" not in reader.page
    assert reader.get("/desk/knowledge/999").status_code == 404


def test_putting_aside_and_taking_up_again(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent(name="Ama")
    browser.get(opened.address)
    assert browser.send("/snooze", when="tomorrow", reason=" ").status_code == 422
    assert "Say why it is put aside" in browser.page
    assert browser.send("/snooze", when="", until="", reason="x").status_code == 422
    assert browser.send("/snooze", when="tomorrow", reason="the crew comes then").status_code == 303
    assert opened.reference not in browser.get("/desk").get_data(as_text=True)
    assert "the crew comes then" in browser.get("/desk/snoozed").get_data(as_text=True)
    page = browser.get(opened.address).get_data(as_text=True)
    assert "Ama put it aside until" in page
    assert browser.send("/wake").status_code == 303
    assert opened.reference in browser.get("/desk").get_data(as_text=True)
    assert "No longer put aside" in browser.get(opened.address).get_data(as_text=True)


def test_a_named_colleague_is_told_and_offered(agent: Agents, say: Say) -> None:
    opened = say("hello")
    browser, kojo = agent(name="Ama"), agent(name="Kojo")
    browser.get(opened.address)
    assert browser.send("/notes", text="@Nobody look").status_code == 422
    assert "is nobody who may read this case" in browser.page
    assert written_in(browser, "note-text") == "@Nobody look"
    assert browser.send("/notes", text="@Kojo look").status_code == 303
    assert "You were named in a note" in kojo.get("/desk/notices").get_data(as_text=True)
    assert 'data-name="Kojo"' in browser.get(f"{opened.address}/names?q=ko").get_data(as_text=True)
