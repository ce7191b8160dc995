"""Reads what the setup checks look at: settings, configuration, people, and which callbacks have ever come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Agent, AgentRole
from config import checks
from contactcentre import hook_seen
from contactcentre.accounts import events
from contactcentre.container import Container
from contactcentre.migrations import roles
from contactcentre.setup import Facts, Person


def read(container: Container) -> Facts:
    """Read the facts of an installation whose database answers and has an active configuration."""
    settings, blocks, channels, city = (
        container.settings,
        container.account_settings,
        container.accounts,
        container.city,
    )
    calls = {key: events(channels[key]) for key in blocks}
    with container.db.reader() as session:
        seen = {key for key, row in hook_seen.read(session, list(blocks)).items() if row.seen_at is not None}
        return Facts(
            city=city,
            today=clock.now(session).date(),
            production=settings.production,
            faults=tuple(checks.faults(settings, blocks.values())),
            anchor_inside=bool(checks.warnings(settings)),
            rewrites=roles.can_rewrite(session.connection()),
            people=_people(session),
            unseen=_unseen(calls, seen),
            seen=frozenset(account for account, _ in seen),
            rehearsing=tuple(key for key in blocks if getattr(channels[key], "rehearses", False)),
        )


def _unseen(calls: Mapping[str, tuple[str, ...]], seen: set[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    left = {key: tuple(one for one in events if (key, one) not in seen) for key, events in calls.items()}
    return {key: events for key, events in left.items() if events}


def _people(session: Session) -> tuple[Person, ...]:
    query = (
        select(Agent.id, Agent.demo, AgentRole.role, AgentRole.department)
        .outerjoin(AgentRole, AgentRole.agent_id == Agent.id)
        .where(Agent.active)
        .order_by(Agent.id)
    )
    grants: dict[tuple[int, bool], set[tuple[str, str]]] = defaultdict(set)
    for agent_id, demo, role, department in session.execute(query):
        grants[agent_id, demo] |= {(role, department)} if role else set()
    return tuple(Person(frozenset(found), demo) for (_, demo), found in grants.items())
