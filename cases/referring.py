"""A case that another body answers for is handed over: noted with the contact, promised to be followed up, and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cases import access, clock, references, replies, rota, tasks
from cases.departments import City
from cases.errors import Invalid
from cases.models import Task
from cases.permissions import Action, Viewer
from cases.routing.knowledge import FOLLOW_UP_DAYS
from cases.sla.policy import Unit
from cases.task_promises import Promised
from cases.tasks import LONGEST_TITLE
from cases.texts import TextMissing

TEXT = "referred"
_TITLE = "Ask {} what became of it"


@dataclass(frozen=True, slots=True)
class Referral:
    """Another body that answers for the case's place, as routing found it; ``handed_over`` is when we told it."""

    body: str
    contact: str
    handed_over: datetime | None = None


def referral_of(routing: Mapping[str, Any]) -> Referral | None:
    """Return the referral that a case's routing holds."""
    found = routing.get("referral")
    if not found:
        return None
    at = found.get("handed_over")
    return Referral(found["body"], found["contact"], datetime.fromisoformat(at) if at else None)


def follow_up_days(city: City, body: str) -> int:
    """Return after how many working days this body is asked; the usual number where it is not configured any more."""
    return next((one.follow_up_days for one in city.neighbours if one.name == body), FOLLOW_UP_DAYS)


def hand_over(session: Session, viewer: Viewer, *, city: City, reference: str) -> Task:
    """Note the contact and open the task to ask the body later, by the department's calendar; once in a case."""
    case = access.for_change(session, viewer, Action.ASSIGN, reference=reference)
    referral = referral_of(case.routing)
    if referral is None:
        raise Invalid("Routing found no other body that answers for this case.", field="reference")
    if referral.handed_over is not None:
        raise Invalid(f"This case was handed over to {referral.body} already.", field="reference")
    calendar = rota.calendar_of(city, case.department).key
    days = follow_up_days(city, referral.body)
    title = _TITLE.format(referral.body[: LONGEST_TITLE - len(_TITLE)])
    promised = Promised(days, Unit.WORKING_DAYS, calendar)
    task = tasks.open(session, viewer, city=city, reference=reference, title=title, promised=promised)
    text = f"Handed over to {referral.body}. How to reach them: {referral.contact}"
    replies.note(session, viewer, reference=reference, text=text)
    handed_over = clock.now(session).isoformat()
    case.routing = {**case.routing, "referral": {**case.routing["referral"], "handed_over": handed_over}}
    session.flush()
    return task


def words(city: City, referral: Referral, *, reference: str, language: str | None, channel: str | None) -> str:
    """Return what the citizen is told of it, for an agent to change and send; empty where the catalogue lacks it."""
    values = {"organisation": city.organisation.short_name, "reference": references.written(reference)}
    values |= {"body": referral.body, "contact": referral.contact}
    try:
        chosen = language or city.organisation.default_language
        return city.texts.render(TEXT, language=chosen, channel=channel, **values)
    except TextMissing:  # a configuration from before this text
        return ""
