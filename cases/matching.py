"""Which case a message belongs to, and why; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases import references
from cases.departments import Limits
from cases.lifecycle import ENDED, Status


class Reason(StrEnum):
    """Why a message stands in a case: stored with the filing and shown."""

    ANSWERS = "answers"
    REFERENCE = "reference"
    WAITED_FOR = "waited_for"
    RECENT = "recent"
    ONLY_OPEN = "only_open"
    THANKS = "thanks"
    REOPENED = "reopened"
    OPENED = "opened"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that a message could belong to. ``last_at``: the thread's last message in it, either way.

    ``version``, ``event_seq`` and ``event_head`` are how the case stood when it was read, without a lock. ``answered``:
    an agent has spoken last. ``known_as`` are the references of cases of the speaker that were merged into it.
    """

    id: int
    reference: str
    status: Status
    department: str | None
    service: str | None
    resolved_at: datetime | None
    last_at: datetime
    version: int = 0
    event_seq: int = 0
    event_head: bytes = b""
    answered: bool = False
    known_as: tuple[str, ...] = ()

    def answers_to(self, reference: str | None) -> bool:
        """Tell whether a reference is this case's, or that of one which was merged into it."""
        return reference is not None and (reference == self.reference or reference in self.known_as)


@dataclass(frozen=True, slots=True)
class Match:
    """The decision: a case, or None for a new one; then ``may_belong_to`` is the nearest that did not qualify."""

    case_id: int | None
    reason: Reason
    detail: str
    reopens: bool = False
    may_belong_to: int | None = None


@dataclass(frozen=True, slots=True)
class Bearing:
    """What else bears on where a message belongs. ``answers``: the case of what it provably answers, and in ``words``
    by what.

    ``alone``: why it joins no case by itself; then ``may_belong_to`` is one that it names.
    """

    answers: int | None = None
    alone: str = ""
    words: str = "it answers our mail"
    may_belong_to: int | None = None


NO_BEARING = Bearing()


def match(
    found: Sequence[Candidate],
    *,
    text: str,
    thanks: bool,
    routed_service: str | None,
    limits: Limits,
    now: datetime,
    by: Bearing = NO_BEARING,
) -> Match:
    """Decide by the order of the house: what it answers, reference, waiting case, recent case, only open case, else a
    new one.

    ``routed_service`` is what routing makes of the text alone: naming another service than the only open case's
    makes a new case. A resolved case takes thanks without a change, and other words within the reopen window; a closed
    one never opens again, and what comes later is linked to it.
    """
    if by.alone:
        return Match(None, Reason.OPENED, by.alone, may_belong_to=by.may_belong_to)
    for one in found:
        if one.id == by.answers:
            return _into(one, Reason.ANSWERS, by.words, limits=limits, now=now, thanks=thanks)
    named = references.find(text)
    for one in found:
        if named is not None and one.answers_to(named):
            words = f"the message names {references.written(named)}"
            return _into(one, Reason.REFERENCE, words, limits=limits, now=now, thanks=thanks)
    open_ones = [one for one in found if one.status not in ENDED]
    for one in open_ones:
        if one.status is Status.WAITING_ON_CITIZEN:
            return Match(one.id, Reason.WAITED_FOR, "this case waits for the citizen")
    joinable = [one for one in found if one.status is not Status.CLOSED]
    recent = max(joinable, key=lambda one: one.last_at, default=None)
    if recent and now - recent.last_at <= timedelta(minutes=limits.recent_minutes):
        words = f"a message of this thread came into this case less than {limits.recent_minutes} minutes ago"
        return _into(recent, Reason.RECENT, words, limits=limits, now=now, thanks=thanks)
    if len(open_ones) == 1 and routed_service in (None, open_ones[0].service):
        return Match(open_ones[0].id, Reason.ONLY_OPEN, "this is the citizen's only open case")
    return _no_open_case(found, open_ones, limits, now, thanks)


def _no_open_case(
    found: Sequence[Candidate], open_ones: Sequence[Candidate], limits: Limits, now: datetime, thanks: bool
) -> Match:
    resolved = [one for one in found if one.status is Status.RESOLVED]
    if not open_ones and found:
        latest = max(resolved or found, key=lambda one: one.last_at)
        return _into(latest, Reason.REOPENED, "the citizen wrote again", limits=limits, now=now, thanks=thanks)
    nearest = max(open_ones, key=lambda one: one.last_at, default=None)
    return Match(None, Reason.OPENED, "no open case of this thread fits", may_belong_to=nearest.id if nearest else None)


def _into(one: Candidate, reason: Reason, detail: str, *, limits: Limits, now: datetime, thanks: bool) -> Match:
    if one.status not in ENDED:
        return Match(one.id, reason, detail)
    if thanks:
        return Match(one.id, Reason.THANKS, "thanks after the case was resolved")
    window = timedelta(hours=limits.reopen_hours)
    if one.status is Status.RESOLVED and one.resolved_at is not None and now - one.resolved_at <= window:
        return Match(one.id, Reason.REOPENED, f"{detail}, within {limits.reopen_hours} hours of its end", reopens=True)
    return Match(None, Reason.OPENED, "the earlier case has ended", may_belong_to=one.id)
