"""Programs that call the API: a token each, and what an answer must look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from cases.models import Case
from contactcentre.auth import tokens
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from flask import Flask

NOWHERE = "0000-0000"
NEW_CASE = {"account": "sms-front", "from": phone(9).value, "text": "The lamp at the corner is dark"}
#: only a supervisor's or an information officer's token may; the first promise of the first case has the id 1
DEADLINE = (
    "POST", "/cases/{reference}/deadline", {"timer": 1, "due": "2090-01-02T12:00:00Z", "reason": "As agreed"},
)  # fmt: skip
#: what needs more than one case; tests/web/test_api_filing.py takes them
FILING: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/cases/{reference}/merge", {"cases": [{"reference": NOWHERE}]}),
    ("POST", "/cases/{reference}/refile", {"message": 1, "to": NOWHERE, "reason": "Theirs"}),
    ("POST", "/cases/{reference}/split", {"messages": [1]}),
    ("POST", "/cases/{reference}/rearrangements/{rearrangement}/undo", {}),
    ("GET", "/cases/{reference}/links", None),
    ("POST", "/cases/{reference}/links", {"other": NOWHERE, "kind": "related"}),
    ("POST", "/cases/{reference}/links/{link}/remove", {}),
]
#: every call: method, path, and a body that could be taken
CALLS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/cases", None),
    ("POST", "/cases", NEW_CASE),
    ("GET", "/cases/{reference}", None),
    ("POST", "/cases/{reference}/replies", {"text": "We come tomorrow."}),
    ("POST", "/cases/{reference}/notes", {"text": "The crew knows."}),
    ("POST", "/cases/{reference}/transitions", {"to": "waiting_on_third_party", "reason": "The contractor"}),
    ("POST", "/cases/{reference}/assignment", {"agent": None}),
    ("POST", "/cases/{reference}/transfer", {"department": "harbour-works", "reason": "Theirs"}),
    ("POST", "/cases/{reference}/tasks", {"title": "Look at the lamp", "promise": {"amount": 2, "unit": "elapsed"}}),
    ("POST", "/cases/{reference}/tasks/{task}/done", {"result": "It was loose"}),
    ("POST", "/cases/{reference}/tasks/{task}/cancel", {"reason": "It burns again"}),
    ("POST", "/cases/{reference}/contacts", {"kind": "call", "direction": "out", "reached": True, "text": "Told."}),
    ("POST", "/cases/{reference}/priority", {"priority": "high"}),
    DEADLINE,
    *FILING,
    ("GET", "/messages?external_id=none", None),
    ("GET", "/outbox", None),
    ("GET", "/departments", None),
    ("GET", "/services", None),
]


@dataclass
class Caller:
    """A program with a bearer token."""

    client: FlaskClient
    token: str

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query or None, headers=self.headers())

    def post(self, path: str, body: Any, *, key: str | None = None) -> TestResponse:
        return self.client.post(f"/api/v1{path}", json=body, headers=self.headers(key))

    def call(self, call: tuple[str, str, Any], reference: str = NOWHERE, key: str | None = None) -> TestResponse:
        method, path, body = call
        path = path.format(reference=reference, task=1, rearrangement=1, link=1)
        return self.get(path) if method == "GET" else self.post(path, body, key=key)

    def headers(self, key: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}


Callers = Callable[..., Caller]


def callers(app: Flask, db: Database) -> Callers:
    """Return what makes a token: an integration's for every department by default."""

    def make(role: str = "integration", department: str | None = None) -> Caller:
        token = db.run(lambda uow: tokens.create(uow.session, name="A program", role=role, department=department))
        return Caller(app.test_client(), token)

    return make


def is_problem(answer: TestResponse, status: int, field: str | None = None) -> dict[str, Any]:
    """Check that an answer is a problem of RFC 9457, for this field, and return it."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data(as_text=True)
    told: dict[str, Any] = answer.get_json()
    assert told["status"] == status
    assert told["type"] == "about:blank" and told["title"] and told["detail"]
    assert told.get("field") == field, told
    return told


def written(opened: Opened) -> str:
    return f"{opened.reference[:4]}-{opened.reference[4:]}"


def change(db: Database, opened: Opened, **values: Any) -> None:
    """Put a case into a state that the product has other ways to."""

    def work(uow: Any) -> None:
        case = uow.session.get_one(Case, opened.id)
        for name, value in values.items():
            setattr(case, name, value)

    db.run(work)


def count(db: Database, table: type, *conditions: Any) -> int:
    with db.reader() as session:
        return int(session.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())
