"""Tasks, contacts, priority and deadlines over the API: what is given back, and what is said to wrong values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from contactcentre.db import Database
from tests.factories import phone
from tests.web.api_caller import DEADLINE, Callers, callers, change, is_problem, written
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from flask import Flask

Say = Callable[..., Opened]
TASK = {"title": "Look at the lamp", "kind": "field_job", "promise": {"amount": 2, "unit": "elapsed"}}


@pytest.fixture
def caller(app: Flask, db: Database) -> Callers:
    return callers(app, db)


def test_a_task_is_opened_shown_with_its_case_and_done(caller: Callers, say: Say) -> None:
    one, case = caller(), f"/cases/{written(say('The lamp is dark'))}"
    made = one.post(f"{case}/tasks", TASK)
    assert made.status_code == 201
    task = made.get_json()
    assert (task["title"], task["kind"], task["state"]) == ("Look at the lamp", "field_job", "open")
    assert (task["promised"], task["late"], task["department"]) == (True, False, "front-desk")
    detail = one.get(case).get_json()
    assert detail["tasks"] == [task]
    (timer,) = [timer for timer in detail["timers"] if timer["kind"] == "task"]
    assert (timer["task"], timer["due"], timer["state"]) == (task["id"], task["due"], "running")
    taken = datetime.fromisoformat(task["due"]) - datetime.fromisoformat(task["created_at"])
    assert taken.total_seconds() == 7200
    assert detail["due"]["kind"] == "task"

    done = one.post(f"{case}/tasks/{task['id']}/done", {"result": "It was loose"})
    assert done.status_code == 200
    assert (done.get_json()["state"], done.get_json()["result"]) == ("done", "It was loose")
    again = is_problem(one.post(f"{case}/tasks/{task['id']}/cancel", {"reason": "No"}), 422, "task")
    assert again["detail"] == "This task is done already."
    assert next(t for t in one.get(case).get_json()["timers"] if t["kind"] == "task")["state"] == "met"


def test_a_task_is_cancelled_with_its_reason(caller: Callers, say: Say) -> None:
    one, case = caller(), f"/cases/{written(say('The lamp is dark'))}"
    task = one.post(f"{case}/tasks", {"title": "Look", "due": "2090-01-02T12:00:00+02:00"}).get_json()
    assert (task["promised"], task["due"]) == (False, "2090-01-02T10:00:00Z")
    ended = one.post(f"{case}/tasks/{task['id']}/cancel", {"reason": "It burns again"}).get_json()
    assert (ended["state"], ended["result"]) == ("cancelled", "It burns again")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x", "assignee": 999}, "assignee"),
        ({"title": "x", "department": "nowhere"}, "department"),
        ({"title": "x", "due": "2001-01-01T00:00:00Z"}, "due"),
        ({"title": "x", "due": "2090-01-01T00:00:00"}, "due"),
        ({"title": "x", "kind": "party"}, "kind"),
        ({"title": "x", "promise": {"amount": 0, "unit": "minutes"}}, "promise.amount"),
        ({"title": "x", "promise": {"amount": 1, "unit": "weeks"}}, "promise.unit"),
        ({"title": "x", "promise": {"amount": 1, "unit": "minutes", "calendar": "moon"}}, "promise.calendar"),
    ],
    ids=str,
)
def test_a_task_that_cannot_be_names_its_field(caller: Callers, say: Say, values: dict[str, Any], field: str) -> None:
    is_problem(caller().post(f"/cases/{written(say('The lamp is dark'))}/tasks", values), 422, field)


def test_a_task_of_another_case_is_not_there(caller: Callers, say: Say) -> None:
    one, mine, other = caller(), say("The lamp is dark", sender=phone(1)), say("And mine", sender=phone(2))
    task = one.post(f"/cases/{written(mine)}/tasks", {"title": "Look"}).get_json()
    is_problem(one.post(f"/cases/{written(other)}/tasks/{task['id']}/done", {"result": "x"}), 404, "task")
    is_problem(one.post(f"/cases/{written(mine)}/tasks/one/done", {"result": "x"}), 422, "task")


def test_a_call_that_reached_the_citizen_keeps_the_first_answer(caller: Callers, say: Say) -> None:
    one, case = caller(), f"/cases/{written(say('The lamp is dark'))}"
    tried = one.post(f"{case}/contacts", {"kind": "call", "direction": "out", "reached": False})
    assert (tried.status_code, tried.get_json()["kind"]) == (201, "contact_logged")
    assert one.get(case).get_json()["timers"][0]["met_at"] is None
    is_problem(one.post(f"{case}/contacts", {"kind": "call", "direction": "out", "reached": True}), 422, "text")
    is_problem(one.post(f"{case}/contacts", {"kind": "wave", "direction": "out", "reached": True}), 422, "kind")
    spoke = one.post(f"{case}/contacts", {"kind": "visit", "direction": "in", "reached": True, "text": "Came by."})
    assert spoke.get_json()["values"] == {"contact": "visit", "direction": "in", "reached": True, "text": "Came by."}
    assert one.get(case).get_json()["timers"][0]["state"] == "met"


def test_priority_and_deadline_are_set_by_those_who_may(caller: Callers, say: Say, db: Database) -> None:
    opened = say("The lamp is dark")
    case, supervisor = f"/cases/{written(opened)}", caller("supervisor")
    assert supervisor.post(f"{case}/priority", {"priority": "urgent"}).get_json()["priority"] == "urgent"
    is_problem(supervisor.post(f"{case}/priority", {"priority": "utmost"}), 422, "priority")
    timer = supervisor.get(case).get_json()["timers"][0]
    body = {"timer": timer["id"], "due": "2090-01-02T12:00:00Z", "reason": "As agreed"}
    moved = supervisor.post(f"{case}/deadline", body).get_json()
    assert next(one for one in moved["timers"] if one["id"] == timer["id"])["due"] == "2090-01-02T12:00:00Z"
    is_problem(supervisor.post(f"{case}/deadline", {**body, "due": "2001-01-02T12:00:00Z"}), 422, "due")
    is_problem(supervisor.post(f"{case}/deadline", {**body, "reason": " "}), 422, "reason")
    is_problem(supervisor.post(f"{case}/deadline", {**body, "timer": 999}), 422, "timer")
    is_problem(caller("agent").post(f"{case}/deadline", body), 403)
    is_problem(caller("agent").call(DEADLINE), 403)  # before any case is looked for
    is_problem(caller("supervisor", "harbour-works").call(DEADLINE, written(opened)), 404, "reference")
    change(db, opened, confidential=True)
    assert caller("supervisor", "front-desk").get(case).status_code == 200
