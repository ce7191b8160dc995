"""Reads what the setup checks look at: settings, configuration, people, and which callbacks have ever come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Agent, AgentRole, HookSeen
from config import checks
from contactcentre import hook_seen
from contactcentre.accounts import expected
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
    calls = {key: expected(channels[key]) for key in blocks}
    with container.db.reader() as session:
        rows = hook_seen.read(session, list(blocks))
        seen = {key for key, row in rows.items() if row.seen_at is not None}
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
            troubles=_troubles(calls, rows),
            rehearsing=tuple(key for key in blocks if getattr(channels[key], "rehearses", False)),
        )


def _troubles(calls: Mapping[str, tuple[str, ...]], rows: Mapping[tuple[str, str], HookSeen]) -> Mapping[str, str]:
    """Return why sources are not reached now, by account."""
    found = {key: rows.get((key, hook_seen.SOURCE)) for key, wanted in calls.items() if hook_seen.SOURCE in wanted}
    return {key: row.trouble for key, row in found.items() if row is not None and row.trouble}


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
