"""What one callback of a call may cost in statements of SQL: somebody waits with a telephone at their ear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.calls.centre import Caller, Centre
from tests.calls.test_waiting import AMA, KOFI, waits
from tests.web.test_page_budgets import statements

Step = Callable[[Centre], Callable[[], Any]]


def _waiting(desk: Centre, *, asked: int) -> Caller:
    """Return a caller whose agents all talk, who has asked so often."""
    desk.agent("Ama", AMA)
    waits(desk, "+233200000001").joined(AMA)
    me = waits(desk, "+233200000002")
    for _ in range(asked):
        desk.later(10)
        me.silent()
    return me


def begun(desk: Centre) -> Callable[[], Any]:
    return desk.calls().begin


def keyed(desk: Centre) -> Callable[[], Any]:
    me = desk.calls().begin()
    return lambda: me.keys("7")


def into_the_queue(desk: Centre) -> Callable[[], Any]:
    desk.agent("Ama", AMA)
    waits(desk, "+233200000001").joined(AMA)
    me = desk.calls("+233200000002").begin()
    return lambda: me.keys("2")


def put_through(desk: Centre) -> Callable[[], Any]:
    desk.agent("Ama", AMA)
    me = desk.calls("+233200000002").begin()
    return lambda: me.keys("2")


def waits_on(desk: Centre) -> Callable[[], Any]:
    return _waiting(desk, asked=1).silent


def waits_on_and_hears_the_place(desk: Centre) -> Callable[[], Any]:
    return _waiting(desk, asked=2).silent


def waits_on_while_somebody_is_free(desk: Centre) -> Callable[[], Any]:
    me = _waiting(desk, asked=1)
    desk.agent("Kofi", KOFI, languages=["en"])
    first = waits(desk, "+233200000003")
    assert first.rings == ""
    return me.silent


def comes_again(desk: Centre) -> Callable[[], Any]:
    me = _waiting(desk, asked=1)
    before = dict(me.page, turn=me.page["turn"] - 1)
    me.page = before
    return me.silent


def joined(desk: Centre) -> Callable[[], Any]:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000002")
    return lambda: me.joined(AMA)


def parted(desk: Centre) -> Callable[[], Any]:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000002").joined(AMA)
    desk.later(30)
    return lambda: me.parted("answered", 30)


def other(desk: Centre) -> Callable[[], Any]:
    me = _waiting(desk, asked=1)
    return lambda: me.send("status", "other")


def ended(desk: Centre) -> Callable[[], Any]:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000002").joined(AMA)
    desk.later(30)
    me.parted("answered", 30)
    return lambda: me.ends(seconds=40)


#: begin and commit are not counted
BUDGETS: dict[Step, int] = {
    begun: 8,  # two of them read the prompts, once in five seconds
    keyed: 4,
    into_the_queue: 8,
    put_through: 14,
    waits_on: 5,
    waits_on_and_hears_the_place: 6,
    waits_on_while_somebody_is_free: 11,
    comes_again: 3,
    joined: 8,
    parted: 14,
    other: 3,
    ended: 5,
}


@pytest.mark.parametrize("step", list(BUDGETS), ids=lambda step: step.__name__)
def test_a_callback_costs_no_more_statements_than_it_may(desk: Centre, step: Step) -> None:
    act = step(desk)
    with statements(desk.db) as asked:
        act()
    assert 0 < len(asked) <= BUDGETS[step], f"{len(asked)}:\n" + "\n".join(" ".join(one.split())[:90] for one in asked)
