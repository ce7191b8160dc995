"""The escalation ladder of one deadline: its steps as instants, walked in working time; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cases.sla import reckoning
from cases.sla.calendar import Calendar, Span
from cases.sla.policy import Step
from cases.sla.terms import Terms

DUE = "due"
#: what a step's ``at`` may look like
AT = re.compile(r"(?:[1-9]\d?%|[-+][1-9]\d{0,5}|due)")


class Rung(NamedTuple):
    """One step at its instant. ``to`` is empty where nobody hears of it: the breach itself is recorded all the same."""

    at: datetime
    step: str
    to: tuple[str, ...]


def rungs(
    terms: Terms, calendar: Calendar, *, started: datetime, due: datetime, pauses: Sequence[Span] = ()
) -> tuple[Rung, ...]:
    """Return the steps of a deadline in their order, the breach among them."""
    steps = terms.steps if any(step.at == DUE for step in terms.steps) else (*terms.steps, Step(DUE, ()))
    instants = [_instant(step, terms, calendar, started=started, due=due, pauses=pauses) for step in steps]
    return tuple(sorted(Rung(at, step.at, step.to) for at, step in zip(instants, steps, strict=True)))


def words(step: str) -> str:
    """Return a step's ``at`` as people read it."""
    if step == DUE:
        return "deadline reached"
    if step.endswith("%"):
        return f"{step} of the time used"
    return f"{step[1:]} minutes {'before' if step[0] == '-' else 'after'} the deadline"


def _instant(
    step: Step, terms: Terms, calendar: Calendar, *, started: datetime, due: datetime, pauses: Sequence[Span]
) -> datetime:
    if step.at == DUE:
        return due
    if step.at.endswith("%"):
        share = int(step.at[:-1])
        return reckoning.share_at(calendar, terms.target, share, started=started, due=due, pauses=pauses)
    minutes = int(step.at)
    if minutes < 0:
        return max(started, reckoning.before(calendar, terms.target.unit, -minutes, due=due, pauses=pauses))
    return reckoning.after(calendar, terms.target.unit, minutes, due=due)
