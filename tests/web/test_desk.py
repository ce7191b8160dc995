"""The desk without scripts: queue, case, reply, note, resolve, and everything that may come in between."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from cases.models import Case, Event, Message, OutboxEntry
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def case_of(db: Database, opened: Opened) -> Case:
    with db.reader() as session:
        return session.get_one(Case, opened.id)


def outgoing(db: Database, *, automatic: bool = False) -> list[Message]:
    with db.reader() as session:
        query = select(Message).where(Message.direction == "out", Message.automatic.is_(automatic)).order_by(Message.id)
        return list(session.scalars(query))


def test_the_queue_shows_what_a_citizen_wrote(agent: Agents, say: Say) -> None:
    opened = say("The gutter at the market is blocked")
    page = agent().get("/desk").get_data(as_text=True)
    assert "The gutter at the market is blocked" in page
    assert f"{opened.reference[:4]}-{opened.reference[4:]}" in page
    assert "<b>1</b>All open" in page and "<b>1</b>Unassigned" in page and "<b>0</b>Mine" in page
    assert "New message: " in page


def test_a_case_shows_words_reason_and_clock(agent: Agents, say: Say) -> None:
    opened = say("Where do I pay the fee?")
    browser = agent()
    page = browser.get(opened.address).get_data(as_text=True)
    assert '<p class="said">Where do I pay the fee?</p>' in page
    assert "Routed to" in page and "Why?" in page and "First reply" in page
    assert ">Automatic</b> by SMS" in page
    assert "{code}" not in page and "••••" in page


def test_a_case_by_an_account_that_is_no_longer_configured_is_shown(agent: Agents, say: Say, db: Database) -> None:
    browser, opened = agent(("agent", "*")), say("The gutter is choked")
    db.run(lambda uow: uow.session.execute(update(Case).values(account="gone")))
    page = browser.get(opened.address)
    assert page.status_code == 200 and "<dt>Came by</dt><dd>SMS</dd>" in page.get_data(as_text=True)


def test_other_spellings_of_a_reference_lead_to_the_one(agent: Agents, say: Say) -> None:
    opened = say("hello")
    answer = agent().get(f"/desk/cases/{opened.reference}?view=mine")
    assert answer.status_code == 301
    assert answer.location == f"{opened.address}?view=mine"


def test_a_reply_is_queued_once_however_often_it_is_sent(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    before = browser.page
    first = browser.send("/replies", text="Good morning, a crew is coming.", how="send")
    assert first.status_code == 303
    assert first.location.startswith(opened.address)
    browser.page = before
    second = browser.send("/replies", text="Good morning, a crew is coming.", how="send")
    assert (second.status_code, second.location) == (303, first.location)
    assert [message.text for message in outgoing(db)] == ["Good morning, a crew is coming."]
    case = case_of(db, opened)
    assert (case.status, case.assignee_id) == ("open", browser.viewer.id)  # type: ignore[union-attr]
    assert case.seen_message_id == opened.message_id
    page = browser.get(opened.address).get_data(as_text=True)
    assert "Waiting to leave" in page
    assert ">You</b> by SMS" in page


def test_send_and_wait_then_send_and_resolve(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    assert browser.send("/replies", text="Which street?", how="wait").status_code == 303
    assert case_of(db, opened).status == "waiting_on_citizen"
    browser.get(opened.address)
    refused = browser.send("/replies", text="It is done.", how="resolve")
    assert refused.status_code == 422
    assert "Choose how the case ended" in browser.page
    assert ">\nIt is done.</textarea>" in browser.page
    assert browser.send("/replies", text="It is done.", how="resolve", outcome="fixed").status_code == 303
    case = case_of(db, opened)
    assert (case.status, case.outcome) == ("resolved", "fixed")
    assert len(outgoing(db)) == 2


def test_a_reply_that_crosses_a_newer_message_is_not_sent_and_kept(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello", sender=phone(7))
    browser = agent()
    browser.get(opened.address)
    newer = say("Please hurry, water is in the shop", sender=phone(7))
    assert newer.id == opened.id
    answer = browser.send("/replies", text="We come tomorrow.", how="send")
    assert answer.status_code == 409
    assert outgoing(db) == []
    assert ">\nWe come tomorrow.</textarea>" in browser.page
    assert "Please hurry, water is in the shop" in browser.page
    assert "has written since you looked" in browser.page
    # The page that came back holds the newer message, so the same press now sends.
    assert browser.send("/replies", text="We come at once.", how="send").status_code == 303
    assert [message.text for message in outgoing(db)] == ["We come at once."]


def test_the_server_counts_parts_and_names_dear_characters(agent: Agents, say: Say) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    browser.send("/replies", text="Maakye ɛ" * 20, how="resolve")
    assert re.search(r'id="parts">3 parts, \d+ left<', browser.page)
    assert "These characters make every part shorter (70 instead of 160): ɛ" in browser.page


def test_an_empty_reply_says_so(agent: Agents, say: Say, db: Database) -> None:
    browser = agent()
    browser.get(say("hello").address)
    assert browser.send("/replies", text="  ", how="send").status_code == 422
    assert "Write something first." in browser.page
    assert outgoing(db) == []


def test_a_sender_that_is_no_phone_gets_no_reply_form(agent: Agents, say: Say) -> None:
    from cases.messages import Address, AddressKind

    opened = say("Your account was credited", sender=Address(AddressKind.SENDER_NAME, "BANK"))
    browser = agent()
    browser.get(opened.address)
    assert "No answer can be sent" in browser.page
    assert 'id="reply-form"' not in browser.page
    assert browser.send("/notes", text="Spam, to be closed.").status_code == 303


def test_a_note_keeps_its_files_which_only_readers_get(
    agent: Agents, say: Say, db: Database, container: Container
) -> None:
    departments = sorted(container.city.departments)
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    file = (io.BytesIO(b"\x89PNG\r\n\x1a\n rest of a picture"), "../../pic\u202egnp.txt")
    assert browser.send("/notes", text="The place, seen today.", files=file).status_code == 303
    browser.get(opened.address)
    assert "The place, seen today." in browser.page
    link = re.search(r'href="(/desk/files/\d+)"', browser.page)
    assert link
    answer = browser.get(link.group(1))
    assert answer.get_data() == b"\x89PNG\r\n\x1a\n rest of a picture"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "picgnp.txt" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    other = next(key for key in departments if key != case_of(db, opened).department)
    assert agent(("agent", other), name="Other").get(link.group(1)).status_code == 404


def test_a_file_of_another_kind_is_refused_and_the_note_kept(agent: Agents, say: Say, db: Database) -> None:
    browser = agent()
    browser.get(say("hello").address)
    answer = browser.send("/notes", text="See the page", files=(io.BytesIO(b"<script>alert(1)</script>"), "a.txt"))
    assert answer.status_code == 422
    assert "Only pictures" in browser.page
    assert ">\nSee the page</textarea>" in browser.page
    with db.reader() as session:
        assert session.scalar(select(func.count()).select_from(Event).where(Event.kind == "note")) == 0


def test_take_assign_and_give_back(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    one, two = agent(name="One"), agent(name="Two")
    one.get(opened.address)
    assert one.send("/take").status_code == 303
    assert case_of(db, opened).assignee_id == one.viewer.id  # type: ignore[union-attr]
    one.get(opened.address)
    assert one.send("/assignment", agent=str(two.viewer.id)).status_code == 303  # type: ignore[union-attr]
    page = one.get(opened.address).get_data(as_text=True)
    assert "One took the case." in page and "One gave the case to Two." in page
    assert one.send("/assignment", agent="").status_code == 303
    assert case_of(db, opened).assignee_id is None


def test_a_change_on_an_old_page_is_refused(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    one, two = agent(name="One"), agent(name="Two")
    one.get(opened.address)
    two.get(opened.address)
    assert two.send("/status", status="waiting_on_third_party", reason="The contractor").status_code == 303
    refused = one.send("/status", status="open", reason="Mine")
    assert refused.status_code == 409
    assert "Somebody changed this case" in one.page
    assert 'value="Mine"' in one.page
    assert case_of(db, opened).status == "waiting_on_third_party"


def test_transfer_leads_back_to_the_queue_it_left(agent: Agents, say: Say, db: Database, container: Container) -> None:
    opened = say("hello")
    home = case_of(db, opened).department
    other = next(key for key in sorted(container.city.departments) if key != home)
    browser = agent(("agent", home))
    browser.get(opened.address + "?view=unassigned")
    answer = browser.send("/transfer", department=other, reason="Theirs")
    assert (answer.status_code, answer.location) == (303, "/desk?view=unassigned")
    assert case_of(db, opened).department == other
    assert browser.get(opened.address).status_code == 404


def test_status_and_name(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    assert browser.send("/status", status="resolved", outcome="", reason="").status_code == 422
    assert browser.send("/status", status="resolved", outcome="answered", reason="By phone").status_code == 303
    browser.get(opened.address)
    assert browser.send("/subject", subject="Fee for a kiosk").status_code == 303
    case = case_of(db, opened)
    assert (case.status, case.outcome, case.subject) == ("resolved", "answered", "Fee for a kiosk")
    page = browser.get(opened.address).get_data(as_text=True)
    assert "By phone" in page and "Resolved, outcome: answered, by Agent." in page


def test_reading_is_told_by_a_post_and_opening_changes_nothing(agent: Agents, say: Say, db: Database) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    assert 'data-unseen="yes"' in browser.page
    assert case_of(db, opened).seen_message_id is None
    csrf = re.search(r'data-csrf="([^"]+)"', browser.page)
    assert csrf
    told = browser.client.post(
        f"/desk/cases/{opened.reference}/seen", data={"message": opened.message_id}, headers={"X-CSRF-Token": csrf[1]}
    )
    assert told.status_code == 204
    assert case_of(db, opened).seen_message_id == opened.message_id
    assert 'data-unseen=""' in browser.get(opened.address).get_data(as_text=True)


def test_pages_of_the_queue_follow_each_other(agent: Agents, say: Say) -> None:
    references = {say(f"Case {number}", sender=phone(number)).reference for number in range(100, 135)}
    browser = agent()
    seen: list[str] = []
    address = "/desk"
    while address:
        page = browser.get(address).get_data(as_text=True)
        seen += re.findall(r'data-reference="(\d{8})"', page)
        more = re.search(r'id="more"><a[^>]* href="([^"]+)"', page)
        address = more.group(1).replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == 35
    assert set(seen) == references


def test_search_finds_a_reference_and_a_number_and_says_when_nothing_is(agent: Agents, say: Say) -> None:
    opened = say("hello", sender=phone(9))
    say("another", sender=phone(10))
    browser = agent()
    for words in (f"{opened.reference[:4]} {opened.reference[4:]}", phone(9).value, "HELLO"):
        page = browser.get("/desk", query_string={"q": words}).get_data(as_text=True)
        assert re.findall(r'data-reference="(\d{8})"', page) == [opened.reference], words
    assert "Nothing found" in browser.get("/desk?q=%25%25").get_data(as_text=True)


@pytest.mark.parametrize("address", ["/desk?view=nonsense", "/desk?cursor=nonsense", "/desk/changes?since=yesterday"])
def test_an_address_that_makes_no_sense_is_explained(agent: Agents, address: str) -> None:
    answer = agent().get(address)
    assert answer.status_code == 422
    assert "must be" in answer.get_data(as_text=True) or "not a cursor" in answer.get_data(as_text=True)


def test_changes_name_cases_and_nothing_else(agent: Agents, say: Say) -> None:
    opened = say("Secret words")
    browser = agent()
    found = browser.get("/desk/changes")
    assert found.json["cases"] == {opened.reference: 1}
    assert "Secret" not in found.get_data(as_text=True)
    later = browser.get("/desk/changes", query_string={"since": found.json["at"]})
    assert later.status_code == 200


def test_words_of_citizens_are_never_markup(agent: Agents, say: Say) -> None:
    payload = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    opened = say(payload)
    browser = agent()
    for address in ("/desk", opened.address, "/desk?q=%3Cscript%3E"):
        page = browser.get(address).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_nudge_is_given_once_the_reply_is_safe(
    agent: Agents, say: Say, container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contactcentre.container import Container

    opened = say("hello")
    at_once = replace(container.city, limits=replace(container.city.limits, undo_seconds=0))
    monkeypatch.setattr(Container, "city", at_once)
    browser = agent()
    browser.get(opened.address)
    browser.send("/replies", text="On our way.", how="send")
    with db.reader() as session:
        account = session.scalar(select(OutboxEntry.account).order_by(OutboxEntry.id.desc()).limit(1))
    described = [
        container.jobs.connection().hget(key, "description").decode()
        for key in container.jobs.connection().keys("rq:job:*")
    ]
    assert described == [f"workers.deliver.drain({account})"]


def test_a_reply_that_may_be_taken_back_wakes_no_worker_in_vain(agent: Agents, say: Say, container: Container) -> None:
    opened = say("hello")
    browser = agent()
    browser.get(opened.address)
    assert container.city.limits.undo_seconds > 0
    assert browser.send("/replies", text="On our way.", how="send").status_code == 303
    assert container.jobs.connection().keys("rq:job:*") == []
