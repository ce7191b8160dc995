"""The table of statuses, written out a second time, and what ``move`` refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from cases import followers
from cases.errors import Invalid
from cases.lifecycle import ALLOWED, ENDED, LIVE, Outcome, Status, move
from cases.models import Case
from cases.sla import endings, pauses

NEW, OPEN, RESOLVED, CLOSED = Status.NEW, Status.OPEN, Status.RESOLVED, Status.CLOSED
CITIZEN, THIRD = Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY
MAY = {
    (NEW, OPEN), (NEW, CITIZEN), (NEW, THIRD), (NEW, RESOLVED),
    (OPEN, CITIZEN), (OPEN, THIRD), (OPEN, RESOLVED),
    (CITIZEN, OPEN), (CITIZEN, THIRD), (CITIZEN, RESOLVED),
    (THIRD, OPEN), (THIRD, CITIZEN), (THIRD, RESOLVED),
    (RESOLVED, OPEN), (RESOLVED, CLOSED),
}  # fmt: skip
PAIRS = [(before, after) for before in Status for after in Status]
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
#: a session that fails if it is touched: what is tried with it must not reach the database
NO_SESSION = cast(Any, None)


def case(status: Status) -> Case:
    earlier = AT - timedelta(hours=1)
    ended = status in ENDED
    return Case(status=status, outcome="fixed" if ended else None, resolved_at=earlier if ended else None)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_table(before: Status, after: Status) -> None:
    assert (after in ALLOWED[before]) == ((before, after) in MAY)


def test_every_status_has_its_row_and_is_live_or_ended() -> None:
    assert set(ALLOWED) == set(Status)
    assert {RESOLVED, CLOSED} == ENDED
    assert set(Status) == LIVE | ENDED and not LIVE & ENDED
    reachable = set().union(*ALLOWED.values()) | {NEW}
    assert reachable == set(Status)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair not in MAY])
def test_what_the_table_forbids_is_refused_and_changes_nothing(before: Status, after: Status) -> None:
    moved = case(before)
    with pytest.raises(Invalid) as caught:
        move(
            NO_SESSION,
            moved,
            after,
            calendars={},
            at=AT,
            actor="agent:1",
            outcome=Outcome.FIXED if after is RESOLVED else None,
        )
    assert caught.value.field == "status"
    assert after.value.replace("_", " ") in str(caught.value)
    assert moved.status == before


@pytest.mark.parametrize(("before", "after"), sorted(pair for pair in MAY if pair[1] is not RESOLVED))
def test_what_it_allows_is_done_and_told(before: Status, after: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "follow", lambda *_, **__: [])  # promises have tests of their own
    monkeypatch.setattr(endings, "reopen", lambda *_, **__: [])
    monkeypatch.setattr(followers, "wait_again", lambda *_: None)
    moved = case(before)
    (happened,) = move(NO_SESSION, moved, after, calendars={}, at=AT, actor="agent:1")
    assert moved.status == after
    assert happened.kind == ("reopened" if (before, after) == (RESOLVED, OPEN) else "status_changed")
    assert (moved.closed_at == AT) == (after is CLOSED)
    if before is RESOLVED and after is OPEN:
        assert (moved.outcome, moved.resolved_at) == (None, None)


@pytest.mark.parametrize("before", [NEW, OPEN, CITIZEN, THIRD])
def test_resolving_needs_an_outcome(before: Status) -> None:
    moved = case(before)
    with pytest.raises(Invalid) as caught:
        move(NO_SESSION, moved, RESOLVED, calendars={}, at=AT, actor="agent:1")
    assert caught.value.field == "outcome"
    assert moved.status == before


def test_nothing_but_resolving_has_an_outcome() -> None:
    moved = case(NEW)
    with pytest.raises(Invalid) as caught:
        move(NO_SESSION, moved, OPEN, calendars={}, at=AT, actor="agent:1", outcome=Outcome.FIXED)
    assert caught.value.field == "outcome"
    assert moved.status == NEW
