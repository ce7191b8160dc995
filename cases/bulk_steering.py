"""Acts of supervisors on several cases: another deadline with a reason, and taking up again what is parked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cases import access, lifecycle, overrides, snoozing
from cases.bulk_doing import Act, Doing, seen, unchanged
from cases.errors import Invalid
from cases.lifecycle import Status
from cases.models import Case, Timer
from cases.permissions import Action
from cases.sla.timers import live

WAITING = (Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY)
#: what stands in a history where an act is taken back: the first reason stays with the act itself
_TAKEN_BACK = "taken back"


def _deadline(session: Session, doing: Doing) -> Mapping[str, Any]:
    case = seen(session, doing, Action.OVERRIDE)
    due = _local(doing.chosen.get("due", ""), ZoneInfo(doing.city.organisation.timezone))
    timer = _nearest(session, case)
    before = {"timer": timer.id, "due": _written(timer.due_at), "set": _written(due)}
    _set(session, doing, timer.id, due, doing.chosen.get("reason", ""))
    return before


def _deadline_back(session: Session, doing: Doing, before: Mapping[str, Any]) -> None:
    """Put the deadline back as it was: by hand again, so that no calendar moves it."""
    case = access.for_change(session, doing.viewer, Action.OVERRIDE, reference=doing.reference)
    timer = next((one for one in live(session, case) if one.id == before["timer"]), None)
    unchanged(_written(timer.due_at) if timer else None, before["set"])
    if before["due"] is None:
        raise Invalid("It stood still before, without a deadline, and cannot be put back.", field="due")
    _set(session, doing, before["timer"], datetime.fromisoformat(before["due"]), _TAKEN_BACK)


def _take_up(session: Session, doing: Doing) -> Mapping[str, Any]:
    case = seen(session, doing, Action.TRANSITION)
    before = {"status": case.status, "until": _written(case.snoozed_until)}
    if case.status not in WAITING and case.snoozed_until is None:
        raise Invalid("This case is not parked.", field="status")
    if case.snoozed_until is not None:
        snoozing.wake(session, doing.viewer, reference=case.reference)
    if case.status in WAITING:
        _move(session, doing, Status.OPEN)
    return before


def _park_again(session: Session, doing: Doing, before: Mapping[str, Any]) -> None:
    case = access.for_change(session, doing.viewer, Action.TRANSITION, reference=doing.reference)
    unchanged((case.status in (Status.NEW, Status.OPEN), case.snoozed_until), (True, None))
    if before["status"] in WAITING:
        _move(session, doing, Status(before["status"]))
    if before["until"] is not None:
        until = datetime.fromisoformat(before["until"])
        snoozing.snooze(session, doing.viewer, reference=case.reference, until=until, reason=_TAKEN_BACK)


#: by the name that the form sends
ACTS: Mapping[str, Act] = {
    "deadline": Act("Set the next deadline", Action.OVERRIDE, ("due", "reason"), _deadline, _deadline_back),
    "take_up": Act("Take up again", Action.TRANSITION, (), _take_up, _park_again),
}


def _nearest(session: Session, case: Case) -> Timer:
    running = [one for one in live(session, case) if one.breached_at is None and one.due_at is not None]
    if not running:
        raise Invalid("No promise of this case is running that is not broken yet.", field="due")
    return min(running, key=lambda one: (one.due_at or datetime.max.replace(tzinfo=UTC), one.id))


def _set(session: Session, doing: Doing, timer_id: int, due: datetime, reason: str) -> None:
    how = {"city": doing.city, "reference": doing.reference, "timer_id": timer_id, "due": due, "reason": reason}
    overrides.set_deadline(session, doing.viewer, **how)  # type: ignore[arg-type]


def _move(session: Session, doing: Doing, to: Status) -> None:
    how = {"reference": doing.reference, "to": to, "calendars": doing.city.calendars}
    lifecycle.transition(session, doing.viewer, **how)  # type: ignore[arg-type]


def _local(text: str, zone: ZoneInfo) -> datetime:
    """Read ``2026-11-24T09:06`` as the city's local time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise Invalid("Give a date and a time, such as 2026-11-24T09:06.", field="due")
    return found.replace(tzinfo=zone).astimezone(UTC)


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at is not None else None
