"""Looking through one case of a sample: who may, and what they find."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import Case, Event, Review, ReviewSample
from cases.permissions import Viewer, ViewerKind
from cases.queries.scope import visible
from cases.reviews.sampling import check_steers

LONGEST_FINDING = 2000


class Verdict(StrEnum):
    """What a question came to; ``none``: it does not apply to this case."""

    YES = "yes"
    NO = "no"
    NONE = "none"


def answer(
    session: Session, viewer: Viewer, *, city: City, review_id: int, answers: Mapping[str, str], finding: str
) -> int:
    """Keep what the viewer found in a case; returns its sample. Who has answered may do so again, nobody else.

    Every question of the checklist is answered; a ``no`` asks for the finding in words.
    """
    review = _reviewable(session, viewer, city=city, review_id=review_id)
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent looks through cases.")
    if is_own(session, viewer, review.case_id):
        raise NotAllowed("You have worked on this case yourself. Somebody else looks through it.", field="review")
    if review.reviewer_id not in (None, viewer.id):
        raise Invalid("A colleague has looked through this case already.", field="review")
    asked = city.reviews.checklist
    wrong = [key for key in asked if answers.get(key) not in set(Verdict)]
    if wrong:
        raise Invalid(f"Answer every question: {asked[wrong[0]]}", field=wrong[0])
    words = finding.strip()
    if len(words) > LONGEST_FINDING:
        raise Invalid(f"This is {len(words)} characters long; {LONGEST_FINDING} is the most.", field="finding")
    if not words and Verdict.NO in {answers[key] for key in asked}:
        raise Invalid("Say what was not as it should be, so that others can learn from it.", field="finding")
    review.reviewer_id, review.reviewed_at = viewer.id, clock.now(session)
    review.asked, review.answers, review.finding = dict(asked), {key: answers[key] for key in asked}, words
    return review.sample_id


def is_own(session: Session, viewer: Viewer, case_id: int) -> bool:
    """Tell whether somebody has a part in how a case went: it was theirs, or its history names them."""
    acted = exists().where(Event.case_id == case_id, Event.actor == viewer.actor)
    assigned = exists().where(
        Event.case_id == case_id, Event.kind == "assigned", Event.values["agent"].as_integer() == viewer.id
    )
    owned = exists().where(Case.id == case_id, Case.assignee_id == viewer.id)
    return bool(session.scalar(select(acted | assigned | owned)))


def _reviewable(session: Session, viewer: Viewer, *, city: City, review_id: int) -> Review:
    """Return a review, locked; raises ``NotFound`` where the viewer may not look through it."""
    query = (
        select(Review, ReviewSample.department)
        .join(ReviewSample, ReviewSample.id == Review.sample_id)
        .join(Case, Case.id == Review.case_id)
        .where(Review.id == review_id, visible(viewer))
        .with_for_update(of=Review)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("There is no such case in a sample, or none that you may see.")
    review, department = found
    check_steers(viewer, city, department)
    return review
