"""Letters on the desk: what waits, the screen on which one is keyed, its pages, and the register."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from cases.models import Case, LetterRow, Message, Read, ScanPage, StoredFile
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.letter_city import letter_city
from tests.web.conftest import Browser
from tests.web.lettered import POSTAL, SENDER, Put, enter, hold, put
from tests.web.test_page_budgets import MOST_BYTES, MOST_STATEMENTS, statements

Agents = Callable[..., Browser]
#: what tells keepers of the register that something waits
DOT = 'Letters<span class="pip"'
WORDS = {"into": "new", "subject": "Choked gutter", "text": "The gutter is choked", "sender_name": SENDER}


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with letter_city(settings, db, tmp_path) as made:
        yield made


@pytest.fixture
def keeper(agent: Agents) -> Browser:
    return agent(name="Kojo")


def row_of(db: Database, one: Put) -> LetterRow:
    with db.reader() as session:
        found: LetterRow = session.get_one(LetterRow, one.id)
        session.expunge(found)
        return found


def key(browser: Browser, one: Put, **values: Any) -> Any:
    browser.get(one.address)
    return browser.send("/key", **{"postal": POSTAL, **WORDS, **values})


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


def test_an_empty_register_teaches_how_letters_come(keeper: Browser) -> None:
    page = keeper.get("/desk/letters").get_data(as_text=True)
    assert "Nothing to key" in page and "scan folder" in page and 'name="files"' in page


def test_what_waits_is_listed_with_its_time_and_held_scans_with_the_reason(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db)
    db.run(lambda uow: hold(uow.session, container, pages=7, trouble="It has no cover sheets and 7 pages"))
    page = keeper.get("/desk/letters").get_data(as_text=True)
    assert one.number in page and SENDER in page and "Choked gutter" in page and "To key by" in page
    assert "It has no cover sheets and 7 pages" in page and "7 pages, by folder" in page


def test_what_was_read_stands_in_the_form_with_how_sure_it_is(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db, doubtful={"desilted": 58})
    page = keeper.get(one.address).get_data(as_text=True)
    assert value_of(page, "sender_name") == SENDER and "98 %" in page
    assert f"\n{POSTAL}</textarea>" in page and "61 %, look" in page and page.count("doubted") == 2
    assert 'data-word="desilted"' in page and 'href="#box-1"' in page and 'id="box-1"' in page and "58 %" in page
    assert "1 doubtful word<" in page and f'src="{one.address}/pages/1"' in page


def test_a_page_that_reads_badly_is_not_marked_word_by_word(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db, "Yesre mo se mommoa yen", doubtful=dict.fromkeys(["Yesre", "mo", "se", "mommoa"], 30))
    page = keeper.get(one.address).get_data(as_text=True)
    assert "reads badly" in page and "data-word=" not in page and "<rect" not in page


def test_a_keyed_letter_becomes_a_case_and_the_next_one_opens(
    keeper: Browser, container: Container, db: Database
) -> None:
    first, second = put(container, db, pages=2), put(container, db, "Another matter")
    answer = key(keeper, first, signed_by="Kwesi Invented", dated="2026-11-20", received_on="")
    assert answer.status_code == 303 and answer.headers["Location"].startswith(second.address)
    row = row_of(db, first)
    assert (row.state, row.keyed_by, row.sender_name) == ("keyed", keeper.viewer.id, SENDER)  # type: ignore[union-attr]
    with db.reader() as session:
        case = session.get_one(Case, row.case_id)
        message = session.get_one(Message, row.message_id)
        assert (message.channel, message.text) == ("letters", "The gutter is choked")
    assert f"{first.number} is done" in keeper.get(answer.headers["Location"]).get_data(as_text=True)
    page = keeper.get(f"/desk/cases/{case.reference}", follow_redirects=True).get_data(as_text=True)
    assert first.number in page and "2 pages as scanned" in page and f'hx-get="{first.address}/pages"' in page
    assert f"{first.number}.pdf" in page
    shown = keeper.get(first.address).get_data(as_text=True)
    assert "Keyed by Kojo" in shown and "Kwesi Invented" in shown and 'id="key-form"' not in shown
    pages = keeper.get(f"{first.address}/pages").get_data(as_text=True)
    assert pages.count("/pages/") == 2
    assert "Keyed today" in keeper.get("/desk/letters").get_data(as_text=True)


def test_the_last_letter_leads_back_to_the_list(keeper: Browser, container: Container, db: Database) -> None:
    one = put(container, db)
    answer = key(keeper, one)
    assert answer.headers["Location"].startswith("/desk/letters?done=")
    assert "No other letter waits" in keeper.get(answer.headers["Location"]).get_data(as_text=True)


def test_a_form_that_is_sent_twice_makes_one_case(keeper: Browser, container: Container, db: Database) -> None:
    one = put(container, db)
    keeper.get(one.address)
    form = {**keeper.fields("/key"), **WORDS}
    answers = [keeper.client.post(f"{one.address}/key", data=form).status_code for _ in range(2)]
    assert answers == [303, 303]
    with db.reader() as session:
        assert len(session.scalars(select(Case)).all()) == 1


WRONG = [
    ({"text": " ", "subject": ""}, "Write what the letter says", "subject"),
    ({"dated": "2999-01-01"}, "a day that is still to come", "dated"),
    ({"dated": "yesterday"}, "Write a day such as", "dated"),
    ({"into": "other", "other_case": ""}, "Write the reference", "other_case"),
    ({"into": "other", "other_case": "1000-0004"}, "There is no such case", "other_case"),
    ({"sender_name": "n" * 200}, "at most 120", "sender_name"),
]


@pytest.mark.parametrize("case", WRONG, ids=[told for _, told, _ in WRONG])
def test_a_refused_form_comes_back_with_all_that_was_written(
    keeper: Browser, container: Container, db: Database, case: tuple[dict[str, str], str, str]
) -> None:
    changes, told, field = case
    one = put(container, db)
    written = {"signed_by": "Kwesi Invented", "subject": "Gutter", "text": "It is choked", "dated": "2026-11-20"}
    answer = key(keeper, one, **{**written, **changes})
    assert answer.status_code in (404, 422) and told in keeper.page
    assert re.search(rf'class="form-control[^"]* wrong"[^>]*name="{field}"', keeper.page)
    for name, value in {**written, **changes}.items():
        if name not in ("text", "into"):
            assert value_of(keeper.page, name) == value, name
    assert row_of(db, one).state == "to_key"


def test_who_was_slower_is_told_and_loses_no_word(
    agent: Agents, keeper: Browser, container: Container, db: Database
) -> None:
    one, other = put(container, db), agent(name="Akua")
    other.get(one.address)
    assert key(keeper, one).status_code == 303
    answer = other.send("/key", **{**WORDS, "text": "My own words of it"})
    assert answer.status_code == 409
    assert "Somebody changed this" in other.page and "My own words of it" in other.page
    assert "Keyed by Kojo" in other.page


def test_a_letter_that_was_put_together_anew_keeps_what_was_typed(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db)
    keeper.get(one.address)
    db.run(lambda uow: uow.session.execute(update(LetterRow).values(version=2)))
    answer = keeper.send("/key", **{**WORDS, "text": "Typed already"})
    assert answer.status_code == 409 and "\nTyped already</textarea>" in keeper.page
    assert 'name="version" value="2"' in keeper.page


def test_what_cannot_be_read_says_why_and_can_be_keyed_later(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db)
    keeper.get(one.address)
    fields = keeper.fields("/key")
    refused = keeper.client.post(f"{one.address}/unreadable", data={**fields, "text": "Half of it"})
    assert refused.status_code == 422 and "Half of it" in refused.get_data(as_text=True)
    done = keeper.client.post(f"{one.address}/unreadable", data={**fields, "reason": "Water; in tray 3"})
    assert done.status_code == 303 and row_of(db, one).state == "unreadable"
    assert "Water; in tray 3" in keeper.get(one.address).get_data(as_text=True)
    assert key(keeper, one).status_code == 303 and row_of(db, one).state == "keyed"


def test_a_private_letter_shows_nothing_until_it_is_taken_back(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db, "To my dear brother", sender_name=SENDER)
    keeper.get(one.address)
    fields = keeper.fields("/key")
    assert keeper.client.post(f"{one.address}/private", data=fields).status_code == 303
    assert keeper.get(f"{one.address}/pages/1").status_code == 404
    page = keeper.get(one.address).get_data(as_text=True)
    assert "Not for the Assembly" in page and SENDER not in page and "brother" not in page
    assert SENDER not in keeper.get("/desk/letters").get_data(as_text=True)
    keeper.get(one.address)
    assert keeper.send("/back").status_code == 303
    assert row_of(db, one).state == "reading"


def test_pages_are_private_pictures_and_each_look_is_logged(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db)
    given = keeper.get(f"{one.address}/pages/1")
    assert given.status_code == 200 and given.mimetype == "image/png" and given.data[:4] == b"\x89PNG"
    assert given.headers["Cache-Control"].startswith("private") and given.headers["Vary"] == "Cookie"
    assert (
        given.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in given.headers["Content-Security-Policy"]
    )
    assert keeper.get(f"{one.address}/pages/2").status_code == 404
    with db.reader() as session:
        page = session.scalars(select(ScanPage.id)).one()
        assert ("letter", page) in session.execute(select(Read.kind, Read.item_id)).all()


def test_pages_of_a_scan_that_is_infected_are_not_shown(keeper: Browser, container: Container, db: Database) -> None:
    one = put(container, db)
    with_virus = update(StoredFile).where(StoredFile.media_type == "application/pdf").values(scan="infected")
    db.run(lambda uow: uow.session.execute(with_virus))
    assert keeper.get(f"{one.address}/pages/1").status_code == 423
    assert keeper.get(f"/desk/letters/scans/{one.scan_id}/pages/1").status_code == 423


def test_only_who_reads_its_case_sees_a_keyed_letter(
    agent: Agents, keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db)
    key(keeper, one)
    case_id = row_of(db, one).case_id
    hidden = update(Case).where(Case.id == case_id).values(confidential=True, department="harbour-works")
    db.run(lambda uow: uow.session.execute(hidden))
    own, other = agent(("agent", "harbour-works")), agent(("agent", "front-desk"))
    for path in ("", "/pages", "/pages/1"):
        assert own.get(one.address + path).status_code == 200, path
        assert other.get(one.address + path).status_code == 404, path
    assert other.get(f"/desk/letters/scans/{one.scan_id}").status_code == 404
    for address in ("/desk/letters", f"/desk/letters/register?q={one.number}"):
        page = other.get(address).get_data(as_text=True)
        assert one.number in page and SENDER not in page and "In a case that is not yours" in page
    found = other.get("/desk/letters/register?q=Traders").get_data(as_text=True)
    assert "No such letter" in found and SENDER not in found.partition("<main")[2].replace("q=Traders", "")
    assert agent(("auditor", "*")).get("/desk/letters").status_code == 403


REGISTER = [
    ("q={number}", True),
    ("q=traders of", True),
    ("q=choked", True),
    ("q=100%25", False),
    ("q=nobody", False),
    ("direction=out", False),
    ("since={day}&until={day}", True),
    ("since=2999-01-01", False),
]


def test_the_register_is_searched_by_number_name_and_day(keeper: Browser, container: Container, db: Database) -> None:
    one = put(container, db)
    day = row_of(db, one).received_on
    for asked, found in REGISTER:
        page = keeper.get(f"/desk/letters/register?{asked.format(number=one.number.lower(), day=day)}")
        assert (f'href="{one.address}"' in page.get_data(as_text=True)) is found, asked
    wrong = keeper.get("/desk/letters/register?since=nonsense")
    assert wrong.status_code == 422 and "From must be a day" in wrong.get_data(as_text=True)


def test_long_registers_have_pages(keeper: Browser, container: Container, db: Database) -> None:
    def fill(uow: Any) -> None:
        for _ in range(52):
            enter(uow.session, container, "Words")

    db.run(fill)
    page = keeper.get("/desk/letters/register").get_data(as_text=True)
    assert page.count('class="paper-row"') == 50
    more = re.search(r'href="([^"]*cursor=[^"]*)"', page)
    assert more and keeper.get(more[1].replace("&amp;", "&")).get_data(as_text=True).count('class="paper-row"') == 2


def test_colleagues_see_who_keys_what(agent: Agents, keeper: Browser, container: Container, db: Database) -> None:
    one, other = put(container, db), agent(name="Akua")
    token = {"X-CSRF-Token": re.search(r'name="csrf" value="([^"]+)"', keeper.get(one.address).text)[1]}  # type: ignore[index]
    beat = keeper.client.post(f"{one.address}/keying", headers=token)
    assert beat.json == {"others": []}
    assert "Kojo keys it" in other.get(one.address).get_data(as_text=True)
    assert "Kojo keys it" in other.get("/desk/letters").get_data(as_text=True)
    keeper.client.post(f"{one.address}/keying", headers=token, data={"gone": "yes"})
    assert "Kojo keys it" not in other.get(one.address).get_data(as_text=True)


def test_a_dot_tells_keepers_that_something_waits(
    agent: Agents, keeper: Browser, container: Container, db: Database
) -> None:
    assert DOT not in keeper.get("/desk").get_data(as_text=True)
    put(container, db)
    assert keeper.get("/desk").get_data(as_text=True).count(DOT) == 2
    page = agent(("auditor", "*")).get("/desk").get_data(as_text=True)
    assert DOT not in page and 'data-room="letters"' not in page


def test_the_pages_of_letters_cost_eight_statements_at_most(
    keeper: Browser, container: Container, db: Database
) -> None:
    known = put(container, db, sender_name=SENDER, postal=POSTAL)
    key(keeper, known)
    with db.reader() as session:
        reference = session.scalars(select(Case.reference)).one()
    text = " ".join(f"word{number}" for number in range(900))
    doubtful = {f"word{number}": 40 for number in range(0, 900, 3)}
    one = put(container, db, text, pages=6, doubtful=doubtful, reference_found=reference)
    db.run(lambda uow: [enter(uow.session, container, "More") for _ in range(45)])
    for address in ("/desk/letters", one.address, "/desk/letters/register", f"/desk/letters/scans/{one.scan_id}"):
        with statements(db) as asked:
            page = keeper.get(address)
        assert page.status_code == 200 and len(page.data) <= MOST_BYTES, f"{address}: {len(page.data)}"
        assert 0 < len(asked) <= MOST_STATEMENTS, f"{address} {len(asked)}: " + "\n".join(one[:80] for one in asked)
