"""One's own password and log-ins."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from cases.models import AgentSession, IdempotencyKey, StaffChange
from contactcentre.auth import sessions
from contactcentre.db import Database
from contactcentre.web.account import device
from tests.web.conftest import PASSWORD, Browser
from tests.web.people import GOOD, Agents, username_of

CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
def ama(agent: Agents) -> Browser:
    return agent(name="Ama")


def test_a_new_password_asks_for_the_old_one_and_logs_the_others_out(
    ama: Browser, anybody: Browser, db: Database
) -> None:
    name = username_of(db, ama)
    anybody.log_in(name)
    ama.get("/account/password")
    sent = {"password": GOOD, "repeated": GOOD}
    assert ama.send("/account/password", old="wrong", **sent).status_code == 422
    assert "not your password" in ama.page
    assert ama.send("/account/password", old=PASSWORD, **sent).status_code == 303
    assert ama.get("/desk").status_code == 200
    assert anybody.get("/desk").status_code == 303
    assert anybody.log_in(name).status_code == 422
    assert anybody.log_in(name, GOOD).status_code == 303
    with db.reader() as session:
        assert session.scalars(select(StaffChange.kind)).all() == ["password"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"password": "short", "repeated": "short"}, "at least 12"),
        ({"password": PASSWORD, "repeated": PASSWORD}, "another password than before"),
        ({"password": GOOD, "repeated": "else"}, "differ"),
        ({"password": "letmein-2026-x", "repeated": "letmein-2026-x"}, "well known"),
    ],
)
def test_a_refused_password_says_why(ama: Browser, values: dict[str, str], told: str) -> None:
    ama.get("/account/password")
    assert ama.send("/account/password", old=PASSWORD, **values).status_code == 422
    assert told in ama.page


def test_guesses_at_an_open_desk_are_counted(ama: Browser) -> None:
    ama.get("/account/password")
    for _ in range(5):
        assert ama.send("/account/password", old="wrong", password=GOOD, repeated=GOOD).status_code == 422
    assert ama.send("/account/password", old=PASSWORD, password=GOOD, repeated=GOOD).status_code == 422


def test_no_quick_hash_of_a_password_is_kept(ama: Browser, db: Database) -> None:
    ama.get("/account/password")
    assert ama.send("/account/password", old=PASSWORD, password=GOOD, repeated=GOOD).status_code == 303
    with db.reader() as session:
        (kept,) = session.scalars(select(IdempotencyKey.request_hash))
    assert kept == hashlib.sha256(repr(("POST", "/account/password", [], [])).encode()).hexdigest()


def test_log_ins_are_listed_with_a_masked_network_and_ended_singly(
    ama: Browser, anybody: Browser, agent: Agents, db: Database
) -> None:
    anybody.client.environ_base["HTTP_USER_AGENT"] = CHROME
    anybody.client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    anybody.log_in(username_of(db, ama))
    stranger = agent(name="Kofi")
    ama.get("/account/sessions")
    assert "Chrome on Android" in ama.page and "203.0.113.x" in ama.page and "203.0.113.77" not in ama.page
    assert ama.page.count("This browser") == 1
    with db.reader() as session:
        rows = session.scalars(select(AgentSession)).all()
    assert not any(row.token_hash in ama.page for row in rows)
    other = next(row for row in rows if row.agent_id == (stranger.viewer.id if stranger.viewer else 0))
    ama.send("/account/sessions", mark=sessions.mark_of(other))
    assert stranger.get("/desk").status_code == 200  # another's log-in is not ours to end
    ama.get("/account/sessions")
    assert ama.send("/account/sessions").status_code == 303  # the first form on the page ends one
    assert anybody.get("/desk").status_code == 303
    assert ama.get("/desk").status_code == 200


def test_all_others_are_ended_at_once(ama: Browser, app: object, anybody: Browser, db: Database) -> None:
    anybody.log_in(username_of(db, ama))
    ama.get("/account/sessions")
    fields = {name: value for name, value in ama.fields("/account/sessions").items() if name != "mark"}
    assert ama.client.post("/account/sessions", data={**fields, "key": "all-of-them"}).status_code == 303
    assert anybody.get("/desk").status_code == 303
    assert ama.get("/account/sessions").status_code == 200


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("154.160.12.9", "154.160.12.x"),
        ("::ffff:154.160.12.9", "154.160.12.x"),
        ("2001:db8:1:2::9", "2001:db8:1::x"),
        ("", ""),
    ],
)
def test_of_an_address_only_the_network_is_kept(address: str, kept: str) -> None:
    assert sessions.masked(address) == kept


def test_a_browser_is_named_as_people_know_it() -> None:
    assert device(CHROME) == "Chrome on Android"
    assert device("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0") == "Firefox on Linux"
    assert device("curl") == "A browser"
