"""Phrases that decide something, with where each comes from. A rule rests on a published format or on two unrelated
files of test data; one that does not is ``lone`` and can be left out, so that figures are known with and without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """``phrase`` is in lower case; it holds where a text in lower case, its spaces single, contains it."""

    phrase: str
    lone: bool = False


def phrases(text: str, *, lone: bool = False) -> tuple[Rule, ...]:
    """Return a rule for each phrase of a text; bars and line ends part them."""
    return tuple(Rule(one.strip(), lone) for one in text.replace("\n", "|").split("|") if one.strip())


def holds(rules: Iterable[Rule], text: str, *, lone: bool) -> Rule | None:
    """Return the first rule that holds. ``lone`` lets rules that rest on one file count."""
    return next((rule for rule in rules if rule.phrase in text and (lone or not rule.lone)), None)


def flat(text: str, most: int = 20_000) -> str:
    """Return a text as rules read it: lower case, single spaces, plain quotes, and not longer than they need."""
    return " ".join(text[:most].lower().replace("\u2019", "'").split())
