"""The demo: invented people with log-ins, and a week of their cases; nothing of it leaves the machine.

What is played stands in ``demo.toml`` of the configuration folder. Demo log-ins get passwords made for each data
folder.
"""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cases import clock
from cases.base import Base
from cases.errors import Invalid
from cases.models import Agent, AgentArea, AgentRole, Case
from cases.sla import waking
from contactcentre import demo_week
from contactcentre.auth import passwords
from contactcentre.container import Container
from contactcentre.db import Database, UnitOfWork

LOGINS = "demo-logins.json"
SCENARIO = "demo.toml"
#: tables that ``clear`` leaves alone: configuration, tokens, and what processes remember
KEPT = {"configuration_version", "configuration_active", "api_token", "lease", "projection_cursor"}


@dataclass(frozen=True, slots=True)
class Login:
    """One demo log-in; ``roles`` in words."""

    username: str
    password: str
    name: str
    roles: str


def load(container: Container) -> int:
    """Make the demo's agents and, in a database without any case, play its week; returns the cases made."""
    scenario = _scenario(container)
    if scenario is None:
        return 0
    words = _passwords(container, [agent["username"] for agent in scenario["agents"]])
    hashes = _hashes(container, words)
    container.db.run(lambda uow: _make_agents(uow.session, scenario["agents"], hashes))
    if container.db.run(lambda uow: uow.session.scalar(select(Case.id).limit(1))) is not None:
        return 0
    started = container.db.run(lambda uow: clock.now(uow.session))
    for one in scenario["cases"]:
        demo_week.play(container, one, started)
    container.db.run(lambda uow: waking.wake(uow.session, calendars=container.city.calendars, at=started, limit=1000))
    return len(scenario["cases"])


def logins(container: Container) -> Sequence[Login]:
    """Return the demo's log-ins, for whoever started it on this machine."""
    scenario = _scenario(container)
    if scenario is None:
        return ()
    words = _passwords(container, [agent["username"] for agent in scenario["agents"]])
    return [
        Login(
            agent["username"],
            words[agent["username"]],
            agent["name"],
            ", ".join(f"{role} {'everywhere' if where == '*' else 'in ' + where}" for role, where in agent["roles"]),
        )
        for agent in scenario["agents"]
    ]


def clear(container: Container) -> None:
    """Remove every case, citizen, message and demo agent; refused once an agent was added who is not of the demo."""

    def work(uow: UnitOfWork) -> None:
        if uow.session.scalar(select(Agent.id).where(~Agent.demo).limit(1)) is not None:
            raise Invalid("There are agents who are not of the demo; this may be real work, and nothing was removed.")
        names = ", ".join(f'"{name}"' for name in Base.metadata.tables if name not in KEPT)
        uow.session.execute(text(f"truncate {names} cascade"))

    # The serving role may not empty tables.
    owner = Database(container.settings.migration_url, pool_size=1)
    try:
        owner.run(work)
    finally:
        owner.dispose()
    container.settings.audit_anchor.unlink(missing_ok=True)  # it vouches for what is gone now


def _scenario(container: Container) -> dict[str, Any] | None:
    path = container.settings.config_dir / SCENARIO
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _passwords(container: Container, usernames: Sequence[str]) -> dict[str, str]:
    path: Path = container.settings.secrets_dir / LOGINS
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [username for username in usernames if username not in known]
    if missing:
        known |= {username: secrets.token_urlsafe(9) for username in missing}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(known), encoding="utf-8")
    return known


def _hashes(container: Container, words: Mapping[str, str]) -> dict[str, str]:
    """Return what is stored of each password, as it is where it fits: with no transaction open.

    All of them take seconds on a busy machine, and a transaction in which nothing happens for so long is ended.
    """
    with container.db.reader() as session:
        kept = {one.username: one.password_hash or "" for one in session.scalars(select(Agent))}
    return {
        name: kept[name] if passwords.matches(kept.get(name, ""), word) else passwords.hash(word)
        for name, word in words.items()
    }


def _make_agents(session: Session, agents: Sequence[Mapping[str, Any]], hashes: Mapping[str, str]) -> None:
    known = {agent.username: agent for agent in session.scalars(select(Agent))}
    for one in agents:
        agent = known.get(one["username"])
        if agent is not None and agent.phone is None:
            agent.phone = one.get("phone")
        if agent is not None and agent.password_hash == hashes[one["username"]]:
            continue
        if agent is None:
            agent = Agent(username=one["username"], demo=True, created_at=clock.now(session), name=one["name"])
            agent.phone = one.get("phone")
            session.add(agent)
        agent.password_hash = hashes[one["username"]]
        session.flush()
        for role, department in one["roles"]:
            session.merge(AgentRole(agent_id=agent.id, role=role, department=department))
        if "area" in one:
            session.merge(AgentArea(agent_id=agent.id, area=one["area"], set_by="demo", set_at=clock.now(session)))
