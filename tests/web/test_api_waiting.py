"""A reply over the API that waits: for what, until when, by which account; and that nobody can take back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from cases import clock
from cases.models import Case, OutboxEntry
from contactcentre.db import Database
from tests.web.api_caller import callers, is_problem, written
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from flask import Flask


def test_a_reply_may_wait_for_something_until_a_day(app: Flask, say: Callable[..., Opened], db: Database) -> None:
    opened = say("hello")
    one, path = callers(app, db)(), f"/cases/{written(opened)}/replies"
    with db.reader() as session:
        until = clock.now(session) + timedelta(days=3)
    body = {"text": "Which street?", "follow_up": until.isoformat(), "reason": "the street"}
    is_problem(one.post(path, body), 422, "follow_up")  # a day belongs to a wait
    body |= {"wait": True}
    is_problem(one.post(path, {**body, "account": "elsewhere"}), 422, "account")
    assert one.post(path, body).status_code == 202
    with db.reader() as session:
        case = session.get_one(Case, opened.id)
        entry = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id.desc())).first()
    assert (case.status, case.snoozed_until) == ("waiting_on_citizen", until)
    assert entry is not None
    assert entry.not_before == entry.created_at
