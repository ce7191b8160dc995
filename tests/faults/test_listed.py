"""The comparison of the gateways' lists with what is here notices what it is there to notice."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import pytest

from tests.faults import listed
from tests.faults.listed import Held, Words

A: Words = ("sms-front", "+6421555001", "No light")
B: Words = ("sms-second", "+6421555001", "No light")
TAKEN = Held("1", A, (503, 200), "delivered")
DROPPED = Held("1", A, (503, 503, 0), "lost")
NOTHING = {"held": 1, "missing": [], "doubled": [], "listed": 0}

COMPARED: list[tuple[str, Held, list[Words], set[str], dict[str, object]]] = [
    ("told and taken", TAKEN, [A], {"1"}, {}),
    ("dropped, and the list brought it", DROPPED, [A], set(), {"listed": 1}),
    ("dropped, and stored before it was refused", DROPPED, [A], {"1"}, {}),
    ("given up without a 503", Held("1", A, (0,), "lost"), [A], set(), {}),
    ("tried again after the list", TAKEN, [A], set(), {}),
    ("dropped and nowhere", DROPPED, [], set(), {"missing": ["1"]}),
    ("told and nowhere", TAKEN, [], {"1"}, {"missing": ["1"]}),
    ("only another account's is here", DROPPED, [B], set(), {"missing": ["1"]}),
    ("by its callback and once more by the list", TAKEN, [A, A], {"1"}, {"doubled": ["1"]}),
]


@pytest.mark.parametrize(
    ("one", "here", "called", "found"), [row[1:] for row in COMPARED], ids=[row[0] for row in COMPARED]
)
def test_what_a_gateway_holds_is_compared_with_what_is_here(
    one: Held, here: list[Words], called: set[str], found: dict[str, object]
) -> None:
    assert asdict(listed.compare([one], Counter(here), called)) == {**NOTHING, **found}
