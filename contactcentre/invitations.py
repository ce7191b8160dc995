"""Letting somebody choose a password: a link that is shown once, or goes to their telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cases import clock, people, staff_changes, staff_texts
from cases.errors import Invalid
from cases.logins import INVITATION, RESET
from cases.models import Agent
from cases.permissions import Viewer
from contactcentre.auth import links, lockout
from contactcentre.container import Container

#: where a link leads; the secret follows
PATH = "/welcome/"


@dataclass(frozen=True, slots=True)
class Made:
    """A link that was made. ``address`` is empty where it went to the telephone; ``account`` is what it leaves by."""

    username: str
    name: str
    kind: str
    until: datetime
    address: str
    account: str | None = None


def make(session: Session, viewer: Viewer, site: Container, *, agent_id: int, by_sms: bool) -> Made:
    """Make the link of somebody who has no password yet (an invitation), or has one (a reset).

    Raises ``Invalid`` where it should go to a telephone and cannot. Links made before end.
    """
    agent = people.changeable(session, viewer, agent_id)
    if not agent.active:
        raise Invalid("Who does not work here any more gets no link. Let them work here again first.", field="link")
    if by_sms and not agent.phone:
        raise Invalid("There is no telephone number. Add it, or have the link shown.", field="by")
    kind = RESET if agent.password_hash else INVITATION
    lasts = site.settings.reset_lasts if kind == RESET else site.settings.invitation_lasts
    token = links.make(session, agent_id=agent_id, kind=kind, lasts=lasts, by=viewer.actor)
    until, address = clock.now(session) + lasts, f"{site.settings.base_url}{PATH}{token}"
    account = _told(session, site, agent, kind, address, until=until) if by_sms else None
    if kind == RESET:
        lockout.unlock(session, agent.username)
    how = "sms" if by_sms else "shown"
    staff_changes.note(session, viewer, agent_id, "invited" if kind == INVITATION else "reset", {"how": how})
    return Made(agent.username, agent.name, kind, until, "" if by_sms else address, account)


def lasts_words(lasts: timedelta) -> str:
    """Return how long a link is good, for a page."""
    hours = int(lasts / timedelta(hours=1))
    if hours % 24:
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{hours // 24} day{'' if hours == 24 else 's'}"


def _told(session: Session, site: Container, agent: Agent, kind: str, address: str, *, until: datetime) -> str:
    city = site.city
    zone = ZoneInfo(city.organisation.timezone)
    local = until.astimezone(zone)
    values = {"organisation": city.organisation.short_name, "until": f"{local.day} {local:%b %H:%M}"}
    key = "staff_invitation" if kind == INVITATION else "staff_reset"
    sent = staff_texts.send_secret(
        session, agent.phone or "", key=key, values=values, fill={"link": address}, city=city, at=clock.now(session)
    )
    if sent is None:
        raise Invalid("No text message can be sent to this number. Have the link shown instead.", field="by")
    return sent.account
