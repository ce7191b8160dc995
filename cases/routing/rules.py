"""Rules: first match wins, the predicates are a closed set, and every decision says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.routing.facts import Facts


@dataclass(frozen=True, slots=True)
class AccountIs:
    """The message came to this account."""

    account: str

    def holds(self, facts: Facts) -> bool:
        """Tell whether the facts satisfy this predicate."""
        return facts.account == self.account

    def why(self) -> str:
        """Say in words what held."""
        return f"it came to account {self.account}"


Predicate = AccountIs


@dataclass(frozen=True, slots=True)
class Rule:
    """All of ``when`` must hold; an empty ``when`` always does."""

    key: str
    when: tuple[Predicate, ...]
    department: str
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a case goes and why. No department: no rule matched and it waits in the tray for a person."""

    department: str | None
    service: str | None
    rule: str | None
    reason: str


def route(facts: Facts, rules: Sequence[Rule]) -> Decision:
    """Return the decision of the first rule that matches; pure."""
    for rule in rules:
        if all(predicate.holds(facts) for predicate in rule.when):
            reasons = " and ".join(predicate.why() for predicate in rule.when) or "this rule takes everything"
            return Decision(rule.department, rule.service, rule.key, reasons)
    return Decision(None, None, None, "no rule matched, so it waits in the tray")
