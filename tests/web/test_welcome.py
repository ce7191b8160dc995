"""Invitations and links for a new password: good once, for a while, for one person; and they tell nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from cases.models import Agent, AgentLink, AgentSession, OutboxEntry, StaffChange
from cases.models import Message as MessageRow
from contactcentre.auth import links
from contactcentre.container import Container
from contactcentre.db import Database
from tests.web.conftest import PASSWORD, Browser
from tests.web.people import GOOD, Agents, link_on, username_of


@pytest.fixture
def admin(agent: Agents) -> Browser:
    return agent(("administrator", "*"), name="Admin")


def invited(admin: Browser, db: Database, username: str = "esi", phone: str = "") -> int:
    admin.get("/admin/people/new")
    values = {"role0": "agent", "where0": "*", "phone": phone}
    assert admin.send("/people/new", name="Esi Test", username=username, **values).status_code == 303
    with db.reader() as session:
        return session.scalars(select(Agent.id).where(Agent.username == username)).one()


def shown(admin: Browser, agent_id: int) -> str:
    admin.get(f"/admin/people/{agent_id}")
    assert admin.send("/link", by="shown").status_code == 200
    return link_on(admin.page)


def choose(browser: Browser, link: str, password: str = GOOD, repeated: str | None = None) -> int:
    assert browser.get(link).status_code == 200
    return browser.send(link, password=password, repeated=password if repeated is None else repeated).status_code


def test_an_invitation_sets_a_password_once(admin: Browser, anybody: Browser, app: Flask, db: Database) -> None:
    link = shown(admin, invited(admin, db))
    other = Browser(app.test_client())
    other.get(link)
    assert choose(anybody, link) == 303
    assert anybody.log_in("esi", GOOD).status_code == 303
    assert other.send(link, password="another long one", repeated="another long one").status_code == 404
    assert anybody.get(link).status_code == 404
    with db.reader() as session:
        row = session.scalars(select(AgentLink)).one()
        assert link.rpartition("/")[2] not in row.token_hash and len(row.token_hash) == 64
        kinds = session.scalars(select(StaffChange.kind).order_by(StaffChange.id)).all()
    assert kinds == ["added", "invited", "password"]


def test_looking_at_a_link_uses_nothing_up_and_keeps_its_address_here(
    admin: Browser, anybody: Browser, db: Database
) -> None:
    link = shown(admin, invited(admin, db))
    for _ in range(3):
        answer = anybody.get(link)
        assert (answer.status_code, answer.headers["Referrer-Policy"]) == (200, "no-referrer")
        assert "no-store" in answer.headers["Cache-Control"]


def test_only_the_exact_live_link_is_good(admin: Browser, anybody: Browser, db: Database) -> None:
    agent_id = invited(admin, db)
    old = shown(admin, agent_id)
    link = shown(admin, agent_id)
    token = link.rpartition("/")[2]
    wrong = [
        old,
        *(f"/welcome/{one}" for one in ("%20", "0", "null", "None", token[:-1], token + "x", token.swapcase())),
    ]
    wrong += [f"/welcome/{token[1:]}", "/welcome/" + "A" * 43, "/welcome/%00", f"/welcome/{token}%20"]
    pages = set()
    for one in wrong:
        assert anybody.get(one).status_code == 404, one
        pages.add(anybody.page)
    assert len({page.partition("<main>")[2] for page in pages}) == 1
    assert choose(anybody, link) == 303


def test_a_link_ends_by_its_time_and_with_the_work_of_whose_it_is(
    admin: Browser, anybody: Browser, db: Database
) -> None:
    agent_id = invited(admin, db)
    link = shown(admin, agent_id)
    with db.reader() as session:
        row = session.scalars(select(AgentLink)).one()
    assert row.expires_at - row.created_at == timedelta(days=7)
    anybody.get(link)
    past = {"expires_at": AgentLink.expires_at - timedelta(days=7, seconds=1)}
    db.run(lambda uow: uow.session.execute(update(AgentLink).values(past)))
    assert anybody.send(link, password=GOOD, repeated=GOOD).status_code == 404
    link = shown(admin, agent_id)
    anybody.get(link)
    admin.get(f"/admin/people/{agent_id}")
    assert admin.send("/disable").status_code == 303
    assert anybody.send(link, password=GOOD, repeated=GOOD).status_code == 404
    admin.get(f"/admin/people/{agent_id}")
    admin.send("/enable")
    assert anybody.get(link).status_code == 404


def test_a_new_password_by_link_ends_every_log_in_and_is_good_an_hour(
    admin: Browser, agent: Agents, anybody: Browser, db: Database
) -> None:
    browser = agent(("agent", "*"), name="Ama")
    username, agent_id = username_of(db, browser), browser.viewer.id if browser.viewer else 0
    for _ in range(6):
        anybody.log_in(username, "wrong words here")
    link = shown(admin, agent_id or 0)
    with db.reader() as session:
        row = session.scalars(select(AgentLink)).one()
    assert (row.kind, row.expires_at - row.created_at) == ("reset", timedelta(hours=1))
    assert choose(anybody, link) == 303
    assert browser.get("/desk").status_code == 303
    assert anybody.log_in(username, PASSWORD).status_code == 422
    assert anybody.log_in(username, GOOD).status_code == 303


def test_a_refused_password_leaves_the_link_good(admin: Browser, anybody: Browser, db: Database) -> None:
    link = shown(admin, invited(admin, db))
    refused = {"at least 12": ("short", "short"), "well known": ("password1234",) * 2, "differ": (GOOD, GOOD + "x")}
    for told, words in refused.items():
        assert choose(anybody, link, *words) == 422
        assert told in anybody.page
    assert choose(anybody, link) == 303


def test_the_form_needs_both_halves_of_its_token(admin: Browser, anybody: Browser, db: Database) -> None:
    link = shown(admin, invited(admin, db))
    assert anybody.client.post(link, data={"password": GOOD, "repeated": GOOD}).status_code == 400


def test_who_has_no_password_yet_cannot_log_in_with_none(admin: Browser, anybody: Browser, db: Database) -> None:
    invited(admin, db)
    for word in ("", "-", "nobody's password"):
        assert anybody.log_in("esi", word).status_code == 422


def test_a_link_by_text_message_is_stored_in_the_outbox_alone(
    admin: Browser, anybody: Browser, db: Database, container: Container
) -> None:
    agent_id = invited(admin, db, phone="+233200000001")
    admin.get(f"/admin/people/{agent_id}")
    assert admin.send("/link", by="sms").status_code == 200
    assert "/welcome/" not in admin.page
    with db.reader() as session:
        entry = session.scalars(select(OutboxEntry)).one()
        text = session.get_one(MessageRow, entry.message_id).text
    assert (entry.message_class, entry.recipient) == ("staff", "+233200000001")
    assert "{link}" in text and "welcome" not in text and "esi" not in text.lower()
    assert entry.fill is not None
    link = str(entry.fill["link"]).removeprefix(container.settings.base_url)
    assert choose(anybody, link) == 303


def test_a_link_is_shown_once_and_not_for_the_same_form_again(admin: Browser, db: Database) -> None:
    agent_id = invited(admin, db)
    admin.get(f"/admin/people/{agent_id}")
    sent = {**admin.fields("/link"), "by": "shown"}
    first = admin.client.post(f"/admin/people/{agent_id}/link", data=sent).get_data(as_text=True)
    again = admin.client.post(f"/admin/people/{agent_id}/link", data=sent).get_data(as_text=True)
    assert link_on(first) and "/welcome/" not in again
    with db.reader() as session:
        assert links.find(session, link_on(first).rpartition("/")[2], "invitation") is not None


def test_who_is_logged_in_before_is_not_after_their_work_ended(admin: Browser, agent: Agents, db: Database) -> None:
    browser = agent(("agent", "*"), name="Kofi")
    admin.get(f"/admin/people/{browser.viewer.id if browser.viewer else 0}")
    admin.send("/disable")
    assert browser.get("/desk").status_code == 303
    with db.reader() as session:
        ours = select(AgentSession.revoked_at).where(
            AgentSession.agent_id == (browser.viewer.id if browser.viewer else 0)
        )
        assert session.scalars(ours).one() is not None
