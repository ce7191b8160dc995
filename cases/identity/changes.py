"""What is known of a citizen, changed by a person, with its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid
from cases.identity import records
from cases.identity.names import fold
from cases.models import Citizen, CitizenChange
from cases.permissions import Viewer

LONGEST_NAME = 120
#: how somebody wants to be reached
CONTACT_BY: Mapping[str, str] = {
    "any": "In any way",
    "text": "By text message",
    "call": "By a call",
    "letter": "By letter",
    "none": "Not at all",
}


def edit(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    citizen_id: int,
    name: str,
    language: str,
    contact_by: str,
    anonymous: bool,
) -> Citizen:
    """Change name, language, and how a citizen wants to be reached; each difference is written down.

    Raises ``Invalid`` for values that are not offered, and for a name of who wants to stay anonymous.
    """
    citizen = records.for_change(session, viewer, citizen_id=citizen_id)
    said = " ".join(name.split()) or None
    if said is not None and (len(said) > LONGEST_NAME or not said.isprintable()):
        raise Invalid(f"A name has at most {LONGEST_NAME} characters, and no control characters.", field="name")
    if anonymous and said is not None:
        raise Invalid("Who wants to stay anonymous has no name here: leave it empty.", field="name")
    if language and language not in city.organisation.languages:
        raise Invalid("Choose one of the languages.", field="language")
    if contact_by and contact_by not in CONTACT_BY:
        raise Invalid("Choose how they want to be reached.", field="contact_by")
    wanted = {"name": said, "language": language or None, "contact_by": contact_by or None, "anonymous": anonymous}
    at = clock.now(session)
    for field, value in wanted.items():
        before = getattr(citizen, field)
        if before != value:
            write(session, citizen_id, field, _words(before), _words(value), by=viewer.actor, at=at)
            setattr(citizen, field, value)
    citizen.name_folded = fold(said) if said else None
    return citizen


def write(
    session: Session, citizen_id: int, field: str, before: str | None, after: str | None, *, by: str, at: datetime
) -> None:
    """Add a line to a citizen's history."""
    row = {"citizen_id": citizen_id, "field": field, "before": before, "after": after}
    session.add(CitizenChange(**row, changed_by=by, changed_at=at))


def _words(value: object) -> str | None:
    return ("yes" if value else "no") if isinstance(value, bool) else None if value is None else str(value)
