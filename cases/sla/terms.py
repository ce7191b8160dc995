"""The terms of one promise, frozen with its timer: later versions of the configuration leave them alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cases.sla.policy import Policy, Step, Target, Unanswered, Unit


@dataclass(frozen=True, slots=True)
class Terms:
    """A target with all that decides its deadline. ``version`` is the configuration's that it was taken from.

    ``silence`` is what a law takes the passing of the deadline for, as a line of the history; empty where it is
    nothing but late.
    """

    policy: str
    version: int
    target: Target
    calendar: str
    pauses: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    unanswered: Unanswered = Unanswered.MISSED
    silence: str = ""


def terms_of(policy: Policy, kind: str, *, version: int) -> Terms | None:
    """Return what a policy promises of one kind of timer, or None where it promises nothing of it."""
    policy = policy.of(kind)
    target = policy.targets.get(kind)
    if target is None:
        return None
    pauses = tuple(policy.pauses.get(kind, ()))
    return Terms(policy.key, version, target, policy.calendar, pauses, policy.steps, policy.unanswered)


@lru_cache(maxsize=512)
def frozen(terms: Terms) -> str:
    """Return terms as a timer's row holds them, in JSON."""
    row = {
        "policy": terms.policy,
        "version": terms.version,
        "amount": terms.target.amount,
        "unit": terms.target.unit.value,
        "calendar": terms.calendar,
        "pauses": list(terms.pauses),
        "steps": [[step.at, list(step.to)] for step in terms.steps],
        "unanswered": terms.unanswered.value,
        **({"silence": terms.silence} if terms.silence else {}),
    }
    return json.dumps(row)


def thawed(row: Mapping[str, Any]) -> Terms:
    """Read the terms of a timer's row."""
    return Terms(
        policy=row["policy"],
        version=row.get("version", 0),
        target=Target(row["amount"], Unit(row["unit"])),
        calendar=row["calendar"],
        pauses=tuple(row.get("pauses", ())),
        steps=tuple(Step(at, tuple(to)) for at, to in row.get("steps", ())),
        unanswered=Unanswered(row.get("unanswered", Unanswered.MISSED)),
        silence=row.get("silence", ""),
    )
