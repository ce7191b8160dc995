"""Accounts on a page: what came and left, what the gateway needs, and a test message from the form to its report."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from cases import brakes
from cases.clock import now
from cases.models import AgentSession, Message, OutboxEntry, Trial
from cases.permissions import Role, Viewer, ViewerKind
from channels.errors import BadAddress
from contactcentre.db import Database
from tests.integration.callbacks import hook, sms
from tests.integration.delivering import Channel, as_worker, put
from tests.web.conftest import Browser
from workers import deliver

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
PAGE = "/admin/accounts"
FRONT = f"{PAGE}/sms-front"
PHONE = "+233200000077"
SUPERVISOR = Viewer(ViewerKind.AGENT, 1, "Sup", frozenset({(Role.SUPERVISOR, "*")}))


@pytest.fixture
def admin(agent: Agents) -> Browser:
    return agent(("administrator", "*"), name="Esi")


def came(admin: Browser, container: Container, event: str = "incoming", **form: str) -> None:
    """Let a callback come."""
    assert admin.client.post(hook(container, event), data=form).status_code == 200


def pulled(db: Database, scope: str) -> None:
    db.run(lambda uow: brakes.pull(uow.session, SUPERVISOR, scope=scope, reason="test", at=now(uow.session)))


def test_every_account_is_listed_with_its_callbacks_and_no_secret(admin: Browser, container: Container) -> None:
    admin.get(PAGE)
    for key in ("sms-front", "sms-works"):
        assert f"/hooks/{key}/••••••••/incoming" in admin.page
        assert container.read_secret(container.account_settings[key].hook_secret) not in admin.page
    assert "Africa&#39;s Talking" in admin.page
    assert "0.00 of 500 for 0 messages" in admin.page
    assert admin.page.count("Never called") == 2


def test_what_came_is_told(admin: Browser, container: Container) -> None:
    came(admin, container, **sms("Hello"))
    admin.get(FRONT)
    incoming, delivery = (admin.page.split(f"/{one}</code>")[1].split("</li>")[0] for one in ("incoming", "delivery"))
    assert "<time" in incoming
    assert "never" in delivery
    admin.get(PAGE)
    assert admin.page.count("Never called") == 1


def test_steps_say_where_each_address_and_secret_goes(admin: Browser, container: Container) -> None:
    secret = container.read_secret(container.account_settings["sms-front"].hook_secret)
    admin.get(FRONT)
    assert "Under SMS, SMS Callback URLs, Incoming Messages, enter this address." in admin.page
    assert "sms-front-api-key" in admin.page
    assert secret not in admin.page
    admin.get(f"{FRONT}?show=addresses")
    assert f'value="http://127.0.0.1:8000/hooks/sms-front/{secret}/incoming"' in admin.page
    key = container.read_secret(container.account_settings["sms-front"].api_key)  # type: ignore[attr-defined]
    assert key not in admin.page


def test_a_secret_that_is_not_there_is_named(admin: Browser, container: Container) -> None:
    folder = container.settings.secrets_dir
    kept = {name: (folder / name).read_text() for name in ("sms-front-hook", "sms-front-api-key")}
    try:
        for name in kept:
            (folder / name).unlink()
        admin.get(PAGE)
        assert "No api key" in admin.page
        assert "hook_secret is missing" in admin.page
        assert admin.get(f"{FRONT}?show=addresses").status_code == 200
        assert "cannot be read" in admin.page
    finally:
        for name, words in kept.items():
            (folder / name).write_text(words)


def send(admin: Browser, phone: str = PHONE) -> int:
    admin.get(FRONT)
    return admin.send(f"{FRONT}/trial", to=phone).status_code


def progress(admin: Browser) -> str:
    admin.get(f"{FRONT}/trials")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", admin.page)).strip()


def test_a_test_message_is_watched_to_its_report(admin: Browser, container: Container, db: Database) -> None:
    assert send(admin) == 303
    assert "Queued" in progress(admin)
    assert 'hx-trigger="every 3s"' in admin.page
    with db.reader() as session:
        entry = session.scalars(select(OutboxEntry)).one()
        message = session.get_one(Message, entry.message_id)
        assert (entry.message_class, entry.account, entry.recipient) == ("staff", "sms-front", PHONE)
        assert message.text == "Northport: a test message. Nothing is to be done."
    db.run(lambda uow: uow.session.execute(text("update outbox set state = 'sent', via = 'sms-works'")))
    db.run(lambda uow: uow.session.execute(text("update message set status = 'sent', external_id = 'x7'")))
    assert "Sent" in progress(admin)
    assert "given to sms-works" in progress(admin)
    came(admin, container, "delivery", id="x7", status="Success", phoneNumber=PHONE)
    assert "Delivered" in progress(admin)
    assert "hx-trigger" not in admin.page


def test_a_gateway_that_refuses_is_told_in_words(
    admin: Browser, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise BadAddress("nobody has it")

    assert send(admin) == 303
    put(as_worker(container, monkeypatch), **{"sms-front": Channel(refuse)})
    deliver.drain("sms-front")
    container._channels = (-1, {})
    found = progress(admin)
    assert "Failed" in found
    assert BadAddress.agent_text in found
    assert "hx-trigger" not in admin.page


@pytest.mark.parametrize(("scope", "words"), [("all", "the brake is on"), ("staff", "the brake on messages to staff")])
def test_brakes_hold_it_and_are_named(admin: Browser, db: Database, scope: str, words: str) -> None:
    pulled(db, scope)
    assert send(admin) == 303
    assert f"nothing leaves while {words}" in progress(admin)


def test_a_brake_on_others_does_not_hold_it(admin: Browser, db: Database) -> None:
    pulled(db, "broadcast")
    assert send(admin) == 303
    assert "waits for a worker" in progress(admin)


def test_the_same_form_sends_once_and_an_hour_has_a_bound(admin: Browser, db: Database) -> None:
    admin.get(FRONT)
    values = {**admin.fields(f"{FRONT}/trial"), "to": PHONE}
    assert [admin.client.post(f"{FRONT}/trial", data=values).status_code for _ in range(3)] == [303] * 3
    assert counted(db) == 1
    assert [send(admin, f"+23320000007{one}") for one in range(6)] == [303] * 5 + [422]
    assert "6 test messages in the last hour" in admin.page
    assert counted(db) == 6
    db.run(lambda uow: uow.session.execute(text("update trial set asked_at = asked_at - interval '61 minutes'")))
    assert send(admin) == 303


def counted(db: Database) -> int:
    with db.reader() as session:
        return session.scalar(select(func.count()).select_from(Trial)) or 0


@pytest.mark.parametrize("phone", ["", "nobody", "12", "<b>", "9" * 60])
def test_what_is_no_number_is_refused_and_given_back(admin: Browser, db: Database, phone: str) -> None:
    assert send(admin, phone) == 422
    assert "Write a telephone number" in admin.page
    assert '<b>"' not in admin.page
    assert counted(db) == 0


def test_whoever_said_stop_gets_none(admin: Browser, container: Container, db: Database) -> None:
    came(admin, container, **{**sms("STOP"), "from": PHONE})
    assert send(admin) == 422
    assert "has said STOP" in admin.page
    assert counted(db) == 0


@pytest.mark.parametrize("role", ["supervisor", "agent", "auditor", "executive", "information_officer"])
def test_others_may_not(agent: Agents, db: Database, role: str) -> None:
    other = agent((role, "*"), name=role)
    for address in (PAGE, FRONT, f"{FRONT}?show=addresses", f"{FRONT}/trials", "/admin/setup"):
        assert other.get(address).status_code == 403, address
    with db.reader() as session:
        token = session.scalars(select(AgentSession.csrf_token)).first()
    answer = other.client.post(f"{FRONT}/trial", data={"csrf": token, "key": "k", "to": PHONE})
    assert answer.status_code == 403
    assert counted(db) == 0


def test_strangers_are_sent_to_the_log_in(anybody: Browser) -> None:
    assert anybody.get(PAGE).status_code == 303
    assert anybody.get("/admin/setup").status_code == 303


def test_what_is_not_there(admin: Browser) -> None:
    assert admin.get(f"{PAGE}/nothing").status_code == 404
    assert admin.get(f"{PAGE}/nothing/trials").status_code == 404


def test_setup_names_what_is_missing_and_where_it_is_mended(admin: Browser) -> None:
    admin.get("/admin/setup")
    assert "things are missing" in admin.page
    assert "Departments without a supervisor" in admin.page
    assert "CONTACTCENTRE_ENV: is development" in admin.page
    assert 'href="/admin/accounts">Go there' in admin.page
    assert "Te Reo" in admin.page
    assert "Records Act: " in admin.page


def test_setup_knows_people_and_callbacks_as_they_are(admin: Browser, agent: Agents, container: Container) -> None:
    agent(("supervisor", "*"), name="Kofi")
    admin.get("/admin/setup")
    assert "Departments without a supervisor" not in admin.page.split('id="done"')[0]
    assert "sms-front: incoming, delivery, optout never came" in admin.page
    came(admin, container, **sms("Hello"))
    admin.get("/admin/setup")
    assert "sms-front: delivery, optout never came" in admin.page
