"""When callbacks last came, as one small row each: searching what was stored would cost more with every message."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cases import clock
from cases.models import HookSeen
from contactcentre.db import Database, Unavailable, UnitOfWork

log = structlog.get_logger(__name__)
#: seconds for which a process writes no callback of the same account and event again: a busy hook costs nothing more
EVERY = 15.0
#: stands for the event of an account that is listened to
SOURCE = "source"


class Sightings:
    """One process's notes of what came."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted: dict[tuple[str, str, bool], float] = {}

    def note(self, account: str, event: str, *, refused: bool = False) -> None:
        """Note that a callback came, taken or refused for its signature. Never raises: the callback itself is safe."""
        key, at = (account, event, refused), time.monotonic()
        if at - self._noted.get(key, -EVERY) < EVERY:
            return
        self._noted[key] = at
        try:
            self._db.run(lambda uow: _write(uow, account, event, refused=refused))
        except (Unavailable, SQLAlchemyError) as error:
            log.warning("hook.not_noted", account=account, error=type(error).__name__)

    def note_source(self, account: str, trouble: str) -> None:
        """Note how the connection to an account's own source stands; empty: well. Never raises."""
        try:
            self._db.run(lambda uow: _write_source(uow, account, trouble))
        except (Unavailable, SQLAlchemyError) as error:
            log.warning("source.not_noted", account=account, error=type(error).__name__)


def read(session: Session, accounts: Sequence[str]) -> Mapping[tuple[str, str], HookSeen]:
    """Return when callbacks of accounts last came, by account and event; one that never came is left out."""
    query = select(HookSeen).where(HookSeen.account.in_(accounts))
    return {(one.account, one.event): one for one in session.scalars(query)}


def _write(uow: UnitOfWork, account: str, event: str, *, refused: bool) -> None:
    when = {"refused_at" if refused else "seen_at": clock.now(uow.session)}
    row = insert(HookSeen).values(account=account, event=event, **when)
    uow.session.execute(row.on_conflict_do_update(index_elements=["account", "event"], set_=when))


def _write_source(uow: UnitOfWork, account: str, trouble: str) -> None:
    when = {"refused_at" if trouble else "seen_at": clock.now(uow.session), "trouble": trouble or None}
    row = insert(HookSeen).values(account=account, event=SOURCE, **when)
    uow.session.execute(row.on_conflict_do_update(index_elements=["account", "event"], set_=when))
