"""Anybody may key in anything: every turn of the shipped menu fits its page, and every dialogue can end."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.dialogue import lint
from channels.dialogue.calls import CALLS
from channels.dialogue.engine import begin, step
from channels.dialogue.pages import PREFIX, Budget, units
from channels.dialogue.values import Call, Result, Turn
from tests.unit.dialogues import shipped

LONG = "Maintenance of public lighting and signals "
CHOICES = tuple((f"key-{number}", f"{LONG}{number}") for number in range(12))
KEYED = (
    *"01234567", "00", "", "*", "1*2", "4711", "12345674", "0000", LONG * 4, string.printable, "ɛ" * 90, "Brakwa road",
)  # fmt: skip


def result(call: Call, number: int) -> Result:
    """Return one of the outcomes that a call may have, with values as long as they get."""
    shape = CALLS[call.name]
    outcome = sorted(shape.outcomes)[number % len(shape.outcomes)]
    values = {name: (LONG * 9)[:size] for name, size in shape.gives.items()}
    return Result(outcome, values, CHOICES if outcome == "some" else ())


@pytest.mark.long
@settings(max_examples=10_000, deadline=None)
@given(st.integers(0, 2**64), st.sampled_from([Budget(), Budget(182, 80)]))
def test_every_turn_fits_and_goes_on_or_ends(seed: int, budget: Budget) -> None:
    chance, menu = random.Random(seed), shipped()
    state, said = begin(menu, language="en"), None
    for _ in range(chance.randrange(1, 14)):
        found = step(menu, state, said, budget=budget, facts={"emergency": "112"})
        calls = 0
        while isinstance(found, Call):
            calls += 1
            assert calls <= 5
            found = step(menu, found.state, result(found, chance.randrange(60)), budget=budget)
        assert isinstance(found, Turn)
        screen = f"{'END ' if found.ends else PREFIX}{found.screen}"
        assert units(screen) <= (budget.ascii if screen.isascii() else budget.wide)
        assert len(screen) > len(PREFIX)
        if found.ends:
            return
        state, said = found.state, chance.choice(KEYED)


def test_the_shipped_menu_walks_without_a_fault() -> None:
    (walked,) = lint.walk(shipped())
    assert walked.faults == ()
    assert walked.language == "en"
    assert walked.longest <= Budget().ascii
    assert walked.paths > 100
