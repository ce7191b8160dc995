"""The JSON API says no: who may call and see what, and what is said to those who ask wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cases.models import ApiToken, Case, Event
from contactcentre.db import Database
from tests.factories import phone
from tests.web.api_caller import CALLS, DEADLINE, NOWHERE, Caller, Callers, callers, change, count, is_problem, written
from tests.web.api_lists import references
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

Say = Callable[..., Opened]
OF_A_CASE = [call for call in CALLS if "{reference}" in call[1] and call != DEADLINE]


@pytest.fixture
def caller(app: Flask, db: Database) -> Callers:
    return callers(app, db)


# Who may call.


def test_every_call_is_in_the_table(app: Flask) -> None:
    rules = {
        (method, rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/api/v1/") and method not in ("HEAD", "OPTIONS")
    }
    assert rules == {(method, path.partition("?")[0]) for method, path, _ in CALLS} | {("GET", "/openapi.json")}


@pytest.mark.parametrize(
    "header", [None, "Basic Y2M6Y2M=", "Bearer", "Bearer  ", "Bearer cc_unknown", "cc_unknown"], ids=str
)
def test_a_call_without_a_known_token_is_401(app: Flask, db: Database, header: str | None) -> None:
    client = app.test_client()
    for method, path, body in CALLS:
        headers = {} if header is None else {"Authorization": header}
        address = f"/api/v1{path.format(reference=NOWHERE, task=1, rearrangement=1, link=1)}"
        answer = client.open(address, method=method, json=body, headers=headers)
        told = is_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "token create" in told["detail"]
    assert count(db, Case) == 0


def test_a_call_without_a_token_is_turned_away_before_its_body_is_looked_at(app: Flask, db: Database) -> None:
    client = app.test_client()
    is_problem(client.post("/api/v1/cases", json={"colour": "blue"}), 401)
    is_problem(client.get("/api/v1/cases?colour=blue"), 401)


def test_a_revoked_token_is_401_at_once(caller: Callers, db: Database) -> None:
    one = caller()
    assert one.get("/cases").status_code == 200

    def revoke(uow: Any) -> None:
        row = uow.session.scalars(select(ApiToken)).one()
        row.revoked_at = row.created_at

    db.run(revoke)
    is_problem(one.get("/cases"), 401)


MAY = {
    # role → the calls that it is refused
    "integration": {"deadline"},
    "agent": {"/outbox", "deadline"},
    "supervisor": set(),
    "counter_clerk": {
        "replies",
        "transitions",
        "assignment",
        "transfer",
        "tasks",
        "cancel",
        "priority",
        "deadline",
        "merge",
        "refile",
        "split",
        "undo",
        "remove",
        "POST links",
        "/outbox",
    },
    "executive": {"POST", "/outbox"},
    "auditor": {"POST", "/outbox"},
    "administrator": {"/cases", "/cases/{reference}", "POST", "links", "/messages", "/departments", "/services"},
    "editor": {"/cases", "/cases/{reference}", "POST", "links", "/messages", "/departments", "/services", "/outbox"},
}


@pytest.mark.parametrize("role", MAY)
def test_a_role_that_may_not_is_403_before_anything_is_looked_up(caller: Callers, role: str, say: Say) -> None:
    one, reference = caller(role), written(say("hello", account="sms-front"))
    refused, expected = set(), set()
    for call in CALLS:
        method, path, _ = call
        answer = one.call(call, reference)
        if answer.status_code == 403:
            is_problem(answer, 403)
            refused.add((method, path))
        last = path.rpartition("/")[2]
        names = {method, path.partition("?")[0], last, f"{method} {last}"}
        if names & MAY[role]:
            expected.add((method, path))
    assert refused == expected


def test_a_department_s_token_sees_its_own_cases_and_the_tray(caller: Callers, say: Say, db: Database) -> None:
    front = say("The counter was closed", sender=phone(1))
    works = say("Water on the quay", sender=phone(2), account="sms-works")
    tray = say("Nobody knows whose", sender=phone(3))
    change(db, tray, department=None)
    one = caller(department="harbour-works")
    assert set(references(one.get("/cases"))) == {works.reference, tray.reference}
    assert references(one.get("/cases", department="front-desk")) == []
    assert references(one.get("/cases", q=written(front))) == []
    for call in OF_A_CASE:
        is_problem(one.call(call, written(front)), 404, "reference")
    assert one.call(OF_A_CASE[0], written(works)).status_code == 200
    assert one.post(f"/cases/{written(tray)}/notes", {"text": "Ours."}).status_code == 201
    assert set(references(caller().get("/cases"))) == {front.reference, works.reference, tray.reference}


def test_a_confidential_case_does_not_exist_for_an_integration(caller: Callers, say: Say, db: Database) -> None:
    hidden = say("About one of your own people", external_id="hidden-1")
    change(db, hidden, confidential=True)
    one = caller()
    assert references(one.get("/cases")) == []
    assert references(one.get("/cases", q="own people")) == []
    assert one.get("/messages", external_id="hidden-1").get_json()["items"] == []
    for call in OF_A_CASE:
        is_problem(one.call(call, written(hidden)), 404, "reference")
    assert references(caller("agent", "front-desk").get("/cases")) == [hidden.reference]
    assert len(caller("agent", "front-desk").get("/messages", external_id="hidden-1").get_json()["items"]) == 1


def test_a_reference_that_is_none_is_404(caller: Callers, db: Database) -> None:
    one = caller()
    for reference in (NOWHERE, "4821-7736", "nonsense", "1"):
        for call in OF_A_CASE:
            is_problem(one.call(call, reference), 404, "reference")


def test_the_use_of_a_token_is_noted_by_reading_too(caller: Callers, db: Database) -> None:
    one = caller()
    assert one.get("/cases").status_code == 200
    with db.reader() as session:
        assert session.scalars(select(ApiToken.last_used_at)).one() is not None


# What cannot be used.


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (("/replies", {}), "text"),
        (("/replies", {"text": "  "}), "text"),
        (("/replies", {"text": "x" * 1531}), "text"),
        (("/replies", {"text": 5}), "text"),
        (("/replies", {"text": "a\x00b"}), "text"),
        (("/replies", {"text": "\ud800"}), "text"),
        (("/replies", {"text": "Yes", "colour": "blue"}), "colour"),
        (("/replies", {"text": "Yes", "channel": "letter"}), "channel"),
        (("/replies", {"text": "Yes", "resolve": "gone"}), "resolve"),
        (("/replies", {"text": "Yes", "wait": True, "resolve": "fixed"}), "wait"),
        (("/replies", {"text": "Yes", "seen_message": 2**63}), "seen_message"),
        (("/notes", {"text": ""}), "text"),
        (("/transitions", {"to": "gone"}), "to"),
        (("/transitions", {"to": "closed"}), "to"),
        (("/transitions", {"to": "resolved"}), "outcome"),
        (("/transitions", {"to": "open", "reason": "a\x00b"}), "reason"),
        (("/assignment", {}), "agent"),
        (("/assignment", {"agent": 987654}), "agent"),
        (("/assignment", {"agent": 2**70}), "agent"),
        (("/transfer", {"department": "nowhere", "reason": ""}), "department"),
        (("/transfer", {"department": "front-desk", "reason": ""}), "department"),
    ],
)
def test_a_wrong_body_is_422_and_names_the_field(
    caller: Callers, say: Say, db: Database, call: tuple[str, Any], field: str
) -> None:
    path, body = call
    opened = say("hello")
    before = count(db, Event)
    told = is_problem(caller().post(f"/cases/{written(opened)}{path}", body), 422, field)
    assert [one["field"] for one in told["errors"]] == [field]
    assert all(one["message"] for one in told["errors"])
    assert count(db, Event) == before


def test_a_wrong_query_is_422_and_names_the_field(caller: Callers) -> None:
    table = [
        ("/cases", {"view": "mine"}, "view"),  # a token has no cases of its own
        ("/cases", {"status": "gone"}, "status"),
        ("/cases", {"assignee": "Ada"}, "assignee"),
        ("/cases", {"assignee": 2**63}, "assignee"),
        ("/cases", {"limit": 0}, "limit"),
        ("/cases", {"limit": 201}, "limit"),
        ("/cases", {"cursor": "nonsense"}, "cursor"),
        ("/cases", {"cursor": "WyJ4IiwgMV0"}, "cursor"),
        ("/cases", {"cursor": "x" * 301}, "cursor"),
        ("/cases", {"updated_since": "yesterday"}, "updated_since"),
        ("/cases", {"due_before": "2026-11-24T08:00:00"}, "due_before"),  # whose eight o'clock?
        ("/cases", {"q": "a\x00b"}, "q"),
        ("/cases", {"colour": "blue"}, "colour"),
        ("/messages", {}, "external_id"),
        ("/outbox", {"cursor": "nonsense"}, "cursor"),
    ]
    one = caller()
    for path, query, field in table:
        is_problem(one.get(path, **query), 422, field)


def test_what_is_no_json_object_is_422(caller: Callers, say: Say) -> None:
    path = f"/api/v1/cases/{written(say('hello'))}/notes"
    one = caller()
    for body, kind in ((b"{", "application/json"), (b"text=hello", "text/plain"), (b"[1]", "application/json")):
        answer = one.client.post(path, data=body, content_type=kind, headers=one.headers())
        assert "JSON object" in is_problem(answer, 422)["detail"]


def test_errors_of_the_framework_are_problems_too(caller: Callers) -> None:
    one = caller()
    is_problem(one.get("/nothing"), 404)
    is_problem(one.client.delete("/api/v1/cases", headers=one.headers()), 405)


def test_a_database_that_is_away_is_503_and_says_when_to_come_back(container: Container, caller: Callers) -> None:
    from contactcentre.app import create_app
    from contactcentre.container import Container as Made

    token = caller().token
    gone = Made(replace(container.settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none"))
    try:
        application = create_app(gone)
        one = Caller(application.test_client(), token)
        for call in (CALLS[0], CALLS[4]):
            assert is_problem(one.call(call), 503)["detail"].startswith("The database cannot be reached")
            assert int(one.call(call).headers["Retry-After"]) > 0
    finally:
        gone.close()
