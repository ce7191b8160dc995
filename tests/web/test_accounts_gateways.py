"""Every gateway on its account's page: its steps, its addresses as they are entered, and how it is tried."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest

from config.settings import Settings
from contactcentre.app import create_app
from contactcentre.db import Database
from tests.integration.dialling import SHIPPED, Dialled, shipped
from tests.web.conftest import Browser, make_agent

ACCOUNTS = """
[[accounts]]
id = "sms-tw"
channel = "sms"
gateway = "twilio"
address = "+447700900123"
account_sid = "AC00000000000000000000000000000000"
auth_token = "file:sms-tw-token"
hook_secret = "file:sms-tw-hook"
""" + "".join(
    f"""
[[accounts]]
id = "ussd-{gateway}"
channel = "ussd"
gateway = "{gateway}"
address = "*999*{number}#"
answers_by = "sms-at"
menu = "main"
hook_secret = "file:ussd-{gateway}-hook"
{more}
"""
    for number, (gateway, more) in enumerate((("arkesel", ""), ("hubtel", ""), ("nalo", 'user = "TOWN"')))
)


@contextmanager
def signed_in(settings: Settings, db: Database, folder: Path) -> Iterator[tuple[Browser, Dialled]]:
    """Give an administrator's browser, and a phone that dials the first code."""
    with shipped(settings, db, folder) as container:
        app = create_app(container)
        app.testing = True
        viewer = db.run(lambda uow: make_agent(uow.session, "esi", "Esi", (("administrator", "*"),)))
        browser = Browser(app.test_client(), viewer)
        browser.log_in("esi")
        yield browser, Dialled(app, container, "+233240000001")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped city with an account of every gateway."""
    made = tmp_path / "city"
    shutil.copytree(SHIPPED, made, ignore=shutil.ignore_patterns("*.py", "__pycache__", "demo.toml"))
    with (made / "departments" / "client-services.toml").open("a", encoding="utf-8") as file:
        file.write(ACCOUNTS)
    return made


def test_every_gateway_says_what_it_needs_on_its_page(settings: Settings, db: Database, folder: Path) -> None:
    with signed_in(settings, db, folder) as (browser, phone):
        for key, words, event in (
            ("sms-at", "SMS Callback URLs, Incoming Messages", "incoming"),
            ("sms-tw", "A message comes in", "incoming#rc=3&rp=ct,rt,5xx"),
            ("ussd-at", "Service Codes, your code, Callback", "session"),
            ("ussd-arkesel", "callback URL", "session"),
            ("ussd-hubtel", "service interaction URL", "session"),
            ("ussd-nalo", "USERID", "session"),
        ):
            assert browser.get(f"/admin/accounts/{key}?show=addresses").status_code == 200
            shown = unescape(browser.page)
            assert words in shown, key
            assert f'-0123456789abcdef0123456789abcdef/{event}"' in shown, key
            assert ("Send a test" in shown) is key.startswith("sms"), key
            assert ("from a telephone" in shown and "last dialled" in shown) is key.startswith("ussd"), key
        assert "The shipped" not in browser.page
        assert browser.get("/admin/accounts").status_code == 200
        assert len(browser.page.encode()) < 150_000
        assert browser.page.count("<section") == 11
        assert browser.page.count("Reaches nobody") == 2, "the shipped SMS accounts are of the sandbox"
        browser.get("/admin/accounts/ussd-at")
        assert "last dialled: <span" in browser.page
        phone.dial()
        browser.get("/admin/accounts/ussd-at")
        assert "last dialled: <time" in browser.page


def test_a_code_carries_no_test_message(settings: Settings, db: Database, folder: Path) -> None:
    with signed_in(settings, db, folder) as (browser, _):
        browser.get("/admin/accounts/sms-at")
        values = browser.fields("/admin/accounts/sms-at/trial")
        answer = browser.client.post("/admin/accounts/ussd-at/trial", data={**values, "to": "+233200000001"})
        assert answer.status_code == 422
        assert "dial its code instead" in answer.get_data(as_text=True)


def test_a_wrong_signature_is_told_apart_from_silence(settings: Settings, db: Database, folder: Path) -> None:
    with signed_in(settings, db, folder) as (browser, _):
        address = "/hooks/sms-tw/sms-tw-hook-0123456789abcdef0123456789abcdef/incoming"
        assert browser.client.post(address, data={"From": "+233200000001", "Body": "Hello"}).status_code == 403
        browser.get("/admin/accounts/sms-tw")
        assert "Wrong signature" in browser.page
        assert "Never called" in browser.page


def test_setup_of_the_shipped_city_is_honest(settings: Settings, db: Database, folder: Path) -> None:
    with signed_in(settings, db, folder) as (browser, _):
        browser.get("/admin/setup")
        for words in ("sms-at", "Sample charters", "Fante", "Right to Information Act", "Departments without anybody"):
            assert words in browser.page.split('id="done"')[0], words
        assert len(browser.page.encode()) < 150_000
