"""The composer without scripts: undo, ways to send, drafts that are kept here and survive a log-out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from cases.models import KeptDraft, Message, OutboxEntry, Snooze
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import PASSWORD, Browser, Opened
from tests.web.test_desk import case_of, outgoing

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
_UNDO = re.compile(r'action="([^"]+/undo)[^"]*"')


def keep(browser: Browser, opened: Opened, text: str, seq: int | str, kind: str = "reply") -> Any:
    token = re.search(r'data-csrf="([^"]+)"', browser.page).group(1)  # type: ignore[union-attr]
    address = f"{opened.address}/drafts/{kind}"
    return browser.client.post(address, data={"text": text, "seq": seq}, headers={"X-CSRF-Token": token})


def undo(browser: Browser) -> Any:
    return browser.send("/undo")


def written_in(browser: Browser, field: str = "reply-text") -> str:
    found = re.search(rf'<textarea[^>]*id="{field}"[^>]*>\n?([^<]*)</textarea>', browser.page)
    assert found, f"no field {field}"
    return found.group(1)


def test_a_reply_can_be_taken_back_and_stands_in_the_composer_again(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    browser.send("/replies", text="It is done.", how="resolve", outcome="fixed")
    with db.reader() as session:
        entry = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id.desc())).first()
        assert entry is not None
        assert (entry.not_before - entry.created_at).total_seconds() == 10
    page = browser.get(opened.address).get_data(as_text=True)
    assert "It leaves at" in page and _UNDO.search(page)
    answer = undo(browser)
    assert answer.status_code == 303
    page = browser.get(answer.location).get_data(as_text=True)
    assert case_of(db, opened).status == "new"
    assert [one.status for one in outgoing(db)] == ["undone"]
    assert written_in(browser) == "It is done."
    assert "took a reply back before it left; the case stands as before" in page
    assert "runs on: the reply was taken back" in page
    assert not _UNDO.search(page)
    browser.send("/replies", text="It is done now.", how="send")
    assert [one.text for one in outgoing(db)] == ["It is done.", "It is done now."]


def test_what_has_left_says_so_and_stays(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    browser.send("/replies", text="We come.", how="send")
    browser.get(opened.address)
    db.run(lambda uow: uow.session.query(OutboxEntry).update({"state": "sending", "attempts": 1}))
    assert undo(browser).status_code == 409
    assert "It is too late" in browser.page
    assert [one.text for one in outgoing(db)] == ["We come."]


def test_a_colleague_sees_no_undo_and_gets_none(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    ama, kojo = agent(name="Ama"), agent(name="Kojo")
    ama.get(opened.address)
    ama.send("/replies", text="We come.", how="send")
    ama.get(opened.address)
    assert not _UNDO.search(kojo.get(opened.address).get_data(as_text=True))
    address = _UNDO.search(ama.page).group(1)  # type: ignore[union-attr]
    answer = kojo.client.post(address, data=kojo.fields("/replies"))
    assert answer.status_code == 422
    assert [one.status for one in outgoing(db)] == ["queued"]


def test_send_and_next_opens_the_next_case_and_offers_undo_there(agent: Agents, say: Say, db: Database) -> None:
    first, second = say("first"), say("second", sender=phone(2))
    browser = agent()
    browser.get(f"{first.address}?view=unassigned")
    answer = browser.send("/replies", text="We come.", how="next")
    assert answer.location.startswith(f"{second.address}?view=unassigned&sent=")
    page = browser.get(answer.location).get_data(as_text=True)
    assert f"Your reply to {first.address.rsplit('/', 1)[1]}" in page
    assert undo(browser).location.startswith(first.address)
    assert [one.status for one in outgoing(db)] == ["undone"]
    browser.get(f"{first.address}?view=mine")
    assert browser.send("/replies", text="We come.", how="next").location.startswith("/desk?view=mine&sent=")


@pytest.mark.parametrize("sent", ["", "x", "4821.", "4821.x", "٤.٤", "1." + "9" * 30, "<b>.1"])
def test_nonsense_about_what_was_sent_offers_nothing(agent: Agents, say: Say, sent: str) -> None:
    browser = agent()
    answer = browser.get(say("hello").address, query_string={"sent": sent})
    assert answer.status_code == 200
    assert "Your reply to" not in browser.page


def test_a_wait_has_a_reason_and_a_day_to_look_again(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    wait = {"text": "Which street?", "how": "wait", "wait_reason": "the street's name"}
    for wrong, says in (("2020-01-06", "has passed"), ("soon", "as 2026-11-24"), ("2199-01-01", "a year ahead")):
        assert browser.send("/replies", **wait, follow_up=wrong).status_code == 422, wrong
        assert says in browser.page
        assert 'value="the street&#39;s name"' in browser.page
    day = case_of(db, opened).opened_at.date().replace(day=28)
    day = day.replace(year=day.year + (day.month == 12), month=day.month % 12 + 1)
    assert browser.send("/replies", **wait, follow_up=day.isoformat()).status_code == 303
    case = case_of(db, opened)
    assert case.status == "waiting_on_citizen"
    with db.reader() as session:
        row = session.scalars(select(Snooze)).one()
    assert (row.kind, row.reason, row.until) == ("follow_up", "the street's name", case.snoozed_until)
    assert "will look again on" in browser.get(opened.address).get_data(as_text=True)


def test_drafts_are_kept_here_and_survive_a_log_out(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent(name="Ama")
    browser.get(opened.address)
    assert keep(browser, opened, "Half a sentence", 1).status_code == 200
    assert keep(browser, opened, "Staff only", 1, "note").status_code == 200
    browser.get("/account")
    browser.send("/logout")
    with db.reader() as session:
        from cases.models import Agent

        username = session.scalars(select(Agent.username).where(Agent.name == "Ama")).one()
    browser.log_in(username, PASSWORD)
    browser.get(opened.address)
    assert written_in(browser) == "Half a sentence"
    assert written_in(browser, "note-text") == "Staff only"
    other = agent(name="Kojo")
    other.get(opened.address)
    assert written_in(other) == ""


def test_an_older_save_never_overwrites_a_newer_one(agent: Agents, say: Say) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    assert keep(browser, opened, "Second", 2).status_code == 200
    late = keep(browser, opened, "First", 1)
    assert (late.status_code, late.get_json()["text"], late.get_json()["seq"]) == (409, "Second", 2)
    browser.get(opened.address)
    assert written_in(browser) == "Second"


def test_what_was_sent_is_no_draft_any_more_whatever_comes_late(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    keep(browser, opened, "We come", 3)
    browser.send("/replies", text="We come.", how="send")
    browser.get(opened.address)
    assert keep(browser, opened, "We come.", 4).status_code == 409
    browser.get(opened.address)
    assert written_in(browser) == ""
    browser.send("/notes", text="Told them")
    browser.get(opened.address)
    assert keep(browser, opened, "Told", 1, "note").status_code == 409
    with db.reader() as session:
        assert {one.text for one in session.scalars(select(KeptDraft))} == {""}


@pytest.mark.parametrize(
    ("kind", "seq", "text"),
    [("reply", "0", "x"), ("reply", "", "x"), ("letter", "1", "x"), ("reply", "1", "x" * 50_001)],
)
def test_a_draft_that_cannot_be_kept_is_refused(agent: Agents, say: Say, kind: str, seq: str, text: str) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    assert keep(browser, opened, text, seq, kind).status_code == 422


def test_who_may_not_answer_keeps_no_answer(agent: Agents, say: Say) -> None:
    opened = say("hello")
    clerk = agent(("counter_clerk", "*"), name="Efua")
    clerk.get(opened.address)
    assert keep(clerk, opened, "x", 1).status_code == 403
    assert keep(clerk, opened, "x", 1, "note").status_code == 200


def test_a_draft_stays_out_of_a_case_that_is_not_theirs(agent: Agents, say: Say) -> None:
    opened = say("hello")
    stranger = agent(("agent", "harbour-works"), name="Yaw")
    stranger.get("/desk")
    assert keep(stranger, opened, "x", 1).status_code == 404


def test_a_reply_by_another_account_of_ours(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    assert browser.send("/replies", text="We come.", how="send", account="elsewhere").status_code == 422
    assert "cannot be answered by" in browser.page
    assert written_in(browser) == "We come."
    with db.reader() as session:
        assert session.scalars(select(Message).where(Message.direction == "out", ~Message.automatic)).all() == []
