"""The desk's pages of filing: by forms alone, each with its undo on the line of history that tells of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import event, select

from cases.models import Case, CaseLink, Filing, Message, OutboxEntry
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def text_of(page: str) -> str:
    """Return a page's words, without its markup."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def written(opened: Opened) -> str:
    return opened.address.rsplit("/", 1)[-1]


def case(db: Database, case_id: int) -> Case:
    with db.reader() as session:
        return session.get_one(Case, case_id)


@pytest.fixture
def pair(say: Say) -> tuple[Opened, Opened]:
    """Two citizens tell of the same lamp."""
    return say("The lamp at the market is dark", sender=phone(1)), say("Lamp dark at the market", sender=phone(2))


@pytest.fixture
def ama(agent: Agents) -> Browser:
    return agent(name="Ama")


def test_a_case_is_found_merged_and_taken_out_again(ama: Browser, pair: tuple[Opened, Opened], db: Database) -> None:
    first, second = pair
    assert f'href="{first.address}/merge"' in ama.get(first.address).get_data(as_text=True)
    page = ama.get(f"{first.address}/merge?find={written(second)}").get_data(as_text=True)
    choice = re.search(r'name="others" value="([^"]+)"', page)
    assert choice and choice.group(1) == f"{written(second)}.{case(db, second.id).version}"
    answer = ama.send("/merges", others=choice.group(1), stays="this", reason="the same lamp")
    assert (answer.status_code, answer.location) == (303, f"{first.address}#latest")
    assert case(db, second.id).merged_into_id == first.id
    moved = ama.get(second.address)
    assert (moved.status_code, moved.location) == (302, f"{first.address}?from={written(second)}")
    page = ama.get(moved.location).get_data(as_text=True)
    said = text_of(page)
    assert f"{written(second)} was merged into this case" in said
    assert f"Ama merged {written(second)} into this case. Why? the same lamp" in said
    assert "Lamp dark at the market" in said
    assert "was merged into this case" not in text_of(ama.get(f"{first.address}?from=1234-5678").get_data(as_text=True))
    ama.get(first.address)
    undo = re.search(r'action="([^"]*/rearrangements/\d+/undo)"', ama.page)
    assert undo is not None
    assert ama.send(undo.group(1)).status_code == 303
    assert case(db, second.id).merged_into_id is None
    said = text_of(ama.get(first.address).get_data(as_text=True))
    assert f"Ama undid the merge: {written(second)} is a case of its own again" in said
    assert "/undo" not in ama.page
    assert ama.get(second.address).status_code == 200


def test_a_merge_that_is_refused_comes_back_with_its_choice(
    ama: Browser, pair: tuple[Opened, Opened], db: Database
) -> None:
    first, second = pair
    ama.get(f"{first.address}/merge?find={written(second)}")
    answer = ama.send("/merges", others=f"{written(second)}.77", stays="this", reason="both lamps")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409 and "Somebody changed" in page
    assert 'value="both lamps"' in page and re.search(r'name="others"[^>]* checked', page)
    assert case(db, second.id).merged_into_id is None


def test_a_message_is_filed_elsewhere_and_back(ama: Browser, say: Say, db: Database) -> None:
    first = say("The lamp is dark", sender=phone(1))
    again = say("And my bin is full", sender=phone(1))
    page = ama.get(first.address).get_data(as_text=True)
    assert page.count("data-refile") == 2
    form = ama.get(f"{first.address}/messages/{again.message_id}/refile").get_data(as_text=True)
    assert "And my bin is full" in form
    answer = ama.send("/refile", to="new", reason="another matter")
    assert answer.status_code == 303
    made = ama.get(answer.location).get_data(as_text=True)
    assert f"Ama split this case from {written(first)}" in text_of(made)
    ama.get(f"{first.address}/messages/{first.message_id}/refile")
    refused = ama.send("/refile", to="other", other="0000-0000", reason="theirs")
    assert refused.status_code == 422 and "There is no such case" in refused.get_data(as_text=True)
    with db.reader() as session:
        new = session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()
    ama.get(f"/desk/cases/{new.reference}")
    ama.get(answer.location)
    undo = re.search(r'action="([^"]*/rearrangements/\d+/undo)"', ama.page)
    assert undo is not None and ama.send(undo.group(1)).status_code == 303
    with db.reader() as session:
        stands = select(Filing.case_id).where(Filing.message_id == again.message_id, Filing.removed_at.is_(None))
        assert session.scalars(stands).one() == first.id


def test_several_messages_are_split_off_and_the_citizen_is_told(ama: Browser, say: Say, db: Database) -> None:
    first = say("The lamp is dark", sender=phone(1))
    second, third = (say(words, sender=phone(1)) for words in ("My bin is full", "The lid is gone"))
    ama.get(f"{first.address}/split")
    answer = ama.send("/split", messages=[str(second.message_id), str(third.message_id)], tell="yes")
    assert answer.status_code == 303
    with db.reader() as session:
        told = session.scalars(
            select(Message.text).join(OutboxEntry, OutboxEntry.message_id == Message.id).order_by(Message.id.desc())
        ).first()
    assert told is not None and answer.location.rsplit("/", 1)[-1].removesuffix("#latest") in told
    ama.get(f"{first.address}/split")
    nothing = ama.send("/split")
    assert nothing.status_code == 422 and "Choose between 1 and 100 messages" in nothing.get_data(as_text=True)


def test_links_and_suggestions_stand_at_an_address_of_their_own(
    ama: Browser, pair: tuple[Opened, Opened], db: Database
) -> None:
    first, second = pair
    said = text_of(ama.get(f"{first.address}/related").get_data(as_text=True))
    assert "May be the same matter" in said and written(second) in said and "the same words" in said
    part = ama.get(f"{first.address}/related?part=yes").get_data(as_text=True)
    assert "<html" not in part and written(second) in part
    ama.get(f"{first.address}/related")
    assert ama.send("/not-duplicate", other=written(second)).status_code == 303
    said = text_of(ama.get(f"{first.address}/related").get_data(as_text=True))
    assert "May be the same matter" not in said
    assert ama.send("/links", kind="caused_by", other=written(second)).status_code == 303
    assert f"Caused by {written(second)}" in text_of(ama.get(f"{first.address}/related").get_data(as_text=True))
    assert f"Cause of {written(first)}" in text_of(ama.get(f"{second.address}/related").get_data(as_text=True))
    assert f"noted: this case is caused by {written(second)}" in text_of(ama.get(first.address).get_data(as_text=True))
    again = None
    ama.get(f"{first.address}/related")
    again = ama.send("/links", kind="caused_by", other=written(second))
    assert again.status_code == 422 and "linked like that already" in again.get_data(as_text=True)
    ama.get(f"{first.address}/related")
    with db.reader() as session:
        link = session.scalars(select(CaseLink.id).where(CaseLink.kind == "caused_by")).one()
    assert ama.send(f"/links/{link}/remove").status_code == 303
    assert (
        "Caused by" not in text_of(ama.get(f"{first.address}/related").get_data(as_text=True)).split("This case is")[0]
    )


def test_an_incident_is_told_once_and_shown_beforehand(ama: Browser, pair: tuple[Opened, Opened], db: Database) -> None:
    first, second = pair
    ama.get(f"{first.address}/incident")
    assert ama.send("/incident/attach", cases=written(second)).status_code == 303
    page = text_of(ama.get(f"{first.address}/incident").get_data(as_text=True))
    assert "It goes to 2 numbers, each once" in page and "What it costs is not known" in page
    form = ama.page
    refused = ama.send("/incident/tell", **{"text-en": " ", "expected": "2"})
    assert refused.status_code == 422 and "Write the update in" in refused.get_data(as_text=True)
    ama.page = form
    told = ama.send("/incident/tell", **{"text-en": "The lamp is mended tonight", "outcome": "fixed"})
    assert told.status_code == 303
    ama.page = form
    assert (
        ama.send("/incident/tell", **{"text-en": "The lamp is mended tonight", "outcome": "fixed"}).status_code == 303
    )
    with db.reader() as session:
        sent = session.scalars(select(Message).where(Message.text == "The lamp is mended tonight")).all()
    assert len(sent) == 2
    assert (case(db, first.id).status, case(db, second.id).outcome) == ("open", "fixed")
    assert "Ama sent one update of the incident: 2 messages for 2 cases" in text_of(
        ama.get(first.address).get_data(as_text=True)
    )


def test_who_may_only_read_is_offered_nothing_and_may_do_nothing(
    agent: Agents, pair: tuple[Opened, Opened], db: Database
) -> None:
    first, second = pair
    clerk = agent(("counter_clerk", "*"), name="Esi")
    page = clerk.get(first.address).get_data(as_text=True)
    assert "data-refile" not in page and "data-merge" not in page
    form = {"csrf": clerk.fields("/logout")["csrf"]} if "/logout" in page else {}
    for path in ("refile", "split", "merges", "links", "not-duplicate", "incident/attach", "incident/tell"):
        answer = clerk.client.post(f"{first.address}/{path}", data={**form, "others": written(second), "message": "1"})
        assert answer.status_code in (400, 403), path
    assert case(db, second.id).merged_into_id is None


def test_a_case_page_costs_no_statement_more(container: Container, ama: Browser, pair: tuple[Opened, Opened]) -> None:
    first, second = pair
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if any(name in statement for name in ("case_file", "filing", "event", "timer", "attachment")):
            statements.append(statement)

    engine = container.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        ama.get(first.address)
        before = len(statements)
        ama.get(f"{first.address}/merge?find={written(second)}")
        ama.send("/merges", others=written(second), stays="this")
        statements.clear()
        ama.get(first.address)
        assert len(statements) == before
        assert not any("case_link" in one or "rearrangement" in one for one in statements)
    finally:
        event.remove(engine, "before_cursor_execute", note)
