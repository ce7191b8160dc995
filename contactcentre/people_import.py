"""People from a file: what it would make, change and leave; making it; the invitations, given out once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cases import clock, people, person_fields, profiles, staff_changes
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.models import Agent, AgentProfile, AgentRole, StaffImport
from cases.permissions import Viewer
from cases.person_fields import Grant
from contactcentre import invitations, people_file
from contactcentre.container import Container
from contactcentre.invitations import Made
from contactcentre.people_file import Row


class Kind(StrEnum):
    """What a line of the file comes to."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    #: roles of the one who asks, or somebody who does not work here any more: the file does not touch them
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Offer:
    """One line and what it comes to: for a person who is here, ``differences`` as (column, now, then) or why they are
    left.
    """

    row: Row
    kind: Kind
    agent_id: int | None = None
    differences: tuple[tuple[str, str, str], ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What was made of a file. ``accounts`` have messages to send."""

    id: int
    added: int
    changed: int
    accounts: frozenset[str]


def plan(session: Session, viewer: Viewer, rows: Sequence[Row]) -> Sequence[Offer]:
    """Return what each line comes to; nothing is changed."""
    people.check(viewer)
    names = [one.username for one in rows]
    agents = {one.username.lower(): one for one in session.scalars(_named(names))}
    ids = [one.id for one in agents.values()]
    grants: dict[int, set[Grant]] = {}
    for one in session.scalars(select(AgentRole).where(AgentRole.agent_id.in_(ids))):
        grants.setdefault(one.agent_id, set()).add((one.role, one.department))
    known = {one.agent_id: one for one in session.scalars(select(AgentProfile).where(AgentProfile.agent_id.in_(ids)))}
    return [_offer(viewer, row, agents.get(row.username), grants, known) for row in rows]


def make(
    session: Session, viewer: Viewer, site: Container, *, rows: Sequence[Row], ticked: Collection[str], by_sms: bool
) -> Done:
    """Add who is new, and change who is here and ticked; with ``by_sms`` who has a number is invited by it.

    The invitations of all others wait for :func:`take_links`.
    """
    waiting: list[int] = []
    accounts: set[str] = set()
    added = changed = 0
    for one in plan(session, viewer, rows):
        if one.kind is Kind.NEW:
            agent_id, added = _add(session, viewer, one.row), added + 1
            told = by_sms and one.row.phone is not None and _told(session, viewer, site, agent_id, accounts)
            waiting += [] if told else [agent_id]
        elif one.kind is Kind.CHANGED and one.row.username in ticked:
            _change(session, viewer, site.city, one)
            changed += 1
    if not added and not changed:
        raise Invalid("Nothing of this file is new, and nothing is ticked that would change anything.", field="update")
    row = StaffImport(actor=viewer.actor, at=clock.now(session), agent_ids=waiting)
    row.changed, row.told = changed, added - len(waiting)
    session.add(row)
    session.flush()
    return Done(row.id, added, changed, frozenset(accounts))


def made(session: Session, viewer: Viewer, import_id: int) -> StaffImport:
    """Return an import to who made it; raises ``NotFound`` for everybody else."""
    row = session.get(StaffImport, import_id)
    if row is None or row.actor != viewer.actor:
        raise NotFound("There is no such import of yours.")
    return row


def take_links(session: Session, viewer: Viewer, site: Container, *, import_id: int) -> str:
    """Make the invitations of an import and return them as a CSV file, once; raises ``Invalid`` the second time.

    Who has chosen a password meanwhile, or does not work here any more, is left out.
    """
    made(session, viewer, import_id)
    row = session.get_one(StaffImport, import_id, with_for_update=True, populate_existing=True)
    if row.taken_at is not None:
        raise Invalid("These links were given out already. Make a new one on the person's own page.", field="links")
    row.taken_at = clock.now(session)
    query = select(Agent.id).where(Agent.id.in_(row.agent_ids), Agent.active, Agent.password_hash == "")
    ids = session.scalars(query.order_by(Agent.id)).all()
    return links_file([invitations.make(session, viewer, site, agent_id=one, by_sms=False) for one in ids])


def links_file(made: Sequence[Made]) -> str:
    """Return invitations as a CSV file; the instant is in UTC."""
    rows = [(one.name, one.username, one.address, one.until.isoformat(timespec="minutes")) for one in made]
    return people_file.written(("name", "username", "link", "good until"), rows)


def _named(names: Sequence[str]) -> Select[Agent]:
    return select(Agent).where(func.lower(Agent.username).in_(names))


def _offer(
    viewer: Viewer,
    row: Row,
    agent: Agent | None,
    grants: Mapping[int, set[Grant]],
    known: Mapping[int, AgentProfile],
) -> Offer:
    if agent is None:
        return Offer(row, Kind.NEW)
    if not agent.active:
        return Offer(row, Kind.LEFT, agent.id, why="does not work here any more; let them work here again first")
    profile, before = known.get(agent.id), grants.get(agent.id, set())
    pairs = [
        ("name", agent.name, row.name),
        ("roles", _words(person_fields.written(before)), _words(person_fields.written(row.grants))),
        ("languages", *_both(profile.languages if profile else [], row.languages)),
        ("skills", *_both(profile.skills if profile else [], row.skills)),
        ("phone", agent.phone or "", (row.phone or "") if row.with_phone else (agent.phone or "")),
    ]
    differences = tuple(one for one in pairs if one[1] != one[2])
    if before != row.grants and viewer.id == agent.id:
        return Offer(row, Kind.LEFT, agent.id, differences, "this is you; another administrator changes your roles")
    return Offer(row, Kind.CHANGED if differences else Kind.SAME, agent.id, differences)


def _add(session: Session, viewer: Viewer, row: Row) -> int:
    agent = people.add(session, viewer, username=row.username, name=row.name, grants=row.grants, phone=row.phone)
    _set_tags(session, viewer, agent.id, row)
    return agent.id


def _change(session: Session, viewer: Viewer, city: City, offer: Offer) -> None:
    assert offer.agent_id is not None
    row, agent = offer.row, session.get_one(Agent, offer.agent_id)
    phone = row.phone if row.with_phone else agent.phone
    people.set_name(session, viewer, agent_id=agent.id, name=row.name, phone=phone)
    people.set_roles(session, viewer, agent_id=agent.id, grants=row.grants, departments=city.departments)
    _set_tags(session, viewer, agent.id, row)


def _set_tags(session: Session, viewer: Viewer, agent_id: int, row: Row) -> None:
    """Set languages and skills: profiles.set_tags is for supervisors of the same department, who plan for people."""
    profile = profiles.profile(session, agent_id)
    languages = list(profile.languages if row.languages is None else row.languages)
    skills = list(profile.skills if row.skills is None else row.skills)
    if (languages, skills) == (list(profile.languages), list(profile.skills)):
        return
    stored = profiles.stored(session, agent_id)
    stored.languages, stored.skills = languages, skills
    staff_changes.note(session, viewer, agent_id, "tags", {"languages": languages, "skills": skills})


def _told(session: Session, viewer: Viewer, site: Container, agent_id: int, accounts: set[str]) -> bool:
    """Invite by text message; false where that cannot be, and the link is given out with the others."""
    try:
        sent = invitations.make(session, viewer, site, agent_id=agent_id, by_sms=True)
    except Invalid:
        return False
    accounts |= {sent.account} if sent.account else set()
    return True


def _both(now: Sequence[str], then: Sequence[str] | None) -> tuple[str, str]:
    return _words(now), _words(now if then is None else then)


def _words(parts: Sequence[str]) -> str:
    return ", ".join(sorted(parts))
