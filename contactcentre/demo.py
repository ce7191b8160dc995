"""Plays the demo city's week through the domain itself, on a moved clock; nothing of it leaves the machine.

What is played stands in ``demo.toml`` of the configuration folder. Demo log-ins get passwords made for each data
folder.
"""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cases import assignment, citizens, clock, intake, lifecycle, outbox, outcomes, receipts, replies
from cases.base import Base
from cases.departments import Account
from cases.errors import Invalid
from cases.lifecycle import Outcome, Status
from cases.messages import Address, AddressKind, DeliveryReport, DeliveryStatus, InboundMessage, Mail, Receipt
from cases.models import Agent, AgentRole, Case, Filing, Message
from cases.outcomes import Sent
from cases.permissions import Viewer
from cases.sla import waking
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
        _play(container, one, started)
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


def _play(container: Container, one: Mapping[str, Any], started: datetime) -> None:
    opened_at = started - timedelta(hours=one["ago"])
    reference = _at(container, opened_at, lambda uow: _speak(container, uow.session, one, one["text"]))
    _at(container, opened_at + timedelta(seconds=3), lambda uow: _leaves(uow.session, arrives=True))
    nothing: Mapping[str, Any] = {}
    for step, following in pairwise([*one["steps"], nothing]):
        moment = opened_at + timedelta(hours=step["after"])
        _at(container, moment, lambda uow, step=step: _step(container, uow.session, one, step, reference))
        if "reply" in step:
            arrives = "fail" not in following  # what has arrived cannot be lost any more
            _at(container, moment + timedelta(seconds=4), lambda uow, a=arrives: _leaves(uow.session, arrives=a))


def _speak(container: Container, session: Session, one: Mapping[str, Any], words: str) -> str:
    account = container.city.accounts[one["account"]]
    if "email" in one:
        inbound = _written(account, one, words)
    else:
        sender = Address(AddressKind.PHONE, one["phone"])
        inbound = InboundMessage(
            account.id, account.channel, sender, account.address, words, external_id=f"demo-{secrets.token_hex(8)}"
        )
    received = intake.receive(session, inbound, city=container.city)
    case = session.get_one(Case, received.case_id)
    if "citizen" in one:
        citizens.name_citizen(session, case.citizen_id, one["citizen"])
    return case.reference


def _written(account: Account, one: Mapping[str, Any], words: str) -> InboundMessage:
    """Return what a citizen of the demo writes by mail; what follows answers our latest by its signed address."""
    mail = Mail(
        identifier=f"demo-{secrets.token_hex(8)}@example.com",
        subject=one["subject"],
        sender_name=one.get("citizen", ""),
        to=(account.address,),
        proved=tuple(one.get("proved", ())),
        genuine=True,
    )
    sender = Address(AddressKind.EMAIL, one["email"])
    return InboundMessage(account.id, account.channel, sender, account.address, words, external_id=None, mail=mail)


def _step(
    container: Container, session: Session, one: Mapping[str, Any], step: Mapping[str, Any], reference: str
) -> None:
    if "say" in step:
        _speak(container, session, {**one, "proved": _answerable(session, reference)}, step["say"])
        return
    if "fail" in step:
        _fail(session, reference, step["fail"])
        return
    viewer = _viewer(session, step["by"])
    if "transfer" in step:
        values = {"department": step["transfer"], "reason": step["reason"]}
        assignment.transfer(session, viewer, city=container.city, reference=reference, **values)
    if "rename" in step:
        assignment.rename(session, viewer, reference=reference, subject=step["rename"])
    if "note" in step:
        replies.note(session, viewer, reference=reference, text=step["note"])
    if "hold" in step:
        third = Status.WAITING_ON_THIRD_PARTY
        calendars = container.city.calendars
        lifecycle.transition(session, viewer, reference=reference, to=third, calendars=calendars, reason=step["hold"])
    if "reply" in step:
        outcome = Outcome(step["resolve"]) if "resolve" in step else None
        wait = step.get("wait", False)
        replies.reply(
            session, viewer, city=container.city, reference=reference, text=step["reply"], wait=wait, resolve=outcome
        )


def _answerable(session: Session, reference: str) -> list[str]:
    """Return the id of our latest message in a case, which an answer by mail proves that it got."""
    query = (
        select(Message.external_id)
        .join(Filing, Filing.message_id == Message.id)
        .join(Case, Case.id == Filing.case_id)
        .where(Case.reference == reference, Message.direction == "out", Message.external_id.is_not(None))
        .order_by(Message.id.desc())
        .limit(1)
    )
    return [found for found in session.scalars(query) if found]


def _viewer(session: Session, username: str) -> Viewer:
    agent_id = session.execute(select(Agent.id).where(Agent.username == username)).scalar_one()
    return assignment.viewer_of(session, agent_id)


def _leaves(session: Session, *, arrives: bool) -> None:
    """Let what waits leave, and a gateway report that it arrived."""
    at = clock.now(session)
    for account in outbox.waiting_accounts(session, now=at):
        for claimed in outbox.claim(session, account=account, now=at, limit=100):
            external_id = f"demo-{claimed.entry_id}"
            outcomes.record_sent(session, [Sent(claimed, Receipt(external_id), account)], at=at)
            if arrives:
                receipts.apply(session, DeliveryReport(account, external_id, DeliveryStatus.DELIVERED), at=at)


def _fail(session: Session, reference: str, reason: str) -> None:
    case = session.scalars(select(Case).where(Case.reference == reference)).one()
    message = session.get_one(Message, case.last_message_id)
    receipts.advance(session, message, DeliveryStatus.FAILED, reason=reason, at=clock.now(session))


def _at(container: Container, moment: datetime, work: Any) -> Any:
    with _moved(container, moment):
        return container.db.run(work)


@contextmanager
def _moved(container: Container, moment: datetime) -> Iterator[None]:
    before = clock.set_test_clock(None)
    real = container.db.run(lambda uow: clock.now(uow.session))
    clock.set_test_clock(clock.TestClock(real, offset=moment - real))
    try:
        yield
    finally:
        clock.set_test_clock(before)
