"""The forecast of a day: laid out as a clock would, moved so that it helps, and said with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.forecast import moving, words
from cases.forecast.handling import ANSWER, ENDING, Handling, Lately, Middle, handling, sort_of
from cases.forecast.moving import look, moves
from cases.forecast.planning import Plan, late, plan
from cases.forecast.terms import Forecasts
from cases.forecast.values import Hand, Landing, Work
from cases.sla.calendar import Span

START = datetime(2026, 3, 3, 8, tzinfo=UTC)
ZONE = ZoneInfo("Africa/Accra")
MINUTE = timedelta(minutes=1)
#: nobody works after this minute
LAST = 200
BOTH = (
    "takes 15 min, the smaller of two: the middle one of 40 took 2 h 30 of working time; all the working time of its "
    "people, shared among all that was settled, is 15 min each; in the last 28 days."
)


def hand(number: int, *free: tuple[int, int], places: str = "a", away: str = "") -> Hand:
    """Return somebody who works in these minutes of the day."""
    spans = [Span(START + since * MINUTE, START + until * MINUTE) for since, until in free]
    return Hand(number, f"Person {number}", spans, frozenset(places), away)


def work(number: int, due: int, agent: int | None = None, *, minutes: int = 30, place: str = "a") -> Work:
    return Work(number, place, "first_response", START + due * MINUTE, agent, minutes * 60)


def clocked(hands: Sequence[Hand], works: Sequence[Work]) -> dict[int, datetime | None]:
    """Return when each case is done, minute by minute, for whole minutes: each has a list and works on its first."""
    done: dict[int, datetime | None] = {one.case_id: None for one in works}
    ordered = sorted(works, key=lambda one: (one.due, one.case_id))
    lists = {one.id: [each for each in ordered if each.agent_id == one.id] for one in hands}
    for each in (one for one in ordered if one.agent_id is None):
        ends = {one.id: _worked(one, [*lists[one.id], each])[each.case_id] for one in hands if each.place in one.places}
        able = {number: at for number, at in ends.items() if at is not None}
        if able:
            lists[min(able, key=lambda number: (able[number], number))].append(each)
    for one in hands:
        done |= _worked(one, lists[one.id])
    return done


def _worked(one: Hand, todo: Sequence[Work]) -> dict[int, datetime | None]:
    done: dict[int, datetime | None] = {each.case_id: None for each in todo}
    left = [[each.case_id, each.seconds // 60] for each in todo]
    for minute in range(LAST):
        at = START + minute * MINUTE
        if left and any(span.start <= at < span.end for span in one.free):
            left[0][1] -= 1
            if not left[0][1]:
                done[left.pop(0)[0]] = at + MINUTE
    return done


windows = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), max_size=2).map(
    lambda some: [
        (since * 10 + number * 100, since * 10 + number * 100 + length * 12)
        for number, (since, length) in enumerate(some)
    ]
)
people = st.lists(st.tuples(windows, st.sampled_from(["a", "b", "ab"])), max_size=3).map(
    lambda some: [hand(number, *free, places=places) for number, (free, places) in enumerate(some, 1)]
)
days = st.lists(
    st.tuples(st.integers(1, 200), st.one_of(st.none(), st.integers(1, 4)), st.integers(1, 40), st.sampled_from("ab")),
    max_size=9,
).map(lambda some: [work(n, due, who, minutes=m, place=place) for n, (due, who, m, place) in enumerate(some, 1)])


@settings(max_examples=120, deadline=None)
@given(people, days)
def test_a_day_is_laid_out_as_a_clock_would(hands: list[Hand], works: list[Work]) -> None:
    laid = plan(hands, works)
    assert {key: one.done for key, one in laid.items()} == clocked(hands, works)


@settings(max_examples=120, deadline=None)
@given(people, days)
def test_each_move_helps_its_case_and_makes_no_other_late(hands: list[Hand], works: list[Work]) -> None:
    standing = {one.case_id: one for one in works}
    before: Plan = plan(hands, works)
    for move in moves(hands, works):
        assert before[move.work.case_id].late and move.before == before[move.work.case_id]
        standing[move.work.case_id] = replace(standing[move.work.case_id], agent_id=move.target)
        after = plan(hands, list(standing.values()))
        assert move.after == after[move.work.case_id] and not move.after.late
        assert late(after) <= late(before) - {move.work.case_id}
        target = next(one for one in hands if one.id == move.target)
        assert move.work.place in target.places and move.work.agent_id != move.target
        before = after


@settings(max_examples=120, deadline=None)
@given(people, days)
def test_what_no_single_move_could_help_is_left_alone(hands: list[Hand], works: list[Work]) -> None:
    """After all moves, no case that is still late could be given to anybody tried without harm."""
    made = {one.work.case_id: one.target for one in moves(hands, works)}
    standing = [replace(one, agent_id=made.get(one.case_id, one.agent_id)) for one in works]
    laid = plan(hands, standing)
    last = max(((one.due, one.case_id) for one in standing if made.get(one.case_id)), default=(START, 0))
    for key in late(laid):
        if (laid[key].work.due, key) < last:
            continue  # a later move may have changed what was tried for it
        for one in hands:
            if laid[key].work.place in one.places and one.id != laid[key].work.agent_id:
                tried = plan(hands, [replace(w, agent_id=one.id) if w.case_id == key else w for w in standing])
                assert not late(tried) <= late(laid) - {key}


def test_who_is_overloaded_hands_over_to_who_is_free() -> None:
    hands = [hand(1, (0, 240)), hand(2, (0, 240))]
    works = [work(number, 90, 1) for number in range(1, 6)]
    assert late(plan(hands, works)) == {4, 5}
    assert [(one.work.case_id, one.target) for one in moves(hands, works)] == [(4, 2), (5, 2)]


def test_what_lies_in_the_queue_goes_to_who_is_free_first() -> None:
    hands = [hand(1, (0, 240)), hand(2, (120, 240))]
    works = [work(1, 200, 1, minutes=60), work(2, 100), work(3, 100, place="b")]
    laid = plan(hands, works)
    assert (laid[2].hand_id, laid[2].done) == (1, START + 90 * MINUTE)
    assert (laid[3].hand_id, laid[3].late) == (None, True)
    assert moves(hands, works) == ()


def test_the_cases_of_who_is_away_lie_until_they_are_moved() -> None:
    hands = [hand(1, away="they are on leave"), hand(2, (0, 60))]
    works = [work(1, 60, 1), work(2, 60, 99), replace(work(3, 60, 1), seen=False)]
    assert late(plan(hands, works)) == {1, 2, 3}
    assert [(one.work.case_id, one.target) for one in moves(hands, works)] == [(1, 2), (2, 2)]


def test_a_case_that_cannot_be_helped_without_harm_stays() -> None:
    hands = [hand(1, (0, 60)), hand(2, (0, 60))]
    works = [work(1, 30, 1), work(2, 60, 1), work(3, 45, 1), work(4, 30, 2), work(5, 60, 2)]
    assert late(plan(hands, works)) == {2, 3}
    assert moves(hands, works) == ()


@pytest.mark.parametrize(
    ("sort", "lately", "expected"),
    [
        (ANSWER, Lately(), Handling(1200, 0)),
        (ANSWER, Lately(Middle(19, 60.0), worked=1000), Handling(1200, 19)),
        (ANSWER, Lately(Middle(20, 900.0)), Handling(900, 20, 900)),
        (ANSWER, Lately(Middle(20, 9000.0), Middle(20, 9000.0), 40_000), Handling(1000, 20, 9000, 1000)),
        (ENDING, Lately(Middle(20, 9000.0), Middle(20, 700.0), 40_000), Handling(700, 20, 700, 1000)),
        (ENDING, Lately(Middle(20, 9000.0), Middle(20, 0.0), 40_000), Handling(60, 20, 60, 1000)),
    ],
)
def test_how_long_one_takes_is_the_smaller_of_two_bounds(sort: str, lately: Lately, expected: Handling) -> None:
    assert handling(sort, lately, Forecasts()) == expected


def test_what_keeps_a_promise() -> None:
    kinds = {"first_response": ANSWER, "next_response": ANSWER, "resolution": ENDING, "decision": ENDING, "": ANSWER}
    assert {kind: sort_of(kind) for kind in kinds} == kinds


def test_everything_is_said_with_its_numbers() -> None:
    hands = [hand(1, (0, 60)), hand(2, (30, 240))]
    works = [work(1, 30, 1), work(2, 45, 1), work(3, 100, 1)]
    laid, names = plan(hands, works), {1: "Kofi", 2: "Esi"}
    assert words.landing(laid[2], names, zone=ZONE) == (
        "Due 08:45. Kofi has it and comes to it after 1 case, 1 h 00 of work from 08:00: is done with it at 09:00, "
        "15 min too late."
    )
    assert words.landing(laid[3], names, zone=ZONE) == (
        "Due 09:40. Kofi has it and comes to it after 2 cases, 1 h 30 of work from 08:00: does not reach it today, "
        "the day ends before."
    )
    [move] = moves(hands, works)
    assert words.move(move, names, zone=ZONE) == (
        "Esi comes to it first of all, 30 min of work from 08:30: is done with it at 09:00, 40 min before it is due. "
        "Nothing else becomes late."
    )
    own = [one for one in laid.values() if one.hand_id == 1]
    assert words.hand(hands[0], own, zone=ZONE) == (
        "Person 1 works 1 h 00 more today, until 09:00. 3 cases due today take 1 h 30: 30 min more than there is."
    )
    assert words.hand(hand(3, away="they are on leave"), [], zone=ZONE) == (
        "Person 3 has no time left today: they are on leave. Nothing of theirs is due today."
    )


@pytest.mark.parametrize(
    ("landing", "said"),
    [
        (Landing(work(1, 60, 9), 9, None, 0, 1800, None), "Kofi does not work any more today, so nobody reaches it."),
        (
            Landing(work(1, 60), None, None, 0, 1800, None),
            "It waits in the queue, and nobody of its department is free in time to take it today.",
        ),
    ],
)
def test_what_nobody_reaches_says_why(landing: Landing, said: str) -> None:
    assert words.landing(landing, {9: "Kofi"}, zone=ZONE) == f"Due 09:00. {said}"


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Handling(1200, 3), "takes 20 min, as configured: 3 are known of the last 28 days, and 20 are needed."),
        (
            Handling(900, 40, 900),
            "takes 15 min: the middle one of 40 took 15 min of working time, in the last 28 days.",
        ),
        (Handling(900, 40, 9000, 900), BOTH),
    ],
)
def test_where_a_handling_time_comes_from_is_said(one: Handling, said: str) -> None:
    assert words.handled(ANSWER, one, Forecasts()) == f"One of the answers {said}"


def test_no_page_waits_until_help_was_looked_for_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    hands = [hand(1, (0, 30)), hand(2, (0, 200))]
    works = [work(number, 60, 1) for number in range(4)]
    whole = look(hands, works)
    assert whole.whole and len(whole.moves) == 2
    laid = list[int]()
    monkeypatch.setattr(moving, "plan", lambda hands, works: laid.append(1) or plan(hands, works))
    monkeypatch.setattr(moving, "MOST_LAID", 7 * len(hands) * len(works))  # seven plans: two late cases, up to six each
    cut = look(hands, works)
    assert not cut.whole and cut.moves == whole.moves[: len(cut.moves)] and len(laid) <= 1 + 2 * moving.TRIED
    monkeypatch.setattr(moving, "MOST_LAID", 0)
    assert look(hands, works) == ((), False)
    assert look(hands, [work(1, 60, 1)]) == ((), True), "nothing is late"
