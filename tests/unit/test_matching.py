"""Which case a message belongs to: every rule in its order, and the limits to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.departments import Limits
from cases.lifecycle import Status
from cases.matching import Candidate, Match, Reason, match
from cases.references import References, written

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MAKER = References(b"k" * 32)
TICK = timedelta(microseconds=1)
LONG_AGO, RECENTLY = timedelta(hours=5), timedelta(minutes=5)
RECENT_LIMIT, REOPEN_LIMIT = timedelta(minutes=30), timedelta(hours=72)


def case(
    number: int,
    status: Status = Status.OPEN,
    *,
    heard: timedelta = LONG_AGO,
    resolved: timedelta | None = None,
    service: str | None = None,
) -> Candidate:
    """A case whose thread was last heard in it ``heard`` ago, and which ended ``resolved`` ago."""
    ended = NOW - resolved if resolved is not None else None
    return Candidate(number, MAKER.reference(number), status, "waste", service, ended, NOW - heard)


def decide(*found: Candidate, text: str = "still nothing", **changes: Any) -> Match:
    values = {"thanks": False, "routed_service": None, "limits": Limits(), "now": NOW}
    return match(found, text=text, **{**values, **changes})


def naming(one: Candidate) -> str:
    return f"About {written(one.reference)}: nothing happened"


def test_nothing_known_opens_a_case() -> None:
    found = decide()
    assert (found.case_id, found.reason, found.reopens, found.may_belong_to) == (None, Reason.OPENED, False, None)


# Order: each rule wins over all that come after it.
WAITING = case(2, Status.WAITING_ON_CITIZEN)
RECENT = case(3, heard=RECENTLY)
ONLY = case(4)
NAMED = case(1)


def test_a_reference_comes_before_everything() -> None:
    found = decide(RECENT, WAITING, NAMED, ONLY, text=naming(NAMED))
    assert (found.case_id, found.reason) == (1, Reason.REFERENCE)
    assert written(NAMED.reference) in found.detail


def test_the_case_that_waits_comes_before_a_recent_one() -> None:
    found = decide(RECENT, WAITING, ONLY)
    assert (found.case_id, found.reason) == (2, Reason.WAITED_FOR)


def test_a_recent_case_comes_before_the_count_of_open_ones() -> None:
    found = decide(ONLY, RECENT, case(5))
    assert (found.case_id, found.reason) == (3, Reason.RECENT)


def test_the_only_open_case() -> None:
    found = decide(ONLY, case(6, Status.CLOSED, resolved=timedelta(days=9)))
    assert (found.case_id, found.reason) == (4, Reason.ONLY_OPEN)


def test_of_two_open_cases_none_is_chosen_and_the_nearer_is_named() -> None:
    found = decide(case(4, heard=LONG_AGO * 2), case(5, heard=LONG_AGO))
    assert (found.case_id, found.reason, found.may_belong_to) == (None, Reason.OPENED, 5)


@pytest.mark.parametrize("status", [Status.NEW, Status.OPEN, Status.WAITING_ON_THIRD_PARTY])
def test_every_live_status_is_open(status: Status) -> None:
    assert decide(case(4, status)).case_id == 4


def test_waiting_on_a_third_party_is_not_waiting_on_the_citizen() -> None:
    assert decide(case(7, Status.WAITING_ON_THIRD_PARTY), RECENT).case_id == 3


def test_a_reference_of_no_case_of_the_senders_joins_nothing() -> None:
    """Candidates are the sender's own: a stranger's reference is not among them, however right it is."""
    other = case(99)
    found = decide(text=naming(other))
    assert (found.case_id, found.reason) == (None, Reason.OPENED)
    assert decide(ONLY, case(5), text=naming(other)).case_id is None


# Routing of the text alone.
def test_another_service_makes_a_new_case_marked_with_the_open_one() -> None:
    found = decide(case(4, service="lift"), routed_service="potholes")
    assert (found.case_id, found.may_belong_to) == (None, 4)


@pytest.mark.parametrize("routed", [None, "lift"])
def test_the_same_service_or_none_joins(routed: str | None) -> None:
    assert decide(case(4, service="lift"), routed_service=routed).case_id == 4


def test_another_service_does_not_move_a_message_out_of_a_recent_or_waiting_case() -> None:
    assert decide(case(4, heard=RECENTLY, service="lift"), routed_service="potholes").case_id == 4
    assert decide(case(4, Status.WAITING_ON_CITIZEN, service="lift"), routed_service="potholes").case_id == 4


# 30 minutes.
@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (timedelta(0), Reason.RECENT),
        (RECENT_LIMIT - TICK, Reason.RECENT),
        (RECENT_LIMIT, Reason.RECENT),
        (RECENT_LIMIT + TICK, Reason.OPENED),
    ],
)
def test_recent_ends_with_the_thirtieth_minute(heard: timedelta, reason: Reason) -> None:
    assert decide(case(4, heard=heard), case(5, heard=LONG_AGO)).reason is reason


def test_the_most_recent_of_two_recent_cases() -> None:
    assert decide(case(4, heard=timedelta(minutes=9)), case(5, heard=timedelta(minutes=8))).case_id == 5


def test_an_administrator_may_move_the_limits() -> None:
    limits = Limits(recent_minutes=5, reopen_hours=1)
    two = (case(4, heard=timedelta(minutes=6)), case(5, heard=LONG_AGO))
    assert decide(*two, limits=limits).reason is Reason.OPENED
    assert not decide(ended(timedelta(hours=1) + TICK), limits=limits).reopens
    assert decide(ended(timedelta(hours=1)), limits=limits).reopens


# A resolved case.
def ended(ago: timedelta, *, status: Status = Status.RESOLVED, heard: timedelta | None = None) -> Candidate:
    return case(8, status, resolved=ago, heard=heard or ago)


@pytest.mark.parametrize(
    ("ago", "reopens"),
    [(TICK, True), (LONG_AGO, True), (REOPEN_LIMIT - TICK, True), (REOPEN_LIMIT, True), (REOPEN_LIMIT + TICK, False)],
)
@pytest.mark.parametrize("by_reference", [True, False])
def test_words_reopen_a_resolved_case_for_72_hours(ago: timedelta, reopens: bool, by_reference: bool) -> None:
    one = ended(ago)
    found = decide(one, text=naming(one) if by_reference else "it is dark again")
    if reopens:
        assert (found.case_id, found.reason, found.reopens) == (8, Reason.REOPENED, True)
    else:
        assert (found.case_id, found.reason, found.reopens, found.may_belong_to) == (None, Reason.OPENED, False, 8)


@pytest.mark.parametrize("ago", [TICK, LONG_AGO, REOPEN_LIMIT, REOPEN_LIMIT + TICK])
def test_thanks_are_filed_and_change_nothing(ago: timedelta) -> None:
    found = decide(ended(ago), text="thanks", thanks=True)
    assert (found.case_id, found.reason, found.reopens) == (8, Reason.THANKS, False)


def test_thanks_on_an_open_case_are_a_message_like_any() -> None:
    assert decide(ONLY, text="thanks", thanks=True).reason is Reason.ONLY_OPEN
    assert decide(WAITING, text="ok", thanks=True).reason is Reason.WAITED_FOR


def test_the_window_runs_from_the_resolution_not_from_the_last_word() -> None:
    one = ended(REOPEN_LIMIT + TICK, heard=timedelta(hours=30))
    assert not decide(one).reopens


def test_the_latest_resolved_case_is_reopened() -> None:
    older = case(9, Status.RESOLVED, resolved=timedelta(hours=50), heard=timedelta(hours=50))
    assert decide(older, ended(timedelta(hours=10))).case_id == 8


def test_an_open_case_comes_before_a_resolved_one() -> None:
    assert decide(ended(timedelta(hours=3), heard=timedelta(hours=3)), ONLY).case_id == 4


# A closed case never opens again.
@pytest.mark.parametrize("heard", [TICK, RECENTLY, LONG_AGO, timedelta(days=4)])
@pytest.mark.parametrize("by_reference", [True, False])
def test_a_closed_case_is_linked_to_and_stays_closed(heard: timedelta, by_reference: bool) -> None:
    one = case(8, Status.CLOSED, resolved=timedelta(days=4), heard=heard)
    found = decide(one, text=naming(one) if by_reference else "it is dark again")
    assert (found.case_id, found.reopens) == (None, False)
    assert found.may_belong_to == 8, "what comes later opens a new, linked case"


def test_thanks_are_filed_in_a_closed_case_too() -> None:
    found = decide(case(8, Status.CLOSED, resolved=timedelta(days=4), heard=timedelta(days=4)), thanks=True)
    assert (found.case_id, found.reason, found.reopens) == (8, Reason.THANKS, False)


def test_a_closed_case_that_was_heard_last_does_not_hide_a_resolved_one() -> None:
    closed = case(9, Status.CLOSED, resolved=timedelta(days=4), heard=timedelta(hours=1))
    assert decide(closed, ended(timedelta(hours=10))).case_id == 8


def test_a_closed_case_that_was_heard_last_does_not_hide_a_recent_open_one() -> None:
    closed = case(8, Status.CLOSED, resolved=timedelta(days=4), heard=timedelta(minutes=1))
    found = decide(closed, case(3, heard=RECENTLY), case(4, heard=LONG_AGO))
    assert (found.case_id, found.reason) == (3, Reason.RECENT)
