"""People from a file: looked at, then made; who is here changes only where ticked; links given out once."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import select

from cases.models import Agent, AgentLink, AgentProfile, AgentRole, OutboxEntry, StaffChange
from contactcentre.container import Container
from contactcentre.db import Database
from tests.web.conftest import Browser
from tests.web.people import GOOD, Agents, username_of

HEADER = "name,username,roles,languages,skills,phone\n"


@pytest.fixture
def admin(agent: Agents) -> Browser:
    return agent(("administrator", "*"), name="Admin")


@pytest.fixture
def place(container: Container) -> str:
    return next(iter(container.city.departments))


def look(admin: Browser, text: str | bytes) -> int:
    admin.get("/admin/people/import")
    content = text.encode() if isinstance(text, str) else text
    return admin.send("/import/look", file=(io.BytesIO(content), "people.csv")).status_code


def make(admin: Browser, text: str, **values: Any) -> int:
    assert look(admin, text) == 200
    return admin.send("/people/import", text=text, **values).status_code


def everybody(db: Database) -> dict[str, set[tuple[str, str]]]:
    with db.reader() as session:
        names = {row.id: row.username for row in session.scalars(select(Agent))}
        found: dict[str, set[tuple[str, str]]] = {name: set() for name in names.values()}
        for row in session.scalars(select(AgentRole)):
            found[names[row.agent_id]].add((row.role, row.department))
    return found


def test_looking_changes_nothing_and_tells_what_would_become(admin: Browser, db: Database, place: str) -> None:
    before = everybody(db)
    assert (
        look(admin, HEADER + f"Esi Test,esi,agent@{place},en,,\nAdmin,{username_of(db, admin)},administrator@*,,,\n")
        == 200
    )
    assert "<b>1</b> new" in admin.page and "<b>1</b> here already and the same" in admin.page
    assert everybody(db) == before


def test_every_fault_is_shown_with_line_and_column_and_nothing_is_made(
    admin: Browser, db: Database, place: str
) -> None:
    text = HEADER + f",esi,agent@{place},,,\nYaw,yaw,king@{place},,,\nAma,ama,agent@{place},,,12\n"
    assert look(admin, text) == 422
    assert "3 faults" in admin.page
    for column in ("name", "roles", "phone"):
        assert f"<td>{column}</td>" in admin.page
    sent = {**admin_fields(admin), "text": text}
    assert admin.client.post("/admin/people/import", data=sent).status_code == 422
    assert set(everybody(db)) == {username_of(db, admin)}


def admin_fields(admin: Browser) -> dict[str, str]:
    admin.get("/admin/people/new")
    return admin.fields("/people/new")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00n", b"", b"x" * 250_001])
def test_what_is_no_such_file_is_refused_in_words(admin: Browser, content: bytes) -> None:
    assert look(admin, content) == 422
    assert 'role="alert"' in admin.page or "faults in the file" in admin.page or "fault in the file" in admin.page


def test_new_people_are_made_and_their_links_given_out_once(
    admin: Browser, anybody: Browser, db: Database, container: Container, place: str
) -> None:
    text = (
        HEADER + f"=Esi Test,esi,agent@{place};supervisor@{place},en,by letter,\n"
        f"Yaw Test,yaw,field_officer@{place},,,020 000 0002\n"
    )
    assert make(admin, text, by="file") == 303
    assert everybody(db)["esi"] == {("agent", place), ("supervisor", place)}
    with db.reader() as session:
        esi = session.scalars(select(Agent).where(Agent.username == "esi")).one()
        profile = session.get_one(AgentProfile, esi.id)
        assert session.scalars(select(AgentLink)).all() == []
        assert session.scalars(select(StaffChange.kind).where(StaffChange.agent_id == esi.id)).all() == [
            "added",
            "tags",
        ]
    assert (profile.languages, profile.skills, esi.password_hash) == (["en"], ["by letter"], "")
    admin.get("/admin/people/import/1")
    given = admin.send("/import/1/links")
    assert given.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(given.get_data(as_text=True).removeprefix("\ufeff"), newline="")))
    assert rows[0] == ["name", "username", "link", "good until"]
    assert [row[:2] for row in rows[1:]] == [["'=Esi Test", "esi"], ["Yaw Test", "yaw"]]
    link = rows[1][2].removeprefix(container.settings.base_url)
    anybody.get(link)
    assert anybody.send(link, password=GOOD, repeated=GOOD).status_code == 303
    assert anybody.log_in("esi", GOOD).status_code == 303
    sent = {**admin_fields(admin), "key": "once more"}
    again = admin.client.post("/admin/people/import/1/links", data=sent)
    assert again.status_code == 422 and "given out already" in again.get_data(as_text=True)


def test_who_has_a_telephone_is_invited_by_it(admin: Browser, db: Database, place: str) -> None:
    text = HEADER + f"Esi,esi,agent@{place},,,\nYaw,yaw,agent@{place},,,020 000 0002\n"
    assert make(admin, text, by="sms") == 303
    with db.reader() as session:
        assert session.scalars(select(OutboxEntry.recipient)).all() == ["+64200000002"]
    admin.get("/admin/people/import/1")
    assert "1 invited by text message" in admin.page and "1 links" in admin.page


def test_who_is_here_changes_only_where_ticked(admin: Browser, agent: Agents, db: Database, place: str) -> None:
    ama, kofi = (username_of(db, agent(("agent", "*"), name=one)) for one in ("Ama", "Kofi"))
    text = HEADER + f"Ama New,{ama},supervisor@{place},,,\nKofi New,{kofi},supervisor@{place},,,\n"
    assert make(admin, text) == 422
    assert "nothing is ticked" in admin.page
    assert admin.send("/people/import", text=text, update=ama).status_code == 303
    now = everybody(db)
    assert now[ama] == {("supervisor", place)} and now[kofi] == {("agent", "*")}
    with db.reader() as session:
        assert set(session.scalars(select(Agent.name))) == {"Admin", "Ama New", "Kofi"}


def test_a_file_does_not_touch_ones_own_roles_nor_who_left(
    admin: Browser, agent: Agents, db: Database, place: str
) -> None:
    own, gone = username_of(db, admin), agent(name="Gone")
    name = username_of(db, gone)
    admin.get(f"/admin/people/{gone.viewer.id if gone.viewer else 0}")
    admin.send("/disable")
    text = HEADER + f"Admin,{own},agent@{place},,,\nGone,{name},agent@{place},,,\nEsi,esi,agent@{place},,,\n"
    assert make(admin, text, update=[own, name]) == 303
    now = everybody(db)
    assert now[own] == {("administrator", "*")} and now[name] == {("agent", "*")} and "esi" in now


def test_the_same_form_twice_makes_them_once(admin: Browser, db: Database, place: str) -> None:
    text = HEADER + f"Esi,esi,agent@{place},,,\n"
    look(admin, text)
    sent = {**admin.fields("/people/import"), "text": text, "by": "file"}
    first, second = (admin.client.post("/admin/people/import", data=sent) for _ in range(2))
    assert (
        (first.status_code, first.location) == (second.status_code, second.location) == (303, "/admin/people/import/1")
    )


def test_an_import_is_shown_to_who_made_it_alone(admin: Browser, agent: Agents, db: Database, place: str) -> None:
    make(admin, HEADER + f"Esi,esi,agent@{place},,,\n", by="file")
    other = agent(("administrator", "*"), name="Other")
    assert other.get("/admin/people/import/1").status_code == 404
    sent = {**admin_fields(other), "key": "mine"}
    assert other.client.post("/admin/people/import/1/links", data=sent).status_code == 404


def test_the_sample_can_be_taken_over(admin: Browser) -> None:
    sample = admin.get("/admin/people/import/sample.csv")
    assert "attachment" in sample.headers["Content-Disposition"]
    assert look(admin, sample.data) == 200
    assert "<b>2</b> new" in admin.page
