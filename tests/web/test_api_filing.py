"""Filing over the API: what comes of each call, once for each key, and what is said where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from contactcentre.db import Database
from tests.factories import phone
from tests.web.api_caller import Callers, callers, is_problem, written
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from flask import Flask

Say = Callable[..., Opened]


@pytest.fixture
def caller(app: Flask, db: Database) -> Callers:
    return callers(app, db)


def test_merge_answers_by_both_references_and_is_undone(caller: Callers, say: Say) -> None:
    one, first, second = caller(), say("Lamp", sender=phone(1)), say("Dark lamp", sender=phone(2))
    case, other = f"/cases/{written(first)}", f"/cases/{written(second)}"
    version = one.get(other).get_json()["version"]
    body = {"cases": [{"reference": written(second), "version": version}], "reason": "the same"}
    done = one.post(f"{case}/merge", body, key="once")
    assert done.status_code == 200
    assert one.post(f"{case}/merge", body, key="once").get_json() == done.get_json()
    assert one.get(other).get_json()["reference"] == written(first)
    assert [m["text"] for m in one.get(case).get_json()["messages"] if m["direction"] == "in"] == ["Lamp", "Dark lamp"]
    is_problem(one.post(f"{case}/merge", body), 422, "into")
    (took,) = [e for e in done.get_json()["history"] if e["kind"] == "took_in"]
    undo = f"{case}/rearrangements/{took['values']['rearrangement']}/undo"
    assert one.post(undo, {}).status_code == 200
    assert one.get(other).get_json()["reference"] == written(second)
    assert is_problem(one.post(undo, {}), 422, "rearrangement")["detail"] == "This has been undone already."
    stale = {"cases": [{"reference": written(second), "version": 1}]}
    is_problem(one.post(f"{case}/merge", stale), 409)


def test_split_refile_and_links(caller: Callers, say: Say) -> None:
    one, first = caller(), say("Lamp", sender=phone(1))
    bin_, lid = (say(words, sender=phone(1)).message_id for words in ("My bin is full", "The lid is gone"))
    case = f"/cases/{written(first)}"
    made = one.post(f"{case}/split", {"messages": [bin_]})
    assert made.status_code == 201
    new = made.headers["Location"].removeprefix("/api/v1")
    assert [m["text"] for m in one.get(new).get_json()["messages"]] == ["My bin is full"]
    moved = one.post(f"{case}/refile", {"message": lid, "to": new.rsplit("/", 1)[-1], "reason": "of the bin"})
    assert moved.status_code == 200
    assert [m["text"] for m in one.get(new).get_json()["messages"]] == ["My bin is full", "The lid is gone"]
    is_problem(one.post(f"{case}/refile", {"message": lid, "to": written(first), "reason": "x"}), 422, "to")
    (link,) = one.get(f"{case}/links").get_json()["items"]
    assert (link["words"], link["other"]) == ("led to", new.rsplit("/", 1)[-1])
    assert one.post(f"{case}/links/{link['id']}/remove", {}).get_json()["items"] == []
    assert one.post(f"{case}/links", {"other": link["other"], "kind": "related"}).status_code == 201
    is_problem(one.post(f"{case}/links", {"other": link["other"], "kind": "part_of"}), 422, "kind")
