"""What is promised: a target for each kind of timer, by department, service and priority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """How a target counts: working minutes, working days, elapsed hours, calendar days."""

    MINUTES = "minutes"
    WORKING_DAYS = "working_days"
    ELAPSED = "elapsed"
    CALENDAR_DAYS = "calendar_days"


@dataclass(frozen=True, slots=True)
class Target:
    """So much time of one unit."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets by kind of timer. A field that is None fits anything; the more are named, the more the policy counts."""

    key: str
    targets: Mapping[str, Target]
    calendar: str
    department: str | None = None
    service: str | None = None
    priority: str | None = None


def choose(policies: Sequence[Policy], *, department: str | None, service: str | None, priority: str) -> Policy | None:
    """Return the policy that fits best: by service, then department, then priority; the first of equals."""
    wanted = {"service": service, "department": department, "priority": priority}
    fitting = [
        policy for policy in policies if all(getattr(policy, key) in (None, value) for key, value in wanted.items())
    ]
    rank = {id(policy): tuple(getattr(policy, key) is not None for key in wanted) for policy in fitting}
    return max(fitting, key=lambda policy: rank[id(policy)], default=None)
