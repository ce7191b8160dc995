"""The queue narrowed, searched and paged: what is found, what is not, and what nobody may learn from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from cases import replies
from cases.models import Case, Citizen
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def found(browser: Browser, query: str) -> list[str]:
    """Return the references in the queue at an address, in order."""
    answer = browser.get(f"/desk?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return re.findall(r'class="qrow[^>]*data-reference="(\d{8})"', browser.page)


def change(db: Database, opened: Opened, **values: Any) -> None:
    db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == opened.id).values(**values)))


@pytest.fixture
def two(say: Say) -> tuple[Opened, Opened]:
    """Two cases of two citizens."""
    return say("The gutter is choked", sender=phone(1)), say("The lamp is out", sender=phone(2))


@pytest.mark.parametrize(
    ("values", "query"),
    [
        ({"department": "waste"}, "department=waste"),
        ({"service": "gutters"}, "service=gutters"),
        ({"status": "waiting_on_citizen"}, "status=waiting_on_citizen"),
        ({"status": "waiting_on_third_party"}, "waiting=yes"),
        ({"priority": "urgent"}, "priority=urgent"),
        ({"channel": "ussd"}, "channel=ussd"),
        ({"routing": {"place": "New Tàkoradi, Amanful"}}, "place=takoradi"),
        ({"due_at": "2020-01-01T00:00:00+00:00"}, "due_within=1"),
        ({"due_at": "2020-01-01T00:00:00+00:00"}, "view=overdue"),
        ({"opened_at": "2040-01-01T00:00:00+00:00"}, "opened_since=2039-12-31"),
    ],
)
def test_each_field_narrows_the_queue(
    agent: Agents, db: Database, two: tuple[Opened, Opened], values: dict[str, Any], query: str
) -> None:
    first, other = two
    plain = {"department": "works", "due_at": None, "service": None, "opened_at": "2019-01-01T00:00:00+00:00"}
    change(db, other, **plain)
    change(db, first, **values)
    browser = agent()
    assert set(found(browser, "view=all")) == {first.reference, other.reference}
    assert found(browser, query) == [first.reference]


def test_unread_assignee_and_language_narrow_it_and_all_at_once_do(
    agent: Agents, db: Database, two: tuple[Opened, Opened], container: Container
) -> None:
    first, other = two
    browser = agent()
    assert browser.viewer is not None and browser.viewer.id is not None
    how = {"city": container.city, "reference": other.reference, "text": "We are on it"}
    db.run(lambda uow: replies.reply(uow.session, browser.viewer, **how))  # type: ignore[arg-type]
    db.run(lambda uow: uow.session.execute(update(Citizen).where(Citizen.id == 1).values(language="fat")))
    assert found(browser, "unread=yes") == [first.reference]
    assert found(browser, f"assignee={browser.viewer.id}") == [other.reference]
    assert found(browser, "assignee=0") == [first.reference]
    assert found(browser, "language=fat") == [first.reference]
    assert found(browser, "language=fat&unread=yes&assignee=0&channel=sms") == [first.reference]
    assert "take it off" in browser.page and "No case is all of this" not in browser.page
    assert found(browser, f"language=fat&assignee={browser.viewer.id}") == []
    assert "No case is all of this" in browser.page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("assignee=Ama", "assignee"),
        ("due_within=soon", "due_within"),
        ("due_within=99999999", "due_within"),
        ("opened_since=yesterday", "opened_since"),
        ("view=everything", "view"),
        ("cursor=x", "cursor"),
    ],
)
def test_what_cannot_be_read_is_named(agent: Agents, query: str, field: str) -> None:
    answer = agent().get(f"/desk?{query}")
    assert answer.status_code == 422
    assert field in answer.get_data(as_text=True)


def test_pages_lead_on_and_back_and_show_each_case_once(agent: Agents, say: Say, db: Database) -> None:
    every = [say(f"Case number {number}", sender=phone(number + 1)) for number in range(65)]
    for one in every[:5]:
        change(db, one, due_at=None)
    browser = agent()
    pages = [found(browser, "view=open")]
    while more := re.search(r'id="more"><a class="btn btn-sm btn-plain" href="([^"]+)"', browser.page):
        pages.append(found(browser, unescape(more.group(1)).partition("?")[2]))
    assert [len(one) for one in pages] == [30, 30, 5]
    assert len({reference for one in pages for reference in one}) == 65
    assert set(pages[2]) <= {one.reference for one in every[:5]}, "what has no deadline comes last"
    for expected in (pages[1], pages[0]):
        earlier = re.search(r'id="earlier"><a class="btn btn-sm btn-plain" href="([^"]+)"', browser.page)
        assert earlier
        assert found(browser, unescape(earlier.group(1)).partition("?")[2]) == expected
    assert 'id="earlier"' not in browser.page


@pytest.mark.parametrize(
    "words",
    [
        "choked",
        "CHOKED gutter",
        "gutt",
        "the gut",
        "chökéd",
        "0200000001",
        "0001 ",
        "+233 20 000 0001",
        "Araba",
        "mens",
    ],
)
def test_search_finds_texts_names_and_numbers(
    agent: Agents, db: Database, two: tuple[Opened, Opened], words: str
) -> None:
    first, _ = two
    db.run(lambda uow: uow.session.execute(update(Citizen).where(Citizen.id == 1).values(name="Araba Mensah")))
    assert found(agent(), f"q={words.replace('+', '%2B')}") == [first.reference]


def test_search_finds_notes_later_messages_and_places(
    agent: Agents, say: Say, db: Database, two: tuple[Opened, Opened]
) -> None:
    first, other = two
    browser = agent()
    say("It smells like petrol now", sender=phone(1))
    note = {"reference": other.reference, "text": "The electrician is in Kweikuma"}
    db.run(lambda uow: replies.note(uow.session, browser.viewer, **note))  # type: ignore[arg-type]
    change(db, first, routing={"place": "Effia"})
    assert found(browser, "q=petrol") == [first.reference]
    assert found(browser, "q=kweikuma") == [other.reference]
    assert found(browser, "q=effia") == [first.reference]
    assert found(browser, "q=petrol+kweikuma") == []
    assert "Nothing found" in browser.page


def test_a_reference_comes_first_in_any_spelling_and_however_the_case_stands(
    agent: Agents, say: Say, db: Database, two: tuple[Opened, Opened]
) -> None:
    first, other = two
    say(f"What of {first.reference}?", sender=phone(2))
    change(db, first, status="closed")
    browser = agent()
    for spelled in (first.reference, f"{first.reference[:4]}-{first.reference[4:]}", " ".join(first.reference)):
        assert found(browser, f"q={spelled}")[0] == first.reference, spelled
    assert found(browser, f"q={first.reference}") == [first.reference, other.reference]


def test_search_and_counts_tell_nothing_of_what_may_not_be_read(
    agent: Agents, db: Database, two: tuple[Opened, Opened]
) -> None:
    secret, other = two
    change(db, secret, confidential=True, department="works")
    change(db, other, department="works")
    clerk, elsewhere = agent(("counter_clerk", "works")), agent(("agent", "waste"))
    for words in ("gutter", secret.reference, "0200000001", "place=choked&q=choked"):
        assert found(clerk, f"q={words}") == [], words
        assert found(elsewhere, f"q={words}") == [], words
    assert found(clerk, "view=all") == [other.reference]
    assert "<b>1</b>All open" in clerk.page
    found(elsewhere, "view=all")
    assert "<b>0</b>All open" in elsewhere.page
    assert found(agent(("supervisor", "works")), "q=gutter") == [secret.reference]


def test_a_search_that_was_cut_says_so(agent: Agents, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from cases.queries import search

    monkeypatch.setattr(search, "MOST_HITS", 3)
    for number in range(5):
        say(f"The gutter is choked {number}", sender=phone(number + 1))
    say("The lamp is out", sender=phone(9))
    browser = agent()
    assert len(found(browser, "q=gutter")) >= 3 and "There are more hits" in browser.page
    assert found(browser, "q=lamp") and "There are more hits" not in browser.page


def test_the_queue_stays_narrowed_after_an_act_and_nobody_is_an_assignee_too(
    agent: Agents, two: tuple[Opened, Opened]
) -> None:
    browser = agent(("supervisor", "*"))
    query = "status=new&priority=normal&assignee=0&due_within=720"
    assert len(found(browser, query)) == 2
    browser.get(f"{two[0].address}?{query}")
    for name, value in (one.split("=") for one in query.split("&")):
        assert f"{name}={value}" in unescape(browser.page)
    location = browser.send("/notes", text="Looked at").location
    assert all(one in location for one in query.split("&")), location
