"""Looks through the pages and the API leave their line, and the page that shows them tells no more than it may."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event, select

from cases.models import Attachment, Read, StoredFile
from contactcentre.container import Container
from contactcentre.db import Database
from tests.web.api_caller import callers
from tests.web.conftest import Browser, Opened

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def looks(db: Database) -> list[tuple[str, str, int | None, int | None]]:
    with db.reader() as session:
        found = session.scalars(select(Read).order_by(Read.id))
        return [(one.actor, one.kind, one.case_id, one.item_id) for one in found]


def test_opening_a_case_is_a_look_and_the_queue_is_none(agent: Agents, say: Say, db: Database) -> None:
    opened, ama = say("The gutter is choked"), agent()
    assert ama.viewer
    ama.get("/desk")
    assert looks(db) == []
    ama.get(opened.address)
    ama.get(opened.address)
    assert looks(db) == [(ama.viewer.actor, "case", opened.id, None)]


def test_a_case_that_is_not_shown_leaves_no_line(agent: Agents, say: Say, db: Database) -> None:
    opened, works = say("The gutter is choked"), agent(("agent", "harbour-works"))
    assert works.get(opened.address).status_code == 404
    assert looks(db) == []


def test_a_file_is_a_look(agent: Agents, say: Say, db: Database, container: Container) -> None:
    import io

    opened, ama = say("The gutter is choked"), agent()
    stored = container.files.put(io.BytesIO(b"plain words"))

    def attach(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        from cases import clock

        at = clock.now(session)
        session.add(StoredFile(sha256=stored.sha256, size=stored.size, media_type=stored.media_type, created_at=at))
        session.flush()
        session.add(row := Attachment(case_id=opened.id, sha256=stored.sha256, name="a.txt", added_at=at))
        session.flush()
        return int(row.id)

    file = db.run(attach)
    assert ama.viewer and ama.get(f"/desk/files/{file}").status_code == 200
    assert looks(db) == [(ama.viewer.actor, "file", opened.id, file)]


def test_a_program_that_reads_a_case_leaves_its_line(app: Flask, say: Say, db: Database) -> None:
    opened, machine = say("The gutter is choked"), callers(app, db)()
    assert machine.get(f"/cases/{opened.reference}").status_code == 200
    assert [(kind, case) for _, kind, case, _ in looks(db)] == [("case", opened.id)]
    assert looks(db)[0][0].startswith("token:")


def test_the_line_costs_one_statement(agent: Agents, say: Say, db: Database, container: Container) -> None:
    opened, ama = say("The gutter is choked"), agent()
    said: list[str] = []
    event.listen(container.db.engine, "before_cursor_execute", lambda *args: said.append(args[2].strip()))
    ama.get(opened.address)
    notes = [one for one in said if one.startswith("insert into read_log")]
    assert len(notes) == 1


def test_the_page_shows_an_auditor_at_what(agent: Agents, say: Say) -> None:
    opened, ama = say("The gutter is choked"), agent(name="Ama Asked")
    ama.get(opened.address)
    auditor, admin = agent(("auditor", "*")), agent(("administrator", "*"))
    written = f"{opened.reference[:4]}-{opened.reference[4:]}"
    assert auditor.get("/admin/reads").status_code == 200
    assert written in auditor.page and "Ama Asked" in auditor.page
    assert admin.get("/admin/reads").status_code == 200
    assert "Ama Asked" in admin.page and "A case that you may not read" in admin.page
    assert written not in admin.page and "gutter" not in admin.page


def test_the_page_is_narrowed_by_its_form(agent: Agents, say: Say) -> None:
    first, second = say("The gutter is choked"), say("The lamp is dark", sender=_phone(2))
    ama, auditor = agent(name="Ama Asked"), agent(("auditor", "*"))
    ama.get(first.address)
    ama.get(second.address)
    rows = _rows(auditor.get(f"/admin/reads?case={second.reference}").get_data(as_text=True))
    assert len(rows) == 1 and f"{second.reference[:4]}-{second.reference[4:]}" in rows[0]
    assert ama.viewer and auditor.viewer
    assert len(_rows(auditor.get(f"/admin/reads?agent={ama.viewer.id}").get_data(as_text=True))) == 2
    assert _rows(auditor.get(f"/admin/reads?agent={auditor.viewer.id}").get_data(as_text=True)) == []
    assert _rows(auditor.get("/admin/reads?until=2001-01-01").get_data(as_text=True)) == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("since=soon", "Since must be a day such as"),
        ("agent=me", "Agent must be a whole number"),
        ("case=0000-0000", "no such case"),
        ("citizen=999999", "no such citizen"),
    ],
)
def test_what_cannot_be_asked_is_said(agent: Agents, asked: str, words: str) -> None:
    auditor = agent(("auditor", "*"))
    assert auditor.get(f"/admin/reads?{asked}").status_code == 422
    assert words in auditor.page


def test_it_is_for_auditors_and_administrators(agent: Agents) -> None:
    for role in ("agent", "supervisor", "executive"):
        assert agent((role, "*")).get("/admin/reads").status_code == 403


def _rows(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r"<tr>.*?</tr>", body, re.DOTALL)


def _phone(number: int) -> object:
    from tests.factories import phone

    return phone(number)
