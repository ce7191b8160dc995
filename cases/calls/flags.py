"""Callers who abuse our people: a number is flagged with a reason and until when, and every flag leaves its row.

A flag blocks nothing that anybody may need: whoever answers sees it first, and the caller hears a sentence and may
leave a recorded message instead of waiting. The emergency sentence and following a case are never in its way.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import CallerFlag
from cases.permissions import Action, Viewer, may

LEAST_REASON, LONGEST_REASON = 10, 500
_HOLDING = select(CallerFlag).where(
    CallerFlag.number == bindparam("number"), CallerFlag.lifted_at.is_(None), CallerFlag.expires_at > bindparam("at")
)


def holding(session: Session, number: str | None, *, at: datetime) -> CallerFlag | None:
    """Return the flag that a number has now; none for who withholds theirs."""
    return session.scalars(_HOLDING, {"number": number, "at": at}).one_or_none() if number else None


def flag(session: Session, viewer: Viewer, *, city: City, number: str, reason: str, days: int) -> CallerFlag:
    """Flag a number (E.164); one that holds already is ended first, and both stay to be seen.

    ``days`` are at most those of the configuration, so that nobody is marked for good.
    """
    require(viewer)
    words = " ".join(reason.replace("\x00", " ").split())
    if not LEAST_REASON <= len(words) <= LONGEST_REASON:
        raise Invalid(
            f"Say what happened, in {LEAST_REASON} to {LONGEST_REASON} characters: the next person reads it.",
            field="reason",
        )
    most = most_days(city)
    if not 1 <= days <= most:
        raise Invalid(f"A flag holds from 1 to {most} days; then it ends by itself.", field="days")
    at = clock.now(session)
    open_one = select(CallerFlag).where(CallerFlag.number == number, CallerFlag.lifted_at.is_(None))
    before = session.scalars(open_one.with_for_update()).one_or_none()
    if before is not None:
        over = before.expires_at <= at
        before.lifted_at, before.lifted_by = (before.expires_at, None) if over else (at, viewer.id)
        session.flush()
    made = CallerFlag(
        number=number, reason=words, flagged_by=viewer.id, flagged_at=at, expires_at=at + timedelta(days=days)
    )
    session.add(made)
    session.flush()
    return made


def lift(session: Session, viewer: Viewer, *, flag_id: int) -> CallerFlag:
    """End a flag before its time; one that is over already stays as it is."""
    require(viewer)
    found = session.get(CallerFlag, flag_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such flag.", field="flag")
    at = clock.now(session)
    if found.lifted_at is None and found.expires_at > at:
        found.lifted_at, found.lifted_by = at, viewer.id
    return found


def most_days(city: City) -> int:
    """Return for how many days a flag may hold."""
    return city.calls.flag_days


def require(viewer: Viewer) -> None:
    """Raise ``NotAllowed`` for who takes no calls."""
    if not may(viewer, Action.REPLY):
        raise NotAllowed("Only people who take calls flag a caller.")
