"""The print room at the desk, without scripts: what is ticked is printed, posted, and written down as come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.datastructures import Headers

from cases.models import CoverSheet, LetterRow, PrintBatch, Read
from channels.letters import codes
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.papers import ACCOUNT, answered, paper_city, written_to
from tests.unit.test_letter_drawing import codes_on, pages
from tests.web.conftest import Browser
from tests.web.test_page_budgets import MOST_BYTES, MOST_STATEMENTS, statements

Agents = Callable[..., Browser]
OUT = "/desk/letters/out"


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with paper_city(settings, db, tmp_path) as made:
        yield made


@pytest.fixture
def keeper(agent: Agents) -> Browser:
    return agent(("agent", "*"), name="Ama")


def ticked(browser: Browser, *, all_of_them: bool = False) -> list[str]:
    """Return the values of the boxes that are ticked, or of all."""
    found = re.findall(r'<input[^>]*name="letter" value="([\d.]+)"([^>]*)>', browser.page)
    return [value for value, rest in found if all_of_them or "checked" in rest]


def opened(browser: Browser, address: str) -> tuple[bytes, Headers]:
    """Return a PDF as it is sent."""
    with browser.client.get(address) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        return answer.data, answer.headers


def rows(db: Database) -> list[LetterRow]:
    with db.reader() as session:
        return list(session.scalars(select(LetterRow).where(LetterRow.direction == "out").order_by(LetterRow.id)))


def test_letters_are_printed_together_posted_and_come_back(keeper: Browser, container: Container, db: Database) -> None:
    assert keeper.viewer is not None
    for number in (1, 2):
        case = written_to(container, home=f"Kofi Demo {number}\nHouse {number}\nNorthport")
        answered(container, keeper.viewer, case, f"Words for house {number}")
    keeper.get(OUT)
    assert "Kofi Demo 1" in keeper.page and "House 2, Northport" in keeper.page
    assert len(ticked(keeper)) == 2, "what waits is ticked: it is printed in one go"
    answer = keeper.send("/out/print", letter=ticked(keeper))
    assert (answer.status_code, answer.location) == (303, f"{OUT}?state=printed&batch=1")
    keeper.get(f"{OUT}?state=printed&batch=1")
    together, _ = opened(keeper, "/desk/letters/batches/1.pdf")
    assert [("Words for house 1" in page, "Words for house 2" in page) for page in pages(together)] == [
        (True, False), (False, True),
    ]  # fmt: skip
    chosen = ticked(keeper)
    day = str(rows(db)[0].dated)
    refused = keeper.client.post(
        f"{OUT}/posted", data={**keeper.fields("/out/print"), "letter": chosen, "on": "tomorrow", "tracking": "RR1"}
    )
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert "Give the day as 2026-11-24." in page and 'value="RR1"' in page and page.count("checked") == 2
    done = keeper.client.post(f"{OUT}/posted", data={**keeper.fields("/out/print"), "letter": chosen, "on": day})
    assert done.status_code == 303
    assert [one.state for one in rows(db)] == ["posted", "posted"]
    keeper.get(f"{OUT}?state=posted")
    first = ticked(keeper, all_of_them=True)[0]
    fields = {**keeper.fields("/out/print"), "letter": first, "on": day}
    assert keeper.client.post(f"{OUT}/returned", data=fields).status_code == 422, "a reason is asked for"
    assert keeper.client.post(f"{OUT}/returned", data={**fields, "why": "unclaimed"}).status_code == 303
    keeper.get(f"{OUT}?state=returned")
    assert "Not collected" in keeper.page
    with db.reader() as session:
        assert session.get_one(PrintBatch, 1).letters == 2
        assert [one.kind for one in session.scalars(select(Read).order_by(Read.id))] == ["export"]


def test_a_letter_opens_in_the_browser_and_can_do_nothing_there(
    keeper: Browser, container: Container, db: Database, agent: Agents
) -> None:
    assert keeper.viewer is not None
    row = answered(container, keeper.viewer, written_to(container))
    _, headers = opened(keeper, f"{OUT}/{row.id}.pdf")
    assert headers["Content-Disposition"].startswith("inline")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert agent(("executive", "*")).get(f"{OUT}/{row.id}.pdf").status_code == 403
    assert keeper.get(f"{OUT}/{row.id + 1}.pdf").status_code == 404
    with db.reader() as session:
        read = session.scalars(select(Read).where(Read.kind == "file")).one()
    assert (read.case_id, read.item_id) == (row.case_id, row.id)


def test_a_letter_that_is_not_set_yet_cannot_be_chosen(keeper: Browser, container: Container, db: Database) -> None:
    assert keeper.viewer is not None
    row = answered(container, keeper.viewer, written_to(container))
    db.run(lambda uow: setattr(uow.session.get_one(LetterRow, row.id), "pdf_sha256", None))
    keeper.get(OUT)
    assert "Being set for print" in keeper.page and ticked(keeper) == []
    answer = keeper.send("/out/print", letter=f"{row.id}.{row.version}")
    assert answer.status_code == 422 and "Wait some seconds" in keeper.page
    assert keeper.send("/out/print").status_code == 422


def test_an_answer_by_letter_is_counted_in_pages(keeper: Browser, container: Container, db: Database) -> None:
    case = written_to(container)
    address = f"/desk/cases/{case.reference[:4]}-{case.reference[4:]}"
    keeper.get(address)
    found = re.search(r'<section class="composer.*?</section>', keeper.page, re.DOTALL)
    assert found and "Reply by Letter" in found.group() and 'data-longest="12000"' in found.group()
    assert "once it is posted" in found.group()
    answer = keeper.send("/replies", text="x" * 13_000, how="send")
    assert answer.status_code == 422 and "about 3 pages" not in keeper.page
    assert keeper.send("/replies", text="line\n" * 90, how="resolve").status_code == 422, "an outcome is asked for"
    assert "about 3 pages" in keeper.page
    assert keeper.send("/replies", text="We come on Tuesday.", how="send").status_code == 303


def test_cover_sheets_are_numbered_and_signed(
    keeper: Browser, container: Container, db: Database, agent: Agents
) -> None:
    keeper.get("/desk/letters/covers")
    assert keeper.send("/letters/covers", count="51").status_code == 422
    answer = keeper.send("/letters/covers", count="3")
    assert answer.status_code == 303
    made, _ = opened(keeper, answer.location or "")
    key = container.accounts[ACCOUNT].key
    assert [codes.read(one, key) for one in codes_on(made, scale=1.4)] == [codes.Cover(n) for n in (1, 2, 3)]
    with db.reader() as session:
        assert len(session.scalars(select(CoverSheet)).all()) == 3
    assert agent(name="Kofi").get(answer.location).status_code == 404, "a sheet of somebody else's is not printed again"


def test_the_pages_cost_little(keeper: Browser, container: Container, db: Database) -> None:
    assert keeper.viewer is not None
    row = answered(container, keeper.viewer, written_to(container))

    def many(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        kept = {
            name: getattr(row, name) for name in ("account", "postal", "subject", "pdf_sha256", "message_id", "case_id")
        }
        for number in range(2, 130):
            more = {"direction": "out", "state": "to_print", "register_number": f"D-2026-{number:04d}"}
            session.add(LetterRow(**kept, **more, created_at=row.created_at, dated=row.dated))

    db.run(many)
    for address in (OUT, "/desk/letters/covers"):
        keeper.get(address)
        with statements(db) as asked:
            answer = keeper.get(address)
        assert len(asked) <= MOST_STATEMENTS, asked
        assert len(answer.data) < MOST_BYTES
    keeper.get(OUT)
    assert "99+" in keeper.page or "100+" in keeper.page
    assert len(ticked(keeper)) == 100 and "cursor=" in keeper.page
