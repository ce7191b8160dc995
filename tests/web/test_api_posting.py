"""Changing calls of the API: the same request twice is done once, and cases are opened for citizens."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import TestResponse

from cases.models import Address, Case, Citizen, Event, Message, OutboxEntry
from contactcentre.db import Database
from tests.factories import phone
from tests.web.api_caller import (
    CALLS,
    DEADLINE,
    FILING,
    NEW_CASE,
    Caller,
    Callers,
    callers,
    change,
    count,
    is_problem,
    written,
)
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

Say = Callable[..., Opened]


@pytest.fixture
def caller(app: Flask, db: Database) -> Callers:
    return callers(app, db)


# The same request twice.

#: what makes another request of one that has such a field
OTHERWISE: tuple[dict[str, str], ...] = (
    *({name: "Other words"} for name in ("text", "title", "result", "reason")),
    {"priority": "low"},
)


@pytest.mark.parametrize(
    "call", [call for call in CALLS if call[0] == "POST" and call not in FILING], ids=lambda call: call[1]
)
def test_the_same_key_twice_gets_the_first_answer_and_is_done_once(
    caller: Callers, say: Say, db: Database, call: tuple[str, str, Any]
) -> None:
    reference = written(say("hello", sender=phone(1)))
    one = caller("supervisor" if call == DEADLINE else "integration")
    if "{task}" in call[1]:
        assert one.post(f"/cases/{reference}/tasks", {"title": "Look"}).status_code == 201
    first = one.call(call, reference, key="key-1")
    assert first.status_code in (200, 201, 202), first.get_data(as_text=True)
    done = (count(db, Event), count(db, Message), count(db, Case))
    second = one.call(call, reference, key="key-1")
    assert (second.status_code, second.get_data()) == (first.status_code, first.get_data())
    assert second.headers.get("Location") == first.headers.get("Location")
    assert (count(db, Event), count(db, Message), count(db, Case)) == done
    method, path, body = call
    other = (method, path, {**body, **next((one for one in OTHERWISE if one.keys() <= body.keys()), {"version": 77})})
    is_problem(one.call(other, reference, key="key-1"), 422, "Idempotency-Key")


def test_ten_at_once_with_one_key_are_done_once_and_get_one_answer(caller: Callers, say: Say, db: Database) -> None:
    reference = written(say("hello"))
    one = caller()

    def send(_: int) -> TestResponse:
        mine = Caller(one.client.application.test_client(), one.token)
        return mine.post(f"/cases/{reference}/replies", {"text": "We come tomorrow."}, key="the-one")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.get_data() for answer in answers}) == 1
    assert count(db, Message, Message.direction == "out", Message.automatic.is_(False)) == 1


def test_a_refused_request_leaves_its_key_free(caller: Callers, say: Say) -> None:
    opened = say("hello")
    say("Please hurry")
    one, path = caller(), f"/cases/{written(opened)}/replies"
    body = {"text": "Soon.", "seen_message": opened.message_id}
    is_problem(one.post(path, body, key="key-1"), 409, "seen_message")
    assert one.post(path, {"text": "Soon."}, key="key-1").status_code == 202


def test_two_callers_may_use_the_same_key(caller: Callers, say: Say, db: Database) -> None:
    reference = written(say("hello"))
    for one in (caller(), caller()):
        assert one.post(f"/cases/{reference}/notes", {"text": "Seen."}, key="key-1").status_code == 201
    assert count(db, Event, Event.kind == "note") == 2


@pytest.mark.parametrize("key", ["x" * 201, "tab\tinside"])
def test_a_key_that_is_none_is_422(caller: Callers, say: Say, key: str) -> None:
    reference = written(say("hello"))
    is_problem(caller().post(f"/cases/{reference}/notes", {"text": "Seen."}, key=key), 422, "Idempotency-Key")


# A case for a citizen.


def test_a_case_is_opened_as_if_the_citizen_had_written(
    caller: Callers, db: Database, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudges: list[tuple[str, str]] = []
    monkeypatch.setattr(container.jobs, "nudge", lambda job, key: nudges.append((job, key)) or True)
    one = caller()
    answer = one.post("/cases", {**NEW_CASE, "from": "+233 20 000-0009"})
    assert answer.status_code == 201
    told = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/cases/{told['reference']}"
    assert (told["department"], told["status"], told["channel"]) == ("front-desk", "new", "sms")
    assert told["subject"] == NEW_CASE["text"]
    assert told["citizen"]["addresses"] == [phone(9).value]
    assert [event["kind"] for event in told["history"]][-1] == "entered"
    assert told["messages"][0]["text"] == NEW_CASE["text"]
    assert told["timers"][0]["kind"] == "first_response"
    assert (count(db, Citizen), count(db, Address), count(db, OutboxEntry)) == (1, 1, 1)
    assert nudges == [("workers.deliver.drain", "sms-front")]
    assert one.get(f"/cases/{told['reference']}").get_json() == told


def test_words_of_a_citizen_with_an_open_case_join_it(caller: Callers, say: Say, db: Database) -> None:
    opened = say("The lamp is dark", sender=phone(9))
    answer = caller().post("/cases", {**NEW_CASE, "subject": "Another name"})
    assert answer.status_code == 200
    assert answer.get_json()["reference"] == written(opened)
    assert answer.get_json()["subject"] == "The lamp is dark"
    assert "Location" not in answer.headers
    assert count(db, Case) == 1


@pytest.mark.parametrize(
    ("chosen", "department", "service"),
    [
        ({"department": "harbour-works"}, "harbour-works", None),
        ({"service": "burst-main"}, "harbour-works", "burst-main"),
        ({"service": "burst-main", "department": "harbour-works"}, "harbour-works", "burst-main"),
        ({"department": "front-desk", "channel": "sms"}, "front-desk", None),
    ],
)
def test_a_chosen_department_or_service_goes_before_the_rules(
    caller: Callers, chosen: dict[str, str], department: str, service: str | None
) -> None:
    told = caller().post("/cases", {**NEW_CASE, **chosen, "subject": "Dark lamp"}).get_json()
    assert (told["department"], told["service"], told["subject"]) == (department, service, "Dark lamp")
    assert told["routing"]["rule"] == "chosen by A program"
    opened, due = (datetime.fromisoformat(at) for at in (told["opened_at"], told["due"]["at"]))
    assert due - opened == (timedelta(minutes=90) if service else timedelta(hours=24))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "nowhere"}, "account"),
        ({"channel": "voice"}, "channel"),
        ({"from": "BANK"}, "from"),
        ({"from": "1422"}, "from"),
        ({"from": ""}, "from"),
        ({"text": ""}, "text"),
        ({"text": "STOP"}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"department": "nowhere"}, "department"),
        ({"service": "nothing"}, "service"),
        ({"service": "burst-main", "department": "front-desk"}, "service"),
        ({"subject": " "}, "subject"),
        ({"sender": "+233200000009"}, "sender"),
    ],
)
def test_a_case_that_cannot_be_opened_leaves_nothing(
    caller: Callers, db: Database, changes: dict[str, str], field: str
) -> None:
    is_problem(caller().post("/cases", {**NEW_CASE, **changes}), 422, field)
    assert (count(db, Case), count(db, Message), count(db, Address)) == (0, 0, 0)


def test_a_token_opens_cases_where_it_may_work_and_nowhere_else(caller: Callers, say: Say, db: Database) -> None:
    one = caller(department="harbour-works")
    is_problem(one.post("/cases", NEW_CASE), 403)
    assert count(db, Case) == 0
    assert one.post("/cases", {**NEW_CASE, "service": "burst-main"}).status_code == 201
    hidden = say("About one of your own people", sender=phone(5))
    change(db, hidden, confidential=True)
    before = count(db, Message)
    is_problem(caller().post("/cases", {**NEW_CASE, "from": phone(5).value}), 403)
    assert count(db, Message) == before
