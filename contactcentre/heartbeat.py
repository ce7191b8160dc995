"""The dead man's handle of every account: a test message that goes all the way a callback goes, and leaves no trace.

ticker → our own public address → hook → queue → worker → ``beat:ACCOUNT``. Where every process lives and nothing
moves, the beats stop, and ``contactcentre/alarms.py`` says so. No citizen, no case, nothing at the gateway.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

import requests
import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Lease
from channels.http import Client
from channels.settings import secrets_of
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

log = structlog.get_logger(__name__)

#: the last part of the hook's address; every account has it, whatever its channel takes
EVENT = "probe"
JOB = "workers.probe.beat"
EVERY = timedelta(minutes=5)
#: an account is not judged before it has been tried for so long, nor after so long a pause of the whole product
SETTLES = timedelta(minutes=10)
#: seconds to connect to ourselves, and for the answer
PATIENCE = (3.05, 5.0)
TRIES, PAUSE = 3, 3.0
TURN, BEAT = "heartbeat:{account}", "beat:{account}"
#: what holds a turn whose token has come
PASSED_ON = ""


def claim(container: Container) -> Mapping[str, str]:
    """Claim every account's turn that is due, and return their tokens; no other ticker has the same."""
    accounts, pace = sorted(container.account_settings), container.pace

    def work(uow: UnitOfWork) -> dict[str, str]:
        at = clock.now(uow.session)
        turns = {account: due(uow.session, account, at=at, pace=pace) for account in accounts}
        return {account: token for account, token in turns.items() if token is not None}

    return container.db.run(work)


def due(session: Session, account: str, *, at: datetime, pace: float = 1.0) -> str | None:
    """Claim the account's next turn and return its token; None while the last one is less than five minutes old."""
    every, settles = EVERY * pace, SETTLES * pace
    name, token = TURN.format(account=account), secrets.token_urlsafe(24)
    before = session.get(Lease, name, with_for_update=True)
    if before is not None and before.until > at:
        return None
    if before is None or at - before.until > settles - every:
        _begin(session, account, at, until=at + settles)
    row = {"name": name, "holder": token, "until": at + every, "seen_at": at}
    new = insert(Lease).values(row)
    claimed = new.on_conflict_do_update(index_elements=["name"], set_=row, where=Lease.until <= at)
    return token if session.execute(claimed.returning(Lease.name)).first() is not None else None


def post(container: Container, tokens: Mapping[str, str]) -> int:
    """Bring each account its token by its own hook; returns how many were taken. What was not is logged and no more:
    missing beats are the alarm.
    """
    taken = 0
    with Client(loopback=True).session() as session:
        for account, token in tokens.items():
            said = _post(session, container, account, token)
            taken += said == HTTPStatus.OK
            if said != HTTPStatus.OK:
                log.warning("heartbeat.not_taken", account=account, said=said)
    return taken


def pass_on(container: Container, account: str, token: str) -> bool:
    """Hand the beat to the worker, where the token that came by the hook is the one of this turn; it is good once."""

    def work(uow: UnitOfWork) -> bool:
        turn = update(Lease).where(Lease.name == TURN.format(account=account), Lease.holder == token)
        taken = turn.values(holder=PASSED_ON, seen_at=clock.now(uow.session)).returning(Lease.name)
        return uow.session.execute(taken).first() is not None

    if token == PASSED_ON or not container.db.run(work):
        return False
    container.jobs.nudge_soon(JOB, account)
    return True


def arrived(container: Container, account: str) -> bool:
    """Write the account's beat, where its channel can be built and its secrets can be read."""
    block = container.account_settings.get(account)
    if block is None:
        log.error("heartbeat.no_account", account=account)
        return False
    try:
        _ = container.accounts[account]
        for secret in secrets_of(block).values():
            container.read_secret(secret)
    except LookupError as error:
        log.error("heartbeat.unusable", account=account, reason=str(error))  # names the secret, does not quote it
        return False
    container.db.run(lambda uow: _beat(uow, account))
    return True


def _post(session: requests.Session, container: Container, account: str, token: str) -> int | str:
    """Return the answer's status, or what went wrong. A web process that is just being started is waited for."""
    for tries_left in reversed(range(TRIES)):
        try:
            # The address is the installation's own, as gateways call it: it may well lie in a private network.
            address = container.hook_url(container.account_settings[account], EVENT)
            answer = session.post(address, data={"token": token}, timeout=PATIENCE, allow_redirects=False)
        except (requests.RequestException, LookupError) as error:
            if not isinstance(error, requests.ConnectionError) or not tries_left:
                return type(error).__name__
            time.sleep(PAUSE)
        else:
            return answer.status_code
    raise AssertionError("unreachable")


def _beat(uow: UnitOfWork, account: str) -> None:
    at = clock.now(uow.session)
    row = {"name": BEAT.format(account=account), "holder": "beat", "until": at, "seen_at": at}
    known = {"holder": "beat", "seen_at": at}
    uow.session.execute(insert(Lease).values(row).on_conflict_do_update(index_elements=["name"], set_=known))


def _begin(session: Session, account: str, at: datetime, *, until: datetime) -> None:
    """Let an account settle that is new, or that nobody tried for a while since the product stood still."""
    row = {"name": BEAT.format(account=account), "holder": "", "until": until, "seen_at": at}
    settles = insert(Lease).values(row).on_conflict_do_update(index_elements=["name"], set_={"until": until})
    session.execute(settles)
