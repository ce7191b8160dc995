"""The second factor: set up by its first code, asked for at each log-in, each code good once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from cases.models import Agent, AgentLink, LoginAttempt, RecoveryCode, SecondFactor, StaffChange
from contactcentre.auth import sealed, second_factor
from contactcentre.auth.login import Asking, log_in, take_code
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.web.login import STEP_COOKIE
from tests.web.conftest import PASSWORD, Browser
from tests.web.people import Agents, code, set_up, username_of

ROLE = ("agent", "*")


@pytest.fixture
def ama(agent: Agents) -> Browser:
    return agent(ROLE, name="Ama")


def test_it_is_set_up_by_its_first_code_and_stored_encrypted(container: Container, ama: Browser, db: Database) -> None:
    secret, codes = set_up(container, ama)
    assert len(set(codes)) == 10
    with db.reader() as session:
        row = session.scalars(select(SecondFactor)).one()
        hashes = session.scalars(select(RecoveryCode.code_hash)).all()
        kinds = session.scalars(select(StaffChange.kind)).all()
    assert row.secret is not None and secret.encode() not in row.secret and row.pending is None
    key = container.derived_key(sealed.PURPOSE)
    assert sealed.open_sealed(key, row.secret, agent_id=row.agent_id) == secret
    assert sealed.open_sealed(key, row.secret, agent_id=row.agent_id + 1) is None
    assert sealed.open_sealed(b"k" * 32, row.secret, agent_id=row.agent_id) is None
    assert not any(one.replace("-", "") in hashed for one in codes for hashed in hashes)
    assert kinds == ["second_factor_on"]
    ama.get("/account/second-factor")
    assert secret not in ama.page and codes[0] not in ama.page and "10 recovery codes left" in ama.page


def test_a_wrong_first_code_leaves_it_off(ama: Browser, db: Database) -> None:
    ama.get("/account/second-factor")
    ama.send("/account/second-factor")
    ama.get("/account/second-factor")
    assert "data:image/svg+xml" in ama.page
    assert ama.send("/second-factor/confirm", code="000000x").status_code == 422
    with db.reader() as session:
        assert session.scalars(select(SecondFactor.confirmed_at)).one() is None


def test_a_log_in_then_asks_for_a_code_which_is_good_once(
    container: Container, ama: Browser, app: Flask, anybody: Browser, db: Database
) -> None:
    secret, _ = set_up(container, ama)
    name = username_of(db, ama)
    assert anybody.log_in(name).location == "/login/code"
    assert anybody.get("/desk").status_code == 303  # a right password alone opens nothing
    anybody.get("/login/code")
    assert anybody.send("/login/code", code=code(db, secret)).status_code == 422  # it set the factor up
    fresh = code(db, secret, steps=1)
    assert anybody.send("/login/code", code=f" {fresh[:3]} {fresh[3:]} ").status_code == 303
    assert anybody.get("/desk").status_code == 200
    thief = Browser(app.test_client())
    thief.log_in(name)
    thief.get("/login/code")
    assert thief.send("/login/code", code=fresh).status_code == 422


def test_the_step_alone_is_no_log_in_and_ends_with_its_use(
    container: Container, ama: Browser, app: Flask, anybody: Browser, db: Database
) -> None:
    secret, _ = set_up(container, ama)
    anybody.log_in(username_of(db, ama))
    step = anybody.client.get_cookie(STEP_COOKIE, path="/login")
    assert step is not None
    other = Browser(app.test_client())
    other.client.set_cookie("cc_session", step.value)
    assert other.get("/desk").status_code == 303
    assert other.get("/welcome/" + step.value).status_code == 404
    anybody.get("/login/code")
    assert anybody.send("/login/code", code=code(db, secret, steps=1)).status_code == 303
    key, asking = container.derived_key(sealed.PURPOSE), Asking("198.51.100.1", "")
    db.run(lambda uow: uow.session.execute(update(SecondFactor).values(last_step=0)))
    assert take_code(db, step=step.value, code=code(db, secret, steps=1), key=key, asking=asking) is None


def test_a_step_waits_ten_minutes_and_not_for_who_was_logged_out(
    container: Container, ama: Browser, anybody: Browser, db: Database
) -> None:
    secret, _ = set_up(container, ama)
    anybody.log_in(username_of(db, ama))
    anybody.get("/login/code")
    past = {"expires_at": AgentLink.expires_at - timedelta(minutes=10, seconds=1)}
    db.run(lambda uow: uow.session.execute(update(AgentLink).values(past)))
    assert anybody.send("/login/code", code=code(db, secret, steps=1)).location.startswith("/login")
    assert anybody.get("/login/code").location == "/login"


def test_a_recovery_code_is_good_once(container: Container, ama: Browser, app: Flask, db: Database) -> None:
    _, codes = set_up(container, ama)
    name = username_of(db, ama)

    def attempt(word: str) -> int:
        browser = Browser(app.test_client())
        browser.log_in(name)
        browser.get("/login/code")
        return browser.send("/login/code", code=word).status_code

    assert attempt(codes[3].upper()) == 303
    assert attempt(codes[3]) == 422
    assert attempt(codes[4].replace("-", " ")) == 303
    assert attempt("aaaaa-aaaaa") == 422


def test_five_wrong_codes_rest_it_whatever_the_password_says(container: Container, ama: Browser, db: Database) -> None:
    secret, _ = set_up(container, ama)
    name, key = username_of(db, ama), container.derived_key(sealed.PURPOSE)

    def attempt(word: str, number: int) -> str | None:
        asking = Asking(f"198.51.100.{number}", "")
        step = log_in(db, username=name, password=PASSWORD, asking=asking)
        assert step is not None and not isinstance(step, str)
        return take_code(db, step=step.token, code=word, key=key, asking=asking)

    assert [attempt("000000x", number) for number in range(5)] == [None] * 5
    assert attempt(code(db, secret, steps=1), 9) is None
    rested = timedelta(minutes=16)
    values = {
        "locked_until": LoginAttempt.locked_until - rested,
        "last_failure_at": LoginAttempt.last_failure_at - rested,
    }
    db.run(lambda uow: uow.session.execute(update(LoginAttempt).values(values)))
    assert attempt(code(db, secret, steps=1), 10)


def test_wrong_codes_count_against_their_network(container: Container, ama: Browser, db: Database) -> None:
    set_up(container, ama)
    name, key, asking = username_of(db, ama), container.derived_key(sealed.PURPOSE), Asking("203.0.113.7", "")
    step = log_in(db, username=name, password=PASSWORD, asking=asking)
    assert step is not None and not isinstance(step, str)
    take_code(db, step=step.token, code="000000x", key=key, asking=asking)
    with db.reader() as session:
        failures = session.scalars(select(LoginAttempt.failures).where(LoginAttempt.key == "network:203.0.113.7")).one()
    assert failures == 1


@pytest.mark.parametrize("role", ["administrator", "supervisor", "information_officer", "prcc_member"])
def test_a_role_that_must_have_one_may_do_nothing_else_after_a_week(
    container: Container, agent: Agents, db: Database, role: str
) -> None:
    browser = agent((role, "*"), name="Must")
    assert "asks for a second factor until" in browser.get("/account").get_data(as_text=True)
    week = timedelta(days=7, seconds=1)
    db.run(lambda uow: uow.session.execute(update(Agent).values(first_login_at=Agent.first_login_at - week)))
    for address in ("/desk", "/admin/people", "/desk/people/me"):
        assert browser.get(address).location == "/account/second-factor"
    part = browser.client.get("/desk", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/account/second-factor"
    assert browser.get("/account").status_code == 200
    set_up(container, browser)
    assert browser.get("/desk/people/me").status_code == 200
    browser.get("/account/second-factor")
    assert "Take it off" not in browser.page


def test_an_agent_needs_none_and_may_take_it_off_with_the_password(
    container: Container, ama: Browser, db: Database
) -> None:
    db.run(
        lambda uow: uow.session.execute(update(Agent).values(first_login_at=Agent.first_login_at - timedelta(days=90)))
    )
    assert ama.get("/desk").status_code == 200
    set_up(container, ama)
    ama.get("/account/second-factor")
    assert ama.send("/second-factor/off", password="wrong").status_code == 422
    assert ama.send("/second-factor/off", password=PASSWORD).status_code == 303
    with db.reader() as session:
        assert not second_factor.is_on(session, ama.viewer.id if ama.viewer and ama.viewer.id else 0)
        assert session.scalars(select(RecoveryCode)).all() == []


def test_new_codes_end_the_ones_before_and_ask_the_password(container: Container, ama: Browser) -> None:
    _, before = set_up(container, ama)
    ama.get("/account/second-factor")
    assert ama.send("/second-factor/codes").status_code == 422
    assert ama.send("/second-factor/codes", password=PASSWORD).status_code == 200
    after = re.findall(r"<code>([a-z0-9-]{11})</code>", ama.page)
    assert len(after) == 10 and not set(after) & set(before)


def test_setting_it_up_logs_out_the_other_browsers(
    container: Container, ama: Browser, anybody: Browser, db: Database
) -> None:
    anybody.log_in(username_of(db, ama))
    assert anybody.get("/desk").status_code == 200
    set_up(container, ama)
    assert anybody.get("/desk").status_code == 303
    assert ama.get("/desk").status_code == 200


def test_an_administrator_takes_a_lost_one_off_and_leaves_a_trace(
    container: Container, ama: Browser, agent: Agents, db: Database
) -> None:
    set_up(container, ama)
    admin, agent_id = agent(("administrator", "*"), name="Admin"), ama.viewer.id if ama.viewer else 0
    admin.get(f"/admin/people/{agent_id}")
    assert admin.send("/second-factor").status_code == 303
    assert ama.get("/desk").status_code == 303
    assert ama.log_in(username_of(db, ama)).location == "/"
    with db.reader() as session:
        row = session.scalars(select(StaffChange).where(StaffChange.kind == "second_factor_reset")).one()
    assert row.actor == (admin.viewer.actor if admin.viewer else "")
