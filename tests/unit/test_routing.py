"""Where a case goes: the first rule that holds, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.routing.decisions import Decision, Rule
from cases.routing.facts import Facts
from cases.routing.predicates import AccountIs
from cases.routing.rules import route

BINS, ANY = AccountIs("bins"), Rule("any", (), "desk")
RULES = (
    Rule("lift", (BINS,), "waste", "lift"),
    Rule("late", (BINS,), "roads"),
    Rule("front", (AccountIs("a"),), "desk"),
)


@pytest.mark.parametrize(
    ("account", "rules", "decision"),
    [
        ("bins", RULES, Decision("waste", "lift", "lift", "it came to account bins")),
        ("a", RULES, Decision("desk", None, "front", "it came to account a")),
        ("b", RULES, Decision(None, None, None, "no rule matched, so it waits in the tray")),
        ("b", (*RULES, ANY), Decision("desk", None, "any", "this rule takes everything")),
        ("bins", (), Decision(None, None, None, "no rule matched, so it waits in the tray")),
        (
            "bins",
            (Rule("both", (BINS, AccountIs("a")), "x"), Rule("twice", (BINS, BINS), "waste")),
            Decision("waste", None, "twice", "it came to account bins and it came to account bins"),
        ),
    ],
)
def test_a_decision(account: str, rules: tuple[Rule, ...], decision: Decision) -> None:
    assert route(Facts("sms", account, "The bin is full"), rules) == decision


@given(st.lists(st.sampled_from("abc"), max_size=6), st.sampled_from("abcd"))
def test_the_first_that_holds_wins(accounts: list[str], came_to: str) -> None:
    rules = [Rule(str(number), (AccountIs(one),), "x") for number, one in enumerate(accounts)]
    decided = route(Facts("sms", came_to, ""), rules)
    assert decided.rule == (str(accounts.index(came_to)) if came_to in accounts else None)
    assert decided.reason
