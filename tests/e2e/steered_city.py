"""What supervisors, executives and assembly members find in the demo city: a sample, parked cases, a note, an area."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from cases import assignment, bulletins, clock, concerns, overrides, people, staff
from cases.areas import set_area
from cases.models import Case, Review, Timer
from cases.permissions import SYSTEM, Viewer, ViewerKind
from cases.reviews import sampling
from cases.reviews.drawing import WEEK, monday
from tests import factories

if TYPE_CHECKING:
    from contactcentre.container import Container

MEMBER, AREA, PLACE, ACCOUNT = "araba", "Adiembra", "Adiembra", "sms-at"


def steer(session: Any, container: Container, who: Viewer, hashed: str) -> dict[str, Any]:
    """Make them; ``hashed`` is the password of a member with an area."""
    city, now = container.city, clock.now(session)
    today = now.astimezone(ZoneInfo(city.organisation.timezone)).date()
    made = people.add(
        session, SYSTEM, username=MEMBER, name="Araba Demo", grants=[("assembly_member", "*")], password_hash=hashed
    )
    set_area(session, SYSTEM, city=city, agent_id=made.id, area=AREA)
    told = [
        factories.say(session, city, f"{words} at {PLACE}", sender=factories.phone(7_050 + n), account=ACCOUNT)
        for n, words in enumerate(("The gutter is choked", "The street light is dark", "A big pothole"))
    ]
    session.flush()
    member = Viewer(ViewerKind.AGENT, made.id, "Araba Demo", frozenset({("assembly_member", "*")}))
    row = next(one for one in told if session.get_one(Case, one.case_id).service is not None)
    concerns.join(session, member, city=city, case_id=row.case_id, text="Traders ask me about it every day")
    closed = [
        factories.say(
            session, city, f"The drain at Anaji stinks {n}", sender=factories.phone(7_060 + n), account=ACCOUNT
        ).case_id
        for n in range(4)
    ]
    session.flush()
    for number, case_id in enumerate(closed):
        case = session.get_one(Case, case_id)
        case.department, case.status, case.outcome = "works", "closed", "fixed"
        case.closed_at = now - timedelta(days=today.weekday() + 3, hours=number)
    session.flush()
    week = monday(today) - WEEK
    sample = sampling.draw_week(session, who, city=city, department="works", week=week)
    session.flush()
    review = session.scalars(select(Review.id).where(Review.sample_id == sample).order_by(Review.position)).first()
    words = "The excavator is back from the workshop. Tell me which drain wants it first."
    bulletins.write(session, who, city=city, department="works", text=words, until=now + timedelta(days=2))
    _day(session, container, who, [one.case_id or 0 for one in told])
    until = (now + timedelta(hours=6)).astimezone(ZoneInfo(city.organisation.timezone))
    return {"published": row.case_id, "sample": sample, "review": review, "until": f"{until:%Y-%m-%dT%H:%M}"}


def _day(session: Any, container: Container, who: Viewer, cases: list[int]) -> None:
    """Let an agent have more to do in the next quarter of an hour than there is time for, and a colleague have time."""
    city, now = container.city, clock.now(session)
    people_of = {name: agent_id for agent_id, name in staff.everybody(session)}
    busy, free = people_of["Esi Demo"], people_of["Two Steps Demo"]
    for agent_id in (busy, free):
        staff.set_hours(session, who, agent_id=agent_id, shifts=[(day, 0, 1440) for day in range(7)])
    for case_id in cases:
        case = session.get_one(Case, case_id)
        how = {"city": city, "reference": case.reference}
        assignment.assign(session, who, agent_id=busy, **how)
        timer = session.scalars(select(Timer).where(Timer.case_id == case_id).order_by(Timer.due_at)).first()
        due = now + timedelta(minutes=25)
        overrides.set_deadline(session, who, timer_id=timer.id, due=due, reason="The market opens then", **how)
