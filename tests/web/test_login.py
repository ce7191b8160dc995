"""Log-in, log-out, and what stands before every page: permissions, form tokens, headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import extract_parameters
from flask import Flask
from sqlalchemy import select, update

from cases import clock
from cases.models import Agent, AgentRole, AgentSession, LoginAttempt
from contactcentre.auth import lockout, passwords, sessions
from contactcentre.auth.login import Asking, Step, log_in
from contactcentre.db import Database
from contactcentre.web import guard
from tests.web.conftest import PASSWORD, Browser, Opened, make_agent

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


@pytest.fixture
def ama(db: Database) -> str:
    db.run(lambda uow: make_agent(uow.session, "ama", "Ama", (("agent", "*"),)))
    return "ama"


def cookie(browser: Browser) -> str:
    found = browser.client.get_cookie(sessions.COOKIE)
    assert found
    return found.value


def test_a_log_in_leads_to_the_page_that_was_asked_for(anybody: Browser, ama: str) -> None:
    asked = anybody.get("/desk?view=mine")
    assert (asked.status_code, asked.location) == (303, "/login?next=/desk?view%3Dmine")
    anybody.get(asked.location)
    answer = anybody.send("/login", username=" AMA ", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/desk?view=mine")
    assert anybody.get("/desk").status_code == 200
    assert anybody.get("/login").location == "/"
    assert anybody.get("/").location == "/desk"


def test_who_reads_no_cases_is_led_to_their_account(agent: Callable[..., Browser]) -> None:
    browser = agent(("administrator", "*"), name="Admin")
    assert browser.get("/").location == "/account"
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("role", "first"), [("administrator", "/admin/setup"), ("auditor", "/admin/clinic"), ("agent", "/account")]
)
def test_the_administrators_address_leads_to_the_first_of_ones_pages(
    agent: Callable[..., Browser], role: str, first: str
) -> None:
    answer = agent((role, "*")).get("/admin")
    assert (answer.status_code, answer.location) == (302, first)


def test_the_cookie_is_for_this_site_only_and_stored_hashed(anybody: Browser, ama: str, db: Database) -> None:
    answer = anybody.log_in(ama)
    header = next(h for h in answer.headers.getlist("Set-Cookie") if h.startswith(sessions.COOKIE))
    assert "HttpOnly" in header and "SameSite=Lax" in header and "Secure" not in header
    with db.reader() as session:
        (row,) = session.scalars(select(AgentSession))
    assert row.token_hash == sessions.digest(cookie(anybody))
    assert row.expires_at - row.created_at == timedelta(hours=24)


def test_a_cookie_that_somebody_planted_is_not_taken_over(anybody: Browser, ama: str) -> None:
    anybody.client.set_cookie(sessions.COOKIE, "planted")
    anybody.log_in(ama)
    first = cookie(anybody)
    assert first != "planted"
    anybody.client.delete_cookie(sessions.COOKIE)
    anybody.get("/login")
    anybody.client.set_cookie(sessions.COOKIE, first)
    anybody.send("/login", username=ama, password=PASSWORD)
    assert cookie(anybody) != first
    anybody.client.set_cookie(sessions.COOKIE, first)
    assert anybody.get("/desk").status_code == 303  # the log-in before ended with the new one


def test_log_out_ends_it_on_the_server_too(anybody: Browser, ama: str) -> None:
    anybody.log_in(ama)
    copied = cookie(anybody)
    anybody.get("/account")
    assert anybody.send("/logout").status_code == 303
    anybody.client.set_cookie(sessions.COOKIE, copied)
    assert anybody.get("/desk").status_code == 303


@pytest.mark.parametrize("hours", [12.1, 24.1])
def test_a_log_in_ends_by_idleness_and_by_age(anybody: Browser, ama: str, db: Database, hours: float) -> None:
    anybody.log_in(ama)
    aged = timedelta(hours=hours)
    fresh = timedelta() if hours > 24 else aged
    db.run(
        lambda uow: uow.session.execute(
            update(AgentSession).values(expires_at=AgentSession.expires_at - aged, seen_at=AgentSession.seen_at - fresh)
        )
    )
    assert anybody.get("/desk").status_code == 303


def test_use_is_noted_now_and_then_so_that_a_day_of_work_is_not_idle(anybody: Browser, ama: str, db: Database) -> None:
    anybody.log_in(ama)
    earlier = timedelta(minutes=6)
    db.run(lambda uow: uow.session.execute(update(AgentSession).values(seen_at=AgentSession.seen_at - earlier)))
    anybody.get("/desk")
    with db.reader() as session:
        (row,) = session.scalars(select(AgentSession))
        assert clock.now(session) - row.seen_at < timedelta(minutes=1)


def test_a_disabled_agent_and_a_taken_role_count_at_once(anybody: Browser, ama: str, db: Database) -> None:
    anybody.log_in(ama)
    db.run(lambda uow: uow.session.execute(update(AgentRole).values(role="administrator")))
    assert anybody.get("/desk").status_code == 403
    db.run(lambda uow: uow.session.execute(update(Agent).values(active=False)))
    assert anybody.get("/desk").status_code == 303
    assert anybody.log_in(ama).status_code == 422


def test_a_refusal_says_the_same_whatever_was_wrong(anybody: Browser, ama: str) -> None:
    def said(username: str, password: str) -> str:
        assert anybody.log_in(username, password).status_code == 422
        page = re.sub(r'value="[^"]*"', "", anybody.page)
        return re.sub(r"number .*?</span>", "", page)

    assert said(ama, "wrong") == said("nobody", "wrong") == said("nobody", PASSWORD)


def test_a_refusal_costs_as_much_for_a_name_that_does_not_exist(
    db: Database, ama: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash is computed each time, with the same parameters: the time of an answer names nobody."""
    db.run(lambda uow: uow.session.execute(update(Agent).values(password_hash=passwords.hash(PASSWORD))))
    computed, matches = [], passwords.matches
    monkeypatch.setattr(
        passwords, "matches", lambda hash, text: computed.append(extract_parameters(hash)) or matches(hash, text)
    )
    for username in (ama, "nobody"):
        assert log_in(db, username=username, password="wrong", asking=Asking("198.51.100.1", "")) is None
    assert computed[0] == computed[1] == extract_parameters(passwords.hash("any"))


def test_five_failures_rest_a_name_even_from_elsewhere(db: Database, ama: str) -> None:
    def attempt(password: str, number: int) -> str | Step | None:
        return log_in(db, username=ama, password=password, asking=Asking(f"198.51.100.{number}", ""))

    assert [attempt("wrong", number) for number in range(1, 6)] == [None] * 5
    assert attempt(PASSWORD, 6) is None
    rested = timedelta(minutes=15, seconds=1)
    values = {
        "locked_until": LoginAttempt.locked_until - rested,
        "last_failure_at": LoginAttempt.last_failure_at - rested,
    }
    db.run(lambda uow: uow.session.execute(update(LoginAttempt).values(values)))
    assert attempt(PASSWORD, 7)
    with db.reader() as session:
        assert not session.scalars(select(LoginAttempt.key).where(LoginAttempt.key.like("user:%"))).all()


def test_four_failures_and_the_right_password_are_a_log_in(db: Database, ama: str) -> None:
    for _ in range(4):
        assert log_in(db, username=ama, password="wrong", asking=Asking("198.51.100.9", "")) is None
    assert log_in(db, username=ama, password=PASSWORD, asking=Asking("198.51.100.9", ""))
    # The network's four stay, so that one known log-in cannot wash off a search for others.
    with db.reader() as session:
        assert session.scalars(select(LoginAttempt.failures)).all() == [4]


def test_twenty_failures_rest_a_network(db: Database) -> None:
    def count(number: int, network: str) -> bool:
        return db.run(lambda uow: lockout.count(uow.session, username=f"name{number}", network=network))

    assert [count(number, "2001:db8::1") for number in range(20)] == [True] * 20
    assert not count(20, "2001:db8::ffff")  # the same customer
    assert count(21, "2001:db8:0:1::1")


def test_what_people_type_as_a_name_is_not_kept(db: Database) -> None:
    log_in(db, username="my secret password", password="x", asking=Asking("198.51.100.1", ""))
    with db.reader() as session:
        keys = session.scalars(select(LoginAttempt.key)).all()
    assert len(keys) == 2
    assert not any("secret" in key for key in keys)


def test_the_log_in_form_needs_both_halves_of_its_token(anybody: Browser, ama: str) -> None:
    answer = anybody.client.post("/login", data={"username": ama, "password": PASSWORD, "csrf": ""})
    assert answer.status_code == 400
    anybody.get("/login")
    forged = anybody.client.post("/login", data={"username": ama, "password": PASSWORD, "csrf": "forged"})
    assert forged.status_code == 400
    assert anybody.client.get_cookie(sessions.COOKIE) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\\b",
        "/\n/evil",
        "",
        None,
    ],
)
def test_next_never_leads_away(address: str | None) -> None:
    assert guard.local(address) is None


def test_next_within_the_site_is_kept() -> None:
    assert guard.local("/desk/cases/4821-7736?view=mine") == "/desk/cases/4821-7736?view=mine"


def test_every_form_without_its_token_is_refused(agent: Agents, app: Flask, say: Say) -> None:
    opened, browser = say("hello"), agent(("supervisor", "*"))  # who may send every one of them
    checked = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or not rule.rule.startswith(("/desk", "/logout")):
            continue
        address = re.sub("<int:[^>]*>", "1", rule.rule.replace("<reference>", opened.reference))
        for token in ("", "forged"):
            answer = browser.client.post(address, data={"csrf": token, "key": "k", "text": "x"})
            assert answer.status_code == 400, address
            checked += 1
    assert checked >= 16


def test_a_form_needs_a_log_in_and_leads_back_to_its_page(anybody: Browser, say: Say) -> None:
    opened = say("hello")
    referrer = {"Referer": f"http://localhost{opened.address}"}
    answer = anybody.client.post(f"{opened.address}/replies", data={"text": "x"}, headers=referrer)
    assert (answer.status_code, answer.location) == (303, f"/login?next={opened.address}")


ROLES = {
    "agent": 200,
    "supervisor": 200,
    "auditor": 200,
    "executive": 200,
    "administrator": 403,
    "editor": 403,
}


@pytest.mark.parametrize(("role", "status"), ROLES.items())
def test_who_may_open_the_desk(agent: Agents, role: str, status: int) -> None:
    assert agent((role, "*")).get("/desk").status_code == status


def test_who_reads_may_not_therefore_write(agent: Agents, say: Say) -> None:
    opened = say("hello")
    clerk = agent(("counter_clerk", "*"))
    page = clerk.get(opened.address).get_data(as_text=True)
    assert 'id="note-form"' in page
    assert 'id="reply-form"' not in page and "/assignment" not in page and "/status" not in page
    token = {"csrf": clerk.fields("/notes")["csrf"], "key": "k", "text": "x"}
    for act in ("replies", "take", "assignment", "transfer", "status", "subject"):
        assert clerk.client.post(f"{opened.address}/{act}", data=token).status_code == 403, act


def test_a_case_of_another_department_is_not_there(agent: Agents, say: Say, container: object, db: Database) -> None:
    from cases.models import Case

    opened = say("hello")
    with db.reader() as session:
        home = session.get_one(Case, opened.id).department
    other = next(key for key in sorted(container.city.departments) if key != home)  # type: ignore[attr-defined]
    stranger = agent(("agent", other))
    assert stranger.get(opened.address).status_code == 404
    assert opened.reference not in stranger.get("/desk?view=all").get_data(as_text=True)
    assert stranger.get(f"/desk?q={opened.reference}").get_data(as_text=True).count("data-reference=") == 0
    assert stranger.get("/desk/changes").json["cases"] == {}


def test_pages_are_never_kept_and_carry_their_headers(agent: Agents, say: Say) -> None:
    opened, browser = say("hello"), agent()
    for address in ("/desk", opened.address, "/account", "/desk/changes", "/desk/files/1", "/nothing"):
        headers = browser.get(address).headers
        assert headers["Cache-Control"] == "no-store", address
        assert "Cookie" in headers["Vary"], address
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_hold_nothing_inline(agent: Agents, anybody: Browser, say: Say) -> None:
    opened, browser = say("hello"), agent()
    pages = [browser.get(a).get_data(as_text=True) for a in ("/desk", opened.address, "/account", "/nothing")]
    pages.append(anybody.get("/login").get_data(as_text=True))
    for page in pages:
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", page))
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_an_error_has_words_and_a_number(agent: Agents, app: Flask) -> None:
    browser = agent()
    page = browser.get("/nothing-here").get_data(as_text=True)
    assert "There is nothing here" in page
    assert re.search(r'number <span class="ref">[0-9a-f]{8}</span>', page)


def test_an_unforeseen_error_tells_no_detail(agent: Agents, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = agent()

    def broken() -> str:
        raise RuntimeError("secret detail +233200000101")

    broken.permission = "signed_in"  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "desk.home", broken)
    answer = browser.get("/desk")
    assert answer.status_code == 500
    assert "Something went wrong here" in browser.page
    assert "secret detail" not in browser.page


def test_a_view_that_asks_nothing_is_nobodys(agent: Agents, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.view_functions, "desk.home", lambda: "open to all")
    assert agent().get("/desk").status_code == 403


def test_a_hash_that_cannot_be_read_is_no_password() -> None:
    assert not passwords.matches("-", "anything")
