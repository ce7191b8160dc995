"""What is promised: a target for each kind of timer, by department, service and priority; and who hears of it when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

PRIORITIES = ("low", "normal", "high", "urgent")
USUAL, URGENT = "normal", "urgent"
#: the statuses in which a promise may stand still, by the names that a case bears them under
PAUSING = ("waiting_on_citizen", "waiting_on_third_party")


class Unit(StrEnum):
    """How a target counts: working minutes, working days, elapsed hours, calendar days."""

    MINUTES = "minutes"
    WORKING_DAYS = "working_days"
    ELAPSED = "elapsed"
    CALENDAR_DAYS = "calendar_days"


class Unanswered(StrEnum):
    """What an answer that was still owed becomes when its case is resolved without one; it is never called met."""

    MISSED = "missed"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Target:
    """So much time of one unit."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the escalation ladder, and to whom it goes.

    ``at``: ``75%`` of the time used; ``-30`` or ``+60`` working minutes from the deadline; ``due``. ``to``: roles of
    the case's department, or ``assignee``.
    """

    at: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets by kind of timer. A field that is None fits anything; the more are named, the more the policy counts.
    A higher ``rank`` counts before that: with one, the city's urgent promises hold in every department.

    ``pauses`` says in which statuses a kind stands still; a kind that is not named there never does.
    """

    key: str
    targets: Mapping[str, Target]
    calendar: str
    department: str | None = None
    service: str | None = None
    priority: str | None = None
    pauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    unanswered: Unanswered = Unanswered.MISSED
    rank: int = 0


def choose(policies: Sequence[Policy], *, department: str | None, service: str | None, priority: str) -> Policy | None:
    """Return the policy that fits best: by rank, then service, department, priority; the first of equals."""
    wanted = {"service": service, "department": department, "priority": priority}
    fitting = [
        policy for policy in policies if all(getattr(policy, key) in (None, value) for key, value in wanted.items())
    ]
    fits = {id(policy): tuple(getattr(policy, key) is not None for key in wanted) for policy in fitting}
    return max(fitting, key=lambda policy: (policy.rank, *fits[id(policy)]), default=None)
