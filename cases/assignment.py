"""Who works on a case, which department answers for it, and what it is called."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, clock, conduct, glass, profiles, unowned
from cases.departments import City
from cases.errors import Invalid, NotAllowed, Stale
from cases.lifecycle import ENDED, Status, move
from cases.models import Agent, AgentRole, Case
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, ViewerKind, may
from cases.sla import promises

#: what routing found that holds wherever the case goes; its suggestions are used up by a person's choice
_STAYS = ("place", "alert", "referral")


def take(session: Session, viewer: Viewer, *, city: City, reference: str, version: int | None = None) -> Case:
    """Give the case to the viewer, who must be an agent; also away from a colleague.

    With the ``version`` that the page showed, a colleague who was quicker keeps it: ``Stale`` says who.
    """
    if viewer.kind is not ViewerKind.AGENT:
        raise NotAllowed("Only an agent can take a case.")
    case = access.for_change(session, viewer, Action.ASSIGN, reference=reference)
    shown = access.is_as_seen(case, reference=reference, version=version)
    if not shown and case.assignee_id not in (None, viewer.id):
        quicker = session.get_one(Agent, case.assignee_id).name
        raise Stale(f"{quicker} was quicker and has this case now.", field="version")
    return assign(session, viewer, city=city, reference=reference, agent_id=viewer.id)


def assign(
    session: Session, viewer: Viewer, *, city: City, reference: str, agent_id: int | None, version: int | None = None
) -> Case:
    """Give the case to an agent who may work on it, or to nobody; ``Invalid`` where that agent may not."""
    case = access.for_change(session, viewer, Action.ASSIGN, reference=reference, version=version)
    if case.assignee_id == agent_id:
        return case
    if agent_id is not None and not may(viewer_of(session, agent_id), Action.REPLY, case):
        raise Invalid("This agent may not work on cases of this department.", field="agent")
    at = clock.now(session)
    give(session, case, agent_id, city=city, actor=viewer.actor, at=at)
    if agent_id is not None:
        profiles.got_one(session, [agent_id], at=at)
    return case


def take_next(session: Session, viewer: Viewer, city: City) -> Case | None:
    """Give the viewer, who must be an agent, the next case of their departments that nobody owns; None: there is none.

    A case that somebody else holds in this instant is passed by, so that two never get the same.
    """
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent can take a case.")
    known = profiles.profile(session, viewer.id)
    case = unowned.next_for(session, viewer, city=city, languages=known.languages, skills=known.skills)
    if case is None:
        return None
    at = clock.now(session)
    give(session, case, viewer.id, city=city, actor=viewer.actor, at=at, why="next of the queue")
    profiles.got_one(session, [viewer.id], at=at)
    return case


def give(
    session: Session, case: Case, agent_id: int | None, *, city: City, actor: str, at: datetime, why: str = ""
) -> None:
    """Make a locked case an agent's, or nobody's, and write it down with the reason; asks nobody's permission."""
    case.assignee_id = agent_id
    values: dict[str, object] = {"agent": agent_id, **({"why": why} if why else {})}
    happened = [Happened("assigned" if agent_id else "unassigned", actor, values)]
    if case.status == Status.NEW and agent_id is not None:
        happened += move(session, case, Status.OPEN, calendars=city.calendars, at=at, actor=actor)
    record(session, case, happened, at=at)


def transfer(session: Session, viewer: Viewer, *, city: City, reference: str, department: str, reason: str) -> Case:
    """Hand the case to another department, where nobody has it yet."""
    case = access.for_change(session, viewer, Action.TRANSFER, reference=reference)
    if department not in city.departments:
        raise Invalid(f"There is no department {department!r}.", field="department")
    if department == case.department:
        raise Invalid("The case is with this department already.", field="department")
    conduct.check_transfer(case, city=city, to=department)
    values: dict[str, Any] = {"from": case.department, "to": department}
    case.department, case.assignee_id, case.service = department, None, None
    # what has been confidential stays so, wherever it goes
    case.confidential = case.confidential or city.is_confidential(department)
    if case.confidential:
        values["confidential"] = True
    stays = {key: value for key, value in case.routing.items() if key in _STAYS}
    case.routing = {"rule": None, "reason": f"transferred by {viewer.name}", **stays}
    personal = {"reason": reason.strip()} if reason.strip() else {}
    at = clock.now(session)
    glass.end(session, case, at=at)
    happened = [Happened("transferred", viewer.actor, values, personal)]
    happened += promises.new_leg(session, case, city=city, at=at) if case.status not in ENDED else []
    record(session, case, happened, at=at)
    return case


def rename(session: Session, viewer: Viewer, *, reference: str, subject: str) -> Case:
    """Name the case, which until then bears the citizen's first words."""
    words = " ".join(subject.split())
    if not 1 <= len(words) <= 120:
        raise Invalid("A subject has between 1 and 120 characters.", field="subject")
    case = access.for_change(session, viewer, Action.TRANSITION, reference=reference)
    case.subject, case.subject_named = words, True
    record(session, case, [Happened("renamed", viewer.actor, {}, {"subject": words})], at=clock.now(session))
    return case


def seen(session: Session, viewer: Viewer, *, reference: str, message_id: int) -> None:
    """Remember that an agent has read a case up to a message; no history, and no new version."""
    case = access.for_change(session, viewer, Action.READ, reference=reference)
    if may(viewer, Action.REPLY, case):
        case.seen_message_id = max(case.seen_message_id or 0, message_id)


def viewer_of(session: Session, agent_id: int) -> Viewer:
    """Return an agent as a viewer, with the roles they have now; an inactive one has none."""
    agent = session.get(Agent, agent_id)
    if agent is None or not agent.active:
        return Viewer(ViewerKind.AGENT, agent_id)
    roles = session.execute(select(AgentRole.role, AgentRole.department).where(AgentRole.agent_id == agent_id))
    return Viewer(ViewerKind.AGENT, agent_id, agent.name, frozenset((role, dept) for role, dept in roles))
