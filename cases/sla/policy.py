"""What is promised: a target for each kind of timer, by department, service and priority; and who hears of it when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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

    ``pauses`` says in which statuses a kind stands still; a kind that is not named there never does. A policy of a
    ``channel`` promises answers alone, to what came by that channel; it stands ``over`` the policy that fits a case.
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
    channel: str | None = None
    over: Policy | None = None

    def of(self, kind: str) -> Policy:
        """Return the policy that decides this kind of promise."""
        return self.over if self.over is not None and kind in self.over.targets else self


def choose(
    policies: Sequence[Policy], *, department: str | None, service: str | None, priority: str, channel: str = ""
) -> Policy | None:
    """Return the policy that fits best: by rank, then service, department, priority; the first of equals.

    One of the case's ``channel`` stands over it, unless it ranks lower.
    """
    wanted = {"service": service, "department": department, "priority": priority}
    usual = _best([one for one in policies if one.channel is None], wanted)
    own = _best([one for one in policies if one.channel == channel], wanted)
    if usual is None or own is None:
        return usual or own
    return replace(usual, over=own) if own.rank >= usual.rank else usual


def _best(policies: Sequence[Policy], wanted: Mapping[str, str | None]) -> Policy | None:
    fitting = [
        policy for policy in policies if all(getattr(policy, key) in (None, value) for key, value in wanted.items())
    ]
    fits = {id(policy): tuple(getattr(policy, key) is not None for key in wanted) for policy in fitting}
    return max(fitting, key=lambda policy: (policy.rank, *fits[id(policy)]), default=None)
