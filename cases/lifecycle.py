"""A case's status: the table of what may follow what, and the only writer of ``Case.status``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from cases import access, clock, followers, open_tasks
from cases.errors import Invalid
from cases.models import Case
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer
from cases.sla import endings, pauses
from cases.sla.policy import PAUSING
from cases.sla.timers import Calendars


class Status(StrEnum):
    """Where a case stands."""

    NEW = "new"
    OPEN = "open"
    WAITING_ON_CITIZEN = "waiting_on_citizen"
    WAITING_ON_THIRD_PARTY = "waiting_on_third_party"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended; apart from the status, so that reports can tell an answer from a refusal."""

    FIXED = "fixed"
    ANSWERED = "answered"
    REFERRED = "referred"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    WITHDRAWN = "withdrawn"


#: the outcome of a case that went into another; nobody chooses it
MERGED = "merged"
_WAITING = {Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY}
#: a closed case stays closed: what comes later opens a new, linked one
ALLOWED: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.OPEN, *_WAITING, Status.RESOLVED}),
    Status.OPEN: frozenset({*_WAITING, Status.RESOLVED}),
    Status.WAITING_ON_CITIZEN: frozenset({Status.OPEN, Status.WAITING_ON_THIRD_PARTY, Status.RESOLVED}),
    Status.WAITING_ON_THIRD_PARTY: frozenset({Status.OPEN, Status.WAITING_ON_CITIZEN, Status.RESOLVED}),
    Status.RESOLVED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}
ENDED = frozenset({Status.RESOLVED, Status.CLOSED})
LIVE = frozenset(Status) - ENDED


def transition(
    session: Session,
    viewer: Viewer,
    *,
    reference: str,
    to: Status,
    calendars: Calendars,
    outcome: Outcome | None = None,
    reason: str = "",
    version: int | None = None,
) -> Case:
    """Move a case on behalf of a viewer; ``outcome`` is needed for resolving and refused otherwise."""
    case = access.for_change(session, viewer, Action.TRANSITION, reference=reference, version=version)
    at = clock.now(session)
    happened = move(session, case, to, calendars=calendars, at=at, actor=viewer.actor, outcome=outcome, reason=reason)
    record(session, case, happened, at=at)
    return case


def move(
    session: Session,
    case: Case,
    to: Status,
    *,
    calendars: Calendars,
    at: datetime,
    actor: str,
    outcome: Outcome | None = None,
    reason: str = "",
) -> list[Happened]:
    """Change the status of a locked case, and what that does to its promises; raises ``Invalid``.

    Returns the events that the caller records.
    """
    before = Status(case.status)
    if to not in ALLOWED[before]:
        raise Invalid(f"A case that is {words(before)} cannot become {words(to)}.", field="status")
    if (to is Status.RESOLVED) != (outcome is not None):
        raise Invalid("Resolving a case needs an outcome, and nothing else may have one.", field="outcome")
    case.status = to
    clocks: list[Happened] = []
    if to is Status.RESOLVED:
        case.outcome, case.resolved_at = outcome, at
        clocks = open_tasks.cancel_all(session, case, at=at, actor=actor, why="resolved")
        clocks += endings.resolve(session, case, at=at, actor=actor)
    elif to is Status.CLOSED:
        case.closed_at = at
    elif before is Status.RESOLVED and case.resolved_at is not None:
        clocks = endings.reopen(session, case, calendars=calendars, at=at, resolved_at=case.resolved_at)
        case.outcome = case.resolved_at = None
        followers.wait_again(session, case)
    elif {before, to} & set(PAUSING):
        clocks = pauses.follow(session, case, to, calendars=calendars, at=at)
    kind = "reopened" if before is Status.RESOLVED and to is Status.OPEN else "status_changed"
    values = {"from": before.value, "to": to.value, "outcome": outcome.value if outcome else None}
    return [Happened(kind, actor, values, {"reason": reason} if reason else {}), *clocks]


def merge_away(case: Case, into: Case, *, at: datetime) -> None:
    """Close a locked, live case that goes into another; its promises are the caller's matter."""
    case.status, case.outcome, case.closed_at, case.merged_into_id = Status.CLOSED, MERGED, at, into.id


def bring_back(case: Case, status: Status) -> None:
    """Give a locked case that comes back out of another the status that it had."""
    case.status, case.outcome, case.closed_at, case.merged_into_id = status, None, None, None


def take_back(case: Case, status: Status) -> None:
    """Give a locked case the status back that it had before a reply which never left; its promises are not touched."""
    if case.status == status:
        return
    case.status = status
    if status not in ENDED:
        case.outcome = case.resolved_at = None


def words(status: Status | Outcome) -> str:
    """Return a status or an outcome as an agent reads it."""
    return status.value.replace("_", " ")
