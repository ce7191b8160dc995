"""The JSON API on cases: what they look like, how they are listed, and what agents do to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cases.messages import Address, AddressKind
from cases.models import Case, Message, OutboxEntry
from contactcentre.db import Database
from tests import factories
from tests.factories import phone
from tests.web.api_caller import Callers, callers, count, is_problem, written
from tests.web.api_lists import references
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

Say = Callable[..., Opened]
IN_A_LIST = {
    *("reference", "subject", "status", "outcome", "family", "department", "service", "priority"),
    *("channel", "assignee", "citizen", "opened_at", "updated_at", "due"),
}


@pytest.fixture
def caller(app: Flask, db: Database) -> Callers:
    return callers(app, db)


# What a case looks like.


def test_a_case_in_a_list_has_exactly_the_fields_of_the_contract(caller: Callers, say: Say) -> None:
    opened = say("x" * 200)
    (found,) = caller().get("/cases").get_json()["items"]
    assert set(found) == IN_A_LIST
    assert found["reference"] == written(opened)
    assert found["subject"] == "x" * 79 + "…"
    assert (found["status"], found["outcome"], found["priority"]) == ("new", None, "normal")
    assert (found["family"], found["department"], found["service"]) == ("complaint", "front-desk", None)
    assert (found["channel"], found["assignee"]) == ("sms", None)
    assert found["citizen"] == {"name": None, "addresses": [phone(1).value]}
    assert set(found["due"]) == {"kind", "at", "state"}
    assert (found["due"]["kind"], found["due"]["state"]) == ("first_response", "running")
    for at in (found["opened_at"], found["updated_at"], found["due"]["at"]):
        assert at.endswith("Z") and datetime.fromisoformat(at).utcoffset() == timedelta(0)


def test_a_case_without_a_live_promise_has_no_due(caller: Callers, say: Say) -> None:
    reference = written(say("hello"))
    one = caller()
    ended = one.post(f"/cases/{reference}/transitions", {"to": "resolved", "outcome": "fixed"})
    assert ended.status_code == 200
    (found,) = one.get("/cases").get_json()["items"]
    assert (found["status"], found["outcome"], found["due"]) == ("resolved", "fixed", None)


def test_a_case_is_read_with_timers_history_and_messages(caller: Callers, say: Say) -> None:
    opened = say("Where do I pay?")
    spaced = f"{opened.reference[:2]} {opened.reference[2:]}"
    found = caller().get(f"/cases/{spaced}").get_json()
    assert set(found) >= IN_A_LIST
    (timer,) = found["timers"]
    assert (timer["kind"], timer["state"]) == ("first_response", "running")
    assert timer["due"] == found["due"]["at"]
    assert [one["kind"] for one in found["history"]] == ["opened", "routed", "timer_started", "acknowledged"]
    assert [(one["direction"], one["automatic"]) for one in found["messages"]] == [("in", False), ("out", True)]
    assert "{code}" not in found["messages"][1]["text"]
    assert all(one["at"].endswith("Z") for one in found["history"] + found["messages"])


# Lists: filters and pages.


def test_filters_narrow_the_list(caller: Callers, say: Say, db: Database) -> None:
    front = say("The counter was closed", sender=phone(1))
    works = say("Water on the quay", sender=phone(2), account="sms-works")
    agent = db.run(lambda uow: factories.make_agent(uow.session, "Ada"))
    one = caller()
    assert one.post(f"/cases/{written(works)}/assignment", {"agent": agent.id}).status_code == 200
    with db.reader() as session:
        changed, due = session.get_one(Case, works.id).updated_at, session.get_one(Case, works.id).due_at
    assert due is not None  # 90 minutes; the other case has a day
    table: list[tuple[dict[str, Any], list[Opened]]] = [
        ({"department": "front-desk"}, [front]),
        ({"department": "nowhere"}, []),
        ({"status": "new"}, [front]),
        ({"status": "open"}, [works]),
        ({"assignee": agent.id}, [works]),
        ({"assignee": agent.id + 1}, []),
        ({"channel": "sms"}, [works, front]),
        ({"channel": "letter"}, []),
        ({"q": written(front)}, [front]),
        ({"q": "QUAY"}, [works]),
        ({"q": phone(1).value[4:]}, [front]),
        ({"q": "100%"}, []),
        ({"updated_since": changed.isoformat()}, [works]),
        ({"updated_since": (changed + timedelta(seconds=1)).isoformat()}, []),
        ({"due_before": (due + timedelta(seconds=1)).isoformat()}, [works]),
        ({"due_before": due.isoformat()}, []),
        ({"view": "unassigned"}, [front]),
        ({"view": "resolved"}, []),
        ({"department": "harbour-works", "status": "open", "channel": "sms"}, [works]),
    ]
    found = [(query, references(one.get("/cases", **query))) for query, _ in table]
    assert found == [(query, [one.reference for one in expected]) for query, expected in table]


@pytest.mark.parametrize("view", ["all", "open"])
def test_three_pages_hold_every_case_once_whatever_comes_in_meanwhile(caller: Callers, say: Say, view: str) -> None:
    cases = [say(f"Case {number}", sender=phone(number)) for number in range(1, 8)]
    one = caller()
    first = one.get("/cases", limit=3, view=view)
    cursor = first.get_json()["next"]
    again = one.get("/cases", limit=3, view=view).get_json()["next"]
    assert cursor == again  # the same page leads to the same place
    newcomer = say("A newcomer", sender=phone(99))
    second = one.get("/cases", limit=3, view=view, cursor=cursor)
    third = one.get("/cases", limit=3, view=view, cursor=second.get_json()["next"])
    pages = [references(page) for page in (first, second, third)]
    expected = [case.reference for case in cases]
    if view == "all":  # by latest change: the newcomer stands before the first page
        assert pages == [expected[:3:-1], expected[3:0:-1], expected[:1]]
    else:  # by nearest deadline: it stands at the end
        assert pages == [expected[:3], expected[3:6], [expected[6], newcomer.reference]]
    assert third.get_json()["next"] is None


def test_the_outbox_is_paged_and_filtered(caller: Callers, say: Say) -> None:
    for number in range(1, 6):
        say("hello", sender=phone(number))
    one, seen, cursor = caller(), [], None
    for expected in (2, 2, 1):
        page = one.get("/outbox", limit=2, **({"cursor": cursor} if cursor else {})).get_json()
        assert len(page["items"]) == expected
        seen += [entry["recipient"] for entry in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert seen == [phone(number).value for number in range(5, 0, -1)]
    assert len(one.get("/outbox", state="queued").get_json()["items"]) == 5
    assert one.get("/outbox", state="sent").get_json() == {"items": [], "next": None}
    entry = one.get("/outbox", limit=1).get_json()["items"][0]
    assert (entry["state"], entry["message_class"], entry["account"]) == ("queued", "answer", "sms-front")
    assert entry["created_at"].endswith("Z")


def test_a_message_is_found_by_the_gateway_s_id(caller: Callers, say: Say) -> None:
    opened = say("hello", external_id="gateway-7")
    one = caller()
    (found,) = one.get("/messages", external_id="gateway-7", account="sms-front").get_json()["items"]
    assert (found["text"], found["address"], found["cases"]) == ("hello", phone(1).value, [written(opened)])
    assert one.get("/messages", external_id="gateway-7", account="sms-works").get_json()["items"] == []


def test_the_city_s_departments_and_services_are_listed(caller: Callers) -> None:
    one = caller("agent", "harbour-works")
    assert {item["key"]: item["name"] for item in one.get("/departments").get_json()["items"]} == {
        "front-desk": "Front desk",
        "harbour-works": "Harbour works",
    }
    (service,) = one.get("/services").get_json()["items"]
    assert service == {
        "key": "burst-main",
        "name": "Burst water main",
        "department": "harbour-works",
        "family": "service",
    }


# What agents do to a case.


def test_a_reply_is_202_with_the_message_and_waits_in_the_outbox(
    caller: Callers, say: Say, db: Database, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudges: list[tuple[str, str]] = []
    monkeypatch.setattr(container.jobs, "nudge", lambda job, key: nudges.append((job, key)) or True)
    opened = say("hello")
    one = caller()
    body = {"text": "We come tomorrow.", "wait": True, "channel": "sms", "seen_message": opened.message_id}
    answer = one.post(f"/cases/{written(opened)}/replies", body)
    assert answer.status_code == 202
    told = answer.get_json()
    assert (told["text"], told["direction"], told["status"]) == ("We come tomorrow.", "out", "queued")
    assert (told["account"], told["automatic"]) == ("sms-front", False)
    assert count(db, OutboxEntry, OutboxEntry.message_id == told["id"]) == 1
    assert nudges == [("workers.deliver.drain", "sms-front")]
    assert one.get(f"/cases/{written(opened)}").get_json()["status"] == "waiting_on_citizen"


def test_a_reply_that_crosses_the_citizen_s_is_409_with_their_words(caller: Callers, say: Say, db: Database) -> None:
    opened = say("hello")
    say("Please hurry")
    say("Water is in the shop")
    one, path = caller(), f"/cases/{written(opened)}/replies"
    stale = is_problem(one.post(path, {"text": "Soon.", "seen_message": opened.message_id}), 409, "seen_message")
    assert stale["newer"] == ["Please hurry", "Water is in the shop"]
    assert count(db, Message, Message.direction == "out", Message.automatic.is_(False)) == 0
    newest = max(one["id"] for one in one.get(f"/cases/{written(opened)}").get_json()["messages"])
    assert one.post(path, {"text": "Soon.", "seen_message": newest}).status_code == 202


def test_a_change_of_an_older_version_is_409(caller: Callers, say: Say) -> None:
    reference = written(say("hello"))
    one = caller()
    seen = one.get(f"/cases/{reference}").get_json()["version"]
    assert one.post(f"/cases/{reference}/notes", {"text": "Seen."}).status_code == 201
    for path, body in (("transitions", {"to": "open"}), ("assignment", {"agent": None})):
        is_problem(one.post(f"/cases/{reference}/{path}", {**body, "version": seen}), 409)


def test_somebody_who_cannot_be_answered_is_409(caller: Callers, say: Say) -> None:
    opened = say("Your balance is low", sender=Address(AddressKind.SENDER_NAME, "BANK"))
    is_problem(caller().post(f"/cases/{written(opened)}/replies", {"text": "Thanks"}), 409)


def test_note_transition_assignment_and_transfer(caller: Callers, say: Say, db: Database) -> None:
    reference = written(say("hello", account="sms-works"))
    agent = db.run(lambda uow: factories.make_agent(uow.session, "Ada"))
    one = caller()
    note = one.post(f"/cases/{reference}/notes", {"text": "The crew knows."})
    assert (note.status_code, note.get_json()["kind"], note.get_json()["values"]) == (
        201,
        "note",
        {"text": "The crew knows."},
    )
    moved = one.post(f"/cases/{reference}/transitions", {"to": "waiting_on_third_party", "reason": "The contractor"})
    assert moved.get_json()["status"] == "waiting_on_third_party"
    assert moved.get_json()["history"][-1]["values"]["reason"] == "The contractor"
    given = one.post(f"/cases/{reference}/assignment", {"agent": agent.id})
    assert given.get_json()["assignee"] == agent.id
    assert given.get_json()["service"] == "burst-main"
    handed = one.post(f"/cases/{reference}/transfer", {"department": "front-desk", "reason": "Theirs"})
    assert set(handed.get_json()) == IN_A_LIST
    now = one.get("/cases").get_json()["items"][0]
    assert handed.get_json() == now
    assert (now["department"], now["service"], now["assignee"]) == ("front-desk", None, None)


def test_what_leaves_ones_department_is_answered_and_then_gone(caller: Callers, say: Say) -> None:
    reference = written(say("hello"))
    one = caller("agent", "front-desk")
    answer = one.post(f"/cases/{reference}/transfer", {"department": "harbour-works", "reason": "Theirs"})
    assert (answer.status_code, answer.get_json()["department"]) == (200, "harbour-works")
    is_problem(one.get(f"/cases/{reference}"), 404, "reference")
